//! Scenarios for the rule `duplicate-endpoint`.

use super::Scenario;
use crate::world::endpoint::EndpointSpec;
use crate::world::series::Traffic;
use crate::world::service::aws_service_name;
use crate::world::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] =
    &[second_endpoint, second_endpoint_of_migration, second_endpoint_with_other_groups];

fn second_endpoint(stage: &mut Stage) {
    let [_, second] = pair(stage, 200);
    stage.plant("duplicate-endpoint", &second, "stands beside a busier one of the same service");
}

fn second_endpoint_of_migration(stage: &mut Stage) {
    let [_, second] = pair(stage, 5);
    stage.look_alike("duplicate-endpoint", &second, "is a few days old, and may be taking over");
}

fn second_endpoint_with_other_groups(stage: &mut Stage) {
    let [_, second] = pair(stage, 200);
    let group = stage.id("sg");
    if let Some(endpoint) = stage.here().endpoints.iter_mut().find(|endpoint| endpoint.id == second) {
        endpoint.group_ids = vec![group];
    }
    stage.look_alike("duplicate-endpoint", &second, "has security groups of its own");
}

/// Two endpoints of one service in the same zones, with the same security groups. The second
/// carries less.
fn pair(stage: &mut Stage, age_days: i64) -> [String; 2] {
    let vpc = stage.vpc(&[0, 1]);
    let service_name = Some(aws_service_name(&stage.region, "kms"));
    let first = EndpointSpec {
        service_name: service_name.clone(),
        traffic: Traffic::Daily(9e9),
        ..EndpointSpec::busy(stage.rng)
    };
    let second = EndpointSpec {
        service_name,
        traffic: Traffic::Daily(1e9),
        age_days,
        ..EndpointSpec::busy(stage.rng)
    };
    let (first, second) = (stage.endpoint(&vpc, first), stage.endpoint(&vpc, second));
    let here = stage.here();
    let groups = here.endpoints.iter().find(|endpoint| endpoint.id == first).map(|e| e.group_ids.clone());
    if let Some(endpoint) = here.endpoints.iter_mut().find(|endpoint| endpoint.id == second) {
        endpoint.group_ids = groups.unwrap_or_default();
        // Only one of them may have the service's private DNS name.
        endpoint.private_dns = false;
    }
    [first, second]
}
