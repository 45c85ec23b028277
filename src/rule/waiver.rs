//! Waivers: findings that somebody has answered for. They hide a finding from the exit status,
//! never from an export.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::config::{Pattern, Waiver};
use crate::table::{Finding, Status, WaiverOutcome, WaiverUse};

/// Tags of a resource, by account, Region and id.
pub type Tags = BTreeMap<(String, String, String), BTreeMap<String, String>>;

/// Marks the findings that a waiver covers, and says how each waiver fared.
pub fn apply(waivers: &[Waiver], today: Date, tags: &Tags, findings: &mut [Finding]) -> Vec<WaiverOutcome> {
    let mut outcomes = Vec::new();
    for waiver in waivers {
        let expired = waiver.expires < today;
        let mut covered = 0;
        let mut unjudged = false;
        for finding in findings.iter_mut().filter(|finding| finding.rule_id == waiver.rule) {
            if finding.status == Status::Ok {
                continue;
            }
            if finding.status == Status::Skip {
                // A skip says that something was not seen, and nobody can answer for that. But what
                // was not seen may be what the waiver is for.
                unjudged |= stands_where(waiver, finding);
            } else if covers(waiver, finding, tags) {
                covered += 1;
                if !expired {
                    let until =
                        finding.waived_until.map_or(waiver.expires, |until| until.max(waiver.expires));
                    finding.waived_until = Some(until);
                }
            }
        }
        let outcome = match (expired, covered, unjudged) {
            (true, _, _) => WaiverUse::Expired,
            (false, 0, true) => WaiverUse::Unjudged,
            (false, 0, false) => WaiverUse::Unused,
            (false, _, _) => WaiverUse::Used,
        };
        outcomes.push(told(waiver, outcome, covered));
    }
    outcomes
}

fn told(waiver: &Waiver, outcome: WaiverUse, findings: i64) -> WaiverOutcome {
    let written = |pattern: &Option<Pattern>| pattern.as_ref().map(|pattern| pattern.as_str().to_owned());
    WaiverOutcome {
        rule_id: waiver.rule.clone(),
        resource: written(&waiver.resource),
        account: written(&waiver.account),
        region: written(&waiver.region),
        tag: waiver.tag.as_ref().map(|(key, value)| format!("{key}={}", value.as_str())),
        outcome,
        findings,
        expires: waiver.expires,
        owner: waiver.owner.clone(),
        reason: waiver.reason.clone(),
        place: waiver.place.clone(),
    }
}

/// Whether a finding stands in an account and Region of the waiver.
fn stands_where(waiver: &Waiver, finding: &Finding) -> bool {
    let account = waiver
        .account
        .as_ref()
        .is_none_or(|pattern| pattern.matches(&finding.account_id) || pattern.matches(&finding.account_name));
    account && waiver.region.as_ref().is_none_or(|pattern| pattern.matches(&finding.region))
}

fn covers(waiver: &Waiver, finding: &Finding, tags: &Tags) -> bool {
    let resource = waiver.resource.as_ref().is_none_or(|pattern| pattern.matches(&finding.resource_id));
    let tag = waiver.tag.as_ref().is_none_or(|(key, pattern)| {
        tags.get(&(finding.account_id.clone(), finding.region.clone(), finding.resource_id.clone()))
            .and_then(|tags| tags.get(key))
            .is_some_and(|value| pattern.matches(value))
    });
    resource && stands_where(waiver, finding) && tag
}
