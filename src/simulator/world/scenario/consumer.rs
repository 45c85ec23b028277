//! Endpoints by their traffic: idle ones, and those that only look idle.

use super::super::endpoint::EndpointSpec;
use super::super::series::Traffic;
use super::super::service::aws_service_name;
use super::super::stage::Stage;

pub fn busy_endpoints(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    for _ in 0..stage.rng.usize(1..4) {
        let spec = EndpointSpec::busy(stage.rng);
        let id = stage.endpoint(&vpc, spec);
        stage.look_alike("orphaned-endpoint", &id, "carries traffic every day");
    }
}

pub fn gateway_endpoints(stage: &mut Stage) {
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
        for table in here.route_tables.iter_mut().filter(|table| tables.contains(&table.id)) {
            table.routes.push((format!("pl-{service}"), id.clone()));
        }
        if let Some(endpoint) = here.endpoints.iter_mut().find(|endpoint| endpoint.id == id) {
            endpoint.route_table_ids = tables;
        }
        stage.look_alike("orphaned-endpoint", &id, "a gateway endpoint publishes nothing and costs nothing");
    }
}

pub fn idle_endpoint(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    let spec = EndpointSpec::idle(stage.rng);
    let id = stage.endpoint(&vpc, spec);
    stage.plant("orphaned-endpoint", &id, "has never carried anything");
}

pub fn idle_but_young(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    let age_days = stage.rng.i64(1..89);
    let spec = EndpointSpec { age_days, ..EndpointSpec::idle(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    stage.look_alike("orphaned-endpoint", &id, "idle, but younger than the threshold");
}

pub fn quarterly_job(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    let days_ago = stage.rng.i64(60..88);
    let spec =
        EndpointSpec { traffic: Traffic::Once { days_ago, bytes: 4096.0 }, ..EndpointSpec::busy(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    stage.look_alike("orphaned-endpoint", &id, "served a quarterly job, once in the window");
}

pub fn idle_across_regions(stage: &mut Stage) {
    let Some(id) = endpoint_across_regions(stage, "sqs", false) else { return };
    stage.look_alike(
        "orphaned-endpoint",
        &id,
        "reaches a service in another Region, for which nothing is published; the bill has its bytes",
    );
    stage.plant("cross-region-endpoint", &id, "reaches a service in another Region");
}

pub fn managed_across_regions(stage: &mut Stage) {
    let Some(id) = endpoint_across_regions(stage, "kms", true) else { return };
    stage.look_alike("orphaned-endpoint", &id, "reaches another Region, and an AWS service made it");
    stage.look_alike("cross-region-endpoint", &id, "reaches another Region, but an AWS service made it");
}

/// An endpoint for an AWS service of another Region: its bytes stand on the bill alone. Nothing
/// where the VPC has one, as a second would be another fault.
fn endpoint_across_regions(stage: &mut Stage, service: &str, requester_managed: bool) -> Option<String> {
    let vpc = stage.usual_vpc();
    let other = if stage.region == "us-east-1" { "us-west-2" } else { "us-east-1" };
    let service_name = aws_service_name(other, service);
    if stage.here().endpoints.iter().any(|endpoint| endpoint.service_name.as_ref() == Some(&service_name)) {
        return None;
    }
    let spec = EndpointSpec {
        service_name: Some(service_name),
        service_region: Some(other.to_owned()),
        requester_managed,
        ..EndpointSpec::idle(stage.rng)
    };
    let id = stage.endpoint(&vpc, spec);
    stage.here().unpublished.insert(id.clone(), 2e9);
    Some(id)
}

pub fn idle_but_managed(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    let spec = EndpointSpec { requester_managed: true, ..EndpointSpec::idle(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    stage.look_alike("orphaned-endpoint", &id, "idle, but an AWS service made it");
}

pub fn idle_but_pending(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    let spec = EndpointSpec { state: "pendingAcceptance", ..EndpointSpec::idle(stage.rng) };
    let id = stage.endpoint(&vpc, spec);
    stage.look_alike("orphaned-endpoint", &id, "idle because nobody has accepted it yet");
    stage.plant("unaccepted-endpoint-billed", &id, "has been waiting for months to be accepted");
}

pub fn unmeasurable_types(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    for kind in ["Resource", "ServiceNetwork"] {
        let spec = EndpointSpec { kind, ..EndpointSpec::idle(stage.rng) };
        let id = stage.endpoint(&vpc, spec);
        stage.look_alike("orphaned-endpoint", &id, "of a type for which no metrics are documented");
    }
}
