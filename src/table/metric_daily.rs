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
