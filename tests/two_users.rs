//! Two users of one machine: what one of them prepared is refused, and what plaudit wrote for the other one he
//! cannot read. The other user is `nobody`, and these tests need root to become that.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use plaudit_simulator::World;

use crate::support::bucket::Bucket;
use crate::support::python::not_run;
use crate::support::simulated::{Simulated, options};
use crate::support::{plaudit, plaudit_at, run};

/// A shell of another user; nothing, after having said so, where there is no way to become one.
fn nobody(test: &str) -> Option<impl Fn(&str) -> Command> {
    let shell = |script: &str| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c", script]);
        command.current_dir("/");
        command
    };
    let becomes = shell("test \"$(id -u)\" = 65534").output().is_ok_and(|output| output.status.success());
    if !becomes {
        not_run(test, "another user is needed: run it as root, with setpriv of util-linux");
    }
    becomes.then_some(shell)
}

/// A folder that everybody can look into.
fn sandbox() -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("plaudit-").tempdir().unwrap();
    open(folder.path(), 0o755);
    folder
}

fn open(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

#[test]
fn a_work_folder_that_another_user_prepared_is_refused() {
    let Some(nobody) = nobody("a work folder that another user prepared") else { return };
    let bucket = Bucket::start("111122223333");
    let sandbox = sandbox();
    let victim = sandbox.path().join("victim");
    std::fs::create_dir(&victim).unwrap();
    let preparations = [
        ("mkdir -m 777 plaudit", "it belongs to another user"),
        ("mkdir -m 777 plaudit; mkdir -m 777 plaudit/s3---audits-x", "it belongs to another user"),
        ("ln -s ../victim plaudit", "it is a link"),
        ("touch plaudit", "it is a link, or no folder"),
    ];
    for (number, (script, reason)) in preparations.into_iter().enumerate() {
        let temporary = sandbox.path().join(format!("temporary-{number}"));
        std::fs::create_dir(&temporary).unwrap();
        open(&temporary, 0o1777);
        assert!(nobody(&format!("cd {}; {script}", temporary.display())).status().unwrap().success());
        let mut command = plaudit_at(&bucket.url);
        command.env_remove("HOME").env_remove("XDG_STATE_HOME").env("TMPDIR", &temporary);
        let refused = run(command.args(["crawl", "--store", "s3://audits/x"]));
        assert_eq!(refused.status, 2, "{}", refused.shown());
        assert!(refused.stderr.contains(reason), "{script}: {}", refused.shown());
        assert!(refused.stderr.contains("\nhint: look who made it"), "{}", refused.shown());
    }
    assert_eq!(std::fs::read_dir(&victim).unwrap().count(), 0, "nothing came to lie behind the link");
    // The same in a store that everybody may write to.
    let shared = sandbox.path().join("shared");
    std::fs::create_dir(&shared).unwrap();
    open(&shared, 0o1777);
    assert!(nobody(&format!("mkdir -m 777 {}/_partial", shared.display())).status().unwrap().success());
    let demo = ["demo", "--quiet", "--accounts", "12", "--regions", "1", "--no-gaps", "--store"];
    let refused = run(plaudit().args(demo).arg(&shared));
    assert_eq!(refused.status, 2, "{}", refused.shown());
    assert!(refused.stderr.contains("it belongs to another user"), "{}", refused.shown());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_file_of_plaudits_can_be_read_by_another_user() {
    let Some(nobody) = nobody("what another user can read") else { return };
    let mut simulated = Simulated::start(World::new(&options(85))).await;
    open(simulated.folder.path(), 0o755);
    // A crawl that was cut off, then one that came to its end, with findings and an export.
    simulated.cut_off_crawl().await;
    let readable = |path: &Path| {
        let find =
            format!("find {} -mindepth 1 -readable 2>&1 | grep -v 'Permission denied'", path.display());
        let found = nobody(&find).output().unwrap();
        String::from_utf8(found.stdout).unwrap()
    };
    assert_eq!(readable(simulated.folder.path()), "");
    simulated.budget = plaudit::crawl::Budget::new(None);
    let mut snapshot = simulated.try_crawl(true).await.unwrap_or_else(|error| panic!("{error}"));
    simulated.check(&mut snapshot).await;
    let output = simulated.folder.path().join("findings.csv");
    let report = ["report", "findings", "--format", "csv", "--output"];
    run(plaudit().args(report).arg(&output).arg("--store").arg(simulated.folder.path().join("store")))
        .expect_done();
    assert_eq!(readable(simulated.folder.path()), "");
    // The other user does see what everybody may.
    std::fs::write(simulated.folder.path().join("public"), "").unwrap();
    open(&simulated.folder.path().join("public"), 0o644);
    assert!(readable(simulated.folder.path()).ends_with("/public\n"));
}
