crate::table! {
    /// Network interfaces in VPCs in which an endpoint stands: those of endpoints, and those in use
    /// that could be a client of one (as `consumer_zone` counts them). One row per interface.
    ///
    /// Source: [DescribeNetworkInterfaces](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html).
    "network_interface" from [Ec2DescribeVpcEndpoints, Ec2DescribeNetworkInterfaces]
    pub struct NetworkInterface {
        /// The account that was asked.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// `eni-...`.
        pub network_interface_id: String,
        /// Its VPC.
        pub vpc_id: String,
        /// Its subnet.
        pub subnet_id: String,
        /// Whether it could be a client of an endpoint; false for the interfaces of endpoints.
        pub is_consumer: bool,
        /// Its primary IPv4 address.
        pub private_ip_address: Option<String>,
        /// Its first IPv6 address.
        pub ipv6_address: Option<String>,
    }
}
