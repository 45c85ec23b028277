//! `plaudit check`

use std::ffi::OsString;
use std::process::Stdio;

use clap::Args;

use super::console::Console;
use super::options::{CheckOptions, Global, SharedOptions, SnapshotOptions};
use super::progress::Progress;
use super::{DONE, FINDINGS, INCOMPLETE};
use crate::audit::{self, FailOn, Failing};
use crate::config::Config;
use crate::error::Result;
use crate::format;
use crate::report::{self, Summary, Width, wrapped};
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
        let catalogue = self.check.rules.catalogue(&config)?;
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
    arguments.extend(options.rules.arguments());
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
    if !snapshot.keeps_results().await? {
        console.warn(format_args!(
            "the store is only read, so its findings stay those of the check before\n  at {}\n\
             hint: `plaudit check --store` on a copy that may be written keeps them",
            store.address()
        ));
    }
    let progress = Progress::spin(console, "the rules run");
    let checked = audit::check(snapshot, catalogue, config, options.include_ok).await;
    progress.finish();
    let findings = checked?;
    let tables = snapshot.tables(Summary::TABLES.iter().copied()).await?;
    let summary = Summary::read(&mut report::engine(&tables, snapshot.id()))?;
    let width = console.width();
    console.data(|out| summary.write(width, out))?;
    let to_mend = findings.waivers.iter().filter(|waiver| waiver.outcome != WaiverUse::Used);
    let more = to_mend.clone().count().saturating_sub(WAIVERS);
    for waiver in to_mend.take(WAIVERS) {
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
    if more > 0 {
        console.warn(format_args!(
            "{} expired or matched nothing: `plaudit report waivers` lists them",
            format::count(more as i64, "further waiver")
        ));
    }
    super::crawl::check_something(summary.completeness(), snapshot)?;
    if let Some(fail_on) = options.fail_on {
        let failing = audit::failing(store, snapshot, &findings.findings, fail_on).await?;
        if !failing.findings.is_empty() {
            let text = refusal(fail_on, &failing, console.width());
            match fail_on.only_new {
                true => console.data(|out| out.write_all(text.as_bytes()))?,
                false => console.note(text.trim_end()),
            }
            return Ok(FINDINGS);
        }
    }
    if options.require_complete && !summary.completeness().is_everything() {
        console.note("coverage is incomplete, and --require-complete was given");
        return Ok(INCOMPLETE);
    }
    Ok(DONE)
}

/// Waivers that are warned of one by one.
const WAIVERS: usize = 20;

/// New findings that are listed one by one.
const LISTED: usize = 100;

/// Why the run fails: how many findings, and which of them are new.
fn refusal(fail_on: FailOn, failing: &Failing, width: Width) -> String {
    let number = failing.findings.len();
    let new = if fail_on.only_new { "new " } else { "" };
    let compared = match (&failing.earlier, fail_on.only_new) {
        (Some(earlier), _) => {
            format!("; compared with the audit {earlier} of the same organization and scope")
        }
        (None, true) => {
            "; no earlier audit of the same organization and scope was found, so every finding is new"
                .to_owned()
        }
        (None, false) => String::new(),
    };
    let severity = fail_on.severity.as_str();
    let mut text = format!(
        "{} at severity {severity}{} (--fail-on {fail_on}){compared}\n",
        format::count(number as i64, &format!("{new}finding")),
        if severity == "critical" { "" } else { " or above" },
    );
    if !fail_on.only_new {
        return text;
    }
    let mut findings = failing.findings.clone();
    findings.sort_by_key(|finding| finding.severity);
    for finding in findings.iter().take(LISTED) {
        let place = format!(
            "{:<8}  {}  {}, {}, {}",
            finding.severity.as_str(),
            finding.rule_id,
            finding.resource_id,
            finding.account_name,
            finding.region
        );
        for line in wrapped(&format::printable(&place), width.columns, 2) {
            text.push_str(&format!("  {line}\n"));
        }
    }
    if number > LISTED {
        let more = format::count((number - LISTED) as i64, "further one");
        text.push_str(&format!("  and {more}: `plaudit report findings` shows all\n"));
    }
    text
}
