//! Scenarios for the rule `cross-az-traffic`.

use super::Scenario;
use super::unhealthy_targets::{offer, offer_with};
use crate::world::OPT_IN_REGION;
use crate::world::endpoint::{EndpointSpec, Tagging};
use crate::world::series::Traffic;
use crate::world::stage::{BalancerSpec, Stage};

pub(super) const SCENARIOS: &[Scenario] = &[
    inspection_per_zone,
    inspection_across_zones,
    cross_zone_service,
    cross_zone_with_little_traffic,
    cross_zone_overridden,
    cross_zone_that_is_needed,
    cross_zone_before_another_balancer,
];

fn inspection_per_zone(stage: &mut Stage) {
    let service_name = appliances(stage);
    let vpc = stage.vpc(&[0, 1]);
    for zone in [0, 1] {
        let id = inspection_endpoint(stage, &vpc, &service_name, zone, Traffic::Daily(60e9));
        stage.route(&vpc, zone, &id);
        stage.look_alike(
            "cross-az-traffic",
            &id,
            "one Gateway Load Balancer endpoint per zone, as it is meant",
        );
    }
}

fn inspection_across_zones(stage: &mut Stage) {
    let service_name = appliances(stage);
    let vpc = stage.vpc(&[0, 1]);
    let id = inspection_endpoint(stage, &vpc, &service_name, 0, Traffic::Daily(60e9));
    stage.route(&vpc, 0, &id);
    stage.route(&vpc, 1, &id);
    stage.plant("cross-az-traffic", &id, "is the route of a subnet in another zone");
}

pub(super) fn appliances(stage: &mut Stage) -> String {
    let spec = BalancerSpec { kind: "gateway", ..BalancerSpec::healthy() };
    let service = offer(stage, &spec, Traffic::Daily(1e9), Tagging::Complete);
    stage.service_name(&service)
}

pub(super) fn inspection_endpoint(
    stage: &mut Stage,
    vpc: &str,
    service_name: &str,
    zone: usize,
    traffic: Traffic,
) -> String {
    let spec = EndpointSpec {
        kind: "GatewayLoadBalancer",
        service_name: Some(service_name.to_owned()),
        zones: Some(vec![zone]),
        traffic,
        ..EndpointSpec::busy(stage.rng)
    };
    stage.endpoint(vpc, spec)
}

fn cross_zone_service(stage: &mut Stage) {
    for target_type in ["instance", "ip"] {
        let target_type = Some(target_type);
        let spec = BalancerSpec { cross_zone: true, target_type, ..BalancerSpec::healthy() };
        let id = offer_with(stage, &spec, Traffic::Daily(50e9), Tagging::Complete).service;
        // Where the price of a transfer is not known the crossing is named all the same.
        stage.plant("cross-az-traffic", &id, "balances across zones, each of which has targets of its own");
    }
}

fn cross_zone_with_little_traffic(stage: &mut Stage) {
    let spec = BalancerSpec { cross_zone: true, ..BalancerSpec::healthy() };
    if stage.region == OPT_IN_REGION {
        // Without a price nothing is too little.
        return;
    }
    let id = offer_with(stage, &spec, Traffic::Daily(1e7), Tagging::Complete).service;
    stage.look_alike("cross-az-traffic", &id, "balances across zones for a few cents");
}

fn cross_zone_overridden(stage: &mut Stage) {
    let spec = BalancerSpec { cross_zone: true, group_cross_zone: "false", ..BalancerSpec::healthy() };
    let id = offer_with(stage, &spec, Traffic::Daily(50e9), Tagging::Complete).service;
    stage.look_alike("cross-az-traffic", &id, "the target group overrides its load balancer");
}

fn cross_zone_that_is_needed(stage: &mut Stage) {
    let spec = BalancerSpec {
        cross_zone: true,
        targets: vec![(0, "healthy"), (0, "healthy")],
        ..BalancerSpec::healthy()
    };
    let id = offer_with(stage, &spec, Traffic::Daily(50e9), Tagging::Complete).service;
    stage.look_alike("cross-az-traffic", &id, "balances across zones because one of them has no targets");
}

fn cross_zone_before_another_balancer(stage: &mut Stage) {
    let spec = BalancerSpec { cross_zone: true, target_type: Some("alb"), ..BalancerSpec::healthy() };
    let id = offer_with(stage, &spec, Traffic::Daily(50e9), Tagging::Complete).service;
    stage.look_alike(
        "cross-az-traffic",
        &id,
        "its target is an Application Load Balancer in all of the zones",
    );
}
