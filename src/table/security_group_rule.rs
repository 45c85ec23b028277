crate::table! {
    /// Rules of the security groups of endpoints: one row per rule, inbound and outbound.
    ///
    /// Source: [DescribeSecurityGroupRules](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroupRule.html).
    "security_group_rule" from [Ec2DescribeVpcEndpoints, Ec2DescribeSecurityGroupRules]
    pub struct SecurityGroupRule {
        /// The account that was asked.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// `sgr-...`.
        pub security_group_rule_id: String,
        /// Its group.
        pub group_id: String,
        /// Whether it is about what leaves.
        pub is_egress: bool,
        /// `tcp`, `udp`, `icmp`, a number, or `-1` for all.
        pub ip_protocol: String,
        /// The first port; -1 for all.
        pub from_port: Option<i64>,
        /// The last port; -1 for all.
        pub to_port: Option<i64>,
        /// The IPv4 range of the other side.
        pub cidr_ipv4: Option<String>,
        /// The IPv6 range of the other side.
        pub cidr_ipv6: Option<String>,
        /// The prefix list that names the other side.
        pub prefix_list_id: Option<String>,
        /// The security group whose members are the other side.
        pub referenced_group_id: Option<String>,
        /// The VPC of that group, where AWS said; another one where it is reached by peering.
        pub referenced_vpc_id: Option<String>,
    }
}
