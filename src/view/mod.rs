//! Views: SQL that two statements share. `views/<name>.sql` holds one, and `<name>.test.toml` beside it
//! its cases. Rules, reports and `plaudit query` read a view as if it were a table.
//!
//! The rows of a view come from rows of one account and Region. So a view may be computed once, over
//! everything, and each rule takes the rows of the accounts and Regions that are complete for it: that is
//! what it would have found in the view written into its own statement.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::engine::document::Document;
use crate::engine::gate::{self, SelectStatement};
use crate::engine::scope;
use crate::error::{Error, Result};
use crate::table::{self, Operation};

/// A view that passed the loader.
#[derive(Clone, Debug)]
pub struct View {
    /// Its name, as SQL knows it.
    pub name: String,
    /// What one row is.
    pub title: String,
    /// The page of AWS on what it says.
    pub source: String,
    /// Its columns in order, and what they are.
    pub columns: Vec<(String, String)>,
    /// Its file, for errors.
    pub file: String,
    /// Its cases, as TOML text, and their file.
    pub cases: Option<(String, String)>,
    /// Its statement as it stands in the file.
    statement: SelectStatement,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    title: String,
    source: String,
    columns: toml::Table,
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
        let columns = header
            .columns
            .into_iter()
            .map(|(column, text)| (column, text.as_str().unwrap_or_default().to_owned()))
            .collect();
        Ok(View {
            name,
            title: header.title,
            source: header.source,
            columns,
            file: file.to_owned(),
            cases,
            statement,
        })
    }

    /// The operations that fill the tables that it reads.
    pub fn operations(&self) -> Vec<Operation> {
        expanded(&self.statement).map(|whole| scope::operations(&whole)).unwrap_or_default()
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
    Ok(read)
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
