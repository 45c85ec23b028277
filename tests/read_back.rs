//! What is read back decides nothing: whatever stands in a manifest or a journal, no file outside of the
//! store is read or written, and nobody is called whom the configuration does not name.

use std::path::Path;

use plaudit::table::{Account, Coverage, VpcEndpoint};
use plaudit_simulator::{World, WorldOptions};
use serde_json::{Value, json};

use crate::support::simulated::{Simulated, options};
use crate::support::{change_manifest, copy_of_demo_store, demo_store, files_below, plaudit, run};

/// What somebody changes in a manifest.
type Attack = Box<dyn FnOnce(&mut Value)>;

/// Every file below a folder, with what is in it.
fn contents(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let read = |path: std::path::PathBuf| {
        let bytes = std::fs::read(&path).expect("readable");
        (path, bytes)
    };
    files_below(folder).into_iter().map(read).collect()
}

#[test]
fn a_manifest_that_names_files_elsewhere_is_refused_and_nothing_outside_is_touched() {
    let folder = tempfile::Builder::new().prefix("plaudit-").tempdir().expect("a folder");
    let outside = folder.path().join("outside");
    std::fs::create_dir(&outside).expect("made");
    std::fs::write(outside.join("config.json"), "{\"auths\": {}}").expect("written");
    let secret = outside.join("secret.parquet");
    std::fs::copy(
        std::fs::read_dir(demo_store().join("account"))
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path()
            .join("part-0.parquet"),
        &secret,
    )
    .expect("copied");
    let before = contents(&outside);

    let key = |text: String| move |manifest: &mut Value| manifest["tables"][0]["key"] = json!(text);
    let name = |text: &str| {
        let text = text.to_owned();
        move |manifest: &mut Value| manifest["tables"][0]["name"] = json!(text)
    };
    let id = |text: &str| {
        let text = text.to_owned();
        move |manifest: &mut Value| manifest["id"] = json!(text)
    };
    let attacks: Vec<Attack> = vec![
        Box::new(key("../outside/secret.parquet".to_owned())),
        Box::new(key(secret.display().to_string())),
        Box::new(key(format!("{}etc/passwd", "../".repeat(40)))),
        Box::new(key("account/../../outside/secret.parquet".to_owned())),
        Box::new(key("%2E%2E/outside/secret.parquet".to_owned())),
        Box::new(key("..\\outside\\secret.parquet".to_owned())),
        Box::new(key("account\0/x".to_owned())),
        Box::new(key(String::new())),
        Box::new(name("../outside")),
        Box::new(name("")),
        Box::new(id("../outside/config")),
        Box::new(id("20200101T000000Z")),
        Box::new(id("")),
    ];
    for (index, attack) in attacks.into_iter().enumerate() {
        let store = folder.path().join(format!("store-{index}"));
        copy_of_demo_store(&store);
        change_manifest(&store, attack);
        let stored = contents(&store);
        for arguments in [
            &["report"][..],
            &["report", "endpoints", "--format", "csv"],
            &["query", "SELECT * FROM account"],
            &["check"],
            &["explain", "vpce-0"],
        ] {
            let ran = run(plaudit().args(arguments).arg("--store").arg(&store));
            assert_eq!(ran.status, 1, "attack {index}, {arguments:?}: {}", ran.shown());
            assert!(ran.stderr.contains("the snapshot's manifest is broken"), "{}", ran.shown());
            assert!(ran.stderr.contains("\nhint: "), "{}", ran.shown());
            assert!(ran.stdout.is_empty(), "{}", ran.shown());
        }
        assert!(contents(&store) == stored, "attack {index} changed the store");
        assert!(contents(&outside) == before, "attack {index} changed a file outside");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crawl_goes_on_only_with_the_role_and_the_regions_that_are_configured() {
    let mut simulated = Simulated::start(World::new(&options(71))).await;
    simulated.cut_off_crawl().await;
    simulated.config.crawl.role_name = "another-role".to_owned();
    let refused = simulated.try_crawl(true).await.expect_err("the journal names another role").to_string();
    assert!(refused.contains("the crawl was begun with another role: `plaudit-read-only`"), "{refused}");
    simulated.config.crawl.role_name = "plaudit-read-only".to_owned();
    simulated.config.crawl.regions = vec!["us-east-1".to_owned()];
    let refused = simulated.try_crawl(true).await.expect_err("the journal names other Regions").to_string();
    assert!(refused.contains("another list of Regions"), "{refused}");
    simulated.config.crawl.regions.clear();
    assert_eq!(simulated.store.partials().len(), 1, "nothing that was gathered is lost");
    simulated.try_crawl(true).await.unwrap_or_else(|error| panic!("{error}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crawl_that_goes_on_asks_only_accounts_that_are_listed_now() {
    let simulated = Simulated::start(World::new(&options(72))).await;
    simulated.cut_off_crawl().await;
    // Meanwhile an account has left the organization; its number stands in the journal.
    let mut world = World::new(&options(72));
    let left = world.accounts.remove(7).id;
    let mut later = Simulated::start(world).await;
    later.store = simulated.store.clone();
    let snapshot = later.try_crawl(true).await.unwrap_or_else(|error| panic!("{error}"));
    let accounts: Vec<Account> = snapshot.rows().await.unwrap();
    assert!(accounts.len() > 10 && accounts.iter().all(|account| account.account_id != left));
    let coverage: Vec<Coverage> = snapshot.rows().await.unwrap();
    assert!(coverage.iter().all(|row| row.account_id != left));
    let endpoints: Vec<VpcEndpoint> = snapshot.rows().await.unwrap();
    assert!(endpoints.iter().all(|endpoint| endpoint.account_id != left));
}

/// A folder with links in a circle and a pipe that nobody writes to.
#[cfg(unix)]
fn endless_folder(pipe: &str) -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("plaudit-").tempdir().expect("a folder");
    for link in ["a", "b"] {
        std::os::unix::fs::symlink(".", folder.path().join(link)).expect("linked");
    }
    let made = std::process::Command::new("mkfifo").arg(folder.path().join(pipe)).status();
    assert!(made.expect("mkfifo runs").success());
    folder
}

#[cfg(unix)]
#[test]
fn links_in_a_circle_and_a_pipe_among_rules_are_passed_over() {
    let folder = endless_folder("some-fault.sql");
    let begun = std::time::Instant::now();
    let rules = run(plaudit().args(["rules", "test"]).arg(folder.path()));
    assert!(begun.elapsed().as_secs() < 30, "{}", rules.shown());
    assert!(rules.stderr.contains("the folder holds no rule"), "{}", rules.shown());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn links_in_a_circle_and_a_pipe_among_bills_are_passed_over() {
    let folder = endless_folder("bill.csv");
    let mut simulated =
        Simulated::start(World::new(&WorldOptions { accounts: 2, gaps: false, ..options(74) })).await;
    simulated.config.charges.bill = vec![folder.path().display().to_string()];
    let crawl = tokio::time::timeout(std::time::Duration::from_secs(30), simulated.try_crawl(false)).await;
    let refused = crawl.expect("it ends").expect_err("there is no bill").to_string();
    assert!(refused.contains("\nhint: "), "{refused}");
}
