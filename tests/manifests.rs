//! Whatever stands in a manifest, in a folder or in a bucket, the commands that read it leave everything
//! outside of the store as it was.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::bucket::{Bucket, SECRET};
use crate::support::{copy_of_demo_store, demo_store, depth, files_below, plaudit, run};

const OWNER: &str = "111122223333";

/// What somebody who can write to a store puts into a manifest.
#[derive(Clone, Debug)]
enum Attack {
    /// The file of a table.
    Key(usize, String),
    /// The name of a table.
    Name(usize, String),
    /// The name and the file of a table, as they belong together.
    Both(usize, String),
    /// The snapshot's id.
    Id(String),
    /// The snapshot's id, and the files of all tables to go with it.
    Moved(String),
}

impl Attack {
    fn change(&self, manifest: &mut Value) {
        let id = manifest["id"].as_str().expect("an id").to_owned();
        let tables = manifest["tables"].as_array_mut().expect("tables");
        let length = tables.len();
        match self {
            Attack::Key(at, key) => tables[at % length]["key"] = json!(key),
            Attack::Name(at, name) => tables[at % length]["name"] = json!(name),
            Attack::Both(at, name) => {
                tables[at % length]["name"] = json!(name);
                tables[at % length]["key"] = json!(format!("{name}/snapshot_id={id}/part-0.parquet"));
            }
            Attack::Id(other) => manifest["id"] = json!(other),
            Attack::Moved(other) => {
                for table in tables {
                    let name = table["name"].as_str().expect("a name").to_owned();
                    table["key"] = json!(format!("{name}/snapshot_id={other}/part-0.parquet"));
                }
                manifest["id"] = json!(other);
            }
        }
    }
}

/// Texts out of what leads elsewhere; `outside` is a folder that is there.
fn texts(outside: &Path) -> impl Strategy<Value = String> + use<> {
    let pieces: Vec<String> = [
        "..",
        "../",
        "../../",
        "/",
        "//",
        ".",
        "",
        "\\",
        "..\\",
        "%2E%2E",
        "%2e%2e/",
        "%2F",
        "%00",
        "\0",
        "\u{1b}[2J",
        "\u{202e}",
        "account",
        "finding",
        "part-0.parquet",
        "_snapshots",
        "_partial",
        "outside",
        "config",
        "secret.parquet",
        ".bashrc",
        "home",
        "20200101T000000Z",
        "snapshot_id=",
        "~",
        "$HOME",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain([outside.display().to_string(), "../".repeat(40), format!("{}/secret.parquet", outside.display())])
    .collect();
    prop::collection::vec(prop::sample::select(pieces), 0..6).prop_map(|pieces| pieces.concat())
}

fn attacks(outside: &Path) -> impl Strategy<Value = Attack> + use<> {
    let table = 0..60_usize;
    prop_oneof![
        3 => (table.clone(), texts(outside)).prop_map(|(at, text)| Attack::Key(at, text)),
        2 => (table.clone(), texts(outside)).prop_map(|(at, text)| Attack::Name(at, text)),
        2 => (table, texts(outside)).prop_map(|(at, text)| Attack::Both(at, text)),
        2 => texts(outside).prop_map(Attack::Id),
        2 => texts(outside).prop_map(Attack::Moved),
    ]
}

/// A folder with a store in it, and with much that is none of plaudit's business.
struct Sandbox {
    folder: tempfile::TempDir,
    bucket: Bucket,
    manifest: Value,
    id: String,
}

impl Sandbox {
    fn new() -> Sandbox {
        let folder = tempfile::Builder::new().prefix("plaudit-").tempdir().expect("a folder");
        copy_of_demo_store(&folder.path().join("store"));
        for name in ["outside", "home", "state", "temporary"] {
            std::fs::create_dir(folder.path().join(name)).expect("made");
        }
        let bucket = Bucket::start(OWNER);
        let mut manifest = Value::Null;
        let mut id = String::new();
        for path in files_below(demo_store()) {
            let key = path.strip_prefix(demo_store()).expect("below").display().to_string();
            let bytes = std::fs::read(&path).expect("readable");
            if let Some(name) = key.strip_prefix("_snapshots/") {
                manifest = serde_json::from_slice(&bytes).expect("JSON");
                id = name.trim_end_matches(".json").to_owned();
            }
            if key.starts_with("account/") {
                std::fs::write(folder.path().join("outside/secret.parquet"), &bytes).expect("written");
            }
            bucket.put(&format!("audits/x/{key}"), bytes);
        }
        std::fs::write(folder.path().join("outside/config.json"), "{\"auths\": {}}").expect("written");
        std::fs::write(folder.path().join("home/.bashrc"), "true").expect("written");
        Sandbox { folder, bucket, manifest, id }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program, which takes everything that it may write for lying in the sandbox.
    fn plaudit(&self) -> Command {
        let mut command = plaudit();
        command
            .env("HOME", self.path("home"))
            .env("XDG_STATE_HOME", self.path("state"))
            .env("TMPDIR", self.path("temporary"))
            .env("AWS_ENDPOINT_URL", &self.bucket.url)
            .env("AWS_ACCESS_KEY_ID", "management")
            .env("AWS_SECRET_ACCESS_KEY", SECRET)
            .env("AWS_REGION", "us-east-1")
            .current_dir(self.path("outside"));
        command
    }

    /// What is in every file and behind every name but those of the store and of the private folder.
    fn outside(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let names = ["outside", "home", "temporary"];
        names
            .iter()
            .flat_map(|name| files_below(&self.path(name)))
            .map(|path| (path.clone(), std::fs::read(path).expect("readable")))
            .chain(
                std::fs::read_dir(self.folder.path())
                    .expect("readable")
                    .map(|entry| (entry.expect("readable").path(), Vec::new())),
            )
            .collect()
    }
}

const COMMANDS: [&[&str]; 4] = [
    &["report", "endpoints", "--format", "csv"],
    &["query", "SELECT * FROM account"],
    &["check"],
    &["explain", "vpce-0"],
];

#[test]
fn no_manifest_leads_out_of_a_folder_or_a_bucket() {
    let sandbox = Sandbox::new();
    let before = sandbox.outside();
    let store = sandbox.path("store").display().to_string();
    let turns = std::cell::Cell::new(0_usize);
    let every = depth(0, 1) == 1;
    let config = Config { cases: depth(8, 60) as u32, failure_persistence: None, ..Config::default() };
    let tried = TestRunner::new(config).run(&attacks(&sandbox.path("outside")), |attack| {
        let mut manifest = sandbox.manifest.clone();
        attack.change(&mut manifest);
        let manifest = manifest.to_string();
        let name = format!("_snapshots/{}.json", sandbox.id);
        std::fs::write(sandbox.path("store").join(&name), &manifest).expect("written");
        sandbox.bucket.put(&format!("audits/x/{name}"), manifest.clone().into_bytes());
        turns.set(turns.get() + 1);
        for (number, arguments) in COMMANDS.iter().enumerate() {
            if !every && number != turns.get() % COMMANDS.len() {
                continue;
            }
            for place in [store.as_str(), "s3://audits/x"] {
                let ran = run(sandbox.plaudit().args(*arguments).args(["--store", place]));
                prop_assert!(
                    ran.status == 0 || ran.stderr.contains("\nhint: "),
                    "{arguments:?}: {}",
                    ran.shown()
                );
                prop_assert!(sandbox.outside() == before, "{arguments:?} in {place}: {}", ran.shown());
            }
        }
        Ok(())
    });
    if let Err(error) = tried {
        panic!("{error}");
    }
}

/// The same by links, which a folder that was handed over can hold.
#[cfg(unix)]
#[test]
fn no_link_leads_out_of_a_store() {
    use std::os::unix::fs::symlink;
    let sandbox = Sandbox::new();
    let store = sandbox.path("store");
    let part = |name: &str| store.join(format!("{name}/snapshot_id={}/part-0.parquet", sandbox.id));
    let account = part("account");
    // It has the size and the digest that the manifest says, and still lies elsewhere.
    std::fs::remove_file(&account).unwrap();
    symlink(sandbox.path("outside/secret.parquet"), &account).unwrap();
    // What `check` writes would come to lie elsewhere.
    let findings = part("finding").parent().unwrap().to_path_buf();
    std::fs::remove_dir_all(&findings).unwrap();
    symlink(sandbox.path("home"), &findings).unwrap();
    let before = sandbox.outside();
    let try_all = |commands: &[&[&str]]| {
        for arguments in commands {
            let ran = run(sandbox.plaudit().args(*arguments).arg("--store").arg(&store));
            assert_eq!(ran.status, 1, "{arguments:?}: {}", ran.shown());
            assert!(ran.stderr.contains("a link leads out of the store"), "{}", ran.shown());
            assert!(sandbox.outside() == before, "{arguments:?}: {}", ran.shown());
        }
    };
    try_all(&COMMANDS);
    // With the account back in its place it is the findings that are refused.
    std::fs::remove_file(&account).unwrap();
    std::fs::copy(sandbox.path("outside/secret.parquet"), &account).unwrap();
    try_all(&[&["check"], &["report", "findings"]]);
}
