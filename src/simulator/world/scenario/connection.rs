//! Connections between endpoints and services: asked for, refused, or never made.

use super::super::endpoint::{EndpointSpec, Tagging};
use super::super::series::Traffic;
use super::super::stage::{BalancerSpec, Stage};
use super::provider::{Offered, connect, offer, offer_to_consumer};

pub fn pending_request(stage: &mut Stage) {
    let age_days = stage.rng.i64(10..300);
    let offered = request(stage, "pendingAcceptance", age_days);
    stage.plant("stale-connection-request", &offered.endpoint, "has been waiting for its provider");
    stage.elsewhere(offered.consumer, |stage| {
        let what = "bills while nobody accepts it";
        stage.plant("unaccepted-endpoint-billed", &offered.endpoint, what);
    });
}

pub fn fresh_request(stage: &mut Stage) {
    let age_days = stage.rng.i64(0..7);
    let offered = request(stage, "pendingAcceptance", age_days);
    stage.look_alike("stale-connection-request", &offered.endpoint, "was asked for a few days ago");
    stage.elsewhere(offered.consumer, |stage| {
        let what = "its acceptance may be on the way";
        stage.look_alike("unaccepted-endpoint-billed", &offered.endpoint, what);
    });
}

pub fn refused_request(stage: &mut Stage) {
    let age_days = stage.rng.i64(30..300);
    let offered = request(stage, "rejected", age_days);
    stage.look_alike("stale-connection-request", &offered.endpoint, "was answered: refused");
    stage.elsewhere(offered.consumer, |stage| {
        let what = "bills although its provider refused it";
        stage.plant("unaccepted-endpoint-billed", &offered.endpoint, what);
    });
    let vpc = stage.usual_vpc();
    let spec = EndpointSpec { state: "failed", ..EndpointSpec::idle(stage.rng) };
    let failed = stage.endpoint(&vpc, spec);
    let what = "failed, and whether that is charged is not established";
    stage.look_alike("unaccepted-endpoint-billed", &failed, what);
}

pub fn lonely_service(stage: &mut Stage) {
    let id = offer(stage, &BalancerSpec::healthy(), Traffic::None, Tagging::Complete);
    stage.plant("orphaned-endpoint-service", &id, "nobody is connected to it");
}

pub fn lonely_but_new(stage: &mut Stage) {
    let spec = BalancerSpec { age_days: 3, ..BalancerSpec::healthy() };
    let id = offer(stage, &spec, Traffic::None, Tagging::Complete);
    stage.look_alike("orphaned-endpoint-service", &id, "was set up a few days ago");
}

pub fn lonely_beside_connected(stage: &mut Stage) {
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

pub fn unwatched_service(stage: &mut Stage) {
    let id = offer_to_consumer(stage, &BalancerSpec::healthy()).service;
    stage.change_service(&id, |service| service.has_notification = false);
    stage.plant("missing-connection-notification", &id, "requests wait, and nobody is told of them");
}

pub fn unwatched_but_open(stage: &mut Stage) {
    let id = offer_to_consumer(stage, &BalancerSpec::healthy()).service;
    stage.change_service(&id, |service| {
        service.has_notification = false;
        service.acceptance_required = false;
    });
    stage.look_alike("missing-connection-notification", &id, "nothing waits: every request is accepted");
    stage.look_alike("acceptance-not-required", &id, "accepts every request, but only of the organization");
}

/// An endpoint that asks for a service and does not have it.
fn request(stage: &mut Stage, state: &'static str, age_days: i64) -> Offered {
    let service = offer_to_consumer(stage, &BalancerSpec::healthy()).service;
    let spec = EndpointSpec { state, age_days, ..EndpointSpec::idle(stage.rng) };
    connect(stage, service, &[0, 1], spec)
}
