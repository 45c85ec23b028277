//! Markdown, for a wiki or a merge request.

use std::io::{self, Write};

use super::sheet::Sheet;
use crate::format;

/// Writes a table with the values as people read them.
pub fn write(sheet: &Sheet, out: &mut dyn Write) -> io::Result<()> {
    let names: Vec<_> = sheet.columns().iter().map(|column| format::markdown(&column.name)).collect();
    writeln!(out, "| {} |", names.join(" | "))?;
    let rules: Vec<_> =
        sheet.columns().iter().map(|column| if column.is_numeric() { "---:" } else { "---" }).collect();
    writeln!(out, "| {} |", rules.join(" | "))?;
    for row in 0..sheet.height() {
        let cells: Vec<_> =
            sheet.columns().iter().map(|column| format::markdown(&column.shown(row))).collect();
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    Ok(())
}
