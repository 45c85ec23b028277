//! Which files of a folder or bucket make up a bill: those that a manifest names, or else all.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Deserialize;

use crate::error::{Error, Result};

/// A key below the place that the user named, and what a manifest says of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listing {
    /// The key, with `/` between folders.
    pub key: String,
    /// The month, as its first day, where folder or manifest tell.
    pub month: Option<Date>,
    /// The export to which it belongs: the folder above its months.
    pub export: String,
}

/// The manifest of a legacy report (`reportKeys`) or a data export (`dataFiles`).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    #[serde(default)]
    report_keys: Vec<String>,
    #[serde(default)]
    data_files: Vec<String>,
    billing_period: Option<Period>,
}

#[derive(Debug, Deserialize)]
struct Period {
    start: String,
}

/// Chooses the files to read. `manifests` are the contents of all keys that end with `anifest.json`.
///
/// Months before `first` are left out unread. A manifest that names a file that is not there is an
/// error: the total would be smaller than the bill.
pub fn choose(
    keys: &[String],
    manifests: &BTreeMap<String, Vec<u8>>,
    place: &str,
    first: Date,
) -> Result<Vec<Listing>> {
    let mut listed: BTreeSet<Listing> = BTreeSet::new();
    let mut spoken_for: BTreeSet<String> = BTreeSet::new();
    for (key, bytes) in manifests {
        let address = format!("{}/{key}", place.trim_end_matches('/'));
        let manifest: Manifest = serde_json::from_slice(bytes).map_err(|error| {
            Error::failed(format!("the bill's manifest is broken: {error}"))
                .at(&address)
                .hint("fetch it anew; without it, which files belong to the bill is not known")
        })?;
        let month = manifest
            .billing_period
            .as_ref()
            .and_then(|period| period_start(&period.start))
            .or_else(|| month_of(key));
        let named: Vec<String> = manifest.report_keys.into_iter().chain(manifest.data_files).collect();
        if named.is_empty() {
            continue;
        }
        let export = export_of(key);
        // A legacy report has a second manifest in the folder of each version; the one beside those
        // folders names the version that counts. Both name the same files.
        spoken_for.insert(export.clone());
        if month.is_some_and(|month| month < first.first_of_month()) {
            continue;
        }
        for name in named {
            let Some(found) = keys.iter().find(|key| same_file(&name, key)) else {
                return Err(Error::usage(format!("the manifest names a file that is not there: {name}"))
                    .at(&address)
                    .hint("fetch the file too: without it the total would be smaller than the bill"));
            };
            listed.insert(Listing { key: found.clone(), month, export: export.clone() });
        }
    }
    for key in keys.iter().filter(|key| is_bill(key)) {
        let export = export_of(key);
        let covered = spoken_for.iter().any(|known| export.starts_with(known.as_str()));
        if covered || listed.iter().any(|listing| listing.key == *key) {
            continue;
        }
        let month = month_of(key);
        if month.is_some_and(|month| month < first.first_of_month()) {
            continue;
        }
        listed.insert(Listing { key: key.clone(), month, export });
    }
    Ok(listed.into_iter().collect())
}

/// Whether a key is a file of a bill, by its ending.
fn is_bill(key: &str) -> bool {
    [".parquet", ".csv", ".csv.gz", ".csv.zip"]
        .iter()
        .any(|ending| key.to_ascii_lowercase().ends_with(ending))
}

/// Manifests name whole addresses or keys from the bucket's root; the user may have named a folder
/// further down, or a copy of it.
fn same_file(named: &str, key: &str) -> bool {
    let named =
        named.strip_prefix("s3://").map_or(named, |rest| rest.split_once('/').map_or(rest, |(_, key)| key));
    let is_tail = |long: &str, short: &str| {
        long.strip_suffix(short).is_some_and(|before| before.is_empty() || before.ends_with('/'))
    };
    is_tail(named, key) || is_tail(key, named)
}

/// The month that a key's folders tell: `BILLING_PERIOD=2026-10`, `20261001-20261101`, or
/// `year=2026/month=10`.
fn month_of(key: &str) -> Option<Date> {
    let mut year = None;
    for folder in key.split('/') {
        if let Some(period) =
            folder.strip_prefix("BILLING_PERIOD=").or_else(|| folder.strip_prefix("billing_period="))
        {
            return format!("{period}-01").parse().ok();
        }
        if let Some((start, end)) = folder.split_once('-')
            && start.len() == 8
            && end.len() == 8
        {
            return period_start(start);
        }
        if let Some(value) = folder.strip_prefix("year=") {
            year = value.parse::<i16>().ok();
        }
        if let (Some(year), Some(month)) = (year, folder.strip_prefix("month=")) {
            return Date::new(year, month.parse().ok()?, 1).ok();
        }
    }
    None
}

/// `20261001T000000.000Z`, or `2026-10-01...`.
fn period_start(text: &str) -> Option<Date> {
    if let Some(date) = text.get(..10).and_then(|text| text.parse().ok()) {
        return Some(date);
    }
    let digits = text.get(..8).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    Date::new(digits[..4].parse().ok()?, digits[4..6].parse().ok()?, digits[6..].parse().ok()?).ok()
}

/// The folder above the months and their versions.
fn export_of(key: &str) -> String {
    let folders: Vec<&str> = key.split('/').collect();
    let above: Vec<&str> = folders[..folders.len().saturating_sub(1)]
        .iter()
        .copied()
        .take_while(|folder| {
            !folder.to_ascii_lowercase().starts_with("billing_period=")
                && !folder.starts_with("year=")
                && *folder != "data"
                && *folder != "metadata"
                && month_of(folder).is_none()
        })
        .collect();
    above.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn chosen(keys: &[&str], manifests: &[(&str, &str)]) -> Result<Vec<Listing>> {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        let manifests =
            manifests.iter().map(|(key, text)| ((*key).to_owned(), text.as_bytes().to_vec())).collect();
        choose(&keys, &manifests, "s3://bills", date(2026, 9, 1))
    }

    #[test]
    fn a_manifest_names_the_version_that_counts() {
        let old = "cur/20261001-20261101/old/part-1.csv.gz";
        let new = "cur/20261001-20261101/new/part-1.csv.gz";
        let manifest = r#"{"reportKeys": ["cur/20261001-20261101/new/part-1.csv.gz"], "billingPeriod": {"start": "20261001T000000.000Z", "end": "20261101T000000.000Z"}}"#;
        let found = chosen(&[old, new], &[("cur/20261001-20261101/cur-Manifest.json", manifest)]).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].key.as_str(), found[0].month), (new, Some(date(2026, 10, 1))));
    }

    #[test]
    fn a_manifest_that_names_a_missing_file_is_refused() {
        let manifest = r#"{"dataFiles": ["s3://bills/export/data/BILLING_PERIOD=2026-10/a.parquet", "s3://bills/export/data/BILLING_PERIOD=2026-10/b.parquet"]}"#;
        let place = "export/metadata/BILLING_PERIOD=2026-10/export-Manifest.json";
        let keys = ["export/data/BILLING_PERIOD=2026-10/a.parquet"];
        let error = chosen(&keys, &[(place, manifest)]).unwrap_err().to_string();
        assert!(error.contains("b.parquet") && error.contains("export-Manifest.json"), "{error}");
    }

    #[test]
    fn without_manifests_every_bill_counts_and_old_months_do_not() {
        let keys = [
            "export/data/BILLING_PERIOD=2026-08/a.parquet",
            "export/data/BILLING_PERIOD=2026-10/a.parquet",
            "export/data/BILLING_PERIOD=2026-10/readme.txt",
            "year=2026/month=11/x.csv",
        ];
        let found = chosen(&keys, &[]).unwrap();
        let months: Vec<_> = found.iter().map(|listing| (listing.export.as_str(), listing.month)).collect();
        assert_eq!(
            months,
            [("", Some(date(2026, 11, 1))), ("export", Some(date(2026, 10, 1)))]
                .map(|x| x)
                .into_iter()
                .rev()
                .collect::<Vec<_>>()
        );
    }
}
