//! CSV for spreadsheets and for scripts.

use std::borrow::Cow;
use std::io::{self, Write};

use super::sheet::Sheet;
use crate::engine::Value;
use crate::format;

/// Characters with which a cell begins that a spreadsheet computes; full-width forms count where the
/// spreadsheet's language has them. Source: OWASP, "CSV Injection".
const FORMULA: &[char] = &['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// What a spreadsheet may take for the end of a cell, though it stands within quotes: a reader that
/// splits at semicolons or tabs sees no quotes that begin after a comma.
const SEPARATORS: &[char] = &[';', '\t', '\r', '\n'];

/// What begins a cell that is text.
const TEXT: char = '\'';

/// Writes a header and one record per row.
///
/// Every text stands in quotes, numbers, days and truth values do not, and an absent value is nothing at
/// all: `""` is empty text. Names of columns that are plain words stand as they are.
///
/// Text comes from AWS, where strangers wrote it, so that what a spreadsheet would compute is
/// [`neutralised`], for readers that split at commas, semicolons or tabs.
pub fn write(sheet: &Sheet, out: &mut dyn Write) -> io::Result<()> {
    let names: Vec<Cow<str>> = sheet.columns().iter().map(|column| heading(&column.name)).collect();
    writeln!(out, "{}", names.join(","))?;
    for row in 0..sheet.height() {
        for (index, column) in sheet.columns().iter().enumerate() {
            let separator = if index == 0 { "" } else { "," };
            match &column.values[row] {
                Value::Text(text) => write!(out, "{separator}{}", quoted(text))?,
                // Readers pass over an empty line.
                Value::Null if names.len() == 1 => write!(out, "\"\"")?,
                // A column of numbers keeps its type: readers take `0` for a whole number.
                Value::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
                    write!(out, "{separator}{number:.1}")?;
                }
                other => write!(out, "{separator}{}", other.to_plain())?,
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

fn heading(name: &str) -> Cow<'_, str> {
    let is_plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_plain { Cow::Borrowed(name) } else { Cow::Owned(quoted(name)) }
}

/// A cell as RFC 4180 quotes it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", neutralised(text).replace('"', "\"\""))
}

/// Text that no spreadsheet computes. A plain number, such as the protocol `-1`, is one to a spreadsheet too,
/// and stays as it is.
///
/// An apostrophe is put at the beginning of the cell, and after each semicolon, tab and line break in it,
/// where one of `= + - @` or its full-width form follows, be there blanks, quotes or characters that
/// nobody sees in between; at the beginning also before a tab or line break. Where an apostrophe stands at
/// such a place already, it is doubled. So this is undone by taking one apostrophe away at each of these
/// places, in Python `re.sub(r"(^|[;\t\r\n])'", r"\1", cell)`.
pub fn neutralised(text: &str) -> Cow<'_, str> {
    if is_number(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    let mut copied = 0;
    let starts = std::iter::once(0).chain(text.match_indices(SEPARATORS).map(|(at, _)| at + 1));
    for start in starts {
        let rest = &text[start..];
        let first = start == 0 && rest.starts_with(['\t', '\r', '\n']);
        if first || rest.starts_with(TEXT) || is_formula(rest) {
            out.push_str(&text[copied..start]);
            out.push(TEXT);
            copied = start;
        }
    }
    if out.is_empty() {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

fn is_number(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    digits(whole.strip_prefix('-').unwrap_or(whole)) && digits(fraction)
}

fn is_formula(rest: &str) -> bool {
    let is_passed_over = |c: char| c == '"' || c.is_whitespace() || !format::is_printable(c);
    rest.trim_start_matches(is_passed_over).starts_with(FORMULA)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use polars::prelude::*;
    use proptest::prelude::*;

    use super::super::Sheet;
    use super::*;
    use crate::engine::Answer;

    #[test]
    fn a_negative_number_is_no_formula() {
        assert_eq!([neutralised("-1"), neutralised("-0.5")], ["-1", "-0.5"]);
        assert_eq!([neutralised("-1+2"), neutralised("-"), neutralised("-1 ")], ["'-1+2", "'-", "'-1 "]);
    }

    /// Takes away what [`neutralised`] has put in.
    fn restored(cell: &str) -> String {
        let mut out = String::new();
        let mut at_start = true;
        for c in cell.chars() {
            if !(at_start && c == TEXT) {
                out.push(c);
            }
            at_start = SEPARATORS.contains(&c);
        }
        out
    }

    fn export(columns: Vec<Column>) -> String {
        let frame = DataFrame::new_infer_height(columns).unwrap();
        let mut out = Vec::new();
        write(&Sheet::new(Answer::new(frame), &BTreeMap::new(), &[], &[]), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// What a reader that splits at a character sees.
    fn read(text: &str, separator: u8) -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator)
            .from_reader(text.as_bytes());
        reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    #[test]
    fn cells_that_a_spreadsheet_would_run_are_neutralised() {
        for text in [
            "=1+1",
            "+1",
            "-1+1",
            "@SUM(A1)",
            "\r=1",
            "＝1",
            "＋1",
            "－1",
            "＠x",
            "  =1",
            "\u{a0}=1",
            "\u{200b}=1",
            "\"=1",
        ] {
            assert!(neutralised(text).starts_with('\''), "{text:?}");
        }
        assert_eq!(neutralised("\t=1"), "'\t'=1");
        assert_eq!(neutralised("x;=1+41;"), "x;'=1+41;");
        assert_eq!(neutralised("x; \"=1\n@a"), "x;' \"=1\n'@a");
        assert_eq!(neutralised("'=1"), "''=1");
        for text in ["", "vpce-1", "a=1", "a\n\nb; c", "{\"k\":\"=1\"}", "it's"] {
            assert_eq!(neutralised(text), text);
        }
    }

    #[test]
    fn text_is_quoted_and_nothing_is_told_from_empty_text() {
        let text = export(vec![
            Column::new("name".into(), [Some("a\"b"), Some(""), None]),
            Column::new("n;=1".into(), [1.5, 2.0, -3.0]),
            Column::new("ok".into(), [Some(true), None, Some(false)]),
        ]);
        assert_eq!(text, "name,\"n;'=1\",ok\n\"a\"\"b\",1.5,true\n\"\",2.0,\n,-3.0,false\n");
    }

    /// Text in which what matters is frequent.
    fn hostile_text() -> impl Strategy<Value = String> {
        let letters = prop_oneof![
            any::<char>(),
            prop::sample::select("=+-@＝＋－＠;,'\"\t\r\n \u{200b}\u{1b}1a".chars().collect::<Vec<_>>()),
        ];
        prop::collection::vec(letters, 0..12).prop_map(|letters| letters.into_iter().collect())
    }

    proptest! {
        #[test]
        fn what_was_neutralised_can_be_restored(text in hostile_text()) {
            prop_assert_eq!(restored(&neutralised(&text)), text);
        }

        #[test]
        fn no_cell_begins_like_a_formula_however_it_is_split(
            rows in prop::collection::vec((hostile_text(), hostile_text(), prop::option::of(hostile_text())), 1..4),
        ) {
            let text = export(vec![
                Column::new("a".into(), rows.iter().map(|row| row.0.as_str()).collect::<Vec<_>>()),
                Column::new("b".into(), rows.iter().map(|row| row.1.as_str()).collect::<Vec<_>>()),
                Column::new("c".into(), rows.iter().map(|row| row.2.as_deref()).collect::<Vec<_>>()),
            ]);
            for separator in [b',', b';', b'\t'] {
                for cell in read(&text, separator).concat() {
                    let seen = cell.trim_start_matches(|c: char| c.is_whitespace() || !format::is_printable(c));
                    prop_assert!(!seen.starts_with(FORMULA) || is_number(&cell), "{:?} of {:?}", cell, text);
                }
            }
            // And a reader that splits at commas gets all of it back.
            let cells: Vec<Vec<String>> = read(&text, b',').into_iter().skip(1).collect();
            prop_assert_eq!(cells.len(), rows.len());
            for (cells, row) in cells.iter().zip(&rows) {
                let given = [row.0.clone(), row.1.clone(), row.2.clone().unwrap_or_default()];
                prop_assert_eq!(cells.iter().map(|cell| restored(cell)).collect::<Vec<_>>(), given);
            }
        }
    }
}
