crate::table! {
    /// Where rules of Route 53 Resolver apply: one row per rule and VPC, for VPCs in which an endpoint
    /// stands. Rules that a Route 53 Profile brings are not listed by AWS here.
    ///
    /// Source: [ListResolverRuleAssociations](https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_ResolverRuleAssociation.html).
    "resolver_rule_association" from [Ec2DescribeVpcEndpoints, Ec2DescribeVpcEndpointServices, Route53ResolverListResolverRuleAssociations]
    pub struct ResolverRuleAssociation {
        /// The account that was asked.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// `rslvr-rrassoc-...`.
        pub resolver_rule_association_id: String,
        /// The rule.
        pub resolver_rule_id: String,
        /// The VPC.
        pub vpc_id: String,
        /// `COMPLETE`, `CREATING`, `DELETING`, `FAILED` or `OVERRIDDEN`.
        pub status: Option<String>,
    }
}
