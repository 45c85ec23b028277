//! CloudWatch, in three protocols from one tree. An idle resource has no datapoint, and a wrong
//! dimension gets the same answer.

use std::borrow::Cow;
use std::collections::BTreeSet;

use axum::response::Response;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{page, unknown_action};
use crate::fault::Effect;
use crate::wire::{ApiError, Call};
use crate::world::{Region, Series, World};

/// The most queries in a call.
const QUERIES: usize = 500;

/// The most series in a page of ListMetrics.
const METRICS: usize = 500;

const DAY: i64 = 86_400;

pub fn answer(world: &World, region: &Region, call: &Call) -> Result<Response, ApiError> {
    let value = match call.action.as_str() {
        "GetMetricData" => metric_data(world, region, call)?,
        "GetMetricStatistics" => metric_statistics(world, region, call)?,
        "ListMetrics" => list_metrics(region, call)?,
        _ => return Err(unknown_action(call)),
    };
    Ok(call.json(value))
}

fn metric_data(world: &World, region: &Region, call: &Call) -> Result<Value, ApiError> {
    let input = &call.input;
    let invalid = |message: &str| ApiError::new(400, "ValidationError", message);
    let queries =
        input["MetricDataQueries"].as_array().ok_or_else(|| invalid("MetricDataQueries is required"))?;
    if queries.len() > QUERIES {
        return Err(invalid("The collection MetricDataQueries must not have a size greater than 500."));
    }
    let start = moment(&input["StartTime"]).ok_or_else(|| invalid("StartTime is required"))?;
    let end = moment(&input["EndTime"]).ok_or_else(|| invalid("EndTime is required"))?;
    let mut results = Vec::with_capacity(queries.len());
    for query in queries {
        let stat = &query["MetricStat"];
        let period = number(&stat["Period"]).unwrap_or(0);
        if period % DAY != 0 || period == 0 {
            return Err(invalid("only periods of whole days are simulated"));
        }
        if stat["Stat"].as_str() != Some("Sum") {
            return Err(invalid("only the statistic Sum is simulated"));
        }
        let found = find(region, &stat["Metric"]);
        let (mut timestamps, mut values) =
            found.map_or_else(Default::default, |series| points(world, &series, start, end));
        let mut status = "Complete";
        if let Some(Effect::MetricStatus { status: given }) = &call.effect {
            (timestamps, values, status) = (Vec::new(), Vec::new(), given);
        }
        results.push(json!({
            "Id": query["Id"],
            "Label": stat["Metric"]["MetricName"],
            "Timestamps": timestamps,
            "Values": values,
            "StatusCode": status,
        }));
    }
    let mut answer = json!({ "MetricDataResults": results, "Messages": [] });
    if let Some(next) = call.endless_token() {
        answer["NextToken"] = next.into();
    }
    Ok(answer)
}

/// plaudit never asks this; other tools do.
fn metric_statistics(world: &World, region: &Region, call: &Call) -> Result<Value, ApiError> {
    let input = &call.input;
    let invalid = |message: &str| ApiError::new(400, "ValidationError", message);
    let start = moment(&input["StartTime"]).ok_or_else(|| invalid("StartTime is required"))?;
    let end = moment(&input["EndTime"]).ok_or_else(|| invalid("EndTime is required"))?;
    if number(&input["Period"]) != Some(DAY) {
        return Err(invalid("only periods of a day are simulated"));
    }
    if input["Statistics"] != json!(["Sum"]) {
        return Err(invalid("only the statistic Sum is simulated"));
    }
    let (days, sums) =
        find(region, input).map_or_else(Default::default, |series| points(world, &series, start, end));
    let datapoints: Vec<Value> = days
        .iter()
        .zip(&sums)
        .map(|(day, sum)| json!({ "Timestamp": day, "Sum": sum, "Unit": "Bytes" }))
        .collect();
    Ok(json!({ "Label": input["MetricName"], "Datapoints": datapoints }))
}

/// The series with exactly these dimensions, in whatever order. Of the metrics that go with bytes
/// only those are kept that a scenario sets; the others follow the bytes.
fn find<'a>(region: &'a Region, metric: &Value) -> Option<Cow<'a, Series>> {
    let mut wanted: Vec<(&str, &str)> = metric["Dimensions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|dimension| Some((dimension["Name"].as_str()?, dimension["Value"].as_str()?)))
        .collect();
    wanted.sort_unstable();
    let of_metric = |name: &str| {
        region.series.iter().find(|series| {
            metric["Namespace"] == series.namespace
                && name == series.metric
                && series.dimensions.len() == wanted.len()
                && series
                    .dimensions
                    .iter()
                    .zip(&wanted)
                    .all(|((name, value), wanted)| (name.as_str(), value.as_str()) == *wanted)
        })
    };
    let name = metric["MetricName"].as_str()?;
    of_metric(name)
        .map(Cow::Borrowed)
        .or_else(|| of_metric("BytesProcessed")?.companion(name).map(Cow::Owned))
}

/// Daily sums, the latest first, as CloudWatch sorts unless asked otherwise.
fn points(world: &World, series: &Series, start: i64, end: i64) -> (Vec<i64>, Vec<f64>) {
    let today = world.now.as_second().div_euclid(DAY);
    (start.div_euclid(DAY)..(end + DAY - 1).div_euclid(DAY))
        .rev()
        .filter_map(|day| Some((day * DAY, series.value(today - day)?)))
        .unzip()
}

fn list_metrics(region: &Region, call: &Call) -> Result<Value, ApiError> {
    let input = &call.input;
    let fits = |wanted: &Value, given: &str| wanted.is_null() || wanted == given;
    // With the bytes of a resource all of its other metrics are listed.
    let beside = |series: &Series| {
        let is_whole = series.metric == "BytesProcessed";
        let names = Series::COMPANIONS.iter().filter(move |_| is_whole);
        names.filter_map(|name| series.companion(name)).collect::<Vec<_>>()
    };
    let kept = region.series.iter();
    let set: BTreeSet<(&str, &[(String, String)])> =
        kept.clone().map(|series| (series.metric, series.dimensions.as_slice())).collect();
    let made = kept.clone().flat_map(beside);
    let made = made.filter(|series| !set.contains(&(series.metric, series.dimensions.as_slice())));
    let listed: Vec<Series> = kept
        .cloned()
        .chain(made)
        .filter(|series| {
            fits(&input["Namespace"], series.namespace) && fits(&input["MetricName"], series.metric)
        })
        .filter(Series::is_listed)
        .collect();
    let (listed, next) = page(call, &listed, METRICS, input["NextToken"].as_str())?;
    let metrics: Vec<Value> = listed
        .iter()
        .map(|series| {
            let dimensions: Vec<Value> = series
                .dimensions
                .iter()
                .map(|(name, value)| json!({ "Name": name, "Value": value }))
                .collect();
            json!({ "Namespace": series.namespace, "MetricName": series.metric, "Dimensions": dimensions })
        })
        .collect();
    let mut answer = json!({ "Metrics": metrics });
    if let Some(next) = next {
        answer["NextToken"] = next.into();
    }
    Ok(answer)
}

/// Seconds since 1970, from a number (JSON, CBOR) or ISO 8601 (query).
fn moment(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_f64().map(|seconds| seconds as i64),
        Value::String(text) => text.parse::<Timestamp>().ok().map(|moment| moment.as_second()),
        _ => None,
    }
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}
