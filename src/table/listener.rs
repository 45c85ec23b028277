crate::table! {
    /// Listeners of load balancers behind endpoint services: one row per listener.
    ///
    /// Source: [DescribeListeners](https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Listener.html).
    "listener" from [Ec2DescribeVpcEndpointServiceConfigurations, ElbDescribeListeners]
    pub struct Listener {
        /// The account that was asked.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// Its ARN.
        pub listener_arn: String,
        /// Its load balancer.
        pub load_balancer_arn: String,
        /// The port; null for a Gateway Load Balancer.
        pub port: Option<i64>,
        /// `TCP`, `TLS`, `UDP`, `TCP_UDP` or `GENEVE`.
        pub protocol: Option<String>,
        /// The target groups to which its default action forwards, by ARN, sorted, separated by a comma and a space; empty where there is none.
        pub target_group_arns: Option<String>,
    }
}
