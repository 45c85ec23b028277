crate::table! {
    /// Target groups of load balancers behind endpoint services: one row per target group and load
    /// balancer.
    ///
    /// Source: [DescribeTargetGroups](https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroup.html)
    /// and DescribeTargetGroupAttributes.
    "target_group" from [Ec2DescribeVpcEndpointServiceConfigurations, ElbDescribeTargetGroups, ElbDescribeTargetGroupAttributes]
    pub struct TargetGroup {
        /// The account that was asked.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// Its ARN.
        pub target_group_arn: String,
        /// Its name.
        pub target_group_name: String,
        /// The load balancer that it serves.
        pub load_balancer_arn: String,
        /// `TCP`, `TLS`, `UDP`, `TCP_UDP` or `GENEVE`.
        pub protocol: Option<String>,
        /// The port of its targets.
        pub port: Option<i64>,
        /// `instance`, `ip` or `alb`.
        pub target_type: Option<String>,
        /// Whether it checks health; null where AWS did not say.
        pub health_check_enabled: Option<bool>,
        /// `true`, `false` or `use_load_balancer_configuration`: overrides the load balancer's setting.
        pub cross_zone: Option<String>,
    }
}
