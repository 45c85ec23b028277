//! The answer of a report with the way in which each column is shown.

use std::collections::BTreeMap;

use polars::prelude::DataFrame;
use serde::Deserialize;

use crate::engine::{Answer, Value};
use crate::error::{Error, Result};
use crate::format;
use crate::table::Row;

/// How a column is shown to people. Exports for machines keep the plain value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// As it is.
    #[default]
    Plain,
    /// US dollars.
    Money,
    /// Bytes in binary units.
    Bytes,
    /// A share as a percentage.
    Percent,
    /// Text that holds JSON: an object in JSON exports, text elsewhere.
    Json,
    /// A severity, coloured on a terminal.
    Severity,
    /// A status or an outcome, coloured on a terminal.
    Status,
}

/// A column of a sheet.
#[derive(Clone, Debug)]
pub struct SheetColumn {
    /// Its name.
    pub name: String,
    /// How it is shown.
    pub format: Format,
    /// Its values.
    pub values: Vec<Value>,
}

/// Columns of equal length.
#[derive(Clone, Debug)]
pub struct Sheet {
    answer: Answer,
    columns: Vec<SheetColumn>,
    terminal: Vec<String>,
}

impl Sheet {
    /// Joins an answer with the way in which it is shown.
    pub fn new(answer: Answer, formats: &BTreeMap<String, Format>, terminal: &[String]) -> Sheet {
        let columns = answer
            .columns()
            .into_iter()
            .map(|(name, values)| SheetColumn {
                format: formats.get(&name).copied().unwrap_or_default(),
                name,
                values,
            })
            .collect();
        Sheet { answer, columns, terminal: terminal.to_vec() }
    }

    /// The rows of a table, as they are.
    pub fn of<R: Row>(rows: &[R]) -> Result<Sheet> {
        let frame = R::frame(rows)
            .map_err(|error| Error::failed(format!("the rows of `{}`: {error}", R::SCHEMA.name)))?;
        Ok(Sheet::from_frame(frame))
    }

    /// A table that no statement gave. The columns are shown as they are, all of them.
    pub fn from_frame(frame: DataFrame) -> Sheet {
        Sheet::new(Answer::new(frame), &BTreeMap::new(), &[])
    }

    /// The number of rows.
    pub fn height(&self) -> usize {
        self.answer.height()
    }

    /// All columns, in the order of the export.
    pub fn columns(&self) -> &[SheetColumn] {
        &self.columns
    }

    /// The columns in the order of importance for a terminal.
    pub fn by_importance(&self) -> Vec<&SheetColumn> {
        if self.terminal.is_empty() {
            return self.columns.iter().collect();
        }
        let find = |name: &String| self.columns.iter().find(|column| column.name == *name);
        self.terminal.iter().filter_map(find).collect()
    }

    /// The answer itself.
    pub fn answer(&self) -> &Answer {
        &self.answer
    }
}

impl SheetColumn {
    /// The value of a row as a person reads it.
    pub fn shown(&self, row: usize) -> String {
        let value = &self.values[row];
        let styled = match (self.format, value.as_f64()) {
            (Format::Money, Some(amount)) => Some(format::money(amount)),
            (Format::Bytes, Some(count)) => Some(format::bytes(count)),
            (Format::Percent, Some(share)) => Some(format::percent(share)),
            _ => None,
        };
        styled.unwrap_or_else(|| match value {
            Value::Null => "-".to_owned(),
            Value::Integer(number) => format::integer(*number),
            Value::Float(number) => format::decimal(*number),
            other => format::printable(&other.to_plain()),
        })
    }

    /// Whether it is set flush right.
    pub fn is_numeric(&self) -> bool {
        self.values.iter().any(|value| value.as_f64().is_some())
    }
}
