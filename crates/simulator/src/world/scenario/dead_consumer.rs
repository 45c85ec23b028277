//! Scenarios for the rule `dead-consumer`.

use super::Scenario;
use super::security_group_blocks_consumers::YOUNG;
use super::unhealthy_targets::{Offered, connect, offer, offer_to_consumer, with_targets};
use crate::world::endpoint::{EndpointSpec, Tagging};
use crate::world::series::Traffic;
use crate::world::stage::{BalancerSpec, Stage};

pub(super) const SCENARIOS: &[Scenario] =
    &[dead_service, dead_service_that_answers, service_without_targets, dead_second_listener];

/// A service whose consumer gets nothing through.
fn offer_in_vain(stage: &mut Stage, balancer: &BalancerSpec) -> Offered {
    let service = offer(stage, balancer, Traffic::None, Tagging::Complete);
    let spec = EndpointSpec { age_days: YOUNG, ..EndpointSpec::idle(stage.rng) };
    let offered = connect(stage, service, &balancer.zones, spec);
    let what = "idle, but younger than the threshold";
    stage.elsewhere(offered.consumer, |stage| {
        stage.look_alike("orphaned-endpoint", &offered.endpoint, what);
    });
    offered
}

fn dead_service(stage: &mut Stage) {
    let offered = offer_in_vain(stage, &with_targets(&[(0, "unhealthy"), (1, "unhealthy")]));
    stage.plant(
        "unhealthy-targets",
        &offered.service,
        "no target is healthy, and its consumers see `available`",
    );
    offered.plant_at_consumer(stage, "dead-consumer", "leads to a service without a healthy target");
}

/// Where all targets fail their checks the load balancer sends to all of them
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html>), so a
/// service may answer all the same.
fn dead_service_that_answers(stage: &mut Stage) {
    let offered = offer_to_consumer(stage, &with_targets(&[(0, "unhealthy"), (1, "unhealthy")]));
    stage.plant("unhealthy-targets", &offered.service, "no target is healthy, though traffic passes");
    stage.elsewhere(offered.consumer, |stage| {
        let what = "leads to a service without a healthy target, and traffic passes: told, not accused";
        stage.look_alike("dead-consumer", &offered.endpoint, what);
    });
}

/// One port answers, another does not.
fn dead_second_listener(stage: &mut Stage) {
    for targets in [&[][..], &[(0, "unhealthy"), (1, "unhealthy")]] {
        let offered = offer_to_consumer(stage, &BalancerSpec::healthy());
        let arn = stage.balancer_arn(&offered.service);
        let port = (5432, "TCP");
        let inherit = "use_load_balancer_configuration";
        let group = stage.target_group(&arn, port, "instance", inherit, targets);
        stage.listen(&arn, Some(port), vec![(group, 1)]);
        stage.plant("unhealthy-targets", &offered.service, "nobody answers on the second of its ports");
        let what = "leads to a service that answers on one of two ports";
        offered.plant_at_consumer(stage, "dead-consumer", what);
    }
}

fn service_without_targets(stage: &mut Stage) {
    let offered = offer_in_vain(stage, &with_targets(&[]));
    stage.plant("unhealthy-targets", &offered.service, "its target group is empty");
    offered.plant_at_consumer(stage, "dead-consumer", "leads to a service without targets");
}
