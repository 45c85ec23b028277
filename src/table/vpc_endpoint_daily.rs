use jiff::civil::Date;

use super::cell::ShortText;

crate::table! {
    /// What CloudWatch published of an endpoint, day by day, its metrics side by side: one row per
    /// endpoint and UTC day on which anything was published. A metric that was not published on the
    /// day is null, which is not zero.
    ///
    /// Derived from `metric_daily`, for rules that compare metrics of one day.
    "vpc_endpoint_daily" from [Ec2DescribeVpcEndpoints, CloudWatchGetMetricData]
    pub struct VpcEndpointDaily {
        /// The account that owns the endpoint.
        pub account_id: ShortText,
        /// The Region.
        pub region: ShortText,
        /// `vpce-...`.
        pub vpc_endpoint_id: ShortText,
        /// The day, UTC.
        pub date: Date,
        /// `BytesProcessed`: bytes, both directions.
        pub bytes_processed: Option<f64>,
        /// `NewConnections`; asked for of endpoints with traffic, as what follows.
        pub new_connections: Option<f64>,
        /// `PacketsDropped`.
        pub packets_dropped: Option<f64>,
        /// `RstPacketsReceived`: packets that ended a connection by force.
        pub rst_packets_received: Option<f64>,
    }
}
