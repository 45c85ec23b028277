//! Scenarios for the rule `service-pays-for-strangers`.

use super::Scenario;
use super::wildcard_allowed_principal::{STRANGER, offered};
use crate::world::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] = &[pays_for_strangers, pays_for_its_own];

fn pays_for_strangers(stage: &mut Stage) {
    let id = offered(stage, |service| {
        service.principals.push(("Account", STRANGER.to_owned()));
        service.payer = Some("ServiceOwner");
    });
    stage.plant("principal-outside-organization", &id, "an account outside the organization may ask");
    stage.plant("service-pays-for-strangers", &id, "pays for whatever endpoints a stranger makes");
}

fn pays_for_its_own(stage: &mut Stage) {
    let id = offered(stage, |service| service.payer = Some("ServiceOwner"));
    stage.look_alike("service-pays-for-strangers", &id, "pays for endpoints of the organization alone");
}
