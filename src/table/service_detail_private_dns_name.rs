crate::table! {
    /// The names that private DNS gives a service: one row per service and name. Some services have
    /// several, as S3 has for buckets, access points and its control plane.
    ///
    /// Source: `PrivateDnsNames` and `PrivateDnsName` of
    /// [ServiceDetail](https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ServiceDetail.html).
    "service_detail_private_dns_name" from [Ec2DescribeVpcEndpoints, Ec2DescribeVpcEndpointServices]
    pub struct ServiceDetailPrivateDnsName {
        /// The account that was asked.
        pub account_id: String,
        /// The Region that was asked.
        pub region: String,
        /// The service.
        pub service_name: String,
        /// The name in lower case; one that begins with `*.` stands for all names below the rest.
        pub private_dns_name: String,
    }
}
