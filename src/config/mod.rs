//! `plaudit.toml`: read as it is written, then checked into settings that the rest can trust.
//!
//! Every key is documented in `plaudit.example.toml`, which a test loads. Flags override the file;
//! that happens in `cli`.

mod charges;
mod check;
mod file;
mod schema;
mod store;
mod tag;
mod waiver;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use charges::{ChargesConfig, ChargesFrom};
pub use check::{
    MAX_CONCURRENCY, MAX_TIMEOUT_SECONDS, check_account, check_rate_share, check_region, check_role_name,
    check_session_name,
};
use file::{File, Raw};
pub use schema::{json_schema, rule_settings};
pub use store::{BucketOwner, StoreConfig};
pub use tag::{AllowedTag, TagConfig};
pub use waiver::{Pattern, Waiver};

use crate::error::{Error, Result};
use crate::table::Severity;

/// The file that is read when `--config` is not given, if it exists.
pub const DEFAULT_FILE: &str = "plaudit.toml";

/// The most days of usage that can be read: CloudWatch keeps daily values for so long.
pub const MAX_WINDOW_DAYS: i64 = 455;

/// Settings, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file that they were read from; `None` where there is none.
    pub file: Option<PathBuf>,
    /// Who is crawled, and how.
    pub crawl: CrawlConfig,
    /// Where costs come from.
    pub charges: ChargesConfig,
    /// Days of usage that are read, up to and including today: 1 to 455.
    pub window_days: i64,
    /// What the tags of every endpoint and endpoint service must be.
    pub tags: TagConfig,
    /// Where snapshots are kept, and who may read them there.
    pub store: StoreConfig,
    /// What is set for single rules, by rule id.
    pub rules: BTreeMap<String, RuleConfig>,
    /// Folders with rules of the user's own, besides the built-in ones.
    pub rule_folders: Vec<PathBuf>,
    /// Findings that somebody has answered for.
    pub waivers: Vec<Waiver>,
    /// Whether plain http may lead beyond this machine. Only a flag says so: the file may be somebody else's.
    pub allow_plain_http: bool,
}

/// Who is crawled, and how.
#[derive(Clone, Debug)]
pub struct CrawlConfig {
    /// The role assumed in each account but the caller's own.
    pub role_name: String,
    /// The external id that the role's trust policy asks for.
    pub external_id: Option<String>,
    /// How sessions in other accounts are called, instead of `plaudit-` and the snapshot's id.
    pub session_name: Option<String>,
    /// Who runs plaudit, as CloudTrail is to keep it.
    pub source_identity: Option<String>,
    /// Whether each session is narrowed to what plaudit calls.
    pub session_policy: bool,
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
    /// Accounts and Regions that are crawled at the same time: 1 to 65,535.
    pub max_concurrency: usize,
    /// The share of AWS's published rates that is used: 0.001 to 1.
    pub rate_share: f64,
    /// How long one attempt of a call may take, in seconds: 1 to 86,400.
    pub attempt_timeout_seconds: u64,
    /// How long a call may take with all of its attempts, in seconds: 1 to 86,400.
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

impl Default for Config {
    fn default() -> Config {
        Config {
            file: None,
            crawl: CrawlConfig {
                role_name: "plaudit-read-only".to_owned(),
                external_id: None,
                session_name: None,
                source_identity: None,
                session_policy: true,
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
            charges: ChargesConfig::default(),
            window_days: 90,
            tags: TagConfig::default(),
            store: StoreConfig::default(),
            rules: BTreeMap::new(),
            rule_folders: Vec::new(),
            waivers: Vec::new(),
            allow_plain_http: false,
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
        let mut config = Config::parse(&text, &path.display().to_string())?;
        // A folder stands beside the file that names it, wherever plaudit is started.
        let beside = path.parent().unwrap_or(Path::new(""));
        config.rule_folders = config.rule_folders.iter().map(|folder| beside.join(folder)).collect();
        Ok(Config { file: Some(path), ..config })
    }

    /// Reads a configuration from text; `name` is what errors call it.
    pub fn parse(text: &str, name: &str) -> Result<Config> {
        let file = File::new(text, name);
        let raw: Raw = toml::from_str(text).map_err(|error| {
            let place = file.place(error.span().map_or(0, |span| span.start));
            Error::usage(format!("the configuration is broken: {}", error.message()))
                .at(place)
                .hint("plaudit.example.toml shows every key with its default")
        })?;
        raw.check(&file)
    }
}
