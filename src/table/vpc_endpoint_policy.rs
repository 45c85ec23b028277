crate::words! {
    /// What an element of a policy statement covers.
    pub enum PolicyScope {
        /// Everything: `*`, or a pattern that nothing of the endpoint's service escapes.
        Every = "every",
        /// Everything but what is listed: `NotAction`, `NotResource`, `NotPrincipal`.
        EveryBut = "every-but",
        /// What is listed, and nothing else.
        Named = "named",
    }
}

crate::words! {
    /// How often what passes through the endpoint meets a statement's conditions, whoever sends it.
    pub enum ConditionMet {
        /// By everything: there is none, or it asks for the endpoint's own VPC, say.
        Always = "always",
        /// By some and not by others, or by what is not known.
        Sometimes = "sometimes",
        /// By nothing: another VPC, or a public address, which no request through an endpoint carries.
        Never = "never",
    }
}

crate::table! {
    /// Endpoint policies, parsed: one row per endpoint and statement. A policy that cannot be read
    /// has one row, whose `problem` says why. Where AWS returned no policy for an endpoint of one of
    /// its own services, its default stands there. Endpoints of other services without a policy
    /// have no row: they take none.
    ///
    /// Derived from `policy_document` of `vpc_endpoint`
    /// ([endpoint policies](https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html)).
    "vpc_endpoint_policy" from [Ec2DescribeVpcEndpoints]
    pub struct VpcEndpointPolicy {
        /// The account that owns the endpoint.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// The endpoint.
        pub vpc_endpoint_id: String,
        /// The statement's place in the policy, from 1; 0 for a policy that cannot be read.
        pub statement: i64,
        /// The AWS service that the endpoint's service name names, `s3`; null for services of others.
        pub service: Option<String>,
        /// Whether the whole policy is AWS's default, which allows everything to everybody.
        pub is_default: bool,
        /// `Sid`.
        pub sid: Option<String>,
        /// `Allow` or `Deny`; null where the policy cannot be read.
        pub effect: Option<String>,
        /// Whom it concerns: `every`, `every-but` or `named`.
        pub principal: Option<PolicyScope>,
        /// Which actions of the endpoint's service: `every`, `every-but` or `named`.
        pub action: Option<PolicyScope>,
        /// Which resources of the endpoint's service: `every`, `every-but` or `named`.
        pub resource: Option<PolicyScope>,
        /// The conditions as `operator key`, sorted, separated by commas; null where there is none.
        pub condition: Option<String>,
        /// How often what passes through the endpoint meets the conditions: `always`, `sometimes` or `never`.
        pub condition_met: Option<ConditionMet>,
        /// Whether a Deny of the policy keeps everything from those who do not meet its conditions.
        pub has_perimeter: bool,
        /// Whether the policy lets nobody in: it allows nothing, or what it allows is denied again. At a gateway endpoint, an account as principal lets in its root user alone, which counts as nobody.
        pub admits_nobody: bool,
        /// Why the policy cannot be read.
        pub problem: Option<String>,
    }
}
