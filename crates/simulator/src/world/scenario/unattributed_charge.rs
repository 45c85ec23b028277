//! Scenarios for the rule `unattributed-charge`.

use super::Scenario;
use crate::world::endpoint::EndpointSpec;
use crate::world::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] = &[billed_but_unseen, deleted_lately];

/// The bill charges for it to this day, and yet DescribeVpcEndpoints does not show it.
fn billed_but_unseen(stage: &mut Stage) {
    let id = vanish(stage, 0);
    stage.plant("unattributed-charge", &id, "is billed to this day, and nobody sees it");
}

fn deleted_lately(stage: &mut Stage) {
    let days_ago = stage.rng.i64(15..50);
    let id = vanish(stage, days_ago);
    stage.look_alike("unattributed-charge", &id, "was deleted; the bill ends with it");
}

fn vanish(stage: &mut Stage, days_ago: i64) -> String {
    let vpc = stage.usual_vpc();
    // A busy one, and tagged: nothing else is to be said of it, as it is not there.
    let spec = EndpointSpec::busy(stage.rng);
    let age_days = spec.age_days.max(120);
    let id = stage.endpoint(&vpc, EndpointSpec { age_days, ..spec });
    let here = stage.here();
    if let Some(position) = here.endpoints.iter().position(|endpoint| endpoint.id == id) {
        let endpoint = here.endpoints.remove(position);
        here.interfaces.retain(|interface| !endpoint.interface_ids.contains(&interface.id));
        here.series.retain(|series| !series.dimensions.iter().any(|(_, value)| *value == id));
        here.gone.push((endpoint, days_ago));
    }
    id
}
