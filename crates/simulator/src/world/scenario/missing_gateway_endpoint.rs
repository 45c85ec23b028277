//! Scenarios for the rule `missing-gateway-endpoint`.

use super::Scenario;
use super::gateway_endpoint_without_route_table::routed_gateway;
use crate::world::endpoint::EndpointSpec;
use crate::world::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] =
    &[nat_without_gateway, regional_nat_without_gateway, nat_beside_gateways];

fn nat_without_gateway(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let spec = EndpointSpec::busy(stage.rng);
    stage.endpoint(&vpc, spec);
    let nat = stage.nat_gateway(&vpc, 0, "public");
    stage.main_route(&vpc, "0.0.0.0/0", &nat);
    stage.plant("missing-gateway-endpoint", &vpc, "sends what is for S3 through a NAT gateway");
}

fn regional_nat_without_gateway(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let spec = EndpointSpec::busy(stage.rng);
    stage.endpoint(&vpc, spec);
    let nat = stage.regional_nat_gateway(&vpc);
    stage.main_route(&vpc, "0.0.0.0/0", &nat);
    stage.plant("missing-gateway-endpoint", &vpc, "sends what is for S3 through a NAT gateway of the VPC");
}

fn nat_beside_gateways(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let nat = stage.nat_gateway(&vpc, 0, "public");
    stage.main_route(&vpc, "0.0.0.0/0", &nat);
    for service in ["s3", "dynamodb"] {
        let id = routed_gateway(stage, &vpc, service);
        stage.look_alike("route-table-without-gateway-endpoint", &id, "every route table leads to it");
    }
    stage.look_alike("missing-gateway-endpoint", &vpc, "has NAT, and both gateway endpoints");
    let vpc = stage.vpc(&[0, 1]);
    let spec = EndpointSpec::busy(stage.rng);
    stage.endpoint(&vpc, spec);
    let nat = stage.nat_gateway(&vpc, 0, "private");
    stage.main_route(&vpc, "192.168.0.0/16", &nat);
    stage.look_alike("missing-gateway-endpoint", &vpc, "has a NAT gateway to other private networks");
}
