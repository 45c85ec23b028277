//! Scenarios for the rule `stale-connection-request`.

use super::Scenario;
use super::unhealthy_targets::{Offered, connect, offer_to_consumer};
use crate::world::endpoint::EndpointSpec;
use crate::world::stage::{BalancerSpec, Stage};

pub(super) const SCENARIOS: &[Scenario] = &[pending_request, fresh_request];

fn pending_request(stage: &mut Stage) {
    let age_days = stage.rng.i64(10..300);
    let offered = request(stage, "pendingAcceptance", age_days);
    stage.plant("stale-connection-request", &offered.endpoint, "has been waiting for its provider");
    stage.elsewhere(offered.consumer, |stage| {
        let what = "bills while nobody accepts it";
        stage.plant("unaccepted-endpoint-billed", &offered.endpoint, what);
    });
}

fn fresh_request(stage: &mut Stage) {
    let age_days = stage.rng.i64(0..7);
    let offered = request(stage, "pendingAcceptance", age_days);
    stage.look_alike("stale-connection-request", &offered.endpoint, "was asked for a few days ago");
    stage.elsewhere(offered.consumer, |stage| {
        let what = "its acceptance may be on the way";
        stage.look_alike("unaccepted-endpoint-billed", &offered.endpoint, what);
    });
}

/// An endpoint that asks for a service and does not have it.
pub(super) fn request(stage: &mut Stage, state: &'static str, age_days: i64) -> Offered {
    let service = offer_to_consumer(stage, &BalancerSpec::healthy()).service;
    let spec = EndpointSpec { state, age_days, ..EndpointSpec::idle(stage.rng) };
    connect(stage, service, &[0, 1], spec)
}
