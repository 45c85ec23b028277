//! Going on with a crawl that was cut off.
//!
//! The journal says what has been gathered and for which moment, and nothing else: accounts are listed anew,
//! role and external id are those of the configuration. Whoever could write to the journal chooses nobody
//! whom plaudit calls.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::ToSpan;
use jiff::tz::TimeZone;

use super::{Begun, CrawlRequest, Entry, Header, settings_as_begun};
use crate::config::{self, Config};
use crate::crawl::{self, Caller, Connected, CrawlSettings, Finished, Key, Organization, Wanted};
use crate::error::{Error, Result};
use crate::store::{JournalReader, Store, snapshot_id};
use crate::table::Account;

/// What a journal and a configuration come to: what will be asked when the crawl goes on.
#[derive(Clone, Debug)]
pub struct Agreed {
    /// What the crawl is told.
    pub settings: CrawlSettings,
    /// The accounts that are called.
    pub accounts: Vec<Account>,
    /// What is not asked again.
    pub finished: Finished,
}

/// What going on with a crawl would ask, without asking anybody: `journal` is that of the snapshot `id`,
/// and `listed` are the accounts that the organization has now.
///
/// # Errors
///
/// Where the journal cannot be read, or is that of another crawl than the one that is configured.
pub fn agree(
    journal: &Path,
    id: &str,
    config: &Config,
    wanted: &Wanted,
    callers: &[Caller],
    listed: Organization,
) -> Result<Agreed> {
    let mut reader = JournalReader::open(journal)?;
    let header = header(&mut reader, journal, id, config, wanted, callers)?
        .ok_or_else(|| nothing_gathered(journal))?;
    let header = with_accounts_of(header, listed, journal)?;
    let finished = finished(&mut reader, config)?;
    let settings = settings_as_begun(config, wanted, &header);
    Ok(Agreed { settings, accounts: header.organization.accounts, finished })
}

/// What the latest crawl that was cut off has finished: what going on with it would not ask again.
pub fn finished_of(
    store: &Store,
    config: &Config,
    wanted: &Wanted,
    connected: &[Connected],
    listed: Organization,
) -> Result<Finished> {
    let id = latest(store)?;
    let callers: Vec<Caller> = connected.iter().map(|one| one.caller.clone()).collect();
    Ok(agree(&store.journal(&id), &id, config, wanted, &callers, listed)?.finished)
}

/// Goes on with the latest crawl that was cut off.
pub(super) async fn resume(request: &CrawlRequest<'_>) -> Result<Begun> {
    let store = request.store;
    let id = latest(store)?;
    // Opened for appending first: that cuts off what a killed process left at the end.
    let journal = store.begin_journal(&id)?;
    let path = store.journal(&id);
    let mut reader = JournalReader::open(&path)?;
    let callers: Vec<Caller> = request.connected.iter().map(|one| one.caller.clone()).collect();
    let Some(header) = header(&mut reader, &path, &id, request.config, request.wanted, &callers)? else {
        store.forget_partial(&id);
        return Err(nothing_gathered(&path));
    };
    let settings = settings_as_begun(request.config, request.wanted, &header);
    let listed = crawl::organization(request.connected, &settings, &request.tally).await?;
    let header = with_accounts_of(header, listed, &path)?;
    let finished = finished(&mut reader, request.config)?;
    Ok(Begun { id, header, journal, finished })
}

fn latest(store: &Store) -> Result<String> {
    store.partials().last().cloned().ok_or_else(|| {
        Error::usage("there is no crawl to go on with")
            .at(store.address())
            .hint("leave --resume out to begin a new one")
    })
}

fn nothing_gathered(journal: &Path) -> Error {
    Error::usage("the crawl was cut off before it had gathered anything")
        .at(journal.display())
        .hint("leave --resume out to begin a new one")
}

/// The beginning of a journal, if it is that of the crawl that is configured now; `None` where there is none.
fn header(
    reader: &mut JournalReader,
    journal: &Path,
    id: &str,
    config: &Config,
    wanted: &Wanted,
    callers: &[Caller],
) -> Result<Option<Header>> {
    let Some((_, Entry::Header(header))) = reader.next_entry::<Entry>()? else { return Ok(None) };
    let last = header.taken_at.to_zoned(TimeZone::UTC).date();
    // The window's end is the day of the crawl, and no configuration gives a longer one.
    let is_whole = snapshot_id(header.taken_at) == id
        && header.window.1 == last
        && header.window.0 <= last
        && header.window.0 >= last.saturating_sub((config::MAX_WINDOW_DAYS - 1).days());
    if !is_whole {
        return Err(Error::failed("the journal is that of another moment than its folder says")
            .at(journal.display())
            .hint("somebody has changed it: remove the folder and crawl anew"));
    }
    if callers != header.callers {
        let account = |caller: &Caller| caller.account_id.escape_debug().to_string();
        let callers: Vec<String> = header.callers.iter().map(account).collect();
        return Err(Error::usage("the crawl was begun by another caller")
            .at(journal.display())
            .hint(format!("go on with the credentials of account {}", callers.join(", "))));
    }
    let settings = settings_as_begun(config, wanted, &header);
    if header.role_name != settings.role_name {
        return Err(differs("role", &header.role_name, &settings.role_name, journal));
    }
    if header.regions != settings.regions {
        let (then, now) = (header.regions.join(", "), settings.regions.join(", "));
        return Err(differs("list of Regions", &then, &now, journal));
    }
    if header.tables != wanted.tables() {
        let told = |tables: Option<Vec<String>>| tables.map_or("all".to_owned(), |tables| tables.join(", "));
        let (then, now) = (told(header.tables.clone()), told(wanted.tables()));
        return Err(differs("list of tables to fill, by --only or rules switched off", &then, &now, journal));
    }
    Ok(Some(*header))
}

fn differs(what: &str, then: &str, now: &str, journal: &Path) -> Error {
    Error::usage(format!(
        "the crawl was begun with another {what}: `{}`, and not `{now}`",
        then.escape_debug()
    ))
    .at(journal.display())
    .hint("set it as it was, or leave --resume out to begin a new crawl")
}

/// The beginning of a crawl with those of its accounts that are listed now.
fn with_accounts_of(mut header: Header, now: Organization, journal: &Path) -> Result<Header> {
    let id = |organization: &Organization| organization.organization_id.clone().unwrap_or_default();
    if id(&header.organization) != id(&now) {
        return Err(differs("organization", &id(&header.organization), &id(&now), journal));
    }
    let begun: BTreeSet<String> =
        header.organization.accounts.iter().map(|account| account.account_id.clone()).collect();
    header.organization.accounts = now.accounts;
    header.organization.accounts.retain(|account| begun.contains(&account.account_id));
    Ok(header)
}

/// What need not be asked again. An account is entered anew where the Regions that its entry names are none,
/// or none of those that are configured.
fn finished(reader: &mut JournalReader, config: &Config) -> Result<Finished> {
    let may_be_asked = |region: &String| {
        let configured = &config.crawl.regions;
        config::check_region(region).is_ok() && (configured.is_empty() || configured.contains(region))
    };
    let mut finished = Finished::default();
    while let Some(raw) = reader.next_raw()? {
        if raw.is_note {
            continue;
        }
        let Entry::Gathered(part) = reader.read::<Entry>(&raw)? else { continue };
        match part.key {
            Key::Account(id) if part.regions.iter().all(may_be_asked) => {
                finished.accounts.insert(id, part.regions);
            }
            Key::Account(_) => {}
            Key::Region(account, region) => drop(finished.regions.insert((account, region))),
        }
    }
    Ok(finished)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::bill::Bills;
    use crate::crawl::Gathered;
    use crate::store::Journal;
    use crate::table::Tables;

    const ID: &str = "20261122T061900Z";

    fn beginning() -> Header {
        Header {
            taken_at: "2026-11-22T06:19:00Z".parse().unwrap(),
            window: (date(2026, 8, 25), date(2026, 11, 22)),
            callers: Vec::new(),
            organization: Organization::default(),
            role_name: Config::default().crawl.role_name,
            regions: Vec::new(),
            bills: Bills::default(),
            tables: None,
        }
    }

    /// What a journal with such a beginning, and an account with such Regions, comes to.
    fn agreed(header: Header, regions: &[&str], config: &Config) -> Result<Agreed> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut journal = Journal::open(&path).unwrap();
        journal.append(&Entry::Header(Box::new(header))).unwrap();
        let part = Gathered {
            key: Key::Account("111122223333".to_owned()),
            regions: regions.iter().map(|region| (*region).to_owned()).collect(),
            tables: Tables::default(),
        };
        journal.append(&Entry::Gathered(Box::new(part))).unwrap();
        agree(&path, ID, config, &Wanted::everything(), &[], Organization::default())
    }

    #[test]
    fn an_account_is_entered_anew_where_the_journal_names_regions_that_are_none() {
        let entered = |regions: &[&str]| {
            let agreed = agreed(beginning(), regions, &Config::default()).unwrap();
            agreed.finished.accounts.contains_key("111122223333")
        };
        assert!(entered(&["us-east-1", "eu-west-1"]));
        for region in ["", "evil.example/x?", "us-east-1.evil.example", "us-east-1\u{1b}[2J", "127.0.0.1"] {
            assert!(!entered(&["us-east-1", region]), "{region:?}");
        }
        let mut config = Config::default();
        config.crawl.regions = vec!["us-east-1".to_owned()];
        let header = Header { regions: config.crawl.regions.clone(), ..beginning() };
        let agreed = agreed(header, &["eu-west-1"], &config).unwrap();
        assert!(agreed.finished.accounts.is_empty(), "a Region that is not configured");
    }

    #[test]
    fn a_journal_of_another_moment_or_of_more_days_than_can_be_asked_for_is_refused() {
        let (first, last) = beginning().window;
        for header in [
            Header { taken_at: "2026-11-22T06:19:01Z".parse().unwrap(), ..beginning() },
            Header { window: (first, last.tomorrow().unwrap()), ..beginning() },
            Header { window: (last.tomorrow().unwrap(), last), ..beginning() },
            Header { window: (date(2025, 8, 24), last), ..beginning() },
            Header { window: (date(-9999, 1, 1), date(9999, 12, 31)), ..beginning() },
        ] {
            let refused = agreed(header, &[], &Config::default()).unwrap_err().to_string();
            assert!(refused.contains("the journal is that of another moment"), "{refused}");
        }
        let header = Header { window: (date(2025, 8, 25), last), ..beginning() };
        agreed(header, &[], &Config::default()).unwrap();
    }

    #[test]
    fn a_crawl_that_asked_for_less_is_not_gone_on_with_as_one_that_asks_for_all() {
        let less = Header { tables: Some(vec!["vpc_endpoint".to_owned()]), ..beginning() };
        let refused = agreed(less, &[], &Config::default()).unwrap_err().to_string();
        assert!(refused.contains("--only"), "{refused}");
    }
}
