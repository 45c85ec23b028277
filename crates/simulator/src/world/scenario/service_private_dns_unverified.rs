//! Scenarios for the rule `service-private-dns-unverified`.

use super::Scenario;
use super::decommissioned_service::named;
use crate::world::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] = &[unverified_private_dns];

fn unverified_private_dns(stage: &mut Stage) {
    for state in ["pendingVerification", "failed"] {
        let id = named(stage, state);
        stage.plant("service-private-dns-unverified", &id, "its private DNS name is not verified");
    }
    let id = named(stage, "verified");
    stage.look_alike("service-private-dns-unverified", &id, "its private DNS name is verified");
}
