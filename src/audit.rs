//! The pipeline, and the one place that knows every stage: crawl, derive, store, check.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::config::Config;
use crate::crawl::{self, Caller, Connection, CrawlSettings, Finished, Gathered, Key, Organization, Tally};
use crate::derive::{self, CrawlFacts};
use crate::error::{Error, Result};
use crate::price::PriceList;
use crate::rule::{self, Catalogue, Facts, Findings};
use crate::store::{
    Journal, JournalReader, Manifest, Position, SCHEMA_VERSION, Store, StoredSnapshot, snapshot_id,
};
use crate::table::{self, Finding, Severity, Snapshot, Status, TableSchema, Tables};

/// Parts that may wait for the journal.
const WAITING: usize = 64;

/// The first entry of a journal: what a later run needs to go on as if nothing had happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Header {
    taken_at: Timestamp,
    window: (Date, Date),
    caller: Caller,
    organization: Organization,
    role_name: String,
    external_id: Option<String>,
    regions: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
enum Entry {
    Header(Box<Header>),
    Gathered(Box<Gathered>),
}

/// What a crawl is given besides the configuration.
pub struct CrawlRequest<'a> {
    /// The configuration, flags applied.
    pub config: &'a Config,
    /// How AWS is reached.
    pub connection: &'a Connection,
    /// Where the snapshot goes.
    pub store: &'a Store,
    /// Goes on with the latest crawl that was cut off.
    pub resume: bool,
    /// The moment that the snapshot stands for.
    pub now: Timestamp,
    /// Counts for a progress bar.
    pub tally: Arc<Tally>,
}

/// Crawls, derives, and writes the snapshot.
pub async fn crawl(request: CrawlRequest<'_>) -> Result<StoredSnapshot> {
    let prices = PriceList::shipped()?;
    request.store.check_writable().await?;
    let begun = begin(&request).await?;
    let id = begun.id.clone();
    let journal = request.store.partial(&id).join("journal");
    gather(&request, begun, &journal).await?;
    write(request.store, &id, &journal, &prices).await?;
    request.store.forget_partial(&id);
    request.store.open(Some(&id)).await
}

/// A crawl that is under way.
struct Begun {
    id: String,
    header: Header,
    journal: Journal,
    finished: Finished,
}

async fn begin(request: &CrawlRequest<'_>) -> Result<Begun> {
    if request.resume {
        return resume(request.store);
    }
    let config = request.config;
    let caller = crawl::caller(request.connection).await?;
    let mut taken_at = Timestamp::from_second(request.now.as_second()).unwrap_or(request.now);
    let existing: BTreeSet<String> =
        request.store.snapshots().await?.into_iter().chain(request.store.partials()).collect();
    while existing.contains(&snapshot_id(taken_at)) {
        // Two runs in one second: the later one takes the next.
        taken_at += 1.second();
    }
    let last = taken_at.to_zoned(TimeZone::UTC).date();
    let first = last.saturating_sub((config.window_days - 1).days());
    let mut header = Header {
        taken_at,
        window: (first, last),
        caller,
        organization: Organization::default(),
        role_name: config.crawl.role_name.clone(),
        external_id: config.crawl.external_id.clone(),
        regions: config.crawl.regions.clone(),
    };
    let settings = settings(config, &header);
    header.organization =
        crawl::organization(request.connection, &header.caller, &settings, &request.tally).await?;
    let id = snapshot_id(taken_at);
    let folder = request.store.partial(&id);
    std::fs::create_dir_all(&folder).map_err(|error| {
        Error::failed(format!("the store could not be written: {error}"))
            .at(folder.display())
            .hint("check the folder's permissions and the free space, or name another store with --store")
    })?;
    let mut journal = Journal::open(&folder.join("journal"))?;
    journal.append(&Entry::Header(Box::new(header.clone())))?;
    Ok(Begun { id, header, journal, finished: Finished::default() })
}

/// Goes on with the latest crawl that was cut off.
fn resume(store: &Store) -> Result<Begun> {
    let partials = store.partials();
    let Some(id) = partials.last().cloned() else {
        return Err(Error::usage("there is no crawl to go on with")
            .at(store.address())
            .hint("leave --resume out to begin a new one"));
    };
    let path = store.partial(&id).join("journal");
    let mut reader = JournalReader::open(&path)?;
    let header = match reader.next_entry::<Entry>()? {
        Some((_, Entry::Header(header))) => *header,
        _ => {
            return Err(Error::failed("the crawl was cut off before it had begun")
                .at(path.display())
                .hint("remove the folder, and leave --resume out"));
        }
    };
    let mut finished = Finished::default();
    while let Some((_, entry)) = reader.next_entry::<Entry>()? {
        let Entry::Gathered(part) = entry else {
            continue;
        };
        match part.key {
            Key::Account(id) => drop(finished.accounts.insert(id, part.regions)),
            Key::Region(account, region) => drop(finished.regions.insert((account, region))),
        }
    }
    Ok(Begun { id, header, journal: Journal::open(&path)?, finished })
}

fn settings(config: &Config, header: &Header) -> CrawlSettings {
    CrawlSettings {
        role_name: header.role_name.clone(),
        external_id: header.external_id.clone(),
        regions: header.regions.clone(),
        accounts: config.crawl.accounts.clone(),
        exclude_accounts: config.crawl.exclude_accounts.clone(),
        max_concurrency: config.crawl.max_concurrency,
        taken_at: header.taken_at,
        window: header.window,
    }
}

/// Crawls what is missing and keeps each part as it comes.
async fn gather(request: &CrawlRequest<'_>, begun: Begun, path: &Path) -> Result<()> {
    let (sender, mut receiver) = mpsc::channel::<Gathered>(WAITING);
    let mut journal = begun.journal;
    let keeper = tokio::task::spawn_blocking(move || -> Result<()> {
        while let Some(part) = receiver.blocking_recv() {
            journal.append(&Entry::Gathered(Box::new(part)))?;
        }
        Ok(())
    });
    crawl::crawl(
        request.connection,
        &begun.header.caller,
        &settings(request.config, &begun.header),
        &begun.header.organization.accounts,
        &begun.finished,
        request.tally.clone(),
        sender,
    )
    .await;
    match keeper.await {
        Ok(kept) => kept,
        Err(error) => Err(Error::failed(format!("what was gathered could not be kept: {error}"))
            .at(path.display())
            .hint("go on with --resume")),
    }
}

/// Reads the journal twice in a fixed order: once to learn what has to be known of the whole, and
/// once to derive and write. Only a part of it is in memory at any time.
async fn write(store: &Store, id: &str, journal: &Path, prices: &PriceList) -> Result<Manifest> {
    let mut reader = JournalReader::open(journal)?;
    let mut header = None;
    let mut parts: BTreeMap<Key, Position> = BTreeMap::new();
    while let Some((position, entry)) = reader.next_entry::<Entry>()? {
        match entry {
            Entry::Header(first) => header = Some(*first),
            // A part that was sent twice, once before and once after a cut, is kept once.
            Entry::Gathered(part) => drop(parts.entry(part.key).or_insert(position)),
        }
    }
    let header = header.ok_or_else(|| {
        Error::failed("the journal has no beginning")
            .at(journal.display())
            .hint("crawl anew, without --resume")
    })?;
    let window_days = i64::from((header.window.1 - header.window.0).get_days()) + 1;
    let mut facts = CrawlFacts::new(window_days);
    let mut regions = BTreeSet::new();
    for (key, position) in &parts {
        if let Key::Region(_, region) = key {
            regions.insert(region.clone());
            facts.learn(&tables(&mut reader, *position)?);
        }
    }
    let mut writer = store.write(id, &stored_schemas())?;
    writer.append(about(&header, id, window_days, prices, &regions))?;
    for position in parts.values() {
        let mut part = tables(&mut reader, *position)?;
        derive::derive(&mut part, &facts, prices);
        part.sort();
        writer.append(part)?;
    }
    let taken_at = header.taken_at;
    writer
        .finish(|tables| Manifest {
            id: id.to_owned(),
            taken_at,
            schema_version: SCHEMA_VERSION,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            tables,
        })
        .await
}

fn tables(reader: &mut JournalReader, position: Position) -> Result<Tables> {
    match reader.entry::<Entry>(position)? {
        Entry::Gathered(part) => Ok(part.tables),
        Entry::Header(_) => Ok(Tables::default()),
    }
}

/// The tables about the run itself.
fn about(
    header: &Header,
    id: &str,
    window_days: i64,
    prices: &PriceList,
    regions: &BTreeSet<String>,
) -> Tables {
    let organization = &header.organization;
    let mut tables = Tables {
        snapshot: vec![Snapshot {
            id: id.to_owned(),
            taken_at: header.taken_at,
            window_start: header.window.0,
            window_end: header.window.1,
            window_days,
            organization_id: organization.organization_id.clone(),
            management_account_id: organization.management_account_id.clone(),
            caller_account_id: header.caller.account_id.clone(),
            account_source: organization.source.as_str().to_owned(),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        }],
        account: organization.accounts.clone(),
        coverage: organization.coverage.clone(),
        price: prices.rows(|region| regions.contains(region)),
        ..Tables::default()
    };
    tables.sort();
    tables
}

/// All tables that a crawl writes. Results come with the first check.
fn stored_schemas() -> Vec<&'static TableSchema> {
    let results = ["finding", "rule_outcome"];
    table::SCHEMAS.iter().copied().filter(|schema| !results.contains(&schema.name)).collect()
}

/// Runs the rules over a snapshot and keeps what they found with it.
pub async fn check(
    snapshot: &mut StoredSnapshot,
    catalogue: &Catalogue,
    config: &Config,
) -> Result<Findings> {
    let about: Snapshot = snapshot.rows::<Snapshot>().await?.pop().ok_or_else(|| {
        Error::failed("the snapshot does not say when it was taken").hint("take a new snapshot")
    })?;
    let facts = Facts {
        tables: snapshot.tables().await?,
        window_days: about.window_days,
        today: about.window_end,
        required_tags: config.required_tags.clone(),
    };
    let findings = rule::check(catalogue.iter(), &facts, &config.waivers)?;
    snapshot.replace(&findings.findings).await?;
    snapshot.replace(&findings.outcomes).await?;
    Ok(findings)
}

/// The severity from which on findings make the run fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailOn {
    /// Findings of this severity and above.
    pub severity: Severity,
    /// Only those that the snapshot before this one does not have.
    pub only_new: bool,
}

/// The alarms that make the run fail: at or above the severity, not waived, and new where that was
/// asked for.
pub async fn failing(
    store: &Store,
    snapshot: &StoredSnapshot,
    findings: &[Finding],
    fail_on: FailOn,
) -> Result<usize> {
    let key = |finding: &Finding| {
        (
            finding.rule_id.clone(),
            finding.account_id.clone(),
            finding.region.clone(),
            finding.resource_id.clone(),
        )
    };
    let mut known = BTreeSet::new();
    if fail_on.only_new {
        let earlier = store.snapshots().await?.into_iter().rfind(|id| id.as_str() < snapshot.id());
        if let Some(earlier) = earlier {
            let findings = store.open(Some(&earlier)).await?.rows::<Finding>().await?;
            known = findings.iter().filter(|finding| finding.status == Status::Alarm).map(key).collect();
        }
    }
    let counts = |finding: &&Finding| {
        finding.status == Status::Alarm
            && finding.severity <= fail_on.severity
            && finding.waived_until.is_none()
            && !known.contains(&key(finding))
    };
    Ok(findings.iter().filter(counts).count())
}
