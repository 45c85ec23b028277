//! How much of what was to be audited has been audited.

use crate::engine::{Engine, Value};
use crate::error::Result;
use crate::table::Operation;

/// Accounts by how much of them was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completeness {
    /// Accounts of the crawl.
    pub accounts: i64,
    /// Accounts in which every call succeeded.
    pub complete: i64,
    /// Accounts in which some calls succeeded and some did not.
    pub partial: i64,
    /// Accounts and Regions that are not complete.
    pub incomplete_scopes: i64,
    /// Accounts and Regions of the crawl.
    pub scopes: i64,
    /// Why something is missing, the most frequent reason first, with the number of accounts and
    /// Regions that it concerns.
    pub reasons: Vec<(String, i64)>,
}

impl Completeness {
    /// The tables that it is read from.
    pub const TABLES: &'static [&'static str] = &["account", "coverage"];

    /// Reads the coverage of a snapshot, whose tables the engine knows.
    pub fn read(engine: &mut Engine) -> Result<Completeness> {
        let operations: Vec<_> = Operation::regional().map(|operation| format!("'{operation}'")).collect();
        let regional = format!("operation IN ({})", operations.join(", "));
        let scopes = format!(
            "SELECT account_id, region, \
               SUM(CASE WHEN outcome = 'ok' THEN 1 ELSE 0 END) AS succeeded, COUNT(*) AS asked \
             FROM coverage WHERE {regional} GROUP BY account_id, region"
        );
        let numbers = engine.collect(&format!(
            "WITH scope AS ({scopes}), \
             per_account AS (SELECT account_id, SUM(succeeded) AS succeeded, SUM(asked) AS asked FROM scope GROUP BY account_id), \
             crawled AS (\
               SELECT SUM(CASE WHEN succeeded = asked THEN 1 ELSE 0 END) AS complete, \
                      SUM(CASE WHEN succeeded > 0 AND succeeded < asked THEN 1 ELSE 0 END) AS partial \
               FROM per_account), \
             regions AS (\
               SELECT COUNT(*) AS scopes, SUM(CASE WHEN succeeded < asked THEN 1 ELSE 0 END) AS incomplete FROM scope), \
             accounts AS (SELECT COUNT(*) AS accounts FROM account) \
             SELECT accounts, complete, partial, scopes, incomplete FROM accounts CROSS JOIN crawled CROSS JOIN regions"
        ))?;
        let number = |name: &str| match numbers.column(name).and_then(|values| values.into_iter().next()) {
            Some(Value::Integer(number)) => number,
            _ => 0,
        };
        let reasons = engine.collect(&format!(
            "SELECT outcome, error_code, message, COUNT(*) AS scopes FROM (\
               SELECT account_id, region, outcome, error_code, message FROM coverage \
               WHERE {regional} AND outcome <> 'ok' AND outcome <> 'skipped' \
               GROUP BY account_id, region, outcome, error_code, message \
               UNION ALL \
               SELECT account_id, region, outcome, error_code, message FROM coverage \
               WHERE {regional} AND outcome = 'skipped' AND message LIKE 'the account%' \
               GROUP BY account_id, region, outcome, error_code, message) AS gaps \
             GROUP BY outcome, error_code, message ORDER BY scopes DESC, outcome, error_code, message"
        ))?;
        let text = |name: &str, row: usize| {
            reasons
                .column(name)
                .and_then(|values| values.into_iter().nth(row))
                .map_or_else(String::new, |value| value.to_plain())
        };
        Ok(Completeness {
            accounts: number("accounts"),
            complete: number("complete"),
            partial: number("partial"),
            scopes: number("scopes"),
            incomplete_scopes: number("incomplete"),
            reasons: (0..reasons.height())
                .map(|row| {
                    let code = text("error_code", row);
                    let code = if code.is_empty() { code } else { format!(" ({code})") };
                    let message = text("message", row);
                    let message = if message.is_empty() { message } else { format!(": {message}") };
                    let scopes = text("scopes", row).parse().unwrap_or(0);
                    (format!("{}{code}{message}", text("outcome", row)), scopes)
                })
                .collect(),
        })
    }

    /// Accounts of which nothing was read.
    pub fn none(&self) -> i64 {
        self.accounts - self.complete - self.partial
    }

    /// Whether everything was audited.
    pub fn is_everything(&self) -> bool {
        self.complete == self.accounts && self.incomplete_scopes == 0
    }

    /// Whether nothing at all could be audited.
    pub fn is_nothing(&self) -> bool {
        self.complete == 0 && self.partial == 0
    }
}
