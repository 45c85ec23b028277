//! What tags must be: the keys that are required, and the values that a key may have.

use crate::error::{Error, Result};

/// What endpoints and endpoint services must carry.
#[derive(Clone, Debug, PartialEq)]
pub struct TagConfig {
    /// Keys that each must have, with a value.
    pub required: Vec<String>,
    /// Values that a key may have. A key that does not occur here may have any.
    pub allowed: Vec<AllowedTag>,
}

/// A value that a key may have, or a pattern of values: any text may stand in place of one `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedTag {
    /// The key, case-sensitive.
    pub key: String,
    /// The value, or what stands before the `*`.
    pub prefix: String,
    /// What stands after the `*`; `None` where there is no `*`, and the value is meant as it is.
    pub suffix: Option<String>,
}

impl Default for TagConfig {
    fn default() -> TagConfig {
        TagConfig { required: vec!["service".to_owned()], allowed: Vec::new() }
    }
}

impl AllowedTag {
    /// Reads a pattern.
    pub fn new(key: &str, pattern: &str) -> Result<AllowedTag> {
        let wrong = |problem: String, hint: &str| Err(Error::usage(problem).hint(hint));
        if key.is_empty() || key.starts_with("aws:") {
            return wrong(
                format!("values cannot be allowed for the tag `{key}`"),
                "give keys that people set; those beginning with `aws:` are AWS's own",
            );
        }
        if pattern.is_empty() {
            return wrong(
                format!("the tag `{key}` cannot be allowed to be empty"),
                "a tag without a value counts as missing; leave the empty value out",
            );
        }
        let (prefix, suffix) = match pattern.split_once('*') {
            None => (pattern, None),
            Some((_, suffix)) if suffix.contains('*') => {
                return wrong(
                    format!("the pattern `{pattern}` of the tag `{key}` has more than one `*`"),
                    "one `*` may stand at the beginning, at the end or in between, and only `*` is special",
                );
            }
            Some((prefix, suffix)) => (prefix, Some(suffix.to_owned())),
        };
        Ok(AllowedTag { key: key.to_owned(), prefix: prefix.to_owned(), suffix })
    }
}
