//! Scenarios for the rule `network-acl-blocks-endpoint`.

use super::Scenario;
use super::security_group_blocks_consumers::{HTTPS, YOUNG};
use crate::world::endpoint::EndpointSpec;
use crate::world::firewall::AclEntry;
use crate::world::series::Traffic;
use crate::world::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] = &[
    acl_that_stops_the_call,
    acl_that_stops_the_answer,
    acl_that_stops_some,
    acls_that_only_look_closed,
    acl_in_one_subnet,
];

fn acl(deny: AclEntry) -> Vec<AclEntry> {
    vec![deny, AclEntry::new(100, false, true, None), AclEntry::new(100, true, true, None)]
}

fn acl_that_stops_the_call(stage: &mut Stage) {
    let vpc = stage.vpc(&[1]);
    let id = unused(stage, &vpc);
    stage.guard(&vpc, 1, acl(AclEntry::new(90, true, false, HTTPS)));
    stage.plant("network-acl-blocks-endpoint", &id, "cannot be called from the subnet in another zone");
}

/// An endpoint in the first zone that nobody uses.
fn unused(stage: &mut Stage, vpc: &str) -> String {
    let spec = EndpointSpec { zones: Some(vec![0]), age_days: YOUNG, ..EndpointSpec::idle(stage.rng) };
    stage.endpoint(vpc, spec)
}

/// A subnet of databases is shut on purpose; the others get through.
fn acl_that_stops_some(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let id = unused(stage, &vpc);
    stage.guard(&vpc, 1, acl(AclEntry::new(90, true, false, HTTPS)));
    let what = "cannot be called from one subnet, while others get through: told, not accused";
    stage.look_alike("network-acl-blocks-endpoint", &id, what);
}

fn acl_that_stops_the_answer(stage: &mut Stage) {
    let vpc = stage.vpc(&[1, 2]);
    let id = unused(stage, &vpc);
    let inbound = |number, ports| AclEntry::new(number, false, true, Some(ports));
    let outbound = AclEntry::new(100, true, true, None);
    for zone in [1, 2] {
        let entries = vec![inbound(100, (443, 443)), inbound(110, (80, 80)), outbound.clone()];
        stage.guard(&vpc, zone, entries);
    }
    stage.plant("network-acl-blocks-endpoint", &id, "its answers from the other zone do not come back");
}

fn acls_that_only_look_closed(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let spec = EndpointSpec::busy(stage.rng);
    let id = stage.endpoint(&vpc, spec);
    let entry = |number, egress, allows, ports| AclEntry::new(number, egress, allows, Some(ports));
    stage.guard(
        &vpc,
        0,
        vec![
            entry(50, false, true, (443, 443)),
            entry(60, false, false, (1, 1023)),
            entry(100, false, true, (32768, 45000)),
            entry(110, false, true, (45001, 65535)),
            entry(50, true, true, (443, 443)),
            entry(100, true, true, (1024, 65535)),
        ],
    );
    stage.look_alike(
        "network-acl-blocks-endpoint",
        &id,
        "lets through what it needs in several entries, with a narrow range of ephemeral ports",
    );
}

fn acl_in_one_subnet(stage: &mut Stage) {
    let vpc = stage.vpc(&[0]);
    let spec = EndpointSpec { traffic: Traffic::Daily(1e9), ..EndpointSpec::busy(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    stage.guard(&vpc, 0, Vec::new());
    stage.look_alike(
        "network-acl-blocks-endpoint",
        &id,
        "stands in the subnet of its consumers: no network ACL is passed",
    );
}
