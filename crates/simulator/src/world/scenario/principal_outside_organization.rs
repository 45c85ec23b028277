//! Scenarios for the rule `principal-outside-organization`.

use super::Scenario;
use super::wildcard_allowed_principal::{STRANGER, offered};
use crate::world::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] = &[open_to_stranger, open_to_member];

fn open_to_stranger(stage: &mut Stage) {
    let id = offered(stage, |service| service.principals.push(("Account", STRANGER.to_owned())));
    stage.plant("principal-outside-organization", &id, "an account outside the organization may ask");
    let id = offered(stage, |service| {
        service.principals.push(("Account", STRANGER.to_owned()));
        service.acceptance_required = false;
    });
    stage.plant("principal-outside-organization", &id, "an account outside the organization may connect");
    stage.plant("acceptance-not-required", &id, "an account outside connects without being asked");
}

fn open_to_member(stage: &mut Stage) {
    let member = stage.some_account_here();
    let role = format!("arn:aws:iam::{}:role/network", stage.world.accounts[member].id);
    let id = offered(stage, |service| service.principals.push(("Role", role)));
    stage.look_alike("principal-outside-organization", &id, "a role of an account of the organization");
    stage.look_alike("wildcard-allowed-principal", &id, "names whom it lets in");
}
