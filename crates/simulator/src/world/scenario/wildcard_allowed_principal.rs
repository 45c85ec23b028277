//! Scenarios for the rule `wildcard-allowed-principal`.

use super::Scenario;
use super::unhealthy_targets::offer_to_consumer;
use crate::world::service::Service;
use crate::world::stage::{BalancerSpec, Stage};

pub(super) const SCENARIOS: &[Scenario] = &[open_on_request];

/// An account that is in no organization that is simulated: ids there do not begin with 0.
pub(super) const STRANGER: &str = "arn:aws:iam::099999999999:root";

fn open_on_request(stage: &mut Stage) {
    let id = offered(stage, |service| service.principals.push(("All", "*".to_owned())));
    stage.plant("wildcard-allowed-principal", &id, "any account at AWS may ask to connect");
}

/// The account of [`STRANGER`].
pub(super) const STRANGERS_ACCOUNT: &str = "099999999999";

pub(super) fn balancer_of(stage: &mut Stage, spec: &BalancerSpec) -> String {
    let id = offer_to_consumer(stage, spec).service;
    let found = stage.here().services.iter().find(|service| service.id == id);
    found.and_then(|service| service.balancer_arns.first().cloned()).unwrap_or_default()
}

pub(super) fn offered(stage: &mut Stage, change: impl FnOnce(&mut Service)) -> String {
    let id = offer_to_consumer(stage, &BalancerSpec::healthy()).service;
    stage.change_service(&id, change);
    id
}
