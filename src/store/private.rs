//! Files and folders that belong to the user alone: what a crawl has gathered so far is a map of an
//! organization's network, and whoever could change it would choose what goes into the snapshot.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::location::unwritable;
use crate::error::{Error, Result};

/// The folder in which this user's programs keep what they need again: `$XDG_STATE_HOME/plaudit`, by
/// default `~/.local/state/plaudit`.
pub(super) fn state_folder() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = set("XDG_STATE_HOME").or_else(|| set("LOCALAPPDATA"));
    let state = state.or_else(|| Some(set("HOME")?.join(".local/state")));
    // Without a home there is the folder of temporary files; `make_folder` takes none that is another's.
    state.unwrap_or_else(std::env::temp_dir).join("plaudit")
}

/// Makes a folder that its owner alone can open, and those above it. One that is there already is taken
/// only if it is a folder, no link, belongs to this user and is open to nobody else.
pub(super) fn make_folder(path: &Path) -> Result<()> {
    let failed = |error: io::Error| unwritable(&path.display(), &error);
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(failed)?;
    let found = std::fs::symlink_metadata(path).map_err(failed)?;
    let fault = (!found.is_dir()).then_some("it is a link");
    #[cfg(unix)]
    let fault = {
        use std::os::unix::fs::MetadataExt;
        // Whoever makes a file owns it.
        let own = tempfile::tempfile().and_then(|file| file.metadata()).map_err(failed)?.uid();
        fault
            .or_else(|| (found.uid() != own).then_some("it belongs to another user"))
            .or_else(|| (found.mode() & 0o077 != 0).then_some("others may open it"))
    };
    match fault {
        None => Ok(()),
        Some(fault) => Err(Error::usage(format!("the folder for unfinished work is not private: {fault}"))
            .at(path.display())
            .hint("look who made it; remove it, or `chmod 700` it if it is yours")),
    }
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
        let work = folder.path().join("state/plaudit/work");
        make_folder(&work).unwrap();
        make_folder(&work).unwrap();
        assert_eq!(std::fs::metadata(&work).unwrap().mode() & 0o777, 0o700);
        open_file(&work.join("journal")).unwrap();
        assert_eq!(std::fs::metadata(work.join("journal")).unwrap().mode() & 0o777, 0o600);

        symlink(work.join("journal"), work.join("link")).unwrap();
        assert!(open_file(&work.join("link")).is_err());
        symlink(&work, folder.path().join("other")).unwrap();
        assert!(make_folder(&folder.path().join("other")).unwrap_err().to_string().contains("it is a link"));
        std::fs::set_permissions(&work, PermissionsExt::from_mode(0o755)).unwrap();
        assert!(make_folder(&work).unwrap_err().to_string().contains("others may open it"));
    }
}
