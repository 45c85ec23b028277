//! Reports: SQL files with a header, shown in many forms. This module knows no report by name.
//!
//! `reports/<name>.sql` answers one question over a snapshot. Each form (terminal, CSV, JSON,
//! Markdown, Parquet) is a file here.

mod completeness;
mod csv;
mod explain;
mod fold;
mod grid;
mod json;
mod markdown;
mod parquet;
mod rows;
mod severity;
mod sheet;
mod summary;
mod terminal;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::OnceLock;

use polars::prelude::{LazyFrame, lit};
use serde::Deserialize;

pub use completeness::Completeness;
pub use explain::{Explanation, Subject, Verdict};
pub use fold::wrapped;
pub use grid::{Column, write as write_grid};
pub use sheet::{Format, Sheet, SheetColumn};
pub use summary::Summary;
pub use terminal::Width;

use crate::engine::Engine;
use crate::engine::document::Document;
use crate::engine::gate;
use crate::engine::question;
use crate::engine::statement::SelectStatement;
use crate::error::{Error, Result};
use crate::format;
use crate::table;
use crate::view;

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
    /// The columns that a terminal shows besides where there is room.
    terminal_wide: Vec<String>,
    tables: BTreeSet<String>,
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
    #[serde(default)]
    terminal_wide: Vec<String>,
}

/// The names of all reports, sorted.
pub fn names() -> Vec<&'static str> {
    static NAMES: OnceLock<Vec<String>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        let files = plaudit_built_in::reports();
        files.iter().filter_map(|file| file.name().map(str::to_owned)).collect()
    });
    names.iter().map(String::as_str).collect()
}

impl Report {
    /// All reports, by name.
    pub fn all() -> Result<BTreeMap<String, Report>> {
        plaudit_built_in::reports()
            .into_iter()
            .map(|file| {
                let report = Report::load(&file.path, &file.text)?;
                Ok((report.name.clone(), report))
            })
            .collect()
    }

    /// The report of that name.
    pub fn named(name: &str) -> Result<Report> {
        let mut all = Report::all()?;
        all.remove(name).ok_or_else(|| {
            let names: Vec<_> = all.keys().map(String::as_str).collect();
            let error = Error::usage(format!("there is no report `{name}`"));
            match format::nearest(name, names.iter().copied()) {
                Some(near) => error.hint(format!("did you mean `{near}`? there are: {}", names.join(", "))),
                None => error.hint(format!("there are: {}", names.join(", "))),
            }
        })
    }

    /// Reads a report, and plans it on empty tables.
    pub fn load(file: &str, text: &str) -> Result<Report> {
        let document = Document::split(file, text)?;
        let header: Header = document.parse()?;
        let (statement, sql) = admit(document.sql, file)?;
        let mut engine = Engine::default();
        for name in statement.tables() {
            if let Some(schema) = table::schema(name) {
                engine.register(name, with_snapshot(polars::prelude::IntoLazy::lazy(schema.empty()), ""));
            }
        }
        let names = engine.plan(&sql).map_err(|error| {
            Error::usage(format!("the report's SQL cannot be run: {}", error.problem()))
                .at(format!("{file}:{}", statement.first_line().unwrap_or(1)))
                .hint("`plaudit schema` lists the tables and their columns")
        })?;
        for column in header.columns.keys().chain(&header.terminal).chain(&header.terminal_wide) {
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
            terminal_wide: header.terminal_wide,
            tables: statement.tables().clone(),
            sql,
        })
    }

    /// The tables that it reads.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().map(String::as_str)
    }

    /// Runs the report over a snapshot's tables.
    pub fn run(&self, engine: &mut Engine) -> Result<Sheet> {
        Ok(Sheet::new(engine.collect(&self.sql)?, &self.columns, &self.terminal, &self.terminal_wide))
    }
}

/// All reports as a sheet, one row each.
pub fn list() -> Result<Sheet> {
    let reports = Report::all()?;
    let column = |read: fn(&Report) -> &str| reports.values().map(read).collect::<Vec<_>>();
    let frame = polars::df!(
        "name" => column(|report| &report.name),
        "title" => column(|report| &report.title),
        "description" => column(|report| &report.description),
    );
    frame.map(Sheet::from_frame).map_err(|error| Error::failed(format!("the list of reports: {error}")))
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

/// Lets a statement through. It comes back with the views that it reads written before it, as it is and as
/// text; the text of one that reads no view is the user's own.
fn admit(sql: &str, file: &str) -> Result<(SelectStatement, String)> {
    let views = view::all()?;
    let statement =
        gate::admit(sql, file, &|name| table::schema(name).is_some() || views.contains_key(name))?;
    let whole = view::expanded(&statement)?;
    let is_changed = whole.tables() != statement.tables();
    let text = if is_changed { whole.to_string() } else { sql.to_owned() };
    Ok((whole, text))
}

/// A user's own statement, which passed the gate.
#[derive(Debug)]
pub struct Query {
    statement: SelectStatement,
    sql: String,
}

impl Query {
    /// Lets a statement through, or says what is wrong with it.
    pub fn admit(sql: &str) -> Result<Query> {
        let (statement, _) = admit(sql, "query").map_err(|error| {
            let problem = error.problem().strip_prefix("there is no table `");
            let mistyped = problem.and_then(|rest| rest.split('`').next());
            let tables = table::SCHEMAS.iter().map(|schema| schema.name);
            match mistyped.and_then(|name| format::nearest(name, tables)).map(str::to_owned) {
                Some(near) => {
                    error.hint(format!("did you mean `{near}`? `plaudit schema {near}` lists its columns"))
                }
                None => error,
            }
        })?;
        let sql = question::asked(&statement)?;
        Ok(Query { statement, sql })
    }

    /// The tables that it reads.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.statement.tables().iter().map(String::as_str)
    }

    /// Runs it over a snapshot's tables.
    pub fn run(&self, engine: &mut Engine) -> Result<Sheet> {
        let answer = engine.collect(&self.sql).map_err(|error| {
            Error::usage(format!("the query cannot be run: {}", error.problem()))
                .at(format!("query:{}", self.statement.first_line().unwrap_or(1)))
                .hint("`plaudit schema` lists the tables and their columns")
        })?;
        Ok(Sheet::new(answer, &BTreeMap::new(), &[], &[]))
    }
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
