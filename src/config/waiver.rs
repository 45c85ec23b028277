//! Findings that somebody has answered for.

use globset::{Glob, GlobMatcher};
use jiff::civil::Date;
use serde::Deserialize;
use toml::Spanned;

use super::file::File;
use crate::error::{Error, Result};

/// A finding that somebody has answered for: hidden from the exit status, never from an export.
#[derive(Clone, Debug)]
pub struct Waiver {
    /// The rule.
    pub rule: String,
    /// Which resources: a pattern such as `vpce-0abc*`.
    pub resource: Option<Pattern>,
    /// Which accounts, by id or name.
    pub account: Option<Pattern>,
    /// Which Regions.
    pub region: Option<Pattern>,
    /// Which tag the resource must carry: key and value pattern.
    pub tag: Option<(String, Pattern)>,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day on which it holds.
    pub expires: Date,
    /// File and line, for reports about the waiver itself.
    pub place: String,
}

/// A pattern with `*` and `?`.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    matcher: GlobMatcher,
}

/// The longest pattern, in bytes: an ARN has at most 2,048.
pub(super) const LONGEST_PATTERN: usize = 2048;

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    ///
    /// Where it is longer than whatever it could stand for: it would take memory without end to compile.
    pub fn new(text: &str) -> std::result::Result<Pattern, String> {
        if text.len() > LONGEST_PATTERN {
            return Err(format!("it has {} bytes, and may have {LONGEST_PATTERN}", text.len()));
        }
        // Everything but `*` and `?` stands for itself.
        let plain: String = text
            .chars()
            .map(|c| match c {
                '[' | ']' | '{' | '}' => format!("[{c}]"),
                '\\' => "\\\\".to_owned(),
                c => c.to_string(),
            })
            .collect();
        let matcher = Glob::new(&plain).map_err(|error| error.to_string())?.compile_matcher();
        Ok(Pattern { text: text.to_owned(), matcher })
    }

    /// Whether the whole of a text fits.
    pub fn matches(&self, text: &str) -> bool {
        self.matcher.is_match(text)
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWaiver {
    rule: String,
    resource: Option<Spanned<String>>,
    account: Option<Spanned<String>>,
    region: Option<Spanned<String>>,
    tag: Option<Spanned<String>>,
    reason: String,
    owner: String,
    expires: Spanned<toml::value::Datetime>,
}

impl RawWaiver {
    /// Checks a waiver; `place` is where it begins.
    pub(super) fn check(self, file: &File, place: String) -> Result<Waiver> {
        let expires = self
            .expires
            .get_ref()
            .date
            .and_then(|date| Date::new(date.year.try_into().ok()?, date.month as i8, date.day as i8).ok())
            .ok_or_else(|| {
                file.wrong(&self.expires, "the waiver's `expires` is no date")
                    .hint("write a date without quotes: expires = 2027-03-31")
            })?;
        let pattern = |text: Option<Spanned<String>>| match text {
            None => Ok(None),
            Some(text) => Pattern::new(text.get_ref()).map(Some).map_err(|error| {
                file.wrong(&text, format!("the waiver's pattern is broken: {error}"))
                    .hint("`*` stands for any text and `?` for one character")
            }),
        };
        let tag = match self.tag {
            None => None,
            Some(text) => {
                let (key, value) = text.get_ref().split_once('=').unwrap_or((text.get_ref(), "*"));
                if key.trim().is_empty() {
                    return Err(file
                        .wrong(&text, "the waiver's tag has no key")
                        .hint("write tag = \"environment=sand*\""));
                }
                let value = Pattern::new(value).map_err(|error| {
                    file.wrong(&text, format!("the waiver's tag pattern is broken: {error}"))
                        .hint("write tag = \"environment=sand*\"")
                })?;
                Some((key.to_owned(), value))
            }
        };
        let waiver = Waiver {
            rule: self.rule,
            resource: pattern(self.resource)?,
            account: pattern(self.account)?,
            region: pattern(self.region)?,
            tag,
            reason: self.reason,
            owner: self.owner,
            expires,
            place,
        };
        let narrows = |pattern: &Option<Pattern>| {
            pattern.as_ref().is_some_and(|pattern| pattern.as_str().chars().any(|c| !matches!(c, '*' | '?')))
        };
        let narrow = narrows(&waiver.resource)
            || narrows(&waiver.account)
            || narrows(&waiver.region)
            || waiver.tag.is_some();
        if !narrow {
            return Err(Error::usage(format!("the waiver for `{}` matches everything", waiver.rule))
                .at(&waiver.place)
                .hint(format!(
                    "name a resource, account, region or tag; to switch the rule off write [rules.{}] enabled = false",
                    waiver.rule
                )));
        }
        if waiver.reason.trim().is_empty() || waiver.owner.trim().is_empty() {
            return Err(Error::usage("the waiver has no reason or no owner")
                .at(&waiver.place)
                .hint("say why, and who answers for it: both are shown to the next reader"));
        }
        Ok(waiver)
    }
}
