crate::table! {
    /// The load balancers behind a service: one row per service and load balancer.
    ///
    /// Source: `NetworkLoadBalancerArns` and `GatewayLoadBalancerArns` of
    /// [ServiceConfiguration](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ServiceConfiguration.html).
    "vpc_endpoint_service_load_balancer" from [Ec2DescribeVpcEndpointServiceConfigurations]
    pub struct VpcEndpointServiceLoadBalancer {
        /// The account that offers the service.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// `vpce-svc-...`.
        pub service_id: String,
        /// The load balancer.
        pub load_balancer_arn: String,
    }
}
