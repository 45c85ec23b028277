//! Scenarios for the rule `unaccepted-endpoint-billed`.

use super::Scenario;
use super::stale_connection_request::request;
use crate::world::endpoint::EndpointSpec;
use crate::world::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] = &[refused_request];

fn refused_request(stage: &mut Stage) {
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
