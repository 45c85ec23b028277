//! The gate: what SQL from a rule, a report or a user may say.
//!
//! One `SELECT` over known tables. No table functions (with Polars `read_parquet('/etc/passwd')`
//! would be one), no files, no DDL, no second statement.

use std::collections::BTreeSet;
use std::ops::ControlFlow::{Break, Continue};

use sqlparser::ast::{
    Expr, Ident, ObjectName, ObjectNamePart, Query, Select, SetExpr, Statement, TableFactor, With,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Span;

use super::growth;
use super::refusal::{Refusal, Verdict, refuse, syntax};
use super::statement::SelectStatement;
use super::walk::{self, Look, Step};
use crate::error::{Error, Result};

/// The longest statement that is read, in bytes.
const LONGEST: usize = 64 * 1024;

/// In how many places a statement may read a table or a common table expression.
const MOST_RELATIONS: usize = 300;

/// How deep expressions, or set operations, may stand in each other: `1 + 1 + 1` is two deep.
/// Whoever works on a statement later descends into it.
const DEEPEST: usize = 250;

/// The stack on which a statement is read before its depth is known: more than the deepest one of
/// [`LONGEST`] bytes takes. Only what is used is ever taken from memory.
const STACK_BYTES: usize = 512 << 20;

/// How many common table expressions a statement may have.
const MOST_COMMON_TABLE_EXPRESSIONS: usize = 100;

/// Tables whose names begin so belong to the engine, and so does [`COMPLETE_SCOPE`].
pub const RESERVED_PREFIX: &str = "stored_";

/// The accounts and Regions for which everything that a rule reads is complete.
pub const COMPLETE_SCOPE: &str = "complete_scope";

/// Lets a statement through, or says what is wrong with it. `file` names the statement in errors,
/// and `known` says which tables exist.
pub fn admit(sql: &str, file: &str, known: &(dyn Fn(&str) -> bool + Sync)) -> Result<SelectStatement> {
    if sql.len() > LONGEST {
        return Err(Error::usage(format!("the statement is longer than {LONGEST} bytes"))
            .at(format!("{file}:1"))
            .hint("split it: one statement answers one question"));
    }
    let read = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("gate".to_owned()).stack_size(STACK_BYTES);
        thread.spawn_scoped(scope, || inspect(sql, file, known)).map(|thread| thread.join())
    });
    match read {
        Ok(Ok(read)) => read,
        Ok(Err(_)) => Err(Error::usage("the SQL cannot be read: the parser broke off")
            .at(format!("{file}:1"))
            .hint("simplify the statement until it passes; please report the one that did not")),
        Err(error) => Err(Error::failed(format!("the SQL cannot be read: {error}"))
            .hint("the limits on threads or on virtual memory are too low")),
    }
}

fn inspect(sql: &str, file: &str, known: &dyn Fn(&str) -> bool) -> Result<SelectStatement> {
    let refuse = |problem: String, line: u64| Error::usage(problem).at(format!("{file}:{}", line.max(1)));
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
        depth: 0,
        refusal: None,
    };
    walk::look(&*query, &mut inspector);
    let refusal = inspector.refusal.or_else(|| growth::judge(&query).break_value());
    if let Some(refusal) = refusal {
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

fn common_table_expressions(query: &Query) -> BTreeSet<String> {
    struct Collector(BTreeSet<String>);
    impl Look for Collector {
        fn query(&mut self, query: &Query) -> Step {
            if let Some(with) = &query.with {
                self.0.extend(with.cte_tables.iter().map(|cte| cte.alias.name.value.clone()));
            }
            Continue(())
        }
    }
    let mut collector = Collector(BTreeSet::new());
    walk::look(query, &mut collector);
    collector.0
}

struct Inspector<'a> {
    known: &'a dyn Fn(&str) -> bool,
    expressions: BTreeSet<String>,
    tables: BTreeSet<String>,
    relations: Vec<String>,
    seen: BTreeSet<String>,
    places: Vec<Span>,
    depth: usize,
    refusal: Option<Refusal>,
}

impl Inspector<'_> {
    /// The nearest position that is known: parts of the tree carry none.
    fn here(&self) -> Span {
        self.places.last().copied().unwrap_or_else(Span::empty)
    }

    fn body(&self, body: &SetExpr, depth: usize) -> Verdict {
        match body {
            _ if depth > DEEPEST => self.too_deep(),
            SetExpr::Select(_) | SetExpr::Query(_) => Continue(()),
            SetExpr::SetOperation { left, right, .. } => {
                self.body(left, depth + 1)?;
                self.body(right, depth + 1)
            }
            _ => refuse(
                "only SELECT may stand here",
                self.here(),
                "rows come from tables; VALUES, TABLE and statements that change something are not read",
            ),
        }
    }

    fn too_deep(&self) -> Verdict {
        refuse(
            format!("more than {DEEPEST} operations stand in each other"),
            self.here(),
            "write long lists with IN, and long computations in several common table expressions",
        )
    }
}

impl Look for Inspector<'_> {
    fn query(&mut self, query: &Query) -> Step {
        let verdict = self.judge_query(query);
        self.keep(verdict)
    }

    fn select(&mut self, select: &Select) -> Step {
        let verdict = self.judge_select(select);
        self.keep(verdict)
    }

    fn after_select(&mut self, _: &Select) {
        self.places.pop();
    }

    fn table_factor(&mut self, factor: &TableFactor) -> Step {
        let verdict = self.judge_table_factor(factor);
        self.keep(verdict)
    }

    fn relation(&mut self, relation: &ObjectName) -> Step {
        let verdict = self.judge_relation(relation);
        self.keep(verdict)
    }

    fn expression(&mut self, _: &Expr) -> Step {
        self.depth += 1;
        let verdict = if self.depth > DEEPEST { self.too_deep() } else { Continue(()) };
        self.keep(verdict)
    }

    fn after_expression(&mut self, _: &Expr) {
        self.depth -= 1;
    }
}

impl Inspector<'_> {
    /// Keeps the reason where the walk breaks off.
    fn keep(&mut self, verdict: Verdict) -> Step {
        verdict.map_break(|refusal| self.refusal = Some(refusal))
    }

    fn judge_query(&mut self, query: &Query) -> Verdict {
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
                let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
                if !name.value.chars().all(plain) {
                    return refuse(
                        format!(
                            "`{}` cannot be the name of a common table expression",
                            name.value.escape_debug()
                        ),
                        name.span,
                        "use letters, digits and underscores",
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
        if let Some((reader, read, span)) = query.with.as_ref().and_then(ahead) {
            return refuse(
                format!(
                    "the common table expression `{reader}` reads `{read}`, which does not stand before it"
                ),
                span,
                "put each after those that it reads; they cannot read themselves or each other in a circle",
            );
        }
        if !query.locks.is_empty() || query.for_clause.is_some() || !query.pipe_operators.is_empty() {
            return refuse(
                "the statement says more than SELECT",
                self.here(),
                "leave out FOR UPDATE, FOR XML and pipe operators",
            );
        }
        self.body(&query.body, 0)
    }

    fn judge_select(&mut self, select: &Select) -> Verdict {
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
        Continue(())
    }

    fn judge_table_factor(&self, factor: &TableFactor) -> Verdict {
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
                Continue(())
            }
            TableFactor::Derived { lateral: false, sample: None, .. } | TableFactor::NestedJoin { .. } => {
                Continue(())
            }
            _ => refuse(
                "rows come from something else than a table",
                self.here(),
                "read only tables and subqueries; `plaudit schema` lists the tables",
            ),
        }
    }

    fn judge_relation(&mut self, relation: &ObjectName) -> Verdict {
        let [ObjectNamePart::Identifier(Ident { value: name, .. })] = relation.0.as_slice() else {
            return refuse(
                format!("`{relation}` is not a plain table name"),
                span(relation),
                "name the table alone, without database or schema",
            );
        };
        self.relations.push(name.clone());
        if self.relations.len() > MOST_RELATIONS {
            return refuse(
                format!("tables are read in more than {MOST_RELATIONS} places"),
                span(relation),
                "split it: one statement answers one question",
            );
        }
        if self.expressions.contains(name) {
            return Continue(());
        }
        if (self.known)(name) {
            self.tables.insert(name.clone());
            return Continue(());
        }
        refuse(
            format!("there is no table `{name}`"),
            span(relation),
            "`plaudit schema` lists the tables and their columns",
        )
    }
}

/// A common table expression that reads itself or one that stands after it.
fn ahead(with: &With) -> Option<(String, String, Span)> {
    struct Reader<'a> {
        names: &'a [String],
        read: Option<(String, Span)>,
    }
    impl Look for Reader<'_> {
        fn relation(&mut self, relation: &ObjectName) -> Step {
            match relation.0.as_slice() {
                [ObjectNamePart::Identifier(ident)] if self.names.contains(&ident.value) => {
                    self.read = Some((ident.value.clone(), ident.span));
                    Break(())
                }
                _ => Continue(()),
            }
        }
    }
    let names: Vec<String> = with.cte_tables.iter().map(|one| one.alias.name.value.clone()).collect();
    with.cte_tables.iter().enumerate().find_map(|(index, one)| {
        let mut reader = Reader { names: &names[index..], read: None };
        walk::look(&*one.query, &mut reader);
        reader.read.map(|(read, span)| (names[index].clone(), read, span))
    })
}

fn span(name: &ObjectName) -> Span {
    name.0.first().and_then(ObjectNamePart::as_ident).map_or_else(Span::empty, |ident| ident.span)
}
