//! What was published of an endpoint on a day, its metrics side by side: SQL would have to join a table
//! of datapoints with itself for every metric.

use jiff::civil::Date;

use super::usage::{BYTES_PROCESSED, ENDPOINT_NAMESPACE};
use crate::table::{MetricDaily, Tables, VpcEndpointDaily};

/// The days of every endpoint of an account and Region.
pub fn vpc_endpoint_daily(unit: &Tables) -> Vec<VpcEndpointDaily> {
    let mut datapoints: Vec<&MetricDaily> =
        unit.metric_daily.iter().filter(|datapoint| datapoint.namespace == ENDPOINT_NAMESPACE).collect();
    datapoints.sort_by(|one, other| day(one).cmp(&day(other)));
    datapoints.chunk_by(|one, other| day(one) == day(other)).filter_map(row).collect()
}

fn day(datapoint: &MetricDaily) -> (&str, Date) {
    (&datapoint.resource_id, datapoint.date)
}

fn row(datapoints: &[&MetricDaily]) -> Option<VpcEndpointDaily> {
    let first = datapoints.first()?;
    let published = |metric: &str| {
        datapoints.iter().find(|datapoint| datapoint.metric_name == metric).map(|datapoint| datapoint.value)
    };
    Some(VpcEndpointDaily {
        account_id: first.account_id.clone(),
        region: first.region.clone(),
        vpc_endpoint_id: first.resource_id.clone(),
        date: first.date,
        bytes_processed: published(BYTES_PROCESSED),
        new_connections: published("NewConnections"),
        packets_dropped: published("PacketsDropped"),
        rst_packets_received: published("RstPacketsReceived"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn datapoint(id: &str, namespace: &str, metric: &str, day: i8, value: f64) -> MetricDaily {
        MetricDaily {
            account_id: "111122223333".into(),
            region: "us-east-1".into(),
            resource_id: id.into(),
            namespace: namespace.into(),
            metric_name: metric.into(),
            statistic: "Sum".into(),
            date: jiff::civil::date(2026, 1, day),
            value,
        }
    }

    #[test]
    fn the_metrics_of_a_day_stand_side_by_side_and_what_was_not_published_is_null() {
        let metric_daily = vec![
            datapoint("vpce-2", ENDPOINT_NAMESPACE, "BytesProcessed", 1, 7.0),
            datapoint("vpce-1", ENDPOINT_NAMESPACE, "BytesProcessed", 1, 5.0),
            datapoint("vpce-1", ENDPOINT_NAMESPACE, "BytesProcessed", 2, 0.0),
            datapoint("vpce-1", ENDPOINT_NAMESPACE, "NewConnections", 2, 3.0),
            datapoint("vpce-1", ENDPOINT_NAMESPACE, "PacketsDropped", 2, 2.0),
            datapoint("vpce-1", ENDPOINT_NAMESPACE, "RstPacketsReceived", 2, 1.0),
            datapoint("vpce-svc-1", "AWS/PrivateLinkServices", "BytesProcessed", 2, 9.0),
        ];
        let days = vpc_endpoint_daily(&Tables { metric_daily, ..Tables::default() });
        let values = |day: &VpcEndpointDaily| {
            [day.bytes_processed, day.new_connections, day.packets_dropped, day.rst_packets_received]
        };
        let shown: Vec<_> =
            days.iter().map(|day| (day.vpc_endpoint_id.as_str(), day.date.day(), values(day))).collect();
        assert_eq!(
            shown,
            [
                ("vpce-1", 1, [Some(5.0), None, None, None]),
                ("vpce-1", 2, [Some(0.0), Some(3.0), Some(2.0), Some(1.0)]),
                ("vpce-2", 1, [Some(7.0), None, None, None]),
            ]
        );
    }
}
