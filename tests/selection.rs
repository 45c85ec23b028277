//! Who is crawled: the organization, units, tags, lists, profiles.

use std::collections::BTreeSet;

use plaudit::table::{Account, Snapshot};
use plaudit_simulator::{self as simulator, ServerOptions, World, WorldOptions};

use crate::support::simulated::{Simulated, options};
use crate::support::{plaudit, run};

fn world() -> World {
    World::new(&WorldOptions { gaps: false, accounts: 9, ..options(31) })
}

async fn crawled(change: impl FnOnce(&World, &mut plaudit::config::Config)) -> (Vec<Account>, Simulated) {
    let mut simulated = Simulated::start(world()).await;
    let mut config = simulated.config.clone();
    change(simulated.server.world(), &mut config);
    simulated.config = config;
    let accounts = simulated.crawl().await.rows().await.unwrap();
    (accounts, simulated)
}

fn names(accounts: &[Account]) -> BTreeSet<&str> {
    accounts.iter().map(|account| account.account_name.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organizational_unit_brings_what_is_below_it_and_excludes_what_is_not() {
    let unit = |world: &World, index: usize| {
        world.accounts[index].path.split('/').nth(2).unwrap_or_default().to_owned()
    };
    let (accounts, _) =
        crawled(|world, config| config.crawl.organizational_units = vec![unit(world, 1)]).await;
    let world = world();
    let below = unit(&world, 1);
    let expected: BTreeSet<&str> = world
        .accounts
        .iter()
        .filter(|account| account.path.contains(&below))
        .map(|account| account.name.as_str())
        .collect();
    assert!((2..9).contains(&expected.len()), "the unit holds some and not all: {expected:?}");
    assert_eq!(names(&accounts), expected);
    let (accounts, _) =
        crawled(|world, config| config.crawl.exclude_organizational_units = vec![unit(world, 1)]).await;
    assert_eq!(accounts.len(), 9 - expected.len());
    let root = |world: &World| world.accounts[1].path.split('/').nth(1).unwrap_or_default().to_owned();
    let (accounts, _) = crawled(|world, config| config.crawl.organizational_units = vec![root(world)]).await;
    assert_eq!(accounts.len(), 9, "the root holds all");
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_included_and_excluded_by_id() {
    let (accounts, _) = crawled(|world, config| {
        config.crawl.accounts = world.accounts[1..4].iter().map(|account| account.id.clone()).collect();
        config.crawl.exclude_accounts = vec![world.accounts[2].id.clone()];
    })
    .await;
    assert_eq!(accounts.len(), 2);
    assert!(
        accounts.iter().all(|account| account.account_name != account.account_id),
        "names come from the organization"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_chosen_by_tag() {
    let wanted = || vec![("environment".to_owned(), plaudit::config::Pattern::new("st*").unwrap())];
    let (accounts, simulated) = crawled(|_, config| config.crawl.account_tags = wanted()).await;
    assert!(!accounts.is_empty());
    assert!(
        accounts.iter().all(|account| account.account_name.ends_with("-staging")),
        "{:?}",
        names(&accounts)
    );
    assert_eq!(simulated.server.requests()["organizations:ListTagsForResource"], 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_selection_that_takes_nobody_is_an_error() {
    let mut simulated = Simulated::start(world()).await;
    simulated.config.crawl.organizational_units = vec!["ou-none-00000000".to_owned()];
    let error = simulated.try_crawl(false).await.expect_err("nobody is left").to_string();
    assert!(error.contains("no account is left to be audited"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_name_may_hold_the_account() {
    let mut simulated = Simulated::start(world()).await;
    simulated.config.crawl.role_name = "plaudit-{account_name}".to_owned();
    simulated.crawl().await;
    // The simulated accounts know another role only; what matters is what was asked for.
    let coverage: Vec<plaudit::table::Coverage> =
        simulated.store.open(None).await.unwrap().rows().await.unwrap();
    let said = coverage
        .iter()
        .filter(|row| row.operation == "sts:AssumeRole")
        .filter_map(|row| row.message.as_deref());
    assert!(said.into_iter().any(|message| message.contains(":role/plaudit-shared-network")));
}

#[tokio::test(flavor = "multi_thread")]
async fn several_profiles_are_audited_without_an_organization() {
    let world = world();
    let accounts: Vec<String> = world.accounts[1..3].iter().map(|account| account.id.clone()).collect();
    let server = simulator::start(world, ServerOptions::default()).await.expect("the simulator starts");
    let folder = tempfile::tempdir().expect("a folder");
    let profiles: String = ["shop", "warehouse"]
        .iter()
        .zip(&accounts)
        .map(|(name, id)| format!("[profile {name}]\naws_access_key_id = AKIA{id}\naws_secret_access_key = x\nregion = us-east-1\n"))
        .collect();
    std::fs::write(folder.path().join("aws"), profiles).expect("written");
    std::fs::write(folder.path().join("plaudit.toml"), "[crawl]\nprofiles = [\"shop\", \"warehouse\"]\n")
        .expect("written");
    let (url, path) = (server.url(), folder.path().to_owned());
    let audit = tokio::task::spawn_blocking(move || {
        run(plaudit()
            .arg("audit")
            .current_dir(&path)
            .env("AWS_ENDPOINT_URL", url)
            .env("AWS_CONFIG_FILE", path.join("aws")))
    })
    .await
    .expect("it ran");
    assert_eq!(audit.status, 0, "{}", audit.shown());
    assert!(audit.stdout.contains("PrivateLink of the accounts of several profiles"), "{}", audit.shown());
    assert!(audit.stdout.contains("audited 2 of 2 accounts in full"), "{}", audit.shown());
    let asked = server.requests();
    assert!(
        !asked.contains_key("sts:AssumeRole") && !asked.contains_key("organizations:ListAccounts"),
        "{asked:?}"
    );
    let store = plaudit::store::Store::new(
        plaudit::store::Location::open(&folder.path().join("plaudit-store").display().to_string(), None)
            .unwrap(),
    );
    let snapshot = store.open(None).await.unwrap();
    let found: Vec<Account> = snapshot.rows().await.unwrap();
    assert_eq!(
        names(&found),
        BTreeSet::from(["shop", "warehouse"]),
        "accounts bear the names of their profiles"
    );
    let about: Vec<Snapshot> = snapshot.rows().await.unwrap();
    assert_eq!(about[0].account_source, "profiles");
}
