//! Views: SQL that two statements share. `views/<name>.sql` holds one, and `<name>.test.toml` beside it
//! its cases. Rules, reports and `plaudit query` read a view as if it were a table.
//!
//! The rows of a view come from rows of one account and Region. So a view may be computed once, over
//! everything, and each rule takes the rows of the accounts and Regions that are complete for it: that is
//! what it would have found in the view written into its own statement.

#[cfg(test)]
mod case;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use polars::prelude::{DataType, IntoLazy};
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::engine::document::Document;
use crate::engine::gate;
use crate::engine::scope::{self, Scoped};
use crate::engine::statement::SelectStatement;
use crate::error::{Error, Result};
use crate::table::{self, ColumnType, Operation};

/// A view that passed the loader.
#[derive(Clone, Debug)]
pub struct View {
    /// Its name, as SQL knows it.
    pub name: String,
    /// What one row is.
    pub title: String,
    /// The page of AWS on what it says.
    pub source: String,
    /// Its columns in order.
    pub columns: Vec<Column>,
    /// Its file, for errors.
    pub file: String,
    /// Its cases, as TOML text, and their file.
    pub cases: Option<(String, String)>,
    /// Its statement as it stands in the file.
    statement: SelectStatement,
    /// What the header says of its columns. Their order and types are the statement's.
    said: BTreeMap<String, String>,
}

/// A column of a view.
#[derive(Clone, Debug, Serialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type. Any of its values may be null.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// What it is.
    pub documentation: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    title: String,
    source: String,
    columns: BTreeMap<String, String>,
}

impl View {
    /// Reads a view. `known` says which tables and views it may read.
    fn read(
        file: &str,
        text: &str,
        cases: Option<(String, String)>,
        known: &(dyn Fn(&str) -> bool + Sync),
    ) -> Result<View> {
        let document = Document::split(file, text)?;
        let header: Header = document.parse()?;
        let name = file.rsplit(['/', '\\']).next().unwrap_or(file).trim_end_matches(".sql").to_owned();
        let statement = gate::admit(document.sql, file, known)?;
        let prefix = format!("{name}_");
        if let Some(expression) = statement.expressions().find(|expression| !expression.starts_with(&prefix))
        {
            return Err(Error::usage(format!(
                "the common table expression `{expression}` of the view `{name}`"
            ))
            .at(format!("{file}:1"))
            .hint(format!("begin its name with `{prefix}`: it is written into the statements of others")));
        }
        Ok(View {
            name,
            title: header.title,
            source: header.source,
            columns: Vec::new(),
            file: file.to_owned(),
            cases,
            statement,
            said: header.columns,
        })
    }

    /// The operations that fill the tables that it reads, itself and through views.
    pub fn operations(&self) -> Result<Vec<Operation>> {
        Ok(scope::operations(&expanded(&self.statement)?))
    }

    /// The statement for the embedded engine, which knows the tables and the views that it reads. No
    /// account and Region is left out: whoever reads the view leaves out those that are incomplete for it.
    pub fn embedded(&self) -> Scoped {
        scope::scoped(&self.statement, &[], &[], &scope::stored)
    }

    /// Plans it after the views that it reads, on empty tables, and takes over its columns' order and types.
    fn planned(mut self, engine: &mut Engine) -> Result<View> {
        for schema in self.statement.tables().iter().filter_map(|name| table::schema(name)) {
            engine.register(&scope::stored(schema.name), schema.empty().lazy());
        }
        let wrong = |problem: String| Error::usage(problem).at(format!("{}:1", self.file));
        let planned = engine.collect_scoped(&self.embedded()).map_err(|error| {
            wrong(format!("the view's SQL cannot be run: {}", error.problem()))
                .hint("`plaudit schema` lists the tables and their columns")
        })?;
        let mut said = self.said.clone();
        let mut columns = Vec::new();
        for (name, datatype) in planned.frame().schema().iter() {
            let documentation = said.remove(name.as_str()).unwrap_or_default();
            if documentation.is_empty() {
                return Err(wrong(format!("[columns] does not say what `{name}` is")));
            }
            let kind = kind(datatype).ok_or_else(|| {
                wrong(format!("the column `{name}` is {datatype}, which no table has")).hint("use CAST")
            })?;
            columns.push(Column { name: name.to_string(), kind, documentation });
        }
        if let Some(name) = said.keys().next() {
            return Err(wrong(format!("[columns] speaks of `{name}`, which the view does not select")));
        }
        for name in ["account_id", "region"] {
            if !columns.iter().any(|column| column.name == name) {
                return Err(wrong(format!("the view does not select `{name}`"))
                    .hint("its rows come from one account and Region each, and say which"));
            }
        }
        self.columns = columns;
        engine.register(&scope::stored(&self.name), planned.frame().clone().lazy());
        Ok(self)
    }
}

/// A type of the engine as the tables' schema knows it.
fn kind(kind: &DataType) -> Option<ColumnType> {
    match kind {
        DataType::String => Some(ColumnType::Text),
        DataType::Boolean => Some(ColumnType::Boolean),
        DataType::Float64 => Some(ColumnType::Float),
        DataType::Date => Some(ColumnType::Date),
        DataType::Datetime(..) => Some(ColumnType::Timestamp),
        kind if kind.is_integer() => Some(ColumnType::Integer),
        _ => None,
    }
}

/// The views that a statement reads, itself or through others, each after those that it reads.
pub fn read_by(statement: &SelectStatement) -> Result<Vec<&'static View>> {
    let views = all()?;
    let mut ordered = Vec::new();
    for view in statement.tables().iter().filter_map(|name| views.get(name)) {
        collect(view, views, &mut ordered);
    }
    Ok(ordered)
}

fn collect<'a>(view: &'a View, views: &'a BTreeMap<String, View>, ordered: &mut Vec<&'a View>) {
    for read in view.statement.tables().iter().filter_map(|name| views.get(name)) {
        collect(read, views, ordered);
    }
    if !ordered.iter().any(|known| known.name == view.name) {
        ordered.push(view);
    }
}

/// The views that ship with plaudit, by name.
pub fn all() -> Result<&'static BTreeMap<String, View>> {
    static VIEWS: OnceLock<Result<BTreeMap<String, View>>> = OnceLock::new();
    VIEWS.get_or_init(load).as_ref().map_err(Clone::clone)
}

fn load() -> Result<BTreeMap<String, View>> {
    let (views, cases): (Vec<_>, Vec<_>) =
        plaudit_built_in::views().into_iter().partition(|file| file.path.ends_with(".sql"));
    let mut cases: BTreeMap<String, String> = cases.into_iter().map(|file| (file.path, file.text)).collect();
    let names: Vec<String> = views
        .iter()
        .filter_map(|file| Some(file.path.rsplit('/').next()?.trim_end_matches(".sql").to_owned()))
        .collect();
    let known = |name: &str| {
        names.iter().any(|view| view == name)
            || (table::schema(name).is_some() && !table::RESULTS.contains(&name))
    };
    let mut read = BTreeMap::new();
    for file in &views {
        let beside = format!("{}.test.toml", file.path.trim_end_matches(".sql"));
        let view = View::read(&file.path, &file.text, cases.remove_entry(&beside), &known)?;
        read.insert(view.name.clone(), view);
    }
    let mut ordered = Vec::new();
    for view in read.values() {
        collect(view, &read, &mut ordered);
    }
    let ordered: Vec<View> = ordered.into_iter().cloned().collect();
    let mut engine = Engine::default();
    let planned = ordered.into_iter().map(|view| {
        let view = view.planned(&mut engine)?;
        Ok((view.name.clone(), view))
    });
    planned.collect()
}

/// The statement with every view that it reads written before it.
pub fn expanded(statement: &SelectStatement) -> Result<SelectStatement> {
    let views = all()?;
    let mut whole = statement.clone();
    // Each round writes in one view; what that reads is written in before it, by a later round.
    while let Some(view) = next(&whole, views) {
        whole = whole.reading(&view.name, &view.statement);
    }
    Ok(whole)
}

/// A view that is read and that no other view yet to be written in may read.
fn next<'a>(whole: &SelectStatement, views: &'a BTreeMap<String, View>) -> Option<&'a View> {
    let read: Vec<&View> = whole.tables().iter().filter_map(|name| views.get(name)).collect();
    read.iter().copied().find(|view| !read.iter().any(|other| reaches(other, &view.name, views)))
}

fn reaches(from: &View, name: &str, views: &BTreeMap<String, View>) -> bool {
    from.statement
        .tables()
        .iter()
        .any(|read| read == name || views.get(read).is_some_and(|view| reaches(view, name, views)))
}
