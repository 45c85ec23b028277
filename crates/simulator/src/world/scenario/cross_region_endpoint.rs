//! Scenarios for the rule `cross-region-endpoint`.

use super::Scenario;
use crate::world::endpoint::EndpointSpec;
use crate::world::service::aws_service_name;
use crate::world::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] = &[idle_across_regions, managed_across_regions];

fn idle_across_regions(stage: &mut Stage) {
    let Some(id) = endpoint_across_regions(stage, "sqs", false) else { return };
    stage.look_alike(
        "orphaned-endpoint",
        &id,
        "reaches a service in another Region, for which nothing is published; the bill has its bytes",
    );
    stage.plant("cross-region-endpoint", &id, "reaches a service in another Region");
}

fn managed_across_regions(stage: &mut Stage) {
    let Some(id) = endpoint_across_regions(stage, "kms", true) else { return };
    stage.look_alike("orphaned-endpoint", &id, "reaches another Region, and an AWS service made it");
    stage.look_alike("cross-region-endpoint", &id, "reaches another Region, but an AWS service made it");
}

/// An endpoint for an AWS service of another Region: its bytes stand on the bill alone. Nothing
/// where the VPC has one, as a second would be another fault.
fn endpoint_across_regions(stage: &mut Stage, service: &str, requester_managed: bool) -> Option<String> {
    let vpc = stage.usual_vpc();
    let other = if stage.region == "us-east-1" { "us-west-2" } else { "us-east-1" };
    let service_name = aws_service_name(other, service);
    if stage.here().endpoints.iter().any(|endpoint| endpoint.service_name.as_ref() == Some(&service_name)) {
        return None;
    }
    let spec = EndpointSpec {
        service_name: Some(service_name),
        service_region: Some(other.to_owned()),
        requester_managed,
        ..EndpointSpec::idle(stage.rng)
    };
    let id = stage.endpoint(&vpc, spec);
    stage.here().unpublished.insert(id.clone(), 2e9);
    Some(id)
}
