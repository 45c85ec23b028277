//! Scenarios for the rule `acceptance-not-required`.

use super::Scenario;
use super::wildcard_allowed_principal::offered;
use crate::world::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] = &[open_to_all];

fn open_to_all(stage: &mut Stage) {
    let id = offered(stage, |service| {
        service.principals = vec![("All", "*".to_owned())];
        service.acceptance_required = false;
    });
    stage.plant("wildcard-allowed-principal", &id, "any account at AWS connects without being asked");
    stage.look_alike("acceptance-not-required", &id, "that it is open to all is another rule's to say");
}
