//! The only code that talks to AWS. Nothing here changes anything there, and no type of the SDK
//! leaves this module.
//!
//! A crawl is a tree: the organization, its accounts, their Regions. Accounts and Regions are
//! crawled side by side within bounds, and each hands over its rows as it finishes, in any order.

mod account;
mod balancer;
mod endpoint;
mod limit;
mod meter;
mod metric;
mod network;
mod organization;
mod outcome;
mod region;
mod scope;
mod service;
mod session;
mod tally;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::StreamExt;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, mpsc};

pub use organization::{AccountSource, Organization};
pub use session::{Caller, Connection, Override, caller};
pub use tally::{Counts, Tally};

use crate::error::Result;
use crate::table::{Account, Tables};
use account::{Door, enabled_regions};
use limit::Limits;
use meter::Meter;
use scope::Scope;

/// What a crawl is told.
#[derive(Clone, Debug)]
pub struct CrawlSettings {
    /// The role assumed in each account but the caller's own.
    pub role_name: String,
    /// The external id that the role's trust policy asks for.
    pub external_id: Option<String>,
    /// Only these Regions; empty for those that each account has enabled.
    pub regions: Vec<String>,
    /// Only these accounts; empty for all of the organization.
    pub accounts: Vec<String>,
    /// Never these accounts.
    pub exclude_accounts: Vec<String>,
    /// Accounts and Regions that are crawled at the same time.
    pub max_concurrency: usize,
    /// The moment up to which ages are counted.
    pub taken_at: Timestamp,
    /// The first and the last day of usage.
    pub window: (Date, Date),
}

/// A part of the tree that is finished. A crawl that was cut off does not ask for it again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Key {
    /// An account was entered, or could not be.
    Account(String),
    /// An account and Region.
    Region(String, String),
}

/// What a finished part gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gathered {
    /// Which part it is.
    pub key: Key,
    /// The Regions that are to be crawled, for an account.
    pub regions: Vec<String>,
    /// Its rows, sorted.
    pub tables: Tables,
}

/// What an earlier run, which was cut off, has finished.
#[derive(Clone, Debug, Default)]
pub struct Finished {
    /// Accounts, with the Regions that are to be crawled in each.
    pub accounts: BTreeMap<String, Vec<String>>,
    /// Accounts and Regions.
    pub regions: std::collections::BTreeSet<(String, String)>,
}

/// Finds out which accounts there are to crawl.
pub async fn organization(
    connection: &Connection,
    caller: &Caller,
    settings: &CrawlSettings,
    tally: &Arc<Tally>,
) -> Result<Organization> {
    let meter = Meter::new(tally.clone());
    organization::organization(connection, caller, &meter, &settings.accounts, &settings.exclude_accounts)
        .await
}

/// Crawls accounts, and sends what each part of the tree gave as it finishes. It cannot fail: what
/// goes wrong stands in the coverage of the part in which it went wrong. It ends early only where
/// the receiver goes away.
pub async fn crawl(
    connection: &Connection,
    caller: &Caller,
    settings: &CrawlSettings,
    accounts: &[Account],
    finished: &Finished,
    tally: Arc<Tally>,
    sender: mpsc::Sender<Gathered>,
) {
    tally.add_accounts(accounts.len());
    let meter = Meter::new(tally.clone());
    let fallback_regions: Vec<String> = if settings.regions.is_empty() {
        match enabled_regions(connection.sdk(), &meter).await {
            Ok(regions) => regions.into_iter().collect(),
            Err(_) => vec![connection.home_region()],
        }
    } else {
        settings.regions.clone()
    };
    let door =
        Door { connection, caller, settings, fallback_regions: &fallback_regions, tally: tally.clone() };
    let limits = Arc::new(Limits::new());
    let seats = Semaphore::new(settings.max_concurrency);
    let work = Work { door, settings, finished, limits, seats, tally, sender };
    futures::stream::iter(accounts)
        .for_each_concurrent(settings.max_concurrency, |account| work.account(account))
        .await;
}

struct Work<'a> {
    door: Door<'a>,
    settings: &'a CrawlSettings,
    finished: &'a Finished,
    limits: Arc<Limits>,
    seats: Semaphore,
    tally: Arc<Tally>,
    sender: mpsc::Sender<Gathered>,
}

impl Work<'_> {
    async fn account(&self, account: &Account) {
        let id = &account.account_id;
        let is_done = |region: &String| self.finished.regions.contains(&(id.clone(), region.clone()));
        let known = self.finished.accounts.get(id);
        if !known.is_some_and(|regions| regions.iter().all(is_done)) {
            let entered = {
                let _seat = self.seats.acquire().await;
                self.door.enter(account).await
            };
            let regions = match known {
                Some(regions) => regions.clone(),
                None => {
                    let mut tables = Tables { coverage: entered.coverage, ..Tables::default() };
                    tables.sort();
                    let key = Key::Account(id.clone());
                    let sent =
                        self.sender.send(Gathered { key, regions: entered.regions.clone(), tables }).await;
                    if sent.is_err() {
                        return;
                    }
                    entered.regions
                }
            };
            if let Some(sdk) = &entered.sdk {
                self.tally.add_regions(regions.len());
                let open = regions.iter().filter(|region| !is_done(region));
                futures::stream::iter(open)
                    .for_each_concurrent(None, |region| self.region(id, region, sdk, entered.role.clone()))
                    .await;
            }
        }
        self.tally.account_done();
    }

    async fn region(
        &self,
        account_id: &str,
        region: &str,
        sdk: &aws_config::SdkConfig,
        role: Option<session::RoleCredentials>,
    ) {
        let _seat = self.seats.acquire().await;
        let meter = Meter::new(self.tally.clone());
        let scope =
            Scope::new(account_id, region, self.settings.taken_at, sdk, meter, role, self.limits.clone());
        let tables = region::crawl(&scope, self.settings.window).await;
        let key = Key::Region(account_id.to_owned(), region.to_owned());
        // A receiver that has gone away ends the crawl; what was not taken is asked for again.
        let _ = self.sender.send(Gathered { key, regions: Vec::new(), tables }).await;
        self.tally.region_done();
    }
}
