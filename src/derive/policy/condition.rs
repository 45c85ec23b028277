//! Whether what passes through an endpoint meets a condition, whoever sends it.
//!
//! A condition that is met by all that passes restricts nobody, and one that is never met lets nobody in.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use serde_json::{Map, Value};

use super::pattern::matches;
use crate::derive::cidr::{Cidr, Ranges};
use crate::table::ConditionMet as Met;

/// What is known of every request that passes through an endpoint.
pub(super) struct Context<'a> {
    pub account_id: &'a str,
    pub region: &'a str,
    pub partition: &'static str,
    pub vpc_id: &'a str,
    pub vpc_endpoint_id: &'a str,
    pub vpc_ranges: &'a Ranges,
}

/// The value of a key in every request.
enum Known {
    Text(String),
    Absent,
    Open,
}

impl Context<'_> {
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
    fn value(&self, key: &str) -> Known {
        let text = match key.to_ascii_lowercase().as_str() {
            "aws:sourcevpc" => self.vpc_id.to_owned(),
            "aws:sourcevpce" => self.vpc_endpoint_id.to_owned(),
            "aws:sourcevpcarn" => {
                format!("arn:{}:ec2:{}:{}:vpc/{}", self.partition, self.region, self.account_id, self.vpc_id)
            }
            "aws:vpceaccount" => self.account_id.to_owned(),
            // The clients of AWS speak TLS unless told otherwise: who may use it is not restricted by it.
            "aws:securetransport" => "true".to_owned(),
            // "not available when ... uses a VPC endpoint": aws:VpcSourceIp is there instead.
            "aws:sourceip" => return Known::Absent,
            _ => return Known::Open,
        };
        if text.is_empty() { Known::Open } else { Known::Text(text) }
    }
}

/// How often all conditions of a statement are met together.
pub(super) fn met(operators: &Map<String, Value>, context: &Context) -> Met {
    let mut all = Met::Always;
    for (operator, keys) in operators {
        for (key, values) in keys.as_object().into_iter().flatten() {
            match one(operator, key, values, context) {
                Met::Never => return Met::Never,
                Met::Sometimes => all = Met::Sometimes,
                Met::Always => {}
            }
        }
    }
    all
}

fn one(operator: &str, key: &str, values: &Value, context: &Context) -> Met {
    let Some(values) = texts(values) else { return Met::Sometimes };
    // The quantifiers are about keys of many values, none of which is known.
    let operator = operator.to_ascii_lowercase();
    if operator.contains(':') {
        return Met::Sometimes;
    }
    let (operator, if_exists) = match operator.strip_suffix("ifexists") {
        Some(operator) => (operator, true),
        None => (operator.as_str(), false),
    };
    let known = context.value(key);
    if operator == "null" {
        let wants_absent = values.iter().all(|value| value.eq_ignore_ascii_case("true"));
        return match known {
            Known::Open => Met::Sometimes,
            Known::Absent => certain(wants_absent),
            Known::Text(_) => certain(!wants_absent),
        };
    }
    let Some((is_negated, fits)) = comparison(operator) else { return Met::Sometimes };
    let certain = |holds: bool| certain(holds != is_negated);
    match known {
        // What is not there equals nothing.
        Known::Absent if if_exists => Met::Always,
        Known::Absent => certain(false),
        Known::Text(text) if values.iter().any(|value| fits(value, &text)) => certain(true),
        // A variable may stand for the value.
        Known::Text(_) if values.iter().any(|value| value.contains("${")) => Met::Sometimes,
        Known::Text(_) => certain(false),
        Known::Open if key.eq_ignore_ascii_case("aws:VpcSourceIp") && operator.ends_with("ipaddress") => {
            let ranges: Option<Ranges> = values.iter().map(|value| Cidr::parse(value)).collect();
            let is_whole = !context.vpc_ranges.is_empty();
            match ranges
                .is_some_and(|ranges| is_whole && context.vpc_ranges.iter().all(|range| ranges.covers(range)))
            {
                true => certain(true),
                false => Met::Sometimes,
            }
        }
        // Any value that there is.
        Known::Open if operator.ends_with("like") && values.iter().any(|value| is_all(value)) => {
            certain(true)
        }
        Known::Open => Met::Sometimes,
    }
}

fn certain(is_met: bool) -> Met {
    if is_met { Met::Always } else { Met::Never }
}

fn is_all(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.chars().all(|c| c == '*')
}

/// Whether an operator says "not", and how it compares.
type Comparison = (bool, fn(&str, &str) -> bool);

/// `None` for operators that compare nothing which is known of requests.
fn comparison(operator: &str) -> Option<Comparison> {
    Some(match operator {
        "stringequals" => (false, |value, text| value == text),
        "stringnotequals" => (true, |value, text| value == text),
        "stringequalsignorecase" | "bool" => (false, |value, text| value.eq_ignore_ascii_case(text)),
        "stringnotequalsignorecase" => (true, |value, text| value.eq_ignore_ascii_case(text)),
        "stringlike" | "arnlike" | "arnequals" => (false, matches),
        "stringnotlike" | "arnnotlike" | "arnnotequals" => (true, matches),
        "ipaddress" => (false, |_, _| false),
        "notipaddress" => (true, |_, _| false),
        _ => return None,
    })
}

/// A text, a truth or a number, or a list of them, as texts.
fn texts(value: &Value) -> Option<Vec<String>> {
    let one = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    };
    match value {
        Value::Array(list) => list.iter().map(one).collect(),
        other => one(other).map(|text| vec![text]),
    }
}
