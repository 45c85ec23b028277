crate::table! {
    /// Entries of the network ACLs of VPCs in which an endpoint stands: one row per entry. The lowest
    /// number that matches decides.
    ///
    /// Source: [DescribeNetworkAcls](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkAclEntry.html).
    "network_acl_entry" from [Ec2DescribeVpcEndpoints, Ec2DescribeNetworkAcls]
    pub struct NetworkAclEntry {
        /// The account that was asked.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// `acl-...`.
        pub network_acl_id: String,
        /// Its VPC.
        pub vpc_id: String,
        /// Whether it is about what leaves the subnet.
        pub egress: bool,
        /// Its number; 32767 is AWS's own entry that denies the rest.
        pub rule_number: i64,
        /// `allow` or `deny`.
        pub rule_action: String,
        /// The protocol's number; `-1` for all.
        pub protocol: String,
        /// The IPv4 range of the other side.
        pub cidr_block: Option<String>,
        /// The IPv6 range of the other side.
        pub ipv6_cidr_block: Option<String>,
        /// The first destination port; null for all.
        pub from_port: Option<i64>,
        /// The last destination port; null for all.
        pub to_port: Option<i64>,
    }
}
