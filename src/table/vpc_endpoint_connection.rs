use jiff::Timestamp;

crate::table! {
    /// Endpoints connected to a service, as its provider sees them, whichever account owns them:
    /// one row per connection.
    ///
    /// Source: [DescribeVpcEndpointConnections](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpointConnection.html).
    "vpc_endpoint_connection" from [Ec2DescribeVpcEndpointServiceConfigurations, Ec2DescribeVpcEndpointConnections]
    pub struct VpcEndpointConnection {
        /// The account that offers the service.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// `vpce-svc-...`.
        pub service_id: String,
        /// The consumer's endpoint.
        pub vpc_endpoint_id: String,
        /// The account that owns the endpoint.
        pub vpc_endpoint_owner: Option<String>,
        /// The endpoint's Region, where AWS names it.
        pub vpc_endpoint_region: Option<String>,
        /// The endpoint's state in AWS's wire spelling.
        pub vpc_endpoint_state: String,
        /// When the endpoint was created.
        pub creation_timestamp: Option<Timestamp>,
        /// Whole days from then to the snapshot.
        pub age_days: Option<i64>,
    }
}
