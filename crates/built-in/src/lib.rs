//! The rules, views and reports that ship with plaudit: the files of `rules/`, `views/` and `reports/`.
//!
//! A debug build reads them from the source tree whenever they are asked for, so that an edited rule
//! is judged without compiling anything. A release build carries them. The test here, run on the
//! release profile, proves that what is carried is what lies on disk.

use std::borrow::Cow;

use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../rules"]
#[prefix = "rules/"]
#[include = "*.sql"]
#[include = "*.toml"]
struct Rules;

#[derive(RustEmbed)]
#[folder = "../../views"]
#[prefix = "views/"]
#[include = "*.sql"]
#[include = "*.toml"]
struct Views;

#[derive(RustEmbed)]
#[folder = "../../reports"]
#[prefix = "reports/"]
#[include = "*.sql"]
struct Reports;

/// A file that ships with plaudit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path in the source tree, `rules/cost/orphaned-endpoint.sql`, with `/` on every system.
    pub path: String,
    /// What stands in it; bytes that are not UTF-8 are replaced.
    pub text: String,
}

impl File {
    /// The id of the rule, or the name of the view or report; `None` for a file of cases.
    pub fn name(&self) -> Option<&str> {
        self.path.rsplit('/').next()?.strip_suffix(".sql")
    }
}

/// Rules and their cases, sorted by path.
pub fn rules() -> Vec<File> {
    files::<Rules>()
}

/// Views and their cases, sorted by path.
pub fn views() -> Vec<File> {
    files::<Views>()
}

/// Reports, sorted by path.
pub fn reports() -> Vec<File> {
    files::<Reports>()
}

fn files<F: RustEmbed>() -> Vec<File> {
    let mut files: Vec<File> = F::iter()
        .filter_map(|path: Cow<'static, str>| {
            let text = String::from_utf8_lossy(&F::get(&path)?.data).into_owned();
            Some(File { path: path.replace('\\', "/"), text })
        })
        .collect();
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn on_disk(folder: &str, endings: &[&str]) -> Vec<File> {
        fn collect(folder: &Path, path: &str, endings: &[&str], found: &mut Vec<File>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                let path = format!("{path}/{}", entry.file_name().to_string_lossy());
                if entry.path().is_dir() {
                    collect(&entry.path(), &path, endings, found);
                } else if endings.iter().any(|ending| path.ends_with(ending)) {
                    found.push(File { path, text: std::fs::read_to_string(entry.path()).unwrap() });
                }
            }
        }
        let mut found = Vec::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        collect(&root.join(folder), folder, endings, &mut found);
        found.sort_by(|one, other| one.path.cmp(&other.path));
        found
    }

    #[test]
    fn what_is_built_in_is_what_lies_on_disk() {
        assert_eq!(rules(), on_disk("rules", &[".sql", ".toml"]));
        assert_eq!(views(), on_disk("views", &[".sql", ".toml"]));
        assert_eq!(reports(), on_disk("reports", &[".sql"]));
        assert!(rules().len() > 60 && reports().len() > 10);
    }
}
