//! Endpoint policies, from IAM's JSON to rows that SQL can judge.

mod condition;
mod digest;
mod pattern;
mod statement;

pub use digest::policy_digest;

use condition::Context;
use statement::{Statement, Universe, parse};

use super::cidr::Ranges;
use super::service::aws_service;
use crate::table::{Tables, VpcEndpoint, VpcEndpointPolicy};

/// The policies of an account and Region, statement by statement.
pub fn vpc_endpoint_policy(unit: &Tables) -> Vec<VpcEndpointPolicy> {
    let (by_vpc, none) = (Ranges::by_vpc(unit), Ranges::default());
    let ranges = |endpoint: &VpcEndpoint| by_vpc.get(endpoint.vpc_id.as_str()).unwrap_or(&none);
    unit.vpc_endpoint.iter().flat_map(|endpoint| rows(endpoint, ranges(endpoint))).collect()
}

fn rows(endpoint: &VpcEndpoint, vpc_ranges: &Ranges) -> Vec<VpcEndpointPolicy> {
    let service = endpoint.service_name.as_deref().and_then(aws_service);
    let row = |statement: i64| VpcEndpointPolicy {
        account_id: endpoint.account_id.clone(),
        region: endpoint.region.clone(),
        vpc_endpoint_id: endpoint.vpc_endpoint_id.clone(),
        statement,
        service: service.map(str::to_owned),
        is_default: false,
        sid: None,
        effect: None,
        principal: None,
        action: None,
        resource: None,
        condition: None,
        condition_met: None,
        has_perimeter: false,
        admits_nobody: false,
        problem: None,
    };
    let is_gateway = endpoint.vpc_endpoint_type == "Gateway";
    let context = Context {
        account_id: &endpoint.owner_id,
        region: &endpoint.region,
        partition: partition(&endpoint.region),
        vpc_id: &endpoint.vpc_id,
        vpc_endpoint_id: &endpoint.vpc_endpoint_id,
        vpc_ranges,
    };
    let statements = match (&endpoint.policy_document, service) {
        (Some(document), _) => parse(document, &Universe { service, context }),
        // AWS attaches this where nothing else is attached.
        (None, Some(_)) => Ok(vec![Statement::default_of_aws()]),
        (None, None) => return Vec::new(),
    };
    match statements {
        Err(problem) => vec![VpcEndpointPolicy { problem: Some(problem), ..row(0) }],
        Ok(statements) => {
            let is_default = matches!(&statements[..], [only] if *only == Statement::default_of_aws());
            let has_perimeter = statements.iter().any(Statement::is_perimeter);
            let admits_nobody = statements.iter().any(Statement::shuts_out)
                || !statements.iter().any(|one| one.admits(is_gateway));
            let numbered = (1..).zip(statements);
            numbered
                .map(|(number, statement)| VpcEndpointPolicy {
                    is_default,
                    sid: statement.sid,
                    effect: Some(statement.effect),
                    principal: Some(statement.principal),
                    action: Some(statement.action),
                    resource: Some(statement.resource),
                    condition: statement.condition,
                    condition_met: Some(statement.condition_met),
                    has_perimeter,
                    admits_nobody,
                    ..row(number)
                })
                .collect()
        }
    }
}

/// The partition of a Region.
/// <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>
fn partition(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("cn") => "aws-cn",
        Some("us") if region.starts_with("us-gov-") => "aws-us-gov",
        Some("eusc") => "aws-eusc",
        _ => "aws",
    }
}
