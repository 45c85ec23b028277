crate::table! {
    /// Security groups of endpoints: one row per endpoint and group.
    ///
    /// Source: `Groups` of [VpcEndpoint](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html).
    "vpc_endpoint_security_group" from [Ec2DescribeVpcEndpoints]
    pub struct VpcEndpointSecurityGroup {
        /// The account that owns the endpoint.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// The endpoint.
        pub vpc_endpoint_id: String,
        /// `sg-...`.
        pub group_id: String,
        /// The group's name.
        pub group_name: Option<String>,
    }
}
