//! Scenarios for the rule `dead-consumer`.

use super::Scenario;
use super::unhealthy_targets::{offer_to_consumer, with_targets};
use crate::world::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] = &[dead_service, service_without_targets];

fn dead_service(stage: &mut Stage) {
    let offered = offer_to_consumer(stage, &with_targets(&[(0, "unhealthy"), (1, "unhealthy")]));
    stage.plant(
        "unhealthy-targets",
        &offered.service,
        "no target is healthy, and its consumers see `available`",
    );
    offered.plant_at_consumer(stage, "dead-consumer", "leads to a service without a healthy target");
}

fn service_without_targets(stage: &mut Stage) {
    let offered = offer_to_consumer(stage, &with_targets(&[]));
    stage.plant("unhealthy-targets", &offered.service, "its target group is empty");
    offered.plant_at_consumer(stage, "dead-consumer", "leads to a service without targets");
}
