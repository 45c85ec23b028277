//! `plaudit store verify`, and what reads a store that does not fit its manifest.

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{copy_of_demo_store, csv, plaudit, run, stable};

/// The demo's store, to be changed.
fn store() -> (tempfile::TempDir, PathBuf, String) {
    let folder = tempfile::Builder::new().prefix("plaudit-").tempdir().unwrap();
    let store = folder.path().join("store");
    copy_of_demo_store(&store);
    let id = std::fs::read_dir(store.join("_snapshots")).unwrap().next().unwrap().unwrap().file_name();
    let id = id.to_string_lossy().trim_end_matches(".json").to_owned();
    (folder, store, id)
}

fn table(store: &Path, name: &str, id: &str) -> PathBuf {
    store.join(name).join(format!("snapshot_id={id}")).join("part-0.parquet")
}

fn verify(store: &Path, more: &[&str]) -> crate::support::Ran {
    run(plaudit().args(["store", "verify"]).args(more).arg("--store").arg(store).env("COLUMNS", "80"))
}

fn change_manifest(store: &Path, id: &str, change: impl FnOnce(&mut Value)) {
    let path = store.join(format!("_snapshots/{id}.json"));
    let mut manifest: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    change(&mut manifest);
    std::fs::write(&path, manifest.to_string()).unwrap();
}

/// Changes one byte, and nothing else.
fn flip(path: &Path) {
    let file = std::fs::File::options().read(true).write(true).open(path).unwrap();
    let at = file.metadata().unwrap().len() / 2;
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ 1], at).unwrap();
}

#[test]
fn everything_that_does_not_fit_is_listed() {
    let (_folder, store, id) = store();
    let whole = verify(&store, &[]).expect_done();
    assert!(whole.stdout.ends_with(": 55 ok\n"), "{}", whole.shown());

    flip(&table(&store, "account", &id));
    let shorter = std::fs::File::options().write(true).open(table(&store, "tag", &id)).unwrap();
    shorter.set_len(100).unwrap();
    std::fs::remove_file(table(&store, "vpc", &id)).unwrap();
    change_manifest(&store, &id, |manifest| {
        let tables = manifest["tables"].as_array_mut().unwrap();
        let route = tables.iter_mut().find(|table| table["name"] == "route").unwrap();
        route["rows"] = 7.into();
    });
    std::fs::write(table(&store, "subnet", &id).with_file_name("part-1.parquet"), "x").unwrap();
    let stray = table(&store, "subnet", "20200101T000000Z");
    std::fs::create_dir_all(stray.parent().unwrap()).unwrap();
    std::fs::write(&stray, "x").unwrap();
    let outside = table(&store, "listener", &id);
    std::fs::rename(&outside, store.join("elsewhere")).unwrap();
    std::os::unix::fs::symlink(store.join("elsewhere"), &outside).unwrap();
    std::fs::write(store.join("_snapshots/20210101T000000Z.json"), "{").unwrap();

    let found = verify(&store, &[]);
    assert!(found.stdout.lines().all(|line| line.chars().count() <= 80), "{}", found.shown());
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"SHA-256 [0-9a-f]{12}\.\.\.", "SHA-256 [digest]...");
    settings.add_filter(r"manifest says [0-9a-f]{12}\.\.\.", "manifest says [digest]...");
    settings.add_filter(
        r"has \d+ (bytes|rows), and its manifest says \d+",
        "has [number] $1, and its manifest says [number]",
    );
    settings.add_filter(r"\d+\.\d KiB", "[size]");
    settings.add_filter(&id, "[latest]");
    settings.bind(|| {
        let _stable = stable();
        insta::assert_snapshot!(found.shown());
    });
    // Programs get one row per file, also of those that fit.
    let rows = csv(&verify(&store, &["--format", "csv", "--snapshot", &id]).stdout);
    let states = |state: &str| rows.iter().filter(|row| row["state"] == state).count();
    let counted = ["sha256", "bytes", "missing", "rows", "unreadable", "stray"].map(states);
    assert_eq!(counted, [1, 1, 1, 1, 1, 1], "{rows:?}");
    assert_eq!(states("ok"), 55 - 5);
    let changed = rows.iter().find(|row| row["state"] == "sha256").unwrap();
    assert!(changed["sha256"].len() == 64 && changed["sha256"] != changed["manifest_sha256"]);
}

#[test]
fn a_table_that_does_not_fit_its_manifest_is_refused_by_every_command() {
    let (_folder, store, id) = store();
    flip(&table(&store, "account", &id));
    for arguments in [
        &["report", "endpoints"][..],
        &["query", "SELECT * FROM account"],
        &["check"],
        &["explain", "vpce-0"],
    ] {
        let ran = run(plaudit().args(arguments).arg("--store").arg(&store));
        assert_eq!(ran.status, 1, "{}", ran.shown());
        assert!(ran.stderr.contains("table `account` is broken: has the SHA-256 "), "{}", ran.shown());
        assert!(ran.stderr.contains("part-0.parquet\nhint: restore the file"), "{}", ran.shown());
        assert!(ran.stdout.is_empty(), "{}", ran.shown());
    }
    // What does not read it is not kept from its work.
    run(plaudit().args(["query", "SELECT * FROM vpc", "--store"]).arg(&store)).expect_done();
}

#[test]
fn findings_that_do_not_fit_are_written_anew_by_the_next_check() {
    let (_folder, store, id) = store();
    flip(&table(&store, "finding", &id));
    let report = || run(plaudit().args(["report", "findings", "--store"]).arg(&store));
    let refused = report();
    assert_eq!(refused.status, 1, "{}", refused.shown());
    assert!(refused.stderr.contains("hint: `plaudit check` writes it anew"), "{}", refused.shown());
    run(plaudit().args(["check", "--store"]).arg(&store)).expect_done();
    report().expect_done();
    verify(&store, &[]).expect_done();
}

#[test]
fn a_snapshot_of_an_earlier_version_fits_by_its_rows_and_bytes() {
    let (_folder, store, id) = store();
    change_manifest(&store, &id, |manifest| {
        for table in manifest["tables"].as_array_mut().unwrap() {
            table.as_object_mut().unwrap().remove("sha256").expect("it is recorded");
        }
    });
    run(plaudit().args(["report", "--store"]).arg(&store)).expect_done();
    let verified = verify(&store, &[]).expect_done();
    assert!(
        verified.stdout.ends_with(": 55 ok by rows and bytes (SHA-256 not recorded)\n"),
        "{}",
        verified.shown()
    );
    let longer = table(&store, "account", &id);
    std::fs::write(&longer, [std::fs::read(&longer).unwrap(), vec![0]].concat()).unwrap();
    let refused = run(plaudit().args(["query", "SELECT * FROM account", "--store"]).arg(&store));
    assert!(refused.stderr.contains("and its manifest says"), "{}", refused.shown());
    assert_eq!(verify(&store, &[]).status, 1);
}

#[test]
fn there_is_nothing_to_verify_without_a_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let none = verify(folder.path(), &[]);
    assert_eq!(none.status, 2, "{}", none.shown());
    assert!(none.stderr.contains("the store holds no snapshot"), "{}", none.shown());
    let (_folder, store, _) = store();
    let other = verify(&store, &["--snapshot", "20200101T000000Z"]);
    assert_eq!(other.status, 2, "{}", other.shown());
    assert!(other.stderr.contains("there is no snapshot `20200101T000000Z`"), "{}", other.shown());
}
