//! What a crawl was to audit, as its manifest records it: snapshots of one scope can be compared.

use std::collections::BTreeMap;

use super::Header;
use crate::config::Config;
use crate::crawl::AccountSource;
use crate::table::{Coverage, Operation, Outcome};

/// The parts of a scope, by kind, each sorted.
pub type Scope = BTreeMap<String, Vec<String>>;

/// The scope of a crawl. Of an organization it is the selection, so that accounts may join and leave; else it
/// is the accounts themselves.
pub fn of(config: &Config, header: &Header) -> Scope {
    let organization = &header.organization;
    let crawl = &config.crawl;
    let mut parts = vec![
        ("organization_id", organization.organization_id.iter().cloned().collect()),
        ("regions", header.regions.clone()),
    ];
    if organization.source == Some(AccountSource::Organization) {
        let tags = crawl.account_tags.iter().map(|(key, value)| format!("{key}={}", value.as_str()));
        parts.extend([
            ("exclude_accounts", crawl.exclude_accounts.clone()),
            ("organizational_units", crawl.organizational_units.clone()),
            ("exclude_organizational_units", crawl.exclude_organizational_units.clone()),
            ("account_tags", tags.collect()),
        ]);
    } else {
        let accounts = organization.accounts.iter().map(|account| account.account_id.clone());
        parts.push(("accounts", accounts.collect()));
    }
    // Where less was asked, there is less to compare with.
    if let Some(tables) = &header.tables {
        parts.push(("tables", tables.clone()));
    }
    let sorted = |mut values: Vec<String>| {
        values.sort();
        values.dedup();
        values
    };
    parts.into_iter().map(|(kind, values)| (kind.to_owned(), sorted(values))).collect()
}

/// Whether any operation of a Region was answered.
pub fn has_answers(coverage: &[Coverage]) -> bool {
    let is_regional = |name: &str| Operation::regional().any(|operation| operation.name() == name);
    coverage.iter().any(|row| row.outcome == Outcome::Ok && is_regional(&row.operation))
}
