//! Who may read what plaudit writes.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use plaudit::store::{Location, Readers, Store};
use plaudit_simulator::{World, WorldOptions};

use crate::support::simulated::{Simulated, options};
use crate::support::{copy_of_demo_store, demo_store, plaudit, plaudit_at, run};

/// A command under an umask.
fn under(umask: &str, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("umask {umask}; exec \"$@\""), "sh"]).arg(command.get_program());
    shell.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        shell.current_dir(folder);
    }
    shell
}

fn mode(path: &Path) -> u32 {
    std::fs::symlink_metadata(path).expect("it is there").mode() & 0o777
}

/// Folders and files below a folder, and itself, whose mode is not what it should be.
fn others(folder: &Path, folders: u32, files: u32) -> Vec<(PathBuf, u32)> {
    let mut wrong = Vec::new();
    let mut left = vec![folder.to_path_buf()];
    while let Some(path) = left.pop() {
        let wanted = if path.is_dir() {
            left.extend(
                std::fs::read_dir(&path).expect("readable").map(|entry| entry.expect("readable").path()),
            );
            folders
        } else {
            files
        };
        if mode(&path) != wanted {
            wrong.push((path.clone(), mode(&path)));
        }
    }
    wrong
}

#[test]
fn whatever_the_umask_a_store_and_an_output_are_their_owners_alone() {
    let folder = tempfile::Builder::new().prefix("plaudit-").tempdir().unwrap();
    let store = folder.path().join("a/store");
    let demo = ["demo", "--quiet", "--accounts", "12", "--regions", "1", "--no-gaps", "--store"];
    run(&mut under("000", plaudit().args(demo).arg(&store))).expect_done();
    assert_eq!(others(&folder.path().join("a"), 0o700, 0o600), []);
    let output = folder.path().join("endpoints.csv");
    let report = |output: &Path| {
        let arguments = ["report", "endpoints", "--format", "csv", "--output"];
        run(&mut under("000", plaudit().args(arguments).arg(output).arg("--store").arg(&store))).expect_done()
    };
    report(&output);
    assert_eq!(mode(&output), 0o600);
    let query = folder.path().join("query.csv");
    let sql = ["query", "SELECT * FROM vpc", "--format", "csv", "--output"];
    run(&mut under("000", plaudit().args(sql).arg(&query).arg("--store").arg(&store))).expect_done();
    assert_eq!(mode(&query), 0o600);

    // A link is replaced and not followed; a device and a pipe are written to.
    let victim = folder.path().join("victim");
    std::fs::write(&victim, "precious").unwrap();
    let link = folder.path().join("link.csv");
    std::os::unix::fs::symlink(&victim, &link).unwrap();
    report(&link);
    assert_eq!(std::fs::read(&victim).unwrap(), b"precious");
    assert_eq!(std::fs::read(&link).unwrap(), std::fs::read(&output).unwrap());
    let text = String::from_utf8(std::fs::read(&output).unwrap()).unwrap();
    assert_eq!(report(Path::new("/dev/stdout")).stdout, text);
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read_to_string(pipe).unwrap()
    });
    report(&pipe);
    assert_eq!(reader.join().unwrap(), text);
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 6, "nothing temporary is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unfinished_crawl_is_its_owners_alone() {
    let simulated = Simulated::start(World::new(&options(83))).await;
    simulated.cut_off_crawl().await;
    assert!(simulated.folder.path().join("store/_partial").is_dir());
    assert_eq!(others(&simulated.folder.path().join("store"), 0o700, 0o600), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_store_is_made_as_the_umask_has_it() {
    let mut simulated =
        Simulated::start(World::new(&WorldOptions { accounts: 2, gaps: false, ..options(75) })).await;
    let plain = simulated.folder.path().join("plain");
    std::fs::create_dir(&plain).unwrap();
    std::fs::write(plain.join("file"), "").unwrap();
    let path = simulated.folder.path().join("store");
    let location = Location::open(&path.display().to_string(), None).unwrap();
    simulated.store = Store::new(location.readable_by(Readers::Umask));
    let mut snapshot = simulated.crawl().await;
    simulated.check(&mut snapshot).await;
    assert_eq!(others(&path, mode(&plain), mode(&plain.join("file"))), []);
}

#[test]
fn a_flag_and_a_key_share_a_store() {
    let folder = tempfile::Builder::new().prefix("plaudit-").tempdir().unwrap();
    let store = folder.path().join("store");
    copy_of_demo_store(&store);
    let id = std::fs::read_dir(demo_store().join("_snapshots")).unwrap().next().unwrap().unwrap().file_name();
    let manifest = store.join("_snapshots").join(id);
    let check = |flag: &[&str]| {
        let mut command = plaudit();
        command.arg("check").args(flag).arg("--store").arg(&store).current_dir(folder.path());
        run(&mut under("002", &command)).expect_done();
        mode(&manifest)
    };
    assert_eq!(mode(&manifest), 0o600);
    assert_eq!(check(&["--shared-store"]), 0o664);
    std::fs::set_permissions(&manifest, PermissionsExt::from_mode(0o600)).unwrap();
    std::fs::write(folder.path().join("plaudit.toml"), "[store]\nshared = true\n").unwrap();
    assert_eq!(check(&[]), 0o664);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_others_may_open_is_used_as_it_is_and_told_of_once() {
    let simulated =
        Simulated::start(World::new(&WorldOptions { accounts: 2, gaps: false, ..options(84) })).await;
    let store = simulated.folder.path().join("wide");
    std::fs::create_dir(&store).unwrap();
    std::fs::set_permissions(&store, PermissionsExt::from_mode(0o755)).unwrap();
    let crawl = |flag: &[&str]| {
        let mut command = plaudit_at(&simulated.server.url());
        let small = ["--charges", "list-price", "--rate-share", "1", "--accounts", &simulated.member()];
        command.arg("crawl").args(small).args(flag).arg("--store").arg(&store);
        run(&mut command).expect_done().stderr
    };
    let told = crawl(&[]);
    assert_eq!(told.matches("others may open the folder").count(), 1, "{told}");
    assert!(told.contains(&format!("`chmod -R go= {}`", store.display())), "{told}");
    assert_eq!(mode(&store), 0o755, "what somebody else made keeps its mode");
    let inside: Vec<_> =
        others(&store, 0o700, 0o600).into_iter().filter(|(path, _)| *path != store).collect();
    assert_eq!(inside, []);
    assert!(!crawl(&["--shared-store"]).contains("others may open"));
}

/// Without a home the work folder lies below the temporary files. Where others could put a folder in the place
/// of one that was looked at, it is not made.
#[test]
fn a_folder_of_temporary_files_that_others_can_change_is_refused() {
    let bucket = crate::support::bucket::Bucket::start("111122223333");
    let folder = tempfile::Builder::new().prefix("plaudit-").tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o777)).unwrap();
    let crawl = || {
        let mut command = plaudit_at(&bucket.url);
        command.env_remove("HOME").env_remove("XDG_STATE_HOME").env("TMPDIR", folder.path());
        run(command.args(["crawl", "--store", "s3://audits/x"]))
    };
    let refused = crawl();
    assert_eq!(refused.status, 2, "{}", refused.shown());
    assert!(refused.stderr.contains("others may put folders in each other's place"), "{}", refused.shown());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    // With the sticky bit they cannot. The crawl comes as far as the organization, which nobody plays here.
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o1777)).unwrap();
    let refused = crawl();
    assert!(!refused.stderr.contains("not private"), "{}", refused.shown());
    assert_eq!(others(&folder.path().join("plaudit"), 0o700, 0o600), []);
}
