//! Flags that several commands share.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::DONE;
use super::bounded::LimitOptions;
use crate::audit::FailOn;
use crate::config::{self, ChargesFrom, Config};
use crate::crawl::{Connection, TimeLimits};
use crate::error::{Error, Result};
use crate::report::Form;
use crate::rule::Catalogue;
use crate::store::{Location, Store, StoredSnapshot};
use crate::table::Severity;

/// Flags of every command.
#[derive(Args, Clone, Debug)]
pub struct Global {
    /// Configuration file [default: plaudit.toml, where there is one]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub config: Option<PathBuf>,

    /// Say nothing but errors, warnings and data
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub quiet: bool,

    /// Log more: -v, -vv, -vvv
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Global options")]
    pub verbose: u8,

    /// How logs are written to stderr
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text, value_name = "FORMAT", help_heading = "Global options")]
    pub log_format: LogFormat,

    /// Run SQL here, under the watch of the process that started this one
    #[arg(long, global = true, hide = true)]
    pub within_limits: bool,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people
    Text,
    /// One JSON object per line
    Json,
}

impl Global {
    /// The flags that say the same, but for the file with the configuration.
    pub fn arguments(&self, config: Option<&Path>) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = vec!["-v".into(); usize::from(self.verbose)];
        if let Some(config) = config {
            arguments.extend(["--config".into(), config.into()]);
        }
        if self.quiet {
            arguments.push("--quiet".into());
        }
        if self.log_format == LogFormat::Json {
            arguments.push("--log-format=json".into());
        }
        arguments
    }

    /// Reads the configuration.
    pub fn load(&self) -> Result<Config> {
        Config::load(self.config.as_deref())
    }
}

/// Where snapshots are kept.
#[derive(Args, Clone, Debug)]
pub struct StoreOptions {
    /// Store of snapshots: a folder, or s3://bucket/prefix [default: plaudit-store]
    #[arg(long, value_name = "DIR")]
    pub store: Option<String>,
}

impl StoreOptions {
    /// Opens the store. AWS's configuration is read only where the store is in S3.
    pub async fn open(&self, config: &Config) -> Result<Store> {
        let place = self.store.as_ref().unwrap_or(&config.store);
        let access = match place.starts_with("s3://") {
            true => {
                let profile = config.crawl.profiles.first().map(String::as_str);
                Connection::load(profile, time_limits(config)).await.bucket_access()
            }
            false => None,
        };
        Ok(Store::new(Location::open(place, access.as_ref())?))
    }
}

/// Which snapshot is read.
#[derive(Args, Clone, Debug)]
pub struct SnapshotOptions {
    #[command(flatten)]
    pub store: StoreOptions,

    /// Snapshot to read [default: the latest]
    #[arg(long, value_name = "ID")]
    pub snapshot: Option<String>,
}

impl SnapshotOptions {
    /// Opens the snapshot.
    pub async fn open(&self, config: &Config) -> Result<(Store, StoredSnapshot)> {
        let store = self.store.open(config).await?;
        let snapshot = store.open(self.snapshot.as_deref()).await?;
        Ok((store, snapshot))
    }
}

/// Who is crawled.
#[derive(Args, Clone, Debug, Default)]
pub struct CrawlOptions {
    /// Only these accounts, instead of the whole organization
    #[arg(long, value_name = "ID,...", value_delimiter = ',')]
    pub accounts: Vec<String>,

    /// Only these Regions, instead of those that each account has enabled
    #[arg(long, value_name = "REGION,...", value_delimiter = ',')]
    pub regions: Vec<String>,

    /// Role to assume in each account but the caller's own [default: plaudit-read-only]
    #[arg(long, value_name = "NAME")]
    pub role_name: Option<String>,

    /// Accounts and Regions crawled at the same time [default: 64]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub max_concurrency: Option<u16>,

    /// Share of AWS's published request rates to use, above 0 and up to 1 [default: 0.5]
    #[arg(long, value_name = "SHARE")]
    pub rate_share: Option<f64>,

    /// Where costs come from [default: auto]
    #[arg(long, value_name = "SOURCE", value_parser = charges)]
    pub charges: Option<ChargesFrom>,

    /// Bill to read: a Cost and Usage Report or FOCUS export, as file, folder or s3:// prefix
    #[arg(long, value_name = "PATH")]
    pub bill: Vec<String>,

    /// Most that AWS may charge for the crawl, in US dollars; what would cost more is not asked
    #[arg(long, value_name = "USD", value_parser = dollars)]
    pub max_cost: Option<f64>,

    /// Go on with the latest crawl that was cut off; AWS is not asked again for what it gave
    #[arg(long)]
    pub resume: bool,
}

impl CrawlOptions {
    /// Lets the flags override the file.
    pub fn apply(&self, config: &mut Config) -> Result<()> {
        for account in &self.accounts {
            config::check_account(account).map_err(|error| error.at("--accounts"))?;
        }
        for region in &self.regions {
            config::check_region(region).map_err(|error| error.at("--regions"))?;
        }
        if !self.accounts.is_empty() {
            config.crawl.accounts.clone_from(&self.accounts);
        }
        if !self.regions.is_empty() {
            config.crawl.regions.clone_from(&self.regions);
        }
        if let Some(role_name) = &self.role_name {
            config::check_role_name(role_name).map_err(|error| error.at("--role-name"))?;
            config.crawl.role_name.clone_from(role_name);
        }
        if let Some(share) = self.rate_share {
            config::check_rate_share(share).map_err(|error| error.at("--rate-share"))?;
            config.crawl.rate_share = share;
        }
        if let Some(source) = self.charges {
            config.charges.source = source;
        }
        if !self.bill.is_empty() {
            config.charges.bill.clone_from(&self.bill);
        }
        if let Some(number) = self.max_concurrency {
            config.crawl.max_concurrency = usize::from(number);
        }
        Ok(())
    }
}

fn charges(text: &str) -> std::result::Result<ChargesFrom, String> {
    ChargesFrom::from_word(text).ok_or_else(|| {
        let words: Vec<&str> = ChargesFrom::ALL.iter().map(|source| source.as_str()).collect();
        format!("give one of {}", words.join(", "))
    })
}

fn dollars(text: &str) -> std::result::Result<f64, String> {
    let amount: f64 =
        text.trim_start_matches('$').parse().map_err(|_| "give an amount such as 0.50".to_owned())?;
    if amount.is_finite() && amount >= 0.0 { Ok(amount) } else { Err("give 0 or more".to_owned()) }
}

/// How long AWS is waited for.
pub fn time_limits(config: &Config) -> TimeLimits {
    TimeLimits {
        attempt: Duration::from_secs(config.crawl.attempt_timeout_seconds),
        call: Duration::from_secs(config.crawl.call_timeout_seconds),
    }
}

/// Which rules run, and what makes the run fail.
#[derive(Args, Clone, Debug)]
pub struct CheckOptions {
    /// Folder with rules of your own, besides the built-in ones
    #[arg(long, value_name = "DIR")]
    pub rules: Vec<PathBuf>,

    /// Exit with 10 where findings of this severity or above are not waived; `new:high` counts only
    /// those that the snapshot before does not have
    #[arg(long, value_name = "SEVERITY", value_parser = fail_on)]
    pub fail_on: Option<FailOn>,

    /// Exit with 4 where an account, Region or operation was not audited
    #[arg(long)]
    pub require_complete: bool,

    #[command(flatten)]
    pub limits: LimitOptions,
}

impl CheckOptions {
    /// Finds out whether the rules can be loaded, and gives the exit status. Those of the house are run on
    /// empty tables, which is done within the limits. `arguments` are the flags of every command.
    pub async fn try_rules(&self, config: &Config, mut arguments: Vec<OsString>) -> Result<u8> {
        if self.rules.is_empty() {
            self.catalogue(config)?;
            return Ok(DONE);
        }
        arguments.extend(["rules".into(), "list".into()]);
        arguments.extend(self.limits.arguments());
        arguments.extend(self.rules.iter().flat_map(|folder| ["--rules".into(), folder.into()]));
        self.limits.run("loading the rules", arguments, Stdio::null()).await
    }

    /// Loads the rules, with what the configuration says of them.
    pub fn catalogue(&self, config: &Config) -> Result<Catalogue> {
        Catalogue::load(&self.rules)?.configure(config)
    }
}

fn fail_on(text: &str) -> std::result::Result<FailOn, String> {
    let (only_new, word) = match text.strip_prefix("new:") {
        Some(word) => (true, word),
        None => (false, text),
    };
    let severity = Severity::from_word(word).ok_or_else(|| {
        "use critical, high, medium, low or info, with `new:` before it for new findings only".to_owned()
    })?;
    Ok(FailOn { severity, only_new })
}

/// Reads the name of a form.
pub fn form(text: &str) -> std::result::Result<Form, String> {
    let found = Form::ALL.iter().find(|(name, _)| *name == text);
    found.map(|(_, form)| *form).ok_or_else(|| {
        let names: Vec<_> = Form::ALL.iter().map(|(name, _)| *name).collect();
        format!("use {}", names.join(", "))
    })
}

/// A terminal table shows fewer columns than a file has, so Parquet and the like need a target.
pub fn check_target(form: Form, file: Option<&PathBuf>) -> Result<()> {
    use std::io::IsTerminal;
    if form == Form::Parquet && file.is_none() && std::io::stdout().is_terminal() {
        return Err(Error::usage("Parquet is not for terminals").hint("name a file with --output"));
    }
    Ok(())
}
