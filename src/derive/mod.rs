//! Tables computed from tables: plain functions without I/O, for what SQL says badly.

mod cidr;
mod cost;
mod firewall;
mod policy;
mod ports;
mod reachability;
mod usage;

use std::collections::{BTreeMap, BTreeSet};

pub use cidr::{Address, Cidr};
pub use policy::{aws_service, vpc_endpoint_policy};
pub use ports::Ports;
pub use reachability::vpc_endpoint_reachability;
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
    /// Gigabytes per month over all interface endpoints of a Region: the price tiers pool.
    pub interface_gigabytes: BTreeMap<String, f64>,
}

impl CrawlFacts {
    /// Nothing is known yet.
    pub fn new(window_days: i64) -> CrawlFacts {
        CrawlFacts { window_days, ..CrawlFacts::default() }
    }

    /// Learns from an account and Region. All of them must have been seen, in the same order every
    /// time (floats are added up), before [`derive()`] is called for the first.
    pub fn learn(&mut self, unit: &Tables) {
        self.publishing_types.extend(usage::publishing_types(unit));
        let kinds: BTreeMap<&str, &str> = unit
            .vpc_endpoint
            .iter()
            .map(|endpoint| (endpoint.vpc_endpoint_id.as_str(), endpoint.vpc_endpoint_type.as_str()))
            .collect();
        for usage in usage::vpc_endpoint_usage(unit, self) {
            if kinds.get(usage.vpc_endpoint_id.as_str()) == Some(&"Interface") {
                let gigabytes = cost::monthly_gigabytes(&usage).unwrap_or(0.0);
                *self.interface_gigabytes.entry(usage.region).or_insert(0.0) += gigabytes;
            }
        }
    }
}

/// Adds the derived tables of an account and Region.
pub fn derive(unit: &mut Tables, facts: &CrawlFacts, prices: &PriceList) {
    unit.vpc_endpoint_usage = usage::vpc_endpoint_usage(unit, facts);
    unit.vpc_endpoint_cost = cost::vpc_endpoint_cost(unit, facts, prices);
    unit.vpc_endpoint_policy = policy::vpc_endpoint_policy(unit);
    unit.vpc_endpoint_reachability = reachability::vpc_endpoint_reachability(unit);
}
