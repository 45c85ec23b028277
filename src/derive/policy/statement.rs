//! A policy's statements, read as IAM reads them.

use serde_json::{Map, Value};

use super::condition::{Context, met};
use super::pattern::matches;
use crate::derive::service::iam_prefix;
use crate::table::{ConditionMet, PolicyScope};

/// What can pass through the endpoint at all: a pattern that covers all of this covers everything.
pub(super) struct Universe<'a> {
    /// The AWS service, as endpoints' names have it.
    pub service: Option<&'a str>,
    pub context: Context<'a>,
}

/// A character that stands in no policy. A pattern that matches names made of it matches any name.
const FRESH: char = '\u{1}';

impl Universe<'_> {
    /// Whether a pattern covers every action that can be called through the endpoint.
    fn every_action(&self, pattern: &str) -> bool {
        let pattern = pattern.to_ascii_lowercase();
        let name = |service: &str| [1, 40].map(|length| format!("{service}:{}", fresh(length)));
        let service = self.service.map_or_else(|| fresh(6), |label| iam_prefix(label).to_ascii_lowercase());
        name(&service).iter().all(|action| matches(&pattern, action))
    }

    /// Whether a pattern covers every resource that can be reached through the endpoint.
    fn every_resource(&self, pattern: &str) -> bool {
        let (partition, other) = (self.context.partition, fresh(12));
        let service = self.service.map_or_else(|| fresh(6), |label| iam_prefix(label).to_owned());
        let own = format!("arn:{partition}:{service}:{other}:{other}:{other}/{other}");
        // The names of buckets and objects carry neither Region nor account.
        let bare = [format!("arn:{partition}:s3:::{other}"), format!("arn:{partition}:s3:::{other}/{other}")];
        if service == "s3" && bare.iter().all(|arn| matches(pattern, arn)) {
            return true;
        }
        matches(pattern, &own) && matches(pattern, &own.replace('/', ":"))
    }
}

fn fresh(length: usize) -> String {
    std::iter::repeat_n(FRESH, length).collect()
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Statement {
    pub sid: Option<String>,
    pub effect: String,
    pub principal: PolicyScope,
    pub action: PolicyScope,
    pub resource: PolicyScope,
    pub condition: Option<String>,
    pub condition_met: ConditionMet,
    /// Whether its principals are accounts by their root users, and nobody else.
    pub names_root_users: bool,
}

impl Statement {
    pub(super) fn default_of_aws() -> Statement {
        Statement {
            sid: None,
            effect: "Allow".to_owned(),
            principal: PolicyScope::Every,
            action: PolicyScope::Every,
            resource: PolicyScope::Every,
            condition: None,
            condition_met: ConditionMet::Always,
            names_root_users: false,
        }
    }

    /// Whether it lets anybody in.
    pub(super) fn admits(&self, is_gateway: bool) -> bool {
        // "access is granted to the AWS account root user only, not all IAM users and roles"
        // (https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html)
        let by_root_users = is_gateway && self.names_root_users;
        self.effect == "Allow" && self.condition_met != ConditionMet::Never && !by_root_users
    }

    /// Whether it denies everything to those who do not meet what they can meet or not.
    pub(super) fn is_perimeter(&self) -> bool {
        let is_restricted =
            self.condition_met == ConditionMet::Sometimes || self.principal == PolicyScope::EveryBut;
        self.denies_everything() && is_restricted && self.condition_met != ConditionMet::Never
    }

    /// Whether it denies everything to everybody.
    pub(super) fn shuts_out(&self) -> bool {
        let every = self.principal == PolicyScope::Every && self.condition_met == ConditionMet::Always;
        self.denies_everything() && every
    }

    fn denies_everything(&self) -> bool {
        let is_whole = self.action == PolicyScope::Every && self.resource == PolicyScope::Every;
        self.effect == "Deny" && is_whole && self.principal != PolicyScope::Named
    }
}

pub(super) fn parse(document: &str, universe: &Universe) -> Result<Vec<Statement>, String> {
    let value: Value =
        serde_json::from_str(document).map_err(|error| format!("the policy is no JSON: {error}"))?;
    let Value::Object(policy) = value else {
        return Err("the policy is no JSON object".to_owned());
    };
    let statements = match element(&policy, "Statement")? {
        None => return Err("the policy has no Statement".to_owned()),
        Some(Value::Array(list)) if list.is_empty() => return Err("the policy has no statement".to_owned()),
        Some(Value::Array(list)) => list.iter().collect(),
        Some(one) => vec![one],
    };
    (1..).zip(statements).map(|(number, value)| statement(number, value, universe)).collect()
}

fn statement(number: usize, value: &Value, universe: &Universe) -> Result<Statement, String> {
    let at = |problem: &str| format!("statement {number} {problem}");
    let Value::Object(map) = value else {
        return Err(at("is no JSON object"));
    };
    let get = |name: &str| element(map, name).map_err(|problem| at(&problem));
    let effect = match get("Effect")? {
        Some(Value::String(word)) if word == "Allow" || word == "Deny" => word.clone(),
        Some(_) => return Err(at("has an Effect that is neither Allow nor Deny")),
        None => return Err(at("has no Effect")),
    };
    let sid = get("Sid")?.and_then(Value::as_str).filter(|sid| !sid.is_empty()).map(str::to_owned);
    let principal = match (get("Principal")?, get("NotPrincipal")?) {
        (Some(principal), None) if everybody(principal).map_err(|problem| at(&problem))? => {
            PolicyScope::Every
        }
        (Some(_), None) => PolicyScope::Named,
        (None, Some(_)) => PolicyScope::EveryBut,
        (None, None) => return Err(at("has no Principal")),
        (Some(_), Some(_)) => return Err(at("has both Principal and NotPrincipal")),
    };
    let scope = |name: &str, covers: &dyn Fn(&str) -> bool| {
        let inverse = format!("Not{name}");
        let covered = |value: &Value, name: &str| {
            let patterns = texts(value)
                .ok_or_else(|| at(&format!("has {name} that is neither text nor a list of texts")))?;
            Ok::<bool, String>(patterns.iter().any(|pattern| covers(pattern)))
        };
        match (get(name)?, get(&inverse)?) {
            (Some(value), None) if covered(value, name)? => Ok(PolicyScope::Every),
            (Some(_), None) => Ok(PolicyScope::Named),
            // Everything but everything is nothing.
            (None, Some(value)) if covered(value, &inverse)? => Ok(PolicyScope::Named),
            (None, Some(_)) => Ok(PolicyScope::EveryBut),
            (None, None) => Err(at(&format!("has no {name}"))),
            (Some(_), Some(_)) => Err(at(&format!("has both {name} and {inverse}"))),
        }
    };
    let action = scope("Action", &|pattern| universe.every_action(pattern))?;
    let resource = scope("Resource", &|pattern| universe.every_resource(pattern))?;
    let (condition, condition_met) = match get("Condition")? {
        None | Some(Value::Null) => (None, ConditionMet::Always),
        Some(Value::Object(operators)) => {
            (conditions(operators).map_err(|problem| at(&problem))?, met(operators, &universe.context))
        }
        Some(_) => return Err(at("has a Condition that is no JSON object")),
    };
    let names_root_users = get("Principal")?.is_some_and(are_root_users);
    Ok(Statement { sid, effect, principal, action, resource, condition, condition_met, names_root_users })
}

/// An element by its name. IAM's own editor writes names in one case, and the grammar's readers take
/// any, so any is taken here; two of one name would leave open which holds.
fn element<'a>(map: &'a Map<String, Value>, name: &str) -> Result<Option<&'a Value>, String> {
    let mut found = map.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    let first = found.next();
    if found.next().is_some() {
        return Err(format!("has {name} twice"));
    }
    Ok(first)
}

/// A text, or a list of texts.
fn texts(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(text) => Some(vec![text]),
        Value::Array(list) => list.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// Whether a principal is everybody: `"*"`, or `"*"` among the accounts and roles of `AWS`.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
fn everybody(principal: &Value) -> Result<bool, String> {
    match principal {
        Value::String(text) => Ok(text == "*"),
        Value::Object(kinds) => {
            let mut every = false;
            for (kind, value) in kinds {
                let listed = texts(value).ok_or_else(|| {
                    "has a Principal whose names are neither text nor a list of texts".to_owned()
                })?;
                every |= kind.eq_ignore_ascii_case("AWS") && listed.contains(&"*");
            }
            Ok(every)
        }
        _ => Err("has a Principal that is neither text nor a JSON object".to_owned()),
    }
}

/// Whether all principals are accounts, by number or by their root user.
fn are_root_users(principal: &Value) -> bool {
    let is_account = |name: &str| {
        let is_number = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number(name) || (name.starts_with("arn:") && name.ends_with(":root"))
    };
    let Value::Object(kinds) = principal else { return false };
    !kinds.is_empty()
        && kinds.iter().all(|(kind, names)| {
            let names = texts(names).unwrap_or_default();
            kind.eq_ignore_ascii_case("AWS") && !names.is_empty() && names.into_iter().all(is_account)
        })
}

/// The conditions as `operator key`. An operator without keys asks for nothing.
fn conditions(operators: &Map<String, Value>) -> Result<Option<String>, String> {
    let mut found = Vec::new();
    for (operator, keys) in operators {
        let Value::Object(keys) = keys else {
            return Err(format!("has a Condition {operator} that is no JSON object"));
        };
        found.extend(keys.keys().map(|key| format!("{operator} {key}")));
    }
    found.sort();
    Ok((!found.is_empty()).then(|| found.join(", ")))
}
