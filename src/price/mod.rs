//! Prices: a dated list that ships with plaudit. A Region that is not in it has no price, and is
//! reported as `unknown_rate`, never guessed.

mod free;
mod products;
mod usage_type;

use std::collections::BTreeMap;

pub use free::free_service;
pub use products::prices as products;
pub use usage_type::UsageType;

use crate::error::{Error, Result};
use crate::table::Price;

/// The shipped list: one row per Region, usage type and tier.
const SHIPPED: &str = include_str!("list_price.csv");

/// Hours in a month, as AWS's own calculators count them.
pub const HOURS_PER_MONTH: f64 = 730.0;

/// Days in that month.
pub const DAYS_PER_MONTH: f64 = HOURS_PER_MONTH / 24.0;

/// Bytes in a gigabyte of AWS's bills.
pub const BYTES_PER_GIGABYTE: f64 = 1_073_741_824.0;

/// Hours of an interface endpoint, per zone.
pub const INTERFACE_HOURS: &str = "VpcEndpoint-Hours";
/// Bytes of interface endpoints, in tiers over a Region.
pub const INTERFACE_BYTES: &str = "VpcEndpoint-Bytes";
/// Hours of a Gateway Load Balancer endpoint.
pub const GATEWAY_LOAD_BALANCER_HOURS: &str = "VpcEndpoint-GWLBE-Hours";
/// Bytes of a Gateway Load Balancer endpoint.
pub const GATEWAY_LOAD_BALANCER_BYTES: &str = "VpcEndpoint-GWLBE-Bytes";

/// Hours of a Resource endpoint, per zone.
pub const RESOURCE_HOURS: &str = "VpcEndpoint-Resource-Hours";
/// Bytes of Resource endpoints, in tiers over a Region.
pub const RESOURCE_BYTES: &str = "VpcResource-Consumer-Bytes";
/// Hours of a Network Load Balancer.
pub const LOAD_BALANCER_HOURS: &str = "LoadBalancerUsage";

/// Rates by Region and usage type.
#[derive(Clone, Debug, Default)]
pub struct PriceList {
    rates: BTreeMap<(String, String), Vec<Price>>,
}

impl PriceList {
    /// The list that ships with plaudit.
    pub fn shipped() -> Result<PriceList> {
        let mut list = PriceList::default();
        for row in csv::Reader::from_reader(SHIPPED.as_bytes()).deserialize::<Price>() {
            let price = row.map_err(|error| {
                Error::failed(format!("the shipped price list is broken: {error}"))
                    .hint("please report this; it is a fault of plaudit")
            })?;
            list.add(price);
        }
        Ok(list)
    }

    /// Takes newer prices for the Regions and usage types that they name; the others stay.
    pub fn replace(&mut self, prices: Vec<Price>) {
        for price in &prices {
            self.rates.remove(&(price.region.clone(), price.usage_type.clone()));
        }
        for price in prices {
            self.add(price);
        }
    }

    fn add(&mut self, price: Price) {
        let key = (price.region.clone(), price.usage_type.clone());
        let tiers = self.rates.entry(key).or_default();
        tiers.push(price);
        tiers.sort_by(|left, right| left.tier_start.total_cmp(&right.tier_start));
    }

    /// US dollars per unit in the first tier; `None` where the rate is not known.
    pub fn rate(&self, region: &str, usage_type: &str) -> Option<f64> {
        Some(self.tiers(region, usage_type)?.first()?.rate)
    }

    /// US dollars for a quantity of one month, tier by tier; `None` where the rate is not known.
    pub fn cost(&self, region: &str, usage_type: &str, quantity: f64) -> Option<f64> {
        let cost = self
            .tiers(region, usage_type)?
            .iter()
            .map(|tier| {
                let end = tier.tier_end.unwrap_or(f64::INFINITY).min(quantity);
                (end - tier.tier_start).max(0.0) * tier.rate
            })
            .sum();
        Some(cost)
    }

    /// The rows for some Regions, as the `price` table keeps them.
    pub fn rows(&self, regions: impl Fn(&str) -> bool) -> Vec<Price> {
        self.rates.values().flatten().filter(|price| regions(&price.region)).cloned().collect()
    }

    fn tiers(&self, region: &str, usage_type: &str) -> Option<&[Price]> {
        self.rates.get(&(region.to_owned(), usage_type.to_owned())).map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_interface_endpoint_in_us_east_1_is_7_30_per_zone_and_month() {
        let hourly = PriceList::shipped().unwrap().rate("us-east-1", INTERFACE_HOURS).unwrap();
        assert_eq!(format!("{:.2}", hourly * HOURS_PER_MONTH), "7.30");
    }

    #[test]
    fn a_region_that_is_not_in_the_list_has_no_rate() {
        let list = PriceList::shipped().unwrap();
        assert_eq!(list.rate("sa-east-1", INTERFACE_HOURS), None);
        assert_eq!(list.cost("sa-east-1", INTERFACE_BYTES, 5.0), None);
    }

    #[test]
    fn every_tier_begins_where_the_one_before_ends() {
        for tiers in PriceList::shipped().unwrap().rates.values() {
            let mut start = Some(0.0);
            for tier in tiers {
                assert_eq!(Some(tier.tier_start), start, "{tier:?}");
                start = tier.tier_end;
            }
            assert_eq!(start, None, "{tiers:?}");
        }
    }

    #[test]
    fn bytes_are_cheaper_beyond_the_first_petabyte() {
        let list = PriceList::shipped().unwrap();
        let cost = |gigabytes| list.cost("us-east-1", INTERFACE_BYTES, gigabytes).unwrap();
        assert_eq!(cost(100.0), 1.0);
        assert!((cost(1_048_577.0) - (10_485.76 + 0.006)).abs() < 1e-6);
        assert!((cost(5_242_881.0) - (10_485.76 + 25_165.824 + 0.004)).abs() < 1e-6);
    }

    proptest! {
        #[test]
        fn more_never_costs_less(less in 0.0..1e7f64, more in 0.0..1e7f64) {
            let list = PriceList::shipped().unwrap();
            let cost = |quantity| list.cost("us-east-1", INTERFACE_BYTES, quantity).unwrap();
            prop_assert!(cost(less.min(more)) <= cost(less.max(more)));
        }
    }
}
