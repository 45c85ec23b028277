//! All rules: those that ship with plaudit and those of the house.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::Rule;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::format::nearest;

/// The rules of a run, by id.
#[derive(Clone, Debug)]
pub struct Catalogue {
    rules: BTreeMap<String, Rule>,
}

impl Catalogue {
    /// Loads the built-in rules and those of further folders. The built-in ones are not rehearsed each
    /// time: a test does that, and a program that starts at once is worth more.
    pub fn load(folders: &[PathBuf]) -> Result<Catalogue> {
        let mut catalogue = Catalogue { rules: BTreeMap::new() };
        let (rules, cases): (Vec<_>, Vec<_>) =
            plaudit_built_in::rules().into_iter().partition(|file| file.path.ends_with(".sql"));
        if rules.is_empty() {
            return Err(Error::failed(
                "this debug build reads the rules from its source tree, which is gone",
            )
            .hint("build plaudit anew, or with --release, which carries them"));
        }
        let mut cases: BTreeMap<String, String> =
            cases.into_iter().map(|file| (file.path, file.text)).collect();
        for file in rules {
            let beside = format!("{}.test.toml", file.path.trim_end_matches(".sql"));
            catalogue.add(Rule::read(&file.path, &file.text, cases.remove_entry(&beside))?)?;
        }
        for folder in folders {
            for rule in read_folder(folder)? {
                catalogue.add(rule)?;
            }
        }
        Ok(catalogue)
    }

    /// Loads the built-in rules and those of the folders that the configuration or the command line names,
    /// with what the configuration says of them.
    pub fn configured(config: &Config, folders: &[PathBuf]) -> Result<Catalogue> {
        let same = |left: &PathBuf, right: &PathBuf| match (left.canonicalize(), right.canonicalize()) {
            (Ok(left), Ok(right)) => left == right,
            _ => left == right,
        };
        let mut all = config.rule_folders.clone();
        all.extend(
            folders
                .iter()
                .filter(|one| !all.iter().any(|other| same(one, other)))
                .cloned()
                .collect::<Vec<_>>(),
        );
        Catalogue::load(&all)?.configure(config)
    }

    /// Loads only the rules of a folder, or a single rule's file.
    pub fn load_only(path: &Path) -> Result<Catalogue> {
        let mut catalogue = Catalogue { rules: BTreeMap::new() };
        let rules = if path.is_dir() { read_folder(path)? } else { vec![read_file(path)?] };
        for rule in rules {
            catalogue.add(rule)?;
        }
        Ok(catalogue)
    }

    /// Plans every rule and runs it on empty tables.
    pub fn rehearse(&self) -> Result<()> {
        self.rules.values().try_for_each(Rule::rehearse)
    }

    fn add(&mut self, rule: Rule) -> Result<()> {
        if let Some(earlier) = self.rules.get(&rule.id) {
            return Err(Error::usage(format!("there are two rules `{}`", rule.id))
                .at(&rule.file)
                .hint(format!("the other one is {}: rename one of them", earlier.file)));
        }
        self.rules.insert(rule.id.clone(), rule);
        Ok(())
    }

    /// Applies what the configuration says of single rules, and checks that its waivers name rules
    /// that exist.
    pub fn configure(mut self, config: &Config) -> Result<Catalogue> {
        for (id, settings) in &config.rules {
            let Some(rule) = self.rules.get_mut(id) else {
                return Err(self.unknown(id).at(&settings.place));
            };
            rule.enabled = settings.enabled;
            rule.header.severity = settings.severity.unwrap_or(rule.header.severity);
            for (name, value) in &settings.params {
                let param = rule.header.params.iter_mut().find(|param| param.name() == name);
                let Some(param) = param else {
                    let names: Vec<_> = rule.header.params.iter().map(|param| param.name()).collect();
                    let list = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                    return Err(Error::usage(format!("the rule `{id}` has no param `{name}`"))
                        .at(&settings.place)
                        .hint(format!("besides `enabled` and `severity` it has: {list}")));
                };
                param.set(value).map_err(|error| error.at(&settings.place))?;
            }
        }
        for waiver in &config.waivers {
            if !self.rules.contains_key(&waiver.rule) {
                return Err(self.unknown(&waiver.rule).at(&waiver.place));
            }
        }
        Ok(self)
    }

    /// Leaves on those of these ids, whatever the configuration says of them. Without any, nothing changes.
    pub fn only(mut self, ids: &[String]) -> Result<Catalogue> {
        if ids.is_empty() {
            return Ok(self);
        }
        self.rules.values_mut().for_each(|rule| rule.enabled = false);
        for id in ids {
            let unknown = self.unknown(id);
            self.rules.get_mut(id).ok_or(unknown)?.enabled = true;
        }
        Ok(self)
    }

    /// The rules in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.rules.values()
    }

    /// The rule of that id.
    pub fn get(&self, id: &str) -> Result<&Rule> {
        self.rules.get(id).ok_or_else(|| self.unknown(id))
    }

    fn unknown(&self, id: &str) -> Error {
        let error = Error::usage(format!("there is no rule `{id}`"));
        match nearest(id, self.rules.keys().map(String::as_str)) {
            Some(near) => error.hint(format!("did you mean `{near}`? `plaudit rules list` lists all")),
            None => error.hint(
                "`plaudit rules list` lists all; those of your own are found by --rules DIR, or by \
                 `rules = [\"DIR\"]` below [check] in plaudit.toml",
            ),
        }
    }
}

/// The ids of the built-in rules, sorted.
pub fn built_in() -> Vec<&'static str> {
    static IDS: OnceLock<Vec<String>> = OnceLock::new();
    let ids = IDS.get_or_init(|| {
        let files = plaudit_built_in::rules();
        let mut ids: Vec<String> = files.iter().filter_map(|file| file.name().map(str::to_owned)).collect();
        ids.sort();
        ids
    });
    ids.iter().map(String::as_str).collect()
}

fn read_folder(folder: &Path) -> Result<Vec<Rule>> {
    let mut files = Vec::new();
    find(folder, 0, &mut files)?;
    files.sort();
    files.iter().map(|file| read_file(file)).collect()
}

/// How deep folders of rules may lie in each other.
const DEEPEST: usize = 32;

/// Finds the rules below a folder. Links to folders are not followed; hidden files, and what is not a regular
/// file, are passed over.
fn find(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<()> {
    if depth > DEEPEST {
        return Err(Error::usage(format!("folders of rules lie more than {DEEPEST} deep"))
            .at(folder.display())
            .hint("name the folder that holds the rules themselves"));
    }
    let entries = std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    for entry in entries {
        let entry = entry.map_err(|error| unreadable(folder, &error))?;
        let path = entry.path();
        if entry.file_type().map_err(|error| unreadable(&path, &error))?.is_dir() {
            find(&path, depth + 1, files)?;
        } else if path.extension().is_some_and(|extension| extension == "sql")
            // Editors keep locks and copies under such names.
            && !entry.file_name().as_encoded_bytes().starts_with(b".")
            && path.is_file()
        {
            files.push(path);
        }
    }
    Ok(())
}

fn read_file(path: &Path) -> Result<Rule> {
    let text = read_text(path)?;
    let beside = path.with_extension("test.toml");
    let cases =
        if beside.is_file() { Some((beside.display().to_string(), read_text(&beside)?)) } else { None };
    Rule::load(&path.display().to_string(), &text, cases)
}

/// The longest file of a rule or of its cases, in bytes.
const LONGEST: u64 = 4 << 20;

fn read_text(path: &Path) -> Result<String> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes))
        .map_err(|error| unreadable(path, &error))?;
    if bytes.len() as u64 > LONGEST {
        return Err(Error::usage(format!("the file is longer than {} MiB", LONGEST >> 20))
            .at(path.display())
            .hint("a rule is one statement with a header: split the file, or take data out of it"));
    }
    // Some editors begin a file with a byte-order mark, which is not part of its text.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec).unwrap_or(bytes);
    String::from_utf8(bytes).map_err(|error| {
        let line = 1 + error.as_bytes()[..error.utf8_error().valid_up_to()]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        Error::usage("the file is not UTF-8")
            .at(format!("{}:{line}", path.display()))
            .hint("save it as UTF-8")
    })
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::usage(format!("the rules could not be read: {error}"))
        .at(path.display())
        .hint("check the path given with --rules, or with `rules` below [check] in plaudit.toml")
}
