//! Scenarios for the rule `idle-zone`.

use super::Scenario;
use super::packets_dropped::silence;
use crate::world::endpoint::EndpointSpec;
use crate::world::series::Traffic;
use crate::world::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] = &[idle_zone, idle_zone_of_two];

fn idle_zone(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1, 2]);
    let spec = EndpointSpec { traffic: Traffic::Daily(9e9), ..EndpointSpec::busy(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    silence(stage, &vpc, 2, &id);
    stage.plant("idle-zone", &id, "carries nothing in one of three zones");
}

fn idle_zone_of_two(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let spec = EndpointSpec { traffic: Traffic::Daily(9e9), ..EndpointSpec::busy(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    silence(stage, &vpc, 1, &id);
    stage.look_alike("idle-zone", &id, "carries nothing in one of two zones, and needs both to be safe");
}
