//! `plaudit.toml`: read as it is written, then checked into settings that the rest can trust.
//!
//! Every key is documented in `plaudit.example.toml`, which a test loads. Flags override the file;
//! that happens in `cli`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use globset::{Glob, GlobMatcher};
use jiff::civil::Date;
use serde::Deserialize;
use toml::Spanned;

use crate::error::{Error, Result};
use crate::table::Severity;

/// The file that is read when `--config` is not given, if it exists.
pub const DEFAULT_FILE: &str = "plaudit.toml";

/// Settings, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Who is crawled, and how.
    pub crawl: CrawlConfig,
    /// Days of usage that are read, up to and including today: 1 to 455.
    pub window_days: i64,
    /// Tag keys that every endpoint and endpoint service must carry.
    pub required_tags: Vec<String>,
    /// Where snapshots are kept: a folder or `s3://bucket/prefix`.
    pub store: String,
    /// What is set for single rules, by rule id.
    pub rules: BTreeMap<String, RuleConfig>,
    /// Findings that somebody has answered for.
    pub waivers: Vec<Waiver>,
}

/// Who is crawled, and how.
#[derive(Clone, Debug)]
pub struct CrawlConfig {
    /// The role assumed in each account but the caller's own.
    pub role_name: String,
    /// The external id that the role's trust policy asks for.
    pub external_id: Option<String>,
    /// Only these Regions; empty for those that each account has enabled.
    pub regions: Vec<String>,
    /// Only these accounts; empty for the whole organization.
    pub accounts: Vec<String>,
    /// Never these accounts.
    pub exclude_accounts: Vec<String>,
    /// Only accounts below these organizational units; empty for all.
    pub organizational_units: Vec<String>,
    /// Never accounts below these.
    pub exclude_organizational_units: Vec<String>,
    /// Only accounts that carry all of these tags: key and value pattern.
    pub account_tags: Vec<(String, Pattern)>,
    /// Profiles of AWS's own configuration files. With one, its credentials begin the crawl; with
    /// several, the account of each is audited, and no organization is asked.
    pub profiles: Vec<String>,
    /// Accounts and Regions that are crawled at the same time.
    pub max_concurrency: usize,
    /// The share of AWS's published rates that is used: above 0, up to 1.
    pub rate_share: f64,
    /// How long one attempt of a call may take, in seconds.
    pub attempt_timeout_seconds: u64,
    /// How long a call may take with all of its attempts, in seconds.
    pub call_timeout_seconds: u64,
}

/// What is set for one rule.
#[derive(Clone, Debug)]
pub struct RuleConfig {
    /// `false` switches the rule off.
    pub enabled: bool,
    /// Instead of the rule's own severity.
    pub severity: Option<Severity>,
    /// Thresholds instead of the rule's own, by name.
    pub params: toml::Table,
    /// File and line of the section, for errors.
    pub place: String,
}

/// A finding that somebody has answered for: hidden from the exit status, never from an export.
#[derive(Clone, Debug)]
pub struct Waiver {
    /// The rule.
    pub rule: String,
    /// Which resources: a pattern such as `vpce-0abc*`.
    pub resource: Option<Pattern>,
    /// Which accounts, by id or name.
    pub account: Option<Pattern>,
    /// Which Regions.
    pub region: Option<Pattern>,
    /// Which tag the resource must carry: key and value pattern.
    pub tag: Option<(String, Pattern)>,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day on which it holds.
    pub expires: Date,
    /// File and line, for reports about the waiver itself.
    pub place: String,
}

/// A pattern with `*` and `?`.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    matcher: GlobMatcher,
}

impl Pattern {
    /// Compiles a pattern.
    pub fn new(text: &str) -> std::result::Result<Pattern, String> {
        let matcher = Glob::new(text).map_err(|error| error.to_string())?.compile_matcher();
        Ok(Pattern { text: text.to_owned(), matcher })
    }

    /// Whether the whole of a text fits.
    pub fn matches(&self, text: &str) -> bool {
        self.matcher.is_match(text)
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl Default for Config {
    fn default() -> Config {
        Config {
            crawl: CrawlConfig {
                role_name: "plaudit-read-only".to_owned(),
                external_id: None,
                regions: Vec::new(),
                accounts: Vec::new(),
                exclude_accounts: Vec::new(),
                organizational_units: Vec::new(),
                exclude_organizational_units: Vec::new(),
                account_tags: Vec::new(),
                profiles: Vec::new(),
                max_concurrency: 64,
                rate_share: 0.5,
                attempt_timeout_seconds: 30,
                call_timeout_seconds: 150,
            },
            window_days: 90,
            required_tags: vec!["service".to_owned()],
            store: "plaudit-store".to_owned(),
            rules: BTreeMap::new(),
            waivers: Vec::new(),
        }
    }
}

impl Config {
    /// Reads the file that was named, else `plaudit.toml` if there is one, else the defaults.
    pub fn load(named: Option<&Path>) -> Result<Config> {
        let path = match named {
            Some(path) => path.to_path_buf(),
            None if Path::new(DEFAULT_FILE).exists() => PathBuf::from(DEFAULT_FILE),
            None => return Ok(Config::default()),
        };
        let text = std::fs::read_to_string(&path).map_err(|error| {
            Error::usage(format!("the configuration could not be read: {error}"))
                .at(path.display())
                .hint("name an existing UTF-8 file with --config, or leave the flag out")
        })?;
        Config::parse(&text, &path.display().to_string())
    }

    /// Reads a configuration from text; `name` is what errors call it.
    pub fn parse(text: &str, name: &str) -> Result<Config> {
        let file = File { text, name };
        let raw: Raw = toml::from_str(text).map_err(|error| {
            let place = file.place(error.span().map_or(0, |span| span.start));
            Error::usage(format!("the configuration is broken: {}", error.message()))
                .at(place)
                .hint("plaudit.example.toml shows every key with its default")
        })?;
        raw.check(&file)
    }
}

/// The text of a configuration, to find lines in.
struct File<'a> {
    text: &'a str,
    name: &'a str,
}

impl File<'_> {
    fn place(&self, offset: usize) -> String {
        let before = self.text.as_bytes().iter().take(offset);
        let line = 1 + before.filter(|byte| **byte == b'\n').count();
        format!("{}:{line}", self.name)
    }

    fn wrong<T>(&self, value: &Spanned<T>, problem: impl std::fmt::Display) -> Error {
        Error::usage(problem).at(self.place(value.span().start))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct Raw {
    crawl: RawCrawl,
    window: RawWindow,
    tags: RawTags,
    store: RawStore,
    rules: BTreeMap<Spanned<String>, RawRule>,
    waiver: Vec<Spanned<RawWaiver>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawCrawl {
    role_name: Option<Spanned<String>>,
    external_id: Option<String>,
    regions: Vec<Spanned<String>>,
    accounts: Vec<Spanned<String>>,
    exclude_accounts: Vec<Spanned<String>>,
    organizational_units: Vec<Spanned<String>>,
    exclude_organizational_units: Vec<Spanned<String>>,
    account_tags: BTreeMap<String, Spanned<String>>,
    profiles: Vec<String>,
    max_concurrency: Option<Spanned<usize>>,
    rate_share: Option<Spanned<f64>>,
    attempt_timeout_seconds: Option<Spanned<u64>>,
    call_timeout_seconds: Option<Spanned<u64>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawWindow {
    days: Option<Spanned<i64>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawTags {
    required: Option<Vec<Spanned<String>>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawStore {
    path: Option<Spanned<String>>,
}

#[derive(Deserialize)]
struct RawRule {
    enabled: Option<bool>,
    severity: Option<Spanned<String>>,
    #[serde(flatten)]
    params: toml::Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWaiver {
    rule: String,
    resource: Option<Spanned<String>>,
    account: Option<Spanned<String>>,
    region: Option<Spanned<String>>,
    tag: Option<Spanned<String>>,
    reason: String,
    owner: String,
    expires: Spanned<toml::value::Datetime>,
}

impl Raw {
    fn check(self, file: &File) -> Result<Config> {
        let defaults = Config::default();
        let crawl = self.crawl.check(file, defaults.crawl)?;
        let window_days = match self.window.days {
            None => defaults.window_days,
            Some(days) if (1..=455).contains(days.get_ref()) => days.into_inner(),
            Some(days) => {
                return Err(file
                    .wrong(&days, format!("a window of {} days cannot be read", days.get_ref()))
                    .hint("CloudWatch keeps daily values for 455 days: give 1 to 455, 90 is usual"));
            }
        };
        let mut required_tags = defaults.required_tags;
        if let Some(keys) = self.tags.required {
            for key in &keys {
                if key.get_ref().is_empty() || key.get_ref().starts_with("aws:") {
                    return Err(file
                        .wrong(key, format!("`{}` cannot be a required tag", key.get_ref()))
                        .hint("give keys that people set; those beginning with `aws:` are AWS's own"));
                }
            }
            required_tags = keys.into_iter().map(Spanned::into_inner).collect();
        }
        let store = match self.store.path {
            None => defaults.store,
            Some(path) if path.get_ref().is_empty() => {
                return Err(file
                    .wrong(&path, "the store has no path")
                    .hint("give a folder, or s3://bucket/prefix"));
            }
            Some(path) => path.into_inner(),
        };
        let mut rules = BTreeMap::new();
        for (id, rule) in self.rules {
            let place = file.place(id.span().start);
            let severity = match rule.severity {
                None => None,
                Some(word) => Some(Severity::from_word(word.get_ref()).ok_or_else(|| {
                    file.wrong(&word, format!("`{}` is no severity", word.get_ref()))
                        .hint("use critical, high, medium, low or info")
                })?),
            };
            rules.insert(
                id.into_inner(),
                RuleConfig { enabled: rule.enabled.unwrap_or(true), severity, params: rule.params, place },
            );
        }
        let waivers = self
            .waiver
            .into_iter()
            .map(|waiver| {
                let place = file.place(waiver.span().start);
                waiver.into_inner().check(file, place)
            })
            .collect::<Result<_>>()?;
        Ok(Config { crawl, window_days, required_tags, store, rules, waivers })
    }
}

impl RawCrawl {
    fn check(self, file: &File, defaults: CrawlConfig) -> Result<CrawlConfig> {
        for account in self.accounts.iter().chain(&self.exclude_accounts) {
            check_account(account.get_ref()).map_err(|error| error.at(file.place(account.span().start)))?;
        }
        for region in &self.regions {
            check_region(region.get_ref()).map_err(|error| error.at(file.place(region.span().start)))?;
        }
        let role_name = match self.role_name {
            None => defaults.role_name,
            Some(name) => {
                check_role_name(name.get_ref()).map_err(|error| error.at(file.place(name.span().start)))?;
                name.into_inner()
            }
        };
        let max_concurrency = match self.max_concurrency {
            None => defaults.max_concurrency,
            Some(number) if *number.get_ref() == 0 => {
                return Err(file
                    .wrong(&number, "with a concurrency of 0 nothing would ever be asked")
                    .hint("give 1 or more; 64 is the default"));
            }
            Some(number) => number.into_inner(),
        };
        let rate_share = match self.rate_share {
            None => defaults.rate_share,
            Some(share) => {
                check_rate_share(*share.get_ref())
                    .map_err(|error| error.at(file.place(share.span().start)))?;
                share.into_inner()
            }
        };
        let seconds = |given: Option<Spanned<u64>>, default: u64| match given {
            None => Ok(default),
            Some(seconds) if *seconds.get_ref() == 0 => Err(file
                .wrong(&seconds, "with no time at all no call would ever succeed")
                .hint("give 1 second or more")),
            Some(seconds) => Ok(seconds.into_inner()),
        };
        for unit in self.organizational_units.iter().chain(&self.exclude_organizational_units) {
            let id = unit.get_ref();
            if !(id.starts_with("ou-") || id.starts_with("r-")) {
                return Err(file
                    .wrong(unit, format!("`{id}` is no organizational unit"))
                    .hint("give its id, ou-abcd-12345678, or that of the root, r-abcd"));
            }
        }
        let mut account_tags = Vec::new();
        for (key, value) in self.account_tags {
            let pattern = Pattern::new(value.get_ref()).map_err(|error| {
                file.wrong(&value, format!("the pattern of the tag `{key}` is broken: {error}"))
                    .hint("`*` stands for any text and `?` for one character")
            })?;
            account_tags.push((key, pattern));
        }
        let plain = |list: Vec<Spanned<String>>| list.into_iter().map(Spanned::into_inner).collect();
        Ok(CrawlConfig {
            role_name,
            external_id: self.external_id,
            regions: plain(self.regions),
            accounts: plain(self.accounts),
            exclude_accounts: plain(self.exclude_accounts),
            organizational_units: plain(self.organizational_units),
            exclude_organizational_units: plain(self.exclude_organizational_units),
            account_tags,
            profiles: self.profiles,
            max_concurrency,
            rate_share,
            attempt_timeout_seconds: seconds(self.attempt_timeout_seconds, defaults.attempt_timeout_seconds)?,
            call_timeout_seconds: seconds(self.call_timeout_seconds, defaults.call_timeout_seconds)?,
        })
    }
}

/// A share of AWS's rates lies above 0 and is at most 1.
pub fn check_rate_share(share: f64) -> Result<()> {
    if share > 0.0 && share <= 1.0 {
        return Ok(());
    }
    Err(Error::usage(format!("{share} is no share of AWS's rates"))
        .hint("give more than 0, up to 1; 0.5 leaves half to the workloads that share them"))
}

/// An account id has 12 digits.
pub fn check_account(account: &str) -> Result<()> {
    if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(Error::usage(format!("`{account}` is no account id"))
        .hint("an account id has 12 digits; in TOML write it in quotes, so that zeros at the front stay"))
}

/// A Region's name is lower-case letters, digits and hyphens.
pub fn check_region(region: &str) -> Result<()> {
    let fits = region.len() > 3
        && region.contains('-')
        && region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if fits {
        return Ok(());
    }
    Err(Error::usage(format!("`{region}` is no Region"))
        .hint("give the Region's code, such as us-east-1, not a zone (us-east-1a) or a display name"))
}

/// A role name is up to 64 letters, digits and `_+=,.@-`, with an optional path before it, and may
/// hold `{account_id}` and `{account_name}`.
pub fn check_role_name(name: &str) -> Result<()> {
    let fits = !name.is_empty()
        && name.len() <= 512
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-/".contains(&byte));
    if fits && !name.starts_with("arn:") {
        return Ok(());
    }
    Err(Error::usage(format!("`{name}` is no role name"))
        .hint("give the name of the role that every account has, plaudit-read-only say, not an ARN"))
}

impl RawWaiver {
    fn check(self, file: &File, place: String) -> Result<Waiver> {
        let expires = self
            .expires
            .get_ref()
            .date
            .and_then(|date| Date::new(date.year.try_into().ok()?, date.month as i8, date.day as i8).ok())
            .ok_or_else(|| {
                file.wrong(&self.expires, "the waiver's `expires` is no date")
                    .hint("write a date without quotes: expires = 2027-03-31")
            })?;
        let pattern = |text: Option<Spanned<String>>| match text {
            None => Ok(None),
            Some(text) => Pattern::new(text.get_ref()).map(Some).map_err(|error| {
                file.wrong(&text, format!("the waiver's pattern is broken: {error}"))
                    .hint("`*` stands for any text and `?` for one character")
            }),
        };
        let tag = match self.tag {
            None => None,
            Some(text) => {
                let (key, value) = text.get_ref().split_once('=').unwrap_or((text.get_ref(), "*"));
                let value = Pattern::new(value).map_err(|error| {
                    file.wrong(&text, format!("the waiver's tag pattern is broken: {error}"))
                        .hint("write tag = \"environment=sand*\"")
                })?;
                Some((key.to_owned(), value))
            }
        };
        let waiver = Waiver {
            rule: self.rule,
            resource: pattern(self.resource)?,
            account: pattern(self.account)?,
            region: pattern(self.region)?,
            tag,
            reason: self.reason,
            owner: self.owner,
            expires,
            place,
        };
        let narrows = |pattern: &Option<Pattern>| {
            pattern.as_ref().is_some_and(|pattern| pattern.as_str().chars().any(|c| c != '*'))
        };
        let narrow = narrows(&waiver.resource)
            || narrows(&waiver.account)
            || narrows(&waiver.region)
            || waiver.tag.is_some();
        if !narrow {
            return Err(Error::usage(format!("the waiver for `{}` matches everything", waiver.rule))
                .at(&waiver.place)
                .hint(format!(
                    "name a resource, account, region or tag; to switch the rule off write [rules.{}] enabled = false",
                    waiver.rule
                )));
        }
        if waiver.reason.trim().is_empty() || waiver.owner.trim().is_empty() {
            return Err(Error::usage("the waiver has no reason or no owner")
                .at(&waiver.place)
                .hint("say why, and who answers for it: both are shown to the next reader"));
        }
        Ok(waiver)
    }
}
