use jiff::civil::Date;

use super::CostBasis;

crate::table! {
    /// The bill, endpoint by endpoint: one row per usage type, month and endpoint, and one without an
    /// endpoint for what none explains. For each account, Region, usage type and month the rows add up
    /// to the `Usage` rows of `charge` and to discounts that are lines of their own.
    ///
    /// Derived from `charge`, `vpc_endpoint_subnet` and `metric_daily`. A line that names its endpoint
    /// is `billed`. Other lines are `allocated`: hours by zone-hours, bytes by CloudWatch's bytes.
    "vpc_endpoint_charge" from []
    pub struct VpcEndpointCharge {
        /// The account that was billed.
        pub account_id: String,
        /// The Region; empty where the bill does not tell.
        pub region: String,
        /// The endpoint; null for what no endpoint explains.
        pub vpc_endpoint_id: Option<String>,
        /// The usage type without its Region prefix.
        pub usage_type: String,
        /// The first day of the month.
        pub billing_period_start: Date,
        /// Hours of zones, or gigabytes; null where the bill does not say.
        pub consumed_quantity: Option<f64>,
        /// US dollars after discounts.
        pub billed_cost: f64,
        /// US dollars after discounts and with commitments spread over what they cover.
        pub effective_cost: f64,
        /// `billed` or `allocated`.
        pub cost_basis: CostBasis,
        /// Whether the crawl found the endpoint, in this account or in another.
        pub crawled: bool,
        /// The last day on which the line was billed.
        pub last_date: Date,
        /// The last day that the bill knows of, for any line of the month and account.
        pub bill_last_date: Date,
        /// Whether the account and Region were crawled at all.
        pub scope_crawled: bool,
        /// What the amount rests on.
        pub note: String,
    }
}
