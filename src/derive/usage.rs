//! Whether an endpoint is used: three values, because no data is not zero.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{CrawlFacts, Traffic};
use crate::table::{
    Confidence, MetricDaily, MetricQuery, Operation, Outcome, Tables, Usage, VpcEndpoint, VpcEndpointUsage,
};

/// The namespace in which endpoints publish.
pub const ENDPOINT_NAMESPACE: &str = "AWS/PrivateLinkEndpoints";

/// The metric that equals the billed bytes, both directions.
pub const BYTES_PROCESSED: &str = "BytesProcessed";

/// The usage of every endpoint of an account and Region.
pub fn vpc_endpoint_usage(unit: &Tables, facts: &CrawlFacts) -> Vec<VpcEndpointUsage> {
    let mut days: BTreeMap<&str, Vec<&MetricDaily>> = BTreeMap::new();
    for day in unit.metric_daily.iter().filter(|day| is_endpoint_bytes(&day.namespace, &day.metric_name)) {
        days.entry(&day.resource_id).or_default().push(day);
    }
    let queries: BTreeMap<&str, &MetricQuery> = unit
        .metric_query
        .iter()
        .filter(|query| is_endpoint_bytes(&query.namespace, &query.metric_name))
        .map(|query| (query.resource_id.as_str(), query))
        .collect();
    let here = publishing_types(unit);
    unit.vpc_endpoint
        .iter()
        .map(|endpoint| {
            let id = endpoint.vpc_endpoint_id.as_str();
            let days = days.get(id).map_or(&[][..], Vec::as_slice);
            let verdict = match unmeasurable(endpoint, queries.get(id).copied(), unit) {
                Some(reason) => Verdict::unmeasurable(reason),
                None => measured(endpoint, days, &here, facts),
            };
            let verdict = match facts.billing.traffic(&endpoint.account_id, &endpoint.region, id) {
                Some(traffic) => verdict.beside_the_bill(traffic),
                None => verdict,
            };
            verdict.into_row(endpoint, facts.window_days)
        })
        .collect()
}

/// The types of endpoint of an account and Region that published at least one datapoint. That is
/// the proof that the dimensions asked for are the right ones.
pub fn publishing_types(unit: &Tables) -> BTreeSet<String> {
    let publishing: BTreeSet<&str> = unit
        .metric_daily
        .iter()
        .filter(|day| is_endpoint_bytes(&day.namespace, &day.metric_name))
        .map(|day| day.resource_id.as_str())
        .collect();
    unit.vpc_endpoint
        .iter()
        .filter(|endpoint| publishing.contains(endpoint.vpc_endpoint_id.as_str()))
        .map(|endpoint| endpoint.vpc_endpoint_type.clone())
        .collect()
}

/// Whether a series is the bytes of endpoints.
pub(super) fn is_endpoint_bytes(namespace: &str, metric: &str) -> bool {
    namespace == ENDPOINT_NAMESPACE && metric == BYTES_PROCESSED
}

/// Whether CloudWatch has metrics for such an endpoint at all
/// (<https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-cloudwatch-metrics.html>).
pub fn publishes(endpoint: &VpcEndpoint) -> bool {
    why_silent(endpoint).is_none()
}

fn why_silent(endpoint: &VpcEndpoint) -> Option<String> {
    match endpoint.vpc_endpoint_type.as_str() {
        "Gateway" => Some("gateway endpoints publish no metrics".to_owned()),
        "Interface" | "GatewayLoadBalancer" if endpoint.service_region != endpoint.region => {
            Some("no metrics are published for cross-Region access".to_owned())
        }
        "Interface" | "GatewayLoadBalancer" => None,
        other => Some(format!("no metrics are documented for endpoints of type {other}")),
    }
}

fn unmeasurable(endpoint: &VpcEndpoint, query: Option<&MetricQuery>, unit: &Tables) -> Option<String> {
    why_silent(endpoint).or_else(|| match query {
        Some(query) if query.status_code == "Complete" => None,
        Some(query) => Some(format!("CloudWatch answered {}", query.status_code)),
        None => {
            let coverage = unit.coverage.iter().find(|row| {
                row.operation == Operation::CloudWatchGetMetricData.name() && row.outcome != Outcome::Ok
            });
            Some(match coverage {
                Some(row) => match &row.error_code {
                    Some(code) => format!("metrics were not read: {} ({code})", row.outcome),
                    None => format!("metrics were not read: {}", row.outcome),
                },
                None => "metrics were not read".to_owned(),
            })
        }
    })
}

fn measured(
    endpoint: &VpcEndpoint,
    days: &[&MetricDaily],
    here: &BTreeSet<String>,
    facts: &CrawlFacts,
) -> Verdict {
    let bytes: f64 = days.iter().map(|day| day.value).sum();
    let active: BTreeSet<Date> = days.iter().filter(|day| day.value > 0.0).map(|day| day.date).collect();
    if let Some(last) = active.last() {
        return Verdict {
            usage: Usage::Active,
            confidence: Some(Confidence::High),
            reason: "it published traffic in the window".to_owned(),
            bytes: Some(bytes),
            active_days: Some(active.len() as i64),
            last_active: Some(*last),
        };
    }
    let kind = &endpoint.vpc_endpoint_type;
    let (confidence, reason) = if !days.is_empty() {
        (Confidence::High, "it published only zeros".to_owned())
    } else if here.contains(kind) {
        let reason = "no datapoint, while another endpoint of the account and Region publishes under the same dimensions";
        (Confidence::High, reason.to_owned())
    } else if facts.publishing_types.contains(kind) {
        let reason =
            "no datapoint, while an endpoint elsewhere in the crawl publishes under the same dimensions";
        (Confidence::Medium, reason.to_owned())
    } else {
        return Verdict::unmeasurable(
            "no datapoint, but no other endpoint of the type publishes either, so the dimensions are not proven".to_owned(),
        );
    };
    Verdict {
        usage: Usage::Idle,
        confidence: Some(confidence),
        reason,
        bytes: Some(0.0),
        active_days: Some(0),
        last_active: None,
    }
}

struct Verdict {
    usage: Usage,
    confidence: Option<Confidence>,
    reason: String,
    bytes: Option<f64>,
    active_days: Option<i64>,
    last_active: Option<Date>,
}

impl Verdict {
    fn unmeasurable(reason: String) -> Verdict {
        Verdict {
            usage: Usage::Unmeasurable,
            confidence: None,
            reason,
            bytes: None,
            active_days: None,
            last_active: None,
        }
    }

    /// The bill is the better witness, and covers types and ways of access that CloudWatch does not.
    /// Where the two disagree, the verdict says so.
    fn beside_the_bill(self, traffic: Traffic) -> Verdict {
        let has_bytes = traffic.gigabytes > 0.0;
        match (self.usage, has_bytes) {
            (Usage::Active, true) => self,
            (Usage::Active, false) => Verdict {
                reason: format!(
                    "{}, and yet the bill has hours without bytes: the two disagree",
                    self.reason
                ),
                confidence: Some(Confidence::Medium),
                ..self
            },
            (Usage::Idle, false) => Verdict {
                reason: format!("{}; the bill has hours without bytes", self.reason),
                confidence: Some(Confidence::High),
                ..self
            },
            (Usage::Idle, true) => Verdict {
                usage: Usage::Active,
                confidence: Some(Confidence::Medium),
                reason: "the bill has bytes, though CloudWatch has no datapoint: the two disagree".to_owned(),
                bytes: None,
                active_days: None,
                last_active: None,
            },
            (Usage::Unmeasurable, true) => Verdict {
                usage: Usage::Active,
                confidence: Some(Confidence::High),
                reason: "the bill has bytes in the window".to_owned(),
                ..self
            },
            (Usage::Unmeasurable, false) if traffic.hours > 0.0 => Verdict {
                usage: Usage::Idle,
                confidence: Some(Confidence::High),
                reason: "the bill has hours without bytes over the window".to_owned(),
                bytes: Some(0.0),
                active_days: Some(0),
                last_active: None,
            },
            (Usage::Unmeasurable, false) => self,
        }
    }

    fn into_row(self, endpoint: &VpcEndpoint, window_days: i64) -> VpcEndpointUsage {
        VpcEndpointUsage {
            account_id: endpoint.account_id.clone(),
            region: endpoint.region.clone(),
            vpc_endpoint_id: endpoint.vpc_endpoint_id.clone(),
            usage: self.usage,
            confidence: self.confidence,
            reason: self.reason,
            bytes_processed: self.bytes,
            active_days: self.active_days,
            last_active_date: self.last_active,
            // The day of creation counts, so an endpoint made today was observed for one day.
            observed_days: endpoint.age_days.map_or(window_days, |age| (age + 1).clamp(1, window_days)),
        }
    }
}
