//! Cost Explorer: GetCostAndUsage over the same endpoints, as the bill would have them.

use std::collections::BTreeMap;

use axum::response::Response;
use jiff::civil::Date;
use jiff::{ToSpan, Unit};
use serde_json::{Value, json};

use super::{page, unknown_action};
use crate::simulator::wire::{ApiError, Call};
use crate::simulator::world::{Account, World};

/// Groups in a page.
const PAGE: usize = 1000;

const SERVICE: &str = "Amazon Virtual Private Cloud";

pub fn answer(world: &World, account: &Account, call: &Call) -> Result<Response, ApiError> {
    match call.action.as_str() {
        "GetCostAndUsage" => Ok(call.json(cost_and_usage(world, account, call)?)),
        _ => Err(unknown_action(call)),
    }
}

/// A line of the bill: one account, Region, usage type and day.
struct Line {
    day: Date,
    account: String,
    region: String,
    usage_type: String,
    quantity: f64,
    cost: f64,
}

fn cost_and_usage(world: &World, account: &Account, call: &Call) -> Result<Value, ApiError> {
    let input = &call.input;
    let invalid = |message: &str| ApiError::new(400, "ValidationException", message);
    let date = |key: &str| {
        input["TimePeriod"][key]
            .as_str()
            .and_then(|text| text.get(..10)?.parse::<Date>().ok())
            .ok_or_else(|| invalid("TimePeriod is not valid"))
    };
    let (start, end) = (date("Start")?, date("End")?);
    if start >= end {
        return Err(invalid("Start date (and hour) should be before end date (and hour)"));
    }
    let monthly = match input["Granularity"].as_str() {
        Some("DAILY") => false,
        Some("MONTHLY") => true,
        _ => return Err(invalid("Granularity must be DAILY or MONTHLY")),
    };
    let group_by: Vec<&str> =
        input["GroupBy"].as_array().into_iter().flatten().filter_map(|group| group["Key"].as_str()).collect();
    if group_by.len() > 2 {
        return Err(invalid("GroupBy takes two at the most"));
    }
    let metrics: Vec<&str> =
        input["Metrics"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if metrics.is_empty() {
        return Err(invalid("Metrics is required"));
    }
    let mut periods: BTreeMap<Date, BTreeMap<Vec<String>, (f64, f64)>> = BTreeMap::new();
    for line in lines(world, account, start, end) {
        if !passes(&input["Filter"], &line) {
            continue;
        }
        let period = if monthly { line.day.first_of_month().max(start) } else { line.day };
        let key = group_by.iter().map(|key| dimension(key, &line).unwrap_or_default()).collect();
        let sum = periods.entry(period).or_default().entry(key).or_insert((0.0, 0.0));
        sum.0 += line.quantity;
        sum.1 += line.cost;
    }
    let groups: Vec<(Date, Vec<String>, (f64, f64))> = periods
        .into_iter()
        .flat_map(|(day, groups)| groups.into_iter().map(move |(key, sum)| (day, key, sum)))
        .collect();
    let (shown, next) = page(call, &groups, PAGE, input["NextPageToken"].as_str())?;
    let mut results: Vec<Value> = Vec::new();
    for (day, keys, (quantity, cost)) in shown {
        let until = if monthly {
            day.last_of_month().tomorrow().unwrap_or(day).min(end)
        } else {
            day.tomorrow().unwrap_or(day)
        };
        let amounts: serde_json::Map<String, Value> = metrics
            .iter()
            .map(|metric| {
                let (amount, unit) = match *metric {
                    "UsageQuantity" => (quantity, "N/A"),
                    _ => (cost, "USD"),
                };
                ((*metric).to_owned(), json!({ "Amount": format!("{amount:.10}"), "Unit": unit }))
            })
            .collect();
        let period = json!({ "Start": day.to_string(), "End": until.to_string() });
        let same = results.last().is_some_and(|last: &Value| last["TimePeriod"] == period);
        if !same {
            results.push(json!({ "TimePeriod": period, "Total": {}, "Groups": [], "Estimated": false }));
        }
        let Some(last) = results.last_mut() else {
            continue;
        };
        if group_by.is_empty() {
            last["Total"] = Value::Object(amounts);
        } else if let Some(groups) = last["Groups"].as_array_mut() {
            groups.push(json!({ "Keys": keys, "Metrics": amounts }));
        }
    }
    let definitions: Vec<Value> =
        group_by.iter().map(|key| json!({ "Type": "DIMENSION", "Key": key })).collect();
    let mut answer =
        json!({ "GroupDefinitions": definitions, "ResultsByTime": results, "DimensionValueAttributes": [] });
    if let Some(next) = next {
        answer["NextPageToken"] = next.into();
    }
    Ok(answer)
}

fn dimension(name: &str, line: &Line) -> Option<String> {
    Some(match name {
        "LINKED_ACCOUNT" => line.account.clone(),
        "USAGE_TYPE" => line.usage_type.clone(),
        "REGION" => line.region.clone(),
        "SERVICE" => SERVICE.to_owned(),
        "RECORD_TYPE" => "Usage".to_owned(),
        _ => return None,
    })
}

fn passes(filter: &Value, line: &Line) -> bool {
    if let Some(all) = filter["And"].as_array() {
        return all.iter().all(|part| passes(part, line));
    }
    if let Some(any) = filter["Or"].as_array() {
        return any.iter().any(|part| passes(part, line));
    }
    if filter["Not"].is_object() {
        return !passes(&filter["Not"], line);
    }
    let wanted = &filter["Dimensions"];
    match wanted["Key"].as_str().and_then(|key| dimension(key, line)) {
        Some(value) => {
            wanted["Values"].as_array().is_some_and(|values| values.iter().any(|wanted| *wanted == value))
        }
        None => true,
    }
}

/// The management account sees all, a member itself.
fn lines(world: &World, account: &Account, start: Date, end: Date) -> Vec<Line> {
    let today = world.now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let mut lines = Vec::new();
    let seen = world.accounts.iter().filter(|other| account.is_management || other.id == account.id);
    for owner in seen {
        for region in owner.regions.values() {
            let prefix = billing_prefix(&region.name);
            for endpoint in &region.endpoints {
                let (hours_type, bytes_type, per_gigabyte) = match endpoint.kind {
                    "Interface" => ("VpcEndpoint-Hours", "VpcEndpoint-Bytes", 0.01),
                    "GatewayLoadBalancer" => ("VpcEndpoint-GWLBE-Hours", "VpcEndpoint-GWLBE-Bytes", 0.0035),
                    _ => continue,
                };
                let series = region.series.iter().find(|series| {
                    series.dimensions.len() == 4
                        && series.dimensions.iter().any(|(_, value)| *value == endpoint.id)
                });
                let mut day = start;
                while day < end.min(today) {
                    let days_ago = today.since((Unit::Day, day)).map_or(0, |span| i64::from(span.get_days()));
                    if days_ago <= endpoint.age_days {
                        let mut line = |usage_type: &str, quantity: f64, rate: f64| {
                            lines.push(Line {
                                day,
                                account: owner.id.clone(),
                                region: region.name.clone(),
                                usage_type: format!("{prefix}{usage_type}"),
                                quantity,
                                cost: quantity * rate,
                            });
                        };
                        line(hours_type, 24.0 * endpoint.subnets.len() as f64, hourly(&region.name));
                        if let Some(bytes) = series.and_then(|series| series.value(days_ago)) {
                            line(bytes_type, bytes / 1_073_741_824.0, per_gigabyte);
                        }
                    }
                    day = match day.checked_add(1.day()) {
                        Ok(next) => next,
                        Err(_) => break,
                    };
                }
            }
        }
    }
    lines
}

fn hourly(region: &str) -> f64 {
    match region {
        "us-east-1" | "us-west-2" => 0.01,
        "eu-west-1" | "eu-west-2" => 0.011,
        "eu-central-1" | "eu-south-1" => 0.012,
        "ap-northeast-1" => 0.014,
        "sa-east-1" => 0.021,
        _ => 0.013,
    }
}

/// As bills really write it: nothing for us-east-1, no digit for Ireland.
fn billing_prefix(region: &str) -> &'static str {
    match region {
        "us-east-1" => "",
        "us-west-2" => "USW2-",
        "eu-west-1" => "EU-",
        "eu-west-2" => "EUW2-",
        "eu-central-1" => "EUC1-",
        "eu-south-1" => "EUS1-",
        "ap-northeast-1" => "APN1-",
        "ap-northeast-2" => "APN2-",
        "ap-southeast-1" => "APS1-",
        "ap-south-1" => "APS3-",
        "sa-east-1" => "SAE1-",
        "ca-central-1" => "CAN1-",
        _ => "",
    }
}
