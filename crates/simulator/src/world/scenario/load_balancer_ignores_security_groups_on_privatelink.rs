//! Scenarios for the rule `load-balancer-ignores-security-groups-on-privatelink`.

use super::Scenario;
use super::wildcard_allowed_principal::balancer_of;
use crate::world::stage::{BalancerSpec, Stage};

pub(super) const SCENARIOS: &[Scenario] = &[ungrouped_balancer];

fn ungrouped_balancer(stage: &mut Stage) {
    let spec = BalancerSpec { enforces_security_groups: Some("off"), ..BalancerSpec::healthy() };
    let arn = balancer_of(stage, &spec);
    let rule = "load-balancer-ignores-security-groups-on-privatelink";
    stage.plant(rule, &arn, "its security groups do not apply to what comes through PrivateLink");
    let spec = BalancerSpec { enforces_security_groups: None, ..BalancerSpec::healthy() };
    let arn = balancer_of(stage, &spec);
    stage.look_alike(rule, &arn, "has no security groups");
}
