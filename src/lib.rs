//! lib
pub mod audit;
pub mod cli;
pub mod config;
pub mod crawl;
pub mod derive;
pub mod engine;
pub mod error;
pub mod format;
pub mod price;
pub mod report;
pub mod rule;
#[cfg(feature = "demo")]
pub mod simulator;
pub mod store;
pub mod table;
