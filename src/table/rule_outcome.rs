use super::{Category, Severity};

crate::table! {
    /// What became of each rule: one row per rule that ran, with the number of resources by status.
    "rule_outcome" from []
    pub struct RuleOutcome {
        /// The rule.
        pub rule_id: String,
        /// Its title.
        pub title: String,
        /// Its category.
        pub category: Category,
        /// Its severity, as configured.
        pub severity: Severity,
        /// Resources with the fault.
        pub alarm: i64,
        /// Resources worth knowing of.
        pub info: i64,
        /// Resources in order.
        pub ok: i64,
        /// Resources that the rule itself could not judge.
        pub skip: i64,
        /// Accounts and Regions left out because what the rule reads is incomplete there.
        pub incomplete_scopes: i64,
        /// Alarms that a waiver hides from the exit status.
        pub waived: i64,
    }
}
