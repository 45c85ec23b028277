//! Rows that somebody wrote by hand, as TOML: a rule's cases, the snapshots of tests.

use jiff::Timestamp;
use jiff::civil::Date;
use polars::prelude::*;

use super::cell::{Cell, Cells, ColumnType};
use super::schema::{ColumnSchema, TableSchema};

/// The account of rows that name none.
pub const ACCOUNT: &str = "111111111111";

/// The Region of rows that name none.
pub const REGION: &str = "us-east-1";

/// Rows of a table as a frame. What a row leaves out is null, or empty where null may not stand; the
/// account is [`ACCOUNT`] and the Region [`REGION`] where nothing else is said.
///
/// # Errors
///
/// What is wrong with a row: a column that the table does not have, a value of another type.
pub fn frame(schema: &TableSchema, rows: &[toml::Table]) -> Result<DataFrame, String> {
    for row in rows {
        if let Some(unknown) = row.keys().find(|key| schema.column(key).is_none()) {
            return Err(format!("the table `{}` has no column `{unknown}`", schema.name));
        }
    }
    let columns =
        schema.columns.iter().map(|column| cells(schema, column, rows)).collect::<Result<Vec<_>, _>>()?;
    DataFrame::new(rows.len(), columns).map_err(|error| error.to_string())
}

fn cells(schema: &TableSchema, column: &ColumnSchema, rows: &[toml::Table]) -> Result<Column, String> {
    let wrong = |value: &toml::Value| {
        format!("`{value}` is no {} for `{}.{}`", column.kind.name(), schema.name, column.name)
    };
    fn gather<C>(
        column: &ColumnSchema,
        rows: &[toml::Table],
        empty: C,
        read: impl Fn(&toml::Value) -> Option<C>,
        wrong: impl Fn(&toml::Value) -> String,
    ) -> Result<Column, String>
    where
        C: Clone,
        Option<C>: Cell,
    {
        let cells = rows
            .iter()
            .map(|row| match row.get(column.name) {
                Some(value) => read(value).map(Some).ok_or_else(|| wrong(value)),
                None if column.nullable => Ok(None),
                None => Ok(Some(empty.clone())),
            })
            .collect::<Result<Vec<Option<C>>, String>>()?;
        Ok(<Option<C> as Cell>::column(column.name, Cells::new(cells.len(), &|row| &cells[row])))
    }
    let default = match column.name {
        "account_id" => ACCOUNT,
        "region" => REGION,
        _ => "",
    };
    match column.kind {
        ColumnType::Text => {
            gather(column, rows, default.to_owned(), |v| v.as_str().map(str::to_owned), wrong)
        }
        ColumnType::Boolean => gather(column, rows, false, toml::Value::as_bool, wrong),
        ColumnType::Integer => gather(column, rows, 0, toml::Value::as_integer, wrong),
        ColumnType::Float => {
            gather(column, rows, 0.0, |v| v.as_float().or_else(|| v.as_integer().map(|i| i as f64)), wrong)
        }
        ColumnType::Date => gather(column, rows, Date::ZERO, date, wrong),
        ColumnType::Timestamp => gather(column, rows, Timestamp::UNIX_EPOCH, moment, wrong),
    }
}

fn date(value: &toml::Value) -> Option<Date> {
    written(value).parse().ok()
}

fn moment(value: &toml::Value) -> Option<Timestamp> {
    written(value).parse().ok()
}

/// A date or a moment as text: TOML has a type of its own for them, JSON has not.
fn written(value: &toml::Value) -> String {
    value.as_datetime().map_or_else(|| value.as_str().unwrap_or_default().to_owned(), ToString::to_string)
}
