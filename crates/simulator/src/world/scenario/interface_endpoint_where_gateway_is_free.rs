//! Scenarios for the rule `interface-endpoint-where-gateway-is-free`.

use super::Scenario;
use super::gateway_endpoint_without_route_table::routed_gateway;
use crate::world::endpoint::EndpointSpec;
use crate::world::firewall::Peer;
use crate::world::service::aws_service_name;
use crate::world::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] = &[paid_where_free, paid_in_two_ranges, paid_for_others];

fn paid_where_free(stage: &mut Stage) {
    for service in ["s3", "dynamodb"] {
        let vpc = stage.vpc(&[0, 1]);
        let service_name = Some(aws_service_name(&stage.region, service));
        let spec = EndpointSpec { service_name, ..EndpointSpec::busy(stage.rng) };
        let id = stage.endpoint(&vpc, spec);
        stage.plant(
            "interface-endpoint-where-gateway-is-free",
            &id,
            "an interface endpoint does what a gateway endpoint does for nothing",
        );
    }
}

/// The group admits both ranges of the VPC: nobody outside it.
fn paid_in_two_ranges(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let second = "100.64.0.0/16";
    let subnet = stage.second_range(&vpc, second, 1);
    stage.client_in(&vpc, &subnet, 1);
    let service_name = Some(aws_service_name(&stage.region, "s3"));
    let spec = EndpointSpec { service_name, ..EndpointSpec::busy(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    let admitted = [stage.cidr(&vpc), second.to_owned()];
    let group = stage.group(admitted.map(|cidr| (Some((443, 443)), Peer::Ipv4(cidr))).to_vec());
    stage.set_groups(&id, vec![group]);
    stage.plant(
        "interface-endpoint-where-gateway-is-free",
        &id,
        "admits its own VPC, which has two ranges, and a gateway endpoint does the same for nothing",
    );
}

fn paid_for_others(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let service_name = Some(aws_service_name(&stage.region, "s3"));
    let spec = EndpointSpec { service_name: service_name.clone(), ..EndpointSpec::busy(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    let group = stage.group(vec![(Some((443, 443)), Peer::Ipv4("0.0.0.0/1".to_owned()))]);
    stage.set_groups(&id, vec![group]);
    stage.look_alike(
        "interface-endpoint-where-gateway-is-free",
        &id,
        "admits networks outside the VPC, which a gateway cannot serve",
    );
    let vpc = stage.vpc(&[0, 1]);
    routed_gateway(stage, &vpc, "s3");
    let spec = EndpointSpec { service_name, inbound_resolver_only: true, ..EndpointSpec::busy(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    stage.look_alike(
        "interface-endpoint-where-gateway-is-free",
        &id,
        "serves on-premises networks beside the gateway endpoint, as it is meant",
    );
}
