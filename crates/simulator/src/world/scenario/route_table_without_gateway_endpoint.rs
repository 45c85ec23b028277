//! Scenarios for the rule `route-table-without-gateway-endpoint`.

use super::Scenario;
use super::gateway_endpoint_without_route_table::routed_gateway;
use crate::world::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] =
    &[forgotten_route_table, isolated_route_table, blackhole_route_table];

fn forgotten_route_table(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let nat = stage.nat_gateway(&vpc, 2, "public");
    stage.main_route(&vpc, "0.0.0.0/0", &nat);
    let id = routed_gateway(stage, &vpc, "s3");
    let fault = "a subnet with consumers goes through NAT instead";
    stage.plant("route-table-without-gateway-endpoint", &id, fault);
    // Whether those subnets call DynamoDB at all is not known; S3 is what most of them call.
    let id = routed_gateway(stage, &vpc, "dynamodb");
    stage.look_alike(
        "route-table-without-gateway-endpoint",
        &id,
        "the service is DynamoDB: told, not accused",
    );
    stage.route(&vpc, 1, &nat);
}

fn isolated_route_table(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    for service in ["s3", "dynamodb"] {
        let id = routed_gateway(stage, &vpc, service);
        stage.look_alike(
            "route-table-without-gateway-endpoint",
            &id,
            "a subnet leads nowhere, as it may be meant",
        );
    }
    stage.route_table(&vpc, 1, Vec::new());
}

/// The table of a subnet leads to a NAT gateway that is gone.
fn blackhole_route_table(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let nat = stage.nat_gateway(&vpc, 2, "public");
    let id = routed_gateway(stage, &vpc, "s3");
    stage.route(&vpc, 1, &nat);
    stage.delete_nat_gateway(&nat);
    stage.look_alike(
        "route-table-without-gateway-endpoint",
        &id,
        "a subnet's route leads to a NAT gateway that was deleted",
    );
    stage.look_alike("missing-gateway-endpoint", &vpc, "its only NAT gateway was deleted");
}
