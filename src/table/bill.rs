use jiff::civil::Date;

use super::{ChargeSource, Outcome};

crate::table! {
    /// What was read of bills, and what could not be: one row per source, payer and month.
    "bill" from [] derive [serde::Serialize, serde::Deserialize]
    pub struct Bill {
        /// `cost-explorer`, `cur` or `focus`.
        pub x_source: ChargeSource,
        /// Where: a file or folder, or the operation that was asked.
        pub place: String,
        /// The account that pays; null where nothing was read.
        pub billing_account_id: Option<String>,
        /// The first day of the month; null where nothing was read.
        pub billing_period_start: Option<Date>,
        /// The first day with a line.
        pub first_date: Option<Date>,
        /// The last day with a line.
        pub last_date: Option<Date>,
        /// Whether the month is there from its first day to its last.
        pub complete: bool,
        /// Files that were read.
        pub files: i64,
        /// Lines in those files, whatever they are about; 0 for Cost Explorer.
        pub lines: i64,
        /// Rows of `charge` that came from it.
        pub charges: i64,
        /// US dollars in those rows.
        pub billed_cost: f64,
        /// `ok`, or why the month is not used.
        pub outcome: Outcome,
        /// What went wrong; null where nothing did.
        pub message: Option<String>,
    }
}
