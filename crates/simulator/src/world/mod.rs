//! The organization that is served: plain data, made up from a seed.

mod account;
mod balancer;
mod bill;
mod endpoint;
mod firewall;
mod ground;
mod interface;
mod provider;
mod region;
mod resolver;
mod scenario;
mod series;
mod service;
mod stage;
mod stranger;
mod vpc;

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan};
use serde::Serialize;

pub use account::Account;
pub use balancer::{Balancer, Target, TargetGroup};
pub use bill::{BillLine, billing_prefix, hourly};
pub use endpoint::Endpoint;
pub use firewall::{AclEntry, Peer};
pub use interface::{Interface, Purpose};
pub use region::{OPT_IN_REGION, REGIONS, Region, Zone};
pub use resolver::{HostedZone, ResolverRule, ResolverRuleAssociation};
pub use series::Series;
pub use service::{
    AWS_SERVICES, Service, TWO_ZONE_SERVICE, UNGUARDED_SERVICE, aws_service_name, private_dns_names,
};
pub use vpc::{Route, RouteTable, Subnet, Vpc};

use super::fault::Fault;

/// The role that every account has, unless it was planted to lack it.
pub const ROLE_NAME: &str = "plaudit-read-only";

/// What an organization is made from.
#[derive(Clone, Debug)]
pub struct WorldOptions {
    /// Accounts, the management account included.
    pub accounts: usize,
    /// The Regions that all accounts have enabled. Some have opted in to another one.
    pub regions: Vec<String>,
    /// The same seed gives the same organization.
    pub seed: u64,
    /// The moment from which ages and traffic are counted back.
    pub now: Timestamp,
    /// Whether some accounts and Regions refuse the crawl.
    pub gaps: bool,
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
}

impl Default for WorldOptions {
    fn default() -> WorldOptions {
        WorldOptions {
            accounts: 43,
            regions: REGIONS[..3].iter().map(|region| (*region).to_owned()).collect(),
            seed: 1,
            now: Timestamp::now(),
            gaps: true,
            partition: "aws".to_owned(),
        }
    }
}

/// The organization.
#[derive(Debug)]
pub struct World {
    /// `o-...`
    pub organization_id: String,
    /// The moment from which ages and traffic are counted back.
    pub now: Timestamp,
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
    /// What the roles' trust policies ask for.
    pub external_id: Option<String>,
    /// The secret key of every role, and the beginning of its session tokens. Signatures are not checked.
    pub role_secret: String,
    /// A member account that may list the others.
    pub delegated_administrator: Option<String>,
    /// Whether there is no organization, as in an account that stands alone.
    pub is_standalone: bool,
    /// The accounts; the first is the management account.
    pub accounts: Vec<Account>,
    /// What was planted.
    pub planted: Vec<Planted>,
    /// What goes wrong on purpose.
    pub faults: Vec<Fault>,
    /// Accounts by id.
    index: BTreeMap<String, usize>,
    /// Endpoint services by name: account and Region.
    services: BTreeMap<String, (usize, String)>,
    /// Endpoints by the service of the organization to which they lead: account, Region, position.
    consumers: BTreeMap<String, Vec<(usize, String, usize)>>,
}

/// A fault, or a look-alike that must not be accused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Planted {
    /// The rule that it is about.
    pub rule_id: String,
    /// Whether it is a fault; otherwise it only looks like one.
    pub is_fault: bool,
    /// The account of the resource.
    pub account_id: String,
    /// Its Region.
    pub region: String,
    /// The resource.
    pub resource_id: String,
    /// What it is.
    pub what: String,
    /// Another account of the organization that has to be read, in the same Region, for the rule to
    /// know: a provider, say, for a fault of its consumer.
    #[serde(skip)]
    pub witness: Option<String>,
    /// Whether a crawl gets to see it: the accounts can be entered and the Region answers.
    pub is_visible: bool,
}

/// A number that belongs to an id, for what is made up about it.
pub fn seed_of(id: &str) -> u64 {
    id.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

impl World {
    /// When something was created that is so many days old: an hour more, so that whole days come out
    /// as they were meant.
    pub fn created(&self, age_days: i64) -> Timestamp {
        self.now - (age_days * 24 + 1).hours()
    }

    /// Makes up an organization.
    pub fn new(options: &WorldOptions) -> World {
        let mut world = account::found(options);
        scenario::populate(&mut world, options);
        if options.gaps {
            account::plant_gaps(&mut world, options);
        }
        world.index_consumers();
        world.mark_visible();
        world.planted.sort();
        world
    }

    /// The account that manages the organization.
    pub fn management_account(&self) -> &Account {
        &self.accounts[0]
    }

    /// An account by its id.
    pub fn account(&self, id: &str) -> Option<&Account> {
        self.accounts.get(*self.index.get(id)?)
    }

    /// An endpoint service of the organization by its name, with its account and Region.
    pub fn service(&self, name: &str) -> Option<(&Account, &Service)> {
        let (account, region) = self.services.get(name)?;
        let account = &self.accounts[*account];
        let service =
            account.regions.get(region)?.services.iter().find(|service| service.service_name == name)?;
        Some((account, service))
    }

    /// Endpoints anywhere in the organization that lead to a service of it.
    pub fn consumers<'a>(
        &'a self,
        service_name: &str,
    ) -> impl Iterator<Item = (&'a Account, &'a Region, &'a Endpoint)> {
        self.consumers.get(service_name).into_iter().flatten().filter_map(|(account, region, position)| {
            let account = &self.accounts[*account];
            let region = account.regions.get(region)?;
            Some((account, region, region.endpoints.get(*position)?))
        })
    }

    /// The moment so many days ago, as XML writes it: to the millisecond, which belongs to the resource.
    pub fn days_ago(&self, days: i64, id: &str) -> String {
        let moment = self.created(days).strftime("%Y-%m-%dT%H:%M:%S");
        format!("{moment}.{:03}Z", seed_of(id) % 1000)
    }

    /// The same without a fraction of a second, as some operations write it.
    pub fn days_ago_to_the_second(&self, days: i64) -> String {
        self.created(days).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    fn index_consumers(&mut self) {
        for (index, account) in self.accounts.iter().enumerate() {
            for (name, region) in &account.regions {
                for (position, endpoint) in region.endpoints.iter().enumerate() {
                    let Some(service) =
                        endpoint.service_name.as_ref().filter(|name| self.services.contains_key(*name))
                    else {
                        continue;
                    };
                    self.consumers.entry(service.clone()).or_default().push((index, name.clone(), position));
                }
            }
        }
    }

    fn mark_visible(&mut self) {
        let hidden: Vec<bool> = self
            .planted
            .iter()
            .map(|planted| {
                std::iter::once(&planted.account_id).chain(&planted.witness).any(|account| {
                    let open = self.account(account).is_some_and(Account::can_be_entered);
                    let denied = self.faults.iter().any(|fault| {
                        fault.account.as_ref() == Some(account)
                            && fault.region.as_deref().is_none_or(|region| region == planted.region)
                    });
                    !open || denied
                })
            })
            .collect();
        for (planted, hidden) in self.planted.iter_mut().zip(hidden) {
            planted.is_visible = !hidden;
        }
    }
}
