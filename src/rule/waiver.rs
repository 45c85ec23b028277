//! Waivers: findings that somebody has answered for. They hide a finding from the exit status,
//! never from an export.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::config::Waiver;
use crate::table::{Finding, Status};

/// Tags of a resource, by account, Region and id.
pub type Tags = BTreeMap<(String, String, String), BTreeMap<String, String>>;

/// How a waiver fared in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WaiverUse {
    /// It hid so many findings.
    Used(usize),
    /// It matched nothing: the fault is gone, or the pattern is wrong.
    Unused,
    /// Its last day is over; it would have hidden so many findings.
    Expired(usize),
}

/// Marks the findings that a waiver covers, and says how each waiver fared.
pub fn apply(
    waivers: &[Waiver],
    today: Date,
    tags: &Tags,
    findings: &mut [Finding],
) -> Vec<(Waiver, WaiverUse)> {
    let mut uses = Vec::new();
    for waiver in waivers {
        let expired = waiver.expires < today;
        let mut matched = 0;
        for finding in findings.iter_mut().filter(|finding| covers(waiver, finding, tags)) {
            matched += 1;
            if !expired {
                let until = finding.waived_until.map_or(waiver.expires, |until| until.max(waiver.expires));
                finding.waived_until = Some(until);
            }
        }
        let fared = match (expired, matched) {
            (true, _) => WaiverUse::Expired(matched),
            (false, 0) => WaiverUse::Unused,
            (false, _) => WaiverUse::Used(matched),
        };
        uses.push((waiver.clone(), fared));
    }
    uses
}

fn covers(waiver: &Waiver, finding: &Finding, tags: &Tags) -> bool {
    // A skip says that something was not seen, and nobody can answer for that.
    if finding.status == Status::Skip || finding.rule_id != waiver.rule {
        return false;
    }
    let resource = waiver.resource.as_ref().is_none_or(|pattern| pattern.matches(&finding.resource_id));
    let account = waiver
        .account
        .as_ref()
        .is_none_or(|pattern| pattern.matches(&finding.account_id) || pattern.matches(&finding.account_name));
    let region = waiver.region.as_ref().is_none_or(|pattern| pattern.matches(&finding.region));
    let tag = waiver.tag.as_ref().is_none_or(|(key, pattern)| {
        tags.get(&(finding.account_id.clone(), finding.region.clone(), finding.resource_id.clone()))
            .and_then(|tags| tags.get(key))
            .is_some_and(|value| pattern.matches(value))
    });
    resource && account && region && tag
}
