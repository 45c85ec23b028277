//! DuckDB on our store: the documented paths, and the rules as standalone SQL.

use crate::support::python::{output, script};
use crate::support::{csv, plaudit, run};

#[test]
fn duckdb_reads_the_store_and_finds_what_the_embedded_engine_finds() {
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = ["demo", "--quiet", "--accounts", "12", "--regions", "2", "--seed", "9", "--store"];
    run(plaudit().args(arguments).arg(folder.path())).expect_done();
    let counts = output(script("duckdb_store.py").arg("counts").arg(folder.path()));
    let counts: std::collections::BTreeMap<String, u64> = serde_json::from_str(&counts).expect("JSON");
    let manifest = std::fs::read_dir(folder.path().join("_snapshots"))
        .expect("readable")
        .next()
        .expect("one")
        .expect("readable");
    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(manifest.path()).expect("readable")).expect("JSON");
    for table in manifest["tables"].as_array().expect("a list") {
        assert_eq!(
            counts.get(table["name"].as_str().expect("a name")).copied(),
            table["rows"].as_u64(),
            "{table}"
        );
    }
    let findings =
        csv(&run(plaudit().args(["report", "findings", "--format", "csv", "--store"]).arg(folder.path()))
            .expect_done()
            .stdout);
    let rules = run(plaudit().args(["rules", "list", "--format", "json"])).expect_done().stdout;
    let rules: Vec<serde_json::Value> = serde_json::from_str(&rules).expect("JSON");
    for rule in &rules {
        let id = rule["id"].as_str().expect("an id");
        let sql =
            run(plaudit().args(["rules", "sql", id, "--dialect", "duckdb", "--store"]).arg(folder.path()))
                .expect_done()
                .stdout;
        let file = folder.path().join("rule.sql");
        std::fs::write(&file, &sql).expect("written");
        let rows = output(script("duckdb_store.py").arg("rule").arg(&file));
        let mut found: Vec<(String, String, String, String)> = serde_json::from_str(&rows).expect("JSON");
        found.retain(|row| row.3 == "alarm" || row.3 == "info");
        found.sort();
        let mut ours: Vec<(String, String, String, String)> = findings
            .iter()
            .filter(|finding| finding["rule_id"] == id && finding["status"] != "skip")
            .map(|f| {
                (f["account_id"].clone(), f["region"].clone(), f["resource_id"].clone(), f["status"].clone())
            })
            .collect();
        ours.sort();
        assert_eq!(found, ours, "{id}");
        assert!(!ours.is_empty(), "{id} found nothing, which shows nothing");
    }
}
