//! The command line: one file per command, each thin.

mod audit;
mod bounded;
mod check;
mod completed;
mod completions;
mod console;
mod crawl;
#[cfg(feature = "demo")]
mod demo;
mod explain;
mod iam;
mod options;
mod plan;
mod preflight;
mod prices;
mod progress;
mod query;
mod report;
mod rules;
mod schema;
#[cfg(feature = "demo")]
mod simulate;
mod store;

use std::process::{ExitCode, Stdio};

use clap::{CommandFactory, Parser, Subcommand};

use bounded::LimitOptions;
use console::Console;
use options::{Global, LogFormat};

use crate::error::{Error, Kind};

/// Everything was done.
pub const DONE: u8 = 0;
/// The work failed.
pub const FAILED: u8 = 1;
/// The command line, the configuration, a rule or a query is wrong.
pub const USAGE: u8 = 2;
/// Nothing could be audited.
pub const NOTHING_AUDITED: u8 = 3;
/// Done, but coverage is incomplete and `--require-complete` was given.
pub const INCOMPLETE: u8 = 4;
/// There are findings at or above the severity given with `--fail-on`.
pub const FINDINGS: u8 = 10;

/// Audits AWS PrivateLink across an organization, read-only.
///
/// plaudit crawls every account and Region for endpoints and endpoint services, and tells what is
/// orphaned, what crosses zones, what is untagged, what is broken behind an "available" endpoint,
/// what all of it costs, and what could be saved. `plaudit demo` needs no account and no credentials.
#[derive(Parser)]
#[command(name = "plaudit", version = env!("PLAUDIT_VERSION"), max_term_width = 100, after_help = EXIT_STATUSES)]
struct Arguments {
    #[command(flatten)]
    global: Global,

    #[command(subcommand)]
    command: Command,
}

const EXIT_STATUSES: &str = "Exit status: 0 done; 1 failed; 2 usage or configuration; 3 nothing could be audited; \
4 done, but coverage is incomplete and --require-complete was given; 10 findings at or above --fail-on; \
129, 130 and 143 ended by SIGHUP, Ctrl-C or SIGTERM.";

#[derive(Subcommand)]
enum Command {
    /// Audits a simulated organization: no account, no credentials. Run this first
    #[cfg(feature = "demo")]
    Demo(demo::Demo),
    /// Crawls, checks and reports in one go: the main job
    Audit(audit::Audit),
    /// Crawls and keeps a snapshot, without running rules
    Crawl(crawl::Crawl),
    /// Runs the rules over a snapshot, offline
    Check(check::Check),
    /// Shows a report of a snapshot, offline; without a name, the summary
    Report(report::Report),
    /// Shows all that is known of one endpoint or endpoint service, and the chain it is part of
    Explain(explain::Explain),
    /// Runs a read-only SQL query over a snapshot
    Query(query::Query),
    /// Shows the calls that a crawl would make, the time that takes, and what AWS charges for it
    Plan(plan::PlanCommand),
    /// Lists the prices that estimates rest on, or reads them anew from AWS
    #[command(subcommand)]
    Prices(prices::Prices),
    /// Lists, shows and tests rules
    #[command(subcommand)]
    Rules(rules::Rules),
    /// Prints what to grant: policies, the trust policy, a StackSet template
    #[command(subcommand)]
    Iam(iam::Iam),
    /// Lists the tables and their columns
    Schema(schema::Schema),
    /// Serves a simulated organization on loopback, for the AWS CLI, boto3 and plaudit
    #[cfg(feature = "demo")]
    Simulate(simulate::Simulate),
    /// Holds the store's files against what was recorded when they were written
    #[command(subcommand)]
    Store(store::StoreCommand),
    /// Prints shell completions
    Completions(completions::Completions),
}

impl Command {
    /// What the command's SQL may take, and what errors call it.
    fn limits(&self) -> Option<(&LimitOptions, &'static str)> {
        match self {
            Command::Check(command) => Some((&command.check.limits, "the check")),
            Command::Report(command) => Some((&command.limits, "the report")),
            Command::Explain(command) => Some((&command.limits, "the explanation")),
            Command::Query(command) => Some((&command.limits, "the query")),
            Command::Rules(command) => Some((command.limits(), "the rules")),
            // `audit` and `demo` have the check run by itself.
            _ => None,
        }
    }
}

/// Runs the command line and gives the exit status.
pub fn main() -> ExitCode {
    std::panic::set_hook(Box::new(console::show_panic));
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return console::show_usage(&error),
    };
    let mut console = Console::new(&arguments.global);
    start_logging(&arguments.global);
    match run(arguments, &mut console) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            console.error(&error);
            ExitCode::from(match error.kind() {
                Kind::Failed => FAILED,
                Kind::Usage => USAGE,
                Kind::NothingAudited => NOTHING_AUDITED,
            })
        }
    }
}

fn run(arguments: Arguments, console: &mut Console) -> Result<u8, Error> {
    let Arguments { global, command } = arguments;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::failed(format!("the runtime could not be started: {error}")))?;
    runtime.block_on(async {
        match command.limits() {
            Some((limits, _)) if global.within_limits => bounded::begin(limits),
            Some((limits, work)) if !limits.are_none() => {
                let arguments = std::env::args_os().skip(1).collect();
                let arguments = match command {
                    Command::Query(_) => query::with_statement(arguments)?,
                    _ => arguments,
                };
                return limits.run(work, arguments, Stdio::inherit()).await;
            }
            _ => {}
        }
        match command {
            #[cfg(feature = "demo")]
            Command::Demo(command) => command.run(&global, console).await,
            Command::Audit(command) => command.run(&global, console).await,
            Command::Crawl(command) => command.run(&global, console).await,
            Command::Check(command) => command.run(&global, console).await,
            Command::Report(command) => command.run(&global, console).await,
            Command::Explain(command) => command.run(&global, console).await,
            Command::Query(command) => command.run(&global, console).await,
            Command::Plan(command) => command.run(&global, console).await,
            Command::Prices(command) => command.run(&global, console).await,
            Command::Rules(command) => command.run(&global, console).await,
            Command::Iam(command) => command.run(&global, console),
            Command::Schema(command) => command.run(console),
            #[cfg(feature = "demo")]
            Command::Simulate(command) => command.run(console).await,
            Command::Store(command) => command.run(&global, console).await,
            Command::Completions(command) => command.run(console, &mut Arguments::command()),
        }
    })
}

fn start_logging(global: &Global) {
    use tracing_subscriber::filter::{LevelFilter, Targets};
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::util::SubscriberInitExt;

    let (own, others) = match global.verbose {
        0 => (LevelFilter::WARN, LevelFilter::OFF),
        1 => (LevelFilter::INFO, LevelFilter::WARN),
        2 => (LevelFilter::DEBUG, LevelFilter::INFO),
        _ => (LevelFilter::TRACE, LevelFilter::DEBUG),
    };
    let filter = Targets::new()
        .with_default(others)
        .with_target("plaudit", own)
        // These log what they send, credentials among it.
        .with_target("aws_config", others.min(LevelFilter::INFO))
        .with_target("aws_sigv4", LevelFilter::OFF)
        .with_target("aws_smithy_runtime", others.min(LevelFilter::INFO))
        .with_target("hyper", others.min(LevelFilter::INFO))
        .with_target("hyper_util", others.min(LevelFilter::INFO));
    let json = global.log_format == LogFormat::Json;
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(move || console::LogWriter { json })
        .with_ansi(console::colour_on_stderr() && !json);
    let registry = tracing_subscriber::registry().with(filter);
    match global.log_format {
        LogFormat::Text => registry.with(lines.with_target(false)).init(),
        LogFormat::Json => registry.with(lines.json()).init(),
    }
}
