crate::table! {
    /// Route tables of VPCs in which an endpoint stands: one row per route table and subnet that
    /// follows it. A subnet without a route table of its own follows the VPC's main one, and is
    /// listed under it. `route` has the routes to endpoints.
    ///
    /// Source: [DescribeRouteTables](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RouteTable.html).
    "route_table" from [Ec2DescribeVpcEndpoints, Ec2DescribeSubnets, Ec2DescribeRouteTables]
    pub struct RouteTable {
        /// The account that was asked.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// `rtb-...`.
        pub route_table_id: String,
        /// Its VPC.
        pub vpc_id: String,
        /// The subnet that follows it; null for a table that no subnet follows.
        pub subnet_id: Option<String>,
        /// Whether it is the VPC's main one.
        pub is_main: bool,
        /// The NAT gateway to which an active route leads; the first of several.
        pub nat_gateway_id: Option<String>,
    }
}
