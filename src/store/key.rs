//! Names of files below a store or a folder of bills.

use std::fmt;
use std::path::{Path, PathBuf};

/// The name of a file below a store or a folder of bills: ordinary names with `/` between them.
///
/// A [`Location`](super::Location) takes nothing else, so whatever stands in a manifest, a listing or a
/// configuration, nothing outside of the store is read or written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

impl Key {
    /// Reads a key. `None` where a part is not an ordinary name: empty, `.`, `..`, with a backslash, or
    /// with a control character.
    pub fn parse(text: &str) -> Option<Key> {
        let is_ordinary = |part: &str| {
            !matches!(part, "" | "." | "..") && !part.contains(|c: char| c == '\\' || c.is_control())
        };
        let is_plain_path =
            Path::new(text).components().all(|part| matches!(part, std::path::Component::Normal(_)));
        (is_plain_path && text.split('/').all(is_ordinary)).then(|| Key(text.to_owned()))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The file of this key below a folder of this machine.
    pub fn below(&self, folder: &Path) -> PathBuf {
        self.0.split('/').fold(folder.to_path_buf(), |path, part| path.join(part))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_that_lead_elsewhere_are_no_keys() {
        for text in [
            "",
            "/",
            "/etc/passwd",
            "..",
            "a/../b",
            "a/./b",
            "a//b",
            "a/",
            "./a",
            "a\\..\\b",
            "a\u{1b}[2J",
            "a\0",
        ] {
            assert_eq!(Key::parse(text), None, "{text:?}");
        }
        for text in
            ["a", "_snapshots/20261122T061900Z.json", "data/BILLING_PERIOD=2026-10/a b.csv.gz", "%2E%2E/a"]
        {
            assert_eq!(Key::parse(text).map(|key| key.to_string()).as_deref(), Some(text));
        }
    }

    proptest! {
        #[test]
        fn a_key_never_leaves_its_folder(text in "(\\.\\.?|/|\\\\|%2E|[a-c]|\0|\u{202e}){0,12}") {
            if let Some(key) = Key::parse(&text) {
                let folder = Path::new("/store");
                let path = key.below(folder);
                prop_assert!(path.starts_with(folder) && path != folder);
                prop_assert!(!path.components().any(|part| part == std::path::Component::ParentDir));
            }
        }
    }
}
