//! What a user's own query gets besides the gate: a name for each column of the answer that has none, and a
//! refusal of what Polars answers although SQL has no answer.

use std::collections::BTreeSet;
use std::ops::ControlFlow::{Break, Continue};

use sqlparser::ast::{Expr, GroupByExpr, Ident, OrderByKind, Query, Select, SelectItem, SetExpr};

use super::statement::SelectStatement;
use super::walk::{self, Look, Step};
use crate::error::{Error, Result};

/// The longest name that an expression gives to its column, in characters.
const LONGEST_NAME: usize = 60;

/// Functions that make one value of many rows.
const AGGREGATES: &[&str] = &[
    "any_value",
    "approx_count_distinct",
    "array_agg",
    "avg",
    "bool_and",
    "bool_or",
    "corr",
    "count",
    "covar_pop",
    "covar_samp",
    "every",
    "first",
    "last",
    "listagg",
    "max",
    "mean",
    "median",
    "min",
    "quantile_cont",
    "quantile_disc",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "string_agg",
    "sum",
    "var",
    "var_pop",
    "var_samp",
    "variance",
];

/// The statement as it is run: every column of its answer has a name of its own, that of its expression where
/// the user gave none. Polars would call `COUNT(*)` `len`.
///
/// # Errors
///
/// If a column stands beside an aggregate without `GROUP BY`: Polars repeats the aggregate for each row.
pub fn asked(statement: &SelectStatement) -> Result<String> {
    let mut lone = Lone(None);
    let mut sql = String::new();
    statement.changed(|query| {
        walk::look(query, &mut lone);
        if let Some(select) = leftmost(&mut query.body) {
            name(&mut select.projection);
            let named = select.projection.clone();
            order_by_names(query, &named);
        }
        sql = query.to_string();
    });
    match lone.0 {
        None => Ok(sql),
        Some((column, line)) => {
            Err(Error::usage(format!("`{column}` stands beside an aggregate, without GROUP BY"))
                .at(format!("query:{}", line.max(1)))
                .hint(format!("add GROUP BY {column}, or aggregate it: MAX({column}) say")))
        }
    }
}

/// The `SELECT` whose columns name those of the answer.
fn leftmost(body: &mut SetExpr) -> Option<&mut Select> {
    match body {
        SetExpr::Select(select) => Some(select),
        SetExpr::Query(query) => leftmost(&mut query.body),
        SetExpr::SetOperation { left, .. } => leftmost(left),
        _ => None,
    }
}

fn name(items: &mut [SelectItem]) {
    let mut names: BTreeSet<String> = items
        .iter()
        .filter_map(|item| match item {
            SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
            SelectItem::UnnamedExpr(Expr::Identifier(column)) => Some(column.value.clone()),
            SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => {
                parts.last().map(|part| part.value.clone())
            }
            _ => None,
        })
        .collect();
    for item in items {
        let SelectItem::UnnamedExpr(expr) = item else { continue };
        if matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_)) {
            continue;
        }
        let text: String = expr.to_string().replace('"', "").chars().take(LONGEST_NAME).collect();
        let mut alias = text.clone();
        for number in 2.. {
            if names.insert(alias.clone()) {
                break;
            }
            alias = format!("{text} {number}");
        }
        *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias: Ident::with_quote('"', alias) };
    }
}

/// Orders by the name of a column where the user wrote its expression once more.
fn order_by_names(query: &mut Query, items: &[SelectItem]) {
    let Some(OrderByKind::Expressions(order)) = query.order_by.as_mut().map(|order| &mut order.kind) else {
        return;
    };
    for by in order {
        let same = items.iter().find_map(|item| match item {
            SelectItem::ExprWithAlias { expr, alias } if *expr == by.expr => Some(alias.clone()),
            _ => None,
        });
        if let Some(alias) = same {
            by.expr = Expr::Identifier(alias);
        }
    }
}

/// Finds a column beside an aggregate in a `SELECT` without `GROUP BY`, and its line.
struct Lone(Option<(String, u64)>);

impl Look for Lone {
    fn select(&mut self, select: &Select) -> Step {
        if !matches!(&select.group_by, GroupByExpr::Expressions(by, _) if by.is_empty()) {
            return Continue(());
        }
        let mut parts = Parts::default();
        for item in &select.projection {
            match item {
                SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => {
                    walk::look(expr, &mut parts)
                }
                SelectItem::ExprWithAliases { .. } => {}
                SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..) => {
                    let line = select.select_token.0.span.start.line;
                    parts.column.get_or_insert_with(|| ("*".to_owned(), line));
                }
            }
        }
        match parts.column {
            Some(column) if parts.has_aggregate => {
                self.0 = Some(column);
                Break(())
            }
            _ => Continue(()),
        }
    }
}

/// What an expression consists of.
#[derive(Default)]
struct Parts {
    has_aggregate: bool,
    /// A column outside of every aggregate.
    column: Option<(String, u64)>,
    /// In how many aggregates, windows and subqueries a walk is.
    depth: usize,
}

impl Parts {
    /// Whether an expression has rows of its own; `Some(true)` if it makes one value of those of the `SELECT`.
    fn rows(expression: &Expr) -> Option<bool> {
        match expression {
            Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => Some(false),
            Expr::Function(function) if function.over.is_some() => Some(false),
            Expr::Function(function) => {
                let name = function.name.to_string().to_ascii_lowercase();
                AGGREGATES.contains(&name.as_str()).then_some(true)
            }
            _ => None,
        }
    }
}

impl Look for Parts {
    fn expression(&mut self, expression: &Expr) -> Step {
        match (expression, Parts::rows(expression)) {
            (_, Some(is_aggregate)) => {
                self.has_aggregate |= is_aggregate && self.depth == 0;
                self.depth += 1;
            }
            (Expr::Identifier(column), None) if self.depth == 0 && self.column.is_none() => {
                self.column = Some((column.value.clone(), column.span.start.line));
            }
            (Expr::CompoundIdentifier(parts), None) if self.depth == 0 && self.column.is_none() => {
                let line = parts.first().map_or(1, |part| part.span.start.line);
                self.column = Some((expression.to_string(), line));
            }
            _ => {}
        }
        Continue(())
    }

    fn after_expression(&mut self, expression: &Expr) {
        if Parts::rows(expression).is_some() {
            self.depth -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::gate;

    fn run(sql: &str) -> Result<String> {
        asked(&gate::admit(sql, "query", &|name| name == "tag")?)
    }

    #[test]
    fn columns_are_called_by_their_expressions() {
        for (sql, expected) in [
            ("SELECT count(*) FROM tag", "SELECT count(*) AS \"count(*)\" FROM tag"),
            (
                "SELECT key, COUNT(*), COUNT(*) FROM tag GROUP BY key ORDER BY COUNT(*) DESC",
                "SELECT key, COUNT(*) AS \"COUNT(*)\", COUNT(*) AS \"COUNT(*) 2\" FROM tag GROUP BY key ORDER BY \"COUNT(*)\" DESC",
            ),
            ("SELECT t.key, 1 + 1 AS two FROM tag AS t", "SELECT t.key, 1 + 1 AS two FROM tag AS t"),
        ] {
            assert_eq!(run(sql).as_deref().unwrap_or("refused"), expected);
        }
    }

    #[test]
    fn a_column_beside_an_aggregate_is_grouped_or_refused() {
        for refused in [
            "SELECT key, COUNT(*) FROM tag",
            "SELECT *, MAX(value) FROM tag",
            "SELECT UPPER(t.key) AS k, 1 + SUM(t.value) AS s FROM tag AS t",
            "SELECT n FROM (SELECT key, COUNT(*) AS n FROM tag) AS x",
        ] {
            assert!(run(refused).is_err(), "{refused}");
        }
        for fine in [
            "SELECT key, COUNT(*) FROM tag GROUP BY key",
            "SELECT COUNT(*), MAX(UPPER(key)) - 1, 'x' FROM tag",
            "SELECT key, COUNT(*) OVER (PARTITION BY key) AS n FROM tag",
            "SELECT key, (SELECT COUNT(*) FROM tag) AS n FROM tag",
            "SELECT key FROM tag",
        ] {
            assert!(run(fine).is_ok(), "{fine}");
        }
    }
}
