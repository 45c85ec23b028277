//! plaudit audits AWS PrivateLink across an organization, read-only.
//!
//! One idea carries the whole program: **AWS is read once, into tables; everything after that is
//! SQL over those tables.** A rule is a `.sql` file in `rules/`, a report a `.sql` file in
//! `reports/`, and the tables are Parquet that any other engine reads too.
//!
//! # Codemap
//!
//! | where | what |
//! |---|---|
//! | `main.rs` | arguments in, exit status out |
//! | [`cli`] | one file per command, thin |
//! | [`audit`] | the pipeline: crawl, derive, store, check; the one place that knows every stage |
//! | [`crawl`] | the only code that talks to AWS: session, accounts, limits, one file per API family |
//! | [`bill`] | Cost and Usage Reports, FOCUS exports and Cost Explorer's totals, read into `charge` |
//! | [`derive`](mod@derive) | tables from tables, without I/O: usage, cost, the bill by endpoint, policies, reachability |
//! | [`price`] | the list prices that ship with plaudit |
//! | [`rule`] | header, loader, runner, waivers, cases; knows no rule by name |
//! | [`report`] | the summary, the explanation of one resource, the forms of a report; knows no report by name |
//! | [`engine`] | SQL: the gate, the coverage-aware wrapping, the embedded engine |
//! | [`view`] | `views/*.sql`: what several statements share, read as if it were a table |
//! | [`mod@parquet`] | how large a Parquet file unfolds, found out before it is read |
//! | [`store`] | snapshots in a folder or a bucket, and the journal of a crawl |
//! | [`table`] | one file per table: record, columns, documentation; nothing else defines a column |
//! | `crates/built-in` | the files of `rules/` and `reports/`: from disk in a debug build, carried by a release build |
//! | `crates/simulator` | an AWS organization on loopback (feature `demo`); knows nothing of plaudit |
//! | [`iam`], [`plan`](mod@plan) | what to grant; what a crawl will take |
//! | [`config`], [`error`], [`format`](mod@format), [`parallel`] | `plaudit.toml`; errors with a hint; values and strangers' text as people read them; work on all processors |
//!
//! Looking for a table: `table/<name>.rs`. A rule: `rules/<category>/<id>.sql`, its cases beside it.
//! A report: `reports/<name>.sql`. An AWS operation: [`table::Operation`] lists all, and the file of
//! its family in `crawl/` calls it. A planted fault:
//! `crates/simulator/src/world/scenario/<rule>.rs`.
//!
//! Flow is one-way: `main -> cli -> audit -> {crawl, derive, price, rule, report} -> {engine, store}
//! -> table`. A test reads the `use` lines and fails on an arrow that runs back.
//!
//! # What must always be true
//!
//! 1. Nothing at AWS is ever changed. What is called stands in [`table::Operation`].
//! 2. An unaudited corner is never reported as clean. Every account, Region and operation has a row
//!    of coverage, and [`engine::scope`] keeps rules from judging where it is incomplete.
//! 3. No data is not zero. Usage has three values ([`table::Usage`]).
//! 4. Money says where it comes from ([`table::CostBasis`]); amounts on different bases are not
//!    added up.
//! 5. One bad account never ends the run, and a run that is cut off can be resumed.
//! 6. The same snapshot gives the same output, byte for byte, whatever the order of answers was.
//! 7. Text from AWS is hostile, and so is what is read back: nothing of it is obeyed by a terminal, computed
//!    by a spreadsheet or rendered by a wiki. [`format`](mod@format) and [`report`] see to it.
//! 8. No secret is written or logged.

pub mod audit;
pub mod bill;
pub mod cli;
pub mod config;
pub mod crawl;
pub mod derive;
pub mod engine;
pub mod error;
pub mod format;
pub mod iam;
pub mod parallel;
pub mod parquet;
pub mod plan;
pub mod price;
pub mod report;
pub mod rule;
pub mod store;
pub mod table;
pub mod view;
