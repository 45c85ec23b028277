//! `plaudit crawl`

use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;
use tokio::sync::Notify;

use super::console::Console;
use super::options::{CrawlOptions, Global, SharedOptions, StoreOptions, announce, reach};
use super::progress::Progress;
use super::{DONE, INCOMPLETE};
use crate::audit::{self, CrawlRequest};
use crate::config::Config;
use crate::crawl::{self, Budget, Connected, Tally};
use crate::error::{Error, Result};
use crate::format;
use crate::report::{self, Completeness};
use crate::store::{Store, StoredSnapshot};

/// Crawls and keeps a snapshot, without running rules.
#[derive(Args)]
pub struct Crawl {
    #[command(flatten)]
    crawl: CrawlOptions,

    #[command(flatten)]
    store: StoreOptions,

    #[command(flatten)]
    shared: SharedOptions,

    /// Exit with 4 where an account, Region or operation was not audited
    #[arg(long)]
    require_complete: bool,
}

impl Crawl {
    pub async fn run(self, global: &Global, console: &mut Console) -> Result<u8> {
        let mut config = global.load()?;
        self.crawl.apply(&mut config)?;
        self.shared.apply(&mut config);
        let store = self.store.open(&config).await?;
        announce(&config, Some(&store), console);
        store.check_writable().await?;
        let connected = crawl::connect(&config.crawl.profiles, reach(&config)).await?;
        let snapshot = crawl(&config, &connected, &store, &self.crawl, console).await?;
        let tables = snapshot.tables(Completeness::TABLES.iter().copied()).await?;
        let completeness = Completeness::read(&mut report::engine(&tables, snapshot.id()))?;
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
    connected: &[Connected],
    store: &Store,
    options: &CrawlOptions,
    console: &mut Console,
) -> Result<StoredSnapshot> {
    if store.is_open_to_others() {
        console.note(format_args!(
            "others may open the folder {address}; only what plaudit adds is kept to you\n\
             hint: `chmod -R go= {address}` closes the rest, and `shared = true` below [store] opens all of it",
            address = store.address()
        ));
    }
    let tally = Arc::new(Tally::default());
    let budget = Arc::new(Budget::new(options.max_cost));
    let stop = Arc::new(Notify::new());
    let watch = tokio::spawn(stop_at_signal(stop.clone()));
    let progress = Progress::start(console, tally.clone());
    let begun = std::time::Instant::now();
    let request = CrawlRequest {
        config,
        connected,
        store,
        resume: options.resume,
        now: Timestamp::now(),
        tally: tally.clone(),
        budget: budget.clone(),
        stop,
    };
    let crawled = audit::crawl(request).await;
    progress.finish();
    watch.abort();
    let snapshot = crawled?;
    let counts = tally.counts();
    let throttled =
        if counts.throttles > 0 { format!(", {} throttled", counts.throttles) } else { String::new() };
    let charged = if budget.spent() > 0.0 {
        format!(", charged {}", format::money(budget.spent()))
    } else {
        String::new()
    };
    console.note(format_args!(
        "{} calls in {:.1} s{throttled}{charged}; snapshot {} kept in {}",
        counts.requests,
        begun.elapsed().as_secs_f64(),
        snapshot.id(),
        store.address(),
    ));
    Ok(snapshot)
}

/// The first Ctrl-C (or SIGTERM) ends the crawl in order, the second one at once.
async fn stop_at_signal(stop: Arc<Notify>) {
    signal().await;
    stop.notify_one();
    signal().await;
    std::process::exit(i32::from(super::FAILED));
}

async fn signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Where signals cannot be caught the process simply ends, and the journal keeps what it has.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
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
