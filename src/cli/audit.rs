//! `plaudit audit`

use clap::Args;

use super::check::check;
use super::console::Console;
use super::crawl::crawl;
use super::options::{CheckOptions, CrawlOptions, Global, StoreOptions};
use crate::crawl::Connection;
use crate::error::Result;

/// Crawls, checks and reports in one go.
#[derive(Args)]
pub struct Audit {
    #[command(flatten)]
    crawl: CrawlOptions,

    #[command(flatten)]
    store: StoreOptions,

    #[command(flatten)]
    check: CheckOptions,
}

impl Audit {
    pub async fn run(self, global: &Global, console: &mut Console) -> Result<u8> {
        let mut config = global.load()?;
        self.crawl.apply(&mut config)?;
        // A broken rule is found before the first call to AWS.
        let catalogue = self.check.catalogue(&config)?;
        let store = self.store.open(&config).await?;
        let connection = Connection::load(config.crawl.profile.as_deref()).await;
        let mut snapshot = crawl(&config, &connection, &store, self.crawl.resume, console).await?;
        check(&store, &mut snapshot, &catalogue, &config, &self.check, console).await
    }
}
