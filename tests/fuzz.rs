//! Rules are written by anybody. Whatever stands in one: it is let through or refused with a reason,
//! nothing panics, and what is let through reads nothing but the tables.
//!
//! Each run tries the same texts: arbitrary ones, and the rules that ship with plaudit with parts
//! taken out, doubled, exchanged, and replaced by what a gate is there to stop. `cargo fuzz` holds
//! many more against the same properties (`.ci/fuzz`).

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use plaudit::engine::gate;
use plaudit::rule::Rule;
use plaudit::table;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

#[path = "../fuzz/src/lib.rs"]
mod properties;

/// What replaces a piece of a rule: the words of the fuzzer's dictionary.
static PIECES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let quoted = include_str!("../fuzz/rule.dict")
        .lines()
        .filter_map(|line| line.strip_prefix('"')?.strip_suffix('"'));
    quoted.map(unescaped).collect()
});

/// A word of libFuzzer's dictionaries: `\\`, `\"` and bytes as `\x0A`.
fn unescaped(word: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = word.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match (byte == b'\\').then(|| rest.next().expect("an escape is complete")) {
            None => byte,
            Some(b'x') => {
                let digits = [rest.next(), rest.next()].map(|digit| char::from(digit.expect("two digits")));
                u8::from_str_radix(&String::from_iter(digits), 16).expect("two hexadecimal digits")
            }
            Some(escaped) => escaped,
        });
    }
    String::from_utf8(bytes).expect("words of text")
}

fn rules() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let mut found = Vec::new();
    for category in ["cost", "reliability", "security", "governance"] {
        let Ok(entries) = std::fs::read_dir(root.join(category)) else { continue };
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
        files.sort();
        for file in files.into_iter().filter(|file| file.extension().is_some_and(|one| one == "sql")) {
            let name = format!("rules/{category}/{}", file.file_name().expect("a name").to_string_lossy());
            found.push((name, std::fs::read_to_string(&file).expect("readable")));
        }
    }
    assert!(found.len() >= 4);
    found
}

/// Where a text may be cut: at the edges of words and signs.
fn edges(text: &str) -> Vec<usize> {
    let mut edges = vec![0];
    let mut before = ' ';
    for (index, letter) in text.char_indices() {
        if !(letter.is_alphanumeric() && before.is_alphanumeric()) {
            edges.push(index);
        }
        before = letter;
    }
    edges.push(text.len());
    edges
}

/// One change: where it begins and how far it goes, as shares, and what is done.
type Change = (f64, usize, usize);

fn changed(text: &str, changes: &[Change]) -> String {
    let mut text = text.to_owned();
    for (share, length, piece) in changes {
        let edges = edges(&text);
        let from = ((edges.len() - 1) as f64 * share) as usize;
        let to = (from + length).min(edges.len() - 1);
        let (from, to) = (edges[from], edges[to]);
        let cut = text[from..to].to_owned();
        match piece.checked_sub(PIECES.len()) {
            None => text.replace_range(from..to, &PIECES[*piece]),
            Some(0) => text.insert_str(to, &cut),
            Some(1) => text.insert_str(0, &cut),
            Some(_) => text.truncate(from),
        }
    }
    text
}

fn runner(cases: u32) -> TestRunner {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    TestRunner::new_with_rng(Config { cases, failure_persistence: None, ..Config::default() }, rng)
}

/// Holds texts against what must hold for every one of them.
fn hold(cases: u32, texts: &impl Strategy<Value = String>, property: fn(&str) -> bool) {
    let tried = runner(cases).run(texts, |text| {
        property(&text);
        Ok(())
    });
    tried.unwrap_or_else(|error| panic!("{error}"));
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    prop::collection::vec((0.0..1.0f64, 0..12usize, 0..PIECES.len() + 3), 1..5)
}

/// Loads a text as a rule. What is let through reads tables and nothing else, also when it is read
/// a second time as it is handed to another engine.
fn load(file: &str, text: &str) -> Result<bool, TestCaseError> {
    match Rule::load(file, text, None) {
        Ok(rule) => {
            let tables: BTreeSet<&str> = rule.tables().collect();
            let strange = |name: &&&str| {
                table::schema(name).is_none() && !matches!(**name, "param" | "required_tag" | "allowed_tag")
            };
            prop_assert_eq!(tables.iter().find(strange), None, "{}", text);
            Ok(true)
        }
        Err(error) => {
            let told = error.to_string();
            prop_assert!(
                error.place().is_some_and(|place| place.starts_with("rules/")),
                "{}\n{}",
                told,
                text
            );
            prop_assert!(told.contains("\nhint: "), "{}\n{}", told, text);
            Ok(false)
        }
    }
}

#[test]
fn rules_with_parts_changed_are_let_through_or_refused_with_a_reason() {
    let rules = rules();
    let (passed, refused) = (Cell::new(0), Cell::new(0));
    let tried = runner(300).run(&(0..rules.len(), changes()), |(rule, changes)| {
        let (file, text) = &rules[rule];
        let count = if load(file, &changed(text, &changes))? { &passed } else { &refused };
        count.set(count.get() + 1);
        Ok(())
    });
    tried.unwrap_or_else(|error| panic!("{error}"));
    let (passed, refused) = (passed.get(), refused.get());
    assert!(passed > 20 && refused > 100, "{passed} let through, {refused} refused");
}

#[test]
fn statements_of_all_kinds_pass_the_gate_or_are_refused_with_a_reason() {
    let words = prop::collection::vec(prop::sample::select(&PIECES[..]), 0..40);
    let words = words.prop_map(|words| words.join(" "));
    let texts = prop_oneof![
        any::<String>(),
        words.clone(),
        words.prop_map(|words| format!("SELECT {words} FROM tag"))
    ];
    hold(3000, &texts, properties::gate);
}

#[test]
fn headers_of_all_kinds_are_read_or_refused_with_a_line() {
    let rules = rules();
    let changed_ones =
        (0..rules.len(), changes()).prop_map(|(rule, changes)| changed(&rules[rule].1, &changes));
    let texts = prop_oneof![
        any::<String>(),
        any::<String>().prop_map(|text| format!("/*---\n{text}\n---*/\nSELECT 1")),
        changed_ones
    ];
    hold(3000, &texts, properties::header);
}

#[test]
fn what_is_nested_or_chained_without_end_is_refused_and_does_not_run_out_of_stack() {
    let known = |name: &str| table::schema(name).is_some();
    for (what, text) in [
        ("a sum", format!("SELECT {} AS x FROM tag", vec!["1"; 30_000].join("+"))),
        ("a union", vec!["SELECT 1"; 3_000].join(" UNION ALL ")),
        ("brackets", format!("SELECT {}1", "(".repeat(60_000))),
        ("signs", format!("SELECT {}1", "- ".repeat(30_000))),
        ("negations", format!("SELECT {}TRUE", "NOT ".repeat(15_000))),
        ("subqueries", format!("{}tag", "SELECT * FROM (".repeat(4_000))),
        ("cases", format!("SELECT {}", "CASE WHEN ".repeat(6_000))),
        ("casts", format!("SELECT 1{}", "::int".repeat(12_000))),
        ("members", format!("SELECT a{}", "[1]".repeat(20_000))),
        ("joins", format!("SELECT 1 FROM tag {}", "CROSS JOIN tag ".repeat(4_000))),
        ("conditions", format!("SELECT 1 FROM tag WHERE {}", vec!["key = 'a'"; 5_000].join(" AND "))),
        ("a comment", format!("SELECT {}1", "/*".repeat(30_000))),
    ] {
        let told = gate::admit(&text, "query", &known);
        let refused = told.is_err_and(|error| error.to_string().contains("\nhint: "));
        assert!(refused || what == "members", "{what}");
    }
}
