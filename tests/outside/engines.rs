//! Other engines on our store: the documented paths, and every rule as the standalone SQL that
//! `plaudit rules sql` prints, each row compared with what the embedded engine found.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use plaudit::rule::{Catalogue, Dialect};
use plaudit::store::{Location, Store, StoredSnapshot};
use plaudit::table::{Finding, Row as _, RuleOutcome};
use serde_json::{Map, Value};

use crate::support::python::{self, is_gate, output, sail_script, script, spark_script};
use crate::support::{plaudit, run};

type Row = Map<String, Value>;

/// The rows of each rule.
type Answers = BTreeMap<String, Vec<Row>>;

#[test]
fn other_engines_find_what_the_embedded_engine_finds() {
    if python::is_missing("the rules on DuckDB and Sail") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = ["demo", "--quiet", "--accounts", "24", "--regions", "2", "--seed", "16", "--store"];
    run(plaudit().args(arguments).arg(folder.path())).expect_done();
    let (snapshot, findings, outcomes) = read(folder.path());
    the_documented_paths_hold_every_row(folder.path(), &snapshot);
    let file = folder.path().join("rules.json");
    let ask = |engine: &str, command: &mut Command| {
        let answers = output(command.arg(&file));
        compare(engine, &serde_json::from_str(&answers).expect("JSON"), &findings, &outcomes);
    };

    std::fs::write(&file, statements(folder.path(), &snapshot, Dialect::DuckDb, "duckdb")).expect("written");
    ask("DuckDB", script("duckdb_store.py").arg("rules"));

    std::fs::write(&file, statements(folder.path(), &snapshot, Dialect::Spark, "spark")).expect("written");
    if let Some(mut sail) = sail_script() {
        ask("Sail", &mut sail);
    }
    // Spark itself takes a minute and more to say the same: the gate asks it.
    if is_gate()
        && let Some(mut spark) = spark_script()
    {
        ask("Spark", &mut spark);
    }
}

fn read(store: &Path) -> (StoredSnapshot, Vec<Finding>, Vec<RuleOutcome>) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = Store::new(Location::open(&store.display().to_string(), None).expect("a folder"));
        let snapshot = store.open(None).await.expect("a snapshot");
        let findings = snapshot.rows::<Finding>().await.expect("findings");
        let outcomes = snapshot.rows::<RuleOutcome>().await.expect("outcomes");
        (snapshot, findings, outcomes)
    })
}

fn the_documented_paths_hold_every_row(store: &Path, snapshot: &StoredSnapshot) {
    let counts = output(script("duckdb_store.py").arg("counts").arg(store));
    let counts: BTreeMap<String, u64> = serde_json::from_str(&counts).expect("JSON");
    for table in &snapshot.manifest().tables {
        assert_eq!(counts.get(&table.name), Some(&table.rows), "{}", table.name);
    }
}

/// The statement of each rule as a JSON object. The first is compared with what the command prints.
fn statements(store: &Path, snapshot: &StoredSnapshot, dialect: Dialect, name: &str) -> String {
    let catalogue = Catalogue::load(&[]).unwrap_or_else(|error| panic!("{error}"));
    let address = store.display().to_string();
    let statements: BTreeMap<&str, String> = catalogue
        .iter()
        .map(|rule| {
            let sql =
                rule.standalone(dialect, &address, snapshot.id(), &plaudit::config::Config::default().tags);
            (rule.id.as_str(), sql.unwrap_or_else(|error| panic!("{error}")))
        })
        .collect();
    let (id, sql) = statements.first_key_value().expect("a rule");
    let printed = run(plaudit().args(["rules", "sql", id, "--dialect", name, "--store"]).arg(store))
        .expect_done()
        .stdout;
    assert_eq!(printed.trim_end(), sql.trim_end());
    serde_json::to_string(&statements).expect("JSON")
}

/// Compares each row that says alarm or info with the finding, column by column, and counts the rest.
fn compare(engine: &str, answers: &Answers, findings: &[Finding], outcomes: &[RuleOutcome]) {
    assert_eq!(answers.len(), outcomes.len());
    for outcome in outcomes {
        let rows = &answers[&outcome.rule_id];
        let count = |status: &str| rows.iter().filter(|row| row["status"] == status).count() as i64;
        let counts = [count("alarm"), count("info"), count("ok"), count("skip")];
        let ours = [outcome.alarm, outcome.info, outcome.ok, outcome.skip];
        assert_eq!(counts, ours, "{engine}, {}: alarm, info, ok, skip", outcome.rule_id);
        assert_eq!(rows.len() as i64, counts.iter().sum::<i64>(), "{engine}, {}", outcome.rule_id);
        let judged = ["alarm", "info"];
        let mut theirs: Vec<String> = rows
            .iter()
            .filter(|row| judged.iter().any(|status| row["status"] == *status))
            .map(|row| told(row, row))
            .collect();
        let mut ours: Vec<String> = findings
            .iter()
            .filter(|finding| finding.rule_id == outcome.rule_id && judged.contains(&finding.status.as_str()))
            .map(|finding| {
                let row = as_row(finding);
                let like = rows.iter().find(|row| row["resource_id"] == finding.resource_id.as_str());
                told(&row, like.unwrap_or(&row))
            })
            .collect();
        assert!(!ours.is_empty(), "{} found nothing, which shows nothing", outcome.rule_id);
        theirs.sort();
        ours.sort();
        let differ = theirs.iter().zip(&ours).find(|(theirs, ours)| theirs != ours);
        assert_eq!(differ, None, "{engine} and plaudit on {}", outcome.rule_id);
        assert_eq!(theirs.len(), ours.len(), "{engine} and plaudit on {}", outcome.rule_id);
    }
}

/// A finding as the row that it was made of.
fn as_row(finding: &Finding) -> Row {
    let mut row = finding.json();
    let evidence: Row = serde_json::from_str(&finding.evidence).expect("JSON");
    row.extend(evidence);
    row
}

/// The columns that a statement selects, as text. Which message a row picks is not in a finding;
/// severity and confidence come from the header where the row has none.
fn told(row: &Row, like: &Row) -> String {
    let mut columns: Vec<&String> = like.keys().filter(|name| *name != "variant").collect();
    columns.retain(|name| !matches!(name.as_str(), "severity" | "confidence") || !like[*name].is_null());
    columns.sort();
    let cell = |name: &String| match row.get(name) {
        None => "missing".to_owned(),
        Some(Value::Number(number)) => format!("{:.6}", number.as_f64().unwrap_or(f64::NAN) + 0.0),
        Some(other) => other.to_string(),
    };
    columns.into_iter().map(|name| format!("{name}={}", cell(name))).collect::<Vec<_>>().join(" ")
}
