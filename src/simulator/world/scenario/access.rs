//! Endpoint services by whom they let in.

use super::super::service::Service;
use super::super::stage::{BalancerSpec, Stage};
use super::provider::offer_to_consumer;

/// An account that is in no organization that is simulated: ids there do not begin with 0.
const STRANGER: &str = "arn:aws:iam::099999999999:root";

pub fn open_to_all(stage: &mut Stage) {
    let id = offered(stage, |service| {
        service.principals = vec![("All", "*".to_owned())];
        service.acceptance_required = false;
    });
    stage.plant("wildcard-allowed-principal", &id, "any account at AWS connects without being asked");
    stage.look_alike("acceptance-not-required", &id, "that it is open to all is another rule's to say");
}

pub fn open_on_request(stage: &mut Stage) {
    let id = offered(stage, |service| service.principals.push(("All", "*".to_owned())));
    stage.plant("wildcard-allowed-principal", &id, "any account at AWS may ask to connect");
}

pub fn open_to_stranger(stage: &mut Stage) {
    let id = offered(stage, |service| service.principals.push(("Account", STRANGER.to_owned())));
    stage.plant("principal-outside-organization", &id, "an account outside the organization may ask");
    let id = offered(stage, |service| {
        service.principals.push(("Account", STRANGER.to_owned()));
        service.acceptance_required = false;
    });
    stage.plant("principal-outside-organization", &id, "an account outside the organization may connect");
    stage.plant("acceptance-not-required", &id, "an account outside connects without being asked");
}

pub fn open_to_member(stage: &mut Stage) {
    let member = stage.some_account_here();
    let role = format!("arn:aws:iam::{}:role/network", stage.world.accounts[member].id);
    let id = offered(stage, |service| service.principals.push(("Role", role)));
    stage.look_alike("principal-outside-organization", &id, "a role of an account of the organization");
    stage.look_alike("wildcard-allowed-principal", &id, "names whom it lets in");
}

pub fn ungrouped_balancer(stage: &mut Stage) {
    let spec = BalancerSpec { enforces_security_groups: Some("off"), ..BalancerSpec::healthy() };
    let arn = balancer_of(stage, &spec);
    let rule = "load-balancer-ignores-security-groups-on-privatelink";
    stage.plant(rule, &arn, "its security groups do not apply to what comes through PrivateLink");
    let spec = BalancerSpec { enforces_security_groups: None, ..BalancerSpec::healthy() };
    let arn = balancer_of(stage, &spec);
    stage.look_alike(rule, &arn, "has no security groups");
}

fn balancer_of(stage: &mut Stage, spec: &BalancerSpec) -> String {
    let id = offer_to_consumer(stage, spec).service;
    let found = stage.here().services.iter().find(|service| service.id == id);
    found.and_then(|service| service.balancer_arns.first().cloned()).unwrap_or_default()
}

fn offered(stage: &mut Stage, change: impl FnOnce(&mut Service)) -> String {
    let id = offer_to_consumer(stage, &BalancerSpec::healthy()).service;
    stage.change_service(&id, change);
    id
}
