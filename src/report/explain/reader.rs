//! Rows of a snapshot by what identifies them, and what was not read.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::engine::Engine;
use crate::error::Result;
use crate::table::{Operation, Outcome};

/// A row of a table, column by column.
pub type Record = Map<String, Json>;

/// Looks things up in a snapshot.
pub struct Reader<'a> {
    engine: &'a mut Engine,
    accounts: BTreeMap<String, String>,
    /// Outcomes by account and Region, for each operation that was asked about.
    outcomes: BTreeMap<Operation, BTreeMap<(String, String), String>>,
}

impl<'a> Reader<'a> {
    /// Reads the accounts; everything else is read when it is asked for.
    pub fn new(engine: &'a mut Engine) -> Result<Reader<'a>> {
        let mut reader = Reader { engine, accounts: BTreeMap::new(), outcomes: BTreeMap::new() };
        let accounts = reader.rows("account", &[], &["account_id"])?;
        reader.accounts =
            accounts.iter().map(|row| (text(row, "account_id"), text(row, "account_name"))).collect();
        Ok(reader)
    }

    /// The rows of a table whose columns hold given texts, sorted by columns.
    pub fn rows(&mut self, table: &str, wanted: &[(&str, &str)], order: &[&str]) -> Result<Vec<Record>> {
        let mut sql = format!("SELECT * FROM {table}");
        for (index, (column, value)) in wanted.iter().enumerate() {
            let word = if index == 0 { "WHERE" } else { "AND" };
            sql.push_str(&format!(" {word} {column} = '{}'", value.replace('\'', "''")));
        }
        sql.push_str(&format!(" ORDER BY {}", order.join(", ")));
        let answer = self.engine.collect(&sql)?;
        let columns = answer.columns();
        Ok((0..answer.height())
            .map(|row| {
                let kept = columns.iter().filter(|(name, _)| name != "snapshot_id");
                kept.map(|(name, values)| (name.clone(), values[row].to_json())).collect()
            })
            .collect())
    }

    /// The only row, or the first of them.
    pub fn row(&mut self, table: &str, wanted: &[(&str, &str)]) -> Result<Option<Record>> {
        let column = wanted.first().map_or("account_id", |(column, _)| *column);
        Ok(self.rows(table, wanted, &[column])?.into_iter().next())
    }

    /// An account as a person knows it: its id, and its name where it has one.
    pub fn account(&self, id: &str) -> String {
        match self.accounts.get(id) {
            Some(name) if name != id => format!("account {id} ({name})"),
            _ => format!("account {id}"),
        }
    }

    /// Why something that an operation would have shown was not seen; nothing where the operation
    /// succeeded, so that what it does not show is not there.
    pub fn gap(&mut self, account: &str, region: &str, operation: Operation) -> Result<Option<String>> {
        if !self.accounts.contains_key(account) {
            return Ok(Some(format!("account {account} is not part of this crawl")));
        }
        if !self.outcomes.contains_key(&operation) {
            let rows =
                self.rows("coverage", &[("operation", operation.name())], &["account_id", "region"])?;
            let outcomes = rows
                .iter()
                .map(|row| ((text(row, "account_id"), text(row, "region")), outcome(row)))
                .collect();
            self.outcomes.insert(operation, outcomes);
        }
        let place = (account.to_owned(), region.to_owned());
        Ok(match self.outcomes.get(&operation).and_then(|outcomes| outcomes.get(&place)) {
            Some(outcome) if outcome == Outcome::Ok.as_str() => None,
            Some(outcome) => Some(format!("{operation} in {region}: {outcome}")),
            None => Some(self.no_way_in(account, region)?),
        })
    }

    /// Why an account and Region has no outcome at all.
    fn no_way_in(&mut self, account: &str, region: &str) -> Result<String> {
        let operation = Operation::StsAssumeRole;
        let wanted = [("account_id", account), ("operation", operation.name())];
        let entered = self.row("coverage", &wanted)?.map(|row| outcome(&row));
        Ok(match entered.filter(|outcome| outcome != Outcome::Ok.as_str()) {
            Some(outcome) => format!("{operation} for {}: {outcome}", self.account(account)),
            None => format!("{region} of {} was not crawled", self.account(account)),
        })
    }

    /// How many accounts and Regions there are in which one of the operations did not succeed.
    pub fn unread(&mut self, operations: &[Operation]) -> Result<usize> {
        let mut places = std::collections::BTreeSet::new();
        for operation in operations {
            let rows = self.rows("coverage", &[("operation", operation.name())], &["account_id"])?;
            let failed = rows.iter().filter(|row| text(row, "outcome") != Outcome::Ok.as_str());
            places.extend(failed.map(|row| (text(row, "account_id"), text(row, "region"))));
        }
        Ok(places.len())
    }

    /// Everything that did not succeed in an account and Region, each with its cause.
    pub fn gaps(&mut self, account: &str, region: &str) -> Result<Vec<String>> {
        let wanted = [("account_id", account), ("region", region)];
        let rows = self.rows("coverage", &wanted, &["operation"])?;
        let failed = rows.iter().filter(|row| text(row, "outcome") != Outcome::Ok.as_str());
        Ok(failed
            .map(|row| {
                let message = text(row, "message");
                let message = if message.is_empty() { message } else { format!(": {message}") };
                format!("{}: {}{message}", text(row, "operation"), outcome(row))
            })
            .collect())
    }
}

fn outcome(row: &Record) -> String {
    match text(row, "error_code").as_str() {
        "" => text(row, "outcome"),
        code => format!("{} ({code})", text(row, "outcome")),
    }
}

/// A column as text; empty where it is null.
pub fn text(row: &Record, column: &str) -> String {
    match row.get(column) {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// A column as text, where it is not null.
pub fn maybe(row: &Record, column: &str) -> Option<String> {
    Some(text(row, column)).filter(|text| !text.is_empty())
}

/// A column as a number, where it is one.
pub fn number(row: &Record, column: &str) -> Option<f64> {
    row.get(column).and_then(Json::as_f64)
}

/// Whether a column says true.
pub fn is_true(row: &Record, column: &str) -> bool {
    row.get(column).and_then(Json::as_bool).unwrap_or_default()
}
