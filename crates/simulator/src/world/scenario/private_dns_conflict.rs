//! Scenarios for the rule `private-dns-conflict`.

use super::Scenario;
use crate::world::endpoint::EndpointSpec;
use crate::world::service::aws_service_name;
use crate::world::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] = &[
    rule_for_the_same_name,
    rule_for_some_names,
    zone_for_some_names,
    zone_in_a_hub,
    names_for_others,
    rule_that_leads_to_it,
];

/// An endpoint to a service of AWS in a VPC of its own.
fn endpoint(stage: &mut Stage, service: &str, idle: bool) -> (String, String) {
    let vpc = stage.vpc(&[0, 1]);
    let service_name = Some(aws_service_name(&stage.region, service));
    let spec = if idle {
        EndpointSpec { service_name, age_days: 30, ..EndpointSpec::idle(stage.rng) }
    } else {
        EndpointSpec { service_name, ..EndpointSpec::busy(stage.rng) }
    };
    let id = stage.endpoint(&vpc, spec);
    (vpc, id)
}

fn name(stage: &Stage, below: &str) -> String {
    format!("{below}.{}.amazonaws.com", stage.region)
}

fn rule_for_the_same_name(stage: &mut Stage) {
    let (vpc, id) = endpoint(stage, "sqs", true);
    let (domain, owner) = (name(stage, "sqs"), stage.account_id());
    stage.resolver_rule(&vpc, &domain, "FORWARD", owner, "COMPLETE");
    stage.plant("private-dns-conflict", &id, "a Resolver rule forwards its name");
}

fn rule_for_some_names(stage: &mut Stage) {
    let (vpc, id) = endpoint(stage, "ecr.dkr", false);
    let domain = format!("{}.{}", stage.account_id(), name(stage, "dkr.ecr"));
    // Another account shares the rule.
    let owner = stage.world.accounts[0].id.clone();
    stage.resolver_rule(&vpc, &domain, "FORWARD", owner, "COMPLETE");
    stage.plant("private-dns-conflict", &id, "a Resolver rule forwards one of the names below its wildcard");
}

fn zone_for_some_names(stage: &mut Stage) {
    let (vpc, id) = endpoint(stage, "execute-api", false);
    let domain = format!("internal.{}", name(stage, "execute-api"));
    let owner = stage.account_id();
    stage.hosted_zone(&vpc, &domain, owner);
    stage.plant("private-dns-conflict", &id, "a private hosted zone answers for names below its wildcard");
}

fn zone_in_a_hub(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let service_name = Some(aws_service_name(&stage.region, "kms"));
    let spec = EndpointSpec { service_name, private_dns: false, ..EndpointSpec::busy(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    let (domain, owner) = (name(stage, "kms"), stage.account_id());
    stage.hosted_zone(&vpc, &domain, owner);
    stage.look_alike(
        "private-dns-conflict",
        &id,
        "private DNS is off, and a zone of its name leads to it, as in a hub",
    );
}

fn names_for_others(stage: &mut Stage) {
    let (vpc, id) = endpoint(stage, "sqs", false);
    let elsewhere = stage.vpc(&[]);
    let owner = stage.account_id();
    for (domain, kind, status) in [
        (".".to_owned(), "FORWARD", "COMPLETE"),
        ("amazonaws.com".to_owned(), "FORWARD", "COMPLETE"),
        (name(stage, "sqs"), "SYSTEM", "COMPLETE"),
        (name(stage, "mysqs"), "FORWARD", "COMPLETE"),
        (name(stage, "sqs"), "FORWARD", "DELETING"),
    ] {
        stage.resolver_rule(&vpc, &domain, kind, owner.clone(), status);
    }
    let own = name(stage, "sqs");
    stage.resolver_rule(&elsewhere, &own, "FORWARD", owner.clone(), "COMPLETE");
    for domain in [name(stage, "internal.sqs"), name(stage, "sns"), "corp.example.com".to_owned()] {
        stage.hosted_zone(&vpc, &domain, owner.clone());
    }
    stage.look_alike(
        "private-dns-conflict",
        &id,
        "zones and rules of its VPC are for other names, and others elsewhere",
    );
}

fn rule_that_leads_to_it(stage: &mut Stage) {
    let (vpc, id) = endpoint(stage, "sns", false);
    let (domain, owner) = (name(stage, "sns"), stage.account_id());
    stage.resolver_rule(&vpc, &domain, "FORWARD", owner, "COMPLETE");
    stage.look_alike(
        "private-dns-conflict",
        &id,
        "a Resolver rule forwards its name, and clients come all the same",
    );
}
