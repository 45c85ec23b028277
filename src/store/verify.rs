//! What lies in a store, held against what its manifests say.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use polars::prelude::*;

use super::digest::{self, Digest};
use super::manifest::{Manifest, ManifestTable, is_snapshot_id, manifest_key, table_key};
use super::{Key, Store};
use crate::error::Result;

crate::words! {
    /// What was found out about a file of a store.
    pub enum FileState {
        /// It has the rows, the bytes and the SHA-256 that its manifest says.
        Ok = "ok",
        /// It has the rows and the bytes that its manifest says, which was written by a version that recorded
        /// no SHA-256.
        NotRecorded = "not-recorded",
        /// It is not there.
        Missing = "missing",
        /// It has another size.
        Bytes = "bytes",
        /// It has the right size and another SHA-256.
        Sha256 = "sha256",
        /// It has another number of rows.
        Rows = "rows",
        /// It cannot be read, or a manifest cannot be understood.
        Unreadable = "unreadable",
        /// No manifest names it, though it lies where other programs take it for a part of a snapshot.
        Stray = "stray",
    }
}

impl FileState {
    /// Whether nothing speaks against the file.
    pub fn fits(self) -> bool {
        matches!(self, FileState::Ok | FileState::NotRecorded)
    }
}

/// The size of a file. What is not known is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measure {
    /// Its rows.
    pub rows: Option<u64>,
    /// Its bytes.
    pub bytes: Option<u64>,
    /// Its SHA-256, 64 hexadecimal digits.
    pub sha256: Option<String>,
}

/// A file of a store, and whether it fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileCheck {
    /// The snapshot to which it belongs; empty for a file that names none.
    pub snapshot_id: String,
    /// Its key below the store.
    pub file: String,
    /// What was found out.
    pub state: FileState,
    /// What is wrong, in words that follow the file's name.
    pub problem: Option<String>,
    /// What the manifest says.
    pub recorded: Measure,
    /// What is there.
    pub found: Measure,
}

impl Store {
    /// Holds every file of the snapshots, or of the one that is named, against its manifest; one row per file,
    /// snapshots oldest first. A manifest that cannot be read is one of the files that do not fit.
    ///
    /// # Errors
    ///
    /// When there is no snapshot, or the store cannot be listed.
    pub async fn verify(&self, id: Option<&str>) -> Result<Vec<FileCheck>> {
        let mut ids = self.snapshots().await?;
        match id {
            Some(id) if ids.iter().any(|known| known == id) => ids = vec![id.to_owned()],
            None if !ids.is_empty() => {}
            // The error that every other command gives.
            _ => ids = vec![self.manifest(id).await?.id],
        }
        let mut checks = Vec::new();
        let mut named = BTreeSet::new();
        for id in &ids {
            let key = manifest_key(id)?;
            named.insert(key.to_string());
            match self.manifest(Some(id)).await {
                Ok(manifest) => {
                    for entry in &manifest.tables {
                        named.insert(entry.key.clone());
                        checks.push(self.verify_table(&manifest, entry).await?);
                    }
                }
                Err(error) => {
                    let mut check = FileCheck::new(id, key.as_str(), FileState::Unreadable);
                    check.problem = Some(format!("cannot be read: {}", error.problem()));
                    checks.push(check);
                }
            }
        }
        for key in self.location.walk().await? {
            let Some(owner) = place(&key) else { continue };
            if !named.contains(key.as_str()) && (id.is_none() || ids.iter().any(|id| id == owner)) {
                let mut check = FileCheck::new(owner, key.as_str(), FileState::Stray);
                check.problem = Some("is named by no manifest".to_owned());
                checks.push(check);
            }
        }
        checks.sort_by(|left, right| (&left.snapshot_id, &left.file).cmp(&(&right.snapshot_id, &right.file)));
        Ok(checks)
    }

    async fn verify_table(&self, manifest: &Manifest, entry: &ManifestTable) -> Result<FileCheck> {
        let key = table_key(&entry.name, &manifest.id)?;
        let mut check = FileCheck::new(&manifest.id, key.as_str(), FileState::Missing);
        check.recorded =
            Measure { rows: Some(entry.rows), bytes: Some(entry.bytes), sha256: entry.sha256.clone() };
        check.problem = Some("is missing".to_owned());
        let fetched = match self.location.refuse_links(&key) {
            Ok(()) => self.location.fetch(&key).await,
            Err(error) => Err(error),
        };
        match fetched {
            Ok(None) => {}
            Ok(Some(path)) => {
                let entry = entry.clone();
                let measured = {
                    let path = path.clone();
                    tokio::task::spawn_blocking(move || measure(&entry, &path)).await
                };
                // A reader that breaks at the file says so by its panic.
                let (state, found, problem) = measured.unwrap_or_else(|_| unreadable(&"its reader broke"));
                check = FileCheck { state, found, problem, ..check };
                self.location.forget(&path);
            }
            Err(error) => {
                check.state = FileState::Unreadable;
                check.problem = Some(format!("cannot be read: {}", error.problem()));
            }
        }
        Ok(check)
    }
}

impl FileCheck {
    fn new(snapshot_id: &str, file: &str, state: FileState) -> FileCheck {
        FileCheck {
            snapshot_id: snapshot_id.to_owned(),
            file: file.to_owned(),
            state,
            problem: None,
            recorded: Measure::default(),
            found: Measure::default(),
        }
    }

    /// Checks as a table: one row per file.
    pub fn frame(checks: &[FileCheck]) -> PolarsResult<DataFrame> {
        let texts = |text: fn(&FileCheck) -> Option<&str>| checks.iter().map(text).collect::<Vec<_>>();
        let numbers = |number: fn(&FileCheck) -> Option<u64>| checks.iter().map(number).collect::<Vec<_>>();
        df!(
            "snapshot_id" => texts(|check| Some(&check.snapshot_id)),
            "file" => texts(|check| Some(&check.file)),
            "state" => texts(|check| Some(check.state.as_str())),
            "problem" => texts(|check| check.problem.as_deref()),
            "manifest_rows" => numbers(|check| check.recorded.rows),
            "rows" => numbers(|check| check.found.rows),
            "manifest_bytes" => numbers(|check| check.recorded.bytes),
            "bytes" => numbers(|check| check.found.bytes),
            "manifest_sha256" => texts(|check| check.recorded.sha256.as_deref()),
            "sha256" => texts(|check| check.found.sha256.as_deref()),
        )
    }
}

/// The snapshot in whose place a file lies; `None` for files of the store that belong to no snapshot. Other
/// engines read every file of a table's folder, and every table of a snapshot that has no manifest.
fn place(key: &Key) -> Option<&str> {
    let mut parts = key.as_str().split('/');
    match (parts.next()?, parts.next()?) {
        ("_snapshots", name) => {
            Some(name.strip_suffix(".json").filter(|id| is_snapshot_id(id)).unwrap_or(""))
        }
        (table, folder) if !table.starts_with('_') => folder.strip_prefix("snapshot_id="),
        _ => None,
    }
}

type Measured = (FileState, Measure, Option<String>);

fn unreadable(error: &dyn std::fmt::Display) -> Measured {
    (FileState::Unreadable, Measure::default(), Some(format!("cannot be read: {error}")))
}

/// Measures a table's file. Rows are counted only in a file that is the one that was written, where that is
/// known: what somebody else wrote is not parsed.
fn measure(entry: &ManifestTable, path: &Path) -> Measured {
    let digest = match regular(path).and_then(|_| digest::of_file(path)) {
        Ok(digest) => digest,
        Err(error) => return unreadable(&error),
    };
    let mut found = Measure { rows: None, bytes: Some(digest.bytes), sha256: Some(digest.sha256.clone()) };
    if digest.bytes != entry.bytes {
        return (FileState::Bytes, found, Some(wrong_size(digest.bytes, entry.bytes)));
    }
    if let Some(problem) = wrong_digest(&digest, entry) {
        return (FileState::Sha256, found, Some(problem));
    }
    let rows = std::fs::File::open(path)
        .map_err(PolarsError::from)
        .and_then(|file| ParquetReader::new(file).num_rows());
    match rows {
        Ok(rows) => found.rows = Some(rows as u64),
        Err(error) => {
            return (FileState::Unreadable, found, Some(format!("cannot be read: {error}")));
        }
    }
    if found.rows != Some(entry.rows) {
        let problem =
            format!("has {} rows, and its manifest says {}", found.rows.unwrap_or_default(), entry.rows);
        return (FileState::Rows, found, Some(problem));
    }
    let state = if entry.sha256.is_some() { FileState::Ok } else { FileState::NotRecorded };
    (state, found, None)
}

/// What is wrong with the size or the SHA-256 of a table's file, in words that follow its name.
pub(super) async fn digest_fault(entry: &ManifestTable, path: PathBuf) -> io::Result<Option<String>> {
    let entry = entry.clone();
    let fault = tokio::task::spawn_blocking(move || {
        let bytes = regular(&path)?;
        if bytes != entry.bytes {
            return Ok(Some(wrong_size(bytes, entry.bytes)));
        }
        match entry.sha256 {
            Some(_) => Ok(wrong_digest(&digest::of_file(&path)?, &entry)),
            None => Ok(None),
        }
    });
    fault.await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// The size of a regular file. Nothing else is opened: a pipe never ends.
fn regular(path: &Path) -> io::Result<u64> {
    let found = std::fs::metadata(path)?;
    if found.is_file() { Ok(found.len()) } else { Err(io::Error::other("it is no regular file")) }
}

fn wrong_size(bytes: u64, recorded: u64) -> String {
    format!("has {bytes} bytes, and its manifest says {recorded}")
}

fn wrong_digest(digest: &Digest, entry: &ManifestTable) -> Option<String> {
    let recorded = entry.sha256.as_deref()?;
    // As many digits as tell them apart for people; exports have all.
    let short = |sha256: &str| sha256.chars().take(12).collect::<String>();
    (digest.sha256 != recorded).then(|| {
        format!(
            "has the SHA-256 {}..., and its manifest says {}...",
            short(&digest.sha256),
            short(recorded).escape_debug()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_lie_in_the_place_of_a_snapshot_or_of_none() {
        let place = |key: &str| place(&Key::parse(key).unwrap()).map(str::to_owned);
        assert_eq!(place("account/snapshot_id=20261122T061900Z/part-1.parquet").unwrap(), "20261122T061900Z");
        assert_eq!(place("_snapshots/20261122T061900Z.json").unwrap(), "20261122T061900Z");
        assert_eq!(place("_snapshots/.plaudit-x").unwrap(), "");
        assert_eq!(place("_partial/20261122T061900Z/journal"), None);
        assert_eq!(place("_bills/cost-explorer-1/2026-10.json"), None);
        assert_eq!(place("README"), None);
    }
}
