//! A rule as one statement for another engine, reading the store's own Parquet.

use super::Rule;
use crate::config::TagConfig;
use crate::engine::spelling::Spelling;
use crate::error::{Error, Result};

/// An engine that reads the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// DuckDB: reads the files by path.
    DuckDb,
    /// Spark SQL: reads the files by path.
    Spark,
    /// Amazon Athena: reads external tables partitioned by `snapshot_id`.
    Athena,
    /// Trino: reads external tables partitioned by `snapshot_id`.
    Trino,
}

impl Dialect {
    /// Every dialect, by the name that the command line takes.
    pub const ALL: &'static [(&'static str, Dialect)] = &[
        ("duckdb", Dialect::DuckDb),
        ("spark", Dialect::Spark),
        ("athena", Dialect::Athena),
        ("trino", Dialect::Trino),
    ];

    fn spelling(self) -> Spelling {
        match self {
            Dialect::DuckDb => Spelling::Written,
            Dialect::Spark => Spelling::Spark,
            Dialect::Athena | Dialect::Trino => Spelling::Trino,
        }
    }

    /// What stands after `FROM` for a table of a snapshot.
    fn source(self, store: &str, snapshot: &str, table: &str) -> String {
        let folder = format!("{}/{table}/snapshot_id={snapshot}", store.trim_end_matches('/'));
        match self {
            Dialect::DuckDb => {
                format!(
                    "read_parquet('{}/part-0.parquet', hive_partitioning = false)",
                    folder.replace('\'', "''")
                )
            }
            Dialect::Spark => format!("parquet.`{}/part-0.parquet`", folder.replace('`', "``")),
            // A database named after the tool, with one external table per folder of the store.
            Dialect::Athena | Dialect::Trino => {
                format!("(SELECT * FROM plaudit.{table} WHERE snapshot_id = '{snapshot}')")
            }
        }
    }
}

impl Rule {
    /// The rule as one statement over a snapshot of a store, with coverage, params and what tags must
    /// be written into it.
    pub fn standalone(
        &self,
        dialect: Dialect,
        store: &str,
        snapshot: &str,
        tags: &TagConfig,
    ) -> Result<String> {
        if store.contains('`') || store.contains('\\') {
            return Err(Error::usage(format!("the store's path `{store}` cannot be written in SQL"))
                .hint("use a path without backquotes and backslashes"));
        }
        let source = |table: &str| dialect.source(store, snapshot, table);
        Ok(self.scoped(&self.whole, tags, dialect.spelling(), &source).to_string())
    }
}
