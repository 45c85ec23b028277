//! The file that makes a snapshot exist.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Written last of all, as `_snapshots/<id>.json`. A snapshot without it is invisible.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The snapshot's id: `20261122T061900Z`.
    pub id: String,
    /// When the crawl began.
    pub taken_at: Timestamp,
    /// The version of the tables' definitions.
    pub schema_version: u32,
    /// The version of plaudit that wrote the snapshot.
    pub tool_version: String,
    /// The tables that it has.
    pub tables: Vec<ManifestTable>,
}

/// A table of a snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ManifestTable {
    /// Its name.
    pub name: String,
    /// Its file, below the store.
    pub key: String,
    /// Its rows.
    pub rows: u64,
    /// Its size in bytes.
    pub bytes: u64,
}

/// The version of the tables' definitions that this program writes. It goes up when a column
/// changes its meaning or goes away; a new column does not need it.
pub const SCHEMA_VERSION: u32 = 1;

/// The id of a snapshot taken at a moment, in whole seconds.
pub fn snapshot_id(taken_at: Timestamp) -> String {
    taken_at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Whether a text has the form of a snapshot's id.
pub fn is_snapshot_id(text: &str) -> bool {
    text.len() == 16
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 => byte == b'T',
            15 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        })
}

/// Where a table of a snapshot stands below the store: table first, so that each table is one
/// external table partitioned by snapshot.
pub fn table_key(table: &str, id: &str) -> String {
    format!("{table}/snapshot_id={id}/part-0.parquet")
}

/// Where a snapshot's manifest stands below the store.
pub fn manifest_key(id: &str) -> String {
    format!("_snapshots/{id}.json")
}
