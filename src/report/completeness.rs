//! How much of what was to be audited has been audited.

use crate::engine::{Engine, Value};
use crate::error::Result;
use crate::format;
use crate::table::Operation;

/// Reasons for gaps that are shown one by one.
const REASONS: usize = 3;

/// Accounts by how much of them was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completeness {
    /// Accounts of the crawl, without those that are closed.
    pub accounts: i64,
    /// Accounts that are closed: AWS lists them for 90 days more
    /// (<https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_close.html>).
    pub closed: i64,
    /// Operations that were left out on purpose, as no rule that is run reads what they give.
    pub not_asked: Vec<String>,
    /// Operations of an account and Region.
    pub operations: i64,
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
    /// Bills, or months of them, that are not used or gave nothing, one sentence each.
    pub bills: Vec<String>,
    /// Bills that are used, and of which something is worth knowing, one sentence each.
    pub remarks: Vec<String>,
    /// Why Cost Explorer gave nothing; list prices stand in then.
    pub cost_explorer: Vec<String>,
}

impl Completeness {
    /// The tables that it is read from.
    pub const TABLES: &'static [&'static str] = &["account", "bill", "coverage"];

    /// Reads the coverage of a snapshot, whose tables the engine knows.
    pub fn read(engine: &mut Engine) -> Result<Completeness> {
        let operations: Vec<_> = Operation::regional().map(|operation| format!("'{operation}'")).collect();
        let closed = engine.collect("SELECT account_id FROM account WHERE state = 'CLOSED'")?;
        let closed: Vec<String> = closed
            .column("account_id")
            .into_iter()
            .flatten()
            .map(|account| format!("'{}'", account.to_plain().replace('\'', "''")))
            .collect();
        let is_open = match closed.as_slice() {
            [] => String::new(),
            closed => format!(" AND account_id NOT IN ({})", closed.join(", ")),
        };
        let all = format!("operation IN ({}){is_open}", operations.join(", "));
        // What was left out on purpose is no gap; it is told apart.
        let regional = format!("{all} AND outcome <> 'not-asked'");
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
             accounts AS (SELECT COUNT(*) AS accounts FROM account WHERE TRUE{is_open}) \
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
        let not_asked = engine.collect(&format!(
            "SELECT DISTINCT operation FROM coverage WHERE {all} AND outcome = 'not-asked'"
        ))?;
        let GapsOfBills { bills, remarks, cost_explorer } = GapsOfBills::read(engine)?;
        Ok(Completeness {
            accounts: number("accounts"),
            closed: closed.len() as i64,
            bills,
            remarks,
            cost_explorer,
            not_asked: not_asked
                .column("operation")
                .into_iter()
                .flatten()
                .map(|operation| operation.to_plain())
                .collect(),
            operations: operations.len() as i64,
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

    /// Whether an operation was left out on purpose.
    pub fn left_out(&self, operation: Operation) -> bool {
        self.not_asked.iter().any(|name| name == operation.name())
    }

    /// What the summary says of it.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "audited {} of {} in full",
            format::integer(self.complete),
            format::count(self.accounts, "account"),
        )];
        if self.complete != self.accounts || self.incomplete_scopes > 0 {
            lines.push(format!(
                "{} in part, {} not at all; {} of {} incomplete",
                format::integer(self.partial),
                format::integer(self.none()),
                format::integer(self.incomplete_scopes),
                format::count(self.scopes, "account x Region"),
            ));
            let reasons = self.reasons.iter().take(REASONS);
            lines.extend(reasons.map(|(reason, scopes)| {
                format!("- {} ({})", format::printable(reason), format::integer(*scopes))
            }));
            if self.reasons.len() > REASONS {
                let more = format::count((self.reasons.len() - REASONS) as i64, "further reason");
                lines.push(format!("- and {more}: see `plaudit report coverage`"));
            }
        }
        if !self.not_asked.is_empty() {
            lines.push(format!(
                "{} of {} left out, as no rule that is run reads what they give",
                format::integer(self.not_asked.len() as i64),
                format::count(self.operations, "operation"),
            ));
        }
        if self.closed > 0 {
            lines.push(format!("{} is closed, and not counted", format::count(self.closed, "account")));
        }
        lines.extend(
            [&self.bills, &self.remarks, &self.cost_explorer]
                .into_iter()
                .flatten()
                .map(|gap| format!("- {}", format::printable(gap))),
        );
        lines
    }

    /// Accounts of which nothing was read.
    pub fn none(&self) -> i64 {
        self.accounts - self.complete - self.partial
    }

    /// Whether everything was audited, and every bill was read.
    pub fn is_everything(&self) -> bool {
        self.complete == self.accounts && self.incomplete_scopes == 0 && self.bills.is_empty()
    }

    /// Whether nothing at all could be audited.
    pub fn is_nothing(&self) -> bool {
        self.complete == 0 && self.partial == 0
    }
}

/// What is wrong with bills, one sentence each.
#[derive(Default)]
struct GapsOfBills {
    bills: Vec<String>,
    remarks: Vec<String>,
    cost_explorer: Vec<String>,
}

impl GapsOfBills {
    fn read(engine: &mut Engine) -> Result<GapsOfBills> {
        let rows = engine.collect(
            "SELECT x_source, place, CAST(billing_period_start AS VARCHAR) AS month, outcome, message, lines, charges \
             FROM bill WHERE outcome <> 'ok' OR message IS NOT NULL ORDER BY x_source, place, month",
        )?;
        let text = |name: &str, row: usize| {
            let value = rows.column(name).and_then(|values| values.into_iter().nth(row));
            value.map_or_else(String::new, |value| value.to_plain())
        };
        let mut gaps = GapsOfBills::default();
        for row in 0..rows.height() {
            let (place, message, outcome) = (text("place", row), text("message", row), text("outcome", row));
            // The rest of a message is its place and what to do; the report on bills has it.
            let problem = message.lines().next().unwrap_or("");
            let month = text("month", row);
            let month = month.get(..7).map_or_else(String::new, |month| format!(" for {month}"));
            if text("x_source", row) == "cost-explorer" {
                if outcome != "ok" {
                    let told = format!("Cost Explorer gave nothing ({outcome}): {problem}");
                    gaps.cost_explorer.push(told);
                }
            } else if outcome != "ok" {
                let told = format!("the bill{month} in {place} is not used: {problem}");
                // What is left out on purpose is counted elsewhere.
                if outcome == "skipped" { gaps.remarks.push(told) } else { gaps.bills.push(told) }
            } else {
                let lines = format::count(text("lines", row).parse().unwrap_or(0), "line");
                let told = format!("the bill{month} in {place} has {lines}, and {problem}");
                // What gave charges is used.
                match text("charges", row).as_str() {
                    "0" => gaps.bills.push(told),
                    _ => gaps.remarks.push(told),
                }
            }
        }
        Ok(gaps)
    }
}
