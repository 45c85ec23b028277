//! What people ran into who tried plaudit as strangers do.

use std::io::Write;
use std::process::Stdio;

use plaudit::store::{Location, Store};

use crate::support::{Ran, copy_of_demo_store, csv, demo_store, plaudit, run};

fn on_demo(arguments: &[&str]) -> Ran {
    run(plaudit().args(arguments).arg("--store").arg(demo_store()))
}

#[test]
fn a_mistyped_name_of_a_rule_a_report_or_a_table_is_set_right() {
    for (arguments, meant) in [
        (&["report", "findngs"][..], "findings"),
        (&["schema", "vpc_endpont"], "vpc_endpoint"),
        (&["schema", "plaudit.tml"], "plaudit.toml"),
        (&["rules", "show", "orphand-endpoint"], "orphaned-endpoint"),
    ] {
        let ran = run(plaudit().args(arguments));
        assert_eq!(ran.status, 2);
        assert!(ran.stderr.contains(&format!("did you mean `{meant}`?")), "{}", ran.shown());
    }
    let ran = on_demo(&["query", "SELECT * FROM vpc_endpont"]);
    assert!(ran.stderr.contains("did you mean `vpc_endpoint`?"), "{}", ran.shown());
}

#[test]
fn the_list_of_reports_has_every_form() {
    let list = run(plaudit().args(["report", "--list", "--format", "json"])).expect_done().stdout;
    let list: Vec<serde_json::Value> = serde_json::from_str(&list).expect("JSON");
    assert!(list.iter().any(|report| report["name"] == "findings"));
    let list = run(plaudit().args(["report", "--list", "--format", "csv"])).expect_done().stdout;
    assert_eq!(list.lines().next(), Some("name,title,description"));
}

#[test]
fn a_query_is_read_from_stdin_and_from_a_file() {
    let sql = "-- counts\nSELECT COUNT(*) AS vpcs FROM vpc";
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("query.sql");
    std::fs::write(&file, sql).expect("written");
    let from_file =
        on_demo(&["query", "--format", "csv", "--file", file.to_str().expect("a path")]).expect_done();
    let mut child = plaudit()
        .args(["query", "--format", "csv", "-", "--store"])
        .arg(demo_store())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    child.stdin.take().expect("a pipe").write_all(sql.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stdout), from_file.stdout);
    assert!(from_file.stdout.starts_with("vpcs\n"), "{}", from_file.stdout);
}

const HOUSE_RULE: &str = r#"/*---
title = "VPC is a VPC"
category = "governance"
severity = "low"
confidence = "high"
resource = "vpc"
message = "it is"
rationale = "To have one."
recommended_action = "Nothing."
references = ["https://aws.amazon.com/privatelink/pricing/"]
[params]
limit = 1
---*/
SELECT v.vpc_id AS resource_id, v.account_id, v.region, 'info' AS status, p.limit FROM vpc AS v CROSS JOIN param AS p
"#;

#[test]
fn a_folder_of_rules_in_the_configuration_counts_for_every_command() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("house")).expect("made");
    std::fs::write(folder.path().join("house/vpc-is-a-vpc.sql"), HOUSE_RULE).expect("written");
    let config = folder.path().join("plaudit.toml");
    std::fs::write(&config, "[check]\nrules = [\"house\"]\n[rules.vpc-is-a-vpc]\nlimit = 2\n")
        .expect("written");
    let with =
        |arguments: &[&str]| run(plaudit().args(arguments).arg("--config").arg(&config)).expect_done().stdout;
    assert!(with(&["rules", "list"]).contains(" vpc-is-a-vpc "));
    // Named twice, it is read once.
    let house = folder.path().join("house");
    assert!(with(&["rules", "list", "--rules", house.to_str().expect("a path")]).contains(" vpc-is-a-vpc "));
    let store = folder.path().join("store");
    copy_of_demo_store(&store);
    let check = with(&["check", "--quiet", "--store", store.to_str().expect("a path")]);
    assert!(check.contains(" vpc-is-a-vpc "), "{check}");
    std::fs::write(&config, "[rules.vpc-is-a-vpc]\nlimit = 2\n").expect("written");
    let unknown = run(plaudit().args(["rules", "list", "--config"]).arg(&config));
    assert!(unknown.stderr.contains("below [check] in plaudit.toml"), "{}", unknown.shown());
    std::fs::write(&config, "[check]\nrules = [\"nowhere\"]\n").expect("written");
    let missing = run(plaudit().args(["rules", "list", "--config"]).arg(&config));
    assert_eq!(missing.status, 2, "{}", missing.shown());
}

#[test]
fn every_judged_resource_is_listed_on_request_and_findings_carry_owner_and_steps() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("store");
    copy_of_demo_store(&store);
    let run_on =
        |arguments: &[&str]| run(plaudit().args(arguments).arg("--store").arg(&store)).expect_done().stdout;
    run_on(&["check", "--quiet", "--include-ok"]);
    let findings = csv(&run_on(&["report", "findings", "--format", "csv"]));
    let outcomes =
        csv(&run_on(&["query", "--format", "csv", "SELECT rule_id, alarm, info, ok FROM rule_outcome"]));
    for outcome in &outcomes {
        for status in ["alarm", "info", "ok"] {
            let listed =
                findings.iter().filter(|f| f["rule_id"] == outcome["rule_id"] && f["status"] == status);
            assert_eq!(listed.count().to_string(), outcome[status], "{} {status}", outcome["rule_id"]);
        }
    }
    assert!(findings.iter().any(|finding| finding["organizational_unit_path"].contains("/ou-")));
    assert!(findings.iter().any(|finding| finding["tags"].contains("\"owner\"")));
    for finding in findings.iter().filter(|finding| finding["status"] == "alarm") {
        let steps: Vec<serde_json::Value> = serde_json::from_str(&finding["steps"]).expect("a list");
        let told: Vec<&str> = steps.iter().filter_map(|step| step["text"].as_str()).collect();
        assert_eq!(told.join(" "), finding["recommended_action"]);
    }
    for finding in findings.iter().filter(|finding| finding["status"] == "ok") {
        assert_eq!((finding["monthly_saving"].as_str(), finding["recommended_action"].as_str()), ("", ""));
    }
}

#[test]
fn an_endpoint_that_only_the_bill_names_is_explained_and_an_arn_is_understood() {
    let billed = "SELECT vpc_endpoint_id FROM vpc_endpoint_charge WHERE NOT crawled AND vpc_endpoint_id IS NOT NULL LIMIT 1";
    let rows = csv(&on_demo(&["query", "--format", "csv", billed]).expect_done().stdout);
    let page = on_demo(&["explain", &rows[0]["vpc_endpoint_id"]]).expect_done().stdout;
    assert!(page.contains("named by a bill alone") && page.contains("VpcEndpoint-Hours: $"), "{page}");
    let seen = "SELECT vpc_endpoint_id FROM vpc_endpoint LIMIT 1";
    let id =
        csv(&on_demo(&["query", "--format", "csv", seen]).expect_done().stdout)[0]["vpc_endpoint_id"].clone();
    let arn = format!("arn:aws:ec2:eu-west-1:111122223333:vpc-endpoint/{id}");
    assert_eq!(
        on_demo(&["explain", &arn]).expect_done().stdout,
        on_demo(&["explain", &id]).expect_done().stdout
    );
    let seen = "SELECT service_id, account_id, region FROM vpc_endpoint_service LIMIT 1";
    let service = &csv(&on_demo(&["query", "--format", "csv", seen]).expect_done().stdout)[0];
    let (id, account, region) = (&service["service_id"], &service["account_id"], &service["region"]);
    let arn = format!("arn:aws:ec2:{region}:{account}:vpc-endpoint-service/{id}");
    let page = on_demo(&["explain", &arn]).expect_done().stdout;
    assert!(page.contains(id.as_str()), "{page}");
    assert_eq!(page, on_demo(&["explain", id]).expect_done().stdout);
}

/// The words that bash offers for a command, or for a flag of it.
fn offered(script: &str, command: &str, flag: Option<&str>) -> Vec<String> {
    let name = format!("plaudit {command}").replace(' ', "__subcmd__");
    let all = script.split_once(&format!("        {name})\n            opts=\"")).expect("the command").1;
    let all = all.split_once("\n        ;;\n").map_or(all, |(part, _)| part);
    let words = match flag {
        None => all,
        Some(flag) => {
            all.split_once(&format!("{flag})\n")).expect("the flag").1.split_once("-W \"").expect("words").1
        }
    };
    words.split('"').next().unwrap_or_default().split(' ').map(str::to_owned).collect()
}

#[test]
fn shells_complete_values_and_names() {
    let script = run(plaudit().args(["completions", "bash"])).expect_done().stdout;
    for (command, flag, words) in [
        ("report", None, "findings cost-by-service reconciliation"),
        ("report", Some("--format"), "table csv json ndjson md parquet"),
        ("query", Some("--format"), "table csv json ndjson md parquet"),
        ("prices list", Some("--format"), "table csv json ndjson md parquet"),
        ("store verify", Some("--format"), "table csv json ndjson md parquet"),
        ("explain", Some("--format"), "table json"),
        ("rules list", Some("--format"), "table json md"),
        ("rules show", Some("--format"), "text json md"),
        ("schema", Some("--format"), "text md json"),
        ("audit", Some("--fail-on"), "critical high medium low info new:critical new:low new:info"),
        ("check", Some("--fail-on"), "critical new:high"),
        ("crawl", Some("--charges"), "auto cost-explorer cur focus list-price"),
        ("audit", Some("--only"), "orphaned-endpoint missing-tags"),
        ("rules show", None, "orphaned-endpoint missing-tags"),
        ("rules sql", None, "orphaned-endpoint missing-tags"),
        ("schema", None, "vpc_endpoint finding plaudit.toml"),
    ] {
        let offered = offered(&script, command, flag);
        for word in words.split(' ') {
            assert!(offered.iter().any(|one| one == word), "{command} {flag:?} lacks {word}: {offered:?}");
        }
    }
    for (shell, severity) in [("zsh", "new\\:high"), ("fish", "new:high")] {
        let script = run(plaudit().args(["completions", shell])).expect_done().stdout;
        assert!(script.contains("orphaned-endpoint") && script.contains(severity), "{shell}");
    }
    // What is offered is not all that is taken, and help does not list it.
    let help = run(plaudit().args(["report", "--help"])).expect_done().stdout;
    assert!(!help.contains("possible values: audit-cost"), "{help}");
    let wrong = run(plaudit().args(["check", "--fail-on", "urgent"]));
    assert!(
        wrong.stderr.contains("use critical, high, medium, low or info, with `new:`"),
        "{}",
        wrong.shown()
    );
    let wrong = run(plaudit().args(["report", "findings", "--format", "xml"]));
    assert!(wrong.stderr.contains("use table, csv, json, ndjson, md, parquet"), "{}", wrong.shown());
}

#[test]
fn a_crawl_that_was_cut_off_is_told_of_and_one_at_work_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().to_str().expect("a path");
    let store = Store::new(Location::open(place, None).unwrap_or_else(|error| panic!("{error}")));
    assert_eq!(store.cut_off(), None);
    let id = "20260101T000000Z";
    let journal = store.begin_journal(id).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(store.cut_off(), None, "somebody is at work on it");
    drop(journal);
    assert_eq!(store.cut_off().as_deref(), Some(id));
}
