//! `plaudit check`

use clap::Args;

use super::console::Console;
use super::options::{CheckOptions, Global, SharedOptions, SnapshotOptions};
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
    check: CheckOptions,
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

/// Runs the rules, prints the summary, and gives the exit status.
pub async fn check(
    store: &Store,
    snapshot: &mut StoredSnapshot,
    catalogue: &Catalogue,
    config: &Config,
    options: &CheckOptions,
    console: &mut Console,
) -> Result<u8> {
    let findings = audit::check(snapshot, catalogue, config).await?;
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
