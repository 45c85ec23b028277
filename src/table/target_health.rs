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
        /// The target's zone by its physical id. AWS names it for addresses alone
        /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetDescription.html>);
        /// an instance's is that of its interface. Null for a load balancer, for `all`, and for an
        /// instance whose interface DescribeNetworkInterfaces did not show.
        pub availability_zone_id: Option<String>,
        /// `healthy`, `unhealthy`, `initial`, `draining`, `unhealthy.draining`, `unused` or `unavailable`.
        pub state: String,
        /// `Target.FailedHealthChecks`, `Target.Timeout` ...; null for a healthy one.
        pub reason: Option<String>,
        /// Whether a zonal shift keeps traffic away from the target: `no_override`, `zonal_shift_active`,
        /// `zonal_shift_delegated_to_dns` or `unknown`; null where AWS does not say
        /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AdministrativeOverride.html>).
        pub administrative_override: Option<String>,
    }
}
