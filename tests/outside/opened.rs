//! The store's files and the reports in Parquet, opened by pyarrow and pandas.

use std::path::PathBuf;

use crate::support::python::{output, sail_python};
use crate::support::{demo_store, plaudit, run};

#[test]
fn pyarrow_and_pandas_open_filter_sort_and_join_every_file() {
    let Some(mut python) = sail_python("opened.py") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let list = run(plaudit().args(["report", "--list", "--format", "json"])).expect_done().stdout;
    let list: Vec<serde_json::Value> = serde_json::from_str(&list).expect("JSON");
    let mut files: Vec<PathBuf> = Vec::new();
    for report in list.iter().map(|row| row["name"].as_str().expect("a name")) {
        let file = folder.path().join(format!("{report}.parquet"));
        run(plaudit()
            .args(["report", report, "--format", "parquet", "--store"])
            .arg(demo_store())
            .arg("-o")
            .arg(&file))
        .expect_done();
        files.push(file);
    }
    for table in std::fs::read_dir(demo_store()).expect("the store") {
        let table = table.expect("a folder").path();
        let snapshots = std::fs::read_dir(&table).into_iter().flatten().flatten();
        files.extend(
            snapshots.map(|snapshot| snapshot.path().join("part-0.parquet")).filter(|file| file.exists()),
        );
    }
    assert!(files.len() > 60, "{}", files.len());
    assert_eq!(output(python.args(&files)), "");
}
