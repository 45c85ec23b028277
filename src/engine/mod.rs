//! SQL engines. Polars is embedded; other engines read the same Parquet with the same statements.

mod answer;
mod complete;
pub mod constant;
pub mod document;
mod embedded;
pub mod gate;
mod growth;
pub mod question;
mod refusal;
pub mod scope;
pub mod spelling;
pub mod statement;
mod walk;

pub use answer::{Answer, Value};
pub use embedded::Engine;
