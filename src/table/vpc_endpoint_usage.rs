use jiff::civil::Date;

crate::words! {
    /// Whether an endpoint is used.
    pub enum Usage {
        /// It carried traffic in the window.
        Active = "active",
        /// It was shown to have carried none.
        Idle = "idle",
        /// Nothing can be said, for a stated reason. Never to be read as idle.
        Unmeasurable = "unmeasurable",
    }
}

crate::words! {
    /// How sure a verdict is.
    pub enum Confidence {
        /// Shown.
        High = "high",
        /// Likely.
        Medium = "medium",
        /// Possible.
        Low = "low",
    }
}

crate::table! {
    /// Whether each endpoint is used: one row per endpoint.
    ///
    /// Derived from `metric_daily`. An idle endpoint publishes no datapoint, and neither does one
    /// that was asked for under a wrong dimension. So an empty answer counts as idle only where
    /// another endpoint of the same type publishes under the same dimensions.
    "vpc_endpoint_usage" from [Ec2DescribeVpcEndpoints, CloudWatchGetMetricData]
    pub struct VpcEndpointUsage {
        /// The account that owns the endpoint.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// The endpoint.
        pub vpc_endpoint_id: String,
        /// `active`, `idle` or `unmeasurable`.
        pub usage: Usage,
        /// How sure that is; null where it is unmeasurable.
        pub confidence: Option<Confidence>,
        /// What the verdict rests on, or why there is none.
        pub reason: String,
        /// Bytes in both directions over the window; null where unmeasurable.
        pub bytes_processed: Option<f64>,
        /// Days of the window with traffic; null where unmeasurable.
        pub active_days: Option<i64>,
        /// The last day with traffic; null where there was none in the window.
        pub last_active_date: Option<Date>,
        /// Days of the window in which the endpoint existed, at most the window's length.
        pub observed_days: i64,
    }
}
