//! Names: of services that are gone, and private ones that nobody has proven to own.

use super::super::endpoint::EndpointSpec;
use super::super::service::aws_service_name;
use super::super::stage::{BalancerSpec, Stage};
use super::provider::offer_to_consumer;

/// A service of AWS that is no longer offered.
const DECOMMISSIONED: &str = "opsworks";

pub fn decommissioned_service(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let service_name = Some(aws_service_name(&stage.region, DECOMMISSIONED));
    let spec = EndpointSpec { service_name, ..EndpointSpec::busy(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    stage.plant("decommissioned-service", &id, "leads to a service that AWS no longer offers");
}

pub fn partner_service(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let service_name = format!("com.amazonaws.vpce.{}.vpce-svc-0{:016x}", stage.region, stage.rng.u64(..));
    let spec = EndpointSpec { service_name: Some(service_name), ..EndpointSpec::busy(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    stage.look_alike(
        "decommissioned-service",
        &id,
        "a partner's service, which shows itself to whom it will",
    );
    stage.look_alike("dead-consumer", &id, "leads to a partner outside the organization");
    stage.look_alike("service-zone-mismatch", &id, "the zones of a partner's service are not known");
}

pub fn unverified_private_dns(stage: &mut Stage) {
    for state in ["pendingVerification", "failed"] {
        let id = named(stage, state);
        stage.plant("service-private-dns-unverified", &id, "its private DNS name is not verified");
    }
    let id = named(stage, "verified");
    stage.look_alike("service-private-dns-unverified", &id, "its private DNS name is verified");
}

fn named(stage: &mut Stage, state: &'static str) -> String {
    let id = offer_to_consumer(stage, &BalancerSpec::healthy()).service;
    let name = format!("{}.services.example.com", &id[9..]);
    stage.change_service(&id, |service| service.private_dns = Some((name, state)));
    id
}
