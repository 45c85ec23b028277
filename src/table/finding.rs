use jiff::civil::Date;

use super::{Confidence, CostBasis};

crate::words! {
    /// What a rule says of a resource.
    pub enum Status {
        /// The fault is there.
        Alarm = "alarm",
        /// Worth knowing, but not shown to be a fault.
        Info = "info",
        /// Not judged, for a stated reason.
        Skip = "skip",
        /// Judged, and the fault is not there.
        Ok = "ok",
    }
}

crate::words! {
    /// How much a finding matters. The order is from most to least.
    pub enum Severity {
        /// Consumers are affected now.
        Critical = "critical",
        /// Much money, or the next failure takes consumers down.
        High = "high",
        /// To be dealt with this quarter.
        Medium = "medium",
        /// To be dealt with some day.
        Low = "low",
        /// To be known.
        Info = "info",
    }
}

crate::words! {
    /// What a rule is about.
    pub enum Category {
        /// Money.
        Cost = "cost",
        /// Staying up.
        Reliability = "reliability",
        /// Who gets in.
        Security = "security",
        /// Who answers for it.
        Governance = "governance",
    }
}

crate::table! {
    /// What the rules found: one row per rule and resource in status `alarm` or `info`, and one row
    /// per rule, account and Region in status `skip`. Resources in order are counted in
    /// `rule_outcome`; they are listed here, in status `ok`, if the check ran with `--include-ok`.
    "finding" from []
    pub struct Finding {
        /// The rule.
        pub rule_id: String,
        /// `cost`, `reliability`, `security` or `governance`.
        pub category: Category,
        /// `critical`, `high`, `medium`, `low` or `info`.
        pub severity: Severity,
        /// `high`, `medium` or `low`.
        pub confidence: Confidence,
        /// `alarm`, `info`, `skip` or `ok`.
        pub status: Status,
        /// The account of the resource.
        pub account_id: String,
        /// The account's name.
        pub account_name: String,
        /// The Region.
        pub region: String,
        /// The table that holds the resource: `vpc_endpoint`, `vpc_endpoint_service` ...
        pub resource_type: String,
        /// The resource; empty for a skip, which covers an account and Region.
        pub resource_id: String,
        /// One sentence for a person.
        pub message: String,
        /// What the fault concerns, US dollars per month: the idle endpoint, or the traffic that crosses zones. Null where that is unknown or beside the point.
        pub monthly_cost: Option<f64>,
        /// What acting on the finding saves, net, US dollars per month; null where nothing is saved or the rate is not known.
        pub monthly_saving: Option<f64>,
        /// Where the amounts come from; null where there is none.
        pub cost_basis: Option<CostBasis>,
        /// What to do.
        pub recommended_action: String,
        /// What to do, sentence by sentence: a JSON list of objects with `text` and `commands`; null where there is nothing to do.
        pub steps: Option<String>,
        /// Until when it is waived; null where it is not.
        pub waived_until: Option<Date>,
        /// All that the rule selected besides, as a JSON object, keys sorted.
        pub evidence: String,
    }
}
