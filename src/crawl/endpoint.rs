//! Endpoints: DescribeVpcEndpoints, and DescribeVpcEndpointServices for the services behind them.

use std::collections::BTreeSet;

use aws_sdk_ec2::types;

use super::filter::filtered;
use super::network::Zones;
use super::resolver::domain_name;
use super::scope::{Pages, Scope, tags_json, timestamp};
use crate::table::{
    Operation, ServiceDetail, ServiceDetailPrivateDnsName, ServiceDetailZone, Tables, Tag, VpcEndpoint,
    VpcEndpointRouteTable, VpcEndpointSecurityGroup,
};

/// The most that DescribeVpcEndpoints gives in a page.
const PAGE: i32 = 1000;

/// An endpoint as AWS describes it, with what its interfaces need.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    pub row: VpcEndpoint,
    pub subnet_ids: Vec<String>,
    pub network_interface_ids: Vec<String>,
    pub group_ids: Vec<String>,
}

/// The VPCs in which endpoints stand, each once.
pub(super) fn vpc_ids(endpoints: &[Endpoint]) -> Vec<&str> {
    let ids: BTreeSet<&str> =
        endpoints.iter().map(|endpoint| endpoint.row.vpc_id.as_str()).filter(|id| !id.is_empty()).collect();
    ids.into_iter().collect()
}

/// Reads all endpoints of an account and Region, and enters their rows.
pub(super) async fn endpoints(scope: &Scope, tables: &mut Tables) -> Pages<Endpoint> {
    let pages = scope
        .pages(Operation::Ec2DescribeVpcEndpoints, |token| {
            let call = scope.ec2().describe_vpc_endpoints().max_results(PAGE).set_next_token(token);
            async move {
                let page = call.send().await?;
                Ok((page.vpc_endpoints.unwrap_or_default(), page.next_token))
            }
        })
        .await;
    let items = pages.items.into_iter().map(|endpoint| enter(scope, endpoint, tables)).collect();
    Pages { items, complete: pages.complete }
}

fn enter(scope: &Scope, endpoint: types::VpcEndpoint, tables: &mut Tables) -> Endpoint {
    let id = endpoint.vpc_endpoint_id.clone().unwrap_or_default();
    let at = |tables: &mut Tables| {
        for group in endpoint.groups() {
            tables.vpc_endpoint_security_group.push(VpcEndpointSecurityGroup {
                account_id: scope.account_id.clone(),
                region: scope.region.clone(),
                vpc_endpoint_id: id.clone(),
                group_id: group.group_id().unwrap_or_default().to_owned(),
                group_name: group.group_name().map(str::to_owned),
            });
        }
        for route_table in endpoint.route_table_ids() {
            tables.vpc_endpoint_route_table.push(VpcEndpointRouteTable {
                account_id: scope.account_id.clone(),
                region: scope.region.clone(),
                vpc_endpoint_id: id.clone(),
                route_table_id: route_table.clone(),
            });
        }
    };
    at(tables);
    enter_tags(scope, &id, endpoint.tags(), tables);
    let row = row(scope, &endpoint);
    let group_ids =
        endpoint.groups().iter().filter_map(|group| group.group_id()).map(str::to_owned).collect();
    tables.vpc_endpoint.push(row.clone());
    Endpoint {
        row,
        subnet_ids: endpoint.subnet_ids.unwrap_or_default(),
        network_interface_ids: endpoint.network_interface_ids.unwrap_or_default(),
        group_ids,
    }
}

fn row(scope: &Scope, endpoint: &types::VpcEndpoint) -> VpcEndpoint {
    let creation_timestamp = timestamp(endpoint.creation_timestamp());
    let last_error = endpoint.last_error();
    VpcEndpoint {
        account_id: scope.account_id.clone(),
        region: scope.region.clone(),
        vpc_endpoint_id: endpoint.vpc_endpoint_id().unwrap_or_default().to_owned(),
        vpc_endpoint_type: endpoint.vpc_endpoint_type().map_or("Interface", |kind| kind.as_str()).to_owned(),
        vpc_id: endpoint.vpc_id().unwrap_or_default().to_owned(),
        service_name: endpoint.service_name().filter(|name| !name.is_empty()).map(str::to_owned),
        service_region: endpoint
            .service_region()
            .filter(|name| !name.is_empty())
            .unwrap_or(&scope.region)
            .to_owned(),
        state: state(endpoint.state().map_or("", |state| state.as_str())),
        owner_id: endpoint.owner_id().unwrap_or(&scope.account_id).to_owned(),
        requester_managed: endpoint.requester_managed().unwrap_or(false) || is_of_a_service(endpoint),
        private_dns_enabled: endpoint.private_dns_enabled().unwrap_or(false),
        // The samples of newer types write `IPV4`.
        ip_address_type: endpoint.ip_address_type().map(|kind| kind.as_str().to_ascii_lowercase()),
        policy_document: endpoint.policy_document().map(str::to_owned),
        policy_digest: endpoint.policy_document().and_then(crate::derive::policy_digest),
        creation_timestamp,
        age_days: scope.age_days(creation_timestamp),
        network_interfaces: endpoint.network_interface_ids().len() as i64,
        private_dns_only_for_inbound_resolver_endpoint: endpoint
            .dns_options()
            .and_then(|options| options.private_dns_only_for_inbound_resolver_endpoint()),
        payer_responsibility: payer(endpoint),
        service_network_arn: endpoint.service_network_arn().map(str::to_owned),
        resource_configuration_arn: endpoint.resource_configuration_arn().map(str::to_owned),
        last_error_code: last_error
            .and_then(|error| error.code())
            .or(endpoint.failure_reason())
            .map(str::to_owned),
        last_error_message: last_error.and_then(|error| error.message()).map(str::to_owned),
        tags: tags_json(
            endpoint.tags().iter().filter_map(|tag| Some((tag.key()?, tag.value().unwrap_or_default()))),
        ),
    }
}

/// Tags of services that make endpoints by a role in the user's account, so that AWS does not call them
/// requester-managed. Who deletes one sees it come back.
/// <https://docs.aws.amazon.com/guardduty/latest/ug/runtime-monitoring-agent-connectivity.html>,
/// <https://docs.aws.amazon.com/network-firewall/latest/developerguide/endpoints.html>,
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/WhatIs.corecomponents.html>
const TAGS_OF_SERVICES: &[&str] =
    &["GuardDutyManaged", "AmazonElastiCacheManaged", "AWSNetworkFirewallManaged"];

fn is_of_a_service(endpoint: &types::VpcEndpoint) -> bool {
    endpoint.tags().iter().any(|tag| {
        tag.key().is_some_and(|key| TAGS_OF_SERVICES.contains(&key))
            && tag.value().is_some_and(|value| value.eq_ignore_ascii_case("true"))
    })
}

/// Who pays the endpoint's own charges, where it is not its owner.
fn payer(endpoint: &types::VpcEndpoint) -> Option<String> {
    endpoint
        .payer_responsibilities()
        .iter()
        .find(|entry| entry.scope().is_some_and(|scope| scope.as_str() == "vpc-endpoint-charges"))
        .and_then(|entry| entry.payer_responsibility_type())
        .map(|kind| kind.as_str().to_owned())
        .filter(|kind| kind != "vpc-endpoint-account")
}

/// The states, spelled as AWS spells them on the wire.
const STATES: &[&str] = &[
    "pendingAcceptance",
    "pending",
    "available",
    "deleting",
    "deleted",
    "rejected",
    "failed",
    "expired",
    "partial",
];

/// A state in one spelling. The API's model writes `Available` and the wire `available`, so the
/// SDK's enumeration knows none of the values that really come.
pub(super) fn state(given: &str) -> String {
    let known = STATES.iter().find(|state| state.eq_ignore_ascii_case(given));
    known.map_or_else(|| given.to_owned(), |state| (*state).to_owned())
}

/// Enters the tags of a resource, one by one.
pub(super) fn enter_tags(scope: &Scope, resource_id: &str, tags: &[types::Tag], tables: &mut Tables) {
    tables.tag.extend(tags.iter().map(|tag| Tag {
        account_id: scope.account_id.clone(),
        region: scope.region.clone(),
        resource_id: resource_id.to_owned(),
        key: tag.key().unwrap_or_default().to_owned(),
        value: tag.value().unwrap_or_default().to_owned(),
    }));
}

/// Reads what the services behind the endpoints offer to this account. Services of another Region
/// have to be asked for by Region.
pub(super) async fn service_details(scope: &Scope, endpoints: &[Endpoint]) -> Vec<types::ServiceDetail> {
    let names: BTreeSet<(&str, &str)> = endpoints
        .iter()
        .filter_map(|endpoint| {
            Some((endpoint.row.service_region.as_str(), endpoint.row.service_name.as_deref()?))
        })
        .collect();
    let regions: BTreeSet<&str> = names.iter().map(|(region, _)| *region).collect();
    let mut details = Vec::new();
    for region in regions {
        let of_region: Vec<&str> =
            names.iter().filter(|(of, _)| *of == region).map(|(_, name)| *name).collect();
        let found = filtered("service-name", &of_region, |filter: types::Filter| async move {
            scope
                .pages(Operation::Ec2DescribeVpcEndpointServices, |token| {
                    let call = scope.ec2().describe_vpc_endpoint_services().filters(filter.clone());
                    let mut call = call.max_results(PAGE).set_next_token(token);
                    if region != scope.region {
                        call = call.service_regions(region);
                    }
                    async move {
                        let page = call.send().await?;
                        Ok((page.service_details.unwrap_or_default(), page.next_token))
                    }
                })
                .await
        });
        details.extend(found.await);
    }
    details
}

/// The names that private DNS gives the services.
pub(super) fn private_dns_names(
    scope: &Scope,
    details: &[types::ServiceDetail],
) -> Vec<ServiceDetailPrivateDnsName> {
    let mut names = BTreeSet::new();
    for detail in details {
        let listed = detail.private_dns_names().iter().filter_map(|name| name.private_dns_name());
        for name in listed.chain(detail.private_dns_name()) {
            names.insert((detail.service_name().unwrap_or_default(), domain_name(name)));
        }
    }
    let row = |(service_name, private_dns_name): (&str, String)| ServiceDetailPrivateDnsName {
        account_id: scope.account_id.clone(),
        region: scope.region.clone(),
        service_name: service_name.to_owned(),
        private_dns_name,
    };
    names.into_iter().map(row).collect()
}

/// Whether an endpoint answers in its VPC under a name of its service.
pub(super) fn is_named_privately(endpoint: &VpcEndpoint, names: &[ServiceDetailPrivateDnsName]) -> bool {
    endpoint.private_dns_enabled
        && !endpoint.vpc_id.is_empty()
        && endpoint.vpc_endpoint_type == "Interface"
        && endpoint.state == "available"
        && names.iter().any(|name| Some(name.service_name.as_str()) == endpoint.service_name.as_deref())
}

/// Enters what services offer, and in which zones.
pub(super) fn enter_service_details(
    scope: &Scope,
    details: Vec<types::ServiceDetail>,
    zones: &Zones,
    tables: &mut Tables,
) {
    // A service that is offered by two types of endpoint is offered in the same zones twice.
    let mut offered = BTreeSet::new();
    for detail in details {
        let name = detail.service_name().unwrap_or_default().to_owned();
        let zone_ids = zones.ids(detail.availability_zone_ids(), detail.availability_zones());
        offered.extend(zone_ids.into_iter().map(|zone| (name.clone(), zone)));
        tables.service_detail.push(ServiceDetail {
            account_id: scope.account_id.clone(),
            region: scope.region.clone(),
            service_id: detail.service_id().map(str::to_owned),
            service_type: detail
                .service_type()
                .first()
                .and_then(|kind| kind.service_type())
                .map(|kind| kind.as_str().to_owned()),
            owner: detail.owner().map(str::to_owned),
            private_dns_name: detail.private_dns_name().map(str::to_owned),
            vpc_endpoint_policy_supported: detail.vpc_endpoint_policy_supported().unwrap_or(false),
            payer_responsibility: detail.payer_responsibility().map(|payer| payer.as_str().to_owned()),
            acceptance_required: detail.acceptance_required().unwrap_or(false),
            service_name: name,
        });
    }
    let row = |(service_name, availability_zone_id)| ServiceDetailZone {
        account_id: scope.account_id.clone(),
        region: scope.region.clone(),
        service_name,
        availability_zone_id,
    };
    tables.service_detail_zone.extend(offered.into_iter().map(row));
}

#[cfg(test)]
mod tests {
    use super::state;

    #[test]
    fn states_are_read_in_both_spellings() {
        assert_eq!(state("available"), "available");
        assert_eq!(state("Available"), "available");
        assert_eq!(state("PendingAcceptance"), "pendingAcceptance");
        assert_eq!(state("pendingAcceptance"), "pendingAcceptance");
        assert_eq!(state("frozen"), "frozen");
    }
}
