//! Endpoint services by what stands behind them.

use super::super::OPT_IN_REGION;
use super::super::endpoint::{EndpointSpec, Tagging};
use super::super::series::Traffic;
use super::super::stage::{BalancerSpec, Stage};

pub fn healthy_service(stage: &mut Stage) {
    let id = offer_to_consumer(stage, &BalancerSpec::healthy());
    stage.look_alike("unhealthy-targets", &id, "all targets are healthy");
    stage.look_alike("cross-az-traffic", &id, "cross-zone load balancing is off");
}

pub fn dead_service(stage: &mut Stage) {
    let id = offer_to_consumer(stage, &with_targets(&[(0, "unhealthy"), (1, "unhealthy")]));
    stage.plant("unhealthy-targets", &id, "no target is healthy, and its consumers see `available`");
}

pub fn half_dead_service(stage: &mut Stage) {
    let id = offer_to_consumer(stage, &with_targets(&[(0, "healthy"), (1, "unhealthy")]));
    stage.plant("unhealthy-targets", &id, "one target of two is unhealthy");
}

pub fn service_without_targets(stage: &mut Stage) {
    let id = offer_to_consumer(stage, &with_targets(&[]));
    stage.plant("unhealthy-targets", &id, "its target group is empty");
}

pub fn draining_service(stage: &mut Stage) {
    let id = offer_to_consumer(stage, &with_targets(&[(0, "healthy"), (1, "healthy"), (1, "draining")]));
    stage.look_alike("unhealthy-targets", &id, "a target is draining after a deployment");
}

pub fn starting_service(stage: &mut Stage) {
    let id = offer_to_consumer(stage, &with_targets(&[(0, "initial"), (1, "initial")]));
    stage.look_alike("unhealthy-targets", &id, "its targets have just been registered");
}

pub fn unchecked_service(stage: &mut Stage) {
    let id = offer_to_consumer(stage, &with_targets(&[(0, "unavailable"), (1, "unavailable")]));
    stage.look_alike("unhealthy-targets", &id, "its targets are not checked");
}

pub fn cross_zone_service(stage: &mut Stage) {
    let spec = BalancerSpec { cross_zone: true, ..BalancerSpec::healthy() };
    let id = offer(stage, &spec, Traffic::Daily(50e9), Tagging::Complete);
    // Where the price of a transfer is not known the crossing is named all the same.
    stage.plant("cross-az-traffic", &id, "balances across zones, each of which has targets of its own");
}

pub fn cross_zone_with_little_traffic(stage: &mut Stage) {
    let spec = BalancerSpec { cross_zone: true, ..BalancerSpec::healthy() };
    if stage.region == OPT_IN_REGION {
        // Without a price nothing is too little.
        return;
    }
    let id = offer(stage, &spec, Traffic::Daily(1e7), Tagging::Complete);
    stage.look_alike("cross-az-traffic", &id, "balances across zones for a few cents");
}

pub fn cross_zone_overridden(stage: &mut Stage) {
    let spec = BalancerSpec { cross_zone: true, group_cross_zone: "false", ..BalancerSpec::healthy() };
    let id = offer(stage, &spec, Traffic::Daily(50e9), Tagging::Complete);
    stage.look_alike("cross-az-traffic", &id, "the target group overrides its load balancer");
}

pub fn cross_zone_that_is_needed(stage: &mut Stage) {
    let spec = BalancerSpec {
        cross_zone: true,
        targets: vec![(0, "healthy"), (0, "healthy")],
        ..BalancerSpec::healthy()
    };
    let id = offer(stage, &spec, Traffic::Daily(50e9), Tagging::Complete);
    stage.look_alike("cross-az-traffic", &id, "balances across zones because one of them has no targets");
}

pub fn offer(stage: &mut Stage, balancer: &BalancerSpec, traffic: Traffic, tagging: Tagging) -> String {
    let vpc = stage.vpc(&[]);
    let arn = stage.balancer(&vpc, balancer);
    stage.service(vec![arn], &balancer.zones, traffic, tagging)
}

fn offer_to_consumer(stage: &mut Stage, balancer: &BalancerSpec) -> String {
    let service = offer(stage, balancer, Traffic::Daily(2e8), Tagging::Complete);
    let service_name = stage.service_name(&service);
    let consumer = stage.some_account_here();
    let zones = balancer.zones.clone();
    stage.elsewhere(consumer, |stage| {
        let vpc = stage.vpc(&zones);
        let spec = EndpointSpec { service_name: Some(service_name), ..EndpointSpec::busy(stage.rng) };
        stage.endpoint(&vpc, spec);
    });
    service
}

fn with_targets(targets: &[(usize, &'static str)]) -> BalancerSpec {
    BalancerSpec { targets: targets.to_vec(), ..BalancerSpec::healthy() }
}
