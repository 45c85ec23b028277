//! A store's folder on this machine: who may read what is written there, and that nothing there leads
//! elsewhere.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::key::Key;
use super::location::{LONGEST_SMALL_FILE, unwritable};
use super::private;
use crate::error::{Error, Result};

/// Who may read what plaudit writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Readers {
    /// The user alone: folders are made with mode 0700 and files with 0600, whatever the umask is.
    #[default]
    Owner,
    /// Whomever the umask lets, for a store that several users share.
    Umask,
}

impl Readers {
    /// Makes a folder and those above it. Folders that are there stay as they are.
    pub(super) fn make_folder(self, path: &Path) -> io::Result<()> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        if self == Readers::Owner {
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        }
        builder.create(path)
    }

    /// Makes a file that is not there yet.
    pub(super) fn create_file(self, path: &Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        if self == Readers::Owner {
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        }
        options.open(path)
    }

    /// Makes a file under a name that nobody can have prepared. It is removed when it is dropped.
    fn temporary_file(self, folder: &Path) -> io::Result<tempfile::NamedTempFile> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".plaudit-");
        #[cfg(unix)]
        if self == Readers::Umask {
            // The library makes files of mode 0600 unless it is told otherwise.
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        }
        builder.tempfile_in(folder)
    }
}

/// Writes a file whole: into a temporary file in the same folder, which takes the place of the old one once
/// it is on disk. A reader sees the old content or the new one, and after an error the old one is still there.
///
/// # Errors
///
/// When the folder cannot be written to, or `write` fails.
pub fn replace_file(
    path: &Path,
    readers: Readers,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut part = readers.temporary_file(folder)?;
    let mut out = BufWriter::new(part.as_file_mut());
    write(&mut out)?;
    out.flush()?;
    drop(out);
    part.as_file().sync_all()?;
    part.persist(path).map_err(|error| error.error).map(drop)
}

/// Reads a small file whole. A pipe would be waited for, and is refused.
pub(super) fn read_small(path: &Path) -> std::io::Result<Vec<u8>> {
    let found = std::fs::metadata(path)?;
    if !found.is_file() {
        return Err(std::io::Error::other("it is not a regular file"));
    }
    if found.len() > LONGEST_SMALL_FILE {
        let problem = format!("it is longer than {} MiB", LONGEST_SMALL_FILE >> 20);
        return Err(std::io::Error::other(problem));
    }
    std::fs::read(path)
}

/// A folder that only its owner can open, under a random name; it is removed when it is dropped.
pub(super) fn temporary_folder(parent: &Path) -> io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".plaudit-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(parent)
}

/// A folder that holds files under keys.
#[derive(Clone, Debug)]
pub struct Folder {
    pub(super) path: PathBuf,
    pub(super) readers: Readers,
}

impl Folder {
    /// Makes the folder itself.
    pub(super) fn make(&self) -> Result<()> {
        self.readers.make_folder(&self.path).map_err(|error| unwritable(&self.path.display(), &error))
    }

    /// Makes a private folder below this one, and those between them.
    pub(super) fn make_private(&self, path: &Path) -> Result<()> {
        self.make()?;
        private::make_below(&self.path, path)
    }

    /// Makes the folder of a key, and gives the key's path.
    pub(super) fn make_place(&self, key: &Key) -> Result<PathBuf> {
        self.refuse_links(key)?;
        let path = key.below(&self.path);
        if let Some(parent) = path.parent() {
            self.readers.make_folder(parent).map_err(|error| unwritable(&parent.display(), &error))?;
        }
        Ok(path)
    }

    /// Refuses a key that is a link, or lies behind one. Whoever hands a store over can put links into it,
    /// and what is read or written through them lies outside of the store.
    pub(super) fn refuse_links(&self, key: &Key) -> Result<()> {
        let mut path = self.path.clone();
        for part in key.as_str().split('/') {
            path.push(part);
            if std::fs::symlink_metadata(&path).is_ok_and(|found| found.is_symlink()) {
                return Err(Error::failed("a link leads out of the store")
                    .at(path.display())
                    .hint("look who made it; put the file or folder itself in its place"));
            }
        }
        Ok(())
    }

    /// Whether other users may open the folder although the store is not theirs.
    pub(super) fn is_open_to_others(&self) -> bool {
        #[cfg(unix)]
        if self.readers == Readers::Owner {
            use std::os::unix::fs::MetadataExt;
            return std::fs::metadata(&self.path).is_ok_and(|found| found.mode() & 0o077 != 0);
        }
        false
    }
}

/// Waits until files are on disk. Side by side that takes hardly longer than for one, as the file system
/// commits them together.
pub(super) fn sync(files: &[PathBuf]) -> io::Result<()> {
    let share = files.len().div_ceil(SIDE_BY_SIDE).max(1);
    std::thread::scope(|scope| {
        let threads: Vec<_> = files
            .chunks(share)
            .map(|files| {
                scope.spawn(move || {
                    // Windows syncs only what is open for writing.
                    files.iter().try_for_each(|path| OpenOptions::new().write(true).open(path)?.sync_all())
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| {
            thread.join().unwrap_or_else(|_| Err(io::Error::other("the file could not be synced")))
        })
    })
}

/// Threads that wait for the disk.
const SIDE_BY_SIDE: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_written_whole_leaves_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("endpoints.csv");
        replace_file(&path, Readers::Owner, |out| out.write_all(b"old")).unwrap();
        let failed = replace_file(&path, Readers::Owner, |out| {
            out.write_all(b"half of the ne")?;
            Err(io::Error::other("the disk is full"))
        });
        assert_eq!(failed.unwrap_err().to_string(), "the disk is full");
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
        replace_file(&path, Readers::Owner, |out| out.write_all(b"new")).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_below_a_store_is_refused_wherever_it_stands() {
        use std::os::unix::fs::symlink;
        let outside = tempfile::tempdir().unwrap();
        std::fs::create_dir(outside.path().join("snapshot_id=a")).unwrap();
        std::fs::write(outside.path().join("part-0.parquet"), "").unwrap();
        let root = tempfile::tempdir().unwrap();
        let folder = Folder { path: root.path().to_path_buf(), readers: Readers::Owner };
        std::fs::create_dir_all(root.path().join("plain/snapshot_id=a")).unwrap();
        symlink(outside.path(), root.path().join("account")).unwrap();
        symlink(outside.path(), root.path().join("plain/snapshot_id=b")).unwrap();
        symlink(
            outside.path().join("part-0.parquet"),
            root.path().join("plain/snapshot_id=a/part-0.parquet"),
        )
        .unwrap();
        for key in [
            "account/snapshot_id=a/part-0.parquet",
            "plain/snapshot_id=b/part-0.parquet",
            "plain/snapshot_id=a/part-0.parquet",
        ] {
            let key = Key::parse(key).unwrap();
            let refused = folder.refuse_links(&key).unwrap_err().to_string();
            assert!(refused.contains("a link leads out of the store"), "{refused}");
            assert!(folder.make_place(&key).is_err());
        }
        folder.refuse_links(&Key::parse("plain/snapshot_id=c/part-0.parquet").unwrap()).unwrap();
    }
}
