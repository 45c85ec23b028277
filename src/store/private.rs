//! Files and folders that belong to the user alone: what a crawl has gathered so far is a map of an
//! organization's network, and whoever could change it would choose what goes into the snapshot.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::folder::Readers;
use super::location::unwritable;
use crate::error::{Error, Result};

/// Makes a folder below `base` that its owner alone can open, and those between them. One that is there
/// already is taken only if it is a folder, no link, belongs to this user and is open to nobody else; that
/// holds for each folder on the way, as whoever owns one of them can put another in its place.
pub(super) fn make_below(base: &Path, path: &Path) -> Result<()> {
    let mut made = base.to_path_buf();
    for part in path.strip_prefix(base).unwrap_or(path) {
        made.push(part);
        make_one(&made)?;
    }
    Ok(())
}

fn make_one(path: &Path) -> Result<()> {
    let failed = |error: io::Error| unwritable(&path.display(), &error);
    #[cfg_attr(not(unix), expect(unused_mut))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(error)),
        _ => {}
    }
    let found = std::fs::symlink_metadata(path).map_err(failed)?;
    let fault = (!found.is_dir()).then_some("it is a link, or no folder");
    #[cfg(unix)]
    let fault = {
        use std::os::unix::fs::MetadataExt;
        fault
            .or_else(|| (Some(found.uid()) != own_id().ok()).then_some("it belongs to another user"))
            .or_else(|| (found.mode() & 0o077 != 0).then_some("others may open it"))
    };
    match fault {
        None => Ok(()),
        Some(fault) => Err(not_private(path, fault)),
    }
}

fn not_private(path: &Path, fault: &str) -> Error {
    Error::usage(format!("the folder for unfinished work is not private: {fault}"))
        .at(path.display())
        .hint("look who made it; remove it, or `chmod 700` it if it is yours")
}

/// The id of the user who runs this: whoever makes a file owns it.
#[cfg(unix)]
fn own_id() -> io::Result<u32> {
    tempfile::tempfile()?.metadata().map(|found| std::os::unix::fs::MetadataExt::uid(&found))
}

/// The folder in which this user's programs keep what they need again: `$XDG_STATE_HOME`, by default
/// `~/.local/state`. Without a home it is the folder of temporary files.
pub(super) fn state_folder() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = set("XDG_STATE_HOME").or_else(|| set("LOCALAPPDATA"));
    let state = state.or_else(|| Some(set("HOME")?.join(".local/state")));
    state.unwrap_or_else(std::env::temp_dir)
}

/// Makes a private folder below the [`state_folder`].
pub(super) fn make_below_state(path: &Path) -> Result<()> {
    let base = state_folder();
    Readers::Owner.make_folder(&base).map_err(|error| unwritable(&base.display(), &error))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        // Others may add to a folder of temporary files, but without the sticky bit they could also put a
        // folder of theirs in the place of one that was looked at.
        let found = std::fs::metadata(&base).map_err(|error| unwritable(&base.display(), &error))?;
        if found.mode() & 0o022 != 0 && found.mode() & 0o1000 == 0 {
            return Err(not_private(&base, "others may put folders in each other's place in it"));
        }
    }
    make_below(&base, path)
}

/// Opens a file for reading and writing that its owner alone can read, and makes it if it is not there. A
/// link is not followed.
pub(super) fn open_file(path: &Path) -> io::Result<File> {
    if std::fs::symlink_metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "it is a link, or no file"));
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    #[test]
    fn folders_and_files_are_their_owners_alone_and_links_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let work = folder.path().join("plaudit/work");
        make_below(folder.path(), &work).unwrap();
        make_below(folder.path(), &work).unwrap();
        assert_eq!(std::fs::metadata(&work).unwrap().mode() & 0o777, 0o700);
        open_file(&work.join("journal")).unwrap();
        assert_eq!(std::fs::metadata(work.join("journal")).unwrap().mode() & 0o777, 0o600);

        symlink(work.join("journal"), work.join("link")).unwrap();
        assert!(open_file(&work.join("link")).is_err());
        symlink(&work, folder.path().join("other")).unwrap();
        let refused = |path: &Path| make_below(folder.path(), path).unwrap_err().to_string();
        assert!(refused(&folder.path().join("other")).contains("it is a link"));
        std::fs::set_permissions(&work, PermissionsExt::from_mode(0o755)).unwrap();
        assert!(refused(&work).contains("others may open it"));
    }

    #[test]
    fn every_folder_on_the_way_to_the_work_folder_is_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let plaudit = folder.path().join("plaudit");
        let work = plaudit.join("s3---bucket/20261122T061900Z");
        let refused = || make_below(folder.path(), &work).unwrap_err().to_string();
        std::fs::create_dir(folder.path().join("elsewhere")).unwrap();
        symlink(folder.path().join("elsewhere"), &plaudit).unwrap();
        assert!(refused().contains("it is a link"), "{}", refused());
        std::fs::remove_file(&plaudit).unwrap();
        std::fs::create_dir(&plaudit).unwrap();
        std::fs::set_permissions(&plaudit, PermissionsExt::from_mode(0o777)).unwrap();
        assert!(refused().contains("others may open it"), "{}", refused());
        std::fs::set_permissions(&plaudit, PermissionsExt::from_mode(0o700)).unwrap();
        make_below(folder.path(), &work).unwrap();
    }
}
