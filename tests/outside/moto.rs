//! plaudit against moto's server, an AWS that somebody else wrote.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::python::{Server, output, program, script};
use crate::support::{csv, plaudit, plaudit_at, run};

/// moto answers some operations with HTTP 404 (connections and notifications). So those are gaps in
/// coverage there, and the rules that read them say `skip`; everything else is judged.
#[test]
fn the_audit_of_moto_gives_the_expected_findings() {
    if crate::support::python::is_missing("the audit of moto") {
        return;
    }
    let server = Server::start("moto_server.py");
    let made = output(script("seed_moto.py").arg(&server.url));
    let made: BTreeMap<String, String> = serde_json::from_str(&made).expect("the seed prints JSON");
    let folder = tempfile::tempdir().expect("a folder");
    // Everything in moto was made just now.
    std::fs::write(
        folder.path().join("plaudit.toml"),
        "[crawl]\nregions = [\"us-east-1\"]\n[rules.orphaned-endpoint]\nmin_age_days = 0\n",
    )
    .expect("written");
    let audit = run(plaudit_at(&server.url).arg("audit").current_dir(folder.path()));
    assert_eq!(audit.status, 0, "{}", audit.shown());
    let report = |name: &str| {
        run(plaudit().args(["report", name, "--format", "csv"]).current_dir(folder.path()))
            .expect_done()
            .stdout
    };
    let mut names: Vec<(&String, &String)> = made.iter().collect();
    // Longer ids first, so that none is replaced inside another.
    names.sort_by_key(|(_, id)| std::cmp::Reverse(id.len()));
    let named = |text: &str| {
        names.iter().fold(text.to_owned(), |text, (name, id)| text.replace(id.as_str(), &format!("[{name}]")))
    };
    // Findings of one weight are sorted by ids, which moto makes up; here they are sorted by names.
    let findings = report("findings");
    let (header, rows) = findings.split_once('\n').expect("a header");
    let mut lines: Vec<String> = rows.lines().map(named).collect();
    lines.sort();
    let findings = format!("{header}\n{}\n", lines.join("\n"));
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"\d{8}T\d{6}Z", "[snapshot]");
    settings.add_filter(r"vpc-[0-9a-f]{17}", "[vpc]");
    settings.add_filter(r"sg-[0-9a-f]{17}", "[group]");
    settings.add_filter(r"subnet-[0-9a-f]{8,17}", "[subnet]");
    settings.add_filter(r"targetgroup/dead/[0-9a-f]{16}", "targetgroup/dead/[hash]");
    settings.add_filter(r"\bo-[a-z0-9]{10}\b", "[organization]");
    // The first subnet is the one with the smallest id, which moto makes up.
    settings.add_filter(r"10\.0\.[01]\.0/24", "[block]");
    // Lists of resources are sorted by ids, which moto makes up.
    settings.add_filter(r#"\[""\[[a-z-]+\]""(,""\[[a-z-]+\]"")+\]"#, "[resources]");
    settings.bind(|| insta::assert_snapshot!("moto findings", findings));

    let endpoints = csv(&report("endpoints"));
    let usage: BTreeMap<String, (String, String)> = endpoints
        .iter()
        .map(|row| (named(&row["vpc_endpoint_id"]), (row["usage"].clone(), row["zones"].clone())))
        .collect();
    let expected = [
        ("[busy]", ("active", "2")),
        ("[closed]", ("active", "2")),
        ("[consumer]", ("active", "2")),
        ("[gateway]", ("unmeasurable", "0")),
        ("[idle]", ("idle", "2")),
        ("[one-zone]", ("active", "1")),
        ("[registry]", ("active", "2")),
        ("[untagged]", ("active", "2")),
    ];
    let expected: BTreeMap<String, (String, String)> = expected
        .into_iter()
        .map(|(id, (usage, zones))| (id.to_owned(), (usage.to_owned(), zones.to_owned())))
        .collect();
    assert_eq!(usage, expected);
    a_store_in_s3_serves_as_a_folder_does(&server, folder.path(), &report("findings"));
    a_bill_in_s3_comes_to_what_the_file_comes_to(&server, folder.path());
}

/// The file is larger than what is looked through for its footer, so only its columns are fetched.
fn a_bill_in_s3_comes_to_what_the_file_comes_to(server: &Server, folder: &Path) {
    let files = folder.join("bill");
    let bytes = output(script("bill_in_s3.py").arg(&server.url).arg(&files));
    assert!(bytes.trim().parse::<u64>().expect("a size") > 2 << 20, "{bytes}");
    let charges = |place: &str| {
        let store = folder.join("store-of-bill").join(place.replace(':', "").replace('/', "-"));
        let crawl = run(plaudit_at(&server.url)
            .args(["crawl", "--quiet", "--charges", "cur", "--bill", place, "--store"])
            .arg(&store)
            .current_dir(folder));
        assert_eq!(crawl.status, 0, "{}", crawl.shown());
        let sql = "SELECT vpc_endpoint_id, usage_type, x_lines, billed_cost, consumed_quantity FROM charge";
        run(plaudit().args(["query", "--format", "csv", sql, "--store"]).arg(&store)).expect_done().stdout
    };
    let from_bucket = charges("s3://bills/cur");
    assert_eq!(from_bucket, charges(&files.display().to_string()));
    assert_eq!(from_bucket.lines().count(), 1 + 3, "every tenth line, of 30 endpoints: {from_bucket}");
}

/// The same audit with its snapshot in a bucket: nothing differs but the snapshot's id.
fn a_store_in_s3_serves_as_a_folder_does(server: &Server, folder: &Path, expected: &str) {
    let store = ["--store", "s3://audits/privatelink"];
    let audit = run(plaudit_at(&server.url).arg("audit").args(store).current_dir(folder));
    assert_eq!(audit.status, 0, "{}", audit.shown());
    let findings = run(plaudit_at(&server.url)
        .args(["report", "findings", "--format", "csv"])
        .args(store)
        .current_dir(folder))
    .expect_done();
    let without_id = |text: &str| {
        text.lines()
            .map(|line| line.split_once(',').map_or(line, |(_, rest)| rest).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(without_id(&findings.stdout), without_id(expected));
    only_the_table_that_a_report_names_is_fetched(server, folder, &store);
    let refused =
        run(plaudit_at(&server.url).args(["report", "--store", "s3://no-such-bucket/x"]).current_dir(folder));
    assert_eq!(refused.status, 1, "{}", refused.shown());
    assert!(refused.stderr.contains("s3:ListBucket"), "{}", refused.shown());
    let unsigned = run(plaudit().args(["report"]).args(store).current_dir(folder));
    assert_ne!(unsigned.status, 0, "{}", unsigned.shown());
}

/// Of more than fifty tables, a report that reads two fetches two.
fn only_the_table_that_a_report_names_is_fetched(server: &Server, folder: &Path, store: &[&str]) {
    let asked = || -> Vec<String> {
        let address = format!("{}/-/asked", server.url);
        let read = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())";
        serde_json::from_str(&output(program("python").args(["-c", read, &address]))).expect("JSON")
    };
    asked();
    run(plaudit_at(&server.url)
        .args(["report", "coverage", "--format", "csv"])
        .args(store)
        .current_dir(folder))
    .expect_done();
    let asked = asked();
    let tables = asked.iter().filter_map(|line| line.strip_suffix(".parquet"));
    let tables: Vec<_> = tables.filter_map(|line| line.split('/').nth_back(2)).collect();
    assert_eq!(tables, ["account", "coverage"], "{asked:?}");
    assert!(asked.len() <= 5, "the list of snapshots, the manifest and the tables: {asked:?}");
}
