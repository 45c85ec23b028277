//! Interface endpoints by how their names resolve.

use super::super::endpoint::EndpointSpec;
use super::super::service::aws_service_name;
use super::super::stage::Stage;

const OFF: &str = "private-dns-disabled";
const VPC: &str = "vpc-dns-disabled";

pub fn vpc_without_dns(stage: &mut Stage) {
    for (support, hostnames) in [(true, false), (false, true)] {
        let vpc = stage.vpc(&[0, 1]);
        let spec = EndpointSpec::busy(stage.rng);
        stage.endpoint(&vpc, spec);
        for found in stage.here().vpcs.iter_mut().filter(|found| found.id == vpc) {
            (found.dns_support, found.dns_hostnames) = (support, hostnames);
        }
        stage.plant(VPC, &vpc, "lacks an attribute on which private DNS depends");
    }
}

pub fn vpc_without_dns_or_private_dns(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let spec = EndpointSpec { private_dns: false, ..EndpointSpec::busy(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    for found in stage.here().vpcs.iter_mut().filter(|found| found.id == vpc) {
        found.dns_hostnames = false;
    }
    stage.look_alike(VPC, &vpc, "lacks the attribute, and no endpoint in it depends on that");
    stage.look_alike(OFF, &id, "private DNS is off, and it carries traffic all the same");
}

pub fn private_dns_off(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let spec = EndpointSpec { private_dns: false, age_days: 30, ..EndpointSpec::idle(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    stage.plant(OFF, &id, "private DNS is off, and nobody finds it");
}

pub fn private_dns_off_in_a_hub(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    stage.interface(&vpc, 0, "transit_gateway", Some("amazon-aws"));
    let spec = EndpointSpec { private_dns: false, age_days: 30, ..EndpointSpec::idle(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    let cidr = stage.cidr(&vpc);
    let admitted = [cidr, "172.16.0.0/12".to_owned()];
    let rules = admitted.into_iter().map(|cidr| (Some((443, 443)), super::super::firewall::Peer::Ipv4(cidr)));
    let group = stage.group(rules.collect());
    stage.set_groups(&id, vec![group]);
    stage.look_alike(OFF, &id, "private DNS is off, as in a hub that serves other VPCs");
}

pub fn private_dns_on_beside(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let service_name = Some(aws_service_name(&stage.region, "sqs"));
    let first = EndpointSpec { service_name: service_name.clone(), ..EndpointSpec::busy(stage.rng) };
    stage.endpoint(&vpc, first);
    let second =
        EndpointSpec { service_name, private_dns: false, age_days: 30, ..EndpointSpec::idle(stage.rng) };
    let id = stage.endpoint(&vpc, second);
    stage.look_alike(OFF, &id, "another endpoint of the service has private DNS in the VPC");
}
