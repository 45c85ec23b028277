//! An AWS Organization on loopback, in AWS's own wire protocols, made up from a seed.
//!
//! It serves what plaudit calls, to plaudit and to anybody else: the AWS CLI, boto3. It plants
//! faults of every kind that a rule looks for among look-alikes that must not be accused, and
//! writes down what it planted, so that a test can compute precision and recall.
//!
//! `GET /planted` gives that list as JSON, `GET /requests` the number of requests by operation; `PUT /faults`
//! takes a plan of faults in place of the one before.

mod api;
mod fault;
mod server;
mod session;
mod throttle;
mod wire;
mod world;

pub use fault::{Effect, Fault};
pub use server::{Running, ServerOptions, start};
pub use session::Session;
pub use throttle::{PRIVATELINK, Rate};
pub use world::{Planted, REGIONS, ROLE_NAME, World, WorldOptions};
