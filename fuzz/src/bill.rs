//! Bills, which come from a bucket that others write to.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use plaudit::bill::{self, BillFile};
use plaudit::table::Outcome;

use super::read_back::with_scratch;

/// The first month that is wanted.
const FIRST: Date = date(2026, 9, 1);

/// A bill becomes charges that can be added up, or a month that says why it is not used, with no charge. A
/// bill's manifest chooses among the files that are there, or is refused with a hint.
///
/// The first byte says what follows: 0 for CSV, 1 for gzip, 2 for Parquet, 3 for a manifest.
pub fn bill(bytes: &[u8]) -> bool {
    let Some((form, file)) = bytes.split_first() else { return false };
    match form {
        0 => read("bill.csv", file),
        1 => read("bill.csv.gz", file),
        2 => read("bill.parquet", file),
        3 => choose(file),
        _ => false,
    }
}

fn read(name: &str, bytes: &[u8]) -> bool {
    with_scratch(|folder| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).expect("the scratch folder can be written to");
        if name.ends_with(".parquet") {
            // What is fetched of a bill in a bucket.
            if let Err(error) = bill::needed_parts(&path, name) {
                super::assert_has_hint(&error);
            }
        }
        let file = BillFile { name: name.to_owned(), path, month: None, export: String::new() };
        let bills = bill::read(&[file], None, FIRST).expect("one file is billed once, and of any kind");
        for found in &bills.bill {
            let message = found.message.as_deref().unwrap_or_default();
            // Of a bill that is in order and about something else, that is said.
            let is_silent = message.is_empty() || found.charges == 0;
            assert!(if found.outcome == Outcome::Ok { is_silent } else { !message.is_empty() }, "{message}");
            assert!(found.outcome == Outcome::Ok || message.contains("\nhint: "), "{message}");
            assert!(found.billed_cost.is_finite(), "{found:?}");
        }
        for charge in &bills.charge {
            let amounts = [Some(charge.billed_cost), Some(charge.effective_cost), charge.list_cost];
            let mut amounts = amounts.into_iter().chain([charge.consumed_quantity]).flatten();
            assert!(amounts.all(f64::is_finite), "{charge:?}");
            assert!(charge.charge_period_start <= charge.charge_period_end, "{charge:?}");
            assert!(charge.billing_period_start >= FIRST, "{charge:?}");
        }
        let is_read = bills.bill.iter().all(|found| found.outcome == Outcome::Ok);
        assert!(is_read || bills.charge.is_empty(), "{bills:?}");
        is_read
    })
}

fn choose(manifest: &[u8]) -> bool {
    let keys = [
        "cur/20261001-20261101/cur-Manifest.json",
        "cur/20261001-20261101/new/part-1.csv.gz",
        "cur/20261001-20261101/old/part-1.csv.gz",
        "export/data/BILLING_PERIOD=2026-10/a.parquet",
    ]
    .map(str::to_owned);
    let manifests = BTreeMap::from([(keys[0].clone(), manifest.to_vec())]);
    match bill::choose(&keys, &manifests, "s3://bills", FIRST) {
        Ok(chosen) => {
            assert!(chosen.iter().all(|listing| keys.contains(&listing.key)), "{chosen:?}");
            true
        }
        Err(error) => {
            super::assert_has_hint(&error);
            false
        }
    }
}
