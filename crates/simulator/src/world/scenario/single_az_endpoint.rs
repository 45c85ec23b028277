//! Scenarios for the rule `single-az-endpoint`.

use super::Scenario;
use crate::world::endpoint::EndpointSpec;
use crate::world::interface::Purpose;
use crate::world::service::{TWO_ZONE_SERVICE, aws_service_name};
use crate::world::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] = &[
    gap_with_traffic,
    gap_without_traffic,
    gap_where_service_is_not_offered,
    gap_covered_by_second_endpoint,
    gap_without_real_consumers,
    gap_in_shared_vpc,
];

fn gap_with_traffic(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1, 2]);
    let spec = EndpointSpec { zones: Some(vec![0]), ..EndpointSpec::busy(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    stage.plant("cross-az-traffic", &id, "stands in one of three zones with consumers");
    stage.plant("single-az-endpoint", &id, "stands in one of three zones with consumers");
}

fn gap_without_traffic(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let spec = EndpointSpec { zones: Some(vec![0]), age_days: 30, ..EndpointSpec::idle(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    stage.look_alike("cross-az-traffic", &id, "lacks a zone, but nothing passes through it");
    stage.look_alike("orphaned-endpoint", &id, "idle, but younger than the threshold");
    stage.look_alike("single-az-endpoint", &id, "stands in one zone, but nothing passes through it");
}

fn gap_where_service_is_not_offered(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1, 2]);
    let service_name = Some(aws_service_name(&stage.region, TWO_ZONE_SERVICE));
    let spec = EndpointSpec { zones: Some(vec![0, 1]), service_name, ..EndpointSpec::busy(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    stage.look_alike("cross-az-traffic", &id, "lacks the zone in which the service is not offered");
}

fn gap_covered_by_second_endpoint(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let service_name = Some(aws_service_name(&stage.region, "kms"));
    for zone in [0, 1] {
        let spec = EndpointSpec {
            zones: Some(vec![zone]),
            service_name: service_name.clone(),
            ..EndpointSpec::busy(stage.rng)
        };
        let id = stage.endpoint(&vpc, spec);
        stage.look_alike("cross-az-traffic", &id, "lacks a zone that another endpoint of the service covers");
        stage.look_alike(
            "single-az-endpoint",
            &id,
            "another endpoint of the service stands in the other zone",
        );
        stage.look_alike("duplicate-endpoint", &id, "another endpoint of the service stands in another zone");
    }
}

fn gap_without_real_consumers(stage: &mut Stage) {
    let vpc = stage.vpc(&[0]);
    for (zone, purpose) in [
        (1, Purpose::NatGateway(stage.id("nat"))),
        (2, Purpose::TransitGateway(stage.id("tgw-attach"))),
        (2, Purpose::ApplicationBalancer("app/web/50dc6c495c0c9188".to_owned())),
        (1, Purpose::Spare),
        (1, Purpose::Trunk(stage.id("i"))),
        (1, Purpose::MountTarget(stage.id("fsmt"))),
        (2, Purpose::Database),
    ] {
        stage.interface(&vpc, zone, purpose);
    }
    // A Local Zone is not an Availability Zone: no endpoint can stand there.
    if let Some(zone) = stage.edge_subnet(&vpc) {
        stage.client(&vpc, zone);
    }
    let spec = EndpointSpec { zones: Some(vec![0]), ..EndpointSpec::busy(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    stage.look_alike(
        "cross-az-traffic",
        &id,
        "lacks zones that hold nothing but gateways and load balancers",
    );
    stage.look_alike("single-az-endpoint", &id, "stands in the one zone in which the VPC has consumers");
}

fn gap_in_shared_vpc(stage: &mut Stage) {
    let participant = stage.some_account_here();
    if participant == stage.account {
        return;
    }
    let vpc = stage.vpc(&[0]);
    let spec = EndpointSpec { zones: Some(vec![0]), ..EndpointSpec::busy(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    stage.share(&vpc, participant, 1);
    stage.plant("cross-az-traffic", &id, "lacks the zone of a participant's interface in the shared VPC");
    stage.plant("single-az-endpoint", &id, "lacks the zone of a participant's interface in the shared VPC");
}
