//! Months of a bill, put together from its files, or from Cost Explorer's totals.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::item::{self, Key, Sums};
use super::{BillFile, Bills, Content};
use crate::error::{Error, Result};
use crate::table::{Bill, Charge, ChargeSource, Outcome};

/// What is known, by export and month, while files are read.
#[derive(Debug, Default)]
pub(super) struct Months {
    known: BTreeMap<(String, Date), Month>,
    /// Files that do not say their month and of which nothing was kept, by export.
    silent: BTreeMap<String, Silent>,
    /// The accounts of all lines.
    accounts: BTreeSet<String>,
}

#[derive(Debug)]
struct Silent {
    source: ChargeSource,
    files: i64,
    lines: i64,
    message: String,
}

#[derive(Debug)]
struct Month {
    source: ChargeSource,
    files: i64,
    lines: i64,
    items: BTreeMap<Key, Sums>,
}

impl Months {
    /// Takes over what a file gave, from the month of `first` on.
    pub fn add(&mut self, file: &BillFile, mut content: Content, first: Date) {
        self.accounts.append(&mut content.accounts);
        let message = if !content.items.is_empty() {
            format!("nothing was kept: all is of months before {}", first.strftime("%Y-%m"))
        } else if content.names_usage {
            NOTHING_KEPT.to_owned()
        } else {
            "nothing was kept: the export has neither `x_UsageType` nor `x_Operation`, and no \
             `ChargeDescription` names a VPC endpoint"
                .to_owned()
        };
        let mut found = BTreeSet::new();
        for (key, sums) in content.items {
            if key.month >= first {
                found.insert(key.month);
                self.enter(&file.export, content.source, key, &sums);
            }
        }
        for month in &found {
            self.month(&file.export, content.source, *month).files += 1;
        }
        // Lines are counted where the file belongs; one that says nothing of PrivateLink counts too.
        if let Some(home) = file.month.or(found.first().copied()) {
            let month = self.month(&file.export, content.source, home);
            month.files += i64::from(found.is_empty());
            month.lines += content.lines;
        } else {
            let source = content.source;
            let silent = self.silent.entry(file.export.clone()).or_insert(Silent {
                source,
                files: 0,
                lines: 0,
                message,
            });
            silent.files += 1;
            silent.lines += content.lines;
        }
    }

    /// Adds to what is known of an item.
    pub fn enter(&mut self, export: &str, source: ChargeSource, key: Key, sums: &Sums) {
        self.month(export, source, key.month).items.entry(key).or_default().add(sums);
    }

    fn month(&mut self, export: &str, source: ChargeSource, month: Date) -> &mut Month {
        self.known.entry((export.to_owned(), month)).or_insert_with(|| Month {
            source,
            files: 0,
            lines: 0,
            items: BTreeMap::new(),
        })
    }

    /// Leaves out what is not whole. A broken file that does not say its month may hold any of them, so
    /// then none of its export is.
    pub fn spoil(&mut self, export: &str, month: Option<Date>) {
        self.known.retain(|(other, found), _| other != export || month.is_some_and(|month| month != *found));
    }

    /// One account and month must come from one export: added up twice, it would look dearer than it is.
    pub fn refuse_twice(&self) -> Result<()> {
        let mut seen: BTreeMap<(&str, Date), &str> = BTreeMap::new();
        for ((export, _), month) in &self.known {
            for key in month.items.keys() {
                let before = seen.insert((&key.account, key.month), export);
                if let Some(other) = before.filter(|other| *other != export) {
                    return Err(Error::usage(format!(
                        "account {} is billed twice for {}",
                        key.account,
                        key.month.strftime("%Y-%m")
                    ))
                    .at(format!("{other} and {export}"))
                    .hint(
                        "name one of the two exports with --bill: added up they would count everything twice",
                    ));
                }
            }
        }
        Ok(())
    }

    /// The charges and the account of each month, sorted, beside those that are there.
    pub fn finish(self, mut bills: Bills) -> Bills {
        // Places with a line about endpoints.
        let mut speaking = BTreeSet::new();
        for ((export, month), found) in self.known {
            let charges: Vec<Charge> =
                found.items.iter().filter_map(|(key, sums)| item::charge(key, sums, found.source)).collect();
            bills.bill.extend(summary(&export, month, &found, &charges));
            if charges.iter().any(|charge| charge.usage_type.starts_with("Vpc")) {
                speaking.insert(export);
            }
            bills.charge.extend(charges);
        }
        for (export, silent) in self.silent {
            let mut row = super::unusable(silent.source, export, None, Outcome::Ok, silent.message);
            (row.files, row.lines) = (silent.files, silent.lines);
            bills.bill.push(row);
        }
        // A bill without any endpoint, of other services alone, says of no account that it has none.
        bills.accounts = if speaking.is_empty() { BTreeSet::new() } else { self.accounts };
        say_what_gave_nothing(&mut bills.bill, &speaking);
        mark_complete(&mut bills.bill);
        bills.sort();
        bills
    }
}

/// A month of a payer.
fn summary(export: &str, month: Date, found: &Month, charges: &[Charge]) -> Vec<Bill> {
    let mut payers: BTreeSet<Option<&String>> =
        charges.iter().map(|charge| charge.billing_account_id.as_ref()).collect();
    if payers.is_empty() {
        // A month of which nothing was kept has a row too.
        payers.insert(None);
    }
    let mut files = found.files;
    let mut lines = found.lines;
    payers
        .into_iter()
        .map(|payer| {
            let of_payer: Vec<&Charge> =
                charges.iter().filter(|charge| charge.billing_account_id.as_ref() == payer).collect();
            let first = of_payer.iter().map(|charge| charge.charge_period_start).min();
            let end = of_payer.iter().map(|charge| charge.charge_period_end).max();
            let last = end.and_then(|end| end.yesterday().ok());
            Bill {
                x_source: found.source,
                place: export.to_owned(),
                billing_account_id: payer.cloned(),
                billing_period_start: Some(month),
                first_date: first,
                last_date: last,
                complete: false,
                // Files hold lines of all payers; they are counted with the first.
                files: std::mem::take(&mut files),
                lines: std::mem::take(&mut lines),
                charges: of_payer.len() as i64,
                billed_cost: of_payer.iter().map(|charge| charge.billed_cost).sum(),
                outcome: Outcome::Ok,
                message: None,
            }
        })
        .collect()
}

/// Says of each place of which nothing about endpoints was kept that this is so. In a place of which
/// something was, a file without such lines is nothing to speak of.
fn say_what_gave_nothing(bills: &mut [Bill], speaking: &BTreeSet<String>) {
    for bill in bills {
        if bill.outcome != Outcome::Ok || bill.x_source == ChargeSource::CostExplorer {
            continue;
        }
        bill.message = match speaking.contains(&bill.place) {
            true => None,
            false => bill.message.take().or(Some(NOTHING_KEPT.to_owned())),
        };
    }
}

/// What is said of a bill without a line about endpoints.
const NOTHING_KEPT: &str = "nothing was kept: no line is about PrivateLink";

/// Whether a month is there from its first day to its last. Where a later month of the same bill has
/// begun, the days without a line are days without a charge.
fn mark_complete(bills: &mut [Bill]) {
    let mut latest: BTreeMap<(String, Option<String>), Date> = BTreeMap::new();
    for bill in bills.iter() {
        if let Some(month) = bill.billing_period_start {
            let key = (bill.place.clone(), bill.billing_account_id.clone());
            let known = latest.entry(key).or_insert(month);
            *known = (*known).max(month);
        }
    }
    for bill in bills {
        let Some(month) = bill.billing_period_start else { continue };
        let key = (bill.place.clone(), bill.billing_account_id.clone());
        let is_over = latest.get(&key).is_some_and(|later| *later > month);
        bill.complete = bill.outcome == Outcome::Ok
            && bill.first_date == Some(month)
            && (is_over || bill.last_date == Some(month.last_of_month()));
    }
}
