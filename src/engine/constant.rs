//! The table of a rule's thresholds, written into its statement as constants.
//!
//! `CROSS JOIN param AS p` is how a rule reads its thresholds. To engines that is a join, across
//! which the embedded one moves no condition: `value >= p.min_packets` would be looked at after every
//! row was joined. As a constant it is looked at while the table is read.

use sqlparser::ast::{
    Expr, GroupByExpr, Ident, JoinConstraint, JoinOperator, Query, Select, SelectItem, SetExpr, TableFactor,
    Visit, VisitMut,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;

use super::statement::SelectStatement;
use super::walk;

/// Writes the columns of a table of one row into a statement, wherever the table is cross joined and
/// its columns are named by its alias. Elsewhere the table goes on being read. `columns` are the
/// names and their values, as SQL.
pub fn inlined(statement: &SelectStatement, table: &str, columns: &[(String, String)]) -> SelectStatement {
    let parsed = columns.iter().map(|(name, sql)| Some((name.as_str(), constant(sql)?)));
    let Some(columns) = parsed.collect::<Option<Vec<_>>>() else { return statement.clone() };
    statement.reading_less(table, |query| {
        let mut inliner = Inliner { table, columns, joins: 0 };
        walk::change_queries(query, |query| inliner.query(query));
        inliner.joins
    })
}

fn constant(sql: &str) -> Option<Expr> {
    Parser::new(&GenericDialect).try_with_sql(sql).ok()?.parse_expr().ok()
}

struct Inliner<'a> {
    table: &'a str,
    columns: Vec<(&'a str, Expr)>,
    /// Joins that were taken out.
    joins: usize,
}

impl Inliner<'_> {
    fn query(&mut self, query: &mut Query) {
        // What a query is ordered by stands outside of its SELECT.
        if query.order_by.is_none() {
            self.body(&mut query.body);
        }
    }

    fn body(&mut self, body: &mut SetExpr) {
        match body {
            SetExpr::Select(select) => {
                if let Some(changed) = self.without_join(select) {
                    **select = changed;
                    self.joins += 1;
                }
            }
            SetExpr::SetOperation { left, right, .. } => {
                self.body(left);
                self.body(right);
            }
            _ => {}
        }
    }

    /// The `SELECT` without the table, or nothing where it must be left as it is.
    fn without_join(&self, select: &Select) -> Option<Select> {
        let mut changed = select.clone();
        let mut aliases = Vec::new();
        for from in &mut changed.from {
            from.joins.retain(|join| match (&join.join_operator, self.alias(&join.relation)) {
                (JoinOperator::CrossJoin(JoinConstraint::None), Some(alias)) => {
                    aliases.push(alias);
                    false
                }
                _ => true,
            });
        }
        let [alias] = aliases.as_slice() else { return None };
        // Subqueries in FROM have names of their own.
        let from = std::mem::take(&mut changed.from);
        let mut conditions = from.iter().flat_map(|one| &one.joins).map(|join| &join.join_operator);
        if !self.can_inline(&changed, alias) || !conditions.all(|condition| self.is_plain(condition, alias)) {
            return None;
        }
        for item in &mut changed.projection {
            // Without the alias the column would be called after its value.
            if let SelectItem::UnnamedExpr(expression) = item
                && let Some((name, value)) = self.column(expression, alias)
            {
                *item = SelectItem::ExprWithAlias { expr: value.clone(), alias: Ident::new(*name) };
            }
        }
        self.replace(&mut changed, alias);
        changed.from = from;
        for join in changed.from.iter_mut().flat_map(|one| &mut one.joins) {
            self.replace(&mut join.join_operator, alias);
        }
        Some(changed)
    }

    /// The name under which the table is read, where it is the table.
    fn alias(&self, relation: &TableFactor) -> Option<String> {
        let TableFactor::Table { name, alias, .. } = relation else { return None };
        if name.to_string() != self.table || alias.as_ref().is_some_and(|alias| !alias.columns.is_empty()) {
            return None;
        }
        Some(alias.as_ref().map_or_else(|| self.table.to_owned(), |alias| alias.name.value.clone()))
    }

    fn can_inline(&self, select: &Select, alias: &str) -> bool {
        let is_named =
            |item: &SelectItem| !matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..));
        // A number in GROUP BY is the place of a column.
        let groups_by_it = match &select.group_by {
            GroupByExpr::Expressions(expressions, _) => {
                expressions.iter().any(|expression| self.column(expression, alias).is_some())
            }
            GroupByExpr::All(_) => true,
        };
        select.projection.iter().all(is_named) && !groups_by_it && self.is_plain(select, alias)
    }

    /// Whether the table is only read as `alias.column`, of columns that it has.
    fn is_plain(&self, part: &impl Visit, alias: &str) -> bool {
        !walk::has_expression(part, |expression| match expression {
            Expr::Identifier(ident) => self.columns.iter().any(|(name, _)| *name == ident.value),
            Expr::CompoundIdentifier(parts) => {
                parts.first().is_some_and(|part| part.value == alias)
                    && self.column(expression, alias).is_none()
            }
            Expr::Subquery(_) | Expr::InSubquery { .. } | Expr::Exists { .. } => true,
            _ => false,
        })
    }

    fn column(&self, expression: &Expr, alias: &str) -> Option<&(&str, Expr)> {
        let Expr::CompoundIdentifier(parts) = expression else { return None };
        let [table, column] = parts.as_slice() else { return None };
        self.columns.iter().find(|(name, _)| table.value == alias && *name == column.value)
    }

    fn replace(&self, part: &mut impl VisitMut, alias: &str) {
        walk::change_expressions(part, |expression| {
            if let Some((_, value)) = self.column(expression, alias) {
                *expression = value.clone();
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::gate;

    fn shown(sql: &str) -> String {
        let statement = gate::admit(sql, "query", &|name| ["tag", "param", "price"].contains(&name)).unwrap();
        let columns = [("days", "7"), ("share", "CAST(0.5 AS DOUBLE)"), ("word", "'a'")];
        let columns = columns.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let changed = inlined(&statement, "param", &columns);
        let (expressions, rest) = changed.parts();
        let reads = changed.tables().contains("param");
        let all: Vec<String> = expressions.into_iter().map(|one| one.sql).chain([rest]).collect();
        let text = all.join("; ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(reads, text.contains("param"), "{text}");
        text
    }

    #[test]
    fn thresholds_become_constants() {
        assert_eq!(
            shown(
                "SELECT t.key, p.days FROM tag AS t CROSS JOIN param AS p WHERE t.age >= p.days AND t.x > p.share * t.y"
            ),
            "SELECT t.key, 7 AS days FROM tag AS t WHERE t.age >= 7 AND t.x > CAST(0.5 AS DOUBLE) * t.y"
        );
        assert_eq!(
            shown(
                "WITH one AS (SELECT t.key FROM tag AS t CROSS JOIN param WHERE t.key = param.word) SELECT o.key FROM one AS o JOIN tag AS t ON t.age > p.days CROSS JOIN param AS p UNION ALL SELECT key FROM tag"
            ),
            "SELECT t.key FROM tag AS t WHERE t.key = 'a'; SELECT o.key FROM one AS o JOIN tag AS t ON t.age > 7 UNION ALL SELECT key FROM tag"
        );
    }

    #[test]
    fn a_subquery_in_from_keeps_its_own_names() {
        assert_eq!(
            shown(
                "SELECT s.days FROM (SELECT p.days FROM price AS p) AS s CROSS JOIN param AS p WHERE s.x > p.days"
            ),
            "SELECT s.days FROM ( SELECT p.days FROM price AS p ) AS s WHERE s.x > 7"
        );
    }

    #[test]
    fn what_a_constant_would_change_is_left_alone() {
        for sql in [
            "SELECT * FROM tag CROSS JOIN param AS p",
            "SELECT days FROM tag CROSS JOIN param AS p",
            "SELECT p.unknown FROM tag CROSS JOIN param AS p",
            "SELECT COUNT(*) AS n FROM tag CROSS JOIN param AS p GROUP BY p.days",
            "SELECT t.key FROM tag AS t CROSS JOIN param AS p ORDER BY p.days",
            "SELECT t.key FROM tag AS t JOIN param AS p ON p.days = t.age",
            "SELECT p.days FROM param AS p",
            "SELECT t.key FROM tag AS t CROSS JOIN param AS p WHERE t.age IN (SELECT x.age FROM tag AS x WHERE x.age > p.days)",
        ] {
            assert_eq!(shown(sql), sql);
        }
    }
}
