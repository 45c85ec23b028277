//! What to grant: exactly what is called, and a template that others accept.

use std::collections::BTreeSet;

use plaudit::iam;
use plaudit::table::Operation;
use plaudit_simulator::{self as simulator, Effect, Fault, ServerOptions, World, WorldOptions};

use crate::support::python::{output, program};
use crate::support::simulated::{Simulated, options};
use crate::support::{plaudit, plaudit_at, run};

#[tokio::test(flavor = "multi_thread")]
async fn the_operations_that_are_called_are_exactly_those_that_are_granted() {
    let mut simulated = Simulated::start(World::new(&options(41))).await;
    simulated.config.crawl.account_tags =
        vec![("environment".to_owned(), plaudit::config::Pattern::new("*").unwrap())];
    simulated.crawl().await;
    let connected = [simulated.connect().await];
    let tally = std::sync::Arc::default();
    plaudit::audit::refresh_prices(&simulated.store, &connected, &tally)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let called: BTreeSet<String> = simulated.server.requests().into_keys().collect();
    let granted: BTreeSet<String> = iam::member_actions()
        .into_iter()
        .chain(iam::organization_actions())
        // Needs no grant: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
        .chain([Operation::StsGetCallerIdentity.name(), Operation::StsAssumeRole.name()])
        .map(str::to_owned)
        .collect();
    assert_eq!(called, granted);
    let all: BTreeSet<String> = Operation::ALL.iter().map(|operation| operation.name().to_owned()).collect();
    assert_eq!(called, all);
}

#[test]
fn every_operation_only_reads() {
    for operation in Operation::ALL {
        let action = operation.name().split(':').nth(1).unwrap_or_default();
        let reads = ["Describe", "List", "Get", "AssumeRole"].iter().any(|verb| action.starts_with(verb));
        assert!(reads, "{operation}");
    }
}

#[test]
fn the_policies_are_what_they_are() {
    let show = |arguments: &[&str]| run(plaudit().arg("iam").args(arguments)).expect_done().stdout;
    insta::assert_snapshot!(format!(
        "# policy\n{}\n# policy --caller\n{}\n# trust\n{}\n# stackset\n{}",
        show(&["policy"]),
        show(&[
            "policy",
            "--caller",
            "--role-name",
            "audit/plaudit-{account_id}",
            "--store",
            "s3://audits/privatelink",
            "--organization-id",
            "o-abcdefghij",
            "--regions",
            "eu-central-1,eu-west-1",
        ]),
        show(&[
            "trust",
            "--principal",
            "111122223333",
            "--external-id",
            "handshake",
            "--organization-id",
            "o-abcdefghij"
        ]),
        show(&[
            "stackset",
            "--principal",
            "arn:aws:iam::111122223333:role/auditor",
            "--regions",
            "eu-west-1",
        ]),
    ));
    let refused = run(plaudit().args(["iam", "trust"]));
    assert_eq!(refused.status, 2, "{}", refused.shown());
}

#[test]
fn a_grant_that_lets_in_more_than_it_has_to_is_warned_of() {
    let warnings = |arguments: &[&str]| run(plaudit().arg("iam").args(arguments)).expect_done().stderr;
    insta::assert_snapshot!(format!(
        "# an account, and nothing asked\n{}\n# a role of the organization\n{}\n# a caller without an organization\n{}",
        warnings(&["trust", "--principal", "111122223333"]),
        warnings(&[
            "trust",
            "--principal",
            "arn:aws:iam::111122223333:role/auditor",
            "--organization-id",
            "o-abcdefghij",
        ]),
        warnings(&["policy", "--caller"]),
    ));
}

#[test]
fn the_callers_policy_covers_what_the_configuration_asks_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("plaudit.toml");
    std::fs::write(
        &config,
        r#"
[store]
path = "s3://audits/privatelink"
kms_key_id = "arn:aws:kms:us-east-1:111122223333:key/audits"
expected_bucket_owner = "111122223333"

[charges]
bill = ["s3://billing/exports/cur2", "s3://focus", "here.csv"]
expected_bucket_owner = "any"
role_arn = "arn:aws:iam::444455556666:role/plaudit-billing"
"#,
    )
    .expect("written");
    let text =
        run(plaudit().args(["iam", "policy", "--caller", "--config"]).arg(&config)).expect_done().stdout;
    let policy: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let statements = policy["Statement"].as_array().expect("a list");
    // The first three are those of every caller.
    insta::assert_snapshot!(serde_json::to_string_pretty(&statements[3..]).expect("JSON"));
}

#[test]
fn an_account_id_is_trusted_as_it_is_in_every_partition() {
    // `arn:aws:iam::...:root` is no principal in GovCloud and China.
    let trust = run(plaudit().args(["iam", "trust", "--principal", "111122223333"])).expect_done().stdout;
    assert!(trust.contains("\"AWS\": \"111122223333\"") && !trust.contains("arn:aws"), "{trust}");
}

#[test]
fn who_runs_plaudit_may_be_said_on_both_sides() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("plaudit.toml");
    std::fs::write(&config, "[crawl]\nsource_identity = \"quarterly-audit\"\n").expect("written");
    for arguments in [
        vec!["policy", "--caller"],
        vec!["trust", "--principal", "arn:aws:iam::111122223333:role/auditor"],
        vec!["stackset"],
    ] {
        let text =
            run(plaudit().arg("iam").args(arguments).arg("--config").arg(&config)).expect_done().stdout;
        assert!(text.contains("sts:SetSourceIdentity"), "{text}");
    }
}

#[test]
fn nobody_is_let_in_who_is_nobody_and_the_world_never() {
    let principal = "arn:aws:iam::111122223333:role/auditor";
    for refused in [
        vec!["trust", "--principal", "*"],
        vec!["trust", "--principal", "arn:aws:iam::111122223333:role/*"],
        vec!["stackset", "--principal", "foo"],
        vec!["trust", "--principal", principal, "--organization-id", "foo"],
        vec!["trust", "--principal", principal, "--external-id", "hand shake"],
        vec!["policy", "--caller", "--store", "/local"],
        vec!["stackset", "--principal", principal, "--role-name", "x-{account_name}"],
    ] {
        let ran = run(plaudit().arg("iam").args(&refused));
        assert_eq!(ran.status, 2, "{refused:?}: {}", ran.shown());
        assert!(ran.stdout.is_empty() && ran.stderr.contains("hint: "), "{refused:?}: {}", ran.shown());
    }
    run(plaudit().args(["iam", "trust", "--principal", principal, "--organization-id", "o-a1b2c3d4e5"]))
        .expect_done();
}

#[test]
fn cloudformation_accepts_the_template() {
    if crate::support::python::is_missing("cfn-lint on the template") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    for (name, arguments) in [
        ("bare.yaml", vec!["stackset"]),
        // A role of another name in each account, in a path.
        ("own.yaml", vec!["stackset", "--role-name", "audit/x-{account_id}", "--principal", "111122223333"]),
        (
            "full.yaml",
            vec![
                "stackset",
                "--principal",
                "111122223333",
                "--external-id",
                "hand:shake@x",
                "--organization-id",
                "o-abcdefghij",
                "--regions",
                "eu-central-1,eu-west-1",
            ],
        ),
    ] {
        let template = run(plaudit().arg("iam").args(&arguments)).expect_done().stdout;
        let path = folder.path().join(name);
        std::fs::write(&path, template).expect("written");
        output(program("cfn-lint").arg("--non-zero-exit-code").arg("warning").arg(&path));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_preflight_finds_what_is_missing_and_reads_nothing() {
    let mut world = World::new(&WorldOptions { gaps: false, accounts: 4, ..options(42) });
    let (denied, closed) = (world.accounts[1].id.clone(), world.accounts[2].id.clone());
    world.accounts[2].has_role = false;
    let refusal =
        || Effect::error(403, "UnauthorizedOperation", "You are not authorized to perform this operation.");
    world
        .faults
        .push(Fault::new(refusal()).in_account(&denied).in_region("eu-west-1").on("ec2:DescribeSubnets"));
    let server = simulator::start(world, ServerOptions::default()).await.expect("the simulator starts");
    let url = server.url();
    let ran = tokio::task::spawn_blocking(move || run(plaudit_at(&url).args(["audit", "--preflight"])))
        .await
        .expect("it ran");
    assert_eq!(ran.status, 4, "{}", ran.shown());
    insta::assert_snapshot!(ran.stdout.replace(&denied, "[denied]").replace(&closed, "[closed]"));
    let asked: BTreeSet<String> = server.requests().into_keys().collect();
    assert!(asked.contains("ec2:DescribeVpcEndpoints"));
    let beyond =
        asked.iter().filter(|name| name.starts_with("elastic") || name.starts_with("cloudwatch")).count();
    assert_eq!(beyond, 0, "services without dry runs are not asked: {asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_tells_calls_time_and_charge_and_keeps_to_the_limit() {
    // The program takes the day from the clock, and its window must be that of the world.
    let world =
        World::new(&WorldOptions { gaps: false, accounts: 6, now: jiff::Timestamp::now(), ..options(43) });
    let server = simulator::start(world, ServerOptions::default()).await.expect("the simulator starts");
    let folder = tempfile::tempdir().expect("a folder");
    let (url, path) = (server.url(), folder.path().to_owned());
    let (before, after, refused, cost) = tokio::task::spawn_blocking(move || {
        let at = |arguments: &[&str]| {
            run(plaudit_at(&url)
                .args(arguments)
                .args(["--regions", "us-east-1,eu-west-1", "--store"])
                .arg(&path))
        };
        let before = at(&["plan"]).expect_done().stdout;
        // What was billed has more rows on some days than on others.
        at(&["crawl", "--charges", "list-price"]).expect_done();
        let after = at(&["plan"]).expect_done().stdout;
        let refused = at(&["plan", "--max-cost", "0.0001"]);
        let cost = run(plaudit().args(["report", "audit-cost", "--format", "csv", "--store"]).arg(&path))
            .expect_done()
            .stdout;
        (before, after, refused, cost)
    })
    .await
    .expect("it ran");
    let _stable = crate::support::stable();
    insta::assert_snapshot!(format!("before:\n{before}\nafter:\n{after}\naudit-cost:\n{cost}"));
    assert_eq!(refused.status, 2, "{}", refused.shown());
    assert!(
        refused.stderr.contains("the crawl would cost $0.0") && refused.stderr.contains(", more than <$0.01"),
        "{}",
        refused.shown()
    );
}
