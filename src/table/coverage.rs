crate::words! {
    /// How the calls of one operation in one account and Region ended.
    ///
    /// The order is the order of weight: of several outcomes the heaviest is kept.
    pub enum Outcome {
        /// Everything was read, or it was shown that there is nothing to read (`requests` is 0).
        Ok = "ok",
        /// Nobody asked, for the reason in `message`: the account is suspended, say.
        Skipped = "skipped",
        /// The Region is not enabled in the account, or the account is in no organization.
        NotEnabled = "not-enabled",
        /// AWS kept throttling until the retries were used up.
        Throttled = "throttled",
        /// Refused: no permission, no role, a service control policy.
        Denied = "denied",
        /// Anything else: a fault at AWS, a broken answer, a time limit.
        Error = "error",
        /// Left out on purpose: no rule that is run reads what the operation gives.
        NotAsked = "not-asked",
    }
}

crate::table! {
    /// What was asked and what came of it: one row per account, Region and operation, whatever the
    /// outcome. An account and Region that is not in this table was not audited.
    "coverage" from []
    pub struct Coverage {
        /// The account that was asked.
        pub account_id: String,
        /// The Region that was asked. Operations asked once per account or organization carry the Region whose address answered.
        pub region: String,
        /// The operation, by its IAM name: `ec2:DescribeVpcEndpoints`.
        pub operation: String,
        /// `ok`, `denied`, `throttled`, `not-enabled`, `skipped`, `error` or `not-asked`.
        pub outcome: Outcome,
        /// AWS's error code, `UnauthorizedOperation`; null where there is none.
        pub error_code: Option<String>,
        /// What AWS said, or why nobody asked.
        pub message: Option<String>,
        /// HTTP requests sent, retries included.
        pub requests: i64,
        /// Items received.
        pub rows: i64,
        /// What AWS charges for having been asked, US dollars at list price; 0 for what is free.
        pub charge: f64,
    }
}
