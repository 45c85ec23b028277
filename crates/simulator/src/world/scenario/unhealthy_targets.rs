//! Scenarios for the rule `unhealthy-targets`.

use super::Scenario;
use crate::world::endpoint::{EndpointSpec, Tagging};
use crate::world::series::Traffic;
use crate::world::stage::{BalancerSpec, Stage};

pub(super) const SCENARIOS: &[Scenario] = &[
    healthy_service,
    half_dead_service,
    draining_service,
    starting_service,
    unchecked_service,
    service_behind_two_balancers,
    weighted_service,
    shifted_service,
];

fn healthy_service(stage: &mut Stage) {
    let offered = offer_to_consumer(stage, &BalancerSpec::healthy());
    let id = &offered.service;
    stage.look_alike("unhealthy-targets", id, "all targets are healthy");
    stage.look_alike("cross-az-traffic", id, "cross-zone load balancing is off");
    stage.look_alike("uneven-targets", id, "every zone has as many healthy targets");
}

fn half_dead_service(stage: &mut Stage) {
    let offered = offer_to_consumer(stage, &with_targets(&[(0, "healthy"), (1, "unhealthy")]));
    let id = &offered.service;
    stage.plant("unhealthy-targets", id, "one target of two is unhealthy");
    stage.plant("uneven-targets", id, "one of two zones has no healthy target, and cross-zone is off");
}

fn draining_service(stage: &mut Stage) {
    let targets = with_targets(&[(0, "healthy"), (1, "healthy"), (1, "draining")]);
    let id = offer_to_consumer(stage, &targets).service;
    stage.look_alike("unhealthy-targets", &id, "a target is draining after a deployment");
    stage.look_alike("uneven-targets", &id, "a target that drains is not a healthy one less");
}

fn starting_service(stage: &mut Stage) {
    let id = offer_to_consumer(stage, &with_targets(&[(0, "initial"), (1, "initial")])).service;
    stage.look_alike("unhealthy-targets", &id, "its targets have just been registered");
}

fn unchecked_service(stage: &mut Stage) {
    let id = offer_to_consumer(stage, &with_targets(&[(0, "unavailable"), (1, "unavailable")])).service;
    stage.look_alike("unhealthy-targets", &id, "its targets are not checked");
}

/// A Network Load Balancer in front of an Application Load Balancer
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/network/application-load-balancer-target.html>).
fn service_behind_two_balancers(stage: &mut Stage) {
    let spec = BalancerSpec { target_type: Some("alb"), ..BalancerSpec::healthy() };
    let id = offer_to_consumer(stage, &spec).service;
    stage.look_alike("unhealthy-targets", &id, "its target is a healthy Application Load Balancer");
    stage.look_alike("uneven-targets", &id, "its target is in several zones by itself");
}

/// A listener that spreads over two target groups, as while a version is replaced.
fn weighted_service(stage: &mut Stage) {
    let id = offer_to_consumer(stage, &BalancerSpec::healthy()).service;
    let arn = stage.balancer_arn(&id);
    let healthy = [(0, "healthy"), (1, "healthy")];
    let inherit = "use_load_balancer_configuration";
    let old = stage.target_group(&arn, (8443, "TLS"), "ip", inherit, &healthy);
    let new = stage.target_group(&arn, (8443, "TLS"), "ip", inherit, &healthy);
    stage.listen(&arn, Some((8443, "TLS")), vec![(old, 90), (new, 10)]);
    let names = stage.target_group(&arn, (53, "TCP_UDP"), "ip", inherit, &healthy);
    stage.listen(&arn, Some((53, "TCP_UDP")), vec![(names, 1)]);
    stage.look_alike("unhealthy-targets", &id, "all targets of several target groups are healthy");
    stage.look_alike("uneven-targets", &id, "every target group is even");
}

/// Somebody keeps traffic away from a zone
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/network/zonal-shift.html>).
fn shifted_service(stage: &mut Stage) {
    let spec = BalancerSpec { target_type: Some("ip"), ..BalancerSpec::healthy() };
    let id = offer_to_consumer(stage, &spec).service;
    let arn = stage.balancer_arn(&id);
    for group in stage.here().target_groups.iter_mut().filter(|group| group.balancer_arn == arn) {
        for target in group.targets.iter_mut().filter(|target| target.zone == Some(1)) {
            target.shift = "zonal_shift_active";
        }
    }
    stage.look_alike("unhealthy-targets", &id, "its targets are healthy, and a zone is shifted away");
}

/// A service, and an endpoint somewhere in the organization that leads to it.
pub(super) struct Offered {
    /// The service.
    pub service: String,
    /// The account that offers it.
    pub provider: String,
    /// The endpoint.
    pub endpoint: String,
    /// The account of the endpoint, by its place in the organization.
    pub consumer: usize,
}

impl Offered {
    /// Writes down a fault of the consumer's endpoint that shows only where the provider is read.
    pub fn plant_at_consumer(&self, stage: &mut Stage, rule_id: &str, what: &str) {
        stage.elsewhere(self.consumer, |stage| {
            stage.plant_seen_from(&self.provider, rule_id, &self.endpoint, what);
        });
    }
}

/// A service to which nobody is connected.
pub(super) fn offer(
    stage: &mut Stage,
    balancer: &BalancerSpec,
    traffic: Traffic,
    tagging: Tagging,
) -> String {
    let vpc = stage.vpc(&[]);
    let arn = stage.balancer(&vpc, balancer);
    stage.service(vec![arn], &balancer.zones, traffic, tagging)
}

/// A service with a consumer.
pub(super) fn offer_with(
    stage: &mut Stage,
    balancer: &BalancerSpec,
    traffic: Traffic,
    tagging: Tagging,
) -> Offered {
    let service = offer(stage, balancer, traffic, tagging);
    let spec = EndpointSpec::busy(stage.rng);
    connect(stage, service, &balancer.zones, spec)
}

/// A service with a consumer and the usual traffic.
pub(super) fn offer_to_consumer(stage: &mut Stage, balancer: &BalancerSpec) -> Offered {
    offer_with(stage, balancer, Traffic::Daily(2e8), Tagging::Complete)
}

/// Connects an endpoint to a service, in a VPC of its own with consumers in these zones.
pub(super) fn connect(stage: &mut Stage, service: String, zones: &[usize], spec: EndpointSpec) -> Offered {
    let service_name = stage.service_name(&service);
    let provider = stage.account_id();
    let consumer = stage.some_account_here();
    let endpoint = stage.elsewhere(consumer, |stage| {
        let vpc = stage.vpc(zones);
        stage.endpoint(&vpc, EndpointSpec { service_name: Some(service_name), ..spec })
    });
    Offered { service, provider, endpoint, consumer }
}

pub(super) fn with_targets(targets: &[(usize, &'static str)]) -> BalancerSpec {
    BalancerSpec { targets: targets.to_vec(), ..BalancerSpec::healthy() }
}
