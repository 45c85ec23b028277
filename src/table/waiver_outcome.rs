use jiff::civil::Date;

crate::words! {
    /// How a waiver fared when the rules ran. The order is from what needs attention to what does
    /// not.
    pub enum WaiverUse {
        /// Its last day is over: it hides nothing any more.
        Expired = "expired",
        /// It covers nothing: the fault is gone, or the pattern is wrong.
        Unused = "unused",
        /// It covers nothing that was judged, but the rule could not judge everything that it could cover.
        Unjudged = "unjudged",
        /// It covers findings.
        Used = "used",
    }
}

crate::table! {
    /// How each waiver fared when the rules ran: one row per waiver of the configuration.
    "waiver_outcome" from []
    pub struct WaiverOutcome {
        /// The rule whose findings it covers.
        pub rule_id: String,
        /// Which resources, as written; null where it does not say.
        pub resource: Option<String>,
        /// Which accounts, as written; null where it does not say.
        pub account: Option<String>,
        /// Which Regions, as written; null where it does not say.
        pub region: Option<String>,
        /// Which tag, as `key=value`; null where it does not say.
        pub tag: Option<String>,
        /// `expired`, `unused`, `unjudged` or `used`.
        pub outcome: WaiverUse,
        /// Findings that it covers; those of an expired one are no longer hidden.
        pub findings: i64,
        /// The last day on which it holds.
        pub expires: Date,
        /// Who answers for it.
        pub owner: String,
        /// Why.
        pub reason: String,
        /// The file and the line where it stands.
        pub place: String,
    }
}
