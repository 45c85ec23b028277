//! The only code that talks to AWS. Nothing here changes anything there, and no type of the SDK
//! leaves this module.
//!
//! A crawl is a tree: the organization, its accounts, their Regions. Accounts and Regions are
//! crawled side by side within bounds, and each hands over its rows as it finishes, in any order.

mod account;
mod answer;
mod balancer;
mod bucket;
mod budget;
mod client;
mod cost_explorer;
mod endpoint;
mod environment;
mod exit;
mod filter;
mod firewall;
mod hosted_zone;
mod meter;
mod metric;
mod network;
mod organization;
mod outcome;
mod pace;
mod page;
mod preflight;
mod price_list;
mod region;
mod resolver;
mod role;
mod route;
mod scope;
mod service;
mod session;
mod tally;
mod wanted;
mod whole;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

pub use budget::{Budget, price};
pub use cost_explorer::{Billed, cost_explorer};
pub use organization::{AccountSource, Organization, Selection};
pub use pace::{PRIVATELINK_IN_FLIGHT, published};
pub use preflight::{Check, preflight};
pub use price_list::price_list;
pub use role::SessionSettings;
pub use session::{Caller, Connected, Connection, Override, Reach, TimeLimits, connect, connect_to};
pub use tally::{Counts, Tally};
pub use wanted::Wanted;

use crate::error::Result;
use crate::table::{Account, Tables};
use account::{Door, Entered};
use meter::Meter;
use pace::{AccountPace, Pace, ScopePace};
use scope::Scope;

/// What a crawl is told.
#[derive(Clone, Debug)]
pub struct CrawlSettings {
    /// The role assumed in each account but the caller's own. `{account_id}` and `{account_name}`
    /// stand for those of the account.
    pub role_name: String,
    /// The external id that the role's trust policy asks for.
    pub external_id: Option<String>,
    /// How its sessions are called and narrowed.
    pub session: SessionSettings,
    /// Only these Regions; empty for those that each account has enabled.
    pub regions: Vec<String>,
    /// Which accounts.
    pub selection: Selection,
    /// Accounts and Regions that are crawled at the same time.
    pub max_concurrency: usize,
    /// The share of AWS's published rates that is used, from above 0 to 1.
    pub rate_share: f64,
    /// The moment up to which ages are counted.
    pub taken_at: Timestamp,
    /// The first and the last day of usage.
    pub window: (Date, Date),
    /// What is asked for.
    pub wanted: Wanted,
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
    pub regions: BTreeSet<(String, String)>,
}

/// Finds out which accounts there are to crawl.
pub async fn organization(
    connected: &[Connected],
    settings: &CrawlSettings,
    tally: &Arc<Tally>,
) -> Result<Organization> {
    organization::organization(connected, &Meter::new(tally.clone()), &settings.selection).await
}

/// The Regions that stand for those of every account, before any has been asked: the configured ones,
/// else those that the caller's account has enabled.
pub async fn regions(connected: &[Connected], settings: &CrawlSettings, tally: &Arc<Tally>) -> Vec<String> {
    Door::new(connected.to_vec(), settings.clone(), tally.clone()).await.into_fallback_regions()
}

/// Crawls accounts, and sends what each part of the tree gave as it finishes. It cannot fail: what
/// goes wrong stands in the coverage of the part in which it went wrong. It ends early where the
/// receiver goes away, or this is dropped.
pub async fn crawl(
    connected: Vec<Connected>,
    settings: CrawlSettings,
    accounts: Vec<Account>,
    finished: Finished,
    tally: Arc<Tally>,
    budget: Arc<Budget>,
    sender: mpsc::Sender<Gathered>,
) {
    tally.add_accounts(accounts.len());
    let door = Door::new(connected, settings.clone(), tally.clone()).await;
    let work = Arc::new(Work {
        pace: Arc::new(Pace::new(settings.rate_share, PRIVATELINK_IN_FLIGHT)),
        seats: Semaphore::new(settings.max_concurrency),
        door,
        settings,
        finished,
        tally,
        budget,
        sender,
    });
    let mut tasks = JoinSet::new();
    let doors = Arc::new(Semaphore::new(work.settings.max_concurrency));
    for account in accounts {
        // Accounts are begun in order, so many at a time: 10,000 tasks at once would only wait.
        let Ok(turn) = doors.clone().acquire_owned().await else { break };
        let work = work.clone();
        tasks.spawn(async move {
            work.account(&account).await;
            drop(turn);
        });
        while tasks.try_join_next().is_some() {}
    }
    while tasks.join_next().await.is_some() {}
}

struct Work {
    door: Door,
    settings: CrawlSettings,
    finished: Finished,
    pace: Arc<Pace>,
    seats: Semaphore,
    tally: Arc<Tally>,
    budget: Arc<Budget>,
    sender: mpsc::Sender<Gathered>,
}

impl Work {
    async fn account(self: &Arc<Work>, account: &Account) {
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
                    let mut tables = Tables { coverage: entered.coverage.clone(), ..Tables::default() };
                    tables.sort();
                    let key = Key::Account(id.clone());
                    let part = Gathered { key, regions: entered.regions.clone(), tables };
                    if self.sender.send(part).await.is_err() {
                        return;
                    }
                    entered.regions.clone()
                }
            };
            self.tally.add_regions(regions.len());
            let pace = Arc::new(AccountPace::new(self.pace.clone()));
            let mut tasks = JoinSet::new();
            for region in regions.into_iter().filter(|region| !is_done(region)) {
                let (work, account, entered) = (self.clone(), account.clone(), entered.clone());
                let pace = pace.clone();
                tasks.spawn(async move { work.region(&account, &region, &entered, pace).await });
            }
            while tasks.join_next().await.is_some() {}
        }
        self.tally.account_done();
    }

    async fn region(&self, account: &Account, region: &str, entered: &Entered, pace: Arc<AccountPace>) {
        let _seat = self.seats.acquire().await;
        let Some(sdk) = &entered.sdk else { return };
        let pace = Arc::new(ScopePace::new(pace));
        let meter = Meter::paced(self.tally.clone(), pace.clone());
        let scope = Scope::new(account, region, &self.settings, sdk, meter, entered.role.clone(), pace);
        let tables = region::crawl(&scope, self.settings.window, &self.budget).await;
        let key = Key::Region(account.account_id.clone(), region.to_owned());
        // A receiver that has gone away ends the crawl; what was not taken is asked for again.
        let _ = self.sender.send(Gathered { key, regions: Vec::new(), tables }).await;
        self.tally.region_done();
    }
}
