crate::table! {
    /// Where endpoints have interfaces: one row per endpoint, subnet and network interface. Gateway
    /// endpoints have none.
    ///
    /// Source: `SubnetIds` and `NetworkInterfaceIds` of
    /// [VpcEndpoint](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html),
    /// zones from DescribeSubnets.
    "vpc_endpoint_subnet" from [Ec2DescribeVpcEndpoints, Ec2DescribeSubnets, Ec2DescribeNetworkInterfaces]
    pub struct VpcEndpointSubnet {
        /// The account that owns the endpoint.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// The endpoint.
        pub vpc_endpoint_id: String,
        /// The subnet; null where only the interface is known.
        pub subnet_id: Option<String>,
        /// The zone by its physical id, `use1-az4`; null where neither subnet nor interface could be looked up.
        pub availability_zone_id: Option<String>,
        /// The interface; null where the subnet has none, as for an endpoint that was never made.
        pub network_interface_id: Option<String>,
    }
}
