//! The demo: every fault that was planted is found, and nothing else.

use std::collections::BTreeSet;

use plaudit::simulator::World;
use plaudit::table::Status;

use crate::support::simulated::{Simulated, options};
use crate::support::{plaudit, run, stable};

/// Seeds of the organizations that are audited.
const SEEDS: std::ops::RangeInclusive<u64> = 1..=20;

#[tokio::test(flavor = "multi_thread")]
async fn every_planted_fault_is_found_and_nothing_else() {
    let mut planted_in_all = 0;
    let mut rules = BTreeSet::new();
    for seed in SEEDS {
        let simulated = Simulated::start(World::new(&options(seed))).await;
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
    let expected = [
        "cross-az-traffic",
        "gateway-endpoint-without-route-table",
        "interface-endpoint-where-gateway-is-free",
        "missing-gateway-endpoint",
        "missing-tags",
        "network-acl-blocks-endpoint",
        "open-endpoint-policy",
        "orphaned-endpoint",
        "private-dns-disabled",
        "route-table-without-gateway-endpoint",
        "security-group-blocks-consumers",
        "security-group-open-to-world",
        "unhealthy-targets",
        "vpc-dns-disabled",
    ];
    assert_eq!(rules.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    assert!(planted_in_all > 400, "only {planted_in_all} faults were planted, which shows little");
}

#[test]
fn the_demo_prints_a_page_that_a_person_reads() {
    let _stable = stable();
    let store = tempfile::Builder::new().prefix("plaudit-").tempdir().expect("a folder");
    let demo =
        run(plaudit().args(["demo", "--accounts", "12", "--regions", "2", "--store"]).arg(store.path()));
    insta::assert_snapshot!(demo.shown());
}

#[test]
fn the_demo_fits_a_narrow_terminal() {
    let _stable = stable();
    let store = tempfile::Builder::new().prefix("plaudit-").tempdir().expect("a folder");
    let arguments = ["demo", "--accounts", "12", "--regions", "2", "--quiet", "--store"];
    let demo = run(plaudit().args(arguments).arg(store.path()).env("COLUMNS", "72")).expect_done();
    let widest = demo.stdout.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(72), "{widest:?}\n{}", demo.stdout);
    insta::assert_snapshot!(demo.stdout);
}
