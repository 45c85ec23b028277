use jiff::civil::Date;

crate::table! {
    /// The bill beside what the crawl explains: one row per account, Region, usage type and month.
    ///
    /// Derived from `charge`, `vpc_endpoint_charge`, `vpc_endpoint_subnet`, `metric_daily` and `price`.
    "bill_reconciliation" from []
    pub struct BillReconciliation {
        /// The account that was billed.
        pub account_id: String,
        /// The Region; empty where the bill does not tell.
        pub region: String,
        /// The usage type without its Region prefix.
        pub usage_type: String,
        /// The first day of the month.
        pub billing_period_start: Date,
        /// Hours of zones, or gigabytes, on the bill; null where the bill does not say.
        pub billed_quantity: Option<f64>,
        /// US dollars on the bill for usage, after discounts.
        pub billed_cost: f64,
        /// US dollars of credits and refunds: at most 0. They stand apart.
        pub credit_cost: f64,
        /// US dollars of tax.
        pub tax_cost: f64,
        /// Of the billed cost: what endpoints of the crawl account for.
        pub attributed_cost: f64,
        /// Hours of zones, or gigabytes, that the endpoints of the crawl would have used in the days that the bill covers; null where that cannot be told.
        pub modelled_quantity: Option<f64>,
        /// The same at list price, US dollars; null where quantity or rate is not known.
        pub modelled_cost: Option<f64>,
        /// Billed less modelled, US dollars; null where there is no model.
        pub difference: Option<f64>,
        /// What explains the difference, or `unexplained`.
        pub explanation: String,
    }
}
