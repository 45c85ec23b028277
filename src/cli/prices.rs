//! `plaudit prices`

use std::collections::BTreeSet;
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::DONE;
use super::completed::forms;
use super::console::Console;
use super::options::{Global, SharedOptions, StoreOptions, announce, check_target, reach};
use crate::audit;
use crate::crawl::{self, Tally};
use crate::error::Result;
use crate::format;
use crate::report::{Form, Sheet};
use crate::table::{Price, Row, Tables};

/// Shows the list prices, or reads them anew from AWS.
#[derive(Subcommand)]
pub enum Prices {
    /// Lists the prices that estimates rest on, each with its source and date
    List(List),
    /// Reads the prices of all Regions from AWS's price list into the store; later runs use them
    Refresh(Refresh),
}

/// Lists the prices.
#[derive(Args)]
pub struct List {
    /// table, csv, json, ndjson, md or parquet
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = forms(), hide_possible_values = true)]
    format: Form,

    #[command(flatten)]
    store: StoreOptions,
}

/// Reads the prices anew.
#[derive(Args)]
pub struct Refresh {
    #[command(flatten)]
    store: StoreOptions,

    #[command(flatten)]
    shared: SharedOptions,
}

impl Prices {
    pub async fn run(self, global: &Global, console: &mut Console) -> Result<u8> {
        let mut config = global.load()?;
        match self {
            Prices::List(List { store, format }) => {
                check_target(format, None)?;
                let store = store.open(&config).await?;
                let mut tables =
                    Tables { price: audit::price_list(&store).await?.rows(|_| true), ..Tables::default() };
                tables.sort();
                let sheet = Sheet::of(&tables.price)?;
                let width = console.width();
                console.data_to(format, None, |out| format.write(&sheet, width, out))?;
            }
            Prices::Refresh(Refresh { store, shared }) => {
                shared.apply(&mut config);
                let store = store.open(&config).await?;
                announce(&config, Some(&store), console);
                store.check_writable().await?;
                let connected = crawl::connect(&config.crawl.profiles, reach(&config)).await?;
                let before = audit::price_list(&store).await?;
                let tally = Arc::new(Tally::default());
                let (prices, problems) = audit::refresh_prices(&store, &connected, &tally).await?;
                for problem in &problems {
                    console.warn(format_args!(
                        "a product of the price list was passed over: {}",
                        format::printable(problem)
                    ));
                }
                let key = |price: &Price| (price.region.clone(), price.usage_type.clone());
                let regions: BTreeSet<&String> = prices.iter().map(|price| &price.region).collect();
                let known: BTreeSet<_> = before.rows(|_| true).iter().map(key).collect();
                let new: BTreeSet<_> = prices.iter().map(key).filter(|key| !known.contains(key)).collect();
                let changed = prices
                    .iter()
                    .filter(|price| {
                        let earlier = before.rows(|region| region == price.region);
                        earlier.iter().any(|old| {
                            old.usage_type == price.usage_type
                                && old.tier_start == price.tier_start
                                && old.rate != price.rate
                        })
                    })
                    .count();
                console.note(format_args!(
                    "{} for {} kept in {}; {} new, {} changed. Later crawls use them.",
                    format::count(prices.len() as i64, Price::SCHEMA.name),
                    format::count(regions.len() as i64, "Region"),
                    store.address(),
                    new.len(),
                    changed,
                ));
            }
        }
        Ok(DONE)
    }
}
