//! `plaudit check`

use std::ffi::OsString;
use std::process::Stdio;

use clap::Args;

use super::console::Console;
use super::options::{CheckOptions, Global, SharedOptions, SnapshotOptions};
use super::progress::Progress;
use super::{DONE, FINDINGS, INCOMPLETE};
use crate::audit;
use crate::config::Config;
use crate::error::Result;
use crate::format;
use crate::report::{self, Summary};
use crate::rule::Catalogue;
use crate::store::{Store, StoredSnapshot};
use crate::table::WaiverUse;

/// Runs the rules over a snapshot, offline.
#[derive(Args)]
pub struct Check {
    #[command(flatten)]
    snapshot: SnapshotOptions,

    #[command(flatten)]
    shared: SharedOptions,

    #[command(flatten)]
    pub(super) check: CheckOptions,
}

impl Check {
    pub async fn run(self, global: &Global, console: &mut Console) -> Result<u8> {
        let mut config = global.load()?;
        self.shared.apply(&mut config);
        let catalogue = self.check.catalogue(&config)?;
        let (store, mut snapshot) = self.snapshot.open(&config).await?;
        check(&store, &mut snapshot, &catalogue, &config, &self.check, console).await
    }
}

/// Has the rules run within their limits, and gives the exit status. `shared` leaves the modes of new files to
/// the umask; `arguments` are the flags of every command.
pub async fn check_within_limits(
    store: &str,
    shared: bool,
    snapshot: &StoredSnapshot,
    options: &CheckOptions,
    mut arguments: Vec<OsString>,
) -> Result<u8> {
    arguments.extend(["check", "--store", store, "--snapshot", snapshot.id()].map(OsString::from));
    arguments.extend(options.limits.arguments());
    arguments.extend(options.rules.iter().flat_map(|folder| ["--rules".into(), folder.into()]));
    arguments.extend(options.fail_on.map(|fail_on| format!("--fail-on={fail_on}").into()));
    arguments.extend(options.include_ok.then(|| "--include-ok".into()));
    arguments.extend(shared.then(|| "--shared-store".into()));
    arguments.extend(options.require_complete.then(|| "--require-complete".into()));
    options.limits.run("the check", arguments, Stdio::inherit()).await
}

/// Runs the rules, prints the summary, and gives the exit status.
async fn check(
    store: &Store,
    snapshot: &mut StoredSnapshot,
    catalogue: &Catalogue,
    config: &Config,
    options: &CheckOptions,
    console: &mut Console,
) -> Result<u8> {
    let progress = Progress::spin(console, "the rules run");
    let checked = audit::check(snapshot, catalogue, config, options.include_ok).await;
    progress.finish();
    let findings = checked?;
    let tables = snapshot.tables(Summary::TABLES.iter().copied()).await?;
    let summary = Summary::read(&mut report::engine(&tables, snapshot.id()))?;
    let width = console.width();
    console.data(|out| summary.write(width, out))?;
    for waiver in &findings.waivers {
        match waiver.outcome {
            WaiverUse::Used => {}
            WaiverUse::Unjudged => console.warn(format_args!(
                "the waiver for `{}` matches no finding, but not everything that it could match was judged\n  at {}",
                waiver.rule_id,
                format::printable(&waiver.place),
            )),
            WaiverUse::Unused => console.warn(format_args!(
                "the waiver for `{}` matches no finding: remove it\n  at {}",
                waiver.rule_id,
                format::printable(&waiver.place),
            )),
            WaiverUse::Expired => console.warn(format_args!(
                "the waiver for `{}` ended on {} and no longer hides {}: ask {}\n  at {}",
                waiver.rule_id,
                waiver.expires,
                format::count(waiver.findings, "finding"),
                format::printable(&waiver.owner),
                format::printable(&waiver.place),
            )),
        }
    }
    super::crawl::check_something(summary.completeness(), snapshot)?;
    if let Some(fail_on) = options.fail_on {
        let failing = audit::failing(store, snapshot, &findings.findings, fail_on).await?;
        if failing > 0 {
            console.note(format_args!("{failing} findings at or above --fail-on"));
            return Ok(FINDINGS);
        }
    }
    if options.require_complete && !summary.completeness().is_everything() {
        console.note("coverage is incomplete, and --require-complete was given");
        return Ok(INCOMPLETE);
    }
    Ok(DONE)
}
