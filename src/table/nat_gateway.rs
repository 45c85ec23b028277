crate::table! {
    /// NAT gateways of VPCs in which an endpoint stands: one row per gateway.
    ///
    /// Source: [DescribeNatGateways](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NatGateway.html).
    "nat_gateway" from [Ec2DescribeVpcEndpoints, Ec2DescribeNatGateways]
    pub struct NatGateway {
        /// The account that was asked.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// `nat-...`.
        pub nat_gateway_id: String,
        /// Its VPC.
        pub vpc_id: String,
        /// Its subnet; null for a regional gateway, which stands in no single one.
        pub subnet_id: Option<String>,
        /// `available`, `pending`, `failed`, `deleting` or `deleted`.
        pub state: Option<String>,
        /// `public`, or `private` for one that leads to other private networks only.
        pub connectivity_type: Option<String>,
        /// `zonal` or `regional`; null where AWS did not say.
        pub availability_mode: Option<String>,
    }
}
