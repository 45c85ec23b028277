//! Resources that a rule does not judge. There may be as many as there are resources, so they are only
//! named, with the reason.

use std::collections::BTreeMap;

use super::Rule;
use crate::engine::Answer;
use crate::error::{Error, Result};

/// Why resources are not judged, and which, sorted.
pub(super) type Reasons = BTreeMap<String, Vec<String>>;

/// The resources of which a rule says `skip`, by account and Region.
pub(super) fn unjudged(rule: &Rule, skipped: &Answer) -> Result<BTreeMap<(String, String), Reasons>> {
    let texts = |name: &str| -> Vec<Option<String>> {
        let values = skipped.column(name).unwrap_or_default();
        values.iter().map(|value| value.as_text().map(str::to_owned)).collect()
    };
    let mut given = texts("reason").into_iter();
    let (accounts, regions, resources) = (texts("account_id"), texts("region"), texts("resource_id"));
    let mut unjudged: BTreeMap<(String, String), Reasons> = BTreeMap::new();
    for ((account, region), resource) in accounts.into_iter().zip(regions).zip(resources) {
        let needed = |value: Option<String>, name: &str| value.ok_or_else(|| without(rule, name));
        let scope = (needed(account, "account_id")?, needed(region, "region")?);
        let reason = given.next().flatten().unwrap_or_else(|| "the rule gives no reason".to_owned());
        let reasons = unjudged.entry(scope).or_default();
        reasons.entry(reason).or_default().push(needed(resource, "resource_id")?);
    }
    unjudged.values_mut().flat_map(BTreeMap::values_mut).for_each(|resources| resources.sort_unstable());
    Ok(unjudged)
}

/// A row lacks what every row needs.
pub(super) fn without(rule: &Rule, column: &str) -> Error {
    Error::usage(format!("the rule's answer has a row without `{column}`"))
        .at(rule.place())
        .hint("every row needs one; use an inner join, or leave such rows out")
}
