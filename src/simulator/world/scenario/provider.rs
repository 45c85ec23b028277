//! Endpoint services by what stands behind them.

use super::super::OPT_IN_REGION;
use super::super::endpoint::{EndpointSpec, Tagging};
use super::super::series::Traffic;
use super::super::stage::{BalancerSpec, Stage};

pub fn healthy_service(stage: &mut Stage) {
    let offered = offer_to_consumer(stage, &BalancerSpec::healthy());
    let id = &offered.service;
    stage.look_alike("unhealthy-targets", id, "all targets are healthy");
    stage.look_alike("cross-az-traffic", id, "cross-zone load balancing is off");
    stage.look_alike("uneven-targets", id, "every zone has as many healthy targets");
}

pub fn dead_service(stage: &mut Stage) {
    let offered = offer_to_consumer(stage, &with_targets(&[(0, "unhealthy"), (1, "unhealthy")]));
    stage.plant(
        "unhealthy-targets",
        &offered.service,
        "no target is healthy, and its consumers see `available`",
    );
    offered.plant_at_consumer(stage, "dead-consumer", "leads to a service without a healthy target");
}

pub fn half_dead_service(stage: &mut Stage) {
    let offered = offer_to_consumer(stage, &with_targets(&[(0, "healthy"), (1, "unhealthy")]));
    let id = &offered.service;
    stage.plant("unhealthy-targets", id, "one target of two is unhealthy");
    stage.plant("uneven-targets", id, "one of two zones has no healthy target, and cross-zone is off");
}

pub fn service_without_targets(stage: &mut Stage) {
    let offered = offer_to_consumer(stage, &with_targets(&[]));
    stage.plant("unhealthy-targets", &offered.service, "its target group is empty");
    offered.plant_at_consumer(stage, "dead-consumer", "leads to a service without targets");
}

pub fn draining_service(stage: &mut Stage) {
    let targets = with_targets(&[(0, "healthy"), (1, "healthy"), (1, "draining")]);
    let id = offer_to_consumer(stage, &targets).service;
    stage.look_alike("unhealthy-targets", &id, "a target is draining after a deployment");
    stage.look_alike("uneven-targets", &id, "a target that drains is not a healthy one less");
}

pub fn starting_service(stage: &mut Stage) {
    let id = offer_to_consumer(stage, &with_targets(&[(0, "initial"), (1, "initial")])).service;
    stage.look_alike("unhealthy-targets", &id, "its targets have just been registered");
}

pub fn unchecked_service(stage: &mut Stage) {
    let id = offer_to_consumer(stage, &with_targets(&[(0, "unavailable"), (1, "unavailable")])).service;
    stage.look_alike("unhealthy-targets", &id, "its targets are not checked");
}

pub fn uneven_service(stage: &mut Stage) {
    let targets = with_targets(&[(0, "healthy"), (0, "healthy"), (0, "healthy"), (1, "healthy")]);
    let id = offer_to_consumer(stage, &targets).service;
    stage.plant("uneven-targets", &id, "three healthy targets in one zone, one in the other");
}

pub fn nearly_even_service(stage: &mut Stage) {
    let targets = with_targets(&[(0, "healthy"), (0, "healthy"), (1, "healthy")]);
    let id = offer_to_consumer(stage, &targets).service;
    stage.look_alike("uneven-targets", &id, "one target more in a zone is no imbalance");
    let spread = BalancerSpec {
        cross_zone: true,
        targets: vec![(0, "healthy"), (0, "healthy"), (0, "healthy"), (1, "healthy")],
        ..BalancerSpec::healthy()
    };
    if stage.region == OPT_IN_REGION {
        // Without a price nothing is too little to be named as crossing zones.
        return;
    }
    let offered = offer_with(stage, &spread, Traffic::Daily(1e7), Tagging::Complete);
    stage.look_alike("uneven-targets", &offered.service, "uneven, but balanced across zones");
    stage.look_alike("cross-az-traffic", &offered.service, "balances across zones for a few cents");
}

pub fn cross_zone_service(stage: &mut Stage) {
    let spec = BalancerSpec { cross_zone: true, ..BalancerSpec::healthy() };
    let id = offer_with(stage, &spec, Traffic::Daily(50e9), Tagging::Complete).service;
    // Where the price of a transfer is not known the crossing is named all the same.
    stage.plant("cross-az-traffic", &id, "balances across zones, each of which has targets of its own");
}

pub fn cross_zone_with_little_traffic(stage: &mut Stage) {
    let spec = BalancerSpec { cross_zone: true, ..BalancerSpec::healthy() };
    if stage.region == OPT_IN_REGION {
        // Without a price nothing is too little.
        return;
    }
    let id = offer_with(stage, &spec, Traffic::Daily(1e7), Tagging::Complete).service;
    stage.look_alike("cross-az-traffic", &id, "balances across zones for a few cents");
}

pub fn cross_zone_overridden(stage: &mut Stage) {
    let spec = BalancerSpec { cross_zone: true, group_cross_zone: "false", ..BalancerSpec::healthy() };
    let id = offer_with(stage, &spec, Traffic::Daily(50e9), Tagging::Complete).service;
    stage.look_alike("cross-az-traffic", &id, "the target group overrides its load balancer");
}

pub fn cross_zone_that_is_needed(stage: &mut Stage) {
    let spec = BalancerSpec {
        cross_zone: true,
        targets: vec![(0, "healthy"), (0, "healthy")],
        ..BalancerSpec::healthy()
    };
    let id = offer_with(stage, &spec, Traffic::Daily(50e9), Tagging::Complete).service;
    stage.look_alike("cross-az-traffic", &id, "balances across zones because one of them has no targets");
}

/// A service, and an endpoint somewhere in the organization that leads to it.
pub struct Offered {
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
pub fn offer(stage: &mut Stage, balancer: &BalancerSpec, traffic: Traffic, tagging: Tagging) -> String {
    let vpc = stage.vpc(&[]);
    let arn = stage.balancer(&vpc, balancer);
    stage.service(vec![arn], &balancer.zones, traffic, tagging)
}

/// A service with a consumer.
pub fn offer_with(stage: &mut Stage, balancer: &BalancerSpec, traffic: Traffic, tagging: Tagging) -> Offered {
    let service = offer(stage, balancer, traffic, tagging);
    let spec = EndpointSpec::busy(stage.rng);
    connect(stage, service, &balancer.zones, spec)
}

/// A service with a consumer and the usual traffic.
pub fn offer_to_consumer(stage: &mut Stage, balancer: &BalancerSpec) -> Offered {
    offer_with(stage, balancer, Traffic::Daily(2e8), Tagging::Complete)
}

/// Connects an endpoint to a service, in a VPC of its own with consumers in these zones.
pub fn connect(stage: &mut Stage, service: String, zones: &[usize], spec: EndpointSpec) -> Offered {
    let service_name = stage.service_name(&service);
    let provider = stage.account_id();
    let consumer = stage.some_account_here();
    let endpoint = stage.elsewhere(consumer, |stage| {
        let vpc = stage.vpc(zones);
        stage.endpoint(&vpc, EndpointSpec { service_name: Some(service_name), ..spec })
    });
    Offered { service, provider, endpoint, consumer }
}

fn with_targets(targets: &[(usize, &'static str)]) -> BalancerSpec {
    BalancerSpec { targets: targets.to_vec(), ..BalancerSpec::healthy() }
}
