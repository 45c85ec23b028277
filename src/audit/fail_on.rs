//! Which findings make a run fail.

use std::collections::BTreeSet;
use std::fmt;

use crate::error::Result;
use crate::store::{Manifest, Store, StoredSnapshot};
use crate::table::{Finding, Severity, Status};

/// The severity from which on findings make the run fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailOn {
    /// Findings of this severity and above.
    pub severity: Severity,
    /// Only those that the last audit of the same organization and scope does not have.
    pub only_new: bool,
}

impl fmt::Display for FailOn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let new = if self.only_new { "new:" } else { "" };
        write!(formatter, "{new}{}", self.severity)
    }
}

/// The alarms that make the run fail.
#[derive(Clone, Debug)]
pub struct Failing<'a> {
    /// The alarms, in the order of the findings.
    pub findings: Vec<&'a Finding>,
    /// The snapshot that has none of them, where only new ones count and there is one to compare with.
    pub earlier: Option<String>,
}

/// The alarms that make the run fail: at or above the severity, not waived, and new where that was
/// asked for.
pub async fn failing<'a>(
    store: &Store,
    snapshot: &StoredSnapshot,
    findings: &'a [Finding],
    fail_on: FailOn,
) -> Result<Failing<'a>> {
    let earlier = match fail_on.only_new {
        true => earlier(store, snapshot.manifest()).await?,
        false => None,
    };
    let mut known = BTreeSet::new();
    if let Some(earlier) = &earlier {
        let findings = store.open(Some(earlier)).await?.rows::<Finding>().await?;
        known = findings.iter().filter(|finding| finding.status == Status::Alarm).map(key).collect();
    }
    let counts = |finding: &&Finding| {
        finding.status == Status::Alarm
            && finding.severity <= fail_on.severity
            && finding.waived_until.is_none()
            && !known.contains(&key(finding))
    };
    Ok(Failing { findings: findings.iter().filter(counts).collect(), earlier })
}

fn key(finding: &Finding) -> [String; 4] {
    [&finding.rule_id, &finding.account_id, &finding.region, &finding.resource_id].map(String::clone)
}

/// The last audit before a snapshot that was to audit the same, audited something, and was checked.
async fn earlier(store: &Store, of: &Manifest) -> Result<Option<String>> {
    let earlier = store.snapshots().await?.into_iter().filter(|id| *id < of.id);
    for id in earlier.rev() {
        let manifest = store.manifest_of(&id).await?;
        let is_checked = manifest.tables.iter().any(|table| table.name == "finding");
        if is_checked && !manifest.nothing_audited && manifest.scope == of.scope {
            return Ok(Some(id));
        }
    }
    Ok(None)
}
