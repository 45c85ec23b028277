//! The embedded engine: Polars SQL.

use std::panic::AssertUnwindSafe;

use polars::prelude::*;
use polars::sql::SQLContext;

use super::Answer;
use crate::error::{Error, Result};

/// Tables under names, and SQL over them.
pub struct Engine {
    context: SQLContext,
}

impl Default for Engine {
    fn default() -> Engine {
        Engine {
            context: SQLContext::new(),
        }
    }
}

impl Engine {
    /// Makes a table known. One that was known by that name is replaced.
    pub fn register(&mut self, name: &str, table: LazyFrame) {
        self.context.register(name, table);
    }

    /// Plans a statement and gives the columns of its answer, without reading a row.
    pub fn plan(&mut self, sql: &str) -> Result<Vec<(String, DataType)>> {
        guarded(|| {
            let mut plan = self.context.execute(sql)?;
            let schema = plan.collect_schema()?;
            Ok(schema
                .iter()
                .map(|(name, kind)| (name.to_string(), kind.clone()))
                .collect())
        })
    }

    /// Runs a statement.
    pub fn collect(&mut self, sql: &str) -> Result<Answer> {
        guarded(|| self.context.execute(sql)?.collect().map(Answer::new))
    }
}

/// Turns whatever goes wrong inside the engine into an error: house rules are written by users,
/// and a statement that the engine stumbles over must not take the run down.
fn guarded<T>(work: impl FnOnce() -> PolarsResult<T>) -> Result<T> {
    match std::panic::catch_unwind(AssertUnwindSafe(work)) {
        Ok(answer) => answer.map_err(|error| Error::usage(message(&error))),
        Err(_) => Err(Error::usage("the engine broke off at this statement")
            .hint("simplify the statement until it passes; please report the one that did not")),
    }
}

/// The engine's message, without the plan that it appends and without its own advice.
fn message(error: &PolarsError) -> String {
    let text = error.to_string();
    let text = text
        .split("\n\nResolved plan until failure")
        .next()
        .unwrap_or(&text);
    text.trim().replace("\n", " ")
}
