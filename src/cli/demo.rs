//! `plaudit demo`

use clap::Args;
use jiff::ToSpan;
use jiff::tz::TimeZone;
use plaudit_simulator::{ServerOptions, World};

use super::DONE;
use super::check::check_within_limits;
use super::console::Console;
use super::crawl::crawl as crawl_with_progress;
use super::options::{CheckOptions, CrawlOptions, Global, time_limits};
use super::simulate::{WorldArguments, serve};
use crate::config::{ChargesFrom, Config};
use crate::crawl::{self, Override};
use crate::error::{Error, Result};
use crate::store::{Location, Store};

/// Audits a simulated organization through the real AWS SDK.
#[derive(Args)]
pub struct Demo {
    #[command(flatten)]
    world: WorldArguments,

    /// Where the snapshot is kept [default: a folder among the temporary files]
    #[arg(long, value_name = "DIR")]
    store: Option<String>,

    #[command(flatten)]
    check: CheckOptions,
}

impl Demo {
    pub async fn run(self, global: &Global, console: &mut Console) -> Result<u8> {
        // The demo is the same for everybody: a plaudit.toml lying about is not read.
        let mut config = match &global.config {
            Some(_) => global.load()?,
            None => Config::default(),
        };
        let exported = tempfile::tempdir().map_err(unwritable)?;
        let empty = exported.path().join("plaudit.toml");
        std::fs::write(&empty, "").map_err(unwritable)?;
        let flags = global.arguments(Some(global.config.as_ref().unwrap_or(&empty)));
        let status = self.check.try_rules(&config, flags.clone()).await?;
        if status != DONE {
            return Ok(status);
        }
        let options = self.world.options()?;
        console.note(format_args!(
            "Simulating an organization of {} accounts in {} on loopback, and auditing it through the AWS SDK.",
            options.accounts,
            options.regions.join(", "),
        ));
        let world = World::new(&options);
        if config.charges.bill.is_empty() && config.charges.source == ChargesFrom::Auto {
            // Some accounts export a report of their own, with resources; for the others there is Cost
            // Explorer.
            let path = exported.path().join("cost-and-usage.csv.gz");
            let today = world.now.to_zoned(TimeZone::UTC).date();
            let start = today.saturating_sub(config.window_days.days()).first_of_month();
            let exporting: Vec<usize> = (0..world.accounts.len()).filter(|index| index % 3 == 0).collect();
            let file = std::fs::File::create(&path).map_err(unwritable)?;
            world.cost_and_usage_report(&exporting, start, today, file).map_err(unwritable)?;
            config.charges.bill.push(path.display().to_string());
        }
        let server = serve(world, ServerOptions::default()).await?;
        let place = Override { endpoint_url: server.url(), access_key_id: "simulated".to_owned() };
        let connected = [crawl::connect_to(&place, time_limits(&config)).await?];
        let folder = self
            .store
            .clone()
            .unwrap_or_else(|| std::env::temp_dir().join("plaudit-demo").display().to_string());
        let store = Store::new(Location::open(&folder, None)?);
        let wanted = self.check.rules.wanted(&config)?;
        let options = CrawlOptions::default();
        let (snapshot, _) =
            crawl_with_progress(&config, &wanted, &connected, &store, &options, console).await?;
        console.note("");
        let status = check_within_limits(&folder, false, &snapshot, &self.check, flags).await?;
        console.note(format_args!(
            "\nGo on with:\n  \
             plaudit report findings --store {folder}\n  \
             plaudit report endpoints --store {folder} --format csv --output endpoints.csv\n  \
             plaudit query --store {folder} \"SELECT service_name, COUNT(*) AS endpoints FROM vpc_endpoint GROUP BY service_name ORDER BY endpoints DESC\"\n  \
             plaudit rules show orphaned-endpoint"
        ));
        Ok(status)
    }
}

fn unwritable(error: std::io::Error) -> Error {
    Error::failed(format!("the simulated bill could not be written: {error}"))
        .at(std::env::temp_dir().display())
        .hint("make room among the temporary files, or name another folder with TMPDIR")
}
