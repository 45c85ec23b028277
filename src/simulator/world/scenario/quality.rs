//! Endpoints by how well they carry their traffic.

use super::super::endpoint::EndpointSpec;
use super::super::series::{Series, Traffic};
use super::super::stage::Stage;

pub fn dropping_endpoint(stage: &mut Stage) {
    let id = busy(stage);
    publish(stage, &id, "PacketsDropped", Traffic::Daily(50_000.0));
    stage.plant("packets-dropped", &id, "drops packets every day");
}

pub fn endpoint_that_dropped_once(stage: &mut Stage) {
    let id = busy(stage);
    publish(stage, &id, "PacketsDropped", Traffic::Once { days_ago: 20, bytes: 900_000.0 });
    stage.look_alike("packets-dropped", &id, "dropped packets on one day of the window");
}

pub fn resetting_endpoint(stage: &mut Stage) {
    let id = busy(stage);
    publish(stage, &id, "NewConnections", Traffic::Daily(40_000.0));
    publish(stage, &id, "RstPacketsReceived", Traffic::Daily(60_000.0));
    stage.plant("connection-resets", &id, "has more resets than connections");
}

pub fn endpoint_with_few_connections(stage: &mut Stage) {
    let id = busy(stage);
    publish(stage, &id, "NewConnections", Traffic::Daily(40.0));
    publish(stage, &id, "RstPacketsReceived", Traffic::Daily(60.0));
    stage.look_alike("connection-resets", &id, "has too few connections for a share to mean anything");
}

pub fn idle_zone(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1, 2]);
    let spec = EndpointSpec { traffic: Traffic::Daily(9e9), ..EndpointSpec::busy(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    silence(stage, &vpc, 2, &id);
    stage.plant("idle-zone", &id, "carries nothing in one of three zones");
}

pub fn idle_zone_of_two(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let spec = EndpointSpec { traffic: Traffic::Daily(9e9), ..EndpointSpec::busy(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    silence(stage, &vpc, 1, &id);
    stage.look_alike("idle-zone", &id, "carries nothing in one of two zones, and needs both to be safe");
}

fn busy(stage: &mut Stage) -> String {
    let vpc = stage.usual_vpc();
    let spec = EndpointSpec { traffic: Traffic::Daily(9e9), ..EndpointSpec::busy(stage.rng) };
    stage.endpoint(&vpc, spec)
}

/// Publishes another metric beside the bytes of an endpoint.
fn publish(stage: &mut Stage, endpoint_id: &str, metric: &'static str, traffic: Traffic) {
    let of_endpoint = |series: &&Series| {
        series.dimensions.len() == 4 && series.dimensions.iter().any(|(_, value)| value == endpoint_id)
    };
    let bytes = stage.here().series.iter().find(of_endpoint).cloned();
    stage.here().series.extend(bytes.map(|bytes| Series { metric, traffic, ..bytes }));
}

/// Lets a zone of an endpoint carry nothing.
fn silence(stage: &mut Stage, vpc_id: &str, zone: usize, endpoint_id: &str) {
    let subnet_id = stage.subnet(vpc_id, zone);
    let has = |series: &Series, wanted: &str| series.dimensions.iter().any(|(_, value)| value == wanted);
    for series in stage.here().series.iter_mut().filter(|s| has(s, endpoint_id) && has(s, &subnet_id)) {
        series.traffic = Traffic::None;
    }
}
