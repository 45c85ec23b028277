//! The export of charges, held against the requirements of FOCUS 1.2.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::support::python::{is_missing, output, script};
use crate::support::{demo_store, plaudit, run};

/// The rules as data (<https://focus.finops.org>, requirements model 1.2).
fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// What the script found.
#[derive(Deserialize)]
struct Asked {
    asked: usize,
    /// By rule, what the script says of the rows.
    violated: BTreeMap<String, Value>,
}

/// A rule that may be violated, by bills of which source, and which fact is missing.
#[derive(Debug, Deserialize)]
struct Open {
    rule: String,
    source: String,
    missing_fact: String,
}

#[test]
fn charges_of_cost_explorer_violate_only_rules_whose_facts_it_does_not_have() {
    if is_missing("FOCUS 1.2") {
        return;
    }
    assert_only_open_rules_are_violated("cost-explorer", demo_store(), None);
}

/// Exports the charges of a store and asks every static rule. Each rule that is violated is an open one of
/// such bills, and each open one is violated: a list of exceptions that nobody needs would hide a fault.
pub fn assert_only_open_rules_are_violated(form: &str, store: &Path, snapshot: Option<&str>) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("charges.parquet");
    let mut command = plaudit();
    command.args(["report", "charges", "--format", "parquet", "--store"]).arg(store).arg("-o").arg(&file);
    command.args(snapshot.iter().flat_map(|id| ["--snapshot", id]));
    run(&mut command).expect_done();
    let told = output(script("focus_rules.py").arg(data("focus-1.2-rules.json")).arg(&file));
    let told: Asked = serde_json::from_str(&told).expect("the script prints JSON");
    assert!(told.asked > 230, "{} rules were asked", told.asked);
    let open: Vec<Open> = csv::Reader::from_path(data("focus-1.2-open.csv"))
        .expect("the list is there")
        .deserialize()
        .collect::<Result<_, _>>()
        .expect("three columns");
    assert!(open.iter().all(|open| !open.missing_fact.is_empty()));
    let is_of_form = |open: &&Open| open.source.split(' ').any(|source| form.starts_with(source));
    let mut wanted: Vec<&str> = open.iter().filter(is_of_form).map(|open| open.rule.as_str()).collect();
    wanted.sort_unstable();
    let found: Vec<&str> = told.violated.keys().map(String::as_str).collect();
    assert_eq!(found, wanted, "{form}: {:#?}", told.violated);
}
