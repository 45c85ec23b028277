//! Scenarios for the rule `gateway-endpoint-without-route-table`.

use super::Scenario;
use crate::world::endpoint::EndpointSpec;
use crate::world::service::{aws_service_name, prefix_list_of};
use crate::world::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] = &[unrouted_gateway];

pub(super) fn gateway(stage: &mut Stage, vpc: &str, service: &str, age_days: i64) -> String {
    let service_name = Some(aws_service_name(&stage.region, service));
    let spec = EndpointSpec { kind: "Gateway", service_name, age_days, ..EndpointSpec::idle(stage.rng) };
    stage.endpoint(vpc, spec)
}

pub(super) fn routed_gateway(stage: &mut Stage, vpc: &str, service: &str) -> String {
    let id = gateway(stage, vpc, service, 300);
    let list = prefix_list_of(&stage.region, service);
    stage.main_route(vpc, &list, &id);
    id
}

fn unrouted_gateway(stage: &mut Stage) {
    let vpc = stage.vpc(&[0]);
    let id = gateway(stage, &vpc, "s3", 300);
    stage.plant("gateway-endpoint-without-route-table", &id, "no route leads to it");
    let id = gateway(stage, &vpc, "dynamodb", 2);
    stage.look_alike("gateway-endpoint-without-route-table", &id, "no route leads to it yet");
}
