crate::table! {
    /// The zones in which a service can be reached from this account: one row per service and zone.
    /// AWS lists only zones that both the service and the account have.
    ///
    /// Source: `AvailabilityZoneIds` of [ServiceDetail](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ServiceDetail.html).
    "service_detail_zone" from [Ec2DescribeVpcEndpoints, Ec2DescribeVpcEndpointServices, Ec2DescribeAvailabilityZones]
    pub struct ServiceDetailZone {
        /// The account that was asked.
        pub account_id: String,
        /// The Region that was asked.
        pub region: String,
        /// The service.
        pub service_name: String,
        /// The zone by its physical id.
        pub availability_zone_id: String,
    }
}
