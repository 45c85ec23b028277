//! Scenarios for the rule `security-group-blocks-consumers`.

use super::Scenario;
use crate::world::endpoint::EndpointSpec;
use crate::world::firewall::Peer;
use crate::world::interface::Purpose;
use crate::world::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] = &[
    group_that_admits_only_itself,
    group_for_another_port,
    groups_that_admit_in_other_ways,
    groups_for_others,
    group_for_two_ranges,
    group_for_a_peered_group,
    group_for_pods,
];

/// Too young to be called orphaned, though nothing gets through.
pub(super) const YOUNG: i64 = 30;

pub(super) const HTTPS: Option<(u16, u16)> = Some((443, 443));

pub(super) fn range(cidr: &str) -> Peer {
    Peer::Ipv4(cidr.to_owned())
}

fn unused(stage: &mut Stage, vpc: &str) -> String {
    let spec = EndpointSpec { age_days: YOUNG, ..EndpointSpec::idle(stage.rng) };
    stage.endpoint(vpc, spec)
}

fn group_that_admits_only_itself(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let id = unused(stage, &vpc);
    let group = stage.group_of_members();
    stage.set_groups(&id, vec![group]);
    stage.plant(
        "security-group-blocks-consumers",
        &id,
        "has a group that admits its own members only, and no consumer is one",
    );
}

fn group_for_another_port(stage: &mut Stage) {
    let vpc = stage.vpc(&[0]);
    let cidr = stage.cidr(&vpc);
    let id = unused(stage, &vpc);
    let group = stage
        .group(vec![(Some((80, 80)), Peer::Ipv4(cidr)), (HTTPS, Peer::Ipv4("192.168.0.0/16".to_owned()))]);
    stage.set_groups(&id, vec![group]);
    stage.look_alike(
        "security-group-blocks-consumers",
        &id,
        "admits nobody in the VPC, but somebody elsewhere: told, not accused",
    );
    let cidr = stage.cidr(&vpc);
    let id = unused(stage, &vpc);
    let group = stage.group(vec![(Some((80, 80)), Peer::Ipv4(cidr))]);
    stage.set_groups(&id, vec![group]);
    stage.plant("security-group-blocks-consumers", &id, "admits the VPC on port 80 only");
}

fn groups_that_admit_in_other_ways(stage: &mut Stage) {
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
        stage.look_alike("security-group-blocks-consumers", &id, what);
    }
    let spec = EndpointSpec::busy(stage.rng);
    let id = stage.endpoint(&vpc, spec);
    let closed = stage.group_of_members();
    let open = stage.group_for(&vpc);
    stage.set_groups(&id, vec![closed, open]);
    stage.look_alike(
        "security-group-blocks-consumers",
        &id,
        "has a closed group and an open one: the union counts",
    );
}

fn groups_for_others(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let spec = EndpointSpec::busy(stage.rng);
    let id = stage.endpoint(&vpc, spec);
    let group = stage.group(vec![(HTTPS, range("192.168.0.0/16"))]);
    stage.set_groups(&id, vec![group]);
    stage.look_alike("security-group-blocks-consumers", &id, "serves an on-premises network, not the VPC");
    let first = stage.subnet(&vpc, 0);
    let cidr =
        stage.here().subnets.iter().find(|subnet| subnet.id == first).map(|subnet| subnet.cidr.clone());
    let spec = EndpointSpec::busy(stage.rng);
    let id = stage.endpoint(&vpc, spec);
    let group = stage.group(vec![(HTTPS, Peer::Ipv4(cidr.unwrap_or_default()))]);
    stage.set_groups(&id, vec![group]);
    stage.look_alike("security-group-blocks-consumers", &id, "serves one subnet of two");
}

/// A VPC with a second range, as EKS's custom networking wants it
/// (<https://docs.aws.amazon.com/eks/latest/userguide/cni-custom-network.html>).
fn group_for_two_ranges(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let second = "100.64.0.0/16";
    let subnet = stage.second_range(&vpc, second, 1);
    stage.client_in(&vpc, &subnet, 1);
    let spec = EndpointSpec::busy(stage.rng);
    let id = stage.endpoint(&vpc, spec);
    let cidr = stage.cidr(&vpc);
    let group = stage.group(vec![(HTTPS, Peer::Ipv4(cidr)), (HTTPS, range(second))]);
    stage.set_groups(&id, vec![group]);
    stage.look_alike("security-group-blocks-consumers", &id, "admits both ranges of its VPC");
}

fn group_for_a_peered_group(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let spec = EndpointSpec::busy(stage.rng);
    let id = stage.endpoint(&vpc, spec);
    let peer = Peer::Peered {
        group: stage.id("sg"),
        account: stage.world.accounts[0].id.clone(),
        vpc: stage.id("vpc"),
        peering: stage.id("pcx"),
    };
    let group = stage.group(vec![(HTTPS, peer)]);
    stage.set_groups(&id, vec![group]);
    let what = "admits a group of a peered VPC and nobody in its own: told, not accused";
    stage.look_alike("security-group-blocks-consumers", &id, what);
}

/// Pods with security groups of their own are clients, and what stands beside them is none: the interface of
/// their node, a mount target, a database.
fn group_for_pods(stage: &mut Stage) {
    for is_admitted in [true, false] {
        let vpc = stage.vpc(&[]);
        let pods = stage.group_of_members();
        for zone in [0, 1] {
            let pod = stage.interface(&vpc, zone, Purpose::Pod);
            for interface in stage.here().interfaces.iter_mut().filter(|interface| interface.id == pod) {
                interface.group_ids = vec![pods.clone()];
            }
            let beside =
                [Purpose::Trunk(stage.id("i")), Purpose::MountTarget(stage.id("fsmt")), Purpose::Database];
            for purpose in beside {
                stage.interface(&vpc, zone, purpose);
            }
        }
        let id = unused(stage, &vpc);
        let group = if is_admitted {
            stage.group(vec![(HTTPS, Peer::Group(pods))])
        } else {
            stage.group_of_members()
        };
        stage.set_groups(&id, vec![group]);
        let rule = "security-group-blocks-consumers";
        if is_admitted {
            stage.look_alike(rule, &id, "admits the group of the pods, which are its only clients");
        } else {
            stage.plant(
                rule,
                &id,
                "admits its own members only, and its clients are pods with a group of theirs",
            );
        }
    }
}
