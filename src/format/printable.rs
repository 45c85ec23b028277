//! Text that strangers wrote, made safe for a terminal.

use std::borrow::Cow;
use std::io::{self, Write};

use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

/// What stands where a character was that is not shown.
const REPLACEMENT: char = '\u{fffd}';

/// What begins a command to the terminal.
const ESCAPE: char = '\u{1b}';

/// Joins letters (Indic scripts) and the parts of an emoji.
const JOINER: char = '\u{200d}';

/// Keeps letters apart that would join (Persian, Indic scripts).
const NON_JOINER: char = '\u{200c}';

/// Text in one line that a terminal shows as it is, and does not obey.
///
/// Characters of the general categories Cc (controls: ESC, BEL, C1), Cf (formats: the bidirectional
/// ones, U+061C among them, and invisible ones), Zl and Zp (line and paragraph separator) are replaced
/// by U+FFFD, tabs and line breaks by blanks.
///
/// The two joiners, of category Cf, stay between characters beyond ASCII. Persian and Indic words and
/// many emoji need them there, and they neither command a terminal nor turn the direction of writing.
/// Elsewhere they serve only to make two names look alike, and are replaced.
pub fn printable(text: &str) -> String {
    shown(text, &[], false)
}

/// The same for several lines: line breaks and tabs stay.
pub fn printable_lines(text: &str) -> String {
    shown(text, &['\n', '\t'], false)
}

/// Whether a character is text: none that a terminal obeys, that turns the direction of writing, or
/// that nobody sees.
pub fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    !matches!(
        CodePointMapData::<GeneralCategory>::new().get(c),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    )
}

/// Whether text is [`printable`] as it is.
pub fn is_all_printable(text: &str) -> bool {
    text.chars().all(is_printable) || printable(text) == text
}

/// A writer for people: what passes through is [`printable`], line by line; tabs stay.
///
/// Where colours are wanted, the styles that plaudit itself uses pass as well. Text of strangers is made
/// printable before it is styled, so that none of theirs is among them; this is the second lock.
pub struct Printable<W: Write> {
    out: W,
    colours: bool,
    line: Vec<u8>,
}

impl<W: Write> Printable<W> {
    /// Writes to `out`; `colours` says whether styles pass.
    pub fn new(out: W, colours: bool) -> Printable<W> {
        Printable { out, colours, line: Vec::new() }
    }

    fn write_line(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.line);
        if line.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t')) {
            return self.out.write_all(&line);
        }
        let text = String::from_utf8_lossy(&line);
        self.out.write_all(shown(&text, &['\n', '\t'], self.colours).as_bytes())
    }
}

impl<W: Write> Write for Printable<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                self.write_line()?;
            }
        }
        Ok(bytes.len())
    }

    /// Writes what is there of the last line, too.
    fn flush(&mut self) -> io::Result<()> {
        self.write_line()?;
        self.out.flush()
    }
}

/// Text for JSON, which people print as well: what is not printable is written as `\uXXXX`.
///
/// Such characters stand only within the strings of a JSON document, where an escape means the same, so
/// this may be given a whole document. Below U+0020 the serializer has escaped them already.
pub fn escaped_json(document: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c < '\u{7f}' || is_printable(c);
    if document.chars().all(is_plain) {
        return Cow::Borrowed(document);
    }
    let mut out = String::with_capacity(document.len() + 32);
    for c in document.chars() {
        if is_plain(c) {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    Cow::Owned(out)
}

fn shown(text: &str, kept: &[char], colours: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(style) = style(rest).filter(|_| colours) {
            out.push_str(style);
            rest = &rest[style.len()..];
            continue;
        }
        rest = &rest[c.len_utf8()..];
        let letter = match c {
            c if is_printable(c) || kept.contains(&c) => c,
            '\t' | '\n' | '\r' => ' ',
            JOINER | NON_JOINER if may_join(before) && rest.chars().next().is_some_and(may_join) => c,
            _ => REPLACEMENT,
        };
        out.push(letter);
        before = letter;
    }
    out
}

fn may_join(c: char) -> bool {
    !c.is_ascii() && c != REPLACEMENT && is_printable(c)
}

/// The style at the beginning of a text, where there is one: bold and the like, sixteen colours, and back
/// to plain. Nothing that hides text, moves the cursor or asks the terminal for something.
fn style(text: &str) -> Option<&str> {
    let parameters = text.strip_prefix(ESCAPE)?.strip_prefix('[')?;
    let parameters = &parameters[..parameters.find('m')?];
    let is_style = |number: &str| {
        number.parse().is_ok_and(|number: u8| matches!(number, 0..=4 | 22..=24 | 30..=37 | 39 | 90..=97))
    };
    let indexed = parameters.strip_prefix("38;5;").and_then(|number| number.parse::<u8>().ok());
    let known = indexed.is_some_and(|number| number < 16) || parameters.split(';').all(is_style);
    known.then(|| &text[..parameters.len() + 3])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_replaced() {
        assert_eq!(printable("a\u{1b}[31mb\nc\u{202e}d"), "a\u{fffd}[31mb c\u{fffd}d");
        for c in [
            '\u{7}',
            '\u{7f}',
            '\u{9b}',
            '\u{ad}',
            '\u{61c}',
            '\u{180e}',
            '\u{200b}',
            '\u{2028}',
            '\u{2029}',
            '\u{2066}',
            '\u{feff}',
            '\u{e0041}',
        ] {
            assert_eq!(printable(&format!("é{c}é")), "é\u{fffd}é", "{c:?}");
            assert_eq!(printable_lines(&format!("é{c}é")), "é\u{fffd}é", "{c:?}");
        }
        assert_eq!(printable_lines("a\tb\r\nc"), "a\tb \nc");
    }

    #[test]
    fn names_in_any_script_stay_what_they_are() {
        for name in ["Zahlungsverkehr – Köln", "می‌خواهم", "क्‍ष", "👩🏽‍💻", "日本語", "🏴‍☠️"]
        {
            assert_eq!(printable(name), name);
        }
        // A joiner between letters of ASCII makes one name look like another.
        assert_eq!(printable("pro\u{200d}d\u{200c}"), "pro\u{fffd}d\u{fffd}");
    }

    #[test]
    fn only_the_styles_of_plaudit_itself_pass_and_only_where_colours_are_wanted() {
        let written = |text: &str, colours: bool| {
            let mut out = Vec::new();
            let mut printable = Printable::new(&mut out, colours);
            // Byte by byte: characters and styles are cut wherever a buffer ends.
            text.bytes().for_each(|byte| printable.write_all(&[byte]).unwrap());
            printable.flush().unwrap();
            String::from_utf8(out).unwrap()
        };
        let styled = "\u{1b}[1mé\u{1b}[0m \u{1b}[38;5;9mred\u{1b}[39m\n\u{1b}[1;31mlast";
        assert_eq!(written(styled, true), styled);
        assert!(!written(styled, false).contains('\u{1b}'));
        for hostile in
            ["\u{1b}[8mhidden", "\u{1b}[2J", "\u{1b}]0;title\u{7}", "\u{1b}[38;5;99m", "\u{1b}[m", "\u{1b}["]
        {
            assert!(!written(hostile, true).contains(['\u{1b}', '\u{7}']), "{hostile:?}");
        }
    }

    /// Text in which what matters is frequent.
    pub(in crate::format) fn hostile_text() -> impl Strategy<Value = String> {
        let letters = prop_oneof![
            any::<char>(),
            prop::sample::select(vec![
                '\u{1b}',
                '\u{7}',
                '\u{7f}',
                '\u{9b}',
                '\u{202e}',
                '\u{61c}',
                '\u{2028}',
                '\u{200d}',
                '\u{e0041}',
                '"',
                '\\',
                '\n',
                '[',
                'm',
                '1',
                'é',
                '日',
            ]),
        ];
        prop::collection::vec(letters, 0..24).prop_map(|letters| letters.into_iter().collect())
    }

    proptest! {
        #[test]
        fn nothing_unseen_is_left_and_nothing_seen_is_lost(text in hostile_text()) {
            let once = printable(&text);
            prop_assert!(once.chars().all(|c| is_printable(c) || c == JOINER || c == NON_JOINER));
            prop_assert_eq!(once.chars().count(), text.chars().count());
            for (before, after) in text.chars().zip(once.chars()) {
                prop_assert!(before == after || !is_printable(before));
            }
            prop_assert_eq!(printable(&once), once);
        }

        #[test]
        fn json_says_the_same_and_holds_nothing_unseen(text in hostile_text()) {
            let value = serde_json::json!({ text.clone(): [text] });
            let document = serde_json::to_string(&value).unwrap();
            let escaped = escaped_json(&document);
            prop_assert!(escaped.chars().all(is_printable), "{:?}", escaped);
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).unwrap(), value);
        }
    }

    /// The category is ICU's; the ranges of Cf in Unicode's UnicodeData.txt, as far as they are old,
    /// are another source.
    #[test]
    fn the_categories_are_those_of_unicode() {
        let formats: Vec<u32> = (0x80..=0x10_ffff)
            .filter(|code| char::from_u32(*code).is_some_and(|c| !c.is_control() && !is_printable(c)))
            .collect();
        for range in [
            0xad..=0xad,
            0x600..=0x605,
            0x61c..=0x61c,
            0x6dd..=0x6dd,
            0x70f..=0x70f,
            0x180e..=0x180e,
            0x200b..=0x200f,
            0x2028..=0x202e,
            0x2060..=0x2064,
            0x2066..=0x206f,
            0xfeff..=0xfeff,
            0xfff9..=0xfffb,
            0x1d173..=0x1d17a,
            0xe0001..=0xe0001,
            0xe0020..=0xe007f,
        ] {
            for code in range {
                assert!(formats.contains(&code), "U+{code:04X}");
            }
        }
        assert!(formats.len() < 250, "{}", formats.len());
    }
}
