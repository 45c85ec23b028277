//! Tables computed from tables: plain functions without I/O, for what SQL says badly.

mod billing;
mod charge;
mod cidr;
mod cost;
mod daily;
mod firewall;
mod policy;
mod ports;
mod reachability;
mod reconciliation;
mod service;
mod unexplained;
mod usage;

use std::collections::{BTreeMap, BTreeSet};

pub use billing::{Billing, Traffic};
pub use cidr::{Address, Cidr, Ranges};
pub use cost::Priced;
pub use policy::{policy_digest, vpc_endpoint_policy};
pub use ports::Ports;
pub use reachability::{ServicePorts, service_ports, vpc_endpoint_reachability};
pub use service::aws_service;
pub use usage::{BYTES_PROCESSED, ENDPOINT_NAMESPACE, publishes};

use crate::price::PriceList;
use crate::table::Tables;

/// What has to be known of the whole crawl before one account and Region can be judged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CrawlFacts {
    /// Days of the window.
    pub window_days: i64,
    /// The types of endpoint that publish metrics anywhere in the crawl.
    pub publishing_types: BTreeSet<String>,
    /// The ports of the endpoint services of all accounts.
    pub service_ports: ServicePorts,
    /// Gigabytes per month over all interface endpoints of a Region: the price tiers pool.
    pub interface_gigabytes: BTreeMap<String, f64>,
    /// What was billed.
    pub billing: Billing,
    /// Endpoints whose charges somebody else pays, by id.
    paid_for: BTreeMap<String, Priced>,
}

impl CrawlFacts {
    /// Nothing is known yet.
    pub fn new(window_days: i64, billing: Billing) -> CrawlFacts {
        CrawlFacts { window_days, billing, ..CrawlFacts::default() }
    }

    /// Takes over what one account and Region says of the whole. All of them must have been added, in
    /// the same order every time (floats are added up), before [`derive()`] is called for the first.
    pub fn add(&mut self, learned: Learned) {
        self.publishing_types.extend(learned.publishing_types);
        self.service_ports.extend(learned.service_ports);
        for (region, gigabytes) in learned.interface_gigabytes {
            *self.interface_gigabytes.entry(region).or_insert(0.0) += gigabytes;
        }
        for (account, endpoint) in &learned.endpoints {
            self.billing.found(endpoint, account);
        }
        for priced in learned.paid_for {
            self.paid_for.insert(priced.vpc_endpoint_id.clone(), priced);
        }
    }
}

/// What one account and Region says of the whole crawl.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Learned {
    publishing_types: BTreeSet<String>,
    service_ports: ServicePorts,
    interface_gigabytes: Vec<(String, f64)>,
    /// Accounts and their endpoints.
    endpoints: Vec<(String, String)>,
    /// Endpoints whose charges somebody else pays.
    paid_for: Vec<Priced>,
}

/// Learns from an account and Region.
pub fn learn(unit: &Tables, window_days: i64) -> Learned {
    // Bytes do not depend on what bills say, nor on what publishes elsewhere.
    let alone = CrawlFacts { window_days, ..CrawlFacts::default() };
    let kinds: BTreeMap<&str, &str> = unit
        .vpc_endpoint
        .iter()
        .map(|endpoint| (endpoint.vpc_endpoint_id.as_str(), endpoint.vpc_endpoint_type.as_str()))
        .collect();
    let usage = usage::vpc_endpoint_usage(unit, &alone);
    let mut learned = Learned {
        publishing_types: usage::publishing_types(unit),
        service_ports: reachability::service_ports(unit),
        endpoints: unit
            .vpc_endpoint
            .iter()
            .map(|endpoint| (endpoint.account_id.clone(), endpoint.vpc_endpoint_id.clone()))
            .collect(),
        paid_for: cost::paid_for(unit, &usage),
        ..Learned::default()
    };
    for usage in usage {
        if kinds.get(usage.vpc_endpoint_id.as_str()) == Some(&"Interface") {
            let gigabytes = cost::monthly_gigabytes(&usage).unwrap_or(0.0);
            learned.interface_gigabytes.push((usage.region, gigabytes));
        }
    }
    learned
}

/// Adds the derived tables of an account and Region.
pub fn derive(account: &str, region: &str, unit: &mut Tables, facts: &CrawlFacts, prices: &PriceList) {
    unit.vpc_endpoint_usage = usage::vpc_endpoint_usage(unit, facts);
    unit.vpc_endpoint_daily = daily::vpc_endpoint_daily(unit);
    unit.vpc_endpoint_charge = charge::vpc_endpoint_charge(account, region, Some(unit), &facts.billing);
    unit.vpc_endpoint_cost = cost::vpc_endpoint_cost(unit, facts, prices);
    unit.bill_reconciliation = reconciliation::bill_reconciliation(
        account,
        region,
        Some(unit),
        &unit.vpc_endpoint_charge,
        &facts.billing,
        prices,
    );
    unit.vpc_endpoint_policy = policy::vpc_endpoint_policy(unit);
    unit.vpc_endpoint_reachability = reachability::vpc_endpoint_reachability(unit, &facts.service_ports);
}

/// The derived tables of an account and Region that is on the bill, and that the crawl did not see.
pub fn derive_unseen(account: &str, region: &str, facts: &CrawlFacts, prices: &PriceList) -> Tables {
    let charges = charge::vpc_endpoint_charge(account, region, None, &facts.billing);
    let reconciled =
        reconciliation::bill_reconciliation(account, region, None, &charges, &facts.billing, prices);
    Tables { vpc_endpoint_charge: charges, bill_reconciliation: reconciled, ..Tables::default() }
}
