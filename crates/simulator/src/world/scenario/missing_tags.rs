//! Scenarios for the rule `missing-tags`.

use super::Scenario;
use super::unhealthy_targets::offer_with;
use crate::world::endpoint::{EndpointSpec, Tagging};
use crate::world::series::Traffic;
use crate::world::stage::{BalancerSpec, Stage};

pub(super) const SCENARIOS: &[Scenario] =
    &[untagged_endpoint, wrongly_tagged_endpoint, untagged_but_managed, untagged_service, tagged_interfaces];

fn untagged_endpoint(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    let spec = EndpointSpec { tagging: Tagging::Missing, ..EndpointSpec::busy(stage.rng) };
    stage.endpoint(&vpc, spec);
    let spec = EndpointSpec { tagging: Tagging::None, ..EndpointSpec::busy(stage.rng) };
    stage.endpoint(&vpc, spec);
}

fn wrongly_tagged_endpoint(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    for tagging in [Tagging::WrongCase, Tagging::Empty] {
        let spec = EndpointSpec { tagging, ..EndpointSpec::busy(stage.rng) };
        stage.endpoint(&vpc, spec);
    }
}

fn untagged_but_managed(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    let managed =
        EndpointSpec { tagging: Tagging::Missing, requester_managed: true, ..EndpointSpec::busy(stage.rng) };
    stage.endpoint(&vpc, managed);
    let going =
        EndpointSpec { tagging: Tagging::Missing, state: "deleting", ..EndpointSpec::idle(stage.rng) };
    stage.endpoint(&vpc, going);
}

fn untagged_service(stage: &mut Stage) {
    offer_with(stage, &BalancerSpec::healthy(), Traffic::Daily(5e8), Tagging::Missing);
}

/// Somebody has tagged the interfaces as the endpoint; AWS copies no tags.
fn tagged_interfaces(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    for (managed, tagging) in
        [(false, Tagging::Complete), (true, Tagging::Complete), (false, Tagging::Missing)]
    {
        let spec = EndpointSpec { requester_managed: managed, tagging, ..EndpointSpec::busy(stage.rng) };
        let id = stage.endpoint(&vpc, spec);
        if let Some(endpoint) = stage.here().endpoints.iter_mut().find(|endpoint| endpoint.id == id) {
            endpoint.bare_interfaces = false;
        }
        if tagging == Tagging::Complete {
            stage.look_alike("missing-tags", &id, "is tagged, and so are its interfaces");
        }
    }
}
