//! The JSON Schema of `plaudit.toml`, held against configurations by somebody else's validator.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use plaudit::config::Config;

use crate::bad_input::BROKEN;
use crate::house::uncommented;
use crate::support::python::{is_missing, script};

/// What is wrong with some configurations is beyond a schema: TOML tells text from dates and JSON does not,
/// and a rule that is not built in may be one of the house.
const BEYOND: &[&str] = &[
    "no TOML",
    "a rule that does not exist",
    "a waiver whose end is text",
    "a waiver for a rule that does not exist",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// TOML as editors hold it against a schema: dates are text.
fn as_json(value: toml::Value) -> serde_json::Value {
    match value {
        toml::Value::Datetime(moment) => moment.to_string().into(),
        toml::Value::Array(list) => list.into_iter().map(as_json).collect(),
        toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, as_json(value))).collect(),
        other => serde_json::to_value(other).expect("plain"),
    }
}

/// What the schema has against each text; empty where it has nothing.
fn refusals(texts: &[String]) -> Vec<String> {
    let mut lines = String::new();
    for text in texts {
        let table: toml::Table = toml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        lines.push_str(&format!("{}\n", as_json(table.into())));
    }
    let mut child = script("configuration.py")
        .arg(root().join("plaudit.schema.json"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python runs");
    child.stdin.take().expect("a pipe").write_all(lines.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success());
    let refusals: Vec<String> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("a text"))
        .collect();
    assert_eq!(refusals.len(), texts.len());
    refusals
}

/// The texts of a file that begin as a configuration does and that plaudit takes.
fn taken_in(file: &Path) -> Vec<String> {
    let source = std::fs::read_to_string(file).expect("readable");
    let begins = source.match_indices("\"[").map(|(at, _)| &source[at + 1..]);
    let ends = |text: &str| {
        let quotes = text.match_indices('"').map(|(at, _)| at);
        quotes.into_iter().find(|at| !text[..*at].ends_with('\\'))
    };
    let literals = begins.filter_map(|text| Some(&text[..ends(text)?]));
    let plain = literals.map(|text| text.replace("\\n", "\n").replace("\\\"", "\""));
    plain.filter(|text| text.contains('=') && Config::parse(text, "plaudit.toml").is_ok()).collect()
}

#[test]
fn the_schema_takes_what_plaudit_takes() {
    if is_missing("the schema of plaudit.toml") {
        return;
    }
    let example = std::fs::read_to_string(root().join("plaudit.example.toml")).expect("the example");
    let mut texts = vec![String::new(), uncommented(&example), example];
    for entry in std::fs::read_dir(root().join("tests")).expect("readable") {
        let path = entry.expect("readable").path();
        if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("bad_input.rs") {
            texts.extend(taken_in(&path));
        }
    }
    assert!(texts.len() > 15, "{texts:#?}");
    for (text, refusal) in texts.iter().zip(refusals(&texts)) {
        assert_eq!(refusal, "", "{text}");
    }
}

#[test]
fn the_schema_refuses_what_plaudit_refuses() {
    if is_missing("the schema of plaudit.toml") {
        return;
    }
    let (beyond, known): (Vec<_>, Vec<_>) = BROKEN.iter().partition(|(what, _)| BEYOND.contains(what));
    assert_eq!(beyond.len(), BEYOND.len());
    let texts: Vec<String> = known.iter().map(|(_, text)| (*text).to_owned()).collect();
    for ((what, text), refusal) in known.iter().zip(refusals(&texts)) {
        assert_ne!(refusal, "", "{what} passes:\n{text}");
    }
}
