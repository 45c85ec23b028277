crate::table! {
    /// Entries of the prefix lists to which the security groups of endpoints refer: one row per list
    /// and entry.
    ///
    /// Source: [GetManagedPrefixListEntries](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetManagedPrefixListEntries.html).
    "managed_prefix_list_entry" from [Ec2DescribeVpcEndpoints, Ec2DescribeSecurityGroupRules, Ec2GetManagedPrefixListEntries]
    pub struct ManagedPrefixListEntry {
        /// The account that was asked.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// `pl-...`.
        pub prefix_list_id: String,
        /// An address range, IPv4 or IPv6.
        pub cidr: String,
    }
}
