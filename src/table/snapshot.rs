use jiff::Timestamp;
use jiff::civil::Date;

crate::table! {
    /// The snapshot itself: one row.
    "snapshot" from []
    pub struct Snapshot {
        /// Identifier: the moment it was taken, `20261122T061900Z`.
        pub id: String,
        /// When the crawl began, UTC. Ages are counted up to here.
        pub taken_at: Timestamp,
        /// First day of the window for which usage was read.
        pub window_start: Date,
        /// Last day of the window, which is the day of the snapshot and may be incomplete.
        pub window_end: Date,
        /// Length of the window in days.
        pub window_days: i64,
        /// The organization, `o-...`; null where the accounts were given by hand or stand alone.
        pub organization_id: Option<String>,
        /// The organization's management account.
        pub management_account_id: Option<String>,
        /// The account whose credentials began the crawl; the first, where there were several.
        pub caller_account_id: String,
        /// Where the list of accounts came from: `organization`, `list`, `caller` or `profiles`.
        pub account_source: String,
        /// Whether `account` holds every account of the organization: it was listed in full, and no selection left any out.
        pub accounts_complete: bool,
        /// The version of plaudit that took it.
        pub tool_version: String,
    }
}
