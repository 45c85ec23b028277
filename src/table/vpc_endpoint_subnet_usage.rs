crate::table! {
    /// Traffic of endpoints by subnet over the window: one row per subnet of each endpoint that has
    /// several and that published bytes. Others are not asked.
    ///
    /// Source: [GetMetricData](https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html)
    /// of BytesProcessed under the [dimensions with `Subnet Id`](https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-cloudwatch-metrics.html).
    "vpc_endpoint_subnet_usage" from [Ec2DescribeVpcEndpoints, CloudWatchGetMetricData]
    pub struct VpcEndpointSubnetUsage {
        /// The account that owns the endpoint.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// The endpoint.
        pub vpc_endpoint_id: String,
        /// The subnet.
        pub subnet_id: String,
        /// `Complete`, `PartialData`, `InternalError` or `Forbidden`.
        pub status_code: String,
        /// Bytes in both directions over the window; 0 also where nothing was published.
        pub bytes_processed: f64,
        /// Days of the window with traffic.
        pub active_days: i64,
    }
}
