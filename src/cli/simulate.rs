//! `plaudit simulate`

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use plaudit_simulator::{self as simulator, Fault, Running, ServerOptions, World, WorldOptions};

use super::DONE;
use super::console::Console;
use crate::config;
use crate::error::{Error, Result};

/// Serves a simulated organization on loopback.
#[derive(Args)]
pub struct Simulate {
    /// Port on loopback; 0 takes any that is free
    #[arg(long, default_value_t = 4599)]
    port: u16,

    #[command(flatten)]
    world: WorldArguments,

    /// Write what was planted to a file, as JSON
    #[arg(long, value_name = "FILE")]
    planted: Option<PathBuf>,

    /// How long each answer takes at the least, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency: u64,

    /// Throttle as AWS does: its published rates, and 500 PrivateLink actions a second over all
    #[arg(long)]
    throttle: bool,

    /// Plan of faults, as TOML: which account, Region and operation, how often, and what goes wrong
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
}

/// What the organization is made from.
#[derive(Args, Clone, Debug)]
pub struct WorldArguments {
    /// Accounts, the management account included
    #[arg(long = "simulated-accounts", visible_alias = "accounts", value_name = "N", default_value_t = 43)]
    accounts: usize,

    /// Regions: how many, or which, separated by commas
    #[arg(long = "simulated-regions", visible_alias = "regions", value_name = "R", default_value = "3")]
    regions: String,

    /// The same seed gives the same organization
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,

    /// Let every account and Region be audited: nothing is suspended, refused or missing
    #[arg(long)]
    no_gaps: bool,
}

impl WorldArguments {
    /// Checks them.
    pub fn options(&self) -> Result<WorldOptions> {
        let regions = match self.regions.parse::<usize>() {
            Ok(number) if (1..=simulator::REGIONS.len()).contains(&number) => {
                simulator::REGIONS[..number].iter().map(|region| (*region).to_owned()).collect()
            }
            Ok(_) => {
                return Err(Error::usage(format!("{} Regions cannot be simulated", self.regions))
                    .at("--regions")
                    .hint(format!("give 1 to {}, or name them", simulator::REGIONS.len())));
            }
            Err(_) => self.regions.split(',').map(str::to_owned).collect::<Vec<_>>(),
        };
        for region in &regions {
            config::check_region(region).map_err(|error| error.at("--regions"))?;
        }
        if self.accounts == 0 {
            return Err(Error::usage("an organization has at least one account")
                .at("--accounts")
                .hint("give 1 or more"));
        }
        Ok(WorldOptions {
            accounts: self.accounts,
            regions,
            seed: self.seed,
            gaps: !self.no_gaps,
            ..WorldOptions::default()
        })
    }
}

impl Simulate {
    pub async fn run(self, console: &mut Console) -> Result<u8> {
        let mut world = World::new(&self.world.options()?);
        if let Some(path) = &self.faults {
            let text = std::fs::read_to_string(path).map_err(|error| {
                Error::usage(format!("the plan of faults could not be read: {error}"))
                    .at(path.display())
                    .hint("name an existing UTF-8 file with --faults")
            })?;
            // What is planned comes before what the organization was made with.
            let planned = Fault::plan(&text).map_err(|error| broken_plan(path, &text, error))?;
            world.faults.splice(0..0, planned);
        }
        if let Some(path) = &self.planted {
            let text = serde_json::to_vec_pretty(&world.planted).map_err(|error| {
                Error::failed(format!("the list of what was planted cannot be written: {error}"))
            })?;
            std::fs::write(path, text).map_err(|error| {
                Error::failed(format!("the file could not be written: {error}"))
                    .at(path.display())
                    .hint("check the folder's permissions")
            })?;
        }
        let management = world.management_account().id.clone();
        let (accounts, planted) = (world.accounts.len(), world.planted.len());
        let options = ServerOptions {
            port: self.port,
            latency: Duration::from_millis(self.latency),
            throttle: self.throttle,
        };
        let mut server = serve(world, options).await?;
        let url = server.url();
        console.note(format_args!(
            "an organization of {accounts} accounts, managed by {management}, with {planted} faults and look-alikes; \
             it ends with Ctrl-C\n\n  \
             export AWS_ENDPOINT_URL={url} AWS_ACCESS_KEY_ID=simulated AWS_SECRET_ACCESS_KEY=simulated AWS_REGION=us-east-1\n  \
             aws ec2 describe-vpc-endpoints --region us-east-1\n  \
             plaudit audit\n"
        ));
        // Scripts wait for this line, and read the address from it.
        console.data(|out| writeln!(out, "{url}"))?;
        tokio::select! {
            () = server.wait() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        Ok(DONE)
    }
}

/// Starts the simulator.
pub async fn serve(world: World, options: ServerOptions) -> Result<Running> {
    let place = format!("127.0.0.1:{}", options.port);
    simulator::start(world, options).await.map_err(|error| {
        Error::failed(format!("the simulator could not be started: {error}"))
            .at(place)
            .hint("take another port, or 0 for any that is free")
    })
}

fn broken_plan(path: &Path, text: &str, error: toml::de::Error) -> Error {
    let offset = error.span().map_or(0, |span| span.start);
    let line = 1 + text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count();
    Error::usage(format!("the plan of faults is broken: {}", error.message()))
        .at(format!("{}:{line}", path.display()))
        .hint("write [[fault]] with account, region, operation, times and effect = \"cut\", \"malformed\", { hang = { seconds = 5 } } ...")
}
