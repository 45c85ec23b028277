//! Usage from CloudWatch: one page of daily sums for 500 series.
//!
//! Bytes are asked for first, of every endpoint and service. Endpoints that published some are then
//! asked for what tells how well they work, and for their bytes by subnet; the others would have
//! nothing to say.
//!
//! An endpoint without traffic publishes nothing, and a wrong dimension is answered in the same
//! way. So CloudWatch is asked first which dimensions it knows (ListMetrics), those are used as
//! they are listed, and `metric_query` records what was asked and how it was answered.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudwatch::types::{
    Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat, StatusCode,
};
use aws_smithy_types::DateTime;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::budget::{Budget, price};
use super::endpoint::Endpoint;
use super::scope::{Scope, timestamp};
use crate::derive::{BYTES_PROCESSED, ENDPOINT_NAMESPACE, publishes};
use crate::table::{MetricDaily, MetricQuery, Operation, ShortText, Tables, VpcEndpointSubnetUsage};

/// The namespace in which services publish.
const SERVICE_NAMESPACE: &str = "AWS/PrivateLinkServices";

/// The most queries that GetMetricData takes. With 90 daily points each they fit one page, whose
/// limit is 100,800 points.
const QUERIES: usize = 500;

const DAY_SECONDS: i32 = 86_400;

/// What endpoints with traffic are asked for besides their bytes.
const QUALITY: &[&str] = &["PacketsDropped", "RstPacketsReceived", "NewConnections"];

/// A series to ask for.
struct Series {
    resource_id: String,
    namespace: &'static str,
    metric: &'static str,
    dimensions: Vec<Dimension>,
    listed: bool,
    /// The subnet, where the series is that of one alone.
    subnet_id: Option<String>,
}

/// Reads the daily bytes of endpoints and services over the window and enters them.
pub(super) async fn usage(
    scope: &Scope,
    endpoints: &[Endpoint],
    service_ids: &[&str],
    window: (Date, Date),
    budget: &Budget,
    tables: &mut Tables,
) {
    if !scope.wanted().asks(Operation::CloudWatchGetMetricData) {
        return;
    }
    let measurable: Vec<&Endpoint> = endpoints.iter().filter(|endpoint| publishes(&endpoint.row)).collect();
    let listed = if measurable.is_empty() { BTreeMap::new() } else { listed(scope).await };
    let mut series: Vec<Series> = measurable
        .iter()
        .map(|endpoint| {
            let known = listed.get(&endpoint.row.vpc_endpoint_id);
            Series {
                resource_id: endpoint.row.vpc_endpoint_id.clone(),
                namespace: ENDPOINT_NAMESPACE,
                metric: BYTES_PROCESSED,
                dimensions: known.cloned().unwrap_or_else(|| dimensions(endpoint)),
                listed: known.is_some(),
                subnet_id: None,
            }
        })
        .collect();
    series.extend(service_ids.iter().map(|id| Series {
        resource_id: (*id).to_owned(),
        namespace: SERVICE_NAMESPACE,
        metric: BYTES_PROCESSED,
        dimensions: vec![dimension("Service Id", id)],
        listed: false,
        subnet_id: None,
    }));
    if !ask(scope, &series, window, budget, tables).await {
        scope.refrained(Operation::CloudWatchGetMetricData, "it would cost more than --max-cost allows");
        return;
    }
    if !scope.wanted().asks_quality() {
        return;
    }
    let active: BTreeSet<ShortText> = tables
        .metric_daily
        .iter()
        .filter(|day| day.namespace == ENDPOINT_NAMESPACE && day.value > 0.0)
        .map(|day| day.resource_id.clone())
        .collect();
    let more: Vec<Series> = series
        .iter()
        .filter(|series| {
            series.namespace == ENDPOINT_NAMESPACE && active.contains(series.resource_id.as_str())
        })
        .flat_map(|series| {
            let subnet_ids = measurable
                .iter()
                .find(|endpoint| endpoint.row.vpc_endpoint_id == series.resource_id)
                .map_or(&[][..], |endpoint| &endpoint.subnet_ids);
            of_active(series, subnet_ids)
        })
        .collect();
    // Where the limit allows no more, `metric_query` shows that this was not asked, and what rests on
    // bytes alone is judged all the same.
    ask(scope, &more, window, budget, tables).await;
}

/// What an endpoint with traffic is asked for: how well it works, and the bytes of each subnet where
/// there are several.
fn of_active(whole: &Series, subnet_ids: &[String]) -> Vec<Series> {
    let like = |metric, subnet_id: Option<&String>| Series {
        resource_id: whole.resource_id.clone(),
        namespace: whole.namespace,
        metric,
        dimensions: whole
            .dimensions
            .iter()
            .cloned()
            .chain(subnet_id.map(|id| dimension("Subnet Id", id)))
            .collect(),
        listed: whole.listed && subnet_id.is_none() && metric == BYTES_PROCESSED,
        subnet_id: subnet_id.cloned(),
    };
    let several = if subnet_ids.len() > 1 { subnet_ids } else { &[] };
    let by_subnet = several.iter().map(|id| like(BYTES_PROCESSED, Some(id)));
    QUALITY.iter().map(|metric| like(metric, None)).chain(by_subnet).collect()
}

/// Asks for series, as many as the budget allows; `false` where it does not allow all.
async fn ask(
    scope: &Scope,
    series: &[Series],
    window: (Date, Date),
    budget: &Budget,
    tables: &mut Tables,
) -> bool {
    let operation = Operation::CloudWatchGetMetricData;
    for chunk in series.chunks(QUERIES) {
        if !budget.take(operation, chunk.len()) {
            return false;
        }
        scope.charged(operation, price(operation) * chunk.len() as f64);
        read(scope, chunk, window, tables).await;
    }
    true
}

/// The four dimensions under which an endpoint publishes, with blanks in their names
/// (<https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-cloudwatch-metrics.html>).
fn dimensions(endpoint: &Endpoint) -> Vec<Dimension> {
    vec![
        dimension("Endpoint Type", &endpoint.row.vpc_endpoint_type),
        dimension("Service Name", endpoint.row.service_name.as_deref().unwrap_or_default()),
        dimension("VPC Endpoint Id", &endpoint.row.vpc_endpoint_id),
        dimension("VPC Id", &endpoint.row.vpc_id),
    ]
}

fn dimension(name: &str, value: &str) -> Dimension {
    Dimension::builder().name(name).value(value).build()
}

/// The dimensions that CloudWatch lists for endpoints, by endpoint. It lists what was published in
/// the last two weeks, so an endpoint that is missing here is not thereby idle.
async fn listed(scope: &Scope) -> BTreeMap<String, Vec<Dimension>> {
    let pages = scope
        .pages(Operation::CloudWatchListMetrics, |token| {
            let call = scope
                .cloudwatch()
                .list_metrics()
                .namespace(ENDPOINT_NAMESPACE)
                .metric_name(BYTES_PROCESSED)
                .set_next_token(token);
            async move {
                let page = call.send().await?;
                Ok((page.metrics.unwrap_or_default(), page.next_token))
            }
        })
        .await;
    pages
        .items
        .into_iter()
        // A fifth dimension, `Subnet Id`, marks the series of a single zone.
        .filter(|metric| metric.dimensions().len() == 4)
        .filter_map(|metric| {
            let id = metric
                .dimensions()
                .iter()
                .find(|dimension| dimension.name() == Some("VPC Endpoint Id"))?
                .value()?
                .to_owned();
            Some((id, metric.dimensions.unwrap_or_default()))
        })
        .collect()
}

async fn read(scope: &Scope, series: &[Series], (first, last): (Date, Date), tables: &mut Tables) {
    let operation = Operation::CloudWatchGetMetricData;
    let queries: Vec<MetricDataQuery> =
        series.iter().enumerate().map(|(index, series)| query(index, series)).collect();
    let (start, end) = (midnight(first), midnight(last.tomorrow().unwrap_or(last)));
    let pages = scope
        .pages(operation, |token| {
            let call = scope
                .cloudwatch()
                .get_metric_data()
                .set_metric_data_queries(Some(queries.clone()))
                .start_time(start)
                .end_time(end)
                .set_next_token(token);
            async move {
                let page = call.send().await?;
                Ok((page.metric_data_results.unwrap_or_default(), page.next_token))
            }
        })
        .await;
    if !pages.complete && pages.items.is_empty() {
        return;
    }
    let mut results: BTreeMap<usize, Vec<MetricDataResult>> = BTreeMap::new();
    for result in pages.items {
        if let Some(index) = result.id().and_then(|id| id.strip_prefix('m')).and_then(|id| id.parse().ok()) {
            results.entry(index).or_default().push(result);
        }
    }
    for (index, series) in series.iter().enumerate() {
        let Some(parts) = results.get(&index) else {
            continue;
        };
        enter(scope, series, parts, tables);
    }
}

/// Enters the answer to one series.
fn enter(scope: &Scope, series: &Series, parts: &[MetricDataResult], tables: &mut Tables) {
    let values = daily(parts);
    // With several pages the last one tells whether everything came.
    let status_code = parts.last().and_then(MetricDataResult::status_code).unwrap_or(&StatusCode::Complete);
    if let Some(subnet_id) = &series.subnet_id {
        tables.vpc_endpoint_subnet_usage.push(VpcEndpointSubnetUsage {
            account_id: scope.account_id.clone(),
            region: scope.region.clone(),
            vpc_endpoint_id: series.resource_id.clone(),
            subnet_id: subnet_id.clone(),
            status_code: status_code.as_str().to_owned(),
            bytes_processed: values.values().sum(),
            active_days: values.values().filter(|bytes| **bytes > 0.0).count() as i64,
        });
        return;
    }
    tables.metric_query.push(MetricQuery {
        account_id: scope.account_id.clone(),
        region: scope.region.clone(),
        resource_id: series.resource_id.clone(),
        namespace: series.namespace.to_owned(),
        metric_name: series.metric.to_owned(),
        status_code: status_code.as_str().to_owned(),
        datapoints: values.len() as i64,
        dimensions_listed: series.listed,
    });
    tables.metric_daily.extend(values.into_iter().map(|(date, value)| MetricDaily {
        account_id: scope.account_id.as_str().into(),
        region: scope.region.as_str().into(),
        resource_id: series.resource_id.as_str().into(),
        namespace: series.namespace.into(),
        metric_name: series.metric.into(),
        statistic: "Sum".into(),
        date,
        value,
    }));
}

fn query(index: usize, series: &Series) -> MetricDataQuery {
    let metric = Metric::builder()
        .namespace(series.namespace)
        .metric_name(series.metric)
        .set_dimensions(Some(series.dimensions.clone()))
        .build();
    let stat = MetricStat::builder().metric(metric).period(DAY_SECONDS).stat("Sum").build();
    MetricDataQuery::builder().id(format!("m{index}")).metric_stat(stat).build()
}

fn midnight(date: Date) -> DateTime {
    let moment = date.to_zoned(TimeZone::UTC).map_or(0, |zoned| zoned.timestamp().as_second());
    DateTime::from_secs(moment)
}

/// Sums by UTC day, over all pages of an answer.
fn daily(parts: &[MetricDataResult]) -> BTreeMap<Date, f64> {
    let mut days = BTreeMap::new();
    for part in parts {
        for (moment, value) in part.timestamps().iter().zip(part.values()) {
            if let Some(moment) = timestamp(Some(moment)) {
                *days.entry(moment.to_zoned(TimeZone::UTC).date()).or_insert(0.0) += value;
            }
        }
    }
    days
}
