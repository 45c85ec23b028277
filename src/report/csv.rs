//! CSV for spreadsheets and for scripts.

use std::io::{self, Write};

use super::sheet::Sheet;
use crate::engine::Value;

/// Writes a header and one record per row. Numbers are plain, absent values empty.
///
/// Text comes from AWS, where strangers wrote it. A cell that a spreadsheet would take for a
/// formula gets an apostrophe in front, which spreadsheets do not show.
pub fn write(sheet: &Sheet, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(sheet.columns().iter().map(|column| &column.name))?;
    for row in 0..sheet.height() {
        writer.write_record(sheet.columns().iter().map(|column| cell(&column.values[row])))?;
    }
    writer.flush()
}

fn cell(value: &Value) -> String {
    match value {
        Value::Text(text) => neutralised(text),
        other => other.to_plain(),
    }
}

/// Text that no spreadsheet runs.
pub fn neutralised(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        return format!("'{text}");
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::neutralised;

    #[test]
    fn cells_that_a_spreadsheet_would_run_are_neutralised() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(neutralised(text), format!("'{text}"));
        }
        for text in ["", "vpce-1", "a=1", "{\"k\":\"=1\"}"] {
            assert_eq!(neutralised(text), text);
        }
    }
}
