//! Flags that several commands share.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::DONE;
use super::bounded::LimitOptions;
use super::completed::{rules, severities, sources};
use super::console::Console;
use crate::audit::{self, FailOn};
use crate::config::{self, ChargesFrom, Config};
use crate::crawl::{Connection, Reach, TimeLimits, Wanted};
use crate::error::{Error, Result};
use crate::report::Form;
use crate::rule::Catalogue;
use crate::store::{BucketAccess, Location, Readers, Store, StoredSnapshot};
use crate::table::Severity;

/// Flags of every command.
#[derive(Args, Clone, Debug)]
pub struct Global {
    /// Configuration file [default: plaudit.toml, where there is one]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub config: Option<PathBuf>,

    /// Read no configuration file, not even plaudit.toml of the current folder
    #[arg(long, global = true, conflicts_with = "config", help_heading = "Global options")]
    pub no_config: bool,

    /// Say nothing but errors, warnings and data
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub quiet: bool,

    /// Log more: -v, -vv, -vvv
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Global options")]
    pub verbose: u8,

    /// How logs are written to stderr
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text, value_name = "FORMAT", help_heading = "Global options")]
    pub log_format: LogFormat,

    /// Let plain http lead beyond this machine, where AWS_ENDPOINT_URL or a profile names such an address
    #[arg(long, global = true, help_heading = "Global options")]
    pub allow_plain_http: bool,

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
        } else if self.no_config {
            arguments.push("--no-config".into());
        }
        if self.allow_plain_http {
            arguments.push("--allow-plain-http".into());
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
        let mut config =
            if self.no_config { Config::default() } else { Config::load(self.config.as_deref())? };
        config.allow_plain_http = self.allow_plain_http;
        Ok(config)
    }
}

/// Where snapshots are kept.
#[derive(Args, Clone, Debug)]
pub struct StoreOptions {
    /// Store of snapshots: a folder, or s3://bucket/prefix [default: plaudit-store]
    #[arg(long, value_name = "DIR")]
    pub store: Option<String>,
}

/// Who may read what is written to the store.
#[derive(Args, Clone, Debug)]
pub struct SharedOptions {
    /// Leave the modes of the store's new files to the umask, for a folder that several users share
    #[arg(long)]
    pub shared_store: bool,
}

impl SharedOptions {
    /// Lets the flag override the file.
    pub fn apply(&self, config: &mut Config) {
        config.store.shared |= self.shared_store;
    }
}

impl StoreOptions {
    /// Opens the store. AWS's configuration is read only where the store is in S3.
    pub async fn open(&self, config: &Config) -> Result<Store> {
        let place = self.store.as_ref().unwrap_or(&config.store.path);
        let access = match place.starts_with("s3://") {
            true => {
                let profile = config.crawl.profiles.first().map(String::as_str);
                let connection = Connection::load(profile, reach(config)).await?;
                let owner = &config.store.expected_bucket_owner;
                let access = connection.bucket_access_of(owner, "[store] expected_bucket_owner").await?;
                let kms_key_id = config.store.kms_key_id.clone();
                match access {
                    Some(access) => Some(BucketAccess { kms_key_id, ..access }.in_region_of(place).await),
                    None => None,
                }
            }
            false => None,
        };
        let readers = if config.store.shared { Readers::Umask } else { Readers::Owner };
        Ok(Store::new(Location::open(place, access.as_ref())?.readable_by(readers)))
    }
}

/// Says by whose word which role is assumed and where the snapshot goes, before anything is asked: the
/// configuration of the current folder is read without having been named.
pub fn announce(config: &Config, store: Option<&Store>, console: &mut Console) {
    let file = match &config.file {
        Some(file) => file.display().to_string(),
        None => "no configuration file".to_owned(),
    };
    let store = store.map_or_else(String::new, |store| format!(", store {}", store.address()));
    console.note(format_args!("{file}: role {}{store}", config.crawl.role_name));
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

    /// Name of the sessions in other accounts, for their CloudTrail [default: plaudit- and the snapshot's id]
    #[arg(long, value_name = "NAME")]
    pub session_name: Option<String>,

    /// Who runs plaudit, for CloudTrail; the roles' trust has to allow sts:SetSourceIdentity
    #[arg(long, value_name = "NAME")]
    pub source_identity: Option<String>,

    /// Accounts and Regions crawled at the same time [default: 64]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub max_concurrency: Option<u16>,

    /// Share of AWS's published request rates to use, above 0 and up to 1 [default: 0.5]
    #[arg(long, value_name = "SHARE")]
    pub rate_share: Option<f64>,

    /// Where costs come from [default: auto]
    #[arg(long, value_name = "SOURCE", value_parser = sources(), hide_possible_values = true)]
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
        for (flag, given, set) in [
            ("--session-name", &self.session_name, &mut config.crawl.session_name),
            ("--source-identity", &self.source_identity, &mut config.crawl.source_identity),
        ] {
            if let Some(name) = given {
                config::check_session_name(name).map_err(|error| error.at(flag))?;
                *set = Some(name.clone());
            }
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

/// Reads the source of charges.
pub fn charges(text: &str) -> std::result::Result<ChargesFrom, String> {
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

/// How AWS is asked.
pub fn reach(config: &Config) -> Reach {
    Reach { limits: time_limits(config), allow_plain_http: config.allow_plain_http }
}

/// Which rules run.
#[derive(Args, Clone, Debug, Default)]
pub struct RuleOptions {
    /// Folder with rules of your own, besides the built-in ones
    #[arg(long, value_name = "DIR")]
    pub rules: Vec<PathBuf>,

    /// Only these rules; a crawl asks AWS only for what they read
    #[arg(long, value_name = "RULE,...", value_delimiter = ',', value_parser = rules(), hide_possible_values = true)]
    pub only: Vec<String>,
}

impl RuleOptions {
    /// Loads the rules, with what the configuration and the flags say of them.
    pub fn catalogue(&self, config: &Config) -> Result<Catalogue> {
        let catalogue = Catalogue::configured(config, &self.rules)?;
        catalogue.only(&self.only).map_err(|error| error.at("--only"))
    }

    /// What a crawl has to ask for.
    pub fn wanted(&self, config: &Config) -> Result<Wanted> {
        Ok(audit::wanted(&self.catalogue(config)?, config))
    }

    /// The flags that say the same.
    pub fn arguments(&self) -> impl Iterator<Item = OsString> {
        let rules = self.rules.iter().flat_map(|folder| ["--rules".into(), folder.into()]);
        rules.chain(self.only.iter().map(|rule| format!("--only={rule}").into()))
    }
}

/// Which rules run, and what makes the run fail.
#[derive(Args, Clone, Debug)]
pub struct CheckOptions {
    #[command(flatten)]
    pub rules: RuleOptions,

    /// Exit with 10 where findings of this severity or above are not waived; `new:high` counts and lists only
    /// those that the last audit of the same organization and scope does not have
    #[arg(long, value_name = "SEVERITY", value_parser = severities(), hide_possible_values = true)]
    pub fail_on: Option<FailOn>,

    /// Exit with 4 where an account, Region or operation was not audited
    #[arg(long)]
    pub require_complete: bool,

    /// List every resource that a rule found in order too, with the status ok
    #[arg(long)]
    pub include_ok: bool,

    #[command(flatten)]
    pub limits: LimitOptions,
}

impl CheckOptions {
    /// Finds out whether the rules can be loaded, and gives the exit status. Those of the house are run on
    /// empty tables, which is done within the limits. `arguments` are the flags of every command.
    pub async fn try_rules(&self, config: &Config, mut arguments: Vec<OsString>) -> Result<u8> {
        if self.rules.rules.is_empty() && config.rule_folders.is_empty() {
            self.rules.catalogue(config)?;
            return Ok(DONE);
        }
        arguments.extend(["rules".into(), "list".into()]);
        arguments.extend(self.limits.arguments());
        arguments.extend(self.rules.rules.iter().flat_map(|folder| ["--rules".into(), folder.into()]));
        self.limits.run("loading the rules", arguments, Stdio::null()).await
    }
}

/// Reads the severity of `--fail-on`.
pub fn fail_on(text: &str) -> std::result::Result<FailOn, String> {
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
