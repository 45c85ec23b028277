crate::table! {
    /// Private hosted zones that answer in a VPC: one row per VPC and zone. Listed for VPCs in which an
    /// endpoint with private DNS stands whose service has a private DNS name. Zones that a Route 53
    /// Profile brings are not listed by AWS here.
    ///
    /// Source: [ListHostedZonesByVPC](https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListHostedZonesByVPC.html).
    "hosted_zone" from [Ec2DescribeVpcEndpoints, Ec2DescribeVpcEndpointServices, Route53ListHostedZonesByVpc]
    pub struct HostedZone {
        /// The account that was asked.
        pub account_id: String,
        /// The Region of the VPC.
        pub region: String,
        /// The VPC.
        pub vpc_id: String,
        /// `Z...`.
        pub hosted_zone_id: String,
        /// Its name, in lower case and without the final dot.
        pub name: String,
        /// The account that owns it, which may be another one; null for a zone of an AWS service.
        pub owning_account: Option<String>,
        /// The AWS service that made it by an account of its own, as for an endpoint's private DNS; null
        /// for a customer's zone.
        pub owning_service: Option<String>,
    }
}
