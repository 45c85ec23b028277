//! The one place that keeps an unaudited corner from looking clean.
//!
//! Every table that a rule names is replaced by a common table expression that leaves out the
//! accounts and Regions in which any operation behind any of the rule's tables did not succeed.
//! The wrapping is plain SQL, so the statement that goes to another engine carries it too. A
//! rule's author does not think of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::gate::{COMPLETE_SCOPE, RESERVED_PREFIX};
use super::statement::{Expression, SelectStatement};
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

/// The name under which the embedded engine knows a table of the snapshot, or a view.
pub fn stored(name: &str) -> String {
    format!("{RESERVED_PREFIX}{name}")
}

/// A statement that is complete in itself: coverage first, then the tables, then its own parts.
#[derive(Clone, Debug)]
pub struct Scoped {
    /// Common table expressions, in order.
    pub expressions: Vec<Expression>,
    /// For those that are stored tables joined with [`COMPLETE_SCOPE`]: what stands after `FROM`.
    pub joined: BTreeMap<String, String>,
    /// The accounts and Regions of which coverage says anything about what the statement reads.
    pub known_scopes: String,
    /// What comes after them.
    pub rest: String,
}

impl fmt::Display for Scoped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Expression { name, sql, .. }) in self.expressions.iter().enumerate() {
            let opening = if index == 0 { "WITH " } else { ",\n" };
            write!(formatter, "{opening}{name} AS (\n{sql}\n)")?;
        }
        if !self.expressions.is_empty() {
            formatter.write_str("\n")?;
        }
        formatter.write_str(&self.rest)
    }
}

/// Completes a statement.
///
/// `operations` are those that must have succeeded in an account and Region; without any, no row is left
/// out. `source` gives what stands after `FROM` for a stored table or for a view that was computed, and
/// `constants` are tables that are written into the statement (`param`), as name and `SELECT`.
pub fn scoped(
    statement: &SelectStatement,
    operations: &[Operation],
    constants: &[(String, String)],
    source: &dyn Fn(&str) -> String,
) -> Scoped {
    let mut expressions = Vec::new();
    let mut joined = BTreeMap::new();
    if !operations.is_empty() {
        let sql = complete_scope(operations, &source("coverage"));
        expressions.push(Expression { name: COMPLETE_SCOPE.to_owned(), sql, is_shared: true });
    }
    for name in statement.tables() {
        // What is no table is a view, whose rows come from one account and Region as a table's do.
        let gated =
            !operations.is_empty() && table::schema(name).is_none_or(|schema| !schema.operations.is_empty());
        let sql = match constants.iter().find(|(constant, _)| constant == name) {
            Some((_, select)) => select.clone(),
            None if gated => {
                let stored = source(name);
                let sql = format!(
                    "SELECT t.* FROM {stored} AS t\nJOIN {COMPLETE_SCOPE} AS s ON s.account_id = t.account_id AND s.region = t.region"
                );
                joined.insert(name.clone(), stored);
                sql
            }
            None => format!("SELECT * FROM {}", source(name)),
        };
        // A stored table is never held as a whole: each reader takes the columns that it needs.
        expressions.push(Expression { name: name.clone(), sql, is_shared: false });
    }
    let (own, rest) = statement.parts();
    expressions.extend(own);
    let known_scopes = format!(
        "SELECT DISTINCT account_id, region FROM {} WHERE operation IN ({})",
        source("coverage"),
        listed(operations)
    );
    Scoped { expressions, joined, known_scopes, rest }
}

fn complete_scope(operations: &[Operation], coverage: &str) -> String {
    format!(
        "SELECT account_id, region FROM {coverage}\nWHERE outcome = 'ok' AND operation IN ({})\nGROUP BY account_id, region\nHAVING COUNT(*) = {}",
        listed(operations),
        operations.len()
    )
}

fn listed(operations: &[Operation]) -> String {
    let quoted: Vec<String> = operations.iter().map(|operation| format!("'{operation}'")).collect();
    quoted.join(", ")
}
