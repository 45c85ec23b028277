//! Asking AWS only for what the rules that run read.

use plaudit_simulator::{self as simulator, ServerOptions, World, WorldOptions};

use crate::support::{Ran, plaudit, plaudit_at, run};

fn rows(store: &std::path::Path, sql: &str) -> Vec<serde_json::Value> {
    let ran = run(plaudit().args(["query", "--format", "json", sql, "--store"]).arg(store)).expect_done();
    serde_json::from_str(&ran.stdout).expect("JSON")
}

fn calls(ran: &Ran) -> u32 {
    let told = ran.stderr.lines().find(|line| line.contains(" calls in ")).expect("the number of calls");
    told.split(' ').next().expect("a number").replace(',', "").parse().expect("a number")
}

/// Cloud Custodian and Steampipe make 279 calls for idle endpoints of as many accounts.
#[tokio::test(flavor = "multi_thread")]
async fn idle_endpoints_of_20_accounts_in_2_regions_take_at_most_279_calls() {
    let regions = ["us-east-1", "eu-west-1"].map(str::to_owned).to_vec();
    let options = WorldOptions { gaps: false, accounts: 20, regions, ..WorldOptions::default() };
    let server =
        simulator::start(World::new(&options), ServerOptions::default()).await.expect("the simulator");
    let folder = tempfile::tempdir().expect("a folder");
    let (url, path) = (server.url(), folder.path().to_owned());
    tokio::task::spawn_blocking(move || {
        let at = |arguments: &[&str]| {
            run(plaudit_at(&url).args(arguments).args(["--charges", "list-price", "--store"]).arg(&path))
        };
        let only = at(&["audit", "--only", "orphaned-endpoint", "--require-complete"]).expect_done();
        assert!(calls(&only) <= 279, "{}", only.shown());
        let said = rows(&path, "SELECT rule_id, status, COUNT(*) AS n FROM finding GROUP BY rule_id, status");
        assert!(said.iter().all(|row| row["rule_id"] == "orphaned-endpoint"), "{said:?}");
        assert!(said.iter().any(|row| row["status"] == "alarm"), "{said:?}");
        let found = "SELECT resource_id, status, message, monthly_saving FROM finding \
                     WHERE rule_id = 'orphaned-endpoint' ORDER BY resource_id, status";
        let alone = rows(&path, found);
        // What was not asked is never `ok`, and a rule that needs it says so later.
        let asked = rows(
            &path,
            "SELECT outcome, COUNT(*) AS n, SUM(requests) AS requests FROM coverage \
                                 WHERE operation = 'ec2:DescribeRouteTables' GROUP BY outcome",
        );
        assert_eq!(asked.len(), 1, "{asked:?}");
        assert_eq!(
            (&asked[0]["outcome"], &asked[0]["requests"]),
            (&"not-asked".into(), &0.into()),
            "{asked:?}"
        );
        run(plaudit().args(["check", "--quiet", "--store"]).arg(&path)).expect_done();
        let skipped = rows(
            &path,
            "SELECT DISTINCT status, message FROM finding WHERE rule_id = 'missing-gateway-endpoint'",
        );
        assert!(skipped.iter().all(|row| row["status"] == "skip"), "{skipped:?}");
        // The plan knows: of what was crawled, and of what was left out.
        let plan = at(&["plan", "--only", "orphaned-endpoint"]).expect_done().stdout;
        let planned = plan.lines().find(|line| line.starts_with(" all ")).expect("a sum").to_owned();
        let planned: u32 =
            planned.split_whitespace().nth(1).expect("a number").replace(',', "").parse().expect("it");
        assert!(
            planned.abs_diff(calls(&only)) * 20 <= calls(&only),
            "{planned} planned, {} made",
            calls(&only)
        );
        assert!(at(&["plan"]).expect_done().stdout.contains("as if they had no PrivateLink"));
        // With everything asked, the rule says the same.
        let whole = at(&["audit"]).expect_done();
        assert!(calls(&whole) > 3 * calls(&only), "{}", whole.shown());
        assert_eq!(rows(&path, found), alone);
        let plan = at(&["plan"]).expect_done().stdout;
        let planned = plan.lines().find(|line| line.starts_with(" all ")).expect("a sum").to_owned();
        let planned: u32 =
            planned.split_whitespace().nth(1).expect("a number").replace(',', "").parse().expect("it");
        assert!(
            planned.abs_diff(calls(&whole)) * 20 <= calls(&whole),
            "{planned} planned, {} made",
            calls(&whole)
        );
    })
    .await
    .expect("it ran");
}

#[test]
fn a_rule_that_is_not_there_is_named_before_the_first_call() {
    let ran = run(plaudit().args(["audit", "--only", "orphaned-endpoints", "--store", "nowhere"]));
    assert_eq!(ran.status, 2, "{}", ran.shown());
    assert!(ran.stderr.contains("there is no rule `orphaned-endpoints`"), "{}", ran.shown());
    assert!(
        ran.stderr.contains("at --only") && ran.stderr.contains("`orphaned-endpoint`"),
        "{}",
        ran.shown()
    );
}
