//! The one integration-test binary: linking Polars and the AWS SDK once is enough.
//!
//! `support` holds what tests share, `outside` the tests against programs that somebody else wrote
//! (moto, boto3, the AWS CLI, DuckDB). They need Python 3 and install the rest themselves, into a
//! folder under `target/`.

#![allow(clippy::disallowed_macros)] // A test may print what it did,
#![allow(clippy::expect_used, clippy::unwrap_used)] // and one that cannot go on panics.

mod support;

mod bad_input;
mod bills;
mod bounds;
mod buckets;
mod configuration;
mod crawl;
mod demo;
mod earlier;
mod explain;
mod fuzz;
mod gaps;
mod honest;
mod hostile_text;
mod house;
mod interrupted;
mod manifests;
#[cfg(unix)]
mod modes;
mod named_bills;
mod only;
mod outside;
mod people;
mod permissions;
mod policy;
mod published;
mod reachability;
mod read_back;
mod readme;
mod reports;
mod rules;
mod secrets;
mod selection;
mod sessions;
#[cfg(unix)]
mod two_users;
mod usage;
#[cfg(unix)]
mod verify;
mod version;
mod waivers;
mod widths;
mod wire;
