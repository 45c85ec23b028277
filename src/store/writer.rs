//! Writing a snapshot: tables grow by batches in a work folder, move to their keys, and the
//! manifest comes last.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use polars::io::parquet::write::BatchedWriter;
use polars::prelude::*;

use super::digest::{Digest, Digesting, Written};
use super::folder::{Readers, sync};
use super::key::Key;
use super::location::{Location, unwritable};
use super::manifest::{Manifest, ManifestTable, manifest_key, table_key};
use crate::error::Result;
use crate::parquet::writer;
use crate::table::{Row, TableSchema, Tables};

/// Rows that are held in memory before the larger tables go to disk, each as one row group.
const BATCH_ROWS: usize = 100_000;

/// Rows of a larger table. Smaller ones wait: a row group of a few rows takes as long as one of many.
const LARGE_ROWS: usize = BATCH_ROWS / 20;

/// A snapshot that is being written.
pub struct SnapshotWriter {
    location: Location,
    folder: PathBuf,
    id: String,
    pending: Tables,
    tables: BTreeMap<&'static str, TableFile>,
}

struct TableFile {
    schema: &'static TableSchema,
    path: PathBuf,
    writer: BatchedWriter<Digesting>,
    written: Written,
    rows: u64,
}

impl SnapshotWriter {
    pub(super) fn new(
        location: Location,
        folder: PathBuf,
        id: &str,
        schemas: &[&'static TableSchema],
    ) -> Result<Self> {
        // Nobody else may have put a link on the way to what is removed.
        location.make_work_folder(&folder)?;
        // What an earlier try left is begun anew.
        match std::fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(unwritable(&folder.display(), &error));
            }
            _ => location.make_work_folder(&folder)?,
        }
        let mut tables = BTreeMap::new();
        for schema in schemas {
            let path = folder.join(format!("{}.parquet", schema.name));
            let (writer, written) = begin(&path, schema, location.readers())
                .map_err(|error| unwritable(&path.display(), &error))?;
            tables.insert(schema.name, TableFile { schema, path, writer, written, rows: 0 });
        }
        Ok(SnapshotWriter { location, folder, id: id.to_owned(), pending: Tables::default(), tables })
    }

    /// Adds rows. They must come in the same order for the same snapshot, whatever the order of
    /// the answers was: by account, then Region, each sorted.
    pub fn append(&mut self, rows: Tables) -> Result<()> {
        self.pending.append(rows);
        if self.pending.rows() >= BATCH_ROWS {
            self.flush(LARGE_ROWS)?;
        }
        Ok(())
    }

    /// Writes the tables that have at least so many rows.
    fn flush(&mut self, least: usize) -> Result<()> {
        let folder = self.folder.display();
        let frames = self.pending.take_frames(least).map_err(|error| unwritable(&folder, &error))?;
        for (schema, frame) in frames {
            let Some(table) = self.tables.get_mut(schema.name) else {
                continue;
            };
            table.rows += frame.height() as u64;
            table.writer.write_batch(&frame).map_err(|error| unwritable(&table.path.display(), &error))?;
        }
        Ok(())
    }

    /// Moves the tables to their keys and writes the manifest. Only now does the snapshot exist.
    pub async fn finish(mut self, manifest: impl FnOnce(Vec<ManifestTable>) -> Manifest) -> Result<Manifest> {
        self.flush(1)?;
        let mut finished = Vec::new();
        for table in self.tables.into_values() {
            table.writer.finish().map_err(|error| unwritable(&table.path.display(), &error))?;
            drop(table.writer);
            finished.push((table.path, entry(table.schema, &self.id, table.rows, table.written.digest())?));
        }
        let paths: Vec<PathBuf> = finished.iter().map(|(path, _)| path.clone()).collect();
        settle(&self.location, paths).await?;
        let mut tables = Vec::new();
        // Tables are published in the order of their names; the manifest lists them so.
        for (path, entry) in finished {
            self.location.publish(&path, &table_key(&entry.name, &self.id)?).await?;
            tables.push(entry);
        }
        let manifest = manifest(tables);
        write_manifest(&self.location, &manifest).await?;
        Ok(manifest)
    }
}

/// Writes or replaces a snapshot's manifest.
pub(super) async fn write_manifest(location: &Location, manifest: &Manifest) -> Result<()> {
    let (key, bytes) = manifest_file(location, manifest)?;
    location.write(&key, bytes).await
}

/// A manifest's key and content.
pub(super) fn manifest_file(location: &Location, manifest: &Manifest) -> Result<(Key, Vec<u8>)> {
    let key = manifest_key(&manifest.id)?;
    let mut bytes = serde_json::to_vec_pretty(manifest)
        .map_err(|error| unwritable(&location.address(key.as_str()), &error))?;
    bytes.push(b'\n');
    Ok((key, bytes))
}

/// Writes a whole small table, the findings say, in a work folder and moves it to its key.
pub(super) async fn write_table<R: Row>(
    location: &Location,
    folder: &Path,
    id: &str,
    rows: &[R],
) -> Result<ManifestTable> {
    let schema = R::SCHEMA;
    let path = folder.join(format!("{}.parquet", schema.name));
    let written = || -> PolarsResult<Digest> {
        let frame = R::frame(rows)?;
        let (mut writer, written) = begin(&path, schema, location.readers())?;
        if frame.height() > 0 {
            writer.write_batch(&frame)?;
        }
        writer.finish()?;
        Ok(written.digest())
    };
    let digest = written().map_err(|error| unwritable(&path.display(), &error))?;
    settle(location, vec![path.clone()]).await?;
    location.publish(&path, &table_key(schema.name, id)?).await?;
    entry(schema, id, rows.len() as u64, digest)
}

/// Waits until files are on disk, so that after a power cut no manifest stands over tables that are empty.
/// Those that go into a bucket are read once more, and then removed.
async fn settle(location: &Location, paths: Vec<PathBuf>) -> Result<()> {
    let Location::Folder(folder) = location else { return Ok(()) };
    let synced = tokio::task::spawn_blocking(move || sync(&paths)).await;
    synced
        .unwrap_or_else(|error| Err(std::io::Error::other(error)))
        .map_err(|error| unwritable(&folder.path.display(), &error))
}

fn entry(schema: &TableSchema, id: &str, rows: u64, digest: Digest) -> Result<ManifestTable> {
    Ok(ManifestTable {
        name: schema.name.to_owned(),
        key: table_key(schema.name, id)?.to_string(),
        rows,
        bytes: digest.bytes,
        sha256: Some(digest.sha256),
    })
}

fn begin(
    path: &Path,
    schema: &TableSchema,
    readers: Readers,
) -> PolarsResult<(BatchedWriter<Digesting>, Written)> {
    let (file, written) = Digesting::new(readers.create_file(path)?);
    let columns = schema.polars();
    let writer = writer(file, &columns).with_compression(ParquetCompression::Zstd(None)).batched(&columns)?;
    Ok((writer, written))
}
