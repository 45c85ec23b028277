//! Interface endpoints by what their security groups and network ACLs let through.

use super::super::endpoint::EndpointSpec;
use super::super::firewall::{AclEntry, Peer};
use super::super::series::Traffic;
use super::super::stage::Stage;

const GROUP: &str = "security-group-blocks-consumers";
const ACL: &str = "network-acl-blocks-endpoint";
const OPEN: &str = "security-group-open-to-world";

/// Too young to be called orphaned, though nothing gets through.
const YOUNG: i64 = 30;

const HTTPS: Option<(u16, u16)> = Some((443, 443));

fn range(cidr: &str) -> Peer {
    Peer::Ipv4(cidr.to_owned())
}

fn unused(stage: &mut Stage, vpc: &str) -> String {
    let spec = EndpointSpec { age_days: YOUNG, ..EndpointSpec::idle(stage.rng) };
    stage.endpoint(vpc, spec)
}

pub fn group_that_admits_only_itself(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let id = unused(stage, &vpc);
    let group = stage.group_of_members();
    stage.set_groups(&id, vec![group]);
    stage.plant(GROUP, &id, "has a group that admits its own members only, and no consumer is one");
}

pub fn group_for_another_port(stage: &mut Stage) {
    let vpc = stage.vpc(&[0]);
    let cidr = stage.cidr(&vpc);
    let id = unused(stage, &vpc);
    let group =
        stage.group(vec![(Some((80, 80)), Peer::Ipv4(cidr)), (HTTPS, Peer::Ipv6("::1/128".to_owned()))]);
    stage.set_groups(&id, vec![group]);
    stage.look_alike(GROUP, &id, "admits nobody in the VPC, but somebody elsewhere: told, not accused");
    let cidr = stage.cidr(&vpc);
    let id = unused(stage, &vpc);
    let group = stage.group(vec![(Some((80, 80)), Peer::Ipv4(cidr))]);
    stage.set_groups(&id, vec![group]);
    stage.plant(GROUP, &id, "admits the VPC on port 80 only");
}

pub fn groups_that_admit_in_other_ways(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let cidr = stage.cidr(&vpc);
    let members =
        stage.here().vpcs.iter().find(|found| found.id == vpc).map(|found| found.default_group.clone());
    let list = stage.prefix_list(vec!["192.168.0.0/16".to_owned(), cidr.clone()]);
    let subnets: Vec<String> = stage
        .here()
        .subnets
        .iter()
        .filter(|subnet| subnet.vpc_id == vpc)
        .map(|subnet| subnet.cidr.clone())
        .collect();
    let per_subnet = subnets.into_iter().map(|cidr| (HTTPS, Peer::Ipv4(cidr))).collect();
    for (admitted, what) in [
        (
            vec![(HTTPS, Peer::Group(members.unwrap_or_default()))],
            "admits the consumers as members of a group",
        ),
        (vec![(HTTPS, Peer::List(list))], "admits the VPC by a prefix list"),
        (vec![(Some((1, 65535)), range("10.0.0.0/8"))], "admits more than it needs to"),
        (per_subnet, "admits each subnet by itself"),
    ] {
        let spec = EndpointSpec::busy(stage.rng);
        let id = stage.endpoint(&vpc, spec);
        let group = stage.group(admitted);
        stage.set_groups(&id, vec![group]);
        stage.look_alike(GROUP, &id, what);
    }
    let spec = EndpointSpec::busy(stage.rng);
    let id = stage.endpoint(&vpc, spec);
    let closed = stage.group_of_members();
    let open = stage.group_for(&vpc);
    stage.set_groups(&id, vec![closed, open]);
    stage.look_alike(GROUP, &id, "has a closed group and an open one: the union counts");
}

pub fn groups_for_others(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let spec = EndpointSpec::busy(stage.rng);
    let id = stage.endpoint(&vpc, spec);
    let group = stage.group(vec![(HTTPS, range("192.168.0.0/16"))]);
    stage.set_groups(&id, vec![group]);
    stage.look_alike(GROUP, &id, "serves an on-premises network, not the VPC");
    let first = stage.subnet(&vpc, 0);
    let cidr =
        stage.here().subnets.iter().find(|subnet| subnet.id == first).map(|subnet| subnet.cidr.clone());
    let spec = EndpointSpec::busy(stage.rng);
    let id = stage.endpoint(&vpc, spec);
    let group = stage.group(vec![(HTTPS, Peer::Ipv4(cidr.unwrap_or_default()))]);
    stage.set_groups(&id, vec![group]);
    stage.look_alike(GROUP, &id, "serves one subnet of two");
}

pub fn group_open_to_the_world(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    for peer in [range("0.0.0.0/0"), Peer::Ipv6("::/0".to_owned())] {
        let spec = EndpointSpec::busy(stage.rng);
        let id = stage.endpoint(&vpc, spec);
        let guard = stage.group_for(&vpc);
        let group = stage.group(vec![(HTTPS, peer)]);
        stage.set_groups(&id, vec![guard, group]);
        stage.plant(OPEN, &id, "admits every address on 443");
    }
    let spec = EndpointSpec::busy(stage.rng);
    let id = stage.endpoint(&vpc, spec);
    let guard = stage.group_for(&vpc);
    let group = stage.group(vec![(Some((22, 22)), range("0.0.0.0/0"))]);
    stage.set_groups(&id, vec![guard, group]);
    stage.look_alike(OPEN, &id, "admits every address on a port on which nothing listens");
}

fn acl(deny: AclEntry) -> Vec<AclEntry> {
    vec![deny, AclEntry::new(100, false, true, None), AclEntry::new(100, true, true, None)]
}

pub fn acl_that_stops_the_call(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let spec = EndpointSpec { zones: Some(vec![0]), age_days: YOUNG, ..EndpointSpec::idle(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    stage.guard(&vpc, 1, acl(AclEntry::new(90, true, false, HTTPS)));
    stage.plant(ACL, &id, "cannot be called from the subnet in another zone");
}

pub fn acl_that_stops_the_answer(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let spec = EndpointSpec::busy(stage.rng);
    let id = stage.endpoint(&vpc, spec);
    let inbound = |number, ports| AclEntry::new(number, false, true, Some(ports));
    let outbound = AclEntry::new(100, true, true, None);
    stage.guard(&vpc, 1, vec![inbound(100, (443, 443)), inbound(110, (80, 80)), outbound]);
    stage.plant(ACL, &id, "its answers from the other zone do not come back");
}

pub fn acls_that_only_look_closed(stage: &mut Stage) {
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
        ACL,
        &id,
        "lets through what it needs in several entries, with a narrow range of ephemeral ports",
    );
}

pub fn acl_in_one_subnet(stage: &mut Stage) {
    let vpc = stage.vpc(&[0]);
    let spec = EndpointSpec { traffic: Traffic::Daily(1e9), ..EndpointSpec::busy(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    stage.guard(&vpc, 0, Vec::new());
    stage.look_alike(ACL, &id, "stands in the subnet of its consumers: no network ACL is passed");
}
