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
    answering: usize,
}

/// What stands for nothing.
pub(super) const NOTHING: &str = "-";

/// Columns of a user's own query that are shown on any terminal: what was asked for first.
const ANSWERING: usize = 8;

impl Sheet {
    /// Joins an answer with the way in which it is shown: on a terminal the columns of `terminal`, and
    /// those of `wide` where there is room.
    pub fn new(
        answer: Answer,
        formats: &BTreeMap<String, Format>,
        terminal: &[String],
        wide: &[String],
    ) -> Sheet {
        let columns = answer
            .columns()
            .into_iter()
            .map(|(name, values)| {
                let format: Format = formats.get(&name).copied().unwrap_or_default();
                let values = match format {
                    Format::Money => values.iter().map(Value::as_money).collect(),
                    _ => values,
                };
                SheetColumn { name, format, values }
            })
            .collect();
        let answering = if terminal.is_empty() { ANSWERING } else { terminal.len() };
        Sheet { answer, columns, terminal: [terminal, wide].concat(), answering }
    }

    /// The rows of a table, as they are.
    pub fn of<R: Row>(rows: &[R]) -> Result<Sheet> {
        let frame = R::frame(rows)
            .map_err(|error| Error::failed(format!("the rows of `{}`: {error}", R::SCHEMA.name)))?;
        Ok(Sheet::from_frame(frame))
    }

    /// A table that no statement gave. The columns are shown as they are, all of them.
    pub fn from_frame(frame: DataFrame) -> Sheet {
        Sheet::new(Answer::new(frame), &BTreeMap::new(), &[], &[])
    }

    /// The number of rows.
    pub fn height(&self) -> usize {
        self.answer.height()
    }

    /// All columns, in the order of the export.
    pub fn columns(&self) -> &[SheetColumn] {
        &self.columns
    }

    /// The columns in the order of importance for a terminal, and how many of them are shown on any.
    pub fn by_importance(&self) -> (Vec<&SheetColumn>, usize) {
        if self.terminal.is_empty() {
            return (self.columns.iter().collect(), self.answering);
        }
        let mut answering = self.answering;
        let mut columns = Vec::new();
        for (index, name) in self.terminal.iter().enumerate() {
            let column = self.columns.iter().find(|column| column.name == *name);
            match column.filter(|column| column.values.iter().any(|value| *value != Value::Null)) {
                Some(column) => columns.push(column),
                // A column of nothing but nulls says nothing.
                None => answering -= usize::from(index < self.answering),
            }
        }
        (columns, answering)
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
            Value::Null => NOTHING.to_owned(),
            Value::Integer(number) => format::integer(*number),
            Value::Float(number) => format::decimal(*number),
            Value::Timestamp(moment) => format::moment(*moment),
            other => format::printable(&other.to_plain()),
        })
    }

    /// Whether it is set flush right.
    pub fn is_numeric(&self) -> bool {
        self.values.iter().any(|value| value.as_f64().is_some())
    }
}
