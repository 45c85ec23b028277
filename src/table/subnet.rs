crate::table! {
    /// Subnets of the VPCs in which an endpoint stands: one row per subnet.
    ///
    /// Source: [DescribeSubnets](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Subnet.html).
    "subnet" from [Ec2DescribeVpcEndpoints, Ec2DescribeSubnets]
    pub struct Subnet {
        /// The account that was asked.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// `subnet-...`.
        pub subnet_id: String,
        /// Its VPC.
        pub vpc_id: String,
        /// The account that owns it; another one where the subnet is shared.
        pub owner_id: String,
        /// The zone by its physical id, `use1-az4`, the same zone for every account.
        pub availability_zone_id: String,
        /// The zone by the account's own name, `us-east-1a`: another zone in another account.
        pub availability_zone: String,
        /// Its IPv4 range.
        pub cidr_block: Option<String>,
        /// Its IPv6 range.
        pub ipv6_cidr_block: Option<String>,
        /// Whether it has IPv6 addresses alone.
        pub ipv6_native: bool,
        /// `availability-zone`, `local-zone` or `wavelength-zone`: endpoints stand in Availability Zones alone. Null where AWS did not say.
        pub zone_type: Option<String>,
    }
}
