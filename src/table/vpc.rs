crate::table! {
    /// VPCs in which an endpoint stands: one row per VPC.
    ///
    /// Source: [DescribeVpcs](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Vpc.html).
    "vpc" from [Ec2DescribeVpcEndpoints, Ec2DescribeVpcs]
    pub struct Vpc {
        /// The account that was asked.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// `vpc-...`.
        pub vpc_id: String,
        /// The account that owns the VPC; another one where its subnets are shared.
        pub owner_id: String,
        /// Its first IPv4 range.
        pub cidr_block: Option<String>,
        /// Whether it is the Region's default VPC.
        pub is_default: bool,
        /// Its `Name` tag.
        pub name: Option<String>,
    }
}
