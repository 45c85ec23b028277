//! Bills in files: Cost and Usage Reports (legacy and 2.0, Parquet and CSV) and FOCUS exports (1.0 and
//! 1.2), read into `charge` rows. Cost Explorer's answers come by the same way.
//!
//! A bill is larger than memory, so its files are read as streams, of which only the lines about
//! PrivateLink (and a few beside it) are kept, added up. A file that cannot be read makes its month
//! unusable, never smaller.

mod delimited;
mod item;
mod layout;
mod line;
mod manifest;
mod month;
mod parquet;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use jiff::ToSpan;
use jiff::civil::Date;

pub use item::{Item, Key, Sums};
pub use manifest::{Listing, choose};
pub use parquet::needed_parts;

use month::Months;

use crate::error::{Error, Result};
use crate::parallel;
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
    /// The accounts of all lines, whatever they are about, of bills that name endpoints. Not kept.
    #[serde(skip)]
    pub accounts: BTreeSet<String>,
}

/// What one file gave.
#[derive(Debug)]
struct Content {
    source: ChargeSource,
    lines: i64,
    items: BTreeMap<Key, Sums>,
    /// The accounts of all lines.
    accounts: BTreeSet<String>,
    /// Whether the columns can tell lines about endpoints by more than their description.
    names_usage: bool,
}

/// Reads files. `source` is what the user said they are, or nothing. Months before that of `first` are
/// left out.
pub fn read(files: &[BillFile], source: Option<ChargeSource>, first: Date) -> Result<Bills> {
    let first = first.first_of_month();
    let mut months = Months::default();
    let mut broken: BTreeMap<(String, Option<Date>), (ChargeSource, Vec<String>)> = BTreeMap::new();
    let mut bills = Bills::default();
    let files: Vec<&BillFile> =
        files.iter().filter(|file| file.month.is_none_or(|month| month >= first)).collect();
    let copies = copies(&files);
    // Each file is read as a stream, as many at a time as there are processors.
    parallel::in_order(
        &files,
        parallel::processors(),
        || (),
        |(), file| content(file),
        |file, content| match content {
            // What is not a bill holds no line of one, so the month of its neighbours is whole.
            Ok(None) => {
                let (source, place) = (source.unwrap_or(ChargeSource::Cur), file.name.clone());
                let message = layout::not_a_bill(&file.name).to_string();
                bills.bill.push(unusable(source, place, None, Outcome::Error, message));
                Ok(())
            }
            Err(error) => {
                let source = source.unwrap_or(ChargeSource::Cur);
                let of_month =
                    broken.entry((file.export.clone(), file.month)).or_insert((source, Vec::new()));
                of_month.1.push(error.to_string());
                Ok(())
            }
            Ok(Some(content)) if copies.contains_key(file) => {
                // An export without any line writes the same file every month.
                if let (Some(other), true) = (copies.get(file), content.lines > 0) {
                    let message = format!("it is a copy of {other}, which is counted");
                    let (place, month) = (file.name.clone(), file.month);
                    bills.bill.push(unusable(content.source, place, month, Outcome::Skipped, message));
                }
                Ok(())
            }
            Ok(Some(content)) => match source.filter(|wanted| *wanted != content.source) {
                Some(wanted) => Err(of_another_kind(file, content.source, wanted)),
                None => {
                    months.add(file, content, first);
                    Ok(())
                }
            },
        },
    )?;
    months.refuse_twice()?;
    for ((export, month), (source, errors)) in broken {
        months.spoil(&export, month);
        bills.bill.push(unusable(source, export, month, Outcome::Error, errors.join("; ")));
    }
    Ok(months.finish(bills))
}

/// The files that hold the same bytes as one before them, with its name: added up they would count twice.
fn copies<'a>(files: &[&'a BillFile]) -> BTreeMap<&'a BillFile, &'a str> {
    let mut by_size: BTreeMap<u64, Vec<&BillFile>> = BTreeMap::new();
    let mut copies = BTreeMap::new();
    for file in files {
        let Ok(found) = std::fs::metadata(&file.path) else { continue };
        let alike = by_size.entry(found.len()).or_default();
        match alike.iter().find(|other| is_same(&other.path, &file.path).unwrap_or(false)) {
            Some(other) => drop(copies.insert(*file, other.name.as_str())),
            None => alike.push(file),
        }
    }
    copies
}

/// Whether two files of one size hold the same bytes.
fn is_same(left: &Path, right: &Path) -> std::io::Result<bool> {
    let open = |path| std::fs::File::open(path).map(|file| BufReader::with_capacity(1 << 16, file));
    let (mut left, mut right) = (open(left)?, open(right)?);
    loop {
        let (one, other) = (left.fill_buf()?, right.fill_buf()?);
        let length = one.len().min(other.len());
        if length == 0 || one[..length] != other[..length] {
            return Ok(length == 0 && one.len() == other.len());
        }
        left.consume(length);
        right.consume(length);
    }
}

fn of_another_kind(file: &BillFile, kind: ChargeSource, wanted: ChargeSource) -> Error {
    Error::usage(format!("the file is a bill of another kind: {kind}"))
        .at(&file.name)
        .hint(format!("say --charges {kind}, or name another file than with --charges {wanted}"))
}

/// Totals that were not read from a file: those of Cost Explorer. `place` is what was asked.
pub fn from_totals(items: Vec<Item>, source: ChargeSource, place: &str) -> Bills {
    let mut months = Months::default();
    for (key, sums) in items {
        months.enter(place, source, key, &sums);
    }
    months.finish(Bills::default())
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

/// What a file gives; `None` if it is not a bill.
fn content(file: &BillFile) -> Result<Option<Content>> {
    let name = file.path.to_string_lossy().to_ascii_lowercase();
    if name.ends_with(".zip") {
        return Err(Error::failed("the report is a ZIP file, which plaudit does not read")
            .at(&file.name)
            .hint("unpack it and name the CSV, or choose GZIP or Parquet in the report's settings"));
    }
    let read = || if name.ends_with(".parquet") { parquet::read(file) } else { delimited::read(file) };
    // A file over which a library breaks off is broken, like any other.
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(unreadable(&file.path, &file.name, &"it broke the reader")))
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
