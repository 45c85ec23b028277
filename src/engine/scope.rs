//! The one place that keeps an unaudited corner from looking clean.
//!
//! Every table that a rule names is replaced by a common table expression that leaves out the
//! accounts and Regions in which any operation behind any of the rule's tables did not succeed.
//! The wrapping is plain SQL, so the statement that goes to another engine carries it too. A
//! rule's author does not think of it.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::gate::{COMPLETE_SCOPE, SelectStatement};
use crate::table::{self, Operation};

/// The operations behind the tables that a statement reads. All of them must have succeeded in an
/// account and Region before the rule may judge there.
pub fn operations(statement: &SelectStatement) -> Vec<Operation> {
    let operations: BTreeSet<Operation> = statement
        .tables()
        .iter()
        .filter_map(|name| table::schema(name))
        .flat_map(|schema| schema.operations.iter().copied())
        .collect();
    operations.into_iter().collect()
}

/// The statement, complete in itself: coverage first, then the tables, then the rule's own text.
///
/// `source` gives what stands after `FROM` for a stored table, and `constants` are tables that are
/// written into the statement (`param`), as name and `SELECT`.
pub fn scoped(
    statement: &SelectStatement,
    constants: &[(String, String)],
    source: &dyn Fn(&str) -> String,
) -> String {
    let operations = operations(statement);
    let mut expressions = Vec::new();
    if !operations.is_empty() {
        expressions.push(complete_scope(&operations, &source("coverage")));
    }
    for name in statement.tables() {
        if let Some((_, select)) = constants.iter().find(|(constant, _)| constant == name) {
            expressions.push(format!("{name} AS ({select})"));
            continue;
        }
        let source = source(name);
        let gated = table::schema(name).is_some_and(|schema| !schema.operations.is_empty());
        expressions.push(if gated {
            format!(
                "{name} AS (\n  SELECT t.* FROM {source} AS t\n  JOIN {COMPLETE_SCOPE} AS s ON s.account_id = t.account_id AND s.region = t.region\n)"
            )
        } else {
            format!("{name} AS (SELECT * FROM {source})")
        });
    }
    let (own, rest) = statement.parts();
    expressions.extend(own);
    if expressions.is_empty() {
        return rest;
    }
    format!("WITH {}\n{rest}", expressions.join(",\n"))
}

fn complete_scope(operations: &[Operation], coverage: &str) -> String {
    let mut list = String::new();
    for (index, operation) in operations.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = write!(list, "{separator}'{operation}'");
    }
    format!(
        "{COMPLETE_SCOPE} AS (\n  SELECT account_id, region FROM {coverage}\n  WHERE outcome = 'ok' AND operation IN ({list})\n  GROUP BY account_id, region\n  HAVING COUNT(*) = {}\n)",
        operations.len()
    )
}
