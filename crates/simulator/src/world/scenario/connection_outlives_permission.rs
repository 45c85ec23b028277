//! Scenarios for the rule `connection-outlives-permission`.

use super::Scenario;
use super::wildcard_allowed_principal::{STRANGER, STRANGERS_ACCOUNT, offered};
use crate::world::service::Stranger;
use crate::world::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] = &[connected_for_ever, connected_and_allowed];

/// "Removing permissions does not affect existing connections"
/// (<https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html>).
fn connected_for_ever(stage: &mut Stage) {
    let endpoint_id = stage.id("vpce");
    let stranger = stranger(stage, &endpoint_id);
    offered(stage, |service| service.strangers.push(stranger));
    let what = "an account outside the organization is connected and no longer allowed";
    stage.plant("connection-outlives-permission", &endpoint_id, what);
}

fn connected_and_allowed(stage: &mut Stage) {
    let endpoint_id = stage.id("vpce");
    let stranger = stranger(stage, &endpoint_id);
    let id = offered(stage, |service| {
        service.principals.push(("Account", STRANGER.to_owned()));
        service.strangers.push(stranger);
    });
    stage.plant("principal-outside-organization", &id, "an account outside the organization may ask");
    stage.look_alike("connection-outlives-permission", &endpoint_id, "is connected, and allowed");
}

fn stranger(stage: &mut Stage, endpoint_id: &str) -> Stranger {
    Stranger {
        endpoint_id: endpoint_id.to_owned(),
        account_id: STRANGERS_ACCOUNT.to_owned(),
        age_days: stage.rng.i64(100..900),
    }
}
