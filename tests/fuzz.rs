//! What plaudit reads, others wrote, or may have changed since. Whatever stands in it: it is taken or refused
//! with a reason, nothing panics, and it decides nothing that is not its to decide.
//!
//! Each run tries the same inputs: arbitrary ones, and real ones - the rules that ship with plaudit, and
//! `fuzz/corpus` - with parts taken out, doubled, exchanged, and replaced by words of the fuzzer's
//! dictionaries. The fuzzer holds many more against the same properties (`.ci/fuzz`).

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use jiff::civil::date;
use plaudit::config::Config;
use plaudit::engine::gate;
use plaudit::rule::Rule;
use plaudit::table;
use plaudit_simulator::{World, WorldOptions};
use polars::prelude::{Column, DataFrame, ParquetWriter};
use proptest::prelude::*;
use proptest::test_runner::{Config as Cases, RngAlgorithm, TestRng, TestRunner};

use crate::support::simulated::{Simulated, options};
use crate::support::{depth, files_below};

#[path = "../fuzz/src/lib.rs"]
mod properties;

/// What replaces a piece of a rule: the words of the fuzzer's dictionary.
static PIECES: LazyLock<Vec<String>> = LazyLock::new(|| texts(words("rule")));

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The words of one of the fuzzer's dictionaries.
fn words(dictionary: &str) -> Vec<Vec<u8>> {
    let path = root().join(format!("fuzz/dictionaries/{dictionary}.dict"));
    let text = std::fs::read_to_string(path).expect("the dictionary can be read");
    let quoted = text.lines().filter_map(|line| line.strip_prefix('"')?.strip_suffix('"'));
    quoted.map(unescaped).collect()
}

fn texts(words: Vec<Vec<u8>>) -> Vec<String> {
    words.into_iter().map(|word| String::from_utf8(word).expect("words of text")).collect()
}

/// A word of libFuzzer's dictionaries: `\\`, `\"` and bytes as `\x0A`.
fn unescaped(word: &str) -> Vec<u8> {
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
    bytes
}

/// The real inputs from which the fuzzer begins.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let files = files_below(&root().join("fuzz/corpus").join(target));
    files.iter().map(|file| std::fs::read(file).expect("the input can be read")).collect()
}

fn rules() -> Vec<(String, String)> {
    let root = root().join("rules");
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
    changed_by(text, changes, &PIECES)
}

fn changed_by(text: &str, changes: &[Change], pieces: &[String]) -> String {
    let mut text = text.to_owned();
    for (share, length, piece) in changes {
        let edges = edges(&text);
        let from = ((edges.len() - 1) as f64 * share) as usize;
        let to = (from + length).min(edges.len() - 1);
        let (from, to) = (edges[from], edges[to]);
        let cut = text[from..to].to_owned();
        match piece.checked_sub(pieces.len()) {
            None => text.replace_range(from..to, &pieces[*piece]),
            Some(0) => text.insert_str(to, &cut),
            Some(1) => text.insert_str(0, &cut),
            Some(_) => text.truncate(from),
        }
    }
    text
}

fn runner(cases: u32) -> TestRunner {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    TestRunner::new_with_rng(Cases { cases, failure_persistence: None, ..Cases::default() }, rng)
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
    changes_by(PIECES.len())
}

fn changes_by(pieces: usize) -> impl Strategy<Value = Vec<Change>> {
    prop::collection::vec((0.0..1.0f64, 0..12usize, 0..pieces + 3), 1..4)
}

/// The inputs of a target's corpus with parts changed, held against its property. Some of them must be taken,
/// and some refused: else it would say nothing.
fn hold_corpus(target: &str, cases: u32, property: fn(&[u8]) -> bool) {
    let (inputs, words) = (corpus(target), words(target));
    let (passed, refused) = (Cell::new(0), Cell::new(0));
    let tried = runner(cases).run(&(0..inputs.len(), changes_by(words.len())), |(input, changes)| {
        let count =
            if property(&changed_bytes(&inputs[input], &changes, &words)) { &passed } else { &refused };
        count.set(count.get() + 1);
        Ok(())
    });
    tried.unwrap_or_else(|error| panic!("{error}"));
    let arbitrary = (0..4u8, prop::collection::vec(any::<u8>(), 0..200));
    let tried = runner(cases / 4).run(&arbitrary, |(first, bytes)| {
        property(&[&[first], &bytes[..]].concat());
        Ok(())
    });
    tried.unwrap_or_else(|error| panic!("{error}"));
    let (passed, refused) = (passed.get(), refused.get());
    assert!(passed > 0 && refused > 0, "{passed} taken, {refused} refused");
}

/// The same changes to bytes, and one more: a byte that is another.
fn changed_bytes(bytes: &[u8], changes: &[Change], words: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (share, length, word) in changes {
        // The first byte may say what follows; an input that is something else is another input.
        let from = (1 + (bytes.len() as f64 * share) as usize).min(bytes.len());
        let to = (from + length).min(bytes.len());
        match word.checked_sub(words.len()) {
            None => drop(bytes.splice(from..to, words[*word].iter().copied())),
            Some(0) => drop(bytes.splice(to..to, bytes[from..to].to_vec())),
            Some(1) => bytes[from..to].iter_mut().for_each(|byte| *byte ^= 1 << (length % 8)),
            Some(_) => bytes.truncate(from),
        }
    }
    bytes
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

#[test]
fn configurations_are_read_or_refused_with_a_line() {
    let (inputs, pieces) = (corpus("configuration"), texts(words("configuration")));
    let inputs: Vec<String> = texts(inputs);
    let (passed, refused) = (Cell::new(0), Cell::new(0));
    let tried = runner(2000).run(&(0..inputs.len(), changes_by(pieces.len())), |(input, changes)| {
        let taken = properties::configuration(&changed_by(&inputs[input], &changes, &pieces));
        let count = if taken { &passed } else { &refused };
        count.set(count.get() + 1);
        Ok(())
    });
    tried.unwrap_or_else(|error| panic!("{error}"));
    let texts = prop_oneof![any::<String>(), any::<String>().prop_map(|text| format!("[[waiver]]\n{text}"))];
    hold(1000, &texts, properties::configuration);
    let (passed, refused) = (passed.get(), refused.get());
    assert!(passed > 50 && refused > 100, "{passed} taken, {refused} refused");
}

#[test]
fn policies_become_statements_or_say_why_not() {
    let property = |bytes: &[u8]| properties::policy(&String::from_utf8_lossy(bytes));
    hold_corpus("policy", 3000, property);
}

#[test]
fn a_manifest_names_files_below_the_store_or_is_refused() {
    hold_corpus("manifest", 600, properties::manifest);
    // What decides: the id, and the names and places of files.
    let name =
        || "(account|\\.\\.?|/|\\\\|%2E|:|\0|\u{202e}|snapshot_id=20261122T061900Z|part-0\\.parquet){0,5}";
    let place = prop_oneof![name().prop_map(Some), Just(None)];
    let id = prop_oneof![name(), Just(properties::ID.to_owned())];
    let tried = runner(1000).run(&(id, name(), place), |(id, name, place)| {
        let place = place.unwrap_or_else(|| format!("{name}/snapshot_id={id}/part-0.parquet"));
        let manifest = serde_json::json!({
            "id": id, "taken_at": "2026-11-22T06:19:00Z", "schema_version": 1, "tool_version": "0",
            "tables": [{ "name": name, "key": place, "rows": 0, "bytes": 0 }],
        });
        properties::manifest(manifest.to_string().as_bytes());
        Ok(())
    });
    tried.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn whatever_a_journal_says_role_and_accounts_are_those_of_configuration_and_listing() {
    hold_corpus("journal", 600, properties::journal);
}

#[test]
fn bills_are_read_or_make_their_month_unusable() {
    hold_corpus("bill", depth(300, 1500) as u32, properties::bill);
}

#[test]
fn amounts_that_cannot_be_added_up_make_a_month_unusable() {
    let bill = String::from_utf8(std::fs::read(root().join("fuzz/corpus/bill/focus.csv")).unwrap()).unwrap();
    assert!(properties::bill(bill.as_bytes()));
    for amount in ["1e308", "-1e19", "inf", "NaN"] {
        assert!(!properties::bill(bill.replace("0.264", amount).as_bytes()), "{amount}");
    }
}

/// Polars panics where a flag in the footer is said to be no flag.
#[test]
fn a_footer_over_which_the_library_panics_makes_its_month_unusable() {
    let bill = std::fs::read(root().join("fuzz/corpus/bill/cur.parquet")).unwrap();
    let length = u32::from_le_bytes(*bill[bill.len() - 8..].first_chunk().unwrap()) as usize;
    let footer = bill.len() - 8 - length..bill.len() - 8;
    let refused = footer.step_by(depth(2, 1) as usize).filter(|at| {
        let mut bill = bill.clone();
        bill[*at] = 0x0a;
        !properties::bill(&bill)
    });
    assert!(refused.count() > length / 10);
}

#[test]
fn a_pattern_without_end_is_refused() {
    for pattern in ["?".repeat(1 << 20), "[".repeat(1 << 20), "\u{e9}*".repeat(1 << 18)] {
        let waiver = format!(
            "[[waiver]]\nrule = \"a\"\nresource = \"{pattern}\"\nreason = \"b\"\nowner = \"c\"\nexpires = 2027-03-31\n"
        );
        assert!(!properties::configuration(&waiver));
    }
}

/// An input that is larger is too large to be changed often.
const LARGEST_INPUT: usize = 12 << 10;

/// The smaller entries of a journal as [`properties::journal`] takes them, before they are packed.
fn unpacked(journal: &[u8]) -> Vec<u8> {
    let mut entries = Vec::new();
    let mut rest = &journal[8..];
    while let Some((head, body)) = rest.split_at_checked(8) {
        let marked = u32::from_le_bytes(head[..4].try_into().expect("four bytes"));
        let (body, after) = body.split_at((marked & !properties::NOTE) as usize);
        let plain = snap::raw::Decoder::new().decompress_vec(body).expect("it is packed");
        if plain.len() < LARGEST_INPUT / 2 && entries.len() + plain.len() < LARGEST_INPUT {
            entries.extend((plain.len() as u32 | (marked & properties::NOTE)).to_le_bytes());
            entries.extend(plain);
        }
        rest = after;
    }
    entries
}

/// What the fuzzer begins with is real, and taken. `PLAUDIT_WRITE_DOCUMENTS=1` writes anew what plaudit and
/// the simulator make: the journal, the manifest, the bills.
#[tokio::test(flavor = "multi_thread")]
async fn generated_documents_of_the_fuzzer_are_taken() {
    if std::env::var_os("PLAUDIT_WRITE_DOCUMENTS").is_some() {
        write_corpora().await;
    }
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    type Target<'a> = &'a dyn Fn(&[u8]) -> bool;
    let targets: [(&str, Target); 5] = [
        ("bill", &properties::bill),
        ("configuration", &|bytes| properties::configuration(&text(bytes))),
        ("journal", &properties::journal),
        ("manifest", &properties::manifest),
        ("policy", &|bytes| properties::policy(&text(bytes))),
    ];
    for (target, property) in targets {
        for file in files_below(&root().join("fuzz/corpus").join(target)) {
            let bytes = std::fs::read(&file).expect("the input can be read");
            assert!(bytes.len() <= LARGEST_INPUT + 1, "{} is {} bytes", file.display(), bytes.len());
            let taken = tokio::task::block_in_place(|| property(&bytes));
            assert!(
                taken,
                "{} is refused; write it anew with PLAUDIT_WRITE_DOCUMENTS=1 cargo documents",
                file.display()
            );
        }
    }
}

async fn write_corpora() {
    let write = |name: &str, form: &[u8], bytes: &[u8]| {
        let path = root().join("fuzz/corpus").join(name);
        std::fs::write(path, [form, bytes].concat()).expect("the corpus can be written");
    };

    // A crawl whose tables cannot be published leaves its journal behind.
    let world = World::new(&WorldOptions {
        accounts: 3,
        regions: vec!["us-east-1".to_owned()],
        gaps: false,
        ..options(5)
    });
    let mut simulated = Simulated::start(world).await;
    simulated.config = Config { window_days: 3, ..simulated.config.clone() };
    let store = simulated.folder.path().join("store");
    std::fs::create_dir(&store).expect("made");
    std::fs::write(store.join("account"), "in the way").expect("written");
    simulated.try_crawl(false).await.expect_err("a file stands where the folder of a table should");
    let journal = std::fs::read(simulated.store.journal(properties::ID)).expect("the journal is left");
    write("journal/entries", &[1], &unpacked(&journal));
    write("journal/file", &[0], &journal[..LARGEST_INPUT]);

    // Without the file in the way it is finished, and its manifest is one.
    std::fs::remove_file(store.join("account")).expect("removed");
    let snapshot = simulated.try_crawl(true).await.unwrap_or_else(|error| panic!("{error}"));
    let manifest = serde_json::to_vec(snapshot.manifest()).expect("JSON");
    write("manifest/manifest.json", &[], &manifest);

    let mut packed = Vec::new();
    simulated
        .server
        .world()
        .cost_and_usage_report(&[0, 1], date(2026, 10, 1), date(2026, 10, 2), &mut packed)
        .expect("the bill can be written");
    let mut csv = String::new();
    flate2::read::MultiGzDecoder::new(&packed[..]).read_to_string(&mut csv).expect("gzip");
    let csv: String = csv.lines().take(12).map(|line| format!("{line}\n")).collect();
    write("bill/cur.csv", &[0], csv.as_bytes());
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(csv.as_bytes()).expect("packed");
    write("bill/cur.csv.gz", &[1], &gzip.finish().expect("packed"));
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let names = reader.headers().expect("a header").clone();
    let records: Vec<csv::StringRecord> = reader.records().map(|record| record.expect("a line")).collect();
    let columns = names.iter().enumerate().map(|(index, name)| {
        let texts: Vec<&str> = records.iter().map(|record| &record[index]).collect();
        if name.ends_with("_amount") || name.ends_with("_cost") {
            let amounts: Vec<Option<f64>> = texts.iter().map(|text| text.parse().ok()).collect();
            Column::new(name.into(), amounts)
        } else {
            Column::new(name.into(), texts)
        }
    });
    let mut frame = DataFrame::new(records.len(), columns.collect()).expect("columns of one length");
    let mut parquet = Vec::new();
    ParquetWriter::new(&mut parquet).finish(&mut frame).expect("Parquet");
    write("bill/cur.parquet", &[2], &parquet);
}
