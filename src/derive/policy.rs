//! Endpoint policies, from IAM's JSON to rows that SQL can judge.

use serde_json::{Map, Value};

use crate::table::{PolicyScope, Tables, VpcEndpoint, VpcEndpointPolicy};

/// The policies of an account and Region, statement by statement.
pub fn vpc_endpoint_policy(unit: &Tables) -> Vec<VpcEndpointPolicy> {
    unit.vpc_endpoint.iter().flat_map(rows).collect()
}

fn rows(endpoint: &VpcEndpoint) -> Vec<VpcEndpointPolicy> {
    let service = endpoint.service_name.as_deref().and_then(aws_service);
    let row = |statement: i64| VpcEndpointPolicy {
        account_id: endpoint.account_id.clone(),
        region: endpoint.region.clone(),
        vpc_endpoint_id: endpoint.vpc_endpoint_id.clone(),
        statement,
        service: service.map(str::to_owned),
        is_default: false,
        sid: None,
        effect: None,
        principal: None,
        action: None,
        resource: None,
        condition: None,
        problem: None,
    };
    let statements = match (&endpoint.policy_document, service) {
        (Some(document), _) => parse(document, &Universe { service, partition: partition(&endpoint.region) }),
        // AWS attaches this where nothing else is attached.
        (None, Some(_)) => Ok(vec![Statement::default_of_aws()]),
        (None, None) => return Vec::new(),
    };
    match statements {
        Err(problem) => vec![VpcEndpointPolicy { problem: Some(problem), ..row(0) }],
        Ok(statements) => {
            let is_default = matches!(&statements[..], [only] if *only == Statement::default_of_aws());
            let numbered = (1..).zip(statements);
            numbered
                .map(|(number, statement)| VpcEndpointPolicy {
                    is_default,
                    sid: statement.sid,
                    effect: Some(statement.effect),
                    principal: Some(statement.principal),
                    action: Some(statement.action),
                    resource: Some(statement.resource),
                    condition: statement.condition,
                    ..row(number)
                })
                .collect()
        }
    }
}

/// The AWS service that a service name names: `com.amazonaws.us-east-1.ecr.api` is `ecr`. `None` for
/// services that others offer.
pub fn aws_service(name: &str) -> Option<&str> {
    // https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
    let name = name.strip_prefix("cn.").unwrap_or(name);
    if let Some(rest) = name.strip_prefix("com.amazonaws.") {
        let mut labels = rest.split('.');
        let first = labels.next()?;
        return if first == "vpce" { None } else { labels.next().or(Some(first)) };
    }
    name.strip_prefix("aws.").and_then(|rest| rest.split('.').next())
}

fn partition(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("cn") => "aws-cn",
        Some("us") if region.starts_with("us-gov-") => "aws-us-gov",
        Some("eusc") => "aws-eusc",
        _ => "aws",
    }
}

/// What can pass through the endpoint at all: a pattern that covers all of this covers everything.
struct Universe<'a> {
    service: Option<&'a str>,
    partition: &'static str,
}

/// A character that stands in no policy. A pattern that matches names made of it matches any name.
const FRESH: char = '\u{1}';

impl Universe<'_> {
    /// Whether a pattern covers every action that can be called through the endpoint.
    fn every_action(&self, pattern: &str) -> bool {
        let pattern = pattern.to_ascii_lowercase();
        let name = |service: &str| [1, 40].map(|length| format!("{service}:{}", fresh(length)));
        let service = self.service.map_or_else(|| fresh(6), str::to_ascii_lowercase);
        name(&service).iter().all(|action| matches(&pattern, action))
    }

    /// Whether a pattern covers every resource that can be reached through the endpoint.
    fn every_resource(&self, pattern: &str) -> bool {
        let (partition, other) = (self.partition, fresh(12));
        let service = self.service.map_or_else(|| fresh(6), str::to_owned);
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
struct Statement {
    sid: Option<String>,
    effect: String,
    principal: PolicyScope,
    action: PolicyScope,
    resource: PolicyScope,
    condition: Option<String>,
}

impl Statement {
    fn default_of_aws() -> Statement {
        Statement {
            sid: None,
            effect: "Allow".to_owned(),
            principal: PolicyScope::Every,
            action: PolicyScope::Every,
            resource: PolicyScope::Every,
            condition: None,
        }
    }
}

fn parse(document: &str, universe: &Universe) -> Result<Vec<Statement>, String> {
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
    let condition = match get("Condition")? {
        None | Some(Value::Null) => None,
        Some(Value::Object(operators)) => conditions(operators).map_err(|problem| at(&problem))?,
        Some(_) => return Err(at("has a Condition that is no JSON object")),
    };
    Ok(Statement { sid, effect, principal, action, resource, condition })
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

/// Whether a pattern of IAM covers a text: `*` is any run of characters and `?` any one. `${*}`,
/// `${?}` and `${$}` are the characters themselves.
fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<Glob> = globs(pattern);
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut read) = (0, 0);
    // Where to go on when what follows the latest `*` does not fit.
    let mut retry: Option<(usize, usize)> = None;
    while read < text.len() {
        match pattern.get(at) {
            Some(Glob::Any) => {
                retry = Some((at + 1, read));
                at += 1;
                continue;
            }
            Some(Glob::One) => {}
            Some(Glob::Literal(wanted)) if *wanted == text[read] => {}
            _ => {
                let Some((after, from)) = retry else {
                    return false;
                };
                retry = Some((after, from + 1));
                (at, read) = (after, from + 1);
                continue;
            }
        }
        at += 1;
        read += 1;
    }
    pattern[at..].iter().all(|rest| *rest == Glob::Any)
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Glob {
    Any,
    One,
    Literal(char),
}

fn globs(pattern: &str) -> Vec<Glob> {
    let mut globs = Vec::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let escaped = [("${*}", '*'), ("${?}", '?'), ("${$}", '$')];
        if let Some((text, literal)) = escaped.iter().find(|(text, _)| rest.starts_with(text)) {
            globs.push(Glob::Literal(*literal));
            rest = &rest[text.len()..];
            continue;
        }
        globs.push(match first {
            '*' => Glob::Any,
            '?' => Glob::One,
            other => Glob::Literal(other),
        });
        rest = &rest[first.len_utf8()..];
    }
    globs
}
