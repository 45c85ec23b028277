//! Reports: their columns, their forms, waivers, and exit statuses.

use crate::support::{Ran, copy_of_demo_store, csv, demo_store, plaudit, run, stable};

fn report(arguments: &[&str]) -> Ran {
    run(plaudit().arg("report").args(arguments).arg("--store").arg(demo_store())).expect_done()
}

#[test]
fn findings_list_alarms_infos_and_skips_and_count_the_rest() {
    let findings = csv(&report(&["findings", "--format", "csv"]).stdout);
    let mut statuses: Vec<&str> = findings.iter().map(|finding| finding["status"].as_str()).collect();
    statuses.dedup();
    assert_eq!(statuses, ["alarm", "info", "skip"], "the worst come first, and none is ok");
    for finding in &findings {
        serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&finding["evidence"])
            .expect("evidence is an object");
        let amount = !finding["monthly_cost"].is_empty() || !finding["monthly_saving"].is_empty();
        assert!(!amount || !finding["cost_basis"].is_empty(), "an amount without its basis: {finding:?}");
    }
    let mut skips: Vec<(String, String, String)> = findings
        .iter()
        .filter(|finding| finding["status"] == "skip")
        .map(|f| (f["rule_id"].clone(), f["account_id"].clone(), f["region"].clone()))
        .collect();
    let all = skips.len();
    skips.sort();
    skips.dedup();
    assert_eq!(skips.len(), all, "a skip stands once per rule, account and Region");
}

#[test]
fn endpoints_carry_tags_as_an_object_and_every_amount_its_basis() {
    let endpoints = csv(&report(&["endpoints", "--format", "csv"]).stdout);
    assert!(endpoints.len() > 30);
    let mut tagged = 0;
    for endpoint in &endpoints {
        let tags: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&endpoint["tags"]).expect("tags are an object");
        tagged += usize::from(tags.contains_key("Name"));
        assert_eq!(
            endpoint["monthly_cost"].is_empty(),
            endpoint["cost_basis"] == "unknown_rate",
            "{endpoint:?}"
        );
        // What CloudWatch does not measure, a bill may show to be used; how much of it falls into the
        // window, it does not say.
        let untold = endpoint["usage"] == "unmeasurable"
            || (endpoint["usage"] == "active" && endpoint["cost_basis"] == "billed");
        assert!(!endpoint["bytes_processed"].is_empty() || untold, "{endpoint:?}");
        assert!(
            endpoint["bytes_processed"].is_empty() || endpoint["usage"] != "unmeasurable",
            "{endpoint:?}"
        );
    }
    assert!(tagged > endpoints.len() / 2 && tagged < endpoints.len(), "some have no tags, as with AWS");
}

#[test]
fn json_holds_the_same_rows_with_objects_inside() {
    let rows: Vec<serde_json::Value> =
        serde_json::from_str(&report(&["endpoints", "--format", "json"]).stdout).expect("JSON");
    let lines = report(&["endpoints", "--format", "ndjson"]).stdout;
    assert_eq!(rows.len(), csv(&report(&["endpoints", "--format", "csv"]).stdout).len());
    assert!(rows.iter().all(|row| row["tags"].is_object()));
    let by_line: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    assert_eq!(by_line, rows);
}

#[test]
fn the_same_snapshot_gives_the_same_output_byte_for_byte() {
    for name in ["findings", "endpoints", "coverage", "cost-by-account", "cost-by-service"] {
        for format in ["csv", "json", "md", "table", "parquet"] {
            let write = |target: &str| {
                let path = demo_store().join(target);
                report(&[name, "--format", format, "--output", path.to_str().expect("a path")]);
                std::fs::read(path).expect("written")
            };
            assert!(write("first") == write("second"), "{name} as {format}");
        }
    }
}

#[test]
fn a_check_run_again_finds_the_same() {
    let before = report(&["findings", "--format", "csv"]).stdout;
    run(plaudit().args(["check", "--quiet", "--store"]).arg(demo_store())).expect_done();
    assert_eq!(report(&["findings", "--format", "csv"]).stdout, before);
}

#[test]
fn tables_adapt_to_the_terminal_and_name_what_they_leave_out() {
    let _stable = stable();
    let query = "SELECT account_id, region, vpc_endpoint_id, service_name, state, usage_note FROM (\
         SELECT account_id, region, vpc_endpoint_id, service_name, state, \
         'a sentence that is much too long for one line of a narrow terminal' AS usage_note FROM vpc_endpoint) AS e \
         ORDER BY vpc_endpoint_id LIMIT 2";
    let at = |columns: &str| {
        run(plaudit().args(["query", query, "--store"]).arg(demo_store()).env("COLUMNS", columns))
            .expect_done()
            .stdout
    };
    insta::assert_snapshot!(format!(
        "60 columns:\n{}\n100 columns:\n{}\n160 columns:\n{}",
        at("60"),
        at("100"),
        at("160")
    ));
    for columns in [60, 80, 100, 120, 160] {
        let shown = run(plaudit()
            .args(["report", "findings", "--store"])
            .arg(demo_store())
            .env("COLUMNS", columns.to_string()))
        .expect_done();
        let widest = shown.stdout.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(columns), "{widest:?} at {columns}");
    }
}

#[test]
fn titles_of_rules_are_left_out_where_they_would_be_shredded() {
    for columns in [72, 100, 120, 140, 200] {
        let summary =
            run(plaudit().args(["report", "--store"]).arg(demo_store()).env("COLUMNS", columns.to_string()));
        let shown = summary.expect_done().stdout;
        let table = shown.lines().skip_while(|line| !line.starts_with("Findings by rule")).skip(3);
        let lines: Vec<&str> = table.take_while(|line| !line.is_empty()).collect();
        let severities = ["critical", "high", "medium", "low", "info"];
        let rules = lines.iter().filter(|line| severities.iter().any(|word| line[1..].starts_with(word)));
        let rules = rules.count();
        assert!(rules > 20 && lines.len() <= 2 * rules, "{columns} columns:\n{shown}");
        assert_eq!(shown.contains("what it looks for"), columns >= 140, "{columns} columns:\n{shown}");
    }
}

/// Runs a check with a configuration.
fn check(config: &str, arguments: &[&str]) -> (Ran, tempfile::TempDir) {
    let folder = tempfile::Builder::new().prefix("plaudit-").tempdir().expect("a folder");
    std::fs::write(folder.path().join("plaudit.toml"), config).expect("written");
    // Checks of other configurations must not disturb each other's findings.
    let copy = folder.path().join("plaudit-store");
    copy_of_demo_store(&copy);
    let ran =
        run(plaudit().arg("check").args(arguments).arg("--store").arg(&copy).current_dir(folder.path()));
    (ran, folder)
}

#[test]
fn the_exit_status_follows_the_findings() {
    let status = |config: &str, arguments: &[&str]| check(config, arguments).0.status;
    assert_eq!(status("", &[]), 0);
    assert_eq!(status("", &["--fail-on", "critical"]), 10);
    assert_eq!(status("", &["--require-complete"]), 4);
    assert_eq!(status("", &["--fail-on", "critical", "--require-complete"]), 10);
    let critical: std::collections::BTreeSet<String> = csv(&report(&["findings", "--format", "csv"]).stdout)
        .into_iter()
        .filter(|finding| finding["severity"] == "critical" && finding["status"] == "alarm")
        .map(|finding| finding["rule_id"].clone())
        .collect();
    let lowered: String = critical.iter().map(|rule| format!("[rules.{rule}]\nenabled = false\n")).collect();
    assert_eq!(status(&lowered, &["--fail-on", "critical"]), 0);
    assert_eq!(status(&lowered, &["--fail-on", "high"]), 10);
    assert_eq!(status("", &["--fail-on", "urgent"]), 2);
}

#[test]
fn a_waiver_hides_from_the_exit_status_and_never_from_the_export() {
    let findings = csv(&report(&["findings", "--format", "csv"]).stdout);
    let waivers: String = findings
        .iter()
        .filter(|finding| finding["severity"] == "critical" && finding["status"] == "alarm")
        .map(|finding| {
            let (rule, resource) = (&finding["rule_id"], &finding["resource_id"]);
            format!("[[waiver]]\nrule = \"{rule}\"\nresource = \"{resource}\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2999-12-31\n")
        })
        .collect();
    assert!(!waivers.is_empty());
    let (ran, folder) = check(&waivers, &["--fail-on", "critical"]);
    assert_eq!(ran.status, 0, "{}", ran.shown());
    let export = run(plaudit()
        .args(["report", "findings", "--format", "csv", "--store"])
        .arg(folder.path().join("plaudit-store")))
    .expect_done();
    let waived =
        csv(&export.stdout).into_iter().filter(|finding| finding["waived_until"] == "2999-12-31").count();
    assert_eq!(waived, waivers.matches("[[waiver]]").count());
}

#[test]
fn expired_and_unused_waivers_are_reported() {
    let config = "\
[[waiver]]\nrule = \"missing-tags\"\nresource = \"vpce-*\"\nreason = \"r\"\nowner = \"network team\"\nexpires = 2020-01-01\n\
[[waiver]]\nrule = \"missing-tags\"\nresource = \"nothing-*\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2999-01-01\n";
    let (ran, _folder) = check(config, &[]);
    assert!(ran.stderr.contains("the waiver for `missing-tags` ended on 2020-01-01"), "{}", ran.shown());
    assert!(ran.stderr.contains("ask network team"), "{}", ran.shown());
    assert!(ran.stderr.contains("matches no finding"), "{}", ran.shown());
    assert!(ran.stderr.contains("plaudit.toml:7"), "{}", ran.shown());
}

#[test]
fn only_new_findings_fail_the_run_where_that_was_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = |fail_on: &str| {
        let arguments = [
            "demo",
            "--quiet",
            "--accounts",
            "12",
            "--regions",
            "2",
            "--seed",
            "7",
            "--fail-on",
            fail_on,
            "--store",
        ];
        run(plaudit().args(arguments).arg(folder.path()))
    };
    let first = demo("new:low");
    assert_eq!(first.status, 10, "without an earlier snapshot everything is new");
    assert!(first.stdout.contains("so every finding is new\n"), "{}", first.stdout);
    assert!(
        first.stdout.contains("\n  critical  unhealthy-targets  vpce-svc-"),
        "they are listed: {}",
        first.stdout
    );
    // One of another scope, and one that nobody has checked, are not compared with.
    let (manifests, snapshots) = (folder.path().join("_snapshots"), || {
        let names = std::fs::read_dir(folder.path().join("_snapshots")).expect("readable");
        let mut names: Vec<_> = names.map(|entry| entry.expect("readable").file_name()).collect();
        names.sort();
        names
    });
    let change = |name: &std::ffi::OsStr, change: &dyn Fn(&mut serde_json::Value)| {
        let text = std::fs::read(manifests.join(name)).expect("readable");
        let mut manifest = serde_json::from_slice(&text).expect("JSON");
        change(&mut manifest);
        std::fs::write(manifests.join(name), manifest.to_string()).expect("written");
    };
    assert_eq!(demo("new:low").status, 0, "then nothing is");
    let second = snapshots().pop().expect("the second");
    change(&second, &|manifest| manifest["scope"]["regions"] = serde_json::json!(["eu-south-1"]));
    assert_eq!(demo("new:low").status, 0, "it is compared with the first");
    let third = snapshots().pop().expect("the third");
    change(&third, &|manifest| {
        let tables = manifest["tables"].as_array_mut().expect("tables");
        tables.retain(|table| table["name"] != "finding");
    });
    change(&snapshots()[0], &|manifest| manifest["nothing_audited"] = true.into());
    let last = demo("new:low");
    assert_eq!(last.status, 10, "nothing is left to compare with: {}", last.shown());
    assert_eq!(demo("low").status, 10);
}

#[test]
fn every_command_answers_help_and_completions() {
    for command in [
        "demo",
        "audit",
        "crawl",
        "check",
        "explain",
        "report",
        "query",
        "rules",
        "schema",
        "simulate",
        "completions",
    ] {
        let help = run(plaudit().args([command, "--help"])).expect_done();
        assert!(help.stdout.contains("Usage: plaudit"), "{}", help.stdout);
    }
    let completions = run(plaudit().args(["completions", "bash"])).expect_done();
    assert!(completions.stdout.contains("_plaudit()"));
}

#[test]
fn the_summary_refuses_a_form_that_it_does_not_have() {
    let ran = run(plaudit().args(["report", "--format", "json", "--store"]).arg(demo_store()));
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{}", ran.shown());
    assert!(ran.stderr.contains("report findings --format json"), "{}", ran.shown());
}

/// A view is read as if it were a table, by its own name, beside tables.
#[test]
fn a_query_reads_a_view_as_if_it_were_a_table() {
    let count = |sql: &str| {
        let ran = run(plaudit().args(["query", "--format", "json", sql, "--store"]).arg(demo_store()))
            .expect_done();
        let rows: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
        rows[0]["n"].as_i64().expect("a number")
    };
    let stands = count(
        "SELECT COUNT(*) AS n FROM endpoint_zones AS z \
         JOIN vpc_endpoint AS e ON e.account_id = z.account_id AND e.vpc_endpoint_id = z.vpc_endpoint_id",
    );
    assert_eq!(stands, count("SELECT COUNT(DISTINCT vpc_endpoint_id) AS n FROM vpc_endpoint_subnet"));
    assert!(stands > 0);
}
