//! Scenarios for the rule `connection-resets`.

use super::Scenario;
use super::packets_dropped::{busy, publish};
use crate::world::series::Traffic;
use crate::world::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] = &[resetting_endpoint, endpoint_with_few_connections];

fn resetting_endpoint(stage: &mut Stage) {
    let id = busy(stage);
    publish(stage, &id, "NewConnections", Traffic::Daily(40_000.0));
    publish(stage, &id, "RstPacketsReceived", Traffic::Daily(60_000.0));
    stage.plant("connection-resets", &id, "has more resets than connections");
}

fn endpoint_with_few_connections(stage: &mut Stage) {
    let id = busy(stage);
    publish(stage, &id, "NewConnections", Traffic::Daily(40.0));
    publish(stage, &id, "RstPacketsReceived", Traffic::Daily(60.0));
    stage.look_alike("connection-resets", &id, "has too few connections for a share to mean anything");
}
