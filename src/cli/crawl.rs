//! `plaudit crawl`

use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;

use super::console::Console;
use super::options::{CrawlOptions, Global, StoreOptions};
use super::progress::Progress;
use super::{DONE, INCOMPLETE};
use crate::audit::{self, CrawlRequest};
use crate::config::Config;
use crate::crawl::{Connection, Tally};
use crate::error::{Error, Result};
use crate::report::{self, Completeness};
use crate::store::{Store, StoredSnapshot};

/// Crawls and keeps a snapshot, without running rules.
#[derive(Args)]
pub struct Crawl {
    #[command(flatten)]
    crawl: CrawlOptions,

    #[command(flatten)]
    store: StoreOptions,

    /// Exit with 4 where an account, Region or operation was not audited
    #[arg(long)]
    require_complete: bool,
}

impl Crawl {
    pub async fn run(self, global: &Global, console: &mut Console) -> Result<u8> {
        let mut config = global.load()?;
        self.crawl.apply(&mut config)?;
        let store = self.store.open(&config).await?;
        let connection = Connection::load(config.crawl.profile.as_deref()).await;
        let snapshot = crawl(&config, &connection, &store, self.crawl.resume, console).await?;
        let completeness = Completeness::read(&mut report::engine(&snapshot.tables().await?, snapshot.id()))?;
        check_something(&completeness, &snapshot)?;
        console.note(format_args!(
            "audited {} of {} accounts in full; `plaudit check` runs the rules over the snapshot",
            completeness.complete, completeness.accounts
        ));
        console.data(|out| writeln!(out, "{}", snapshot.id()))?;
        Ok(if self.require_complete && !completeness.is_everything() { INCOMPLETE } else { DONE })
    }
}

/// Crawls with progress, and says where the snapshot is.
pub async fn crawl(
    config: &Config,
    connection: &Connection,
    store: &Store,
    resume: bool,
    console: &mut Console,
) -> Result<StoredSnapshot> {
    let tally = Arc::new(Tally::default());
    let progress = Progress::start(console, tally.clone());
    let begun = std::time::Instant::now();
    let request =
        CrawlRequest { config, connection, store, resume, now: Timestamp::now(), tally: tally.clone() };
    let crawled = audit::crawl(request).await;
    progress.finish();
    let snapshot = crawled?;
    let counts = tally.counts();
    console.note(format_args!(
        "{} calls in {:.1} s{}; snapshot {} kept in {}",
        counts.requests,
        begun.elapsed().as_secs_f64(),
        if counts.throttles > 0 { format!(", {} throttled", counts.throttles) } else { String::new() },
        snapshot.id(),
        store.address(),
    ));
    Ok(snapshot)
}

/// A run in which nothing could be audited has failed, though its snapshot tells why.
pub fn check_something(completeness: &Completeness, snapshot: &StoredSnapshot) -> Result<()> {
    if !completeness.is_nothing() {
        return Ok(());
    }
    let reason = completeness.reasons.first().map_or_else(String::new, |(reason, _)| format!(": {reason}"));
    Err(Error::nothing_audited(format!("none of {} accounts could be audited{reason}", completeness.accounts))
        .at(format!("snapshot {}", snapshot.id()))
        .hint("`plaudit report coverage` lists what was refused; check the role's name (--role-name) and its trust policy"))
}
