//! A statement that passed the gate, and what is done with it as a whole.

use std::collections::BTreeSet;
use std::fmt;

use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{Cte, Expr, Ident, Query, SetExpr, TableAlias, With};

use super::walk;

/// A statement that passed the gate.
#[derive(Clone, Debug)]
pub struct SelectStatement {
    pub(super) query: Query,
    pub(super) tables: BTreeSet<String>,
    /// Every place where a table or a common table expression is read.
    pub(super) relations: Vec<String>,
}

/// A common table expression.
#[derive(Clone, Debug)]
pub struct Expression {
    /// Its name.
    pub name: String,
    /// Its query.
    pub sql: String,
    /// Whether it is read in more than one place.
    pub is_shared: bool,
}

impl SelectStatement {
    /// The known tables that it reads.
    pub fn tables(&self) -> &BTreeSet<String> {
        &self.tables
    }

    /// The statement's common table expressions, in order, and the rest.
    pub fn parts(&self) -> (Vec<Expression>, String) {
        let mut query = self.query.clone();
        let expressions = query.with.take().map(|with| with.cte_tables).unwrap_or_default();
        let expressions = expressions
            .iter()
            .map(|expression| {
                let name = expression.alias.name.value.clone();
                let users = self.relations.iter().filter(|relation| **relation == name).count();
                Expression { sql: format!("{:#}", expression.query), name, is_shared: users > 1 }
            })
            .collect();
        (expressions, format!("{query:#}"))
    }

    /// The statement with something changed that is neither a table nor a common table expression.
    pub(super) fn changed(&self, change: impl FnOnce(&mut Query)) -> SelectStatement {
        let mut changed = self.clone();
        change(&mut changed.query);
        changed
    }

    /// The statement with something changed after which a table is read in fewer places: the change
    /// says in how many.
    pub(super) fn reading_less(
        &self,
        table: &str,
        change: impl FnOnce(&mut Query) -> usize,
    ) -> SelectStatement {
        let mut changed = self.clone();
        let mut fewer = change(&mut changed.query);
        changed.relations.retain(|relation| {
            let is_gone = relation == table && fewer > 0;
            fewer -= usize::from(is_gone);
            !is_gone
        });
        if !changed.relations.iter().any(|relation| relation == table) {
            changed.tables.remove(table);
        }
        changed
    }

    /// The statement with another one written before it, which it reads under a name as if that were a
    /// table.
    pub fn reading(&self, name: &str, other: &SelectStatement) -> SelectStatement {
        let mut query = other.query.clone();
        let mut expressions = query.with.take().map(|with| with.cte_tables).unwrap_or_default();
        expressions.push(Cte {
            alias: TableAlias { explicit: false, name: Ident::new(name), columns: Vec::new(), at: None },
            query: Box::new(query),
            from: None,
            materialized: None,
            closing_paren_token: AttachedToken::empty(),
        });
        let mut whole = self.clone();
        let with = whole.query.with.get_or_insert_with(|| With {
            with_token: AttachedToken::empty(),
            recursive: false,
            cte_tables: Vec::new(),
        });
        with.cte_tables.splice(0..0, expressions);
        whole.tables.remove(name);
        whole.tables.extend(other.tables.iter().cloned());
        whole.relations.extend(other.relations.iter().cloned());
        whole
    }

    /// The names of its common table expressions.
    pub fn expressions(&self) -> impl Iterator<Item = &str> {
        self.query.with.iter().flat_map(|with| &with.cte_tables).map(|cte| cte.alias.name.value.as_str())
    }

    /// The line of the first place where a name stands, for errors that only know the name.
    pub fn line_of(&self, name: &str) -> Option<u64> {
        let mut line = None;
        walk::has_expression(&self.query, |expression| {
            let found =
                match expression {
                    Expr::Identifier(ident) if ident.value == name => Some(ident),
                    Expr::CompoundIdentifier(parts) => parts.iter().find(|part| part.value == name),
                    Expr::Function(function) => function.name.0.iter().find_map(|part| {
                        part.as_ident().filter(|ident| ident.value.eq_ignore_ascii_case(name))
                    }),
                    _ => None,
                };
            line = found.map(|ident| ident.span.start.line).filter(|line| *line > 0);
            line.is_some()
        });
        line
    }

    /// The line on which the statement's outermost `SELECT` stands.
    pub fn first_line(&self) -> Option<u64> {
        fn of(body: &SetExpr) -> Option<u64> {
            match body {
                SetExpr::Select(select) => Some(select.select_token.0.span.start.line),
                SetExpr::Query(query) => of(&query.body),
                SetExpr::SetOperation { left, .. } => of(left),
                _ => None,
            }
        }
        of(&self.query.body).filter(|line| *line > 0)
    }
}

impl fmt::Display for SelectStatement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.query)
    }
}
