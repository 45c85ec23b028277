//! Scenarios for the rule `missing-connection-notification`.

use super::Scenario;
use super::unhealthy_targets::offer_to_consumer;
use crate::world::endpoint::EndpointSpec;
use crate::world::stage::{BalancerSpec, Stage};

pub(super) const SCENARIOS: &[Scenario] = &[unwatched_service, unwatched_but_open];

fn unwatched_service(stage: &mut Stage) {
    let id = offer_to_consumer(stage, &BalancerSpec::healthy()).service;
    stage.change_service(&id, |service| service.has_notification = false);
    stage.plant("missing-connection-notification", &id, "requests wait, and nobody is told of them");
}

fn unwatched_but_open(stage: &mut Stage) {
    let id = offer_to_consumer(stage, &BalancerSpec::healthy()).service;
    stage.change_service(&id, |service| {
        service.has_notification = false;
        service.acceptance_required = false;
    });
    stage.look_alike("missing-connection-notification", &id, "nothing waits: every request is accepted");
    // A consumer may watch its own endpoint.
    let vpc = stage.usual_vpc();
    let spec = EndpointSpec::busy(stage.rng);
    let watched = stage.endpoint(&vpc, spec);
    stage.here().watched.push(watched);
    stage.look_alike("acceptance-not-required", &id, "accepts every request, but only of the organization");
}
