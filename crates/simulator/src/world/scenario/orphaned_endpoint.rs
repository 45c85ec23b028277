//! Scenarios for the rule `orphaned-endpoint`.

use super::Scenario;
use super::cross_az_traffic::{appliances, inspection_endpoint};
use crate::world::endpoint::{DEFAULT_POLICY, EndpointSpec};
use crate::world::series::Traffic;
use crate::world::service::{UNGUARDED_SERVICE, aws_service_name, prefix_list_of};
use crate::world::stage::Stage;
use crate::world::vpc::Route;

pub(super) const SCENARIOS: &[Scenario] = &[
    busy_endpoints,
    gateway_endpoints,
    idle_endpoint,
    idle_but_young,
    quarterly_job,
    idle_but_managed,
    idle_but_pending,
    unmeasurable_types,
    idle_inspection,
    endpoint_without_subnets,
];

pub(super) fn busy_endpoints(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    for _ in 0..stage.rng.usize(1..4) {
        let spec = EndpointSpec::busy(stage.rng);
        let id = stage.endpoint(&vpc, spec);
        stage.look_alike("orphaned-endpoint", &id, "carries traffic every day");
    }
}

fn gateway_endpoints(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    for service in ["s3", "dynamodb"] {
        let service_name = Some(aws_service_name(&stage.region, service));
        let spec = EndpointSpec { kind: "Gateway", service_name, ..EndpointSpec::idle(stage.rng) };
        let id = stage.endpoint(&vpc, spec);
        let tables: Vec<String> = stage
            .here()
            .route_tables
            .iter()
            .filter(|table| table.vpc_id == vpc)
            .map(|table| table.id.clone())
            .collect();
        let here = stage.here();
        let list = prefix_list_of(&here.name, service);
        for table in here.route_tables.iter_mut().filter(|table| tables.contains(&table.id)) {
            table.routes.push(Route::new(&list, &id));
        }
        if let Some(endpoint) = here.endpoints.iter_mut().find(|endpoint| endpoint.id == id) {
            endpoint.route_table_ids = tables;
        }
        stage.look_alike("orphaned-endpoint", &id, "a gateway endpoint publishes nothing and costs nothing");
    }
}

fn idle_endpoint(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    let spec = EndpointSpec::idle(stage.rng);
    let id = stage.endpoint(&vpc, spec);
    stage.plant("orphaned-endpoint", &id, "has never carried anything");
}

fn idle_but_young(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    let age_days = stage.rng.i64(1..89);
    let spec = EndpointSpec { age_days, ..EndpointSpec::idle(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    stage.look_alike("orphaned-endpoint", &id, "idle, but younger than the threshold");
}

fn quarterly_job(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    let days_ago = stage.rng.i64(60..88);
    let spec =
        EndpointSpec { traffic: Traffic::Once { days_ago, bytes: 4096.0 }, ..EndpointSpec::busy(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    stage.look_alike("orphaned-endpoint", &id, "served a quarterly job, once in the window");
}

fn idle_but_managed(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    let spec = EndpointSpec { requester_managed: true, ..EndpointSpec::idle(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    stage.look_alike("orphaned-endpoint", &id, "idle, but an AWS service made it");
}

fn idle_but_pending(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    let spec = EndpointSpec { state: "pendingAcceptance", ..EndpointSpec::idle(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    stage.look_alike("orphaned-endpoint", &id, "idle because nobody has accepted it yet");
    stage.plant("unaccepted-endpoint-billed", &id, "has been waiting for months to be accepted");
}

fn unmeasurable_types(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    for kind in ["Resource", "ServiceNetwork"] {
        let spec = EndpointSpec { kind, ..EndpointSpec::idle(stage.rng) };
        let id = stage.endpoint(&vpc, spec);
        stage.look_alike("orphaned-endpoint", &id, "of a type for which no metrics are documented");
    }
}

fn idle_inspection(stage: &mut Stage) {
    let service_name = appliances(stage);
    let vpc = stage.vpc(&[0, 1]);
    let used = inspection_endpoint(stage, &vpc, &service_name, 0, Traffic::Daily(60e9));
    stage.route(&vpc, 0, &used);
    let idle = inspection_endpoint(stage, &vpc, &service_name, 1, Traffic::None);
    stage.plant("orphaned-endpoint", &idle, "a Gateway Load Balancer endpoint to which no route leads");
}

/// App Runner's endpoints have no subnet and no interface of the customer's.
fn endpoint_without_subnets(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    let spec = EndpointSpec {
        service_name: Some(aws_service_name(&stage.region, UNGUARDED_SERVICE)),
        zones: Some(Vec::new()),
        policy: Some(DEFAULT_POLICY),
        ..EndpointSpec::busy(stage.rng)
    };
    let id = stage.endpoint(&vpc, spec);
    stage.look_alike("orphaned-endpoint", &id, "stands in no subnet, and carries traffic");
    stage.look_alike("open-endpoint-policy", &id, "shows a policy, which its service does not take");
}
