//! Cost Explorer: GetCostAndUsage over the same endpoints, as the bill would have them.

use std::collections::BTreeMap;

use axum::response::Response;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::{page, unknown_action};
use crate::wire::{ApiError, Call};
use crate::world::{Account, BillLine, World};

/// Groups in a page.
const PAGE: usize = 1000;

const SERVICE: &str = "Amazon Virtual Private Cloud";

pub fn answer(world: &World, account: &Account, call: &Call) -> Result<Response, ApiError> {
    match call.action.as_str() {
        "GetCostAndUsage" => Ok(call.json(cost_and_usage(world, account, call)?)),
        _ => Err(unknown_action(call)),
    }
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

fn dimension(name: &str, line: &BillLine) -> Option<String> {
    Some(match name {
        "LINKED_ACCOUNT" => line.account.clone(),
        "USAGE_TYPE" => line.usage_type.clone(),
        "REGION" => line.region.clone(),
        "SERVICE" => SERVICE.to_owned(),
        "RECORD_TYPE" => line.record_type.to_owned(),
        _ => return None,
    })
}

fn passes(filter: &Value, line: &BillLine) -> bool {
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
fn lines(world: &World, account: &Account, start: Date, end: Date) -> Vec<BillLine> {
    let seen = world
        .accounts
        .iter()
        .enumerate()
        .filter(|(_, other)| account.is_management || other.id == account.id);
    seen.flat_map(|(index, _)| world.bill_lines(index, start, end)).collect()
}
