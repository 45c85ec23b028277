//! `plaudit plan`

use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;

use super::DONE;
use super::console::Console;
use super::options::{CrawlOptions, Global, RuleOptions, StoreOptions, announce, reach};
use crate::audit;
use crate::config::ChargesFrom;
use crate::crawl::{self, Finished, Tally};
use crate::error::{Error, Result};
use crate::format;
use crate::plan::{Basis, Plan, SECONDS_PER_ANSWER};
use crate::report::{Column, Width, wrapped, write_grid};
use crate::table::Coverage;

/// Shows the calls that a crawl would make, the time that takes, and what AWS charges for it.
#[derive(Args)]
pub struct PlanCommand {
    #[command(flatten)]
    crawl: CrawlOptions,

    #[command(flatten)]
    store: StoreOptions,

    #[command(flatten)]
    rules: RuleOptions,
}

impl PlanCommand {
    pub async fn run(self, global: &Global, console: &mut Console) -> Result<u8> {
        let mut config = global.load()?;
        self.crawl.apply(&mut config)?;
        let wanted = self.rules.wanted(&config)?;
        let store = self.store.open(&config).await?;
        announce(&config, Some(&store), console);
        let connected = crawl::connect(&config.crawl.profiles, reach(&config)).await?;
        let tally = Arc::new(Tally::default());
        let settings = audit::settings(&config, &wanted, Timestamp::now());
        let organization = crawl::organization(&connected, &settings, &tally).await?;
        let regions = crawl::regions(&connected, &settings, &tally).await;
        let finished = match self.crawl.resume {
            true => audit::finished_of(&store, &config, &wanted, &connected, organization.clone())?,
            false => Finished::default(),
        };
        let accounts: Vec<String> =
            organization.accounts.into_iter().map(|account| account.account_id).collect();
        let (earlier, snapshot) = match store.latest().await? {
            Some(id) => (store.open(Some(&id)).await?.rows::<Coverage>().await?, Some(id)),
            None => (Vec::new(), None),
        };
        let plan = Plan::new(&Basis {
            accounts: &accounts,
            regions: &regions,
            regions_are_configured: !config.crawl.regions.is_empty(),
            wanted: &wanted,
            finished: &finished,
            earlier: &earlier,
            rate_share: config.crawl.rate_share,
            max_concurrency: config.crawl.max_concurrency,
            asks_cost_explorer: matches!(
                (config.charges.source, config.charges.bill.is_empty()),
                (ChargesFrom::CostExplorer, _) | (ChargesFrom::Auto, true)
            ),
        });
        let text = page(&plan, snapshot.as_deref());
        let columns = console.width().columns;
        console.data(|out| {
            let mut lines = text.lines().flat_map(|line| match line.starts_with(' ') {
                true => vec![line.to_owned()],
                false => wrapped(line, columns, 0),
            });
            lines.try_for_each(|line| writeln!(out, "{line}"))
        })?;
        if let Some(limit) = self.crawl.max_cost
            && plan.charge > limit
        {
            return Err(Error::usage(format!(
                "the crawl would cost {}, more than {}",
                format::money(plan.charge),
                format::money(limit)
            ))
            .at("--max-cost")
            .hint("raise the limit, or crawl fewer accounts or Regions"));
        }
        Ok(DONE)
    }
}

fn page(plan: &Plan, snapshot: Option<&str>) -> String {
    let mut text = format!(
        "{} in {} ({}): {}\n\n",
        format::count(plan.accounts as i64, "account"),
        format::count(plan.regions.len() as i64, "Region"),
        plan.regions.join(", "),
        format::count(plan.scopes as i64, "account x Region"),
    );
    let charge = |amount: f64| if amount > 0.0 { format::money(amount) } else { "free".to_owned() };
    let calls: f64 = plan.calls.iter().map(|planned| planned.calls).sum();
    let mut rows: Vec<[String; 3]> = plan
        .calls
        .iter()
        .map(|planned| {
            [planned.operation.to_string(), format::integer(planned.calls as i64), charge(planned.charge)]
        })
        .collect();
    rows.push(["all".to_owned(), format::integer(calls as i64), charge(plan.charge)]);
    let column = |at: usize| rows.iter().map(|row| row[at].clone()).collect();
    let columns = [
        Column::new("operation", column(0)),
        Column::new("calls", column(1)).numeric(),
        Column::new("charge", column(2)).numeric(),
    ];
    let mut table = Vec::new();
    // Writing to memory cannot fail.
    let _ = write_grid(&columns, columns.len(), Width { columns: None, colour: false }, &mut table);
    text.push_str(&format!("{}\n", String::from_utf8_lossy(&table)));
    let time = match plan.seconds {
        seconds if seconds < 120.0 => format!("{seconds:.0} s"),
        seconds if seconds < 7200.0 => format!("{:.0} min", seconds / 60.0),
        seconds => format!("{:.1} h", seconds / 3600.0),
    };
    text.push_str(&format!(
        "At least {time}, with {SECONDS_PER_ANSWER} s for each answer; held back by {}.\n",
        plan.bound
    ));
    let unknown = plan.scopes - plan.known_scopes;
    match snapshot {
        Some(id) if unknown == 0 => text.push_str(&format!("Every account and Region is taken as snapshot {id} found it.\n")),
        Some(id) => text.push_str(&format!(
            "{} are taken as snapshot {id} found them, and {} as if they had no PrivateLink: at least two calls each.\n",
            format::integer(plan.known_scopes as i64),
            format::integer(unknown as i64)
        )),
        None => text.push_str(&format!(
            "There is no earlier snapshot to learn from, so every account and Region is taken as if it had no PrivateLink. \
             Where it has, thirteen calls come on top, two for each VPC with private DNS, one for each service, three for each load balancer, two for each target group, and up to {} for the usage of each endpoint in three zones: seven series where it carries traffic, one where it is idle.\n",
            format::money(crate::plan::metric_charge(7.0))
        )),
    }
    text
}
