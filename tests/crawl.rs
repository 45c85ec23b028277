//! The crawl: what it asks, what it costs, and that the order of answers cannot be seen.

use plaudit::report::{self, Completeness};
use plaudit::table::{Coverage, Operation, Outcome, VpcEndpoint, VpcEndpointService};
use plaudit_simulator::{World, WorldOptions};

use crate::support::simulated::{Simulated, files, options};

#[tokio::test(flavor = "multi_thread")]
async fn a_region_without_privatelink_costs_at_most_three_calls() {
    let larger = WorldOptions { accounts: 40, ..options(3) };
    let mut world = World::new(&larger);
    for region in world.accounts.iter_mut().skip(10).take(3).flat_map(|account| account.regions.values_mut())
    {
        region.endpoints.clear();
        region.services.clear();
    }
    let simulated = Simulated::start(world).await;
    let snapshot = simulated.crawl().await;
    let endpoints = snapshot.rows::<VpcEndpoint>().await.unwrap();
    let services = snapshot.rows::<VpcEndpointService>().await.unwrap();
    let coverage = snapshot.rows::<Coverage>().await.unwrap();
    let mut scopes: std::collections::BTreeMap<(String, String), i64> = Default::default();
    for row in &coverage {
        let regional = Operation::regional().any(|operation| operation.name() == row.operation);
        let used = endpoints.iter().any(|e| e.account_id == row.account_id && e.region == row.region)
            || services.iter().any(|s| s.account_id == row.account_id && s.region == row.region);
        if regional && !used && row.outcome == Outcome::Ok {
            *scopes.entry((row.account_id.clone(), row.region.clone())).or_insert(0) += row.requests;
        }
    }
    assert!(scopes.len() > 2, "the organization has Regions without PrivateLink");
    assert!(scopes.values().all(|requests| *requests <= 3), "{scopes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_answers_for_names_is_asked_only_where_an_endpoint_has_one() {
    let mut world = World::new(&options(3));
    // Private DNS is off in one account, and on everywhere else.
    let without = world.accounts[2].id.clone();
    for endpoint in world.accounts[2].regions.values_mut().flat_map(|region| &mut region.endpoints) {
        endpoint.private_dns = false;
    }
    let simulated = Simulated::start(world).await;
    let snapshot = simulated.crawl().await;
    let coverage = snapshot.rows::<Coverage>().await.unwrap();
    let endpoints = snapshot.rows::<VpcEndpoint>().await.unwrap();
    let of = |account: &str, region: &str, operation: &str| {
        let mut rows = coverage.iter().filter(|row| {
            row.account_id == account && row.region == region && row.operation.starts_with(operation)
        });
        rows.try_fold(0, |sum, row| (row.outcome == Outcome::Ok).then_some(sum + row.requests))
    };
    let mut asked = 0;
    for account in simulated.server.world().accounts.iter().filter(|account| account.can_be_entered()) {
        for (region, world) in &account.regions {
            let vpcs: std::collections::BTreeSet<&str> = endpoints
                .iter()
                .filter(|e| e.account_id == account.id && e.region == *region && e.private_dns_enabled)
                .map(|endpoint| endpoint.vpc_id.as_str())
                .collect();
            let Some(zones) = of(&account.id, region, "route53:") else { continue };
            let Some(rules) = of(&account.id, region, "route53resolver:") else { continue };
            assert!(zones <= vpcs.len() as i64, "{} {region}: {zones} for {vpcs:?}", account.id);
            let pages = (world.resolver_rules.len() / 100 + world.vpcs.len() / 100 + 2) as i64;
            assert!(rules <= pages && (rules > 0) == (zones > 0), "{} {region}: {rules}", account.id);
            assert!(account.id != without || (zones, rules) == (0, 0));
            asked += zones;
        }
    }
    assert!(asked > 10, "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_1_and_with_256_units_in_flight_everything_is_equal() {
    let mut runs = Vec::new();
    for concurrency in [1, 256] {
        let mut simulated = Simulated::start(World::new(&options(4))).await;
        simulated.config.crawl.max_concurrency = concurrency;
        let mut snapshot = simulated.crawl().await;
        simulated.check(&mut snapshot).await;
        runs.push(files(&simulated, &snapshot));
    }
    assert_eq!(runs[0].keys().collect::<Vec<_>>(), runs[1].keys().collect::<Vec<_>>());
    for (table, bytes) in &runs[0] {
        assert!(bytes == &runs[1][table], "the table `{table}` differs");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_account_region_and_operation_has_its_outcome() {
    let simulated = Simulated::start(World::new(&options(5))).await;
    let snapshot = simulated.crawl().await;
    let coverage = snapshot.rows::<Coverage>().await.unwrap();
    let world = simulated.server.world();
    for account in &world.accounts {
        let entered = account.can_be_entered();
        let regions: Vec<&String> = account.regions.keys().collect();
        for region in regions {
            for operation in Operation::regional() {
                let rows: Vec<&Coverage> = coverage
                    .iter()
                    .filter(|r| {
                        r.account_id == account.id && r.region == *region && r.operation == operation.name()
                    })
                    .collect();
                // What an account that cannot be entered has opted in to, nobody knows.
                let known = entered || region != "eu-south-1";
                assert_eq!(rows.len(), usize::from(known), "{} {region} {operation}", account.id);
                if !entered && known {
                    assert_ne!(rows[0].outcome, Outcome::Ok, "{rows:?}");
                }
            }
        }
    }
    let tables = snapshot.tables(Completeness::TABLES.iter().copied()).await.unwrap();
    let completeness = Completeness::read(&mut report::engine(&tables, snapshot.id())).unwrap();
    assert_eq!((completeness.accounts, completeness.complete, completeness.partial), (16, 13, 1));
    assert_eq!(completeness.none(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crawl_that_was_cut_off_goes_on_without_asking_again() {
    let whole = {
        let simulated = Simulated::start(World::new(&options(6))).await;
        let snapshot = simulated.crawl().await;
        files(&simulated, &snapshot)
    };
    let simulated = Simulated::start(World::new(&options(6))).await;
    simulated.cut_off_crawl().await;
    let before = simulated.server.requests().values().sum::<u64>();
    assert!(simulated.store.snapshots().await.unwrap().is_empty(), "a half-written snapshot is invisible");
    assert_eq!(simulated.store.partials().len(), 1);
    let snapshot = simulated.try_crawl(true).await.unwrap_or_else(|error| panic!("{error}"));
    let after = simulated.server.requests().values().sum::<u64>() - before;
    assert!(before > 0 && after > 0);
    let resumed = files(&simulated, &snapshot);
    for (table, bytes) in &whole {
        assert!(bytes == &resumed[table], "the table `{table}` differs");
    }
    assert!(simulated.store.partials().is_empty());
}
