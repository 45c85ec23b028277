//! The version says what a release was built from, and a build without git works all the same.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{plaudit, run};

/// The build script, compiled.
fn compiled(source: &Path, folder: &Path) -> PathBuf {
    let program = folder.join("build-script");
    let mut compiler = Command::new("rustc");
    compiler.args(["--edition=2024", "-o"]).arg(&program).arg(source);
    run(&mut compiler).expect_done();
    program
}

/// What the build script says in a folder; the version that it gives stands last.
fn said(program: &Path, folder: &Path, profile: &str, given: Option<&str>) -> String {
    let mut command = Command::new(program);
    command.current_dir(folder).env("PROFILE", profile).env("CARGO_PKG_VERSION", "1.2.3");
    match given {
        Some(given) => command.env("PLAUDIT_COMMIT", given),
        None => command.env_remove("PLAUDIT_COMMIT"),
    };
    run(&mut command).expect_done().stdout
}

fn version(program: &Path, folder: &Path, profile: &str, given: Option<&str>) -> String {
    let said = said(program, folder, profile, given);
    let version = said.lines().find_map(|line| line.strip_prefix("cargo::rustc-env=PLAUDIT_VERSION="));
    version.unwrap_or_else(|| panic!("{said}")).to_owned()
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    let who = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"];
    command.current_dir(folder).args(who).args(arguments);
    let moment = "2026-11-22T06:19:00Z";
    command.env("GIT_AUTHOR_DATE", moment).env("GIT_COMMITTER_DATE", moment);
    run(&mut command).expect_done().stdout.trim().to_owned()
}

#[test]
fn a_release_says_its_commit_and_whether_the_sources_differ_from_it() {
    let folder = tempfile::Builder::new().prefix("plaudit-").tempdir().expect("a folder");
    let repository = folder.path().join("repository");
    std::fs::create_dir_all(repository.join("src")).expect("made");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in ["build.rs", ".gitattributes"] {
        std::fs::copy(root.join(file), repository.join(file)).expect("copied");
    }
    std::fs::write(repository.join("src/main.rs"), "fn main() {}").expect("written");
    let program = compiled(&repository.join("build.rs"), folder.path());

    let unknown = "1.2.3 (commit not known: built without git)";
    assert_eq!(version(&program, &repository, "release", None), unknown);
    git(&repository, &["init", "--quiet"]);
    assert_eq!(version(&program, &repository, "release", None), unknown, "there is no commit yet");
    git(&repository, &["add", "."]);
    git(&repository, &["commit", "--quiet", "-m", "one"]);
    let hash = git(&repository, &["rev-parse", "HEAD"])[..12].to_owned();
    let clean = format!("1.2.3 ({hash} 2026-11-22)");
    assert_eq!(version(&program, &repository, "release", None), clean);
    // What is watched is there: Cargo would run the script at every build otherwise.
    for line in said(&program, &repository, "release", None).lines() {
        let watched = line.strip_prefix("cargo::rerun-if-changed=");
        assert!(watched.is_none_or(|path| repository.join(path).exists()), "{line}");
    }

    std::fs::write(repository.join("notes.txt"), "not a part of it").expect("written");
    assert_eq!(version(&program, &repository, "release", None), clean);
    std::fs::write(repository.join("src/new.rs"), "").expect("written");
    assert_eq!(version(&program, &repository, "release", None), format!("1.2.3 ({hash}-dirty 2026-11-22)"));

    // The sources of a crate inside of somebody else's repository are not of that commit.
    assert_eq!(version(&program, &repository.join("src"), "release", None), unknown);
    assert_eq!(
        version(&program, &repository, "release", Some("0a1b2c3 of a tarball\n")),
        "1.2.3 (0a1b2c3 of a tarball)"
    );

    // A source archive knows its commit.
    let archive = folder.path().join("archive.tar");
    git(&repository, &["archive", "--output", &archive.display().to_string(), "HEAD"]);
    let unpacked = folder.path().join("unpacked");
    std::fs::create_dir(&unpacked).expect("made");
    run(Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(&unpacked)).expect_done();
    let archived = compiled(&unpacked.join("build.rs"), folder.path());
    assert_eq!(version(&archived, &unpacked, "release", None), clean);
}

#[test]
fn a_debug_build_looks_for_no_commit_and_is_not_compiled_anew_after_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = compiled(&root.join("build.rs"), folder.path());
    let said = said(&program, root, "debug", None);
    let watched: Vec<&str> = said.lines().filter(|line| line.contains("rerun-if-changed")).collect();
    assert_eq!(watched, ["cargo::rerun-if-changed=build.rs"]);

    let shown = run(plaudit().arg("--version")).expect_done().stdout;
    assert_eq!(run(plaudit().arg("-V")).expect_done().stdout, shown);
    let built = option_env!("PLAUDIT_COMMIT").unwrap_or("debug build: no commit recorded");
    assert_eq!(shown, format!("plaudit {} ({built})\n", env!("CARGO_PKG_VERSION")));
}
