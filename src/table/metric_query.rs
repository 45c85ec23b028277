crate::table! {
    /// What CloudWatch was asked and how it answered: one row per resource and metric. This is what
    /// tells "asked, and there is no datapoint" from "not asked" and from "refused". Only endpoints
    /// that published bytes are asked for other metrics.
    ///
    /// Source: `StatusCode` of [MetricDataResult](https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataResult.html).
    "metric_query" from [Ec2DescribeVpcEndpoints, Ec2DescribeVpcEndpointServiceConfigurations, CloudWatchGetMetricData]
    pub struct MetricQuery {
        /// The account that owns the resource.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// `vpce-...` or `vpce-svc-...`.
        pub resource_id: String,
        /// `AWS/PrivateLinkEndpoints` or `AWS/PrivateLinkServices`.
        pub namespace: String,
        /// The metric.
        pub metric_name: String,
        /// `Complete`, `PartialData`, `InternalError` or `Forbidden`.
        pub status_code: String,
        /// Datapoints received.
        pub datapoints: i64,
        /// Whether CloudWatch itself listed the dimensions that were asked for. It lists only what was published in the last two weeks.
        pub dimensions_listed: bool,
    }
}
