//! Scenarios for the rule `packets-dropped`.

use super::Scenario;
use crate::world::endpoint::EndpointSpec;
use crate::world::series::{Series, Traffic};
use crate::world::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] = &[dropping_endpoint, endpoint_that_dropped_once];

fn dropping_endpoint(stage: &mut Stage) {
    let id = busy(stage);
    publish(stage, &id, "PacketsDropped", Traffic::Daily(50_000.0));
    stage.plant("packets-dropped", &id, "drops packets every day");
}

fn endpoint_that_dropped_once(stage: &mut Stage) {
    let id = busy(stage);
    publish(stage, &id, "PacketsDropped", Traffic::Once { days_ago: 20, bytes: 900_000.0 });
    stage.look_alike("packets-dropped", &id, "dropped packets on one day of the window");
}

pub(super) fn busy(stage: &mut Stage) -> String {
    let vpc = stage.usual_vpc();
    let spec = EndpointSpec { traffic: Traffic::Daily(9e9), ..EndpointSpec::busy(stage.rng) };
    stage.endpoint(&vpc, spec)
}

/// Publishes another metric beside the bytes of an endpoint.
pub(super) fn publish(stage: &mut Stage, endpoint_id: &str, metric: &'static str, traffic: Traffic) {
    let of_endpoint = |series: &&Series| {
        series.dimensions.len() == 4 && series.dimensions.iter().any(|(_, value)| value == endpoint_id)
    };
    let bytes = stage.here().series.iter().find(of_endpoint).cloned();
    stage.here().series.extend(bytes.map(|bytes| Series { metric, traffic, ..bytes }));
}

/// Lets a zone of an endpoint carry nothing.
pub(super) fn silence(stage: &mut Stage, vpc_id: &str, zone: usize, endpoint_id: &str) {
    let subnet_id = stage.subnet(vpc_id, zone);
    let has = |series: &Series, wanted: &str| series.dimensions.iter().any(|(_, value)| value == wanted);
    for series in stage.here().series.iter_mut().filter(|s| has(s, endpoint_id) && has(s, &subnet_id)) {
        series.traffic = Traffic::None;
    }
}
