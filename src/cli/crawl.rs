//! `plaudit crawl`

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use tokio::sync::Notify;

use super::bounded::signal;
use super::console::Console;
use super::options::{CrawlOptions, Global, RuleOptions, SharedOptions, StoreOptions, announce, reach};
use super::progress::Progress;
use super::{DONE, INCOMPLETE};
use crate::audit::{self, CrawlRequest};
use crate::config::Config;
use crate::crawl::{self, Budget, Connected, Tally, Wanted};
use crate::error::{Error, Result};
use crate::format;
use crate::report::{self, Completeness};
use crate::store::{Store, StoredSnapshot};
use crate::table::{Operation, Outcome};

/// Crawls and keeps a snapshot, without running rules.
#[derive(Args)]
pub struct Crawl {
    #[command(flatten)]
    crawl: CrawlOptions,

    #[command(flatten)]
    store: StoreOptions,

    #[command(flatten)]
    shared: SharedOptions,

    #[command(flatten)]
    rules: RuleOptions,

    /// Exit with 4 where an account, Region or operation was not audited
    #[arg(long)]
    require_complete: bool,
}

impl Crawl {
    pub async fn run(self, global: &Global, console: &mut Console) -> Result<u8> {
        let mut config = global.load()?;
        self.crawl.apply(&mut config)?;
        self.shared.apply(&mut config);
        let wanted = self.rules.wanted(&config)?;
        let store = self.store.open(&config).await?;
        announce(&config, Some(&store), console);
        store.check_writable().await?;
        let connected = crawl::connect(&config.crawl.profiles, reach(&config)).await?;
        let (snapshot, completeness) =
            crawl(&config, &wanted, &connected, &store, &self.crawl, console).await?;
        check_something(&completeness, &snapshot)?;
        console.note(format_args!(
            "audited {} of {} accounts in full; `plaudit check` runs the rules over the snapshot",
            completeness.complete, completeness.accounts
        ));
        console.data(|out| writeln!(out, "{}", snapshot.id()))?;
        Ok(if self.require_complete && !completeness.is_everything() { INCOMPLETE } else { DONE })
    }
}

/// Crawls with progress, and says where the snapshot is and how much was audited.
pub async fn crawl(
    config: &Config,
    wanted: &Wanted,
    connected: &[Connected],
    store: &Store,
    options: &CrawlOptions,
    console: &mut Console,
) -> Result<(StoredSnapshot, Completeness)> {
    if store.is_open_to_others() {
        console.note(format_args!(
            "others may open the folder {address}; only what plaudit adds is kept to you\n\
             hint: `chmod -R go= {address}` closes the rest, and `shared = true` below [store] opens all of it",
            address = store.address()
        ));
    }
    if let Some(id) = store.cut_off().filter(|_| !options.resume) {
        console.note(format_args!(
            "an earlier crawl, {id}, was cut off and is kept; `--resume` goes on with it instead of beginning anew"
        ));
    }
    let tally = Arc::new(Tally::default());
    let budget = Arc::new(Budget::new(options.max_cost));
    let stop = Arc::new(Notify::new());
    let is_over = Arc::new(AtomicBool::new(false));
    let ended_by = Arc::new(AtomicU8::new(super::DONE));
    // It goes on when the crawl is over: from now on, no signal ends the process by itself.
    let watched = (stop.clone(), is_over.clone(), ended_by.clone());
    tokio::spawn(stop_at_signal(watched, store.address(), console.clone()));
    let progress = Progress::start(console, tally.clone());
    let begun = std::time::Instant::now();
    let request = CrawlRequest {
        config,
        wanted,
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
    is_over.store(true, Ordering::Relaxed);
    let snapshot = match (crawled, ended_by.load(Ordering::Relaxed)) {
        (Err(error), status) if status != super::DONE => {
            console.error(&error);
            std::process::exit(i32::from(status));
        }
        (crawled, _) => crawled?,
    };
    // Costs that rest on less than what was named look like costs that rest on all of it.
    let tables = snapshot.tables(Completeness::TABLES.iter().copied()).await?;
    let completeness = Completeness::read(&mut report::engine(&tables, snapshot.id()))?;
    for gap in completeness.bills.iter().chain(&completeness.remarks).chain(&completeness.cost_explorer) {
        console.warn(format_args!("{gap}\nhint: `plaudit report bills` says more"));
    }
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
    Ok((snapshot, completeness))
}

/// A crawl that was told to stop has so long to write down what it has. Then it ends as it stands: what is
/// in the journal by then is whole.
const GRACE: Duration = Duration::from_millis(1500);

/// The first Ctrl-C (SIGTERM, SIGHUP) ends the crawl in order, a second one at once, and so does the first where
/// the crawl is over or does not listen. Runs on a thread of its own, whatever others are busy with.
async fn stop_at_signal(
    (stop, is_over, ended_by): (Arc<Notify>, Arc<AtomicBool>, Arc<AtomicU8>),
    store: String,
    mut console: Console,
) {
    let Ok(first) = signal() else { return };
    let status = first.await;
    if is_over.load(Ordering::Relaxed) {
        std::process::exit(i32::from(status));
    }
    ended_by.store(status, Ordering::Relaxed);
    stop.notify_one();
    if let Ok(second) = signal() {
        tokio::select! {
            _ = second => {}
            () = tokio::time::sleep(GRACE) => {}
        }
    }
    if is_over.load(Ordering::Relaxed) {
        std::process::exit(i32::from(status));
    }
    let error = Error::failed("the crawl was stopped at once")
        .at(store)
        .hint("what it had gathered is kept: go on with the same command and --resume");
    console.error(&error);
    std::process::exit(i32::from(status));
}

/// A run in which nothing could be audited has failed, though its snapshot tells why.
pub fn check_something(completeness: &Completeness, snapshot: &StoredSnapshot) -> Result<()> {
    if !completeness.is_nothing() {
        return Ok(());
    }
    let reason = completeness.reasons.first().map_or("", |(reason, _)| reason.as_str());
    let whom = match completeness.accounts {
        1 => "the account could not be audited".to_owned(),
        accounts => format!("none of {accounts} accounts could be audited"),
    };
    let because = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    let remedy = if reason.starts_with(Outcome::NotEnabled.as_str()) {
        "check the Regions' codes (--regions, or `regions` below [crawl]), or enable them in the accounts"
    } else if reason.starts_with(Outcome::Skipped.as_str()) {
        "name accounts that are active"
    } else if reason.contains(Operation::StsAssumeRole.name()) {
        "check the role's name (--role-name) and its trust policy"
    } else if reason.starts_with(Outcome::Denied.as_str()) {
        "check what the role may do: `plaudit iam policy` prints what it needs"
    } else {
        "check the way to AWS: HTTPS_PROXY, NO_PROXY, AWS_CA_BUNDLE, AWS_ENDPOINT_URL"
    };
    let id = snapshot.id();
    Err(Error::nothing_audited(format!("{whom}{because}"))
        .at(format!("snapshot {id}, kept, but not as the latest"))
        .hint(format!("{remedy}; `plaudit report coverage --snapshot {id}` lists what came of each call")))
}
