//! Scenarios for the rule `open-endpoint-policy`.

use super::Scenario;
use crate::world::endpoint::{DEFAULT_POLICY, EndpointSpec, GATEWAY_DEFAULT_POLICY};
use crate::world::service::{aws_service_name, prefix_list_of};
use crate::world::stage::Stage;

pub(super) const SCENARIOS: &[Scenario] =
    &[open_policy, open_policy_in_other_words, guarded_policies, open_but_managed];

fn open_policy(stage: &mut Stage) {
    let id = with_policy(stage, DEFAULT_POLICY, false);
    stage.plant("open-endpoint-policy", &id, "still has AWS's default policy");
    let vpc = stage.vpc(&[0]);
    let spec = EndpointSpec {
        kind: "Gateway",
        service_name: Some(aws_service_name(&stage.region, "s3")),
        policy: Some(GATEWAY_DEFAULT_POLICY),
        ..EndpointSpec::idle(stage.rng)
    };
    let id = stage.endpoint(&vpc, spec);
    let list = prefix_list_of(&stage.region, "s3");
    stage.main_route(&vpc, &list, &id);
    stage.plant("open-endpoint-policy", &id, "still has AWS's default policy for gateways, of 2008");
}

fn open_policy_in_other_words(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    let spec = EndpointSpec {
        service_name: Some(aws_service_name(&stage.region, "secretsmanager")),
        policy: Some(
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":["111122223333","*"]},"Action":["secretsmanager:*"],"Resource":["arn:aws:secretsmanager:*:*:*"],"Condition":{}}}"#,
        ),
        ..EndpointSpec::busy(stage.rng)
    };
    let id = stage.endpoint(&vpc, spec);
    stage.plant("open-endpoint-policy", &id, "allows all of the service to everybody, without `*` alone");
}

fn guarded_policies(stage: &mut Stage) {
    for (policy, what) in [
        (
            r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-simulated0"}}}]}"#,
            "allows everything, and denies it to all who are not of the organization",
        ),
        (
            r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":["sqs:SendMessage","sqs:Get*"],"Resource":"*"}]}"#,
            "allows a few actions",
        ),
        (
            r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"*","Resource":"*"}]}"#,
            "allows one account",
        ),
        (
            r#"{"Statement":[{"Effect":"Allow","Principal":"*","NotAction":"sqs:DeleteQueue","Resource":"*"}]}"#,
            "allows everything but an action: told, not accused",
        ),
    ] {
        let id = with_policy(stage, policy, false);
        stage.look_alike("open-endpoint-policy", &id, what);
    }
}

fn open_but_managed(stage: &mut Stage) {
    let id = with_policy(stage, DEFAULT_POLICY, true);
    stage.look_alike("open-endpoint-policy", &id, "open, but an AWS service made it");
}

fn with_policy(stage: &mut Stage, policy: &'static str, requester_managed: bool) -> String {
    let vpc = stage.usual_vpc();
    let spec = EndpointSpec { policy: Some(policy), requester_managed, ..EndpointSpec::busy(stage.rng) };
    stage.endpoint(&vpc, spec)
}
