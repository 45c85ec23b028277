crate::words! {
    /// Whether the consumers of a subnet get through.
    pub enum Reach {
        /// All of them do.
        Allowed = "allowed",
        /// Some do and some do not, or only on some of the ways.
        Partly = "partly",
        /// None does.
        Blocked = "blocked",
        /// It cannot be said, for a stated reason.
        Unknown = "unknown",
    }
}

crate::table! {
    /// Whether consumers can reach the interface endpoints of their VPC: one row per endpoint, subnet
    /// with consumers in it, and TCP port. Dual-stack endpoints are looked at over IPv4.
    ///
    /// Derived: the inbound rules of the endpoint's security groups against the consumers' addresses
    /// and groups; and the entries of both subnets' network ACLs, there and back, in the order of
    /// their numbers. Traffic within a subnet passes no network ACL. The consumers' own outbound rules
    /// are not looked at.
    "vpc_endpoint_reachability" from [Ec2DescribeVpcEndpoints, Ec2DescribeVpcs, Ec2DescribeSubnets, Ec2DescribeNetworkInterfaces, Ec2DescribeSecurityGroupRules, Ec2GetManagedPrefixListEntries, Ec2DescribeNetworkAcls]
    pub struct VpcEndpointReachability {
        /// The account that owns the endpoint.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// The endpoint.
        pub vpc_endpoint_id: String,
        /// The subnet of the consumers.
        pub subnet_id: String,
        /// The TCP port: 443 for AWS services, the listeners' ports where the provider is the same account; null where it is not known.
        pub port: Option<i64>,
        /// Interfaces in the subnet that could be clients.
        pub consumers: i64,
        /// What the endpoint's security groups say: `allowed`, `partly`, `blocked` or `unknown`.
        pub security_group: Reach,
        /// The first inbound rule that lets a consumer of the subnet in; null where none does.
        pub security_group_rule_id: Option<String>,
        /// Whether the endpoint's security groups also let in what is not in the VPC's subnets, or may do so; null where the port is not known.
        pub admits_outside: Option<bool>,
        /// What the network ACLs say: `allowed`, `partly`, `blocked` or `unknown`.
        pub network_acl: Reach,
        /// The network ACL that blocks, where one does.
        pub network_acl_id: Option<String>,
        /// The entry that blocks, as `inbound 100` or `outbound 200`.
        pub network_acl_entry: Option<String>,
        /// Why something is unknown; null where nothing is.
        pub reason: Option<String>,
    }
}
