//! JSON, whole or line by line.

use std::io::{self, Write};

use serde_json::{Map, Value as Json};

use super::sheet::{Format, Sheet, SheetColumn};
use crate::format;

/// Writes one array of objects.
pub fn write(sheet: &Sheet, out: &mut dyn Write) -> io::Result<()> {
    if sheet.height() == 0 {
        return writeln!(out, "[]");
    }
    for row in 0..sheet.height() {
        let opening = if row == 0 { "[" } else { "," };
        writeln!(out, "{opening}")?;
        write!(out, "  {}", line(sheet, row)?)?;
    }
    writeln!(out, "\n]")
}

/// Writes one object per line.
pub fn write_lines(sheet: &Sheet, out: &mut dyn Write) -> io::Result<()> {
    for row in 0..sheet.height() {
        writeln!(out, "{}", line(sheet, row)?)?;
    }
    Ok(())
}

/// A row in one line, in which nothing stands that a terminal obeys.
fn line(sheet: &Sheet, row: usize) -> io::Result<String> {
    let text = serde_json::to_string(&object(sheet, row))?;
    Ok(format::escaped_json(&text).into_owned())
}

fn object(sheet: &Sheet, row: usize) -> Map<String, Json> {
    sheet.columns().iter().map(|column| (column.name.clone(), value(column, row))).collect()
}

fn value(column: &SheetColumn, row: usize) -> Json {
    let value = &column.values[row];
    let parsed = match (column.format, value.as_text()) {
        (Format::Json, Some(text)) => serde_json::from_str(text).ok(),
        _ => None,
    };
    parsed.unwrap_or_else(|| value.to_json())
}
