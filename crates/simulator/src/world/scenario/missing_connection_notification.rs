//! Scenarios for the rule `missing-connection-notification`.

use super::Scenario;
use super::unhealthy_targets::offer_to_consumer;
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
    stage.look_alike("acceptance-not-required", &id, "accepts every request, but only of the organization");
}
