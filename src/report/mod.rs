//! Reports: SQL files with a header, shown in many forms. This module knows no report by name.
//!
//! `reports/<name>.sql` answers one question over a snapshot. Each form (terminal, CSV, JSON,
//! Markdown, Parquet) is a file here.

mod completeness;
mod csv;
mod explain;
mod json;
mod markdown;
mod parquet;
mod sheet;
mod summary;
mod terminal;

use std::collections::BTreeMap;
use std::io::Write;

use polars::prelude::{LazyFrame, lit};
use serde::Deserialize;

pub use completeness::Completeness;
pub use explain::{Explanation, Subject, Verdict};
pub use sheet::{Format, Sheet, SheetColumn};
pub use summary::Summary;
pub use terminal::Width;

use crate::engine::Engine;
use crate::engine::document::Document;
use crate::engine::gate;
use crate::error::{Error, Result};
use crate::table;

/// The reports that ship with plaudit: file name and text, sorted by name.
static BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/reports.rs"));

/// A report that passed the loader.
#[derive(Clone, Debug)]
pub struct Report {
    /// Its name, which is the name of its file.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What one row is, and what it is good for.
    pub description: String,
    /// How columns are shown.
    columns: BTreeMap<String, Format>,
    /// The columns that a terminal shows, the most important first; the other forms show all.
    terminal: Vec<String>,
    sql: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    title: String,
    description: String,
    #[serde(default)]
    columns: BTreeMap<String, Format>,
    #[serde(default)]
    terminal: Vec<String>,
}

impl Report {
    /// All reports, by name.
    pub fn all() -> Result<BTreeMap<String, Report>> {
        BUILT_IN
            .iter()
            .map(|(file, text)| {
                let report = Report::load(file, text)?;
                Ok((report.name.clone(), report))
            })
            .collect()
    }

    /// The report of that name.
    pub fn named(name: &str) -> Result<Report> {
        let mut all = Report::all()?;
        all.remove(name).ok_or_else(|| {
            let names: Vec<_> = all.into_keys().collect();
            Error::usage(format!("there is no report `{name}`"))
                .hint(format!("there are: {}", names.join(", ")))
        })
    }

    /// Reads a report, and plans it on empty tables.
    pub fn load(file: &str, text: &str) -> Result<Report> {
        let document = Document::split(file, text)?;
        let header: Header = document.parse()?;
        let statement = gate::admit(document.sql, file, &|name| table::schema(name).is_some())?;
        let mut engine = Engine::default();
        for name in statement.tables() {
            if let Some(schema) = table::schema(name) {
                engine.register(name, with_snapshot(polars::prelude::IntoLazy::lazy(schema.empty()), ""));
            }
        }
        let names = engine.plan(document.sql).map_err(|error| {
            Error::usage(format!("the report's SQL cannot be run: {}", error.problem()))
                .at(format!("{file}:{}", statement.first_line().unwrap_or(1)))
                .hint("`plaudit schema` lists the tables and their columns")
        })?;
        for column in header.columns.keys().chain(&header.terminal) {
            if !names.iter().any(|(name, _)| name == column) {
                return Err(Error::usage(format!(
                    "the header speaks of `{column}`, which the report does not select"
                ))
                .at(document.place(0))
                .hint("name columns of the report"));
            }
        }
        let name = file.rsplit(['/', '\\']).next().unwrap_or(file).trim_end_matches(".sql");
        Ok(Report {
            name: name.to_owned(),
            title: header.title,
            description: header.description,
            columns: header.columns,
            terminal: header.terminal,
            sql: document.sql.to_owned(),
        })
    }

    /// Runs the report over a snapshot's tables.
    pub fn run(&self, engine: &mut Engine) -> Result<Sheet> {
        Ok(Sheet::new(engine.collect(&self.sql)?, &self.columns, &self.terminal))
    }
}

/// An engine that knows the tables of a snapshot by their names, each with the column
/// `snapshot_id` that the store's folders carry.
pub fn engine(tables: &BTreeMap<&'static str, LazyFrame>, snapshot_id: &str) -> Engine {
    let mut engine = Engine::default();
    for (name, frame) in tables {
        engine.register(name, with_snapshot(frame.clone(), snapshot_id));
    }
    engine
}

fn with_snapshot(frame: LazyFrame, id: &str) -> LazyFrame {
    frame.with_column(lit(id.to_owned()).alias("snapshot_id"))
}

/// Runs a user's own statement, after it passed the gate.
pub fn query(engine: &mut Engine, sql: &str) -> Result<Sheet> {
    let statement = gate::admit(sql, "query", &|name| table::schema(name).is_some())?;
    let answer = engine.collect(sql).map_err(|error| {
        Error::usage(format!("the query cannot be run: {}", error.problem()))
            .at(format!("query:{}", statement.first_line().unwrap_or(1)))
            .hint("`plaudit schema` lists the tables and their columns")
    })?;
    Ok(Sheet::new(answer, &BTreeMap::new(), &[]))
}

/// A form in which a sheet is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For a person at a terminal.
    Table,
    /// For a spreadsheet: cells that it would run are neutralised.
    Csv,
    /// One array of objects.
    Json,
    /// One object per line.
    Ndjson,
    /// For a wiki or a merge request.
    Markdown,
    /// For another engine.
    Parquet,
}

impl Form {
    /// Every form, by the name that the command line takes.
    pub const ALL: &'static [(&'static str, Form)] = &[
        ("table", Form::Table),
        ("csv", Form::Csv),
        ("json", Form::Json),
        ("ndjson", Form::Ndjson),
        ("md", Form::Markdown),
        ("parquet", Form::Parquet),
    ];

    /// Writes a sheet.
    pub fn write(self, sheet: &Sheet, width: Width, out: &mut dyn Write) -> std::io::Result<()> {
        match self {
            Form::Table => terminal::write(sheet, width, out),
            Form::Csv => csv::write(sheet, out),
            Form::Json => json::write(sheet, out),
            Form::Ndjson => json::write_lines(sheet, out),
            Form::Markdown => markdown::write(sheet, out),
            Form::Parquet => parquet::write(sheet, out),
        }
    }
}
