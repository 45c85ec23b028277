//! The prices that estimates rest on: those that ship with plaudit, and newer ones in the store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::crawl::{self, Connected, Tally};
use crate::error::{Error, Result};
use crate::price::{self, PriceList};
use crate::store::{Key, Store};
use crate::table::{Price, Row};

/// The file in which the store keeps what `plaudit prices refresh` has read.
const FILE: &str = "_prices/price-list.csv";

fn key() -> Result<Key> {
    Key::parse(FILE).ok_or_else(|| Error::failed("the price list has no place in the store"))
}

/// The price list of a store.
pub async fn price_list(store: &Store) -> Result<PriceList> {
    let mut list = PriceList::shipped()?;
    let Some(bytes) = store.read(&key()?).await? else { return Ok(list) };
    let mut prices = Vec::new();
    for row in csv::Reader::from_reader(bytes.as_slice()).deserialize::<Price>() {
        prices.push(row.map_err(|error| {
            Error::failed(format!("the price list of the store is broken: {error}"))
                .at(format!("{}/{FILE}", store.address()))
                .hint("read it anew with `plaudit prices refresh`, or remove the file")
        })?);
    }
    list.replace(prices);
    Ok(list)
}

/// Reads AWS's price list into the store. Gives the prices, and the products that could not be
/// understood.
pub async fn refresh_prices(
    store: &Store,
    connected: &[Connected],
    tally: &Arc<Tally>,
) -> Result<(Vec<Price>, Vec<String>)> {
    let Some(first) = connected.first() else { return Ok((Vec::new(), Vec::new())) };
    let mut prices = Vec::new();
    let mut problems = Vec::new();
    for product in crawl::price_list(first, tally).await? {
        match price::products(&product) {
            Ok(found) => prices.extend(found),
            Err(problem) => problems.push(problem),
        }
    }
    if prices.is_empty() {
        return Err(Error::failed("the price list names no price for PrivateLink")
            .at("pricing:GetProducts")
            .hint("the prices that were known are kept; try again later"));
    }
    prices.sort_by(Row::compare);
    prices.dedup();
    problems.extend(drop_ambiguous(&mut prices));
    let mut writer = csv::Writer::from_writer(Vec::new());
    let unwritable =
        |error: &dyn std::fmt::Display| Error::failed(format!("the prices cannot be written: {error}"));
    for price in &prices {
        writer.serialize(price).map_err(|error| unwritable(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| unwritable(&error))?;
    store.write_file(&key()?, bytes).await?;
    Ok((prices, problems))
}

/// Drops usage types that have two prices for one tier: which of them holds is not known, and added up
/// they would be too dear. Returns what was dropped.
fn drop_ambiguous(prices: &mut Vec<Price>) -> Vec<String> {
    let mut rates: BTreeMap<(String, String, u64), BTreeSet<u64>> = BTreeMap::new();
    for price in prices.iter() {
        let tier = (price.region.clone(), price.usage_type.clone(), price.tier_start.to_bits());
        rates.entry(tier).or_default().insert(price.rate.to_bits());
    }
    let ambiguous: BTreeSet<(String, String)> = rates
        .into_iter()
        .filter(|(_, rates)| rates.len() > 1)
        .map(|((region, usage_type, _), _)| (region, usage_type))
        .collect();
    prices.retain(|price| !ambiguous.contains(&(price.region.clone(), price.usage_type.clone())));
    prices.dedup_by(|left, right| {
        (&left.region, &left.usage_type, left.tier_start)
            == (&right.region, &right.usage_type, right.tier_start)
    });
    ambiguous
        .into_iter()
        .map(|(region, usage_type)| format!("{usage_type} has several prices in {region}"))
        .collect()
}
