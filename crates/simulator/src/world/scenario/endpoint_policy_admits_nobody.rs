//! Scenarios for the rule `endpoint-policy-admits-nobody`.

use super::Scenario;
use super::security_group_blocks_consumers::YOUNG;
use crate::world::endpoint::EndpointSpec;
use crate::world::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] = &[deny_without_allow, deny_without_allow_that_works];

/// A Deny alone, as somebody who takes it for an addition to AWS's default writes it.
const DENY_ALONE: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-simulated0"}}}]}"#;

fn deny_without_allow(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    let spec = EndpointSpec { policy: Some(DENY_ALONE), age_days: YOUNG, ..EndpointSpec::idle(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    stage.plant("endpoint-policy-admits-nobody", &id, "has a policy with a Deny and no Allow");
    stage.look_alike("orphaned-endpoint", &id, "idle, but younger than the threshold");
}

fn deny_without_allow_that_works(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    let spec = EndpointSpec { policy: Some(DENY_ALONE), ..EndpointSpec::busy(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    stage.look_alike("endpoint-policy-admits-nobody", &id, "traffic passes: told, not accused");
}
