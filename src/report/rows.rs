//! Answers of the engine, read cell by cell.

use crate::engine::{Answer, Value};
use crate::format;

/// An answer, read by name and row.
pub(super) struct Rows(pub Answer);

impl Rows {
    pub fn height(&self) -> usize {
        self.0.height()
    }

    fn value(&self, name: &str, row: usize) -> Value {
        self.0.column(name).and_then(|values| values.into_iter().nth(row)).unwrap_or(Value::Null)
    }

    /// Text that a terminal does not obey: other people may have written the snapshot.
    pub fn text(&self, name: &str, row: usize) -> String {
        format::printable(&self.value(name, row).to_plain())
    }

    pub fn integer(&self, name: &str, row: usize) -> i64 {
        self.number(name, row).unwrap_or(0.0) as i64
    }

    pub fn number(&self, name: &str, row: usize) -> Option<f64> {
        self.value(name, row).as_f64()
    }

    pub fn map<T>(&self, read: impl Fn(usize) -> T) -> Vec<T> {
        (0..self.height()).map(read).collect()
    }
}
