crate::table! {
    /// The DNS attributes of VPCs that hold an endpoint with private DNS: one row per VPC.
    ///
    /// Source: [DescribeVpcAttribute](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcAttribute.html).
    "vpc_attribute" from [Ec2DescribeVpcEndpoints, Ec2DescribeVpcAttribute]
    pub struct VpcAttribute {
        /// The account that was asked.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// The VPC.
        pub vpc_id: String,
        /// `enableDnsSupport`: whether Amazon's resolver answers in the VPC.
        pub enable_dns_support: Option<bool>,
        /// `enableDnsHostnames`: whether instances get names; private DNS of endpoints needs it too.
        pub enable_dns_hostnames: Option<bool>,
    }
}
