//! Why a bill holds more than the endpoints of the crawl used: said from coverage and from what the crawl saw,
//! before anything is taken for deleted.

use super::cost::free_of_charge;
use super::usage::publishes;
use crate::table::{
    Coverage, MetricDaily, Operation, Outcome, Row, Tables, VpcEndpoint, VpcEndpointConnection,
    VpcEndpointSubnet,
};

/// The coverage of the listing of endpoints, if an account and Region could not be listed.
pub fn unlisted(unit: &Tables) -> Option<String> {
    let operation = Operation::Ec2DescribeVpcEndpoints.name();
    let row = unit.coverage.iter().find(|row| row.operation == operation);
    match row {
        Some(row) if row.outcome == Outcome::Ok => None,
        Some(row) => Some(format!("the endpoints could not be listed: {}", failure(row))),
        None => Some("the endpoints could not be listed".to_owned()),
    }
}

/// The known causes, one phrase each; none where nothing that the crawl saw explains it.
pub fn causes(unit: &Tables, kind: Option<&str>, usage_type: &str) -> Vec<String> {
    let is_bytes = usage_type.ends_with("Bytes");
    let read = if is_bytes { MetricDaily::SCHEMA.operations } else { VpcEndpointSubnet::SCHEMA.operations };
    let mut causes: Vec<String> = unit
        .coverage
        .iter()
        .filter(|row| {
            row.outcome != Outcome::Ok && read.iter().any(|operation| operation.name() == row.operation)
        })
        .map(failure)
        .collect();
    let paid = paid_for(unit).count();
    if paid > 0 {
        causes.push(format!("{} of other accounts, for which a service here pays", count(paid)));
    }
    if is_bytes {
        let silent = unit.vpc_endpoint.iter().filter(|endpoint| {
            kind.is_some_and(|kind| {
                endpoint.vpc_endpoint_type == kind
                    && free_of_charge(kind, endpoint.service_name.as_deref()).is_none()
            }) && !is_measured(endpoint, unit)
        });
        let silent = silent.count();
        if silent > 0 {
            causes.push(format!("bytes of {} that CloudWatch does not measure", count(silent)));
        }
    }
    causes
}

/// Endpoints of other accounts that are connected to a service here which pays their charges
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcEndpointServicePayerResponsibility.html>).
fn paid_for(unit: &Tables) -> impl Iterator<Item = &VpcEndpointConnection> {
    let pays = |id: &str| {
        unit.vpc_endpoint_service.iter().any(|service| {
            service.service_id == id && service.payer_responsibility.as_deref() == Some("ServiceOwner")
        })
    };
    unit.vpc_endpoint_connection.iter().filter(move |connection| {
        connection.vpc_endpoint_owner.as_ref() != Some(&connection.account_id) && pays(&connection.service_id)
    })
}

fn is_measured(endpoint: &VpcEndpoint, unit: &Tables) -> bool {
    publishes(endpoint)
        && unit
            .metric_query
            .iter()
            .any(|query| query.resource_id == endpoint.vpc_endpoint_id && query.status_code == "Complete")
}

fn failure(row: &Coverage) -> String {
    let code = row.error_code.as_ref().map_or_else(String::new, |code| format!(" ({code})"));
    format!("{} was {}{code}", row.operation, outcome(row.outcome))
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Error => "answered by an error",
        other => other.as_str(),
    }
}

/// So many endpoints, in words.
pub fn count(number: usize) -> String {
    if number == 1 { "1 endpoint".to_owned() } else { format!("{number} endpoints") }
}
