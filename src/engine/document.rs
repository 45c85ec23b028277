//! A `.sql` file of ours: a TOML header in the leading comment, then one statement.
//!
//! ```sql
//! /*---
//! title = "..."
//! ---*/
//! SELECT ...
//! ```

use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::format;

const OPENING: &str = "/*---";
const CLOSING: &str = "---*/";

/// The largest file that is read, in bytes.
const LARGEST: usize = 512 * 1024;

/// The parts of a file. Lines are counted from the start of the file in both.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// What errors call the file.
    pub name: &'a str,
    /// The TOML between the fences.
    pub header: &'a str,
    /// The whole file: the header is a comment to SQL, and lines stay what they are.
    pub sql: &'a str,
}

impl<'a> Document<'a> {
    /// Finds the header.
    pub fn split(name: &'a str, text: &'a str) -> Result<Document<'a>> {
        let wrong = |problem: &str, line: usize| {
            Error::usage(problem).at(format!("{name}:{line}")).hint(format!(
                "begin the file with a line `{OPENING}`, the header in TOML, and a line `{CLOSING}`"
            ))
        };
        if text.len() > LARGEST {
            return Err(wrong("the file is too large", 1));
        }
        // Whoever reviews a rule sees the text that is run.
        let is_seen = |c: char| c.is_ascii_whitespace() || format::is_printable(c);
        if let Some(at) = text.find(|c| !is_seen(c)) {
            let found = u32::from(text[at..].chars().next().unwrap_or_default());
            let line = 1 + text[..at].matches('\n').count();
            return Err(Error::usage(format!("the file holds a character that is not seen: U+{found:04X}"))
                .at(format!("{name}:{line}"))
                .hint("take it out; where it is needed, in the header's texts, write it as \"\\uXXXX\""));
        }
        let body = text
            .strip_prefix(OPENING)
            .filter(|rest| rest.starts_with('\n') || rest.starts_with("\r\n"))
            .ok_or_else(|| wrong("the file does not begin with a header", 1))?;
        let end = body
            .match_indices(CLOSING)
            .map(|(index, _)| index)
            .find(|index| body[..*index].ends_with('\n'))
            .ok_or_else(|| wrong("the header is not closed", 1))?;
        if body[..end].contains("*/") {
            let line = 1 + body[..body.find("*/").unwrap_or(0)].matches('\n').count();
            return Err(wrong("the header contains `*/`, which ends the comment early", line));
        }
        Ok(Document { name, header: &body[..end], sql: text })
    }

    /// Reads the header.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        toml::from_str(self.header).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            Error::usage(format!("the header is broken: {}", error.message()))
                .at(self.place(offset))
                .hint("`plaudit rules show orphaned-endpoint --source` shows a header with every key")
        })
    }

    /// File and line of an offset into the header.
    pub fn place(&self, offset: usize) -> String {
        let before = self.header.as_bytes().iter().take(offset);
        let line = 1 + before.filter(|byte| **byte == b'\n').count();
        format!("{}:{line}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    struct Header {
        #[allow(dead_code)]
        title: String,
    }

    fn problem(text: &str) -> String {
        Document::split("a.sql", text)
            .and_then(|document| document.parse::<Header>().map(|_| ()))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let message = problem("/*---\ntitle = \"t\"\ntitel = \"t\"\n---*/\nSELECT 1");
        assert!(message.contains("unknown field `titel`"), "{message}");
        assert!(message.contains("a.sql:3"), "{message}");
    }

    #[test]
    fn a_character_that_nobody_sees_is_refused_with_its_line() {
        // As in "Trojan Source", CVE-2021-42574: what is reviewed is not what is run.
        let message = problem("/*---\ntitle = \"t\"\n---*/\nSELECT 1 -- \u{202e} x\n");
        assert!(message.contains("a character that is not seen: U+202E"), "{message}");
        assert!(message.contains("a.sql:4"), "{message}");
    }

    #[test]
    fn a_file_without_fence_is_refused() {
        assert!(problem("SELECT 1").contains("does not begin with a header"));
        assert!(problem("/*---\ntitle = \"t\"\nSELECT 1").contains("not closed"));
        assert!(problem("/*---\ntitle = \"*/\"\n---*/\nSELECT 1").contains("ends the comment early"));
    }
}
