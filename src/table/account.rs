use jiff::Timestamp;

crate::table! {
    /// The accounts of the crawl: one row per account, also those that could not be entered.
    ///
    /// Source: [ListAccounts](https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html).
    "account" from []
    pub struct Account {
        /// The account's 12 digits.
        pub account_id: String,
        /// Its name in the organization; its id where the organization was not readable.
        pub account_name: String,
        /// `Account.State`: `ACTIVE`, `SUSPENDED`, `PENDING_CLOSURE`, `CLOSED` or `PENDING_ACTIVATION`; null where the organization was not readable.
        pub state: Option<String>,
        /// `INVITED` or `CREATED`.
        pub joined_method: Option<String>,
        /// When it joined the organization.
        pub joined_timestamp: Option<Timestamp>,
        /// `Account.Paths`: where it stands in the tree of organizational units, `o-.../r-.../ou-.../`.
        pub organizational_unit_path: Option<String>,
        /// Whether it is the organization's management account.
        pub is_management_account: bool,
    }
}
