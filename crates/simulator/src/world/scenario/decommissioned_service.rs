//! Scenarios for the rule `decommissioned-service`.

use super::Scenario;
use super::unhealthy_targets::offer_to_consumer;
use crate::world::endpoint::EndpointSpec;
use crate::world::service::aws_service_name;
use crate::world::stage::{BalancerSpec, Stage};

pub(super) const SCENARIOS: &[Scenario] = &[decommissioned_service, partner_service];

/// A service of AWS that is no longer offered.
const DECOMMISSIONED: &str = "opsworks";

fn decommissioned_service(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let service_name = Some(aws_service_name(&stage.region, DECOMMISSIONED));
    let spec = EndpointSpec { service_name, ..EndpointSpec::busy(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    stage.plant("decommissioned-service", &id, "leads to a service that AWS no longer offers");
}

fn partner_service(stage: &mut Stage) {
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

pub(super) fn named(stage: &mut Stage, state: &'static str) -> String {
    let id = offer_to_consumer(stage, &BalancerSpec::healthy()).service;
    let name = format!("{}.services.example.com", &id[9..]);
    stage.change_service(&id, |service| service.private_dns = Some((name, state)));
    id
}
