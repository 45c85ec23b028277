crate::table! {
    /// Who is told of connections: one row per connection notification.
    ///
    /// Source: [DescribeVpcEndpointConnectionNotifications](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ConnectionNotification.html).
    "vpc_endpoint_notification" from [Ec2DescribeVpcEndpointServiceConfigurations, Ec2DescribeVpcEndpointConnectionNotifications]
    pub struct VpcEndpointNotification {
        /// The account that was asked.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// The notification's id.
        pub connection_notification_id: String,
        /// The service that it watches; null where it watches an endpoint.
        pub service_id: Option<String>,
        /// The endpoint that it watches; null where it watches a service.
        pub vpc_endpoint_id: Option<String>,
        /// The SNS topic.
        pub connection_notification_arn: Option<String>,
        /// `Accept`, `Connect`, `Delete`, `Reject`, sorted, separated by a comma and a space.
        pub connection_events: String,
        /// `Enabled` or `Disabled`.
        pub connection_notification_state: Option<String>,
    }
}
