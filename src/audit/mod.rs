//! The pipeline, and the one place that knows every stage: crawl, derive, store, check.

mod billing;
mod fail_on;
mod prices;
mod resume;
mod scope;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, mpsc};

use crate::bill::Bills;
use crate::config::Config;
use crate::crawl::{
    self, Budget, Caller, Connected, CrawlSettings, Finished, Gathered, Key, Organization, Selection,
    SessionSettings, Tally, Wanted,
};
use crate::derive::{self, Billing, CrawlFacts, Learned};
use crate::error::{Error, Result};
use crate::parallel;
use crate::price::PriceList;
use crate::report::{self, Explanation, Subject, Verdict};
use crate::rule::{self, Catalogue, Facts, Findings, Resource};
use crate::store::{
    Journal, JournalReader, Manifest, Position, SCHEMA_VERSION, Store, StoredSnapshot, snapshot_id,
};
use crate::table::{self, Snapshot, TableSchema, Tables};

pub use fail_on::{FailOn, Failing, failing};
pub use prices::{price_list, refresh_prices};
pub use resume::{Agreed, agree, finished_of};
use scope::Scope;

/// Parts that may wait for the journal.
const WAITING: usize = 64;

/// The first entry of a journal: what a later run needs to go on as if nothing had happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Header {
    taken_at: Timestamp,
    window: (Date, Date),
    callers: Vec<Caller>,
    organization: Organization,
    role_name: String,
    regions: Vec<String>,
    bills: Bills,
    /// The tables for whose sake AWS is asked; `None` where all are wanted.
    tables: Option<Vec<String>>,
}

#[derive(Debug, Serialize, Deserialize)]
enum Entry {
    Header(Box<Header>),
    Gathered(Box<Gathered>),
}

/// What is noted before a part, so that the whole can be put in order without reading it.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    key: Key,
    learned: Learned,
}

/// What a crawl is given besides the configuration.
pub struct CrawlRequest<'a> {
    /// The configuration, flags applied.
    pub config: &'a Config,
    /// What is asked for.
    pub wanted: &'a Wanted,
    /// How AWS is reached, and by whom.
    pub connected: &'a [Connected],
    /// Where the snapshot goes.
    pub store: &'a Store,
    /// Goes on with the latest crawl that was cut off.
    pub resume: bool,
    /// The moment that the snapshot stands for.
    pub now: Timestamp,
    /// Counts for a progress bar.
    pub tally: Arc<Tally>,
    /// The most that AWS may charge for the crawl.
    pub budget: Arc<Budget>,
    /// Ends the crawl in order: what was gathered is kept.
    pub stop: Arc<Notify>,
}

/// Crawls, derives, and writes the snapshot.
pub async fn crawl(request: CrawlRequest<'_>) -> Result<StoredSnapshot> {
    request.store.check_writable().await?;
    let prices = price_list(request.store).await?;
    let begun = begin(&request).await?;
    let (id, header) = (begun.id.clone(), begun.header.clone());
    gather(&request, begun).await?;
    let scope = scope::of(request.config, &header);
    write(request.store, &id, (&header, scope), &prices).await?;
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
        return resume::resume(request).await;
    }
    let config = request.config;
    let mut taken_at = Timestamp::from_second(request.now.as_second()).unwrap_or(request.now);
    let existing: BTreeSet<String> =
        request.store.snapshots().await?.into_iter().chain(request.store.partials()).collect();
    while existing.contains(&snapshot_id(taken_at)) {
        // Two runs in one second: the later one takes the next.
        taken_at += 1.second();
    }
    let settings = settings(config, request.wanted, taken_at);
    let mut organization = crawl::organization(request.connected, &settings, &request.tally).await?;
    let (bills, asked) = billing::bills(request, &settings, &organization).await?;
    organization.coverage.extend(asked);
    let header = Header {
        taken_at,
        window: settings.window,
        callers: request.connected.iter().map(|one| one.caller.clone()).collect(),
        organization,
        role_name: settings.role_name,
        regions: settings.regions,
        bills,
        tables: request.wanted.tables(),
    };
    let id = snapshot_id(taken_at);
    let mut journal = request.store.begin_journal(&id)?;
    journal.append(&Entry::Header(Box::new(header.clone())))?;
    Ok(Begun { id, header, journal, finished: Finished::default() })
}

/// What rules read, and the configuration with them: all there is, unless some rules are switched off.
pub fn wanted(catalogue: &Catalogue, config: &Config) -> Wanted {
    if catalogue.iter().all(|rule| rule.enabled) {
        return Wanted::everything();
    }
    let tags = config.waivers.iter().any(|waiver| waiver.tag.is_some()).then_some("tag");
    let rules = catalogue.iter().filter(|rule| rule.enabled);
    Wanted::of_tables(rules.flat_map(rule::Rule::tables).chain(tags))
}

/// What the crawl is told for a snapshot of a moment.
pub fn settings(config: &Config, wanted: &Wanted, taken_at: Timestamp) -> CrawlSettings {
    let crawl = &config.crawl;
    let last = taken_at.to_zoned(TimeZone::UTC).date();
    CrawlSettings {
        role_name: crawl.role_name.clone(),
        external_id: crawl.external_id.clone(),
        session: SessionSettings {
            name: crawl.session_name.clone().unwrap_or_else(|| format!("plaudit-{}", snapshot_id(taken_at))),
            source_identity: crawl.source_identity.clone(),
            is_narrowed: crawl.session_policy,
        },
        regions: crawl.regions.clone(),
        selection: Selection {
            accounts: crawl.accounts.clone(),
            exclude_accounts: crawl.exclude_accounts.clone(),
            organizational_units: crawl.organizational_units.clone(),
            exclude_organizational_units: crawl.exclude_organizational_units.clone(),
            account_tags: crawl.account_tags.clone(),
        },
        max_concurrency: crawl.max_concurrency,
        rate_share: crawl.rate_share,
        taken_at,
        window: (last.saturating_sub((config.window_days - 1).days()), last),
        wanted: wanted.clone(),
    }
}

/// What the crawl is told by the configuration, for the moment and the days for which it began.
fn settings_as_begun(config: &Config, wanted: &Wanted, header: &Header) -> CrawlSettings {
    CrawlSettings { window: header.window, ..settings(config, wanted, header.taken_at) }
}

/// Crawls what is missing and keeps each part as it comes.
async fn gather(request: &CrawlRequest<'_>, begun: Begun) -> Result<()> {
    let (sender, mut receiver) = mpsc::channel::<Gathered>(WAITING);
    let mut journal = begun.journal;
    let earlier = begun.finished.regions.len();
    let days = window_days(&begun.header);
    let keeper = tokio::task::spawn_blocking(move || -> Result<usize> {
        let mut kept = earlier;
        while let Some(part) = receiver.blocking_recv() {
            kept += usize::from(matches!(part.key, Key::Region(..)));
            journal
                .append_note(&Note { key: part.key.clone(), learned: derive::learn(&part.tables, days) })?;
            journal.append(&Entry::Gathered(Box::new(part)))?;
        }
        Ok(kept)
    });
    let stopped = tokio::select! {
        () = crawl::crawl(
            request.connected.to_vec(),
            settings_as_begun(request.config, request.wanted, &begun.header),
            begun.header.organization.accounts.clone(),
            begun.finished,
            request.tally.clone(),
            request.budget.clone(),
            sender,
        ) => false,
        () = request.stop.notified() => true,
    };
    // The crawl is gone by now and the channel closed, so the journal is written to its end.
    let kept = keeper.await.unwrap_or_else(|error| {
        Err(Error::failed(format!("what was gathered could not be kept: {error}"))
            .at(request.store.journal(&begun.id).display())
            .hint("go on with --resume"))
    })?;
    if stopped {
        return Err(Error::failed(format!("the crawl was stopped; {kept} accounts x Regions are kept"))
            .at(format!("snapshot {} in {}", begun.id, request.store.address()))
            .hint("go on with the same command and --resume: AWS is not asked again for what is kept"));
    }
    Ok(())
}

/// Reads the journal twice: its notes, to learn what has to be known of the whole, in whatever order
/// parts came; and its parts in a fixed order, to derive and write. Only one of them is in memory at any
/// time.
async fn write(
    store: &Store,
    id: &str,
    (header, scope): (&Header, Scope),
    prices: &PriceList,
) -> Result<Manifest> {
    let journal = store.journal(id);
    let mut reader = JournalReader::open(&journal)?;
    let accounts: BTreeSet<&str> =
        header.organization.accounts.iter().map(|account| account.account_id.as_str()).collect();
    let mut parts: BTreeMap<Key, (Position, Learned)> = BTreeMap::new();
    let mut noted: Option<Note> = None;
    while let Some(raw) = reader.next_raw()? {
        match (noted.take(), raw.is_note) {
            // A note whose part was cut off is replaced by the next one.
            (_, true) => noted = Some(reader.read(&raw)?),
            // A part that was sent twice, once before and once after a cut, is kept once.
            (Some(Note { key, learned }), false) => {
                let (Key::Account(account) | Key::Region(account, _)) = &key;
                if accounts.contains(account.as_str()) {
                    parts.entry(key).or_insert((raw.position, learned));
                }
            }
            // The beginning, which is known.
            (None, false) => {}
        }
    }
    let window_days = window_days(header);
    let mut facts = CrawlFacts::new(window_days, Billing::new(&header.bills, header.window));
    let mut regions: BTreeSet<String> = facts
        .billing
        .scopes()
        .map(|(_, region)| region.clone())
        .filter(|region| !region.is_empty())
        .collect();
    for (key, (_, learned)) in &mut parts {
        if let Key::Region(_, region) = key {
            regions.insert(region.clone());
            facts.add(std::mem::take(learned));
        }
    }
    let mut writer = store.write(id, &stored_schemas())?;
    writer.append(about(header, id, window_days, prices, &regions))?;
    let mut nothing_audited = true;
    // While one part is written, the next ones are read and derived from.
    let places: Vec<(&Key, Position)> = parts.iter().map(|(key, (position, _))| (key, *position)).collect();
    parallel::in_order(
        &places,
        parallel::processors(),
        || JournalReader::open(&journal),
        |reader, (key, position)| {
            let mut part = tables(reader.as_mut().map_err(|error| error.clone())?, *position)?;
            if let Key::Region(account, region) = key {
                derive::derive(account, region, &mut part, &facts, prices);
            }
            part.sort();
            Ok(part)
        },
        |_, part: Result<Tables>| {
            let part = part?;
            nothing_audited &= !scope::has_answers(&part.coverage);
            writer.append(part)
        },
    )?;
    for (account, region) in facts.billing.scopes() {
        if !parts.contains_key(&Key::Region(account.clone(), region.clone())) {
            let mut part = derive::derive_unseen(account, region, &facts, prices);
            part.sort();
            writer.append(part)?;
        }
    }
    let taken_at = header.taken_at;
    writer
        .finish(|tables| Manifest {
            id: id.to_owned(),
            taken_at,
            schema_version: SCHEMA_VERSION,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            scope,
            nothing_audited,
            tables,
        })
        .await
}

fn window_days(header: &Header) -> i64 {
    i64::from((header.window.1 - header.window.0).get_days()) + 1
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
            caller_account_id: header
                .callers
                .first()
                .map_or_else(String::new, |caller| caller.account_id.clone()),
            account_source: organization.source.map_or("", |source| source.as_str()).to_owned(),
            accounts_complete: organization.is_whole,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        }],
        account: organization.accounts.clone(),
        coverage: organization.coverage.clone(),
        price: prices.rows(|region| regions.contains(region)),
        bill: header.bills.bill.clone(),
        charge: header.bills.charge.clone(),
        ..Tables::default()
    };
    tables.sort();
    tables
}

/// All tables that a crawl writes. Results come with the first check.
fn stored_schemas() -> Vec<&'static TableSchema> {
    table::SCHEMAS.iter().copied().filter(|schema| !table::RESULTS.contains(&schema.name)).collect()
}

/// Runs the rules over a snapshot and keeps what they found with it, the resources in order too if
/// `include_ok` says so.
pub async fn check(
    snapshot: &mut StoredSnapshot,
    catalogue: &Catalogue,
    config: &Config,
    include_ok: bool,
) -> Result<Findings> {
    let enabled = catalogue.iter().filter(|rule| rule.enabled);
    let read = enabled.flat_map(rule::Rule::tables).chain(rule::FACTS.iter().copied());
    let facts = Facts { include_ok, ..facts(snapshot, config, read).await? };
    let findings = rule::check(catalogue.iter(), &facts, &config.waivers)?;
    snapshot.replace(&findings.findings).await?;
    snapshot.replace(&findings.outcomes).await?;
    snapshot.replace(&findings.waivers).await?;
    Ok(findings)
}

/// What the rules are run over.
async fn facts<'a>(
    snapshot: &StoredSnapshot,
    config: &Config,
    read: impl Iterator<Item = &'a str>,
) -> Result<Facts> {
    let about: Snapshot = snapshot.rows::<Snapshot>().await?.pop().ok_or_else(|| {
        Error::failed("the snapshot does not say when it was taken").hint("take a new snapshot")
    })?;
    // Every version has written this one, and every judgement names accounts.
    if !snapshot.has("account") {
        return Err(Error::failed("the snapshot's manifest names no table of accounts")
            .at(format!("snapshot {}", snapshot.id()))
            .hint("restore the manifest, or take a new snapshot"));
    }
    let mut tables = snapshot.tables(read).await?;
    tables.retain(|name, _| snapshot.has(name));
    Ok(Facts {
        tables,
        window_days: about.window_days,
        today: about.window_end,
        tags: config.tags.clone(),
        include_ok: false,
    })
}

/// All that a snapshot tells of one resource, with what each rule says of it.
pub async fn explain(
    snapshot: &StoredSnapshot,
    catalogue: &Catalogue,
    config: &Config,
    resource: &str,
) -> Result<Explanation> {
    let all = table::SCHEMAS.iter().map(|schema| schema.name);
    let facts = facts(snapshot, config, all).await?;
    let mut engine = report::engine(&facts.tables, snapshot.id());
    let subject = Subject::find(&mut engine, resource)
        .map_err(|error| error.at(format!("snapshot {}", snapshot.id())))?;
    let (account_id, region) = subject.scope();
    let asked = Resource { kind: subject.kind(), id: subject.id(), account_id, region };
    let said = rule::judge(catalogue.iter(), &facts, &config.waivers, asked)?;
    let verdicts = said
        .into_iter()
        .map(|(rule, findings)| Verdict {
            rule_id: rule.id.clone(),
            title: rule.header.title.clone(),
            findings,
        })
        .collect();
    Explanation::read(&mut engine, subject, verdicts)
}
