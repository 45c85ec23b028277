//! Scenarios for the rule `service-zone-mismatch`.

use super::Scenario;
use super::security_group_blocks_consumers::YOUNG;
use super::unhealthy_targets::{connect, offer};
use crate::world::endpoint::{EndpointSpec, Tagging};
use crate::world::series::Traffic;
use crate::world::stage::{BalancerSpec, Stage};

pub(super) const SCENARIOS: &[Scenario] = &[zone_without_service];

fn zone_without_service(stage: &mut Stage) {
    let service = offer(stage, &BalancerSpec::healthy(), Traffic::Daily(2e8), Tagging::Complete);
    let spec = EndpointSpec::busy(stage.rng);
    let offered = connect(stage, service, &[1, 2], spec);
    offered.plant_at_consumer(
        stage,
        "service-zone-mismatch",
        "stands in a zone that its service has left, and in one that it has not",
    );
    let service = offer(stage, &BalancerSpec::healthy(), Traffic::Daily(2e8), Tagging::Complete);
    let spec = EndpointSpec { age_days: YOUNG, ..EndpointSpec::idle(stage.rng) };
    let offered = connect(stage, service, &[2], spec);
    offered.plant_at_consumer(stage, "service-zone-mismatch", "stands in no zone of its service");
    stage.elsewhere(offered.consumer, |stage| {
        stage.look_alike("orphaned-endpoint", &offered.endpoint, "idle, but younger than the threshold");
    });
}
