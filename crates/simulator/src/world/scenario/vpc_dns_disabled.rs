//! Scenarios for the rule `vpc-dns-disabled`.

use super::Scenario;
use crate::world::endpoint::EndpointSpec;
use crate::world::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] = &[vpc_without_dns, vpc_without_dns_or_private_dns];

fn vpc_without_dns(stage: &mut Stage) {
    for (support, hostnames) in [(true, false), (false, true)] {
        let vpc = stage.vpc(&[0, 1]);
        let spec = EndpointSpec::busy(stage.rng);
        stage.endpoint(&vpc, spec);
        for found in stage.here().vpcs.iter_mut().filter(|found| found.id == vpc) {
            (found.dns_support, found.dns_hostnames) = (support, hostnames);
        }
        stage.plant("vpc-dns-disabled", &vpc, "lacks an attribute on which private DNS depends");
    }
}

fn vpc_without_dns_or_private_dns(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let spec = EndpointSpec { private_dns: false, ..EndpointSpec::busy(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    for found in stage.here().vpcs.iter_mut().filter(|found| found.id == vpc) {
        found.dns_hostnames = false;
    }
    stage.look_alike("vpc-dns-disabled", &vpc, "lacks the attribute, and no endpoint in it depends on that");
    stage.look_alike("private-dns-disabled", &id, "private DNS is off, and it carries traffic all the same");
}
