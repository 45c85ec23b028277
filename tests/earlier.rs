//! Snapshots that an earlier plaudit took, without tables that this one has.

use std::path::Path;

use serde_json::Value;

use crate::support::{csv, plaudit, run};

/// Makes a snapshot as one that was taken before a table was thought of.
fn forget(store: &Path, table: &str) {
    let manifests = std::fs::read_dir(store.join("_snapshots")).unwrap();
    let path = manifests.map(|entry| entry.unwrap().path()).next().unwrap();
    let mut manifest: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let tables = manifest["tables"].as_array_mut().unwrap();
    let before = tables.len();
    tables.retain(|one| one["name"] != table);
    assert_eq!(tables.len(), before - 1);
    std::fs::write(&path, serde_json::to_vec(&manifest).unwrap()).unwrap();
    std::fs::remove_dir_all(store.join(table)).unwrap();
}

/// Account, Region, status and message of everything that a rule found.
fn found(store: &Path, rule: &str) -> Vec<[String; 4]> {
    run(plaudit().arg("check").arg("--store").arg(store)).expect_done();
    let report =
        run(plaudit().args(["report", "findings", "--format", "csv", "--store"]).arg(store)).expect_done();
    let rows = csv(&report.stdout).into_iter().filter(|row| row["rule_id"] == rule);
    rows.map(|row| ["account_id", "region", "status", "message"].map(|name| row[name].clone())).collect()
}

#[test]
fn a_table_that_the_snapshot_was_taken_without_is_not_read_as_empty() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    let demo = ["demo", "--quiet", "--accounts", "12", "--regions", "1", "--no-gaps", "--store"];
    run(plaudit().args(demo).arg(store)).expect_done();
    let (dropped, orphaned) = (found(store, "packets-dropped"), found(store, "orphaned-endpoint"));
    assert!(dropped.iter().any(|[_, _, status, _]| status == "alarm"), "{dropped:?}");

    forget(store, "vpc_endpoint_daily");
    let skipped = found(store, "packets-dropped");
    assert_eq!(skipped.len(), 13, "one for each account and Region, one of them opted into: {skipped:?}");
    for [_, _, status, message] in skipped {
        assert_eq!(status, "skip");
        assert_eq!(message, "not judged: the snapshot was taken without the table `vpc_endpoint_daily`");
    }
    assert_eq!(found(store, "orphaned-endpoint"), orphaned, "rules that do not read it judge as before");
}
