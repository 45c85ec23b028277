crate::table! {
    /// Route tables of gateway endpoints: one row per endpoint and route table.
    ///
    /// Source: `RouteTableIds` of [VpcEndpoint](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html).
    "vpc_endpoint_route_table" from [Ec2DescribeVpcEndpoints]
    pub struct VpcEndpointRouteTable {
        /// The account that owns the endpoint.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// The endpoint.
        pub vpc_endpoint_id: String,
        /// `rtb-...`.
        pub route_table_id: String,
    }
}
