//! The gate: what SQL from a rule, a report or a user may say.
//!
//! One `SELECT` over known tables. No table functions (with Polars `read_parquet('/etc/passwd')`
//! would be one), no files, no DDL, no second statement.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{
    Ident, ObjectName, ObjectNamePart, Query, Select, SetExpr, Statement, TableFactor, Visit, Visitor,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Span;

use crate::error::{Error, Result};

/// The longest statement that is read, in bytes.
const LONGEST: usize = 256 * 1024;

/// How many common table expressions a statement may have.
const MOST_COMMON_TABLE_EXPRESSIONS: usize = 100;

/// Tables whose names begin so belong to the engine, and so does [`COMPLETE_SCOPE`].
pub const RESERVED_PREFIX: &str = "stored_";

/// The accounts and Regions for which everything that a rule reads is complete.
pub const COMPLETE_SCOPE: &str = "complete_scope";

/// A statement that passed the gate.
#[derive(Clone, Debug)]
pub struct SelectStatement {
    query: Query,
    tables: BTreeSet<String>,
    /// Every place where a table or a common table expression is read.
    relations: Vec<String>,
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

    /// The line of the first place where a name stands, for errors that only know the name.
    pub fn line_of(&self, name: &str) -> Option<u64> {
        struct Finder<'a>(&'a str);
        impl Visitor for Finder<'_> {
            type Break = u64;
            fn pre_visit_expr(&mut self, expression: &sqlparser::ast::Expr) -> ControlFlow<u64> {
                use sqlparser::ast::Expr;
                let found = match expression {
                    Expr::Identifier(ident) if ident.value == self.0 => Some(ident),
                    Expr::CompoundIdentifier(parts) => parts.iter().find(|part| part.value == self.0),
                    Expr::Function(function) => function.name.0.iter().find_map(|part| {
                        part.as_ident().filter(|ident| ident.value.eq_ignore_ascii_case(self.0))
                    }),
                    _ => None,
                };
                match found {
                    Some(ident) if ident.span.start.line > 0 => ControlFlow::Break(ident.span.start.line),
                    _ => ControlFlow::Continue(()),
                }
            }
        }
        match self.query.visit(&mut Finder(name)) {
            ControlFlow::Break(line) => Some(line),
            ControlFlow::Continue(()) => None,
        }
    }
}

/// Lets a statement through, or says what is wrong with it. `file` names the statement in errors,
/// and `known` says which tables exist.
pub fn admit(sql: &str, file: &str, known: &dyn Fn(&str) -> bool) -> Result<SelectStatement> {
    let refuse = |problem: String, line: u64| Error::usage(problem).at(format!("{file}:{}", line.max(1)));
    if sql.len() > LONGEST {
        return Err(refuse(format!("the statement is longer than {LONGEST} bytes"), 1)
            .hint("split it: one statement answers one question"));
    }
    let parsed =
        Parser::new(&GenericDialect).try_with_sql(sql).and_then(|mut parser| parser.parse_statements());
    let mut statements = parsed.map_err(|error| {
        let (message, line) = syntax(&error);
        refuse(format!("the SQL cannot be read: {message}"), line)
            .hint("write one SELECT in the SQL that Polars, DuckDB, Spark and Trino share")
    })?;
    let only_select = "write exactly one SELECT; plaudit never changes anything";
    let statement = match (statements.pop(), statements.is_empty()) {
        (Some(statement), true) => statement,
        (None, _) => {
            return Err(refuse("there is no SQL statement".to_owned(), 1).hint(only_select));
        }
        (Some(_), false) => {
            return Err(refuse("there is more than one SQL statement".to_owned(), 1).hint(only_select));
        }
    };
    let Statement::Query(query) = statement else {
        return Err(refuse("the statement is not a SELECT".to_owned(), 1).hint(only_select));
    };
    let mut inspector = Inspector {
        known,
        expressions: common_table_expressions(&query),
        tables: BTreeSet::new(),
        relations: Vec::new(),
        seen: BTreeSet::new(),
        places: Vec::new(),
    };
    if let ControlFlow::Break(refusal) = query.visit(&mut inspector) {
        return Err(refuse(refusal.problem, refusal.line).hint(refusal.hint));
    }
    if inspector.expressions.len() > MOST_COMMON_TABLE_EXPRESSIONS {
        return Err(refuse(
            format!("the statement has more than {MOST_COMMON_TABLE_EXPRESSIONS} common table expressions"),
            1,
        )
        .hint("split it: one statement answers one question"));
    }
    Ok(SelectStatement { tables: inspector.tables, relations: inspector.relations, query: *query })
}

/// A parser's message without its position, and the line of that position.
fn syntax(error: &ParserError) -> (String, u64) {
    let message = match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message.clone(),
        ParserError::RecursionLimitExceeded => "it is nested too deeply".to_owned(),
    };
    let Some(start) = message.rfind(" at Line: ") else {
        return (message, 1);
    };
    let line = message[start + " at Line: ".len()..]
        .chars()
        .take_while(char::is_ascii_digit)
        .collect::<String>()
        .parse()
        .unwrap_or(1);
    (message[..start].to_owned(), line)
}

fn common_table_expressions(query: &Query) -> BTreeSet<String> {
    struct Collector(BTreeSet<String>);
    impl Visitor for Collector {
        type Break = ();
        fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
            if let Some(with) = &query.with {
                self.0.extend(with.cte_tables.iter().map(|cte| cte.alias.name.value.clone()));
            }
            ControlFlow::Continue(())
        }
    }
    let mut collector = Collector(BTreeSet::new());
    // The collector never breaks off.
    let _ = query.visit(&mut collector);
    collector.0
}

struct Refusal {
    problem: String,
    line: u64,
    hint: String,
}

fn refuse<T>(problem: impl Into<String>, span: Span, hint: impl Into<String>) -> ControlFlow<Refusal, T> {
    ControlFlow::Break(Refusal { problem: problem.into(), line: span.start.line, hint: hint.into() })
}

struct Inspector<'a> {
    known: &'a dyn Fn(&str) -> bool,
    expressions: BTreeSet<String>,
    tables: BTreeSet<String>,
    relations: Vec<String>,
    seen: BTreeSet<String>,
    places: Vec<Span>,
}

impl Inspector<'_> {
    /// The nearest position that is known: parts of the tree carry none.
    fn here(&self) -> Span {
        self.places.last().copied().unwrap_or_else(Span::empty)
    }

    fn body(&self, body: &SetExpr) -> ControlFlow<Refusal> {
        match body {
            SetExpr::Select(_) | SetExpr::Query(_) => ControlFlow::Continue(()),
            SetExpr::SetOperation { left, right, .. } => {
                self.body(left)?;
                self.body(right)
            }
            _ => refuse(
                "only SELECT may stand here",
                self.here(),
                "rows come from tables; VALUES, TABLE and statements that change something are not read",
            ),
        }
    }
}

impl Visitor for Inspector<'_> {
    type Break = Refusal;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Refusal> {
        if let Some(with) = &query.with {
            if with.recursive {
                return refuse(
                    "the common table expressions are recursive",
                    with.with_token.0.span,
                    "leave RECURSIVE out: the embedded engine has no recursion",
                );
            }
            for expression in &with.cte_tables {
                let name = &expression.alias.name;
                let reserved = name.value.starts_with(RESERVED_PREFIX) || name.value == COMPLETE_SCOPE;
                if reserved || (self.known)(&name.value) {
                    return refuse(
                        format!("the common table expression `{}` hides the table of that name", name.value),
                        name.span,
                        "give it another name",
                    );
                }
                if !self.seen.insert(name.value.clone()) {
                    return refuse(
                        format!("the common table expression `{}` stands twice", name.value),
                        name.span,
                        "give one of them another name",
                    );
                }
            }
        }
        if !query.locks.is_empty() || query.for_clause.is_some() || !query.pipe_operators.is_empty() {
            return refuse(
                "the statement says more than SELECT",
                self.here(),
                "leave out FOR UPDATE, FOR XML and pipe operators",
            );
        }
        self.body(&query.body)
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Refusal> {
        self.places.push(select.select_token.0.span);
        if select.into.is_some() {
            return refuse("SELECT INTO would write", self.here(), "leave INTO out");
        }
        if !select.lateral_views.is_empty() || !select.connect_by.is_empty() {
            return refuse(
                "LATERAL VIEW and CONNECT BY are not shared by all engines",
                self.here(),
                "use a join",
            );
        }
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, _: &Select) -> ControlFlow<Refusal> {
        self.places.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Refusal> {
        match factor {
            TableFactor::Table { name, args: Some(_), .. } => refuse(
                format!("`{name}` is a table function"),
                span(name),
                "read only tables; `plaudit schema` lists them",
            ),
            TableFactor::Table { name, version, sample, with_hints, json_path, .. } => {
                if version.is_some() || sample.is_some() || !with_hints.is_empty() || json_path.is_some() {
                    return refuse(
                        format!("`{name}` is read with more than its name"),
                        span(name),
                        "leave out samples, versions and hints",
                    );
                }
                ControlFlow::Continue(())
            }
            TableFactor::Derived { lateral: false, sample: None, .. } | TableFactor::NestedJoin { .. } => {
                ControlFlow::Continue(())
            }
            _ => refuse(
                "rows come from something else than a table",
                self.here(),
                "read only tables and subqueries; `plaudit schema` lists the tables",
            ),
        }
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<Refusal> {
        let [ObjectNamePart::Identifier(Ident { value: name, .. })] = relation.0.as_slice() else {
            return refuse(
                format!("`{relation}` is not a plain table name"),
                span(relation),
                "name the table alone, without database or schema",
            );
        };
        self.relations.push(name.clone());
        if self.expressions.contains(name) {
            return ControlFlow::Continue(());
        }
        if (self.known)(name) {
            self.tables.insert(name.clone());
            return ControlFlow::Continue(());
        }
        refuse(
            format!("there is no table `{name}`"),
            span(relation),
            "`plaudit schema` lists the tables and their columns",
        )
    }
}

fn span(name: &ObjectName) -> Span {
    name.0.first().and_then(ObjectNamePart::as_ident).map_or_else(Span::empty, |ident| ident.span)
}

impl SelectStatement {
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
