//! Bills in files: Cost and Usage Reports (legacy and 2.0, Parquet and CSV) and FOCUS exports (1.0 and
//! 1.2), read into `charge` rows. Cost Explorer's answers come by the same way.
//!
//! A bill is larger than memory, so each file is read as a stream, of which only the lines about
//! PrivateLink (and a few beside it) are kept, added up. A file that cannot be read makes its month
//! unusable, never smaller.

mod delimited;
mod item;
mod layout;
mod manifest;
mod parquet;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::ToSpan;
use jiff::civil::Date;

pub use item::{Item, Key, Sums};
pub use manifest::{Listing, choose};

use crate::error::{Error, Result};
use crate::table::{Bill, Charge, ChargeSource, Outcome};

/// A file of a bill.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BillFile {
    /// The name by which the user knows it: a path, or an S3 address.
    pub name: String,
    /// Where it can be read on this machine.
    pub path: PathBuf,
    /// The month that its folder or manifest gives, as its first day.
    pub month: Option<Date>,
    /// Which files belong together: the export that wrote them.
    pub export: String,
}

/// What bills gave.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Bills {
    /// The charges, sorted.
    pub charge: Vec<Charge>,
    /// What was read, and what could not be, by source and month.
    pub bill: Vec<Bill>,
}

/// What one file gave.
#[derive(Debug)]
struct Content {
    source: ChargeSource,
    lines: i64,
    items: BTreeMap<Key, Sums>,
}

/// Reads files. `source` is what the user said they are, or nothing. Months before `first` are left
/// out.
pub fn read(files: &[BillFile], source: Option<ChargeSource>, first: Date) -> Result<Bills> {
    let mut months: BTreeMap<(String, Option<Date>), Month> = BTreeMap::new();
    let mut broken: BTreeMap<(String, Option<Date>), (ChargeSource, Vec<Error>)> = BTreeMap::new();
    for file in files {
        if file.month.is_some_and(|month| month < first.first_of_month()) {
            continue;
        }
        let content = match content(file) {
            Ok(content) => content,
            Err(error) => {
                let source = source.unwrap_or(ChargeSource::Cur);
                broken.entry((file.export.clone(), file.month)).or_insert((source, Vec::new())).1.push(error);
                continue;
            }
        };
        if let Some(wanted) = source.filter(|wanted| *wanted != content.source) {
            return Err(Error::usage(format!("the file is a bill of another kind: {}", content.source))
                .at(&file.name)
                .hint(format!(
                    "say --charges {}, or name another file than with --charges {wanted}",
                    content.source
                )));
        }
        let mut found = BTreeSet::new();
        for (key, sums) in content.items {
            let month = key.month;
            if month < first.first_of_month() {
                continue;
            }
            let entry = months.entry((file.export.clone(), Some(month))).or_default();
            entry.source = Some(content.source);
            entry.files += i64::from(found.insert(month));
            entry.items.entry(key).or_default().add(&sums);
        }
        // Lines are counted where the file belongs; one that says nothing of PrivateLink counts too.
        let home = file.month.or(found.first().copied());
        if home.is_some() {
            let entry = months.entry((file.export.clone(), home)).or_default();
            entry.source = Some(content.source);
            entry.files += i64::from(found.is_empty());
            entry.lines += content.lines;
        }
    }
    refuse_twice(&months)?;
    let mut bills = Bills::default();
    for ((export, month), (source, errors)) in broken {
        // A file that does not say its month may hold any of them, so none of its export is whole.
        let spoiled: Vec<_> = months
            .keys()
            .filter(|(other, found)| *other == export && (month.is_none() || *found == month))
            .cloned()
            .collect();
        for key in spoiled {
            months.remove(&key);
        }
        let message = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        bills.bill.push(unusable(source, export, month, Outcome::Error, message));
    }
    for ((export, month), found) in months {
        let (Some(month), Some(source)) = (month, found.source) else { continue };
        let before = bills.charge.len();
        let charges: Vec<Charge> =
            found.items.iter().filter_map(|(key, sums)| item::charge(key, sums, source)).collect();
        bills.charge.extend(charges);
        let charges = &bills.charge[before..];
        bills.bill.extend(summary(source, &export, month, &found, charges));
    }
    mark_complete(&mut bills.bill);
    bills.sort();
    Ok(bills)
}

#[derive(Default)]
struct Month {
    source: Option<ChargeSource>,
    files: i64,
    lines: i64,
    items: BTreeMap<Key, Sums>,
}

impl Bills {
    /// Puts the rows into their stored order.
    pub fn sort(&mut self) {
        use crate::table::Row;
        self.charge.sort_by(Row::compare);
        self.bill.sort_by(Row::compare);
    }

    /// Takes over charges of a second source, for the accounts and months that this one lacks. The
    /// sources are never mixed within an account and month.
    pub fn fill(&mut self, mut other: Bills) {
        let known: BTreeSet<(String, Date)> = self
            .charge
            .iter()
            .map(|charge| (charge.sub_account_id.clone(), charge.billing_period_start))
            .collect();
        other
            .charge
            .retain(|charge| !known.contains(&(charge.sub_account_id.clone(), charge.billing_period_start)));
        self.charge.append(&mut other.charge);
        self.bill.append(&mut other.bill);
        self.sort();
    }
}

/// A month of a payer.
fn summary(source: ChargeSource, export: &str, month: Date, found: &Month, charges: &[Charge]) -> Vec<Bill> {
    let payers: BTreeSet<Option<&String>> =
        charges.iter().map(|charge| charge.billing_account_id.as_ref()).collect();
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
                x_source: source,
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

/// Totals that were not read from a file: those of Cost Explorer. `place` is what was asked.
pub fn from_totals(items: Vec<Item>, source: ChargeSource, place: &str) -> Bills {
    let mut months: BTreeMap<Date, Month> = BTreeMap::new();
    for (key, sums) in items {
        let month = months.entry(key.month).or_default();
        month.items.entry(key).or_default().add(&sums);
    }
    let mut bills = Bills::default();
    for (month, found) in months {
        let charges: Vec<Charge> =
            found.items.iter().filter_map(|(key, sums)| item::charge(key, sums, source)).collect();
        bills.bill.extend(summary(source, place, month, &found, &charges));
        bills.charge.extend(charges);
    }
    mark_complete(&mut bills.bill);
    bills.sort();
    bills
}

/// A month of which nothing is used.
pub fn unusable(
    source: ChargeSource,
    place: String,
    month: Option<Date>,
    outcome: Outcome,
    message: String,
) -> Bill {
    Bill {
        x_source: source,
        place,
        billing_account_id: None,
        billing_period_start: month,
        first_date: None,
        last_date: None,
        complete: false,
        files: 0,
        lines: 0,
        charges: 0,
        billed_cost: 0.0,
        outcome,
        message: Some(message),
    }
}

/// One account and month must come from one export: added up twice, it would look dearer than it is.
fn refuse_twice(months: &BTreeMap<(String, Option<Date>), Month>) -> Result<()> {
    let mut seen: BTreeMap<(&str, Date), &str> = BTreeMap::new();
    for ((export, _), month) in months {
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

fn content(file: &BillFile) -> Result<Content> {
    let name = file.path.to_string_lossy().to_ascii_lowercase();
    if name.ends_with(".parquet") { parquet::read(file) } else { delimited::read(file) }
}

/// The first day that is wanted of a bill for a window: the whole month in which the window begins.
pub fn first_day(window_start: Date) -> Date {
    window_start.first_of_month()
}

/// The day after a month.
pub fn month_end(month: Date) -> Date {
    month.last_of_month().saturating_add(1.day())
}

/// A file that cannot be read, with the reason and a way out.
fn unreadable(file: &Path, name: &str, error: &dyn std::fmt::Display) -> Error {
    let kind = if file.extension().is_some_and(|extension| extension == "parquet") {
        "the Parquet file cannot be read to its end"
    } else {
        "the file cannot be read to its end"
    };
    Error::failed(format!("{kind}: {error}"))
        .at(name)
        .hint("fetch the file anew: it was cut off or changed on its way; its month is not used")
}
