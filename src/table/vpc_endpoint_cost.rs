crate::words! {
    /// Where an amount of money comes from.
    pub enum CostBasis {
        /// A line of a bill for that very resource.
        Billed = "billed",
        /// The account's bill shared out over its resources.
        Allocated = "allocated",
        /// An estimate at list price.
        ListPrice = "list_price",
        /// No price is known, or an AWS service may pay, so there is no amount.
        UnknownRate = "unknown_rate",
    }
}

/// How the note of an endpoint begins that an AWS service made and may pay for.
pub const MADE_BY_A_SERVICE: &str = "made by an AWS service";

crate::table! {
    /// What each endpoint costs: one row per endpoint, and one in the account of a service that pays for
    /// an endpoint elsewhere. A month is 730 hours, or the latest whole month of the bill.
    ///
    /// Derived from `vpc_endpoint_subnet`, `vpc_endpoint_usage`, `vpc_endpoint_charge` and `price`
    /// (<https://aws.amazon.com/privatelink/pricing/>).
    "vpc_endpoint_cost" from [Ec2DescribeVpcEndpoints, Ec2DescribeSubnets, Ec2DescribeNetworkInterfaces]
    pub struct VpcEndpointCost {
        /// The account that owns the endpoint, or whose service pays for it.
        pub account_id: String,
        /// The Region.
        pub region: String,
        /// The endpoint.
        pub vpc_endpoint_id: String,
        /// Zones for which hours are charged.
        pub zones_billed: i64,
        /// US dollars per zone and hour on the basis of this row: what was billed for an hour, or the list price; null if the rate is not known or the bill has no hours.
        pub hourly_rate: Option<f64>,
        /// US dollars per month for the hours; null where the rate is not known.
        pub hours_cost: Option<f64>,
        /// Gigabytes (2^30 bytes) per month, from the window; null where the traffic could not be measured.
        pub monthly_gigabytes: Option<f64>,
        /// US dollars per month for the bytes; null where rate or traffic is not known.
        pub bytes_cost: Option<f64>,
        /// US dollars per month: hours, and bytes where they are known; null where the rate is not known.
        pub monthly_cost: Option<f64>,
        /// `billed`, `allocated`, `list_price` or `unknown_rate`.
        pub cost_basis: CostBasis,
        /// What the amount rests on, or leaves out.
        pub note: String,
    }
}
