crate::table! {
    /// Who may connect to a service: one row per service and principal.
    ///
    /// Source: [DescribeVpcEndpointServicePermissions](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AllowedPrincipal.html).
    "vpc_endpoint_service_principal" from [Ec2DescribeVpcEndpointServiceConfigurations, Ec2DescribeVpcEndpointServicePermissions]
    pub struct VpcEndpointServicePrincipal {
        /// The account that offers the service.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// `vpce-svc-...`.
        pub service_id: String,
        /// `All`, `Service`, `OrganizationUnit`, `Account`, `User` or `Role`.
        pub principal_type: Option<String>,
        /// The principal's ARN, or `*`.
        pub principal: String,
    }
}
