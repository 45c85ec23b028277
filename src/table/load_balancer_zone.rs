crate::table! {
    /// The zones of load balancers behind endpoint services: one row per load balancer and zone.
    ///
    /// Source: `AvailabilityZones` of [LoadBalancer](https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancer.html),
    /// zone ids from DescribeAvailabilityZones.
    "load_balancer_zone" from [Ec2DescribeVpcEndpointServiceConfigurations, Ec2DescribeAvailabilityZones, ElbDescribeLoadBalancers]
    pub struct LoadBalancerZone {
        /// The account that was asked.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// The load balancer.
        pub load_balancer_arn: String,
        /// The zone by its physical id.
        pub availability_zone_id: String,
        /// The subnet in which the node stands.
        pub subnet_id: Option<String>,
    }
}
