use jiff::Timestamp;

crate::table! {
    /// Load balancers behind endpoint services: one row per load balancer.
    ///
    /// Source: [DescribeLoadBalancers](https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancer.html)
    /// and DescribeLoadBalancerAttributes.
    "load_balancer" from [Ec2DescribeVpcEndpointServiceConfigurations, ElbDescribeLoadBalancers, ElbDescribeLoadBalancerAttributes]
    pub struct LoadBalancer {
        /// The account that was asked.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// Its ARN.
        pub load_balancer_arn: String,
        /// Its name.
        pub load_balancer_name: String,
        /// `network` or `gateway`.
        pub load_balancer_type: String,
        /// `internal` or `internet-facing`.
        pub scheme: Option<String>,
        /// `active`, `provisioning`, `active_impaired` or `failed`.
        pub state: Option<String>,
        /// Its VPC.
        pub vpc_id: Option<String>,
        /// `load_balancing.cross_zone.enabled`: whether a node sends to targets in other zones. Null where AWS did not say.
        pub cross_zone_enabled: Option<bool>,
        /// `on` or `off`: whether its security groups apply to PrivateLink traffic.
        pub enforce_security_group_inbound_rules_on_private_link_traffic: Option<String>,
        /// When it was created.
        pub created_time: Option<Timestamp>,
        /// Whole days from creation to the snapshot; null where AWS gave no creation time.
        pub age_days: Option<i64>,
    }
}
