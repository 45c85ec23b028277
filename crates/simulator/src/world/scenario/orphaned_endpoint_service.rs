//! Scenarios for the rule `orphaned-endpoint-service`.

use super::Scenario;
use super::unhealthy_targets::{offer, offer_to_consumer};
use crate::world::endpoint::Tagging;
use crate::world::series::Traffic;
use crate::world::stage::{BalancerSpec, Stage};

pub(super) const SCENARIOS: &[Scenario] = &[lonely_service, lonely_but_new, lonely_beside_connected];

fn lonely_service(stage: &mut Stage) {
    let id = offer(stage, &BalancerSpec::healthy(), Traffic::None, Tagging::Complete);
    stage.plant("orphaned-endpoint-service", &id, "nobody is connected to it");
}

fn lonely_but_new(stage: &mut Stage) {
    let spec = BalancerSpec { age_days: 3, ..BalancerSpec::healthy() };
    let id = offer(stage, &spec, Traffic::None, Tagging::Complete);
    stage.change_service(&id, |service| {
        service.payer = Some("ServiceOwner");
        service.other_regions = vec!["eu-west-1".to_owned(), "us-west-2".to_owned()];
    });
    stage.look_alike("orphaned-endpoint-service", &id, "was set up a few days ago");
}

fn lonely_beside_connected(stage: &mut Stage) {
    let connected = offer_to_consumer(stage, &BalancerSpec::healthy()).service;
    let found = stage.here().services.iter().find(|service| service.id == connected);
    let arns = found.map(|service| service.balancer_arns.clone()).unwrap_or_default();
    let id = stage.service(arns, &[0, 1], Traffic::None, Tagging::Complete);
    stage.look_alike(
        "orphaned-endpoint-service",
        &id,
        "nobody is connected to it, but its load balancer serves another service",
    );
}
