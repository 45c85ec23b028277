//! Inspection appliances behind Gateway Load Balancers.

use super::super::endpoint::{EndpointSpec, Tagging};
use super::super::series::Traffic;
use super::super::stage::{BalancerSpec, Stage};
use super::provider::offer;

pub fn inspection_per_zone(stage: &mut Stage) {
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

pub fn inspection_across_zones(stage: &mut Stage) {
    let service_name = appliances(stage);
    let vpc = stage.vpc(&[0, 1]);
    let id = inspection_endpoint(stage, &vpc, &service_name, 0, Traffic::Daily(60e9));
    stage.route(&vpc, 0, &id);
    stage.route(&vpc, 1, &id);
    stage.plant("cross-az-traffic", &id, "is the route of a subnet in another zone");
}

pub fn idle_inspection(stage: &mut Stage) {
    let service_name = appliances(stage);
    let vpc = stage.vpc(&[0, 1]);
    let used = inspection_endpoint(stage, &vpc, &service_name, 0, Traffic::Daily(60e9));
    stage.route(&vpc, 0, &used);
    let idle = inspection_endpoint(stage, &vpc, &service_name, 1, Traffic::None);
    stage.plant("orphaned-endpoint", &idle, "a Gateway Load Balancer endpoint to which no route leads");
}

fn appliances(stage: &mut Stage) -> String {
    let spec = BalancerSpec { kind: "gateway", ..BalancerSpec::healthy() };
    let service = offer(stage, &spec, Traffic::Daily(1e9), Tagging::Complete);
    stage.service_name(&service)
}

fn inspection_endpoint(
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
