//! The file as it is written, and its way into settings that are checked.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;

use super::charges::RawCharges;
use super::store::RawStore;
use super::waiver::RawWaiver;
use super::{
    AllowedTag, Config, CrawlConfig, MAX_CONCURRENCY, MAX_TIMEOUT_SECONDS, MAX_WINDOW_DAYS, Pattern,
    RuleConfig, check_account, check_rate_share, check_region, check_role_name, check_session_name,
};
use crate::error::{Error, Result};
use crate::table::Severity;

/// A configuration's name, and where its lines end.
pub(super) struct File<'a> {
    name: &'a str,
    line_ends: Vec<usize>,
}

impl<'a> File<'a> {
    pub(super) fn new(text: &str, name: &'a str) -> File<'a> {
        File { name, line_ends: text.match_indices('\n').map(|(end, _)| end).collect() }
    }

    pub(super) fn place(&self, offset: usize) -> String {
        let line = 1 + self.line_ends.partition_point(|end| *end < offset);
        format!("{}:{line}", self.name)
    }

    pub(super) fn wrong<T>(&self, value: &Spanned<T>, problem: impl std::fmt::Display) -> Error {
        Error::usage(problem).at(self.place(value.span().start))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub(super) struct Raw {
    crawl: RawCrawl,
    charges: RawCharges,
    window: RawWindow,
    tags: RawTags,
    store: RawStore,
    check: RawCheck,
    rules: BTreeMap<Spanned<String>, RawRule>,
    waiver: Vec<Spanned<RawWaiver>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawCrawl {
    role_name: Option<Spanned<String>>,
    external_id: Option<String>,
    session_name: Option<Spanned<String>>,
    source_identity: Option<Spanned<String>>,
    session_policy: Option<bool>,
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
    allowed: BTreeMap<String, Vec<Spanned<String>>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawCheck {
    rules: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
struct RawRule {
    enabled: Option<bool>,
    severity: Option<Spanned<String>>,
    #[serde(flatten)]
    params: toml::Table,
}

impl Raw {
    /// Checks what was written, and fills in what was not.
    pub(super) fn check(self, file: &File) -> Result<Config> {
        let defaults = Config::default();
        let crawl = self.crawl.check(file, defaults.crawl)?;
        let charges = self.charges.check(file)?;
        let window_days = match self.window.days {
            None => defaults.window_days,
            Some(days) if (1..=MAX_WINDOW_DAYS).contains(days.get_ref()) => days.into_inner(),
            Some(days) => {
                return Err(file
                    .wrong(&days, format!("a window of {} days cannot be read", days.get_ref()))
                    .hint("CloudWatch keeps daily values for 455 days: give 1 to 455, 90 is usual"));
            }
        };
        let mut tags = defaults.tags;
        for (key, patterns) in &self.tags.allowed {
            for pattern in patterns {
                let allowed = AllowedTag::new(key, pattern.get_ref());
                tags.allowed.push(allowed.map_err(|error| error.at(file.place(pattern.span().start)))?);
            }
        }
        if let Some(keys) = self.tags.required {
            for key in &keys {
                if key.get_ref().is_empty() || key.get_ref().starts_with("aws:") {
                    return Err(file
                        .wrong(key, format!("`{}` cannot be a required tag", key.get_ref()))
                        .hint("give keys that people set; those beginning with `aws:` are AWS's own"));
                }
            }
            tags.required = keys.into_iter().map(Spanned::into_inner).collect();
        }
        let store = self.store.check(file)?;
        let mut rule_folders = Vec::new();
        for folder in self.check.rules {
            if folder.get_ref().is_empty() {
                return Err(file
                    .wrong(&folder, "a folder of rules has an empty name")
                    .hint("name a folder, from where this file lies; \".\" is that of this file"));
            }
            rule_folders.push(PathBuf::from(folder.into_inner()));
        }
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
        let allow_plain_http = defaults.allow_plain_http;
        Ok(Config {
            file: None,
            crawl,
            charges,
            window_days,
            tags,
            store,
            rules,
            rule_folders,
            waivers,
            allow_plain_http,
        })
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
            Some(number) if (1..=MAX_CONCURRENCY).contains(number.get_ref()) => number.into_inner(),
            Some(number) => {
                let given = number.get_ref();
                return Err(file
                    .wrong(
                        &number,
                        format!("{given} accounts and Regions cannot be crawled at the same time"),
                    )
                    .hint(format!("give 1 to {MAX_CONCURRENCY}; 64 is the default")));
            }
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
            Some(seconds) if (1..=MAX_TIMEOUT_SECONDS).contains(seconds.get_ref()) => {
                Ok(seconds.into_inner())
            }
            Some(seconds) => Err(file
                .wrong(&seconds, format!("AWS cannot be waited for {} seconds", seconds.get_ref()))
                .hint(format!("give 1 to {MAX_TIMEOUT_SECONDS} seconds"))),
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
        for name in [&self.session_name, &self.source_identity].into_iter().flatten() {
            check_session_name(name.get_ref()).map_err(|error| error.at(file.place(name.span().start)))?;
        }
        let plain = |list: Vec<Spanned<String>>| list.into_iter().map(Spanned::into_inner).collect();
        Ok(CrawlConfig {
            role_name,
            external_id: self.external_id,
            session_name: self.session_name.map(Spanned::into_inner),
            source_identity: self.source_identity.map(Spanned::into_inner),
            session_policy: self.session_policy.unwrap_or(defaults.session_policy),
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
