//! `plaudit audit --preflight`

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::console::Console;
use super::options::{announce, reach};
use super::progress::Progress;
use super::{DONE, INCOMPLETE};
use crate::audit;
use crate::config::Config;
use crate::crawl::{self, Check, Tally, Wanted};
use crate::error::{Error, Result};
use crate::format;
use crate::table::{Operation, Outcome};

/// Tries role and permissions everywhere, prints what is missing, and gives the exit status: 4 if anything is.
pub async fn preflight(config: &Config, console: &mut Console) -> Result<u8> {
    announce(config, None, console);
    let connected = crawl::connect(&config.crawl.profiles, reach(config)).await?;
    let tally = Arc::new(Tally::default());
    let settings = audit::settings(config, &Wanted::everything(), Timestamp::now());
    let organization = crawl::organization(&connected, &settings, &tally).await?;
    let progress = Progress::start(console, tally.clone());
    let checks = crawl::preflight(connected, &settings, &organization.accounts, &tally).await;
    progress.finish();
    let missing: Vec<&Check> =
        checks.iter().filter(|check| check.outcome.is_some_and(|o| o != Outcome::Ok)).collect();
    let page = page(organization.accounts.len(), &checks, &missing);
    console.data(|out| out.write_all(page.as_bytes()))?;
    let nobody = checks.iter().all(|check| check.outcome.is_none_or(|outcome| outcome != Outcome::Ok));
    if nobody {
        return Err(Error::nothing_audited("nothing could be audited")
            .at(format!("{} accounts", organization.accounts.len()))
            .hint("`plaudit iam stackset` prints what to roll out"));
    }
    Ok(if missing.is_empty() { DONE } else { INCOMPLETE })
}

fn page(accounts: usize, checks: &[Check], missing: &[&Check]) -> String {
    let untried: Vec<&str> = Operation::regional()
        .map(|operation| operation.name())
        .filter(|name| checks.iter().any(|check| check.operation == *name && check.outcome.is_none()))
        .filter(|name| {
            !checks.iter().any(|check| check.operation == *name && check.outcome == Some(Outcome::Ok))
        })
        .collect();
    let tried = checks.iter().filter(|check| check.outcome.is_some()).count();
    let mut text = format!(
        "{}, {} tried, {} missing\n",
        format::count(accounts as i64, "account"),
        format::count(tried as i64, "permission"),
        format::integer(missing.len() as i64),
    );
    // One line for all operations of a Region that are missing for the same reason.
    let mut grouped: BTreeMap<(&str, &str, &str, String), Vec<&str>> = BTreeMap::new();
    for check in missing {
        let outcome = check.outcome.map_or("", |outcome| outcome.as_str());
        let why = format!("{outcome}: {}", check.message.as_deref().unwrap_or("no reason given"));
        grouped
            .entry((&check.account_id, &check.account_name, &check.region, why))
            .or_default()
            .push(&check.operation);
    }
    for ((account, name, region, why), operations) in grouped {
        let which = match operations.as_slice() {
            [one] => (*one).to_owned(),
            several if several.len() > 3 => format!("{} operations", several.len()),
            several => several.join(", "),
        };
        text.push_str(&format!(
            "  {account} {}, {region}: {which} {}\n",
            format::printable(name),
            format::printable(&why)
        ));
    }
    if !untried.is_empty() {
        text.push_str(&format!("not tried, because the service has no dry run: {}\n", untried.join(", ")));
    }
    text
}
