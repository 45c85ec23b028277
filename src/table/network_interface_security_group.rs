crate::table! {
    /// Security groups of the interfaces that could be clients of an endpoint: one row per interface
    /// and group.
    ///
    /// Source: `Groups` of [NetworkInterface](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html).
    "network_interface_security_group" from [Ec2DescribeVpcEndpoints, Ec2DescribeNetworkInterfaces]
    pub struct NetworkInterfaceSecurityGroup {
        /// The account that was asked.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// The interface.
        pub network_interface_id: String,
        /// The group.
        pub group_id: String,
    }
}
