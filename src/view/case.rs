//! The cases of views: given these rows of tables, these rows of the view.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::IntoLazy;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde::Deserialize;

use super::{View, all, read_by};
use crate::engine::scope::stored;
use crate::engine::{Answer, Engine};
use crate::table::{self, ColumnType, TableSchema, given};

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    given: BTreeMap<String, toml::Table>,
    case: Vec<toml::Table>,
}

type Rows = BTreeMap<&'static str, Vec<toml::Table>>;

/// The tables that a view reads, itself and through others.
fn tables(view: &View) -> BTreeSet<&'static str> {
    let views = read_by(&view.statement).unwrap_or_else(|error| panic!("{error}"));
    let read = views.iter().copied().chain([view]).flat_map(|view| view.statement.tables());
    read.filter_map(|name| table::schema(name)).map(|schema| schema.name).collect()
}

/// The view over rows of tables.
fn computed(view: &View, rows: &Rows) -> Answer {
    let mut engine = Engine::default();
    for schema in tables(view).into_iter().filter_map(table::schema) {
        let rows = rows.get(schema.name).map_or(&[][..], Vec::as_slice);
        let frame = given::frame(schema, rows).unwrap_or_else(|problem| panic!("{}: {problem}", view.name));
        engine.register(&stored(schema.name), frame.lazy());
    }
    let mut answer = None;
    for view in read_by(&view.statement).unwrap_or_else(|error| panic!("{error}")).into_iter().chain([view]) {
        let rows = engine.collect_scoped(&view.embedded()).unwrap_or_else(|error| panic!("{error}"));
        engine.register(&stored(&view.name), rows.frame().clone().lazy());
        answer = Some(rows);
    }
    answer.expect("the view itself is the last")
}

/// Its rows as texts, sorted.
fn lines(answer: &Answer, columns: &[String]) -> Vec<Vec<String>> {
    let columns: Vec<_> = columns
        .iter()
        .map(|name| answer.column(name).unwrap_or_else(|| panic!("no column `{name}`")))
        .collect();
    let mut lines: Vec<Vec<String>> = (0..answer.height())
        .map(|row| columns.iter().map(|column| column[row].to_json().to_string()).collect())
        .collect();
    lines.sort();
    lines
}

#[test]
fn every_view_has_cases_that_pass() {
    for view in all().unwrap_or_else(|error| panic!("{error}")).values() {
        let (file, text) = view.cases.as_ref().unwrap_or_else(|| panic!("{} has no cases", view.name));
        let cases: File = toml::from_str(text).unwrap_or_else(|error| panic!("{file}: {error}"));
        for case in cases.case {
            let name = case["name"].as_str().expect("a case has a name");
            let mut rows = Rows::new();
            for (table, list) in case.iter().filter(|(key, _)| !["name", "expect"].contains(&key.as_str())) {
                let schema = table::schema(table).unwrap_or_else(|| panic!("{name}: no table `{table}`"));
                assert!(tables(view).contains(schema.name), "{name}: the view does not read `{table}`");
                let mut list: Vec<toml::Table> = list.clone().try_into().expect("rows");
                for row in &mut list {
                    for (column, value) in cases.given.get(table).into_iter().flatten() {
                        row.entry(column).or_insert_with(|| value.clone());
                    }
                }
                rows.insert(schema.name, list);
            }
            let expected: Vec<toml::Table> = case["expect"].clone().try_into().expect("rows");
            let columns: BTreeSet<String> = expected.iter().flat_map(|row| row.keys().cloned()).collect();
            let columns: Vec<String> = columns.into_iter().collect();
            let mut wanted: Vec<Vec<String>> = expected
                .iter()
                .map(|row| columns.iter().map(|column| wanted(row.get(column))).collect())
                .collect();
            wanted.sort();
            assert_eq!(lines(&computed(view, &rows), &columns), wanted, "{file}: {name}: {columns:?}");
        }
    }
}

/// TOML has no null: what a row leaves out, or calls "null", is.
fn wanted(value: Option<&toml::Value>) -> String {
    match value {
        None => "null".to_owned(),
        Some(value) if value.as_str() == Some("null") => "null".to_owned(),
        Some(value) => serde_json::to_value(value).expect("JSON").to_string(),
    }
}

/// Rows of a table: few accounts, Regions and values, so that much meets; among the texts the words that
/// the view asks for.
fn any_rows(schema: &'static TableSchema, words: Vec<String>) -> impl Strategy<Value = Vec<toml::Table>> {
    let cells = proptest::collection::vec((0usize..6, proptest::bool::weighted(0.15)), schema.columns.len());
    proptest::collection::vec(cells, 0..8).prop_map(move |rows| {
        let cell = |index: usize, (number, is_null): (usize, bool)| -> Option<(String, toml::Value)> {
            let column = &schema.columns[index];
            let value = match (column.name, column.kind) {
                ("account_id", _) => format!("{:012}", number % 2).into(),
                ("region", _) => ["us-east-1", "eu-west-1"][number % 2].into(),
                _ if is_null && column.nullable => return None,
                (_, ColumnType::Text) => words[number % words.len()].as_str().into(),
                (_, ColumnType::Boolean) => (number % 2 == 0).into(),
                (_, ColumnType::Integer) => (number as i64).into(),
                (_, ColumnType::Float) => (number as f64).into(),
                (_, ColumnType::Date) => format!("2026-01-0{}", number + 1).into(),
                (_, ColumnType::Timestamp) => format!("2026-01-0{}T00:00:00Z", number + 1).into(),
            };
            Some((column.name.to_owned(), value))
        };
        rows.into_iter()
            .map(|cells| {
                cells.into_iter().enumerate().filter_map(|(index, drawn)| cell(index, drawn)).collect()
            })
            .collect()
    })
}

/// A view is computed once over everything, and a rule takes of it what is complete: so no row of it may
/// come from two accounts or Regions.
#[test]
fn a_view_over_everything_is_the_views_over_each_account_and_region_together() {
    for view in all().unwrap_or_else(|error| panic!("{error}")).values() {
        let text = view.statement.to_string();
        let quoted = text.split('\'').skip(1).step_by(2).map(str::to_owned);
        let words: Vec<String> = ["a", "b"].into_iter().map(str::to_owned).chain(quoted).collect();
        let columns: Vec<String> = view.columns.iter().map(|column| column.name.clone()).collect();
        let rows: Vec<_> = tables(view)
            .into_iter()
            .filter_map(table::schema)
            .map(|schema| any_rows(schema, words.clone()).prop_map(move |rows| (schema.name, rows)))
            .collect();
        let mut runner = TestRunner::new(ProptestConfig { cases: 24, ..ProptestConfig::default() });
        let told = runner.run(&rows, |rows| {
            let rows: Rows = rows.into_iter().collect();
            let whole = lines(&computed(view, &rows), &columns);
            let mut parts = Vec::new();
            for account in 0..2 {
                for region in ["us-east-1", "eu-west-1"] {
                    let account = format!("{account:012}");
                    let part: Rows =
                        rows.iter().map(|(name, rows)| (*name, of(name, rows, &account, region))).collect();
                    parts.extend(lines(&computed(view, &part), &columns));
                }
            }
            parts.sort();
            prop_assert_eq!(whole, parts, "{}", &view.name);
            Ok(())
        });
        told.unwrap_or_else(|problem| panic!("{problem}"));
    }
}

/// The rows of an account and Region. Tables that no operation fills belong to all.
fn of(table: &str, rows: &[toml::Table], account: &str, region: &str) -> Vec<toml::Table> {
    let is_everyones = table::schema(table).is_some_and(|schema| schema.operations.is_empty());
    let rows = rows.iter().filter(|row| {
        is_everyones
            || (row["account_id"].as_str() == Some(account) && row["region"].as_str() == Some(region))
    });
    rows.cloned().collect()
}
