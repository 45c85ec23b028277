//! A sheet as a table for a terminal.

use std::io::{self, Write};

use super::fold::wrapped;
use super::grid::{self, Column};
use super::sheet::Sheet;
use crate::format;

/// How much room there is, and whether colours are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Width {
    /// Columns of the terminal; `None` where the output is no terminal, and so has room for all.
    pub columns: Option<u16>,
    /// Whether colours are wanted.
    pub colour: bool,
}

/// How wide tables are in a file or a pipe, which people read as they read a terminal.
const PIPE: u16 = 120;

/// Writes a table.
pub fn write(sheet: &Sheet, width: Width, out: &mut dyn Write) -> io::Result<()> {
    if sheet.height() == 0 {
        return writeln!(out, "(no rows)");
    }
    let width = Width { columns: width.columns.or(Some(PIPE)), ..width };
    let (columns, answering) = sheet.by_importance();
    let columns: Vec<Column> = columns
        .iter()
        .map(|column| Column {
            heading: heading(&column.name),
            is_numeric: column.is_numeric(),
            format: column.format,
            cells: (0..column.values.len()).map(|row| column.shown(row)).collect(),
        })
        .collect();
    let hidden = grid::write(&columns, answering, width, out)?;
    if !hidden.is_empty() {
        let told = format!(
            "Not shown for want of room: {}. A wider terminal shows them, and so does --format csv.",
            hidden.join(", ")
        );
        for line in wrapped(&told, width.columns, 0) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

/// `availability_zone_ids` as a person reads it.
fn heading(name: &str) -> String {
    format::printable(name).replace('_', " ")
}
