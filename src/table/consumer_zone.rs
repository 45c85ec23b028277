crate::table! {
    /// Where a VPC has consumers: one row per VPC and zone, counting the network interfaces in use
    /// that could be a client of an endpoint. Interfaces of endpoints, NAT gateways, load balancers
    /// and transit gateways are not counted, nor those in Local Zones and on Outposts, where no endpoint
    /// can stand.
    ///
    /// Source: [DescribeNetworkInterfaces](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html).
    "consumer_zone" from [Ec2DescribeVpcEndpoints, Ec2DescribeAvailabilityZones, Ec2DescribeNetworkInterfaces]
    pub struct ConsumerZone {
        /// The account that was asked.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// The VPC.
        pub vpc_id: String,
        /// The zone by its physical id.
        pub availability_zone_id: String,
        /// Interfaces in use there.
        pub network_interfaces: i64,
    }
}
