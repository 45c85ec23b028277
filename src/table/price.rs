use jiff::civil::Date;

crate::table! {
    /// The list prices that were used: one row per Region, usage type and tier.
    "price" from [] derive [serde::Serialize, serde::Deserialize]
    pub struct Price {
        /// The Region.
        pub region: String,
        /// The usage type without its Region prefix: `VpcEndpoint-Hours`, `VpcEndpoint-Bytes` ...
        pub usage_type: String,
        /// `Hrs` or `GB`.
        pub unit: String,
        /// Where the tier begins, in units of the calendar month.
        pub tier_start: f64,
        /// Where it ends; null for the last tier.
        pub tier_end: Option<f64>,
        /// US dollars per unit.
        pub rate: f64,
        /// Where the rate was read.
        pub source: String,
        /// The date of that source.
        pub effective_date: Date,
        /// `H` (read in AWS's own price list or a real bill) or `M` (a credible second source).
        pub confidence: String,
    }
}
