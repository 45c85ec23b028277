//! Says which commit a release build is made of; `plaudit --version` prints it.
//!
//! A debug build does not ask: otherwise it would be compiled anew after each commit.

#![allow(clippy::disallowed_macros)] // Cargo reads what a build script prints.

use std::path::Path;
use std::process::Command;

/// What `git archive` puts in place of the format: the commit and its date.
const ARCHIVED: &str = "$Format:%H %cs$";

/// What goes into the program.
const SOURCES: &[&str] =
    &["Cargo.lock", "Cargo.toml", "build.rs", "crates", "reports", "rules", "src", "views", ".cargo"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=PLAUDIT_COMMIT");
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let given = std::env::var("PLAUDIT_COMMIT").ok().filter(|given| !given.trim().is_empty());
    let made_of = match (given, ARCHIVED.contains('$'), is_release) {
        (Some(given), _, _) => given.trim().replace(char::is_control, " "),
        (None, false, _) => shown(ARCHIVED, false),
        (None, true, false) => "debug build: no commit recorded".to_owned(),
        (None, true, true) => commit().unwrap_or_else(|| "commit not known: built without git".to_owned()),
    };
    let version = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    println!("cargo::rustc-env=PLAUDIT_VERSION={version} ({made_of})");
}

/// The commit that is checked out, and whether the sources differ from it.
fn commit() -> Option<String> {
    // What lies inside of somebody else's repository is not a part of it: the sources of a published
    // crate in a home folder that is kept in git, say.
    if !git(&["rev-parse", "--show-prefix"])?.is_empty() {
        return None;
    }
    let head = git(&["log", "-1", "--format=%H %cs"])?;
    let branch = git(&["symbolic-ref", "--quiet", "HEAD"]).unwrap_or_default();
    for name in ["HEAD", "logs/HEAD", "packed-refs", &branch] {
        let path = git(&["rev-parse", "--git-path", name]).unwrap_or_default();
        watch(&path);
    }
    for source in SOURCES {
        watch(source);
    }
    let changed = git(&[&["status", "--porcelain", "--"], SOURCES].concat())?;
    Some(shown(&head, !changed.is_empty()))
}

/// Cargo takes a file that is not there for one that has always just changed.
fn watch(path: &str) {
    if Path::new(path).is_file() || Path::new(path).is_dir() {
        println!("cargo::rerun-if-changed={path}");
    }
}

/// `0123456789ab 2026-11-22`, with `-dirty` where the sources were changed.
fn shown(commit: &str, is_changed: bool) -> String {
    let (hash, date) = commit.split_once(' ').unwrap_or((commit, ""));
    let hash = hash.get(..12).unwrap_or(hash);
    format!("{hash}{} {date}", if is_changed { "-dirty" } else { "" })
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
