//! How large a statement grows when it is planned and run.
//!
//! An engine writes a common table expression wherever it is read: sixty that each read the last one twice
//! are 2^59 plans. And a text that is joined to itself again and again doubles each time. Both take a
//! few hundred bytes to say, so both are multiplied out before anything is planned.

use std::collections::BTreeMap;
use std::ops::ControlFlow::Continue;

use sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectName, Query,
    Select, Value,
};
use sqlparser::tokenizer::Span;

use super::refusal::{Verdict, refuse};
use super::walk::{self, Look, Step};

/// How often tables may be read once each common table expression stands wherever it is read.
const MOST_READS: u64 = 1_000;

/// How many texts one text may be joined from.
const MOST_COPIES: u64 = 10_000;

/// What a function is taken to multiply a text by, where that depends on the rows.
const UNKNOWN: u64 = 256;

/// A text in the statement itself, or that another one is padded with, counts once for so many characters.
const CHARACTERS: u64 = 64;

/// Refuses a statement that grows without measure. Its names have been looked at: none stands twice, and
/// none is read before it is defined.
pub(super) fn judge(query: &Query) -> Verdict {
    let mut measure = Measure::default();
    walk::look(query, &mut measure);
    let refusal = |name: Option<&str>, what: &str, most: u64, hint: &str| {
        let which = name.map_or_else(
            || "the statement".to_owned(),
            |name| format!("the common table expression `{name}`"),
        );
        refuse(format!("{which} {what} more than {most} times"), Span::empty(), hint)
    };
    for (name, Size { reads, copies }) in &measure.sizes {
        if *reads > MOST_READS {
            return refusal(
                name.as_deref(),
                "reads tables",
                MOST_READS,
                "each common table expression counts wherever it is read: read it once, or filter before you join",
            );
        }
        if *copies > MOST_COPIES {
            return refusal(
                name.as_deref(),
                "joins a text to another",
                MOST_COPIES,
                "each text counts wherever it is read: join texts once, at the end",
            );
        }
    }
    Continue(())
}

/// How large a query is, or a common table expression.
#[derive(Clone, Copy, Debug)]
struct Size {
    /// Tables that are read, each as often as it is.
    reads: u64,
    /// Texts of tables that the longest text is joined from.
    copies: u64,
}

impl Default for Size {
    fn default() -> Size {
        Size { reads: 0, copies: 1 }
    }
}

#[derive(Default)]
struct Measure {
    /// Common table expressions that are still to come, by where they are kept.
    names: BTreeMap<usize, String>,
    known: BTreeMap<String, Size>,
    queries: Vec<(Option<String>, Size)>,
    selects: Vec<Selecting>,
    /// All that have been measured, in order; the statement itself has no name and comes last.
    sizes: Vec<(Option<String>, Size)>,
}

/// A `SELECT` that is being looked at, or what stands around it.
struct Selecting {
    /// Texts of what it reads that its longest text is joined from.
    copies: u64,
    /// Texts of tables that the longest text of what it reads is joined from.
    source: u64,
    /// For each expression that is being looked at: its parts together, and the largest.
    parts: Vec<(u64, u64)>,
}

impl Default for Selecting {
    fn default() -> Selecting {
        Selecting { copies: 1, source: 1, parts: Vec::new() }
    }
}

fn address(query: &Query) -> usize {
    std::ptr::from_ref(query).addr()
}

impl Look for Measure {
    fn query(&mut self, query: &Query) -> Step {
        for expression in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.names.insert(address(&expression.query), expression.alias.name.value.clone());
        }
        self.queries.push((self.names.get(&address(query)).cloned(), Size::default()));
        // For what stands outside of its `SELECT`s: ORDER BY.
        self.selects.push(Selecting::default());
        Continue(())
    }

    fn after_query(&mut self, _: &Query) {
        let Some((name, mut size)) = self.queries.pop() else { return };
        if let Some(outside) = self.selects.pop() {
            size.copies = size.copies.saturating_mul(outside.copies).max(outside.source);
        }
        if let Some(name) = name {
            self.known.insert(name.clone(), size);
            self.sizes.push((Some(name), size));
            return;
        }
        match self.queries.last_mut() {
            Some((_, outer)) => {
                outer.reads = outer.reads.saturating_add(size.reads);
                outer.copies = outer.copies.max(size.copies);
            }
            None => self.sizes.push((None, size)),
        }
        if let Some(select) = self.selects.last_mut() {
            select.source = select.source.max(size.copies);
        }
    }

    fn select(&mut self, _: &Select) -> Step {
        self.selects.push(Selecting::default());
        Continue(())
    }

    fn after_select(&mut self, _: &Select) {
        let Some(select) = self.selects.pop() else { return };
        if let Some((_, query)) = self.queries.last_mut() {
            query.copies = query.copies.max(select.copies.saturating_mul(select.source));
        }
    }

    fn relation(&mut self, relation: &ObjectName) -> Step {
        let table = Size { reads: 1, copies: 1 };
        let read = self.known.get(&relation.to_string()).copied().unwrap_or(table);
        if let Some((_, query)) = self.queries.last_mut() {
            query.reads = query.reads.saturating_add(read.reads);
        }
        if let Some(select) = self.selects.last_mut() {
            select.source = select.source.max(read.copies);
        }
        Continue(())
    }

    fn expression(&mut self, _: &Expr) -> Step {
        if let Some(select) = self.selects.last_mut() {
            select.parts.push((0, 1));
        }
        Continue(())
    }

    fn after_expression(&mut self, expression: &Expr) {
        let Some(select) = self.selects.last_mut() else { return };
        let Some((sum, largest)) = select.parts.pop() else { return };
        let copies = copies(expression, sum, largest);
        match select.parts.last_mut() {
            Some((sum, largest)) => {
                *sum = sum.saturating_add(copies);
                *largest = copies.max(*largest);
            }
            None => select.copies = select.copies.max(copies),
        }
    }
}

/// How many texts an expression is joined from, if its parts are from `sum` together.
fn copies(expression: &Expr, sum: u64, largest: u64) -> u64 {
    match expression {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => text.len() as u64 / CHARACTERS,
            _ => 1,
        },
        Expr::BinaryOp { op: BinaryOperator::StringConcat, .. } | Expr::Array(_) => sum.max(1),
        Expr::Function(function) => match function.name.to_string().to_ascii_lowercase().as_str() {
            "concat" | "concat_ws" => sum.max(1),
            "replace" => {
                let factor = match (argument(function, 1), argument(function, 2)) {
                    (Some(Value::SingleQuotedString(from)), Some(Value::SingleQuotedString(to))) => {
                        (to.len() as u64).div_ceil(from.len().max(1) as u64).max(1)
                    }
                    _ => UNKNOWN,
                };
                largest.saturating_mul(factor)
            }
            "lpad" | "rpad" | "repeat" => {
                let times = match argument(function, 1) {
                    Some(Value::Number(number, _)) => number.parse::<u64>().unwrap_or(u64::MAX),
                    _ => UNKNOWN * CHARACTERS,
                };
                largest.saturating_mul(times.div_ceil(CHARACTERS).max(1))
            }
            _ => largest,
        },
        _ => largest,
    }
}

/// An argument of a function, if it is a constant.
fn argument(function: &Function, index: usize) -> Option<&Value> {
    let FunctionArguments::List(list) = &function.args else { return None };
    match list.args.get(index)? {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value))) => Some(&value.value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::gate::admit;

    fn refused(sql: &str) -> Option<String> {
        admit(sql, "query", &|name| name == "tag").err().map(|error| error.to_string())
    }

    /// A chain of common table expressions, each made of the last one.
    fn chain(length: usize, step: &str) -> String {
        let steps = (1..length)
            .map(|index| format!("c{index} AS ({})", step.replace("LAST", &format!("c{}", index - 1))));
        let steps: Vec<String> =
            std::iter::once("c0 AS (SELECT key AS t FROM tag)".to_owned()).chain(steps).collect();
        format!("WITH {} SELECT t FROM c{}", steps.join(", "), length - 1)
    }

    #[test]
    fn expressions_that_read_the_last_one_twice_are_multiplied() {
        let twice = "SELECT a.t FROM LAST AS a JOIN LAST AS b ON a.t = b.t";
        assert_eq!(refused(&chain(8, twice)), None);
        let problem = refused(&chain(60, twice)).unwrap();
        assert!(problem.contains("`c10` reads tables more than 1000 times"), "{problem}");
        // The same, in subqueries, which stand in each other.
        let nested = (0..12).fold("SELECT key AS t FROM tag".to_owned(), |inner, _| {
            format!("SELECT a.t FROM ({inner}) AS a JOIN ({inner}) AS b ON a.t = b.t")
        });
        assert!(refused(&nested).is_some(), "it is longer than a statement may be, or reads too much");
    }

    #[test]
    fn texts_that_are_joined_to_themselves_are_multiplied() {
        for step in [
            "SELECT CONCAT(t, t, t, t) AS t FROM LAST",
            "SELECT t || t || t || t AS t FROM LAST",
            "SELECT CONCAT_WS('-', t, t, t, t) AS t FROM LAST",
            "SELECT s.t FROM (SELECT CONCAT(t, t, t, t) AS t FROM LAST) AS s",
            "SELECT UPPER(CONCAT(COALESCE(t, t), CONCAT(t, t), t)) AS t FROM LAST",
            "SELECT REPLACE(t, 'a', 'aaaaaaaa') AS t FROM LAST",
            "SELECT REPLACE(t, 'a', t) AS t FROM LAST",
            "SELECT LPAD(t, 100000, 'a') AS t FROM LAST",
        ] {
            let problem = refused(&chain(12, step)).unwrap_or_else(|| panic!("{step} passes"));
            assert!(problem.contains("joins a text to another more than 10000 times"), "{problem}");
        }
        assert_eq!(refused(&chain(12, "SELECT REPLACE(t, 'a', 'b') AS t FROM LAST")), None);
        assert_eq!(refused(&chain(50, "SELECT CONCAT(t, ': ') AS t FROM LAST")), None);
        assert_eq!(
            refused("SELECT CONCAT(key, ': ', value, ' of ', resource_id) AS t FROM tag ORDER BY t"),
            None
        );
        let order = format!("SELECT key FROM tag ORDER BY CONCAT({})", vec!["key"; 11_000].join(","));
        assert!(refused(&order).unwrap().contains("joins a text to another"));
    }
}
