//! Tables for people, as wide as the terminal is. Every table of plaudit is laid out here.
//!
//! Columns come in the order of importance. Those that answer stand on the row's line where there is room,
//! and below it where there is none; the others are shown where they fit whole.

use std::io::{self, Write};

use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle,
};
use unicode_width::UnicodeWidthStr;

use super::fold::{fold, least};
use super::sheet::Format;
use super::terminal::Width;

/// No frame: one line under the headings.
const RULED_HEADER: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Between two columns.
const GAP: usize = 2;

/// Before the first column.
const MARGIN: usize = 1;

/// Before what stands below a row.
const BELOW: usize = 5;

/// A narrower terminal has lines of this length all the same.
const NARROWEST: usize = 24;

/// Words are cut where they are longer than this: `vpce-svc-0123456789abcdef0` is whole.
const LONGEST_WORD: usize = 26;

/// A cell of so many words is a sentence.
const WORDS: usize = 6;

/// The least room for a sentence beside other columns.
const SENTENCE: usize = 40;

/// A column.
#[derive(Clone, Debug, Default)]
pub struct Column {
    /// What stands above it.
    pub heading: String,
    /// Whether it is set flush right.
    pub is_numeric: bool,
    /// Which colours its words have.
    pub format: Format,
    /// Its text, row by row.
    pub cells: Vec<String>,
}

impl Column {
    /// A column of text.
    pub fn new(heading: &str, cells: Vec<String>) -> Column {
        Column { heading: heading.to_owned(), cells, ..Column::default() }
    }

    /// The same with numbers in it.
    pub fn numeric(self) -> Column {
        Column { is_numeric: true, ..self }
    }

    fn want(&self) -> usize {
        self.cells.iter().map(|cell| cell.width()).max().unwrap_or(0).max(self.least_heading())
    }

    fn least_heading(&self) -> usize {
        self.heading.split(' ').map(UnicodeWidthStr::width).max().unwrap_or(0)
    }

    fn is_sentence(&self) -> bool {
        !self.is_numeric && self.cells.iter().any(|cell| cell.split(' ').count() >= WORDS)
    }

    /// The room that a column needs on a row's line. Numbers are not cut, and sentences have two lines.
    fn need(&self, longest: usize) -> usize {
        let want = self.want();
        if self.is_numeric {
            return want;
        }
        let words = self.cells.iter().map(|cell| least(cell, longest)).max().unwrap_or(0);
        let words = words.max(self.least_heading());
        if self.is_sentence() { words.max(want.div_ceil(2)).max(SENTENCE).min(want) } else { words }
    }
}

/// Where columns stand, by their index.
#[derive(Debug, Default)]
struct Layout {
    /// On the row's line, each with its width.
    beside: Vec<(usize, usize)>,
    below: Vec<usize>,
    hidden: Vec<usize>,
}

/// Places columns, the first `answering` of which are shown in any case.
fn lay_out(columns: &[Column], answering: usize, room: Option<usize>) -> Layout {
    let Some(room) = room else {
        let beside = columns.iter().map(Column::want).enumerate().collect();
        return Layout { beside, ..Layout::default() };
    };
    let longest = LONGEST_WORD.min(room / 2 + 4);
    let mut layout = Layout::default();
    let mut left = room - MARGIN;
    for (index, column) in columns.iter().enumerate().take(answering) {
        let need = column.need(longest);
        match layout.beside.is_empty() {
            true => layout.beside.push((index, need.min(left))),
            false if need + GAP <= left => {
                left -= GAP;
                layout.beside.push((index, need));
            }
            false => {
                layout.below.push(index);
                continue;
            }
        }
        left = left.saturating_sub(need);
    }
    // The most needy comes last, so that one long column does not starve the others.
    let mut order: Vec<usize> = (0..layout.beside.len()).collect();
    order.sort_by_key(|at| columns[layout.beside[*at].0].want());
    for at in order {
        let (index, width) = &mut layout.beside[at];
        let more = columns[*index].want().saturating_sub(*width).min(left);
        *width += more;
        left -= more;
    }
    for (index, column) in columns.iter().enumerate().skip(answering) {
        let want = column.want();
        let need = if column.is_sentence() { column.need(longest) } else { want };
        if need + GAP > left {
            layout.hidden.push(index);
            continue;
        }
        let width = want.min(left - GAP);
        left -= width + GAP;
        layout.beside.push((index, width));
    }
    layout.beside.sort_unstable();
    layout
}

/// Writes a table, the first `answering` columns of which are shown in any case, and gives the headings of
/// those for which there was no room.
pub fn write(
    columns: &[Column],
    answering: usize,
    width: Width,
    out: &mut dyn Write,
) -> io::Result<Vec<String>> {
    let room = width.columns.map(|columns| usize::from(columns).max(NARROWEST));
    let layout = lay_out(columns, answering, room);
    let height = columns.first().map_or(0, |column| column.cells.len());
    // Lines of a row are rows of the drawing: below the last of them stands what has no room beside.
    let mut table = drawing(columns, &layout, width);
    let mut ends = Vec::with_capacity(height);
    let mut lines = 0;
    for row in 0..height {
        let cells: Vec<Vec<String>> =
            layout.beside.iter().map(|(index, width)| fold(&columns[*index].cells[row], *width)).collect();
        let tallest = cells.iter().map(Vec::len).max().unwrap_or(0).max(1);
        for line in 0..tallest {
            table.add_row(layout.beside.iter().zip(&cells).map(|((index, _), cell)| {
                painted(&columns[*index], cell.get(line).map_or("", String::as_str))
            }));
        }
        lines += tallest;
        ends.push(lines);
    }
    let text = table.trim_fmt();
    let headings = text.lines().count().saturating_sub(lines);
    let mut row = 0;
    for (number, line) in text.lines().enumerate() {
        writeln!(out, "{line}")?;
        if ends.get(row).is_some_and(|end| number + 1 == headings + end) {
            write_below(columns, &layout.below, row, room, out)?;
            row += 1;
        }
    }
    Ok(layout.hidden.iter().map(|index| columns[*index].heading.clone()).collect())
}

/// The drawing, with its headings and without rows.
fn drawing(columns: &[Column], layout: &Layout, width: Width) -> Table {
    let headings: Vec<Vec<String>> =
        layout.beside.iter().map(|(index, width)| fold(&columns[*index].heading, *width)).collect();
    let tallest = headings.iter().map(Vec::len).max().unwrap_or(0);
    let mut table = Table::new();
    // Everything is folded already, so there is room for all of it.
    table.load_style(RULED_HEADER).set_content_arrangement(ContentArrangement::Dynamic).set_width(u16::MAX);
    if width.colour {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table.set_header(layout.beside.iter().zip(headings).map(|((index, _), lines)| {
        // Headings stand on the line below them.
        let text = format!("{}{}", "\n".repeat(tallest - lines.len()), lines.join("\n"));
        aligned(&columns[*index], Cell::new(text).add_attribute(Attribute::Bold))
    }));
    for (at, (_, width)) in layout.beside.iter().enumerate() {
        let whole = u16::try_from(width + MARGIN).unwrap_or(u16::MAX);
        if let Some(column) = table.column_mut(at) {
            // The line below the headings is drawn over a column between columns: one of the two blanks of a gap.
            column.set_padding((1, 0));
            column.set_constraint(ColumnConstraint::Absolute(comfy_table::Width::Fixed(whole)));
        }
    }
    table
}

fn aligned(column: &Column, cell: Cell) -> Cell {
    if column.is_numeric { cell.set_alignment(CellAlignment::Right) } else { cell }
}

fn painted(column: &Column, text: &str) -> Cell {
    let cell = aligned(column, Cell::new(text));
    match colour(column.format, text) {
        Some(colour) => cell.fg(colour),
        None => cell,
    }
}

/// Writes what does not fit on the row's line: values with their headings, then sentences.
fn write_below(
    columns: &[Column],
    below: &[usize],
    row: usize,
    room: Option<usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let room = room.unwrap_or(usize::MAX).saturating_sub(BELOW);
    let given = below
        .iter()
        .map(|index| &columns[*index])
        .filter(|column| !matches!(column.cells[row].as_str(), "" | super::sheet::NOTHING));
    let (sentences, values): (Vec<&Column>, Vec<&Column>) = given.partition(|column| column.is_sentence());
    let values: Vec<String> =
        values.iter().map(|column| format!("{}: {}", column.heading, column.cells[row])).collect();
    let mut lines = Vec::new();
    if !values.is_empty() {
        lines.extend(fold(&values.join(", "), room));
    }
    for sentence in sentences {
        lines.extend(fold(&sentence.cells[row], room));
    }
    lines.iter().try_for_each(|line| writeln!(out, "{}{line}", " ".repeat(BELOW)))
}

/// The colour of a word.
fn colour(format: Format, text: &str) -> Option<Color> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(columns: &[Column], answering: usize, room: u16) -> (Vec<String>, Vec<String>) {
        let mut out = Vec::new();
        let width = Width { columns: Some(room), colour: false };
        let hidden = write(columns, answering, width, &mut out).expect("written");
        (String::from_utf8(out).expect("UTF-8").lines().map(str::to_owned).collect(), hidden)
    }

    #[test]
    fn headings_count_and_nothing_is_wider_than_the_terminal() {
        let text = |heading: &str, cell: &str| Column::new(heading, vec![cell.to_owned(); 3]);
        let columns = [
            text("organizational unit", "x"),
            text("monthly cost", "$1,234,567.89").numeric(),
            text("service name", "com.amazonaws.vpce.eu-central-1.vpce-svc-0123456789abcdef0"),
            text(
                "message",
                "a sentence that is much longer than what a narrow terminal has room for beside the rest",
            ),
            text("evidence", "{\"a\":\"b\",\"c\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]}"),
        ];
        for room in 40..220 {
            let (lines, hidden) = shown(&columns, 4, room);
            let widest = lines.iter().map(|line| line.width()).max().unwrap_or(0);
            assert!(widest <= usize::from(room).max(NARROWEST), "{widest} at {room}:\n{}", lines.join("\n"));
            let letters: String = lines.concat().split_whitespace().collect();
            for word in ["$1,234,567.89", "vpce-svc-0123456789abcdef0", "much", "terminal"] {
                assert!(letters.contains(word) || room < 60, "{word} at {room}:\n{}", lines.join("\n"));
            }
            assert!(lines.len() < 40, "shredded at {room}:\n{}", lines.join("\n"));
            assert_eq!(hidden.is_empty(), letters.contains("evidence"), "{room}");
        }
    }

    #[test]
    fn what_answers_stands_below_where_there_is_no_room_beside() {
        let text = |heading: &str, cell: &str| Column::new(heading, vec![cell.to_owned()]);
        let columns = [
            text("rule", "orphaned-endpoint"),
            text("resource", "vpce-0123456789abcdef0"),
            text("saving", "$7.30").numeric(),
            text("message", "no bytes in 90 days, 3 zones are still billed"),
            text("note", "-"),
        ];
        let (lines, _) = shown(&columns, 5, 40);
        assert_eq!(
            lines,
            [
                " rule               saving  note",
                "────────────────────────────────",
                " orphaned-endpoint   $7.30  -",
                "     resource: vpce-0123456789abcdef0",
                "     no bytes in 90 days, 3 zones are",
                "     still billed",
            ]
        );
    }
}
