//! The demo: every fault that was planted is found, and nothing else.

use std::collections::BTreeSet;

use plaudit::config::AllowedTag;
use plaudit::rule::Catalogue;
use plaudit::simulator::World;
use plaudit::table::{Status, VpcEndpoint};

use crate::support::simulated::{Simulated, options};
use crate::support::{plaudit, run, stable};

/// Seeds of the organizations that are audited.
const SEEDS: std::ops::RangeInclusive<u64> = 1..=20;

#[tokio::test(flavor = "multi_thread")]
async fn every_planted_fault_is_found_and_nothing_else() {
    let mut planted_in_all = 0;
    let mut rules = BTreeSet::new();
    for seed in SEEDS {
        let mut simulated = Simulated::start(World::new(&options(seed))).await;
        // A bill with resources for every account, as some rules look at nothing else.
        let bill = simulated.folder.path().join("bill.csv.gz");
        let all: Vec<usize> = (0..simulated.server.world().accounts.len()).collect();
        crate::bills::export(simulated.server.world(), &all, &bill);
        simulated.config.charges.bill = vec![bill.display().to_string()];
        let mut snapshot = simulated.crawl().await;
        let found = simulated.check(&mut snapshot).await;
        let alarms: BTreeSet<(String, String, String, String)> = found
            .findings
            .into_iter()
            .filter(|finding| finding.status == Status::Alarm)
            .map(|finding| (finding.rule_id, finding.account_id, finding.region, finding.resource_id))
            .collect();
        let planted: BTreeSet<(String, String, String, String)> = simulated
            .server
            .world()
            .planted
            .iter()
            .filter(|planted| planted.is_fault && planted.is_visible)
            .map(|p| (p.rule_id.clone(), p.account_id.clone(), p.region.clone(), p.resource_id.clone()))
            .collect();
        let what = |key: &(String, String, String, String)| {
            let told = simulated.server.world().planted.iter().filter(|p| p.resource_id == key.3);
            told.map(|p| format!("{}: {}", p.rule_id, p.what)).collect::<Vec<_>>().join("; ")
        };
        let missed: Vec<_> = planted.difference(&alarms).map(|key| (key, what(key))).collect();
        let accused: Vec<_> = alarms.difference(&planted).map(|key| (key, what(key))).collect();
        assert!(missed.is_empty(), "seed {seed}: recall is below 1.0: {missed:#?}");
        assert!(accused.is_empty(), "seed {seed}: precision is below 1.0: {accused:#?}");
        planted_in_all += planted.len();
        rules.extend(planted.into_iter().map(|key| key.0));
    }
    let catalogue = Catalogue::load(&[]).unwrap_or_else(|error| panic!("{error}"));
    let unplanted: Vec<&str> =
        catalogue.iter().map(|rule| rule.id.as_str()).filter(|id| !rules.contains(*id)).collect();
    assert!(unplanted.is_empty(), "no fault was planted for {unplanted:?}");
    assert!(planted_in_all > 400, "only {planted_in_all} faults were planted, which shows little");
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_tags_that_are_not_allowed_are_found_and_no_others() {
    let mut simulated = Simulated::start(World::new(&options(3))).await;
    let allowed = ["sqs", "kms", "s*", "*.api", "offered"];
    simulated.config.tags.required.clear();
    simulated.config.tags.allowed =
        allowed.iter().map(|value| AllowedTag::new("service", value).expect("a pattern")).collect();
    let mut snapshot = simulated.crawl().await;
    let found = simulated.check(&mut snapshot).await;
    let accused: BTreeSet<String> = found
        .findings
        .into_iter()
        .filter(|finding| finding.rule_id == "missing-tags" && finding.status == Status::Alarm)
        .map(|finding| finding.resource_id)
        .collect();
    let fits = |value: &str| {
        ["sqs", "kms", "offered"].contains(&value) || value.starts_with('s') || value.ends_with(".api")
    };
    let wrong = |tags: &[(String, String)]| {
        tags.iter().any(|(key, value)| key == "service" && !value.is_empty() && !fits(value))
    };
    let endpoints: Vec<VpcEndpoint> = snapshot.rows().await.expect("the endpoints can be read");
    let seen: BTreeSet<&str> = endpoints.iter().map(|endpoint| endpoint.vpc_endpoint_id.as_str()).collect();
    let world = simulated.server.world();
    let expected: BTreeSet<String> = world
        .accounts
        .iter()
        .flat_map(|account| account.regions.values())
        .flat_map(|region| &region.endpoints)
        .filter(|endpoint| seen.contains(endpoint.id.as_str()) && wrong(&endpoint.tags))
        .filter(|endpoint| !endpoint.requester_managed && endpoint.state != "deleting")
        .map(|endpoint| endpoint.id.clone())
        .collect();
    assert!(expected.len() > 10 && expected.len() < seen.len(), "{} of {}", expected.len(), seen.len());
    assert_eq!(accused, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn interfaces_without_the_tags_of_their_endpoint_are_said_and_no_others() {
    let simulated = Simulated::start(World::new(&options(5))).await;
    let mut snapshot = simulated.crawl().await;
    let found = simulated.check(&mut snapshot).await;
    let said: BTreeSet<String> = found
        .findings
        .into_iter()
        .filter(|finding| finding.rule_id == "missing-tags" && finding.status == Status::Info)
        .inspect(|finding| assert!(finding.message.ends_with("AWS copies no tags"), "{finding:?}"))
        .map(|finding| finding.resource_id)
        .collect();
    let endpoints: Vec<VpcEndpoint> = snapshot.rows().await.expect("the endpoints can be read");
    let seen: BTreeSet<&str> = endpoints.iter().map(|endpoint| endpoint.vpc_endpoint_id.as_str()).collect();
    let world = simulated.server.world();
    let bare = world.accounts.iter().flat_map(|account| account.regions.values()).flat_map(|region| {
        region.endpoints.iter().filter(|endpoint| endpoint.bare_interfaces && !endpoint.requester_managed)
    });
    let tagged = |tags: &[(String, String)]| tags.iter().any(|(key, _)| key == "service");
    let expected: BTreeSet<String> = bare
        .filter(|endpoint| seen.contains(endpoint.id.as_str()) && tagged(&endpoint.tags))
        .map(|endpoint| endpoint.id.clone())
        .collect();
    assert!(!expected.is_empty());
    assert_eq!(said, expected);
}

/// At list price, as what was billed last month differs from day to day.
fn at_list_price(store: &tempfile::TempDir) -> std::path::PathBuf {
    let path = store.path().join("list-price.toml");
    std::fs::write(&path, "[charges]\nsource = \"list-price\"\n").expect("the file can be written");
    path
}

#[test]
fn the_demo_shows_what_is_billed_allocated_and_estimated_side_by_side() {
    let store = tempfile::tempdir().expect("a folder");
    let arguments = ["demo", "--accounts", "12", "--regions", "2", "--quiet", "--store"];
    let demo = run(plaudit().args(arguments).arg(store.path())).expect_done();
    for basis in
        ["a month billed for", "a month allocated from the account's bill for", "a month at list price"]
    {
        assert!(demo.stdout.contains(basis), "{basis}\n{}", demo.stdout);
    }
}

#[test]
fn the_demo_prints_a_page_that_a_person_reads() {
    let _stable = stable();
    let store = tempfile::Builder::new().prefix("plaudit-").tempdir().expect("a folder");
    let demo = run(plaudit()
        .args(["demo", "--accounts", "12", "--regions", "2", "--store"])
        .arg(store.path())
        .arg("--config")
        .arg(at_list_price(&store)));
    insta::assert_snapshot!(demo.shown());
}

#[test]
fn the_demo_fits_a_narrow_terminal() {
    let _stable = stable();
    let store = tempfile::Builder::new().prefix("plaudit-").tempdir().expect("a folder");
    let arguments = ["demo", "--accounts", "12", "--regions", "2", "--quiet", "--store"];
    let config = at_list_price(&store);
    let mut command = plaudit();
    command.args(arguments).arg(store.path()).arg("--config").arg(config).env("COLUMNS", "72");
    let demo = run(&mut command).expect_done();
    let widest = demo.stdout.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(72), "{widest:?}\n{}", demo.stdout);
    insta::assert_snapshot!(demo.stdout);
}
