//! Ways out of a VPC beside its endpoints, and how names resolve in it: NAT gateways, DNS attributes.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{self, VpcAttributeName};

use super::endpoint::Endpoint;
use super::filter::filtered;
use super::scope::Scope;
use crate::table::{NatGateway, Operation, Tables, VpcAttribute};

/// The most that DescribeNatGateways gives in a page.
const PAGE: i32 = 1000;

/// Reads the NAT gateways and DNS attributes of the endpoints' VPCs, and enters them.
pub(super) async fn exits(scope: &Scope, endpoints: &[Endpoint]) -> Tables {
    let (gateways, attributes) = tokio::join!(nat_gateways(scope, endpoints), attributes(scope, endpoints));
    Tables {
        nat_gateway: gateways.iter().map(|gateway| gateway_row(scope, gateway)).collect(),
        vpc_attribute: attributes,
        ..Tables::default()
    }
}

async fn nat_gateways(scope: &Scope, endpoints: &[Endpoint]) -> Vec<types::NatGateway> {
    let vpcs = super::endpoint::vpc_ids(endpoints);
    filtered("vpc-id", &vpcs, |filter: types::Filter| async move {
        scope
            .pages(Operation::Ec2DescribeNatGateways, |token| {
                let call = scope.ec2().describe_nat_gateways().filter(filter.clone());
                let call = call.max_results(PAGE).set_next_token(token);
                async move {
                    let page = call.send().await?;
                    Ok((page.nat_gateways.unwrap_or_default(), page.next_token))
                }
            })
            .await
    })
    .await
}

/// AWS answers for one VPC and one attribute at a time, so only VPCs are asked about in which
/// something depends on it.
async fn attributes(scope: &Scope, endpoints: &[Endpoint]) -> Vec<VpcAttribute> {
    let vpcs: BTreeSet<&str> = endpoints
        .iter()
        .filter(|endpoint| endpoint.row.private_dns_enabled && !endpoint.row.vpc_id.is_empty())
        .map(|endpoint| endpoint.row.vpc_id.as_str())
        .collect();
    let mut rows = Vec::new();
    for vpc in vpcs {
        let (support, hostnames) = tokio::join!(
            attribute(scope, vpc, VpcAttributeName::EnableDnsSupport),
            attribute(scope, vpc, VpcAttributeName::EnableDnsHostnames),
        );
        rows.push(VpcAttribute {
            account_id: scope.account_id.clone(),
            region: scope.region.clone(),
            vpc_id: vpc.to_owned(),
            enable_dns_support: support,
            enable_dns_hostnames: hostnames,
        });
    }
    rows
}

async fn attribute(scope: &Scope, vpc: &str, name: VpcAttributeName) -> Option<bool> {
    let operation = Operation::Ec2DescribeVpcAttribute;
    let answer = scope
        .call(operation, || async {
            let call = scope.ec2().describe_vpc_attribute().vpc_id(vpc).attribute(name.clone());
            let answer = call.send().await?;
            Ok(match name {
                VpcAttributeName::EnableDnsSupport => answer.enable_dns_support,
                _ => answer.enable_dns_hostnames,
            })
        })
        .await?;
    scope.received(operation, 1);
    answer?.value
}

fn gateway_row(scope: &Scope, gateway: &types::NatGateway) -> NatGateway {
    NatGateway {
        account_id: scope.account_id.clone(),
        region: scope.region.clone(),
        nat_gateway_id: gateway.nat_gateway_id().unwrap_or_default().to_owned(),
        vpc_id: gateway.vpc_id().unwrap_or_default().to_owned(),
        subnet_id: gateway.subnet_id().map(str::to_owned),
        state: gateway.state().map(|state| state.as_str().to_owned()),
        connectivity_type: gateway.connectivity_type().map(|kind| kind.as_str().to_owned()),
        availability_mode: gateway.availability_mode().map(|mode| mode.as_str().to_owned()),
    }
}
