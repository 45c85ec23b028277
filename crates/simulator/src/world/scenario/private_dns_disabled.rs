//! Scenarios for the rule `private-dns-disabled`.

use super::Scenario;
use crate::world::endpoint::EndpointSpec;
use crate::world::interface::Purpose;
use crate::world::service::aws_service_name;
use crate::world::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] = &[private_dns_off, private_dns_off_in_a_hub, private_dns_on_beside];

fn private_dns_off(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let spec = EndpointSpec { private_dns: false, age_days: 30, ..EndpointSpec::idle(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    stage.plant("private-dns-disabled", &id, "private DNS is off, and nobody finds it");
}

fn private_dns_off_in_a_hub(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let attachment = stage.id("tgw-attach");
    stage.interface(&vpc, 0, Purpose::TransitGateway(attachment));
    let spec = EndpointSpec { private_dns: false, age_days: 30, ..EndpointSpec::idle(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    let cidr = stage.cidr(&vpc);
    let admitted = [cidr, "172.16.0.0/12".to_owned()];
    let rules = admitted.into_iter().map(|cidr| (Some((443, 443)), super::super::firewall::Peer::Ipv4(cidr)));
    let group = stage.group(rules.collect());
    stage.set_groups(&id, vec![group]);
    stage.look_alike("private-dns-disabled", &id, "private DNS is off, as in a hub that serves other VPCs");
}

fn private_dns_on_beside(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let service_name = Some(aws_service_name(&stage.region, "sqs"));
    let first = EndpointSpec { service_name: service_name.clone(), ..EndpointSpec::busy(stage.rng) };
    stage.endpoint(&vpc, first);
    let second =
        EndpointSpec { service_name, private_dns: false, age_days: 30, ..EndpointSpec::idle(stage.rng) };
    let id = stage.endpoint(&vpc, second);
    stage.look_alike(
        "private-dns-disabled",
        &id,
        "another endpoint of the service has private DNS in the VPC",
    );
}
