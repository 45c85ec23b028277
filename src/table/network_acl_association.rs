crate::table! {
    /// Which network ACL guards which subnet: one row per subnet.
    ///
    /// Source: [NetworkAclAssociation](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkAclAssociation.html).
    "network_acl_association" from [Ec2DescribeVpcEndpoints, Ec2DescribeNetworkAcls]
    pub struct NetworkAclAssociation {
        /// The account that was asked.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// The subnet.
        pub subnet_id: String,
        /// Its network ACL.
        pub network_acl_id: String,
    }
}
