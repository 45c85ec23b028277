crate::table! {
    /// The address ranges of VPCs in which an endpoint stands, IPv4 and IPv6: one row per VPC and range.
    ///
    /// Source: [DescribeVpcs](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Vpc.html),
    /// `CidrBlockAssociationSet` and `Ipv6CidrBlockAssociationSet`.
    "vpc_cidr_block" from [Ec2DescribeVpcEndpoints, Ec2DescribeVpcs]
    pub struct VpcCidrBlock {
        /// The account that was asked.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// `vpc-...`.
        pub vpc_id: String,
        /// The range: `10.0.0.0/16`, `2001:db8::/56`.
        pub cidr_block: String,
    }
}
