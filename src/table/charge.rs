use jiff::civil::Date;

crate::words! {
    /// What kind of charge a line is, as FOCUS names it.
    pub enum ChargeCategory {
        /// What was used.
        Usage = "Usage",
        /// A fee for a commitment.
        Purchase = "Purchase",
        /// Tax.
        Tax = "Tax",
        /// Money given back: credits and refunds.
        Credit = "Credit",
        /// What changes the amount of other lines: discounts, the negation of what a plan covers.
        Adjustment = "Adjustment",
    }
}

crate::words! {
    /// Where a charge was read.
    pub enum ChargeSource {
        /// Cost Explorer: totals per account and usage type.
        CostExplorer = "cost-explorer",
        /// A Cost and Usage Report, legacy or 2.0.
        Cur = "cur",
        /// A FOCUS export.
        Focus = "focus",
    }
}

crate::table! {
    /// What was billed for PrivateLink and what stands beside it (NAT, transit gateway, transfer
    /// between zones): one row per account, Region, usage type, operation, resource, kind of line and
    /// calendar month. Columns are FOCUS's names; those that begin with `x_` are AWS's own.
    ///
    /// Read from Cost Explorer, a Cost and Usage Report or a FOCUS export
    /// (<https://focus.finops.org/focus-columns/>). Nothing else of the bill is kept.
    "charge" from [] derive [serde::Serialize, serde::Deserialize]
    pub struct Charge {
        /// The account that used it.
        pub sub_account_id: String,
        /// The Region; null where neither the bill nor the usage type's prefix tells.
        pub region_id: Option<String>,
        /// The usage type without its Region prefix: `VpcEndpoint-Hours`.
        pub usage_type: String,
        /// The usage type as it was billed: `EU-VpcEndpoint-Hours`.
        pub x_usage_type: String,
        /// The operation: `VpcEndpoint`.
        pub x_operation: Option<String>,
        /// The resource as the bill has it, an ARN; null where the bill does not tell resources apart.
        pub resource_id: Option<String>,
        /// The endpoint, out of the resource.
        pub vpc_endpoint_id: Option<String>,
        /// `Usage`, `Purchase`, `Tax`, `Credit` or `Adjustment`.
        pub charge_category: ChargeCategory,
        /// The line's type as a Cost and Usage Report has it: `Usage`, `EdpDiscount` ...
        pub x_line_item_type: Option<String>,
        /// The first day of the month that was billed.
        pub billing_period_start: Date,
        /// The day after that month.
        pub billing_period_end: Date,
        /// The first day with a line.
        pub charge_period_start: Date,
        /// The day after the last one with a line.
        pub charge_period_end: Date,
        /// How much was used: hours of zones, or gigabytes; null where the bill does not say.
        pub consumed_quantity: Option<f64>,
        /// `Hrs` or `GB`.
        pub consumed_unit: Option<String>,
        /// US dollars after discounts, as FOCUS's `BilledCost`: a report's and Cost Explorer's net unblended amount where there is one, else the unblended amount.
        pub billed_cost: f64,
        /// US dollars after discounts and with commitments spread over what they cover.
        pub effective_cost: f64,
        /// US dollars at public prices; null where the bill does not say.
        pub list_cost: Option<f64>,
        /// Always `USD`.
        pub billing_currency: String,
        /// The account that pays.
        pub billing_account_id: Option<String>,
        /// `cost-explorer`, `cur` or `focus`.
        pub x_source: ChargeSource,
        /// Lines of the bill in this row; 0 for Cost Explorer, which gives totals.
        pub x_lines: i64,
        /// What was bought, as AWS numbers it; null where the bill does not say, and for what is not
        /// PrivateLink.
        pub sku_id: Option<String>,
        /// The price at which it was bought: the tier of `sku_id`; null where `sku_id` is.
        pub sku_price_id: Option<String>,
    }
}
