//! What every rule says of one resource.

use serde_json::Value as Json;

use super::runner::{Facts, Runner, Verdict};
use super::{Rule, waiver};
use crate::config::Waiver;
use crate::error::Result;
use crate::table::{Finding, Status};

/// A resource that is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Resource<'a> {
    /// The table that holds it.
    pub kind: &'a str,
    /// Its identifier.
    pub id: &'a str,
    /// The account in which it stands.
    pub account_id: &'a str,
    /// The Region in which it stands.
    pub region: &'a str,
}

/// Runs the rules for one resource. Each comes with what it says, `ok` too; it comes with nothing
/// where it does not judge the resource. Here a skip is about the resource, and says why.
pub fn judge<'a>(
    rules: impl Iterator<Item = &'a Rule>,
    facts: &Facts,
    waivers: &[Waiver],
    resource: Resource,
) -> Result<Vec<(&'a Rule, Vec<Finding>)>> {
    let mut runner = Runner::new(facts)?;
    let tags = runner.tags(waivers)?;
    let mut said = Vec::new();
    for rule in rules.filter(|rule| rule.enabled) {
        let mut findings: Vec<Finding> = runner
            .judge_one(rule, resource.id)?
            .into_iter()
            .filter(|verdict| {
                verdict.account_id == resource.account_id
                    && verdict.region == resource.region
                    && verdict.resource_type == resource.kind
            })
            .map(|verdict| runner.finding(rule, told(verdict)))
            .collect();
        let scope = (resource.account_id.to_owned(), resource.region.to_owned());
        if findings.is_empty() && rule.header.resource == resource.kind && runner.is_incomplete(rule, &scope)
        {
            findings.push(runner.incomplete(rule, &scope));
        }
        waiver::apply(waivers, facts.today, &tags, &mut findings);
        said.push((rule, findings));
    }
    Ok(said)
}

/// The message of a rule tells of its fault. One that could not judge tells why instead.
fn told(mut verdict: Verdict) -> Verdict {
    if verdict.status == Status::Skip {
        let reason = verdict.evidence.get("reason").and_then(Json::as_str);
        verdict.message = reason.unwrap_or("the rule gives no reason").to_owned();
    }
    verdict
}
