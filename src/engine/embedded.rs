//! The embedded engine: Polars SQL.

use std::collections::BTreeSet;

use polars::error::set_warning_function;
use polars::prelude::*;
use polars::sql::SQLContext;

use super::complete::Kept;
use super::gate::COMPLETE_SCOPE;
use super::scope::Scoped;
use super::statement::Expression;
use super::{Answer, Value};
use crate::error::{Error, Result};

/// Tables under names, and SQL over them.
pub struct Engine {
    context: SQLContext,
    /// The names of the tables that were registered.
    tables: BTreeSet<String>,
}

impl Default for Engine {
    fn default() -> Engine {
        // Otherwise they are printed among what the user reads, and are none of his business.
        set_warning_function(|text, _| tracing::debug!(target: "plaudit", "the engine warns: {text}"));
        Engine { context: SQLContext::new(), tables: BTreeSet::new() }
    }
}

impl Engine {
    /// Makes a table known. One that was known by that name is replaced.
    pub fn register(&mut self, name: &str, table: LazyFrame) {
        self.context.register(name, table);
        self.tables.insert(name.to_owned());
    }

    /// Plans a statement and gives the columns of its answer, without reading a row.
    pub fn plan(&mut self, sql: &str) -> Result<Vec<(String, DataType)>> {
        guarded(|| columns(&mut self.context.execute(sql)?))
    }

    /// Runs a statement.
    pub fn collect(&mut self, sql: &str) -> Result<Answer> {
        let answer = guarded(|| self.context.execute(sql)?.collect().map(Answer::new));
        forget(&mut self.context, &self.tables);
        answer
    }

    /// Runs a statement whose columns are so many texts, and gives its rows; null is empty.
    pub fn texts<const N: usize>(&mut self, sql: &str) -> Result<Vec<[String; N]>> {
        let answer = self.collect(sql)?;
        let columns: Vec<Vec<Value>> = answer.columns().into_iter().map(|(_, values)| values).collect();
        let cell = |row: usize, column: usize| {
            columns.get(column).map_or_else(String::new, |values| values[row].to_plain())
        };
        Ok((0..answer.height()).map(|row| std::array::from_fn(|column| cell(row, column))).collect())
    }

    /// Plans a statement that is complete in itself.
    pub fn plan_scoped(&mut self, scoped: &Scoped) -> Result<Vec<(String, DataType)>> {
        self.with_expressions(scoped, |mut rest| columns(&mut rest))
    }

    /// Runs a statement that is complete in itself.
    pub fn collect_scoped(&mut self, scoped: &Scoped) -> Result<Answer> {
        self.with_expressions(scoped, |rest| run(rest).map(Answer::new))
    }

    /// Runs a statement that is complete in itself, for the rows whose text in a column is a given one.
    pub fn collect_scoped_where(&mut self, scoped: &Scoped, column: &str, text: &str) -> Result<Answer> {
        let wanted = col(column).eq(lit(text.to_owned()));
        self.with_expressions(scoped, |rest| run(rest.filter(wanted)).map(Answer::new))
    }

    /// Polars writes a common table expression into each of its readers, plans it there and
    /// computes it there. So those that have several readers are computed first, once.
    fn with_expressions<T: Send>(
        &mut self,
        scoped: &Scoped,
        work: impl FnOnce(LazyFrame) -> PolarsResult<T> + Send,
    ) -> Result<T> {
        let (context, mut known) = (&mut self.context, self.tables.clone());
        let answer = guarded(|| {
            let mut complete: Option<Kept> = None;
            for Expression { name, sql, is_shared } in &scoped.expressions {
                let table = match (&complete, scoped.joined.get(name)) {
                    (Some(kept), Some(stored)) => {
                        kept.of(context.execute(&format!("SELECT * FROM {stored}"))?)
                    }
                    _ if *is_shared => {
                        let rows = run(context.execute(sql)?)?;
                        if name == COMPLETE_SCOPE {
                            let known = context.execute(&scoped.known_scopes)?.collect()?.height();
                            complete = Kept::new(&rows, known)?;
                        }
                        rows.lazy()
                    }
                    _ => context.execute(sql)?,
                };
                context.register(name, table);
                known.insert(name.clone());
                forget(context, &known);
            }
            work(context.execute(&scoped.rest)?)
        });
        forget(&mut self.context, &self.tables);
        answer
    }
}

/// Forgets the tables that are not among the known ones. Polars registers a subquery in `FROM` under its
/// alias, and takes that for the table of the same alias in whatever it is asked next.
fn forget(context: &mut SQLContext, known: &BTreeSet<String>) {
    for name in context.get_tables() {
        if !known.contains(&name) {
            context.unregister(&name);
        }
    }
}

/// Computes a plan piece by piece, which takes less memory than step by step. Rows come in any order.
fn run(plan: LazyFrame) -> PolarsResult<DataFrame> {
    Ok(plan.collect_with_engine(polars::prelude::Engine::Streaming)?.unwrap_single())
}

fn columns(plan: &mut LazyFrame) -> PolarsResult<Vec<(String, DataType)>> {
    let schema = plan.collect_schema()?;
    Ok(schema.iter().map(|(name, kind)| (name.to_string(), kind.clone())).collect())
}

/// The engine plans by recursion, one level and more for each step of a statement, and each common
/// table expression is written into its users. So it gets a stack of its own, of which only what is
/// used is ever taken from memory.
const STACK_BYTES: usize = 256 << 20;

/// Runs the engine on a large stack, and turns whatever goes wrong inside it into an error: house
/// rules are written by users, and a statement that the engine stumbles over must not take the run
/// down.
fn guarded<T: Send>(work: impl FnOnce() -> PolarsResult<T> + Send) -> Result<T> {
    let ran = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("engine".to_owned()).stack_size(STACK_BYTES);
        thread.spawn_scoped(scope, work).map(|thread| thread.join())
    });
    match ran {
        Ok(Ok(answer)) => answer.map_err(|error| Error::usage(message(&error))),
        Ok(Err(_)) => Err(Error::usage("the engine broke off at this statement")
            .hint("simplify the statement until it passes; please report the one that did not")),
        Err(error) => Err(Error::failed(format!("the engine could not be started: {error}"))
            .hint("the limits on threads or on virtual memory are too low")),
    }
}

/// The engine's message, without the plan that it appends and without its own advice.
fn message(error: &PolarsError) -> String {
    let text = error.to_string();
    let text = text.split("\n\nResolved plan until failure").next().unwrap_or(&text);
    text.trim().replace("\n", " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Polars keeps a subquery under its alias for whatever is asked next.
    #[test]
    fn an_alias_in_one_statement_is_nothing_to_the_next() {
        let mut engine = Engine::default();
        for (table, column) in [("one", "x"), ("other", "y")] {
            let rows = DataFrame::new(1, vec![Column::new(column.into(), [1i64])]).expect("a table");
            engine.register(table, rows.lazy());
        }
        engine.collect("SELECT f.x FROM (SELECT x FROM one) AS f").unwrap_or_else(|error| panic!("{error}"));
        let answer = engine.collect("SELECT f.y FROM other AS f").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(answer.height(), 1);
    }
}
