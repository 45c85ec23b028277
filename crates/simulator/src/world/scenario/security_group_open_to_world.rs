//! Scenarios for the rule `security-group-open-to-world`.

use super::Scenario;
use super::security_group_blocks_consumers::{HTTPS, range};
use crate::world::endpoint::EndpointSpec;
use crate::world::firewall::Peer;
use crate::world::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] = &[group_open_to_the_world];

fn group_open_to_the_world(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    for peers in [&["0.0.0.0/0"][..], &["0.0.0.0/1", "128.0.0.0/1"]] {
        let spec = EndpointSpec::busy(stage.rng);
        let id = stage.endpoint(&vpc, spec);
        let guard = stage.group_for(&vpc);
        let group = stage.group(peers.iter().map(|peer| (HTTPS, range(peer))).collect());
        stage.set_groups(&id, vec![guard, group]);
        stage.plant("security-group-open-to-world", &id, "admits every address on 443");
    }
    let spec = EndpointSpec::busy(stage.rng);
    let id = stage.endpoint(&vpc, spec);
    let guard = stage.group_for(&vpc);
    let group = stage.group(vec![(HTTPS, Peer::Ipv6("::/0".to_owned()))]);
    stage.set_groups(&id, vec![guard, group]);
    stage.look_alike("security-group-open-to-world", &id, "admits IPv6, by which nothing comes to it");
    let spec = EndpointSpec::busy(stage.rng);
    let id = stage.endpoint(&vpc, spec);
    let guard = stage.group_for(&vpc);
    let group = stage.group(vec![(Some((22, 22)), range("0.0.0.0/0"))]);
    stage.set_groups(&id, vec![guard, group]);
    stage.look_alike(
        "security-group-open-to-world",
        &id,
        "admits every address on a port on which nothing listens",
    );
}
