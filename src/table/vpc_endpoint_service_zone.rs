crate::table! {
    /// The zones in which a service is offered: one row per service and zone.
    ///
    /// Source: `AvailabilityZoneIds` of [ServiceConfiguration](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ServiceConfiguration.html).
    "vpc_endpoint_service_zone" from [Ec2DescribeVpcEndpointServiceConfigurations, Ec2DescribeAvailabilityZones]
    pub struct VpcEndpointServiceZone {
        /// The account that offers the service.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// `vpce-svc-...`.
        pub service_id: String,
        /// The zone by its physical id.
        pub availability_zone_id: String,
    }
}
