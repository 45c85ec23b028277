//! The demo: every fault that was planted is found, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use plaudit::config::{AllowedTag, Config};
use plaudit::rule::Catalogue;
use plaudit::table::{Finding, Status, VpcEndpoint};
use plaudit_simulator::World;

use crate::support::simulated::{Simulated, options};
use crate::support::{depth, plaudit, run, stable};

/// Account, Region and resource.
type Place = (String, String, String);

/// What became of a rule's faults, over all seeds.
#[derive(Default)]
struct Tried {
    planted: usize,
    found: usize,
    look_alikes: usize,
    missed: Vec<String>,
    accused: Vec<String>,
}

/// Organizations that each of the five tests below audits: fifty in all at full depth.
fn every_planted_fault_is_found_and_nothing_else(first_seed: u64) {
    let seeds = first_seed..first_seed + depth(1, 10);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(find_every_planted_fault(seeds));
}

#[test]
fn every_planted_fault_of_seeds_1_to_10_is_found_and_nothing_else() {
    every_planted_fault_is_found_and_nothing_else(1);
}

#[test]
fn every_planted_fault_of_seeds_11_to_20_is_found_and_nothing_else() {
    every_planted_fault_is_found_and_nothing_else(11);
}

#[test]
fn every_planted_fault_of_seeds_21_to_30_is_found_and_nothing_else() {
    every_planted_fault_is_found_and_nothing_else(21);
}

#[test]
fn every_planted_fault_of_seeds_31_to_40_is_found_and_nothing_else() {
    every_planted_fault_is_found_and_nothing_else(31);
}

#[test]
fn every_planted_fault_of_seeds_41_to_50_is_found_and_nothing_else() {
    every_planted_fault_is_found_and_nothing_else(41);
}

async fn find_every_planted_fault(seeds: std::ops::Range<u64>) {
    let catalogue = Catalogue::load(&[]).unwrap_or_else(|error| panic!("{error}"));
    let mut tried: BTreeMap<String, Tried> =
        catalogue.iter().map(|rule| (rule.id.clone(), Tried::default())).collect();
    for seed in seeds.clone() {
        let mut simulated = Simulated::start(World::new(&options(seed))).await;
        // A bill with resources for every account, as some rules look at nothing else.
        simulated.bill_first(simulated.server.world().accounts.len());
        let mut snapshot = simulated.crawl().await;
        let found = simulated.check(&mut snapshot).await;
        let world = simulated.server.world();
        for (rule, tried) in &mut tried {
            let alarms: BTreeSet<Place> = found
                .findings
                .iter()
                .filter(|finding| finding.status == Status::Alarm && finding.rule_id == *rule)
                .map(|f| (f.account_id.clone(), f.region.clone(), f.resource_id.clone()))
                .collect();
            let visible = || world.planted.iter().filter(|one| one.rule_id == *rule && one.is_visible);
            let planted: BTreeSet<Place> = visible()
                .filter(|one| one.is_fault)
                .map(|p| (p.account_id.clone(), p.region.clone(), p.resource_id.clone()))
                .collect();
            let what = |place: &Place| {
                let told = world.planted.iter().filter(|planted| planted.resource_id == place.2);
                let told: Vec<_> = told.map(|one| format!("{}: {}", one.rule_id, one.what)).collect();
                format!("seed {seed}, {place:?}: {}", told.join("; "))
            };
            tried.planted += planted.len();
            tried.found += planted.intersection(&alarms).count();
            tried.look_alikes += visible().filter(|one| !one.is_fault).count();
            tried.missed.extend(planted.difference(&alarms).map(what));
            tried.accused.extend(alarms.difference(&planted).map(what));
        }
    }
    let mut table =
        "| rule | planted | found | look-alikes | accused |\n|---|---:|---:|---:|---:|\n".to_owned();
    for (rule, tried) in &tried {
        let Tried { planted, found, look_alikes, accused, .. } = tried;
        table += &format!("| {rule} | {planted} | {found} | {look_alikes} | {} |\n", accused.len());
    }
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("planted-faults-{}.md", seeds.start));
    std::fs::write(&file, &table).expect("the table can be written");
    let wrong: Vec<String> = tried
        .iter()
        .flat_map(|(rule, tried)| {
            let missed = tried.missed.iter().map(move |place| format!("{rule} missed {place}"));
            let accused = tried.accused.iter().map(move |place| format!("{rule} accuses {place}"));
            let untried = (tried.planted == 0).then(|| format!("no fault was planted for {rule}"));
            missed.chain(accused).chain(untried)
        })
        .collect();
    assert!(wrong.is_empty(), "recall or precision is below 1.0: {wrong:#?}");
    let planted: usize = tried.values().map(|tried| tried.planted).sum();
    let enough = 20 * seeds.count();
    assert!(planted > enough, "only {planted} faults were planted, which shows little");
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
    let mut simulated = Simulated::start(World::new(&options(5))).await;
    let mut snapshot = simulated.crawl().await;
    let unasked = simulated.check(&mut snapshot).await.findings;
    let told = |finding: &&Finding| finding.rule_id == "missing-tags" && finding.status == Status::Info;
    assert_eq!(unasked.iter().find(told), None, "AWS tags no interface, so it is told only where asked");
    let asked = "[rules.missing-tags]\ncheck_network_interfaces = true\n";
    simulated.config.rules = Config::parse(asked, "plaudit.toml").expect("a configuration").rules;
    let found = simulated.check(&mut snapshot).await;
    let said: BTreeSet<String> = found
        .findings
        .into_iter()
        .filter(|finding| finding.rule_id == "missing-tags" && finding.status == Status::Info)
        .inspect(|finding| assert!(finding.message.ends_with("AWS copies no tags"), "{finding:?}"))
        .map(|finding| finding.resource_id)
        .collect();
    let endpoints: Vec<VpcEndpoint> = snapshot.rows().await.expect("the endpoints can be read");
    // A service may have made one by a role in the account, which a tag tells.
    let judged = endpoints.iter().filter(|endpoint| !endpoint.requester_managed);
    let seen: BTreeSet<&str> = judged.map(|endpoint| endpoint.vpc_endpoint_id.as_str()).collect();
    let world = simulated.server.world();
    let bare = world.accounts.iter().flat_map(|account| account.regions.values()).flat_map(|region| {
        region.endpoints.iter().filter(|endpoint| endpoint.bare_interfaces && !endpoint.requester_managed)
    });
    let tagged =
        |tags: &[(String, String)]| tags.iter().any(|(key, value)| key == "service" && !value.is_empty());
    let expected: BTreeSet<String> = bare
        .filter(|endpoint| seen.contains(endpoint.id.as_str()) && tagged(&endpoint.tags))
        .filter(|endpoint| !endpoint.interface_ids.is_empty())
        .map(|endpoint| endpoint.id.clone())
        .collect();
    assert!(!expected.is_empty());
    let differ: BTreeSet<&str> = said.symmetric_difference(&expected).map(String::as_str).collect();
    let differ: Vec<&VpcEndpoint> =
        endpoints.iter().filter(|endpoint| differ.contains(endpoint.vpc_endpoint_id.as_str())).collect();
    assert!(differ.is_empty(), "{differ:?}");
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
        .arg(store.path().join("store"))
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
