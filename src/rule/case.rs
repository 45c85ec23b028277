//! A rule's cases: given these rows, this verdict.
//!
//! ```toml
//! [given.vpc_endpoint]             # columns that every row of a table has unless it says otherwise
//! state = "available"
//!
//! [[case]]
//! name = "an endpoint without traffic is orphaned"
//! params = { min_age_days = 90 }   # optional, as are required_tags, allowed_tags and window_days
//! vpc_endpoint = [{ vpc_endpoint_id = "vpce-1", age_days = 200 }]
//! expect = [{ resource_id = "vpce-1", status = "alarm", evidence = { age_days = 200 } }]
//! ```
//!
//! Accounts and Regions are covered in full unless a case gives rows of `coverage` that say
//! otherwise. `expect` lists every verdict, those that say `ok` too; an account and Region that the
//! engine skips is expected by `account_id`, `region` and the status `skip`, without `resource_id`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use polars::prelude::IntoLazy;
use serde::Deserialize;
use toml::Spanned;

use super::Rule;
use super::runner::{FACTS, Facts, Runner, Verdict};
use crate::config::{AllowedTag, TagConfig};
use crate::error::{Error, Result};
use crate::table::given::{self, ACCOUNT, REGION};
use crate::table::{self, Operation, Status};

/// How a rule's cases went.
#[derive(Clone, Debug)]
pub struct CaseReport {
    /// The rule.
    pub rule_id: String,
    /// The names of the cases that passed.
    pub passed: Vec<String>,
    /// What was wrong with the others, each with file and line.
    pub failed: Vec<Error>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    given: BTreeMap<String, toml::Table>,
    case: Vec<Spanned<toml::Table>>,
}

/// Runs all cases of a rule.
pub fn run_cases(rule: &Rule) -> Result<CaseReport> {
    let Some((name, text)) = &rule.cases else {
        let beside = format!("{}.test.toml", rule.file.trim_end_matches(".sql"));
        return Err(Error::usage(format!("the rule `{}` has no cases", rule.id))
            .at(beside)
            .hint("write the file, with a case for alarm, ok, skip and each threshold's edge"));
    };
    let line = |offset: usize| 1 + text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count();
    let file: File = toml::from_str(text).map_err(|error| {
        Error::usage(format!("the cases are broken: {}", error.message()))
            .at(format!("{name}:{}", line(error.span().map_or(0, |span| span.start))))
            .hint("`plaudit rules show orphaned-endpoint --source` shows cases")
    })?;
    let mut report = CaseReport { rule_id: rule.id.clone(), passed: Vec::new(), failed: Vec::new() };
    for case in &file.case {
        let place = format!("{name}:{}", line(case.span().start));
        match run_case(rule, &file.given, case.get_ref()) {
            Ok(name) => report.passed.push(name),
            Err(error) => report.failed.push(error.at_least(place)),
        }
    }
    Ok(report)
}

/// Runs one case and gives its name.
fn run_case(rule: &Rule, given: &BTreeMap<String, toml::Table>, case: &toml::Table) -> Result<String> {
    let name = case
        .get("name")
        .and_then(toml::Value::as_str)
        .ok_or_else(|| Error::usage("the case has no name").hint("name = \"what it shows\""))?;
    let wrong = |problem: String| {
        Error::usage(format!("case `{name}`: {problem}"))
            .hint("`plaudit rules show orphaned-endpoint --source` shows cases, `plaudit schema` the tables")
    };
    let mut rule = rule.clone();
    let mut rows: BTreeMap<&'static str, Vec<toml::Table>> = BTreeMap::new();
    let mut tags = TagConfig::default();
    let mut window_days = 90;
    let mut expected = None;
    for (key, value) in case {
        match key.as_str() {
            "name" => {}
            "params" => set_params(&mut rule, value)?,
            "window_days" => {
                window_days = value.as_integer().ok_or_else(|| wrong("`window_days` is no number".into()))?
            }
            "required_tags" => {
                tags.required = value
                    .clone()
                    .try_into()
                    .map_err(|_| wrong("`required_tags` is no list of text".into()))?;
            }
            "allowed_tags" => {
                let given: BTreeMap<String, Vec<String>> = value
                    .clone()
                    .try_into()
                    .map_err(|_| wrong("`allowed_tags` gives no lists of text".into()))?;
                for (key, pattern) in given.iter().flat_map(|(key, list)| list.iter().map(move |p| (key, p)))
                {
                    tags.allowed.push(AllowedTag::new(key, pattern)?);
                }
            }
            "expect" => {
                expected = Some(tables(value).ok_or_else(|| wrong("`expect` is no list of verdicts".into()))?)
            }
            table => {
                let schema = table::schema(table).ok_or_else(|| {
                    wrong(format!("there is no table `{table}`")).hint("`plaudit schema` lists the tables")
                })?;
                let list = tables(value).ok_or_else(|| wrong(format!("`{table}` is no list of rows")))?;
                rows.insert(schema.name, list);
            }
        }
    }
    let expected = expected.ok_or_else(|| {
        wrong("nothing is expected".into()).hint("say `expect = []` where the rule is to say nothing")
    })?;
    for (table, defaults) in given {
        let schema =
            table::schema(table).ok_or_else(|| wrong(format!("[given.{table}]: there is no such table")))?;
        for row in rows.get_mut(schema.name).into_iter().flatten() {
            for (column, value) in defaults {
                row.entry(column).or_insert_with(|| value.clone());
            }
        }
    }
    complete_coverage(&mut rows);
    let mut frames = BTreeMap::new();
    // Of the tables, those that somebody reads, and those that the case gives, which may be wrong.
    let named = rows.keys().copied().chain(FACTS.iter().copied()).chain(rule.tables());
    let named: BTreeMap<_, _> = named.filter_map(|name| Some((name, table::schema(name)?))).collect();
    for schema in named.into_values() {
        let frame = given::frame(schema, rows.get(schema.name).map_or(&[], Vec::as_slice)).map_err(wrong)?;
        frames.insert(schema.name, frame.lazy());
    }
    let facts =
        Facts { tables: frames, window_days, today: Date::constant(2026, 1, 1), tags, include_ok: false };
    let mut runner = Runner::new(&facts)?;
    let verdicts = runner.judge_each(&rule)?;
    compare(verdicts, runner.incomplete_scopes(&rule), &expected)
        .map_err(|problem| Error::usage(format!("case `{name}`: {problem}")))?;
    Ok(name.to_owned())
}

fn tables(value: &toml::Value) -> Option<Vec<toml::Table>> {
    value.as_array()?.iter().map(|row| row.as_table().cloned()).collect()
}

fn set_params(rule: &mut Rule, value: &toml::Value) -> Result<()> {
    for (name, value) in value.as_table().into_iter().flatten() {
        let param = rule.header.params.iter_mut().find(|param| param.name() == name).ok_or_else(|| {
            Error::usage(format!("the rule has no param `{name}`")).hint("declare it under [params]")
        })?;
        param.set(value)?;
    }
    Ok(())
}

/// Adds a row of coverage that says `ok` for every operation of every account and Region that
/// occurs, unless the case gives one.
fn complete_coverage(rows: &mut BTreeMap<&'static str, Vec<toml::Table>>) {
    let text = |row: &toml::Table, column: &str, default: &str| {
        row.get(column).and_then(toml::Value::as_str).unwrap_or(default).to_owned()
    };
    let scopes: BTreeSet<(String, String)> = rows
        .iter()
        .filter(|(table, _)| table::schema(table).is_some_and(|schema| schema.column("region").is_some()))
        .flat_map(|(_, rows)| rows)
        .map(|row| (text(row, "account_id", ACCOUNT), text(row, "region", REGION)))
        .collect();
    let coverage = rows.entry("coverage").or_default();
    for (account, region) in scopes {
        for operation in Operation::regional() {
            let given = coverage.iter().any(|row| {
                text(row, "account_id", ACCOUNT) == account
                    && text(row, "region", REGION) == region
                    && text(row, "operation", "") == operation.name()
            });
            if !given {
                coverage.push(
                    [
                        ("account_id", account.as_str()),
                        ("region", &region),
                        ("operation", operation.name()),
                        ("outcome", "ok"),
                    ]
                    .into_iter()
                    .map(|(column, value)| (column.to_owned(), value.into()))
                    .collect(),
                );
            }
        }
    }
}

/// Compares what was said with what was expected, both ways.
fn compare(
    mut verdicts: Vec<Verdict>,
    mut incomplete: Vec<(String, String)>,
    expected: &[toml::Table],
) -> std::result::Result<(), String> {
    let mut problems = Vec::new();
    for expectation in expected {
        let text = |key: &str| expectation.get(key).and_then(toml::Value::as_str);
        let account = text("account_id").unwrap_or(ACCOUNT);
        let region = text("region").unwrap_or(REGION);
        let status = text("status").unwrap_or_default();
        let Some(resource) = text("resource_id") else {
            let scope = (account.to_owned(), region.to_owned());
            match incomplete.iter().position(|found| *found == scope) {
                Some(index) if status == Status::Skip.as_str() => drop(incomplete.remove(index)),
                _ => problems.push(format!("{account} {region} is not skipped")),
            }
            continue;
        };
        let found = verdicts.iter().position(|verdict| {
            verdict.resource_id == resource
                && (text("account_id").is_none() || verdict.account_id == account)
                && (text("region").is_none() || verdict.region == region)
        });
        match found {
            None => problems.push(format!("`{resource}` is not judged, and {status} was expected")),
            Some(index) => problems.extend(differences(&verdicts.remove(index), expectation)),
        }
    }
    problems.extend(verdicts.iter().map(|verdict| {
        format!(
            "`{}` is judged, and was not expected: {} ({})",
            verdict.resource_id, verdict.status, verdict.message
        )
    }));
    problems.extend(
        incomplete
            .iter()
            .map(|(account, region)| format!("{account} {region} is skipped, and that was not expected")),
    );
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n    ")) }
}

fn differences(verdict: &Verdict, expectation: &toml::Table) -> Vec<String> {
    let mut problems = Vec::new();
    let mut differs = |key: &str, found: String, wanted: String| {
        if found != wanted {
            problems.push(format!("`{}`: {key} is {found}, not {wanted}", verdict.resource_id));
        }
    };
    let money = |amount: Option<f64>| amount.map_or("null".to_owned(), |amount| format!("{amount:.4}"));
    for (key, wanted) in expectation {
        let plain = wanted.as_str().map_or_else(|| wanted.to_string(), str::to_owned);
        let amount = || {
            let number = wanted.as_float().or_else(|| wanted.as_integer().map(|i| i as f64));
            if plain == "null" { "null".to_owned() } else { money(number) }
        };
        match key.as_str() {
            "resource_id" | "account_id" | "region" => {}
            "status" => differs(key, verdict.status.to_string(), plain),
            "severity" => differs(key, verdict.severity.to_string(), plain),
            "confidence" => differs(key, verdict.confidence.to_string(), plain),
            "resource_type" => differs(key, verdict.resource_type.clone(), plain),
            "message" => differs(key, format!("`{}`", verdict.message), format!("`{plain}`")),
            "recommended_action" => {
                differs(key, format!("`{}`", verdict.recommended_action), format!("`{plain}`"));
            }
            "monthly_cost" => differs(key, money(verdict.monthly_cost), amount()),
            "monthly_saving" => differs(key, money(verdict.monthly_saving), amount()),
            "cost_basis" => {
                differs(key, verdict.cost_basis.map_or("null".to_owned(), |basis| basis.to_string()), plain);
            }
            "evidence" => {
                for (name, wanted) in wanted.as_table().into_iter().flatten() {
                    let found = verdict.evidence.get(name).map_or("missing".to_owned(), ToString::to_string);
                    let wanted = match wanted.as_str() {
                        Some("null") => "null".to_owned(),
                        _ => serde_json::to_value(wanted)
                            .map_or_else(|e| e.to_string(), |value| value.to_string()),
                    };
                    differs(&format!("evidence.{name}"), found, wanted);
                }
            }
            other => problems_unknown(&mut differs, other),
        }
    }
    problems
}

fn problems_unknown(differs: &mut impl FnMut(&str, String, String), key: &str) {
    differs(key, "no part of a verdict".to_owned(), "a key that can be expected".to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Catalogue;
    use crate::table::Category;

    /// The rules of a category, which are right in themselves, pass their cases.
    fn passes(category: Category) {
        let catalogue = Catalogue::load(&[]).unwrap_or_else(|error| panic!("{error}"));
        let rules: Vec<&Rule> = catalogue.iter().filter(|rule| rule.header.category == category).collect();
        assert!(!rules.is_empty(), "{category}");
        for rule in rules {
            rule.rehearse().unwrap_or_else(|error| panic!("{error}"));
            let report = run_cases(rule).unwrap_or_else(|error| panic!("{error}"));
            let failed: Vec<String> = report.failed.iter().map(ToString::to_string).collect();
            assert!(failed.is_empty(), "{}:\n{}", rule.id, failed.join("\n"));
            let text = &rule.cases.as_ref().expect("the rule has cases").1;
            for status in ["alarm", "ok", "skip"] {
                let shown = format!("status = \"{status}\"");
                assert!(text.contains(&shown), "{} has no case for {status}", rule.id);
            }
        }
    }

    #[test]
    fn every_rule_about_cost_has_cases_that_pass() {
        passes(Category::Cost);
    }

    #[test]
    fn every_rule_about_governance_has_cases_that_pass() {
        passes(Category::Governance);
    }

    #[test]
    fn every_rule_about_reliability_has_cases_that_pass() {
        passes(Category::Reliability);
    }

    #[test]
    fn every_rule_about_security_has_cases_that_pass() {
        passes(Category::Security);
    }
}
