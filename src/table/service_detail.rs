crate::table! {
    /// What the services behind the endpoints offer to this account: one row per service name in
    /// use and type of endpoint, as AWS offers S3 and DynamoDB by two under one name. A service that is absent here, though an endpoint names it, is no longer visible to the
    /// account.
    ///
    /// Source: [DescribeVpcEndpointServices](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ServiceDetail.html).
    "service_detail" from [Ec2DescribeVpcEndpoints, Ec2DescribeVpcEndpointServices]
    pub struct ServiceDetail {
        /// The account that was asked.
        pub account_id: String,
        /// The Region that was asked.
        pub region: String,
        /// The service.
        pub service_name: String,
        /// `vpce-svc-...`; AWS's own services have one too.
        pub service_id: Option<String>,
        /// `Interface`, `Gateway` or `GatewayLoadBalancer`; null where AWS did not say.
        pub service_type: Option<String>,
        /// `amazon`, or the account that offers it.
        pub owner: Option<String>,
        /// The name that private DNS gives it.
        pub private_dns_name: Option<String>,
        /// Whether endpoints of it take a policy.
        pub vpc_endpoint_policy_supported: bool,
        /// `ServiceOwner` where the provider pays for the endpoints that lead to it; null otherwise.
        pub payer_responsibility: Option<String>,
        /// Whether its owner accepts each endpoint.
        pub acceptance_required: bool,
    }
}
