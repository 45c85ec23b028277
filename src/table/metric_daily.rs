use jiff::civil::Date;

use super::cell::ShortText;

crate::table! {
    /// CloudWatch datapoints by day: one row per resource, metric, statistic and UTC day on which
    /// something was published. A day without datapoint has no row, and that is not the same as a
    /// row with zero.
    ///
    /// Source: [GetMetricData](https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html)
    /// in [AWS/PrivateLinkEndpoints and AWS/PrivateLinkServices](https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-cloudwatch-metrics.html),
    /// period 86,400 seconds.
    "metric_daily" from [Ec2DescribeVpcEndpoints, Ec2DescribeVpcEndpointServiceConfigurations, CloudWatchGetMetricData]
    pub struct MetricDaily {
        /// The account that owns the resource.
        pub account_id: ShortText,
        /// The Region.
        pub region: ShortText,
        /// `vpce-...` or `vpce-svc-...`.
        pub resource_id: ShortText,
        /// `AWS/PrivateLinkEndpoints` or `AWS/PrivateLinkServices`.
        pub namespace: ShortText,
        /// `BytesProcessed` (bytes, both directions); of endpoints with traffic also `PacketsDropped` and `RstPacketsReceived` (packets) and `NewConnections` (connections).
        pub metric_name: ShortText,
        /// `Sum`.
        pub statistic: ShortText,
        /// The day, UTC.
        pub date: Date,
        /// The value.
        pub value: f64,
    }
}

/// Rows as the journal keeps them: what the days of a series have in common is written once. They are by
/// far the most rows of a crawl.
pub(super) mod series {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::MetricDaily;
    use crate::table::cell::{date, days};

    /// The first row of a series, and of each row its day (since 1970-01-01) and its value.
    #[derive(Serialize, Deserialize)]
    struct Series<R> {
        first: R,
        values: Vec<(i32, f64)>,
    }

    fn is_same(one: &MetricDaily, other: &MetricDaily) -> bool {
        // What differs most often comes first.
        one.metric_name == other.metric_name
            && one.resource_id == other.resource_id
            && one.namespace == other.namespace
            && one.statistic == other.statistic
            && one.region == other.region
            && one.account_id == other.account_id
    }

    pub fn serialize<S: Serializer>(rows: &[MetricDaily], serializer: S) -> Result<S::Ok, S::Error> {
        let series = rows.chunk_by(is_same).filter_map(|rows| {
            let values = rows.iter().map(|row| (days(&row.date), row.value)).collect();
            Some(Series { first: rows.first()?, values })
        });
        serializer.collect_seq(series.collect::<Vec<_>>())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<MetricDaily>, D::Error> {
        let series = Vec::<Series<MetricDaily>>::deserialize(deserializer)?;
        let mut rows = Vec::with_capacity(series.iter().map(|series| series.values.len()).sum());
        for Series { first, values } in series {
            for (day, value) in values {
                let date = date(day).ok_or_else(|| D::Error::custom(format!("{day} is no day")))?;
                rows.push(MetricDaily { date, value, ..first.clone() });
            }
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::table::Tables;

    proptest! {
        #[test]
        fn rows_come_back_from_the_journal_as_they_were(
            rows in proptest::collection::vec((0..3u8, 0..3u8, -700_000i32..2_000_000, any::<f64>()), 0..40),
        ) {
            let metric_daily = rows
                .into_iter()
                .filter_map(|(resource, metric, day, value)| {
                    Some(MetricDaily {
                        account_id: "111111111111".into(),
                        region: "us-east-1".into(),
                        resource_id: format!("vpce-{resource}").into(),
                        namespace: "AWS/PrivateLinkEndpoints".into(),
                        metric_name: format!("metric {metric}").into(),
                        statistic: "Sum".into(),
                        date: crate::table::cell::date(day)?,
                        value,
                    })
                })
                .collect();
            let tables = Tables { metric_daily, ..Tables::default() };
            let bytes = rmp_serde::to_vec(&tables).unwrap();
            let back: Tables = rmp_serde::from_slice(&bytes).unwrap();
            // As text, in which one thing that is not a number is like another.
            prop_assert_eq!(format!("{back:?}"), format!("{tables:?}"));
        }
    }
}
