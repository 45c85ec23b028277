//! `plaudit audit`

use clap::Args;

use super::DONE;
use super::check::check_within_limits;
use super::console::Console;
use super::crawl::{check_something, crawl as crawl_with_progress};
use super::options::{CheckOptions, CrawlOptions, Global, SharedOptions, StoreOptions, announce, reach};
use super::preflight::preflight;
use crate::crawl;
use crate::error::Result;

/// Crawls, checks and reports in one go.
#[derive(Args)]
pub struct Audit {
    #[command(flatten)]
    crawl: CrawlOptions,

    #[command(flatten)]
    store: StoreOptions,

    #[command(flatten)]
    shared: SharedOptions,

    #[command(flatten)]
    check: CheckOptions,

    /// Try the way into every account, and every permission that can be tried; crawl nothing. Exits with 4 if
    /// one is missing
    #[arg(long)]
    preflight: bool,
}

impl Audit {
    pub async fn run(self, global: &Global, console: &mut Console) -> Result<u8> {
        let mut config = global.load()?;
        self.crawl.apply(&mut config)?;
        self.shared.apply(&mut config);
        let flags = global.arguments(global.config.as_deref());
        // A broken rule is found before the first call to AWS.
        let status = self.check.try_rules(&config, flags.clone()).await?;
        if status != DONE {
            return Ok(status);
        }
        if self.preflight {
            return preflight(&config, console).await;
        }
        let store = self.store.open(&config).await?;
        announce(&config, Some(&store), console);
        store.check_writable().await?;
        let wanted = self.check.rules.wanted(&config)?;
        let connected = crawl::connect(&config.crawl.profiles, reach(&config)).await?;
        let (snapshot, completeness) =
            crawl_with_progress(&config, &wanted, &connected, &store, &self.crawl, console).await?;
        check_something(&completeness, &snapshot)?;
        let place = self.store.store.as_ref().unwrap_or(&config.store.path);
        check_within_limits(place, config.store.shared, &snapshot, &self.check, flags).await
    }
}
