crate::table! {
    /// Routes that lead to an endpoint, by the subnets that follow them: one row per subnet,
    /// destination and endpoint. A subnet without a route table of its own follows the VPC's main
    /// one, and is listed under it.
    ///
    /// Source: [DescribeRouteTables](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html).
    "route" from [Ec2DescribeVpcEndpoints, Ec2DescribeSubnets, Ec2DescribeRouteTables]
    pub struct Route {
        /// The account that was asked.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// The route table.
        pub route_table_id: String,
        /// Its VPC.
        pub vpc_id: String,
        /// The subnet that follows it; null for a table that no subnet follows.
        pub subnet_id: Option<String>,
        /// The zone of that subnet.
        pub availability_zone_id: Option<String>,
        /// Where the route leads: an address range or a prefix list.
        pub destination: String,
        /// The endpoint.
        pub vpc_endpoint_id: String,
        /// `active`, `blackhole` or `filtered`.
        pub state: Option<String>,
    }
}
