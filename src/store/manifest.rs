//! The file that makes a snapshot exist.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::key::Key;
use crate::error::{Error, Result};

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
    /// What the crawl was to audit, by kind: `organization_id`, `accounts`, `regions` ... Snapshots of one scope
    /// can be compared. Earlier versions did not record it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub scope: BTreeMap<String, Vec<String>>,
    /// Whether nothing could be audited. Such a snapshot tells why, and is never the latest.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nothing_audited: bool,
    /// The tables that it has.
    pub tables: Vec<ManifestTable>,
}

/// A table of a snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ManifestTable {
    /// Its name.
    pub name: String,
    /// Its file, below the store, for other programs. plaudit computes it, and refuses a manifest that says
    /// otherwise.
    pub key: String,
    /// Its rows.
    pub rows: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its SHA-256, 64 hexadecimal digits in lower case. Earlier versions did not record it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
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
///
/// # Errors
///
/// Where the table or the id could not be part of a file's name.
pub fn table_key(table: &str, id: &str) -> Result<Key> {
    key(format!("{table}/snapshot_id={id}/part-0.parquet"))
}

/// Where a snapshot's manifest stands below the store.
///
/// # Errors
///
/// Where the id could not be part of a file's name.
pub fn manifest_key(id: &str) -> Result<Key> {
    key(format!("_snapshots/{id}.json"))
}

fn key(text: String) -> Result<Key> {
    Key::parse(&text).ok_or_else(|| {
        Error::failed("the snapshot is not named like one").at(text).hint("take a new snapshot")
    })
}

impl Manifest {
    /// Checks a manifest that was read back against the id under which it was asked for. Whoever can write
    /// to a store can write anything into it, so no path is taken from it.
    ///
    /// # Errors
    ///
    /// Where it is the manifest of another snapshot, or names a file anywhere but in its table's place.
    pub fn check(&self, id: &str) -> std::result::Result<(), String> {
        if self.id != id {
            return Err(format!("it is that of the snapshot `{}`", self.id.escape_debug()));
        }
        for table in &self.tables {
            let place = table_key(&table.name, id)
                .map_err(|_| format!("it has a table of the name `{}`", table.name.escape_debug()))?;
            if table.key != place.as_str() {
                return Err(format!(
                    "its table `{}` is said to lie in `{}`, and not in `{place}`",
                    table.name.escape_debug(),
                    table.key.escape_debug()
                ));
            }
        }
        Ok(())
    }
}
