crate::table! {
    /// Endpoint services that the account offers: one row per service.
    ///
    /// Source: [DescribeVpcEndpointServiceConfigurations](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ServiceConfiguration.html).
    "vpc_endpoint_service" from [Ec2DescribeVpcEndpointServiceConfigurations]
    pub struct VpcEndpointService {
        /// The account that offers the service.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// `vpce-svc-...`.
        pub service_id: String,
        /// `com.amazonaws.vpce.<region>.vpce-svc-...`, which consumers name in their endpoints.
        pub service_name: String,
        /// `Interface` or `GatewayLoadBalancer`.
        pub service_type: String,
        /// `Pending`, `Available`, `Deleting`, `Deleted` or `Failed`.
        pub service_state: String,
        /// Whether each endpoint waits until it is accepted.
        pub acceptance_required: bool,
        /// Whether AWS manages the endpoints that lead to it.
        pub manages_vpc_endpoints: bool,
        /// The private DNS name that consumers may use.
        pub private_dns_name: Option<String>,
        /// `pendingVerification`, `verified` or `failed`.
        pub private_dns_name_state: Option<String>,
        /// `ServiceOwner` where the provider pays for the endpoints; null otherwise.
        pub payer_responsibility: Option<String>,
        /// Its tags as a JSON object, keys sorted.
        pub tags: String,
    }
}
