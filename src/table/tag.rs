crate::table! {
    /// Tags of endpoints, of their network interfaces, and of endpoint services: one row per resource
    /// and key. AWS's own tags, whose keys begin with `aws:`, are included. AWS does not copy the tags of
    /// an endpoint to its interfaces.
    "tag" from [Ec2DescribeVpcEndpoints, Ec2DescribeVpcEndpointServiceConfigurations, Ec2DescribeNetworkInterfaces]
    pub struct Tag {
        /// The account that owns the resource.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// `vpce-...`, `vpce-svc-...`, or `eni-...` for an interface of an endpoint.
        pub resource_id: String,
        /// The key, case-sensitive.
        pub key: String,
        /// The value.
        pub value: String,
    }
}
