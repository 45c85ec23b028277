//! Which findings make a run fail.

use std::collections::BTreeSet;
use std::fmt;

use crate::error::Result;
use crate::store::{Store, StoredSnapshot};
use crate::table::{Finding, Severity, Status};

/// The severity from which on findings make the run fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailOn {
    /// Findings of this severity and above.
    pub severity: Severity,
    /// Only those that the snapshot before this one does not have.
    pub only_new: bool,
}

impl fmt::Display for FailOn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let new = if self.only_new { "new:" } else { "" };
        write!(formatter, "{new}{}", self.severity)
    }
}

/// The alarms that make the run fail: at or above the severity, not waived, and new where that was
/// asked for.
pub async fn failing(
    store: &Store,
    snapshot: &StoredSnapshot,
    findings: &[Finding],
    fail_on: FailOn,
) -> Result<usize> {
    let key = |finding: &Finding| {
        (
            finding.rule_id.clone(),
            finding.account_id.clone(),
            finding.region.clone(),
            finding.resource_id.clone(),
        )
    };
    let mut known = BTreeSet::new();
    if fail_on.only_new {
        let earlier = store.snapshots().await?.into_iter().rfind(|id| id.as_str() < snapshot.id());
        if let Some(earlier) = earlier {
            let findings = store.open(Some(&earlier)).await?.rows::<Finding>().await?;
            known = findings.iter().filter(|finding| finding.status == Status::Alarm).map(key).collect();
        }
    }
    let counts = |finding: &&Finding| {
        finding.status == Status::Alarm
            && finding.severity <= fail_on.severity
            && finding.waived_until.is_none()
            && !known.contains(&key(finding))
    };
    Ok(findings.iter().filter(counts).count())
}
