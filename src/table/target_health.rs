crate::table! {
    /// Targets and their health: one row per target group and target.
    ///
    /// Source: [DescribeTargetHealth](https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealthDescription.html).
    "target_health" from [Ec2DescribeVpcEndpointServiceConfigurations, ElbDescribeTargetGroups, ElbDescribeTargetHealth]
    pub struct TargetHealth {
        /// The account that was asked.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// The target group.
        pub target_group_arn: String,
        /// The target: an instance, an address or a load balancer.
        pub target_id: String,
        /// The target's port.
        pub port: Option<i64>,
        /// The target's zone by its physical id; null where AWS names none, or `all`.
        pub availability_zone_id: Option<String>,
        /// `healthy`, `unhealthy`, `initial`, `draining`, `unhealthy.draining`, `unused` or `unavailable`.
        pub state: String,
        /// `Target.FailedHealthChecks`, `Target.Timeout` ...; null for a healthy one.
        pub reason: Option<String>,
    }
}
