//! boto3 and the AWS CLI as clients of the simulator: they read every operation without a parse
//! error, and see what was planted.

use std::collections::BTreeSet;

use plaudit::table::Operation;
use plaudit_simulator::{self as simulator, ServerOptions, World};

use crate::support::python::{output, program, script};
use crate::support::simulated::options;

#[tokio::test(flavor = "multi_thread")]
async fn boto3_reads_every_operation_and_sees_what_was_planted() {
    if crate::support::python::is_missing("boto3 on the simulator") {
        return;
    }
    let server = simulator::start(World::new(&options(11)), ServerOptions::default())
        .await
        .expect("the simulator starts");
    let url = server.url();
    let seen = tokio::task::spawn_blocking(move || output(script("read_simulator.py").arg(url)))
        .await
        .expect("it ran");
    let seen: serde_json::Value = serde_json::from_str(&seen).expect("the script prints JSON");
    let resources: BTreeSet<&str> =
        seen["resources"].as_array().expect("a list").iter().filter_map(|id| id.as_str()).collect();
    let missing: Vec<_> = server
        .world()
        .planted
        .iter()
        // What only the bill knows, no client sees.
        .filter(|planted| planted.rule_id != "unattributed-charge")
        .filter(|planted| planted.is_visible && !resources.contains(planted.resource_id.as_str()))
        .collect();
    assert!(missing.is_empty(), "boto3 does not see {missing:?}");
    assert_eq!(seen["idle_with_datapoints"], serde_json::json!([]), "an idle endpoint publishes nothing");
    assert_eq!(seen["empty_pages"], 1, "ListAccounts has an empty page with a token");
    assert_eq!(
        seen["states"].as_array().expect("a list").iter().filter(|s| s.as_str() == Some("available")).count(),
        1
    );
    let asked: BTreeSet<String> = server.requests().into_keys().collect();
    let unread: Vec<_> =
        Operation::ALL.iter().filter(|operation| !asked.contains(operation.name())).collect();
    assert!(unread.is_empty(), "boto3 did not read {unread:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_aws_cli_reads_the_simulator() {
    if crate::support::python::is_missing("the AWS CLI on the simulator") {
        return;
    }
    let server = simulator::start(World::new(&options(12)), ServerOptions::default())
        .await
        .expect("the simulator starts");
    let url = server.url();
    let world = server.world();
    let management = world.management_account();
    let endpoints: usize = management.regions["us-east-1"].endpoints.len();
    let (accounts, id) = (world.accounts.len(), management.id.clone());
    tokio::task::spawn_blocking(move || {
        let aws = |arguments: &[&str]| {
            let mut command = program("aws");
            command
                .args(["--endpoint-url", &url, "--region", "us-east-1", "--output", "json"])
                .args(arguments)
                .env("AWS_ACCESS_KEY_ID", "management")
                .env("AWS_SECRET_ACCESS_KEY", "simulated");
            serde_json::from_str::<serde_json::Value>(&output(&mut command)).expect("the CLI prints JSON")
        };
        assert_eq!(aws(&["sts", "get-caller-identity"])["Account"], id.as_str());
        assert_eq!(
            aws(&["organizations", "list-accounts"])["Accounts"].as_array().map(Vec::len),
            Some(accounts)
        );
        let found = aws(&["ec2", "describe-vpc-endpoints", "--page-size", "5"]);
        assert_eq!(found["VpcEndpoints"].as_array().map(Vec::len), Some(endpoints));
        aws(&["cloudwatch", "list-metrics", "--namespace", "AWS/PrivateLinkEndpoints"]);
        let cost = aws(&[
            "ce",
            "get-cost-and-usage",
            "--time-period",
            "Start=2026-10-01,End=2026-11-01",
            "--granularity",
            "MONTHLY",
            "--metrics",
            "UnblendedCost",
            "UsageQuantity",
            "--group-by",
            "Type=DIMENSION,Key=LINKED_ACCOUNT",
            "Type=DIMENSION,Key=USAGE_TYPE",
        ]);
        let groups = cost["ResultsByTime"][0]["Groups"].as_array().expect("groups");
        assert!(groups.iter().any(|group| {
            group["Keys"][1].as_str().is_some_and(|key| key.ends_with("VpcEndpoint-Hours"))
        }));
    })
    .await
    .expect("it ran");
}
