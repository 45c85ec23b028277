//! Where a snapshot is incomplete, and for which rules that matters.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use super::Rule;
use super::runner::Facts;
use crate::engine::Engine;
use crate::error::Result;
use crate::format;
use crate::table::{self, Operation};

/// An account and Region.
pub(super) type Scope = (String, String);

/// A call that did not succeed.
#[derive(Clone)]
struct Gap {
    operation: String,
    outcome: String,
    error_code: String,
    message: String,
}

impl Gap {
    fn cause(&self) -> String {
        match self.error_code.as_str() {
            "" => self.outcome.clone(),
            code => format!("{} ({code})", self.outcome),
        }
    }
}

/// What a snapshot does not know.
#[derive(Clone, Default)]
pub(super) struct Gaps {
    calls: BTreeMap<Scope, Vec<Gap>>,
    /// Tables that the snapshot does not have: an earlier plaudit took it. A rule that reads one has
    /// nothing to say of any of the accounts and Regions.
    tables: BTreeSet<&'static str>,
    scopes: BTreeSet<Scope>,
}

impl Gaps {
    /// Everything in coverage that is not `ok`, by account and Region, everything that ought to be
    /// there and is not, and the tables that ought to be there.
    pub fn find(engine: &mut Engine, facts: &Facts) -> Result<Gaps> {
        let mut calls: BTreeMap<Scope, Vec<Gap>> = BTreeMap::new();
        let list: Vec<_> = Operation::regional().map(|operation| format!("'{operation}'")).collect();
        let list = list.join(", ");
        let rows = engine.texts::<6>(&format!(
            "SELECT account_id, region, operation, outcome, error_code, message FROM stored_coverage \
             WHERE outcome <> 'ok' AND operation IN ({list}) ORDER BY account_id, region, operation"
        ))?;
        for [account, region, operation, outcome, error_code, message] in rows {
            calls.entry((account, region)).or_default().push(Gap { operation, outcome, error_code, message });
        }
        let total = Operation::regional().count();
        let unrecorded = engine.texts::<2>(&format!(
            "SELECT account_id, region FROM stored_coverage WHERE operation IN ({list}) \
             GROUP BY account_id, region HAVING COUNT(*) < {total}"
        ))?;
        if !unrecorded.is_empty() {
            let recorded: BTreeSet<[String; 3]> = engine
                .texts::<3>("SELECT account_id, region, operation FROM stored_coverage")?
                .into_iter()
                .collect();
            for [account, region] in unrecorded {
                let missing = Operation::regional().filter(|operation| {
                    !recorded.contains(&[account.clone(), region.clone(), operation.name().to_owned()])
                });
                let missing: Vec<Gap> = missing.map(unrecorded_call).collect();
                calls.entry((account, region)).or_default().extend(missing);
            }
        }
        let stored = table::SCHEMAS.iter().map(|schema| schema.name);
        let tables: BTreeSet<_> = stored.filter(|name| !facts.tables.contains_key(name)).collect();
        let scopes = if tables.is_empty() {
            BTreeSet::new()
        } else {
            let all = format!(
                "SELECT DISTINCT account_id, region FROM stored_coverage WHERE operation IN ({list})"
            );
            engine.texts::<2>(&all)?.into_iter().map(|[account, region]| (account, region)).collect()
        };
        Ok(Gaps { calls, tables, scopes })
    }

    /// A table that a rule reads and the snapshot does not have.
    pub fn lacking<'r>(&self, rule: &'r Rule) -> Option<&'r str> {
        rule.tables().find(|name| self.tables.contains(name))
    }

    /// Where something that a rule reads is incomplete.
    pub fn scopes(&self, rule: &Rule) -> Vec<Scope> {
        match self.lacking(rule) {
            Some(_) => self.scopes.iter().cloned().collect(),
            None => {
                let operations = names(rule);
                let with_gap =
                    |gaps: &[Gap]| gaps.iter().any(|gap| operations.contains(gap.operation.as_str()));
                self.calls.iter().filter(|(_, gaps)| with_gap(gaps)).map(|(scope, _)| scope.clone()).collect()
            }
        }
    }

    /// Whether something that a rule reads is incomplete in an account and Region.
    pub fn matter(&self, rule: &Rule, scope: &Scope) -> bool {
        self.lacking(rule).is_some() || !self.of(rule, scope).is_empty()
    }

    /// What is missing for a rule in an account and Region, as a sentence and as evidence.
    pub fn told(&self, rule: &Rule, scope: &Scope) -> (String, Json) {
        if let Some(table) = self.lacking(rule) {
            let message = format!("not judged: the snapshot was taken without the table `{table}`");
            return (message, json!({ "missing_table": table }));
        }
        let gaps = self.of(rule, scope);
        let first = gaps.first().map_or_else(String::new, |gap| format!("{} {}", gap.operation, gap.cause()));
        let more = match gaps.len() {
            0 | 1 => String::new(),
            n => format!(", and {} more", format::count(n as i64 - 1, "operation")),
        };
        let list: Map<String, Json> = gaps
            .iter()
            .map(|gap| {
                let message =
                    if gap.message.is_empty() { String::new() } else { format!(": {}", gap.message) };
                (gap.operation.clone(), format!("{}{message}", gap.cause()).into())
            })
            .collect();
        (format!("not audited: {first}{more}"), json!({ "incomplete": list }))
    }

    fn of(&self, rule: &Rule, scope: &Scope) -> Vec<&Gap> {
        let operations = names(rule);
        let gaps = self.calls.get(scope).into_iter().flatten();
        gaps.filter(|gap| operations.contains(gap.operation.as_str())).collect()
    }
}

fn names(rule: &Rule) -> BTreeSet<&'static str> {
    rule.operations().iter().map(|operation| operation.name()).collect()
}

fn unrecorded_call(operation: Operation) -> Gap {
    Gap {
        operation: operation.name().to_owned(),
        outcome: "not recorded".to_owned(),
        error_code: String::new(),
        message: "the snapshot does not say what became of the call".to_owned(),
    }
}
