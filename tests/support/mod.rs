//! What tests share.

pub mod bomb;
pub mod bucket;
pub mod handmade;
pub mod network;
pub mod python;
pub mod simulated;

use std::path::{Path, PathBuf};

use std::process::Command;
use std::sync::OnceLock;

/// The program, without anything of the environment that could lead it to a real account.
pub fn plaudit() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plaudit"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/nonexistent")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
        .env_remove("COLUMNS")
        .env_remove("NO_COLOR")
        .current_dir(scratch());
    command
}

/// The program with an address and a key to reach it with.
pub fn plaudit_at(url: &str) -> Command {
    let mut command = plaudit();
    command
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_ACCESS_KEY_ID", "management")
        .env("AWS_SECRET_ACCESS_KEY", "simulated")
        .env("AWS_REGION", "us-east-1");
    command
}

/// How often something is tried: `quick` in daily work, `full` in the gate, which sets
/// `PLAUDIT_TEST_DEPTH=full`.
pub fn depth(quick: u64, full: u64) -> u64 {
    match std::env::var("PLAUDIT_TEST_DEPTH").as_deref() {
        Ok("full") => full,
        Ok("quick") | Err(_) => quick,
        Ok(other) => panic!("PLAUDIT_TEST_DEPTH is `{other}`, not `quick` or `full`"),
    }
}

/// A store with a snapshot of the same organization, taken once.
pub fn demo_store() -> &'static Path {
    static STORE: OnceLock<tempfile::TempDir> = OnceLock::new();
    STORE
        .get_or_init(|| {
            let folder = tempfile::Builder::new().prefix("plaudit-").tempdir().expect("a folder");
            let arguments =
                ["demo", "--quiet", "--accounts", "12", "--regions", "2", "--seed", "7", "--store"];
            run(plaudit().args(arguments).arg(folder.path())).expect_done();
            folder
        })
        .path()
}

/// The same snapshot for a test that changes it.
pub fn copy_of_demo_store(target: &Path) {
    let copied = Command::new("cp").arg("-r").arg(demo_store()).arg(target).status().expect("cp runs");
    assert!(copied.success());
}

/// Changes the manifest of a store's only snapshot.
pub fn change_manifest(store: &Path, change: impl FnOnce(&mut serde_json::Value)) {
    let manifests = std::fs::read_dir(store.join("_snapshots")).expect("readable");
    let path = manifests.map(|entry| entry.expect("readable").path()).next().expect("a manifest");
    let mut manifest = serde_json::from_slice(&std::fs::read(&path).expect("readable")).expect("JSON");
    change(&mut manifest);
    std::fs::write(&path, manifest.to_string()).expect("writable");
}

/// A folder without a `plaudit.toml` in it.
pub fn scratch() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scratch");
    std::fs::create_dir_all(&folder).expect("the scratch folder can be made");
    folder
}

/// Every file below a folder, sorted.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("readable") {
            let path = entry.expect("readable").path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

/// What a run printed, and how it ended.
pub struct Ran {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Ran {
    let output = command.output().expect("the program runs");
    Ran {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
    }
}

impl Ran {
    /// Everything together, as a snapshot shows it.
    pub fn shown(&self) -> String {
        format!(
            "exit status: {}\n----- stdout -----\n{}----- stderr -----\n{}",
            self.status, self.stdout, self.stderr
        )
    }

    /// Fails unless the run ended well.
    pub fn expect_done(self) -> Ran {
        assert_eq!(self.status, 0, "{}", self.shown());
        self
    }
}

/// A line of a CSV export, by column.
pub type Record = std::collections::BTreeMap<String, String>;

/// Reads CSV.
pub fn csv(text: &str) -> Vec<Record> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(|record| record.expect("every record has all columns")).collect()
}

/// Hides what differs from run to run: moments, durations, the numbers of calls, ports, folders.
pub fn stable() -> insta::internals::SettingsBindDropGuard {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"\d{8}T\d{6}Z", "[snapshot]");
    settings.add_filter(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "[moment]");
    settings.add_filter(r"\d+ calls in \d+\.\d s", "[calls]");
    // A slow machine tells how far it is.
    settings.add_filter(r"(?m)^\d+ of \d+ accounts, .*\n", "");
    settings.add_filter(r"127\.0\.0\.1:\d+", "[address]");
    settings.add_filter(r"/\S*/(plaudit-|\.tmp)[^ \n/]*", "[folder]");
    settings.set_prepend_module_to_snapshot(true);
    settings.bind_to_scope()
}
