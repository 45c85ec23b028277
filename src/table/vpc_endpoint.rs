use jiff::Timestamp;

crate::table! {
    /// Endpoints: one row per endpoint, of every type and state.
    ///
    /// Source: [DescribeVpcEndpoints](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html).
    "vpc_endpoint" from [Ec2DescribeVpcEndpoints]
    pub struct VpcEndpoint {
        /// The account that owns the endpoint.
        pub account_id: String,
        /// The Region in which it stands.
        pub region: String,
        /// `vpce-...`.
        pub vpc_endpoint_id: String,
        /// `Interface`, `Gateway`, `GatewayLoadBalancer`, `Resource`, `ServiceNetwork`, `Tunnel`, or whatever AWS adds.
        pub vpc_endpoint_type: String,
        /// The VPC in which it stands.
        pub vpc_id: String,
        /// The service it leads to; null for types that lead to a resource or a service network.
        pub service_name: Option<String>,
        /// The Region of the service; differs from `region` for cross-Region access.
        pub service_region: String,
        /// State in AWS's wire spelling, whatever spelling came: `available`, `pendingAcceptance`, `rejected` ...
        pub state: String,
        /// The account that owns the endpoint according to AWS.
        pub owner_id: String,
        /// Whether an AWS service made it and manages it: AWS says so, or it carries the tag of a service that
        /// makes endpoints in its user's name, such as `GuardDutyManaged`.
        pub requester_managed: bool,
        /// Whether the service's private DNS name resolves to it inside the VPC.
        pub private_dns_enabled: bool,
        /// `DnsOptions.PrivateDnsOnlyForInboundResolverEndpoint`: private DNS answers on-premises networks only, and the VPC uses a gateway endpoint. Null where AWS did not say.
        pub private_dns_only_for_inbound_resolver_endpoint: Option<bool>,
        /// `ipv4`, `dualstack` or `ipv6`.
        pub ip_address_type: Option<String>,
        /// The endpoint policy as JSON text; null where AWS returned none.
        pub policy_document: Option<String>,
        /// The same for policies that say the same, whatever their white space, order of elements and order
        /// of listed values; null where there is no policy, or it is no JSON.
        pub policy_digest: Option<String>,
        /// When it was created.
        pub creation_timestamp: Option<Timestamp>,
        /// Whole days from creation to the snapshot; null where AWS gave no creation time.
        pub age_days: Option<i64>,
        /// Network interfaces that it holds, one per zone; 0 for gateway endpoints.
        pub network_interfaces: i64,
        /// Who pays its charges if not its owner: `vpc-endpoint-service-account` or `resource-gateway-account`; null otherwise.
        pub payer_responsibility: Option<String>,
        /// The service network it leads to, for that type.
        pub service_network_arn: Option<String>,
        /// The resource configuration it leads to, for that type.
        pub resource_configuration_arn: Option<String>,
        /// `LastError.Code`, or `FailureReason` where there is no code.
        pub last_error_code: Option<String>,
        /// `LastError.Message`.
        pub last_error_message: Option<String>,
        /// Its tags as a JSON object, keys sorted; the `tag` table holds them one by one.
        pub tags: String,
    }
}
