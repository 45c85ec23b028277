//! Snapshots, in a folder or a bucket.
//!
//! ```text
//! <store>/<table>/snapshot_id=20261122T061900Z/part-0.parquet
//! <store>/_snapshots/20261122T061900Z.json       the manifest, written last
//! <store>/_partial/20261122T061900Z/             a crawl that has not finished
//! ```

mod bucket_region;
mod digest;
mod folder;
mod journal;
mod key;
mod location;
mod manifest;
mod owner;
mod partial;
mod private;
mod verify;
mod writer;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use polars::prelude::*;

pub use digest::Digest;
pub use folder::{Folder, Readers, replace_file};
pub use journal::{Journal, JournalReader, Position, Raw};
pub use key::Key;
pub use location::{BucketAccess, LONGEST_FILE, Location};
pub use manifest::{Manifest, ManifestTable, SCHEMA_VERSION, is_snapshot_id, snapshot_id};
pub use owner::ExpectedOwner;
pub use partial::Partial;
pub use verify::{FileCheck, FileState, Measure};
pub use writer::SnapshotWriter;

use crate::error::{Error, Result};
use crate::parquet;
use crate::table::{self, Row, TableSchema};

/// A place with snapshots in it.
#[derive(Clone, Debug)]
pub struct Store {
    location: Location,
    /// The most bytes of a journal's entry in one piece.
    piece: usize,
}

impl Store {
    /// Opens a store. Nothing is read or written yet.
    pub fn new(location: Location) -> Store {
        Store { location, piece: journal::LARGEST_PIECE }
    }

    /// The same store, whose journals hold their entries in pieces of at most so many bytes.
    pub fn with_journal_in_pieces(self, bytes: usize) -> Store {
        Store { piece: bytes, ..self }
    }

    /// The store's address, for messages and for other engines.
    pub fn address(&self) -> String {
        self.location.address("").trim_end_matches('/').to_owned()
    }

    /// The ids of all snapshots, oldest first.
    pub async fn snapshots(&self) -> Result<Vec<String>> {
        Ok(self
            .location
            .list("_snapshots")
            .await?
            .iter()
            .filter_map(|name| name.strip_suffix(".json"))
            .filter(|id| is_snapshot_id(id))
            .map(str::to_owned)
            .collect())
    }

    /// The id of the latest snapshot in which something was audited, if there is one.
    pub async fn latest(&self) -> Result<Option<String>> {
        let audited = self.latest_of(self.snapshots().await?).await?;
        Ok(audited.map(|manifest| manifest.id))
    }

    /// The manifest of the last of these snapshots in which something was audited.
    async fn latest_of(&self, ids: Vec<String>) -> Result<Option<Manifest>> {
        for id in ids.iter().rev() {
            let manifest = self.manifest_of(id).await?;
            if !manifest.nothing_audited {
                return Ok(Some(manifest));
            }
        }
        Ok(None)
    }

    /// Opens a snapshot: the named one, or the latest.
    pub async fn open(&self, id: Option<&str>) -> Result<StoredSnapshot> {
        let manifest = self.manifest(id).await?;
        let place = self.location.address(manifest::manifest_key(&manifest.id)?.as_str());
        if manifest.schema_version != SCHEMA_VERSION {
            return Err(Error::failed(format!(
                "the snapshot has tables of version {}, and this plaudit reads version {SCHEMA_VERSION}",
                manifest.schema_version
            ))
            .at(&place)
            .hint(format!("read it with plaudit {}", manifest.tool_version.escape_debug())));
        }
        let location = self.location.clone();
        Ok(StoredSnapshot { location, manifest, fitting: Arc::default(), aside: None })
    }

    /// Reads the manifest of a snapshot, the named one or the latest, whatever version it has.
    async fn manifest(&self, id: Option<&str>) -> Result<Manifest> {
        if let Some(id) = id {
            return self.manifest_of(id).await;
        }
        let ids = self.snapshots().await?;
        let last = ids.last().cloned();
        match (self.latest_of(ids).await?, last) {
            (Some(manifest), _) => Ok(manifest),
            (None, Some(failed)) => Err(Error::usage("nothing was audited in any snapshot of the store")
                .at(self.address())
                .hint(format!("`plaudit report coverage --snapshot {failed}` says why"))),
            (None, None) => Err(Error::usage("the store holds no snapshot")
                .at(self.address())
                .hint("take one with `plaudit audit`, or name another store with --store")),
        }
    }

    /// Reads the manifest of a snapshot, whatever version it has.
    pub async fn manifest_of(&self, id: &str) -> Result<Manifest> {
        let bytes = if is_snapshot_id(id) { self.read(&manifest::manifest_key(id)?).await? } else { None };
        let Some(bytes) = bytes else {
            let known = self.snapshots().await?;
            let list = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(Error::usage(format!("there is no snapshot `{id}`"))
                .at(self.address())
                .hint(format!("the store holds: {list}")));
        };
        let place = self.location.address(manifest::manifest_key(id)?.as_str());
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|error| {
            Error::failed(format!("the snapshot's manifest is broken: {error}"))
                .at(&place)
                .hint("restore the file, or remove it and take a new snapshot")
        })?;
        manifest.check(id).map_err(|problem| {
            Error::failed(format!("the snapshot's manifest is broken: {problem}"))
                .at(&place)
                .hint("somebody has changed it: restore the file, or take a new snapshot")
        })?;
        Ok(manifest)
    }

    /// A small file beside the snapshots; `None` where it does not exist.
    pub async fn read(&self, key: &Key) -> Result<Option<Vec<u8>>> {
        self.location.refuse_links(key)?;
        self.location.read(key).await
    }

    /// Keeps a small file beside the snapshots.
    pub async fn write_file(&self, key: &Key, bytes: Vec<u8>) -> Result<()> {
        self.location.write(key, bytes).await
    }

    /// Begins to write a snapshot.
    pub fn write(&self, id: &str, schemas: &[&'static TableSchema]) -> Result<SnapshotWriter> {
        SnapshotWriter::new(self.location.clone(), self.partial(id).join("tables"), id, schemas)
    }

    /// The folder of a crawl that has not finished.
    fn partial(&self, id: &str) -> PathBuf {
        self.location.work_folder().join(id)
    }

    /// The journal of a crawl that has not finished.
    pub fn journal(&self, id: &str) -> PathBuf {
        self.partial(id).join("journal")
    }

    /// Begins a crawl's journal, or goes on with it. Only one process may do so at a time.
    pub fn begin_journal(&self, id: &str) -> Result<Journal> {
        self.location.make_work_folder(&self.partial(id))?;
        Journal::open_in_pieces(&self.journal(id), self.piece)
    }

    /// The crawls that have not finished, oldest first.
    pub fn partials(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.location.work_folder()) else {
            return Vec::new();
        };
        let mut ids: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| is_snapshot_id(name))
            .collect();
        ids.sort();
        ids
    }

    /// The latest crawl that was cut off and that no process is at work on.
    pub fn cut_off(&self) -> Option<String> {
        let is_free = |id: &String| {
            let journal = std::fs::File::open(self.journal(id));
            journal
                .is_ok_and(|file| !matches!(file.try_lock_shared(), Err(std::fs::TryLockError::WouldBlock)))
        };
        self.partials().into_iter().rev().find(is_free)
    }

    /// Removes what an unfinished crawl left, once it is finished.
    pub fn forget_partial(&self, id: &str) {
        // The snapshot stands by now; what cannot be removed does no harm and is invisible.
        let _ = std::fs::remove_dir_all(self.partial(id));
        let _ = std::fs::remove_dir(self.location.work_folder());
    }

    /// Whether the store is a folder that other users may open although it is not said to be shared: made
    /// by somebody else, or by an earlier version.
    pub fn is_open_to_others(&self) -> bool {
        matches!(&self.location, Location::Folder(folder) if folder.is_open_to_others())
    }

    /// Finds out, before any work, whether a snapshot could be kept here.
    pub async fn check_writable(&self) -> Result<()> {
        let folder = self.location.work_folder();
        self.location.make_work_folder(&folder)?;
        tempfile::tempfile_in(&folder).map_err(|error| location::unwritable(&folder.display(), &error))?;
        if let Location::Bucket(_) = self.location {
            self.location.list("_snapshots").await?;
        }
        Ok(())
    }
}

/// A snapshot that exists.
#[derive(Clone, Debug)]
pub struct StoredSnapshot {
    location: Location,
    manifest: Manifest,
    /// The tables whose files were found to fit the manifest.
    fitting: Arc<Mutex<Vec<ManifestTable>>>,
    /// Where results are that a store which is only read did not take; removed when nobody needs them.
    aside: Option<(Location, Arc<tempfile::TempDir>)>,
}

impl StoredSnapshot {
    /// Its manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.manifest.id
    }

    /// A table of it, to be read when it is needed. A table that the snapshot does not have yet
    /// (findings before the first check) is empty.
    ///
    /// # Errors
    ///
    /// When its file is missing, cannot be read, or does not have the size and the SHA-256 that the manifest
    /// says.
    pub async fn table(&self, schema: &'static TableSchema) -> Result<LazyFrame> {
        let Some(entry) = self.manifest.tables.iter().find(|table| table.name == schema.name) else {
            return Ok(schema.empty().lazy());
        };
        let key = manifest::table_key(schema.name, self.id())?;
        let location = self.location_of(schema.name);
        let place = location.address(key.as_str());
        location.refuse_links(&key)?;
        let path = location.fetch(&key).await?.ok_or_else(|| {
            Error::failed(format!("the snapshot's table `{}` is missing", schema.name))
                .at(&place)
                .hint(remedy(schema.name))
        })?;
        self.check_fits(entry, &path, &place).await?;
        let broken = |error: &dyn std::fmt::Display| {
            Error::failed(format!("the snapshot's table `{}` is broken: {error}", schema.name))
                .at(&place)
                .hint("restore the file, or take a new snapshot")
        };
        // Whoever can write to the store chose what stands there. A finding's evidence may be long.
        let is_read = |name: &str| schema.columns.iter().any(|column| column.name == name);
        parquet::check(&path, &is_read, usize::MAX).map_err(|problem| broken(&problem))?;
        let args =
            ScanArgsParquet { glob: false, hive_options: HiveOptions::new_disabled(), ..Default::default() };
        let mut frame = LazyFrame::scan_parquet(PlRefPath::new(path.to_string_lossy()), args)
            .map_err(|error| broken(&error))?;
        let stored = frame.collect_schema().map_err(|error| broken(&error))?;
        // Columns that a later version added are null in an older snapshot.
        let columns: Vec<Expr> = schema
            .columns
            .iter()
            .map(|column| {
                let kind = column.kind.data_type();
                match stored.get(column.name) {
                    Some(found) if *found == kind => col(column.name),
                    Some(_) => col(column.name).cast(kind),
                    None => lit(Null {}).cast(kind).alias(column.name),
                }
            })
            .collect();
        Ok(frame.select(columns))
    }

    /// Refuses a table's file that is not the one for which the manifest was written.
    async fn check_fits(&self, entry: &ManifestTable, path: &Path, place: &str) -> Result<()> {
        let fitting = || self.fitting.lock().unwrap_or_else(PoisonError::into_inner);
        if fitting().contains(entry) {
            return Ok(());
        }
        let problem = verify::digest_fault(entry, path.to_path_buf()).await.map_err(|error| {
            Error::failed(format!("the snapshot's table `{}` cannot be read: {error}", entry.name))
                .at(place)
                .hint("check the file's permissions")
        })?;
        if let Some(problem) = problem {
            return Err(Error::failed(format!("the snapshot's table `{}` is broken: {problem}", entry.name))
                .at(place)
                .hint(format!(
                    "{}; `plaudit store verify` lists all that does not fit",
                    remedy(&entry.name)
                )));
        }
        fitting().push(entry.clone());
        Ok(())
    }

    /// Whether it was taken with a table; one that rules fill counts, as it comes with the first check.
    pub fn has(&self, name: &str) -> bool {
        table::RESULTS.contains(&name) || self.manifest.tables.iter().any(|table| table.name == name)
    }

    /// Every row of a table, as records.
    pub async fn rows<R: Row>(&self) -> Result<Vec<R>> {
        let key = manifest::table_key(R::SCHEMA.name, self.id())?;
        let frame = self.table(R::SCHEMA).await?;
        frame.collect().and_then(|frame| R::rows(&frame)).map_err(|error| {
            Error::failed(format!("the snapshot's table `{}` is broken: {error}", R::SCHEMA.name))
                .at(self.location_of(R::SCHEMA.name).address(key.as_str()))
                .hint("restore the file, or take a new snapshot")
        })
    }

    /// Where a table's file is.
    fn location_of(&self, name: &str) -> &Location {
        match &self.aside {
            Some((aside, _)) if table::RESULTS.contains(&name) => aside,
            _ => &self.location,
        }
    }

    /// Finds out whether results can be kept with the snapshot. If the store is only read, they are kept aside
    /// for as long as this is in use, and it says `false`.
    pub async fn keeps_results(&mut self) -> Result<bool> {
        let known = writer::manifest_file(&self.location, &self.manifest)?;
        if self.location.takes_files((&known.0, known.1)).await {
            return Ok(true);
        }
        let temporary = std::env::temp_dir();
        let folder = folder::temporary_folder(&temporary)
            .map_err(|error| location::unwritable(&temporary.display(), &error))?;
        let path = folder.path().to_owned();
        let aside = Location::Folder(Folder { path, readers: Readers::Owner });
        self.aside = Some((aside, Arc::new(folder)));
        Ok(false)
    }

    /// Some of its tables by name. No other is opened, or fetched from a bucket.
    pub async fn tables(
        &self,
        names: impl IntoIterator<Item = &str>,
    ) -> Result<BTreeMap<&'static str, LazyFrame>> {
        let mut tables = BTreeMap::new();
        for schema in names.into_iter().filter_map(table::schema) {
            if !tables.contains_key(schema.name) {
                tables.insert(schema.name, self.table(schema).await?);
            }
        }
        Ok(tables)
    }

    /// Writes or replaces a table that is computed from the others, such as the findings.
    pub async fn replace<R: Row>(&mut self, rows: &[R]) -> Result<()> {
        let location = self.location_of(R::SCHEMA.name);
        let folder = location.temporary_folder()?;
        let entry = writer::write_table(location, folder.path(), self.id(), rows).await?;
        self.manifest.tables.retain(|table| table.name != entry.name);
        self.manifest.tables.push(entry);
        self.manifest.tables.sort_by(|left, right| left.name.cmp(&right.name));
        match self.aside {
            None => writer::write_manifest(&self.location, &self.manifest).await,
            Some(_) => Ok(()),
        }
    }
}

/// What to do about a table that is not what it was.
fn remedy(table: &str) -> &'static str {
    match table::RESULTS.contains(&table) {
        true => "`plaudit check` writes it anew",
        false => "restore the file, or take a new snapshot",
    }
}
