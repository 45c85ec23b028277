//! Tables for a terminal, as wide as it is. Nothing is cut: what does not fit is wrapped, and
//! columns for which there is no room are named below the table.

use std::io::{self, Write};

use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle,
};
use unicode_width::UnicodeWidthStr;

use super::sheet::{Format, Sheet, SheetColumn};
use crate::format;

/// How much room there is, and whether colours are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Width {
    /// Columns of the terminal; `None` where the output is no terminal, and so has room for all.
    pub columns: Option<u16>,
    /// Whether colours are wanted.
    pub colour: bool,
}

/// Text in a column may be wrapped down to this width.
const NARROWEST: usize = 14;

/// No frame: one line under the headings.
const RULED_HEADER: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// What a table adds to each column: a space on both sides, and one before the next.
const PADDING: usize = 3;

/// Writes a table.
pub fn write(sheet: &Sheet, width: Width, out: &mut dyn Write) -> io::Result<()> {
    if sheet.height() == 0 {
        return writeln!(out, "(no rows)");
    }
    let columns = sheet.by_importance();
    let (shown, hidden) = fitting(&columns, width.columns);
    writeln!(out, "{}", table(sheet.height(), &shown, width).trim_fmt())?;
    if !hidden.is_empty() {
        let names: Vec<_> = hidden.iter().map(|column| format::printable(&column.name)).collect();
        let told = format!(
            "Not shown for want of room: {}. A wider terminal shows them, and so does --format csv.",
            names.join(", ")
        );
        for line in wrapped(&told, width.columns, 0) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

/// Takes columns by importance as long as there is room for each at its narrowest.
fn fitting<'a>(
    columns: &[&'a SheetColumn],
    room: Option<u16>,
) -> (Vec<&'a SheetColumn>, Vec<&'a SheetColumn>) {
    let Some(room) = room.map(usize::from) else {
        return (columns.to_vec(), Vec::new());
    };
    let mut used = 0;
    let mut count = 0;
    for column in columns {
        used += narrowest(column) + PADDING;
        // Nothing comes after the last.
        if used > room + 1 && count > 0 {
            break;
        }
        count += 1;
    }
    let (shown, hidden) = columns.split_at(count);
    (shown.to_vec(), hidden.to_vec())
}

fn widest(column: &SheetColumn) -> usize {
    let cells = (0..column.values.len()).map(|row| column.shown(row).width());
    cells.max().unwrap_or(0).max(heading(&column.name).split(' ').map(str::len).max().unwrap_or(0))
}

/// Numbers and identifiers are not broken; sentences may be.
fn narrowest(column: &SheetColumn) -> usize {
    let longest_word = (0..column.values.len())
        .flat_map(|row| column.shown(row).split(' ').map(UnicodeWidthStr::width).collect::<Vec<_>>())
        .max()
        .unwrap_or(0);
    let heading = heading(&column.name).split(' ').map(str::len).max().unwrap_or(0);
    let sentence = widest(column) > longest_word;
    let least = if sentence { longest_word.max(NARROWEST).min(widest(column)) } else { longest_word };
    least.max(heading)
}

/// `availability_zone_ids` as a person reads it.
fn heading(name: &str) -> String {
    format::printable(name).replace('_', " ")
}

/// Builds a table of columns.
fn table(height: usize, columns: &[&SheetColumn], width: Width) -> Table {
    let names: Vec<String> = columns.iter().map(|column| heading(&column.name)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let right: Vec<usize> = (0..columns.len()).filter(|index| columns[*index].is_numeric()).collect();
    let mut table = plain_table(width, &names, &right);
    for (index, column) in columns.iter().enumerate() {
        // What is not a sentence is not broken, unless it alone is wider than the terminal.
        let whole = narrowest(column) >= widest(column) && columns.len() > 1;
        if let Some(shown) = table.column_mut(index).filter(|_| whole) {
            shown.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    for row in 0..height {
        table.add_row(columns.iter().map(|column| {
            let text = column.shown(row);
            let colour = colour(column.format, &text);
            let cell = Cell::new(text);
            let cell = if column.is_numeric() { cell.set_alignment(CellAlignment::Right) } else { cell };
            match colour {
                Some(colour) => cell.fg(colour),
                None => cell,
            }
        }));
    }
    table
}

/// A table with headings and without rows; `right` are the columns that are set flush right.
pub(super) fn plain_table(width: Width, headings: &[&str], right: &[usize]) -> Table {
    let mut table = Table::new();
    table.load_style(RULED_HEADER);
    match width.columns {
        Some(columns) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(columns),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    if width.colour {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table.set_header(headings.iter().enumerate().map(|(index, heading)| {
        let cell = Cell::new(heading).add_attribute(Attribute::Bold);
        if right.contains(&index) { cell.set_alignment(CellAlignment::Right) } else { cell }
    }));
    table
}

/// A sentence in lines that fit beside an indentation.
pub fn wrapped(text: &str, columns: Option<u16>, indentation: usize) -> Vec<String> {
    let room = columns.map_or(usize::MAX, |columns| usize::from(columns).saturating_sub(indentation).max(20));
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let fits =
            lines.last().is_some_and(|line| line.is_empty() || line.width() + 1 + word.width() <= room);
        match lines.last_mut() {
            Some(line) if fits => {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The colour of a word.
pub(super) fn colour(format: Format, text: &str) -> Option<Color> {
    match (format, text) {
        (Format::Severity, "critical") => Some(Color::Magenta),
        (Format::Severity, "high") | (Format::Status, "alarm" | "denied" | "error") => Some(Color::Red),
        (Format::Severity, "medium")
        | (Format::Status, "skip" | "throttled" | "skipped" | "not-enabled" | "expired" | "unused") => {
            Some(Color::Yellow)
        }
        (Format::Severity, "low") | (Format::Status, "info") => Some(Color::Blue),
        (Format::Status, "ok") => Some(Color::Green),
        _ => None,
    }
}
