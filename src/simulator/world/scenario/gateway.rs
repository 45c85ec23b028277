//! Gateway endpoints: their routes, and what takes their place where there is none.

use super::super::endpoint::EndpointSpec;
use super::super::firewall::Peer;
use super::super::service::aws_service_name;
use super::super::stage::Stage;

const UNROUTED: &str = "gateway-endpoint-without-route-table";
const LACKING: &str = "route-table-without-gateway-endpoint";
const MISSING: &str = "missing-gateway-endpoint";
const PAID: &str = "interface-endpoint-where-gateway-is-free";

fn gateway(stage: &mut Stage, vpc: &str, service: &str, age_days: i64) -> String {
    let service_name = Some(aws_service_name(&stage.region, service));
    let spec = EndpointSpec { kind: "Gateway", service_name, age_days, ..EndpointSpec::idle(stage.rng) };
    stage.endpoint(vpc, spec)
}

fn routed_gateway(stage: &mut Stage, vpc: &str, service: &str) -> String {
    let id = gateway(stage, vpc, service, 300);
    stage.main_route(vpc, &format!("pl-{service}"), &id);
    id
}

pub fn unrouted_gateway(stage: &mut Stage) {
    let vpc = stage.vpc(&[0]);
    let id = gateway(stage, &vpc, "s3", 300);
    stage.plant(UNROUTED, &id, "no route leads to it");
    let id = gateway(stage, &vpc, "dynamodb", 2);
    stage.look_alike(UNROUTED, &id, "no route leads to it yet");
}

pub fn nat_without_gateway(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let spec = EndpointSpec::busy(stage.rng);
    stage.endpoint(&vpc, spec);
    let nat = stage.nat_gateway(&vpc, 0, "public");
    stage.main_route(&vpc, "0.0.0.0/0", &nat);
    stage.plant(MISSING, &vpc, "sends what is for S3 through a NAT gateway");
}

pub fn nat_beside_gateways(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let nat = stage.nat_gateway(&vpc, 0, "public");
    stage.main_route(&vpc, "0.0.0.0/0", &nat);
    for service in ["s3", "dynamodb"] {
        let id = routed_gateway(stage, &vpc, service);
        stage.look_alike(LACKING, &id, "every route table leads to it");
    }
    stage.look_alike(MISSING, &vpc, "has NAT, and both gateway endpoints");
    let vpc = stage.vpc(&[0, 1]);
    let spec = EndpointSpec::busy(stage.rng);
    stage.endpoint(&vpc, spec);
    let nat = stage.nat_gateway(&vpc, 0, "private");
    stage.main_route(&vpc, "192.168.0.0/16", &nat);
    stage.look_alike(MISSING, &vpc, "has a NAT gateway to other private networks");
}

pub fn forgotten_route_table(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let nat = stage.nat_gateway(&vpc, 2, "public");
    stage.main_route(&vpc, "0.0.0.0/0", &nat);
    for service in ["s3", "dynamodb"] {
        let id = routed_gateway(stage, &vpc, service);
        stage.plant(LACKING, &id, "a subnet with consumers goes through NAT instead");
    }
    stage.route(&vpc, 1, &nat);
}

pub fn isolated_route_table(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    for service in ["s3", "dynamodb"] {
        let id = routed_gateway(stage, &vpc, service);
        stage.look_alike(LACKING, &id, "a subnet leads nowhere, as it may be meant");
    }
    stage.route(&vpc, 1, "local");
}

pub fn paid_where_free(stage: &mut Stage) {
    for service in ["s3", "dynamodb"] {
        let vpc = stage.vpc(&[0, 1]);
        let service_name = Some(aws_service_name(&stage.region, service));
        let spec = EndpointSpec { service_name, ..EndpointSpec::busy(stage.rng) };
        let id = stage.endpoint(&vpc, spec);
        stage.plant(PAID, &id, "an interface endpoint does what a gateway endpoint does for nothing");
    }
}

pub fn paid_for_others(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let service_name = Some(aws_service_name(&stage.region, "s3"));
    let spec = EndpointSpec { service_name: service_name.clone(), ..EndpointSpec::busy(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    let group = stage.group(vec![(Some((443, 443)), Peer::Ipv4("0.0.0.0/1".to_owned()))]);
    stage.set_groups(&id, vec![group]);
    stage.look_alike(PAID, &id, "admits networks outside the VPC, which a gateway cannot serve");
    let vpc = stage.vpc(&[0, 1]);
    routed_gateway(stage, &vpc, "s3");
    let spec = EndpointSpec { service_name, inbound_resolver_only: true, ..EndpointSpec::busy(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    stage.look_alike(PAID, &id, "serves on-premises networks beside the gateway endpoint, as it is meant");
}
