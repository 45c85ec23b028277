//! `plaudit query`

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::DONE;
use super::bounded::LimitOptions;
use super::console::Console;
use super::options::{Global, SnapshotOptions, check_target, form};
use crate::error::Result;
use crate::report::{self, Form};

/// Runs a read-only SQL query over a snapshot.
#[derive(Args)]
pub struct Query {
    /// One SELECT over the tables that `plaudit schema` lists
    sql: String,

    /// table, csv, json, ndjson, md or parquet
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = form)]
    format: Form,

    /// Write to a file instead of stdout
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    snapshot: SnapshotOptions,

    #[command(flatten)]
    pub(super) limits: LimitOptions,
}

impl Query {
    pub async fn run(self, global: &Global, console: &mut Console) -> Result<u8> {
        check_target(self.format, self.output.as_ref())?;
        let config = global.load()?;
        let (_, snapshot) = self.snapshot.open(&config).await?;
        let query = report::Query::admit(&self.sql)?;
        let tables = snapshot.tables(query.tables()).await?;
        let sheet = query.run(&mut report::engine(&tables, snapshot.id()))?;
        let width = if self.output.is_some() { console.unlimited() } else { console.width() };
        let write = |out: &mut dyn Write| self.format.write(&sheet, width, out);
        console.data_to(self.format, self.output.as_deref(), write)?;
        Ok(DONE)
    }
}
