//! lib
pub mod config;
pub mod engine;
pub mod error;
pub mod format;
pub mod rule;
pub mod store;
pub mod table;
