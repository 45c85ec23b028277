//! The answer to a statement, value by value, without the engine's own types.

use jiff::Timestamp;
use jiff::civil::Date;
use polars::prelude::*;

use crate::error::{Error, Result};

/// A value of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Float(f64),
    /// Text.
    Text(String),
    /// A day, UTC.
    Date(Date),
    /// A moment, UTC.
    Timestamp(Timestamp),
}

impl Value {
    /// The value as JSON: days and moments as text, numbers that JSON cannot write as null.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Value::Null => serde_json::Value::Null,
            Value::Boolean(value) => (*value).into(),
            Value::Integer(value) => (*value).into(),
            Value::Float(value) => tidy(*value).into(),
            Value::Text(value) => value.as_str().into(),
            Value::Date(value) => value.to_string().into(),
            Value::Timestamp(value) => value.to_string().into(),
        }
    }

    /// The value as plain text, as CSV has it; null is empty.
    pub fn to_plain(&self) -> String {
        match self {
            Value::Null => String::new(),
            Value::Boolean(value) => value.to_string(),
            Value::Integer(value) => value.to_string(),
            Value::Float(value) => tidy(*value).to_string(),
            Value::Text(value) => value.clone(),
            Value::Date(value) => value.to_string(),
            Value::Timestamp(value) => value.to_string(),
        }
    }

    /// The amount of money that the value is: what is left of a sum that comes to nothing is nothing.
    pub fn as_money(&self) -> Value {
        match self {
            Value::Float(value) => Value::Float(nine_decimals(*value)),
            other => other.clone(),
        }
    }

    /// The number, where it is one.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Integer(value) => Some(*value as f64),
            Value::Float(value) => Some(*value),
            _ => None,
        }
    }

    /// The text, where it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(value) => Some(value),
            _ => None,
        }
    }
}

/// Rounds to nine decimals, or to nine digits where that keeps more. Sums are computed by several threads,
/// whose order is not fixed, and addition of floats depends on order in the last digit: rounding keeps the
/// same snapshot's output the same, byte for byte.
fn tidy(value: f64) -> f64 {
    if value != 0.0 && value.abs() < 0.1 {
        return format!("{value:.8e}").parse().unwrap_or(value);
    }
    nine_decimals(value)
}

/// Rounds to nine decimals; no bill has more than ten.
fn nine_decimals(value: f64) -> f64 {
    let rounded = (value * 1e9).round() / 1e9;
    if rounded.is_finite() { rounded + 0.0 } else { value }
}

/// Rows and named columns.
#[derive(Clone, Debug)]
pub struct Answer {
    frame: DataFrame,
}

impl Answer {
    /// Takes over a frame.
    pub fn new(frame: DataFrame) -> Answer {
        Answer { frame }
    }

    /// How many rows there are.
    pub fn height(&self) -> usize {
        self.frame.height()
    }

    /// The names of the columns.
    pub fn names(&self) -> Vec<String> {
        self.frame.get_column_names().iter().map(|name| name.to_string()).collect()
    }

    /// The columns, by name.
    pub fn column(&self, name: &str) -> Option<Vec<Value>> {
        let column = self.frame.column(name).ok()?;
        Some((0..column.len()).map(|row| column.get(row).map_or(Value::Null, |cell| value(&cell))).collect())
    }

    /// All columns, each with its name and values, in order.
    pub fn columns(&self) -> Vec<(String, Vec<Value>)> {
        self.names()
            .into_iter()
            .map(|name| {
                let values = self.column(&name).unwrap_or_default();
                (name, values)
            })
            .collect()
    }

    /// The rows whose text in a column is a given one, and the others, it missing there or not.
    pub fn split(self, column: &str, word: &str) -> Result<(Answer, Answer)> {
        let split = || {
            let mask = self.frame.column(column)?.str()?.not_equal_missing(word);
            Ok((self.frame.filter(&!&mask)?, self.frame.filter(&mask)?))
        };
        let (fitting, others) = split()
            .map_err(|error: PolarsError| Error::failed(format!("the answer cannot be read: {error}")))?;
        Ok((Answer { frame: fitting }, Answer { frame: others }))
    }

    /// The answer as a table for further statements.
    pub fn into_table(self) -> LazyFrame {
        self.frame.lazy()
    }

    /// The frame itself.
    pub fn frame(&self) -> &DataFrame {
        &self.frame
    }
}

fn value(cell: &AnyValue) -> Value {
    match cell {
        AnyValue::Null => Value::Null,
        AnyValue::Boolean(value) => Value::Boolean(*value),
        AnyValue::String(value) => Value::Text((*value).to_owned()),
        AnyValue::StringOwned(value) => Value::Text(value.to_string()),
        AnyValue::Float32(value) => Value::Float(f64::from(*value)),
        AnyValue::Float64(value) => Value::Float(*value),
        AnyValue::Date(days) => jiff::civil::date(1970, 1, 1)
            .checked_add(jiff::Span::new().try_days(*days).unwrap_or_default())
            .map_or(Value::Null, Value::Date),
        AnyValue::Datetime(moment, unit, _) => moment_value(*moment, *unit),
        AnyValue::DatetimeOwned(moment, unit, _) => moment_value(*moment, *unit),
        other => match other.extract::<i64>() {
            Some(number) if other.is_integer() => Value::Integer(number),
            _ => Value::Text(other.to_string()),
        },
    }
}

fn moment_value(moment: i64, unit: TimeUnit) -> Value {
    let timestamp = match unit {
        TimeUnit::Nanoseconds => Timestamp::from_nanosecond(i128::from(moment)),
        TimeUnit::Microseconds => Timestamp::from_microsecond(moment),
        TimeUnit::Milliseconds => Timestamp::from_millisecond(moment),
    };
    timestamp.map_or(Value::Null, Value::Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_are_not_rounded_to_nothing() {
        let plain = |value: f64| Value::Float(value).to_plain();
        assert_eq!(plain(1e-12), "0.000000000001");
        assert_eq!(plain(-0.000123456789012), "-0.000123456789");
        assert_eq!(plain(123.456_789_012_345), "123.456789012");
        assert_eq!(plain(0.1 + 0.2), "0.3");
        assert_eq!(plain(-0.0), "0");
    }

    #[test]
    fn what_is_left_of_an_amount_that_comes_to_nothing_is_nothing() {
        let left = Value::Float(0.1 + 0.2 - 0.3);
        assert_eq!(left.as_money().to_plain(), "0");
        assert_ne!(left.to_plain(), "0");
    }
}
