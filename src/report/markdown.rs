//! Markdown, for a wiki or a merge request.

use std::io::{self, Write};

use super::sheet::Sheet;

/// Writes a table with the values as people read them.
pub fn write(sheet: &Sheet, out: &mut dyn Write) -> io::Result<()> {
    let names: Vec<_> = sheet.columns().iter().map(|column| escaped(&column.name)).collect();
    writeln!(out, "| {} |", names.join(" | "))?;
    let rules: Vec<_> =
        sheet.columns().iter().map(|column| if column.is_numeric() { "---:" } else { "---" }).collect();
    writeln!(out, "| {} |", rules.join(" | "))?;
    for row in 0..sheet.height() {
        let cells: Vec<_> = sheet.columns().iter().map(|column| escaped(&column.shown(row))).collect();
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    Ok(())
}

/// Text that Markdown and the HTML that it becomes take for text.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn text_from_aws_stays_text() {
        assert_eq!(escaped("<script>|[a](b)"), "&lt;script&gt;\\|\\[a\\](b)");
    }
}
