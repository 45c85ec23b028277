crate::table! {
    /// Tags of endpoints and endpoint services: one row per resource and key. AWS's own tags, whose
    /// keys begin with `aws:`, are included.
    "tag" from [Ec2DescribeVpcEndpoints, Ec2DescribeVpcEndpointServiceConfigurations]
    pub struct Tag {
        /// The account that owns the resource.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// `vpce-...` or `vpce-svc-...`.
        pub resource_id: String,
        /// The key, case-sensitive.
        pub key: String,
        /// The value.
        pub value: String,
    }
}
