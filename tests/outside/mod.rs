//! Tests against what we did not write. Our simulator shares our misreadings; these do not.

mod clients;
mod commands;
mod engines;
pub mod focus;
mod mended;
mod moto;
mod opened;
