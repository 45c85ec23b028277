crate::table! {
    /// Rules of Route 53 Resolver that the account has or that are shared with it: one row per rule.
    /// Listed where an endpoint with private DNS stands whose service has a private DNS name.
    ///
    /// Source: [ListResolverRules](https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_ResolverRule.html).
    "resolver_rule" from [Ec2DescribeVpcEndpoints, Ec2DescribeVpcEndpointServices, Route53ResolverListResolverRules]
    pub struct ResolverRule {
        /// The account that was asked.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// `rslvr-rr-...`; `rslvr-autodefined-rr-...` for the rules that Resolver makes.
        pub resolver_rule_id: String,
        /// The name that somebody gave it.
        pub name: Option<String>,
        /// The domain to whose names it applies, in lower case and without the final dot; `.` for all names.
        pub domain_name: String,
        /// `FORWARD`, `SYSTEM`, `RECURSIVE` or `DELEGATE`.
        pub rule_type: String,
        /// `COMPLETE`, `UPDATING`, `DELETING` or `FAILED`.
        pub status: Option<String>,
        /// The account that owns it; `Route 53 Resolver` for the rules that Resolver makes.
        pub owner_id: Option<String>,
        /// The outbound endpoint through which queries leave.
        pub resolver_endpoint_id: Option<String>,
    }
}
