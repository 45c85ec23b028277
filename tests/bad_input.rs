//! Bad input: each gives a clear error, loses nothing, and has the right exit status.

use plaudit::table::Coverage;
use plaudit_simulator::{self as simulator, Effect, Fault, ServerOptions, World, WorldOptions};

use crate::support::simulated::{Simulated, now, options};
use crate::support::{copy_of_demo_store, plaudit, plaudit_at, run, stable};

fn file(name: &str, text: &str) -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("plaudit-").tempdir().expect("a folder");
    std::fs::write(folder.path().join(name), text).expect("the file can be written");
    folder
}

#[test]
fn without_credentials_nothing_can_be_audited() {
    let _stable = stable();
    let store = tempfile::Builder::new().prefix("plaudit-").tempdir().expect("a folder");
    let ran = run(plaudit().args(["audit", "--store"]).arg(store.path()));
    assert_eq!(ran.status, 3, "{}", ran.shown());
    insta::assert_snapshot!(ran.shown());
}

#[test]
fn a_profile_that_does_not_exist_is_named() {
    let store = tempfile::tempdir().expect("a folder");
    let ran =
        run(plaudit().args(["audit", "--store"]).arg(store.path()).env("AWS_PROFILE", "no-such-profile"));
    assert_eq!(ran.status, 3, "{}", ran.shown());
    assert!(ran.stderr.contains("no-such-profile"), "{}", ran.shown());
    assert!(ran.stderr.contains("\nhint: "), "{}", ran.shown());
    // Nor do credentials of the environment stand in for a profile that the configuration names.
    let folder = file("plaudit.toml", "[crawl]\nprofiles = [\"no-such-profile\"]\n");
    let ran = run(plaudit_at("http://127.0.0.1:9").args(["audit"]).current_dir(folder.path()));
    assert_eq!(ran.status, 3, "{}", ran.shown());
    assert!(ran.stderr.contains("with the profile `no-such-profile`"), "{}", ran.shown());
}

#[test]
fn a_store_that_is_neither_a_folder_nor_a_bucket_is_refused_before_anything_is_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    for (place, said) in [
        ("", "has no path"),
        ("gs://audits/x", "gs:// addresses"),
        ("file:///tmp/x", "give the folder alone: /tmp/x"),
    ] {
        let ran = run(plaudit().args(["audit", "--store", place]).current_dir(folder.path()));
        assert_eq!(ran.status, 2, "{}", ran.shown());
        assert!(ran.stderr.contains(said), "{}", ran.shown());
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 0, "nothing is made");
}

/// Configurations that are refused, each with what is wrong about it.
pub const BROKEN: &[(&str, &str)] = &[
    ("a key that does not exist", "[crawl]\nrole = \"x\"\n"),
    ("no TOML", "[crawl\n"),
    ("a wrong type", "[window]\ndays = \"ninety\"\n"),
    ("a window that cannot be read", "\n[window]\ndays = 0\n"),
    ("an account id without its zeros", "[crawl]\naccounts = [\"12345678901\"]\n"),
    ("a zone for a Region", "[crawl]\nregions = [\"us-east-1\", \"Ireland\"]\n"),
    ("an Availability Zone for a Region", "[crawl]\nregions = [\"us-east-1a\"]\n"),
    ("more at a time than there are", "[crawl]\nmax_concurrency = 9223372036854775807\n"),
    ("a time that never ends", "[crawl]\nattempt_timeout_seconds = 9223372036854775807\n"),
    ("next to no share of the rates", "[crawl]\nrate_share = 1e-300\n"),
    ("an ARN for a role name", "[crawl]\nrole_name = \"arn:aws:iam::111111111111:role/x\"\n"),
    ("a severity that is none", "[rules.missing-tags]\nseverity = \"urgent\"\n"),
    ("a rule that does not exist", "[rules.orphan-endpoint]\nseverity = \"low\"\n"),
    ("a param that does not exist", "[rules.orphaned-endpoint]\nmin_age = 3\n"),
    ("a param of another kind", "[rules.orphaned-endpoint]\nmin_age_days = \"60\"\n"),
    ("a reserved tag", "[tags]\nrequired = [\"aws:createdBy\"]\n"),
    ("a value pattern with two stars", "[tags.allowed]\nenvironment = [\"*prod*\"]\n"),
    (
        "a waiver for everything",
        "[[waiver]]\nrule = \"missing-tags\"\nresource = \"*\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2027-03-31\n",
    ),
    (
        "a waiver for everything that has a name",
        "[[waiver]]\nrule = \"missing-tags\"\nresource = \"?*\"\naccount = \"**\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2027-03-31\n",
    ),
    (
        "a waiver that says only its rule",
        "[[waiver]]\nrule = \"missing-tags\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2027-03-31\n",
    ),
    (
        "a waiver for a tag without key",
        "[[waiver]]\nrule = \"missing-tags\"\ntag = \"=sandbox\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2027-03-31\n",
    ),
    (
        "a waiver that nobody answers for",
        "[[waiver]]\nrule = \"missing-tags\"\nresource = \"vpce-1\"\nreason = \"r\"\nowner = \" \"\nexpires = 2027-03-31\n",
    ),
    (
        "a waiver whose end is text",
        "[[waiver]]\nrule = \"missing-tags\"\nresource = \"vpce-1\"\nreason = \"r\"\nowner = \"o\"\nexpires = \"2027-03-31\"\n",
    ),
    (
        "a waiver whose end is a time",
        "[[waiver]]\nrule = \"missing-tags\"\nresource = \"vpce-1\"\nreason = \"r\"\nowner = \"o\"\nexpires = 07:32:00\n",
    ),
    (
        "a waiver with a key that does not exist",
        "[[waiver]]\nrule = \"missing-tags\"\nresources = \"vpce-1\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2027-03-31\n",
    ),
    (
        "a waiver without end",
        "[[waiver]]\nrule = \"missing-tags\"\nresource = \"vpce-1\"\nreason = \"r\"\nowner = \"o\"\n",
    ),
    (
        "a waiver for a rule that does not exist",
        "[[waiver]]\nrule = \"missing-tag\"\nresource = \"vpce-1\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2027-03-31\n",
    ),
];

#[test]
fn a_broken_configuration_is_refused_with_file_and_line() {
    let _stable = stable();
    let mut shown = String::new();
    for (what, text) in BROKEN {
        let folder = file("plaudit.toml", text);
        let ran = run(plaudit().args(["rules", "list"]).current_dir(folder.path()));
        assert_eq!(ran.status, 2, "{what}: {}", ran.shown());
        assert!(ran.stderr.contains("plaudit.toml:"), "{what}: {}", ran.shown());
        shown.push_str(&format!("# {what}\n{}\n", ran.stderr));
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn a_configuration_that_was_named_and_is_not_there_is_an_error() {
    let ran = run(plaudit().args(["rules", "list", "--config", "no-such.toml"]));
    assert_eq!(ran.status, 2, "{}", ran.shown());
    assert!(ran.stderr.contains("no-such.toml"), "{}", ran.shown());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_rule_is_found_before_the_first_call() {
    let server = simulator::start(World::new(&options(1)), ServerOptions::default())
        .await
        .expect("the simulator starts");
    let rules = file("some-fault.sql", "SELECT 1");
    let store = tempfile::tempdir().expect("a folder");
    let url = server.url();
    let ran = tokio::task::spawn_blocking(move || {
        run(plaudit_at(&url).args(["audit", "--rules"]).arg(rules.path()).arg("--store").arg(store.path()))
    })
    .await
    .expect("it ran");
    assert_eq!(ran.status, 2, "{}", ran.shown());
    assert!(ran.stderr.contains("some-fault.sql:1"), "{}", ran.shown());
    assert!(server.requests().is_empty(), "{:?}", server.requests());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_that_refuses_to_list_its_accounts_is_an_error_with_a_way_out() {
    let _stable = stable();
    let mut world = World::new(&options(1));
    world
        .faults
        .push(Fault::new(Effect::access_denied("AccessDeniedException")).on("organizations:ListAccounts"));
    let management = world.management_account().id.clone();
    let server = simulator::start(world, ServerOptions::default()).await.expect("the simulator starts");
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("store");
    let (url, path) = (server.url(), store.clone());
    let refused =
        tokio::task::spawn_blocking(move || run(plaudit_at(&url).args(["audit", "--store"]).arg(path)))
            .await
            .expect("it ran");
    assert_eq!(refused.status, 3, "{}", refused.shown());
    insta::assert_snapshot!(refused.shown().replace(&management, "[management]"));
    let (url, path) = (server.url(), store.clone());
    let listed = tokio::task::spawn_blocking(move || {
        run(plaudit_at(&url).args(["audit", "--accounts", &management, "--store"]).arg(path))
    })
    .await
    .expect("it ran");
    assert_eq!(listed.status, 0, "{}", listed.shown());
    assert!(listed.stdout.contains("PrivateLink of listed accounts"), "{}", listed.shown());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_organization_the_callers_own_account_is_audited_and_that_is_said() {
    let mut world = World::new(&WorldOptions { gaps: false, ..options(1) });
    let effect = Effect::Error {
        status: 400,
        code: "AWSOrganizationsNotInUseException".to_owned(),
        message: "Your account is not a member of an organization.".to_owned(),
    };
    for operation in ["organizations:ListAccounts", "organizations:DescribeOrganization"] {
        world.faults.push(Fault::new(effect.clone()).on(operation));
    }
    let server = simulator::start(world, ServerOptions::default()).await.expect("the simulator starts");
    let store = tempfile::tempdir().expect("a folder");
    let (url, path) = (server.url(), store.path().to_owned());
    let ran = tokio::task::spawn_blocking(move || run(plaudit_at(&url).args(["audit", "--store"]).arg(path)))
        .await
        .expect("it ran");
    assert_eq!(ran.status, 0, "{}", ran.shown());
    assert!(ran.stdout.contains("the caller's own account: there is no organization"), "{}", ran.shown());
    assert!(ran.stdout.contains("audited 1 of 1 account in full"), "{}", ran.shown());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_missing_everywhere_means_that_little_was_audited() {
    let mut simulated = Simulated::start(World::new(&options(2))).await;
    simulated.config.crawl.role_name = "no-such-role".to_owned();
    let snapshot = simulated.crawl().await;
    let coverage = snapshot.rows::<Coverage>().await.unwrap();
    let refused = coverage
        .iter()
        .filter(|row| row.operation == "sts:AssumeRole" && row.error_code.as_deref() == Some("AccessDenied"));
    // The suspended account is not tried; the caller's own needs no role.
    assert_eq!(refused.count(), 14);
    let (url, store) = (simulated.server.url(), simulated.folder.path().join("cli"));
    let ran = tokio::task::spawn_blocking(move || {
        run(plaudit_at(&url)
            .args(["audit", "--role-name", "no-such-role", "--require-complete", "--store"])
            .arg(store))
    })
    .await
    .expect("it ran");
    assert_eq!(ran.status, 4, "{}", ran.shown());
    assert!(ran.stdout.contains("audited 1 of 16 accounts in full"), "{}", ran.shown());
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_account_lets_anybody_in_nothing_was_audited() {
    let world = World::new(&WorldOptions { gaps: false, accounts: 3, now: now(), ..options(2) });
    let member = world.accounts[1].id.clone();
    let server = simulator::start(world, ServerOptions::default()).await.expect("the simulator starts");
    let store = tempfile::tempdir().expect("a folder");
    let audit = async |flags: [&str; 2]| {
        let mut command = plaudit_at(&server.url());
        command.args(["audit", "--accounts", &member]).args(flags).arg("--store").arg(store.path());
        tokio::task::spawn_blocking(move || run(&mut command)).await.expect("it ran")
    };
    let mistyped = audit(["--regions", "us-eats-1"]).await;
    assert_eq!(mistyped.status, 3, "{}", mistyped.shown());
    assert!(mistyped.stderr.contains("hint: check the Regions' codes"), "{}", mistyped.shown());
    let ran = audit(["--role-name", "none"]).await;
    assert_eq!(ran.status, 3, "{}", ran.shown());
    assert!(
        ran.stderr.contains("the account could not be audited: denied (AccessDenied)"),
        "{}",
        ran.shown()
    );
    assert!(ran.stderr.contains("check the role's name"), "{}", ran.shown());
    assert!(ran.stdout.is_empty(), "no table of skips: {}", ran.stdout);
    let id = ran
        .stderr
        .split("snapshot ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next())
        .expect("an id")
        .to_owned();
    let report = |more: &[&str]| {
        let coverage = ["report", "coverage", "--format", "csv", "--store"];
        run(plaudit().args(coverage).arg(store.path()).args(more))
    };
    let latest = report(&[]);
    assert_eq!(latest.status, 2, "what failed is not the latest: {}", latest.shown());
    let told = report(&["--snapshot", &id]).expect_done();
    assert!(told.stdout.contains("sts:AssumeRole"), "the snapshot tells why: {}", told.stdout);
}

#[test]
fn a_store_that_cannot_be_written_is_found_before_the_crawl() {
    let folder = file("store", "this is a file, not a folder");
    let ran =
        run(plaudit_at("http://127.0.0.1:9").args(["audit", "--store"]).arg(folder.path().join("store")));
    assert_eq!(ran.status, 1, "{}", ran.shown());
    assert!(ran.stderr.contains("the store could not be written"), "{}", ran.shown());
    assert!(ran.stderr.contains("--store"), "{}", ran.shown());
}

#[test]
fn a_store_without_snapshot_says_how_to_take_one() {
    let folder = tempfile::tempdir().expect("a folder");
    for arguments in [vec!["report"], vec!["check"], vec!["query", "SELECT 1"]] {
        let ran = run(plaudit().args(&arguments).arg("--store").arg(folder.path()));
        assert_eq!(ran.status, 2, "{arguments:?}: {}", ran.shown());
        assert!(ran.stderr.contains("the store holds no snapshot"), "{}", ran.shown());
    }
}

/// A store with one snapshot in it, to be broken.
fn store() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::Builder::new().prefix("plaudit-").tempdir().expect("a folder");
    let store = folder.path().join("store");
    copy_of_demo_store(&store);
    (folder, store)
}

#[test]
fn a_broken_snapshot_is_named_with_its_file() {
    let (_folder, store) = store();
    let table = std::fs::read_dir(store.join("vpc_endpoint"))
        .expect("the table is there")
        .next()
        .expect("a partition")
        .expect("readable");
    let file = table.path().join("part-0.parquet");
    let whole = std::fs::read(&file).expect("readable");
    let report = || run(plaudit().args(["report", "endpoints", "--store"]).arg(&store));
    std::fs::write(&file, &whole[..whole.len() / 2]).expect("writable");
    let truncated = report();
    assert_eq!(truncated.status, 1, "{}", truncated.shown());
    assert!(
        truncated.stderr.contains("`vpc_endpoint` is broken") && truncated.stderr.contains("part-0.parquet"),
        "{}",
        truncated.shown()
    );
    std::fs::remove_file(&file).expect("removable");
    let missing = report();
    assert_eq!(missing.status, 1, "{}", missing.shown());
    assert!(missing.stderr.contains("`vpc_endpoint` is missing"), "{}", missing.shown());
    let manifest = std::fs::read_dir(store.join("_snapshots"))
        .expect("readable")
        .next()
        .expect("a manifest")
        .expect("readable");
    std::fs::write(manifest.path(), "{").expect("writable");
    let broken = report();
    assert_eq!(broken.status, 1, "{}", broken.shown());
    assert!(broken.stderr.contains("manifest is broken"), "{}", broken.shown());
}

#[test]
fn a_query_that_is_more_than_a_select_is_refused() {
    let (_folder, store) = store();
    for sql in [
        "DROP TABLE vpc_endpoint",
        "SELECT * FROM read_parquet('/etc/passwd')",
        "SELECT 1; SELECT 2",
        "SELECT nothing FROM vpc_endpoint",
        "SELECT * FROM '/etc/passwd'",
        "",
    ] {
        let ran = run(plaudit().args(["query", sql, "--store"]).arg(&store));
        assert_eq!(ran.status, 2, "{sql}: {}", ran.shown());
        assert!(ran.stderr.contains("query:1") && ran.stderr.contains("\nhint: "), "{sql}: {}", ran.shown());
    }
}

#[test]
fn names_that_do_not_exist_are_answered_with_those_that_do() {
    let (_folder, store) = store();
    let ran = run(plaudit().args(["report", "endpoint", "--store"]).arg(&store));
    assert_eq!(ran.status, 2, "{}", ran.shown());
    assert!(ran.stderr.contains("endpoints, findings"), "{}", ran.shown());
    let ran = run(plaudit().args(["rules", "show", "orphan-endpoint"]));
    assert!(ran.stderr.contains("did you mean `orphaned-endpoint`?"), "{}", ran.shown());
    let ran = run(plaudit().args(["report", "--snapshot", "20200101T000000Z", "--store"]).arg(&store));
    assert!(ran.stderr.contains("the store holds: 20"), "{}", ran.shown());
    let ran = run(plaudit().args(["schema", "endpoint"]));
    assert!(ran.stderr.contains("did you mean `vpc_endpoint`?"), "{}", ran.shown());
}

#[cfg(unix)]
#[test]
fn a_closed_output_pipe_is_no_error_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = env!("CARGO_BIN_EXE_plaudit");
    let command = format!(
        "{program} demo --quiet --accounts 12 --regions 2 --store {store} --fail-on low | true; exit ${{PIPESTATUS[0]}}",
        store = folder.path().display()
    );
    let ran = run(std::process::Command::new("bash").args(["-c", &command]));
    assert_eq!(ran.status, 10, "{}", ran.shown());
    assert!(!ran.stderr.contains("error"), "{}", ran.shown());
    let report = run(plaudit().args(["report", "findings", "--format", "csv", "--store"]).arg(folder.path()))
        .expect_done();
    assert!(report.stdout.lines().count() > 10, "{}", report.stdout);
}
