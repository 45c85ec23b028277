//! `plaudit report`

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::DONE;
use super::bounded::LimitOptions;
use super::completed::{forms, reports};
use super::console::Console;
use super::options::{Global, SnapshotOptions, check_target};
use crate::error::{Error, Result};
use crate::format;
use crate::report::{self, Form, Summary};

/// Shows a report of a snapshot, offline.
#[derive(Args)]
pub struct Report {
    /// The report; without a name, the summary
    #[arg(value_parser = reports(), hide_possible_values = true)]
    name: Option<String>,

    /// List the reports
    #[arg(long, conflicts_with = "name")]
    list: bool,

    /// table, csv, json, ndjson, md or parquet
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = forms(), hide_possible_values = true)]
    format: Form,

    /// Write to a file instead of stdout
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    snapshot: SnapshotOptions,

    #[command(flatten)]
    pub(super) limits: LimitOptions,
}

impl Report {
    pub async fn run(self, global: &Global, console: &mut Console) -> Result<u8> {
        if self.list {
            check_target(self.format, self.output.as_ref())?;
            let sheet = report::list()?;
            let width = if self.output.is_some() { console.unlimited() } else { console.width() };
            let write = |out: &mut dyn Write| self.format.write(&sheet, width, out);
            console.data_to(self.format, self.output.as_deref(), write)?;
            return Ok(DONE);
        }
        let report = self.name.as_deref().map(report::Report::named).transpose()?;
        if report.is_none() && self.format != Form::Table {
            return Err(Error::usage("the summary is a page for people and has no other form")
                .at("--format")
                .hint("name a report: `plaudit report findings --format json`; `plaudit report --list` lists them"));
        }
        check_target(self.format, self.output.as_ref())?;
        let config = global.load()?;
        let (_, snapshot) = self.snapshot.open(&config).await?;
        let width = if self.output.is_some() { console.unlimited() } else { console.width() };
        match report {
            None => {
                let tables = snapshot.tables(Summary::TABLES.iter().copied()).await?;
                let summary = Summary::read(&mut report::engine(&tables, snapshot.id()))?;
                console.data_to(Form::Table, self.output.as_deref(), |out| summary.write(width, out))?;
            }
            Some(report) => {
                let tables = snapshot.tables(report.tables()).await?;
                let sheet = report.run(&mut report::engine(&tables, snapshot.id()))?;
                let write = |out: &mut dyn Write| self.format.write(&sheet, width, out);
                console.data_to(self.format, self.output.as_deref(), write)?;
                if self.format == Form::Table && self.output.is_none() {
                    console.note(format::count(sheet.height() as i64, "row"));
                }
            }
        }
        Ok(DONE)
    }
}
