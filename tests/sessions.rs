//! Sessions in other accounts: what they are called, and that none may do more than plaudit does.

use std::collections::BTreeSet;

use plaudit::iam;
use plaudit::table::{Coverage, Outcome};
use plaudit_simulator::{Effect, Fault, Session, World, WorldOptions};

use crate::support::simulated::{Simulated, options};
use crate::support::{plaudit, run, scratch};

/// A small organization in which nothing is refused. Its roles may do everything.
async fn calm(seed: u64) -> Simulated {
    let world = World::new(&WorldOptions { gaps: false, accounts: 4, ..options(seed) });
    let mut simulated = Simulated::start(world).await;
    simulated.config.charges.role_arn = Some(format!(
        "arn:aws:iam::{}:role/{}",
        simulated.server.world().accounts[1].id,
        plaudit_simulator::ROLE_NAME
    ));
    simulated
}

#[tokio::test(flavor = "multi_thread")]
async fn every_session_is_narrowed_to_what_plaudit_calls_and_named_after_the_snapshot() {
    let mut simulated = calm(71).await;
    simulated.config.crawl.source_identity = Some("quarterly-audit".to_owned());
    let snapshot = simulated.crawl().await;
    let sessions = simulated.server.sessions();
    let own = simulated.server.world().management_account().id.clone();
    let entered: BTreeSet<&str> =
        sessions.iter().filter_map(|session| session.role_arn.split(':').nth(4)).collect();
    let all: BTreeSet<&str> = simulated
        .server
        .world()
        .accounts
        .iter()
        .map(|account| account.id.as_str())
        .filter(|id| *id != own)
        .collect();
    assert_eq!(entered, all);
    let billing = iam::billing_session_policy();
    let mut billed = 0;
    for Session { name, policy, source_identity, .. } in &sessions {
        assert_eq!(*name, format!("plaudit-{}", snapshot.id()));
        assert_eq!(source_identity.as_deref(), Some("quarterly-audit"));
        let policy = policy.as_deref().expect("every session has a policy");
        assert!(policy.len() <= 2048, "{}", policy.len());
        if policy == billing {
            billed += 1;
        } else {
            assert_eq!(policy, iam::member_policy(&[]).to_string());
        }
    }
    assert_eq!(billed, 1, "Cost Explorer is asked by a session of its own");
    // What the simulator refuses is what the session's policy leaves out; nothing was.
    let coverage = snapshot.rows::<Coverage>().await.unwrap_or_else(|error| panic!("{error}"));
    let refused: Vec<_> = coverage.iter().filter(|row| row.outcome != Outcome::Ok).collect();
    assert!(refused.is_empty(), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_regions_configured_a_session_is_good_for_these_alone() {
    let mut simulated = calm(72).await;
    simulated.config.crawl.regions = vec!["eu-west-1".to_owned()];
    simulated.config.crawl.session_name = Some("privatelink-audit".to_owned());
    let snapshot = simulated.crawl().await;
    let coverage = snapshot.rows::<Coverage>().await.unwrap_or_else(|error| panic!("{error}"));
    let refused: Vec<_> = coverage.iter().filter(|row| row.outcome != Outcome::Ok).collect();
    assert!(refused.is_empty(), "the global calls are left open: {refused:?}");
    let sessions = simulated.server.sessions();
    assert!(sessions.iter().all(|session| session.name == "privatelink-audit"));
    let of_members = sessions.iter().filter_map(|session| session.policy.as_deref());
    let of_member = of_members.into_iter().find(|policy| *policy != iam::billing_session_policy());
    let policy: serde_json::Value = serde_json::from_str(of_member.expect("a policy")).expect("JSON");
    let narrowed = &policy["Statement"][0];
    assert_eq!(
        narrowed["Condition"]["StringEquals"]["aws:RequestedRegion"],
        serde_json::json!(["eu-west-1"])
    );
    let anywhere: Vec<&str> = policy["Statement"][1]["Action"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|a| a.as_str())
        .collect();
    assert_eq!(anywhere, ["ec2:DescribeRegions", "route53:ListHostedZonesByVPC"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_policy_without_room_says_how_to_leave_it_out_and_then_is() {
    let mut world = World::new(&WorldOptions { gaps: false, accounts: 3, ..options(73) });
    let crowded = world.accounts[1].id.clone();
    // https://repost.aws/knowledge-center/iam-role-aws-sts-error
    world.faults.push(
        Fault::new(Effect::error(
            400,
            "PackedPolicyTooLarge",
            "Packed policy consumes 112% of allotted space, please use smaller policy.",
        ))
        .in_account(&crowded)
        .on("sts:AssumeRole")
        .times(1),
    );
    let mut simulated = Simulated::start(world).await;
    let snapshot = simulated.crawl().await;
    let coverage = snapshot.rows::<Coverage>().await.unwrap_or_else(|error| panic!("{error}"));
    let row = coverage
        .iter()
        .find(|row| row.account_id == crowded && row.operation == "sts:AssumeRole")
        .expect("a row of coverage");
    insta::assert_snapshot!(
        row.message.as_deref().unwrap_or_default(),
        @"Packed policy consumes 112% of allotted space, please use smaller policy.; leave plaudit's session policy out with session_policy = false below [crawl]"
    );
    simulated.config.crawl.session_policy = false;
    let before = simulated.server.sessions().len();
    simulated.crawl().await;
    let later = simulated.server.sessions();
    assert!(later.len() > before && later[before..].iter().all(|session| session.policy.is_none()));
}

#[test]
fn a_session_policy_fits_whatever_regions_are_configured() {
    // Every Region that AWS has today, and more than there is room for.
    let regions: Vec<String> = (0..39).map(|number| format!("ap-southeast-{number}")).collect();
    let fits = iam::session_policy(&regions);
    assert!(fits.len() <= 2048 && fits.contains("ap-southeast-38"), "{}", fits.len());
    let many: Vec<String> = (0..200).map(|number| format!("ap-southeast-{number}")).collect();
    assert_eq!(iam::session_policy(&many), iam::member_policy(&[]).to_string());
}

#[test]
fn the_first_line_names_the_file_that_chose_role_and_store() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(
        folder.path().join("plaudit.toml"),
        "[crawl]\nrole_name = \"OrganizationAccountAccessRole\"\n[store]\npath = \"elsewhere\"\n",
    )
    .expect("written");
    // Nobody listens there, so it ends after the first line.
    let first_line = |folder: &std::path::Path, arguments: &[&str]| {
        let ran = run(plaudit()
            .args(["crawl"])
            .args(arguments)
            .current_dir(folder)
            .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
            .env("AWS_MAX_ATTEMPTS", "1"));
        assert_ne!(ran.status, 0);
        ran.stderr.lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(
        first_line(folder.path(), &[]),
        "plaudit.toml: role OrganizationAccountAccessRole, store elsewhere"
    );
    assert_eq!(
        first_line(folder.path(), &["--no-config", "--store", "here"]),
        "no configuration file: role plaudit-read-only, store here"
    );
    let both =
        run(plaudit().args(["crawl", "--no-config", "--config", "plaudit.toml"]).current_dir(scratch()));
    assert_eq!(both.status, 2, "{}", both.shown());
}
