//! What `plaudit.toml` says of single rules: severity, thresholds, on or off, and waivers.

use std::path::Path;

use plaudit::audit;
use plaudit::config::Config;
use plaudit::rule::{Catalogue, Findings};
use plaudit::table::{Severity, Status, WaiverUse};
use serde_json::json;

use crate::support::{csv, handmade, plaudit, run};

/// Four untagged endpoints that carried nothing, in two accounts and two Regions; a fifth stands
/// where the tags could not be read.
async fn write(folder: &Path) -> plaudit::store::StoredSnapshot {
    let places = [
        ("111111111111", "us-east-1", "vpce-0a1", 400),
        ("111111111111", "eu-west-1", "vpce-0a2", 400),
        ("222222222222", "us-east-1", "vpce-0b1", 400),
        ("222222222222", "eu-west-1", "vpce-0b2", 30),
    ];
    let rows = |more: &dyn Fn(&str, i64) -> serde_json::Value| {
        let rows: Vec<_> = places
            .iter()
            .map(|(account, region, id, age)| {
                let mut row = json!({ "account_id": account, "region": region });
                let more = more(id, *age);
                row.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
                row
            })
            .collect();
        json!(rows)
    };
    let tables = json!({
        "account": [
            { "account_id": "111111111111", "account_name": "payments-prod" },
            { "account_id": "222222222222", "account_name": "search-sandbox" },
            { "account_id": "333333333333", "account_name": "hidden" },
        ],
        "coverage": [{
            "account_id": "333333333333", "region": "us-east-1", "operation": "ec2:DescribeVpcEndpoints",
            "outcome": "denied",
        }],
        "vpc_endpoint": rows(&|id, age| json!({
            "vpc_endpoint_id": id, "vpc_endpoint_type": "Interface", "vpc_id": "vpc-1", "state": "available",
            "service_name": "com.amazonaws.us-east-1.sqs", "age_days": age,
        })),
        "vpc_endpoint_usage": rows(&|id, _| json!({
            "vpc_endpoint_id": id, "usage": "idle", "confidence": "high", "observed_days": 90,
        })),
        "vpc_endpoint_cost": rows(&|id, _| json!({
            "vpc_endpoint_id": id, "zones_billed": 2, "monthly_cost": 14.6, "cost_basis": "list_price",
        })),
        "tag": [
            { "account_id": "111111111111", "region": "us-east-1", "resource_id": "vpce-0a1", "key": "environment", "value": "sandbox [1]" },
            { "account_id": "222222222222", "region": "us-east-1", "resource_id": "vpce-0b1", "key": "environment", "value": "production" },
        ],
    });
    handmade::snapshot(folder, tables).await
}

/// What two rules find under a configuration.
async fn found(config: &str) -> Findings {
    let folder = tempfile::tempdir().expect("a folder");
    let mut snapshot = write(folder.path()).await;
    let rules = folder.path().join("rules");
    std::fs::create_dir(&rules).expect("made");
    for rule in ["governance/missing-tags.sql", "cost/orphaned-endpoint.sql"] {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules").join(rule);
        std::fs::copy(&from, rules.join(from.file_name().expect("a name"))).expect("copied");
    }
    let config = format!("[tags]\nrequired = [\"service\"]\n{config}");
    let config = Config::parse(&config, "plaudit.toml").unwrap_or_else(|error| panic!("{error}"));
    let catalogue = Catalogue::load_only(&rules)
        .and_then(|catalogue| catalogue.configure(&config))
        .unwrap_or_else(|error| panic!("{error}"));
    audit::check(&mut snapshot, &catalogue, &config, false).await.unwrap_or_else(|error| panic!("{error}"))
}

fn waiver(lines: &str, expires: &str) -> String {
    format!(
        "[[waiver]]\nrule = \"missing-tags\"\n{lines}\nreason = \"r\"\nowner = \"o\"\nexpires = {expires}\n"
    )
}

fn waived(found: &Findings) -> Vec<&str> {
    let waived = found.findings.iter().filter(|finding| finding.waived_until.is_some());
    waived.map(|finding| finding.resource_id.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiver_covers_what_all_of_its_patterns_fit_and_nothing_else() {
    for (lines, expected) in [
        ("resource = \"vpce-0a1\"", vec!["vpce-0a1"]),
        ("resource = \"vpce-0a*\"", vec!["vpce-0a2", "vpce-0a1"]),
        ("resource = \"vpce-0?1\"", vec!["vpce-0a1", "vpce-0b1"]),
        ("resource = \"0a1\"", vec![]),
        ("resource = \"vpce-0[ab]1\"", vec![]),
        ("resource = \"{vpce-0a1,vpce-0b1}\"", vec![]),
        ("account = \"111111111111\"", vec!["vpce-0a2", "vpce-0a1"]),
        ("account = \"*-sandbox\"", vec!["vpce-0b2", "vpce-0b1"]),
        ("region = \"eu-*\"", vec!["vpce-0a2", "vpce-0b2"]),
        ("tag = \"environment=sand*\"", vec!["vpce-0a1"]),
        ("tag = \"environment=sandbox [1]\"", vec!["vpce-0a1"]),
        ("tag = \"environment\"", vec!["vpce-0a1", "vpce-0b1"]),
        ("tag = \"Environment=sand*\"", vec![]),
        ("account = \"payments-*\"\nregion = \"us-*\"", vec!["vpce-0a1"]),
        ("account = \"payments-*\"\ntag = \"environment=production\"", vec![]),
    ] {
        let found = found(&waiver(lines, "2999-12-31")).await;
        assert_eq!(waived(&found), expected, "{lines}");
        assert!(
            found
                .findings
                .iter()
                .all(|finding| finding.waived_until.is_none() || finding.rule_id == "missing-tags")
        );
        assert_eq!(found.waivers[0].findings as usize, expected.len(), "{lines}");
        let outcome =
            found.outcomes.iter().find(|outcome| outcome.rule_id == "missing-tags").expect("it ran");
        assert_eq!(outcome.alarm, 4, "a waived alarm stays an alarm");
        assert_eq!(outcome.waived as usize, expected.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiver_holds_up_to_its_last_day() {
    let on_the_day = found(&waiver("resource = \"vpce-0a1\"", "2026-11-22")).await;
    assert_eq!(waived(&on_the_day), ["vpce-0a1"]);
    assert_eq!(on_the_day.waivers[0].outcome, WaiverUse::Used);
    let a_day_later = found(&waiver("resource = \"vpce-0a1\"", "2026-11-21")).await;
    assert!(waived(&a_day_later).is_empty());
    assert_eq!((a_day_later.waivers[0].outcome, a_day_later.waivers[0].findings), (WaiverUse::Expired, 1));
    let both =
        [waiver("resource = \"vpce-0a1\"", "2027-01-01"), waiver("resource = \"vpce-0a*\"", "2027-03-31")];
    let both = found(&both.concat()).await;
    let later = both
        .findings
        .iter()
        .find(|finding| finding.resource_id == "vpce-0a1" && finding.waived_until.is_some());
    assert_eq!(
        later.and_then(|finding| finding.waived_until).map(|day| day.to_string()).as_deref(),
        Some("2027-03-31")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiver_for_something_that_was_not_judged_is_not_called_unused() {
    let hidden = found(&waiver("account = \"hidden\"\nresource = \"vpce-0c1\"", "2999-12-31")).await;
    assert_eq!(hidden.waivers[0].outcome, WaiverUse::Unjudged);
    let elsewhere =
        found(&waiver("account = \"payments-prod\"\nresource = \"vpce-0c1\"", "2999-12-31")).await;
    assert_eq!(elsewhere.waivers[0].outcome, WaiverUse::Unused);
    // A skip itself is never waived.
    let skips: Vec<_> = hidden.findings.iter().filter(|finding| finding.status == Status::Skip).collect();
    assert!(!skips.is_empty() && skips.iter().all(|skip| skip.waived_until.is_none()));
}

#[tokio::test(flavor = "multi_thread")]
async fn severity_thresholds_and_the_switch_of_a_rule_are_obeyed() {
    let orphaned = |found: &Findings| -> Vec<(String, Severity)> {
        let of = found
            .findings
            .iter()
            .filter(|one| one.rule_id == "orphaned-endpoint" && one.status == Status::Alarm);
        of.map(|finding| (finding.resource_id.clone(), finding.severity)).collect()
    };
    assert_eq!(orphaned(&found("").await).len(), 3, "one is younger than 90 days");
    let stricter = found("[rules.orphaned-endpoint]\nmin_age_days = 30\nseverity = \"critical\"\n").await;
    assert_eq!(orphaned(&stricter).len(), 4);
    assert!(orphaned(&stricter).iter().all(|(_, severity)| *severity == Severity::Critical));
    let outcome =
        stricter.outcomes.iter().find(|outcome| outcome.rule_id == "orphaned-endpoint").expect("it ran");
    assert_eq!((outcome.severity, outcome.alarm, outcome.ok), (Severity::Critical, 4, 0));
    let edge = found("[rules.orphaned-endpoint]\nmin_age_days = 31\n").await;
    assert_eq!(orphaned(&edge).len(), 3);
    let off = found("[rules.orphaned-endpoint]\nenabled = false\n").await;
    assert!(off.findings.iter().all(|finding| finding.rule_id != "orphaned-endpoint"));
    assert!(off.outcomes.iter().all(|outcome| outcome.rule_id != "orphaned-endpoint"));
    assert!(!off.findings.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn how_waivers_fared_is_told_on_stderr_in_the_summary_and_in_a_report() {
    let folder = tempfile::tempdir().expect("a folder");
    write(&folder.path().join("plaudit-store")).await;
    let config = [
        "[tags]\nrequired = [\"service\"]\n".to_owned(),
        waiver("resource = \"vpce-0a1\"", "2026-01-31"),
        waiver("resource = \"vpce-9*\"\naccount = \"payments-prod\"", "2999-12-31"),
        waiver("resource = \"vpce-0b1\"", "2999-12-31"),
        waiver("account = \"hidden\"", "2999-12-31"),
    ];
    std::fs::write(folder.path().join("plaudit.toml"), config.concat()).expect("written");
    let path = folder.path().to_owned();
    tokio::task::spawn_blocking(move || {
        let check = run(plaudit().arg("check").current_dir(&path)).expect_done();
        let expired = "warning: the waiver for `missing-tags` ended on 2026-01-31 and no longer hides 1 finding: ask o\n  at plaudit.toml:3\n";
        let unused = "warning: the waiver for `missing-tags` matches no finding: remove it\n  at plaudit.toml:9\n";
        let unjudged = "warning: the waiver for `missing-tags` matches no finding, but not everything that it could match was judged\n  at plaudit.toml:22\n";
        assert_eq!(check.stderr.replace("./", ""), format!("{expired}{unused}{unjudged}"), "{}", check.shown());
        let told = "1 waiver expired, 1 waiver unjudged, 1 waiver unused: `plaudit report waivers` names them.";
        assert!(check.stdout.contains(told), "{}", check.shown());
        let report = run(plaudit().args(["report", "waivers", "--format", "csv"]).current_dir(&path)).expect_done();
        let rows = csv(&report.stdout);
        let shown: Vec<_> = rows
            .iter()
            .map(|row| [&row["outcome"], &row["rule_id"], &row["findings"], &row["expires"], &row["place"]].map(|cell| cell.replace("./", "")))
            .collect();
        let expected = [
            ["expired", "missing-tags", "1", "2026-01-31", "plaudit.toml:3"],
            ["unused", "missing-tags", "0", "2999-12-31", "plaudit.toml:9"],
            ["unjudged", "missing-tags", "0", "2999-12-31", "plaudit.toml:22"],
            ["used", "missing-tags", "1", "2999-12-31", "plaudit.toml:16"],
        ];
        assert_eq!(shown, expected.map(|row| row.map(str::to_owned)));
        // The summary says it again, offline, without the configuration.
        std::fs::remove_file(path.join("plaudit.toml")).expect("removable");
        let again = run(plaudit().arg("report").current_dir(&path)).expect_done();
        assert!(again.stdout.contains(told), "{}", again.shown());
    })
    .await
    .expect("it ran");
}
