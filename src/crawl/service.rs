//! Endpoint services: their configuration, who may connect, who is connected, who is told.

use aws_sdk_ec2::types;
use futures::StreamExt;

use super::endpoint::{enter_tags, state};
use super::network::Zones;
use super::scope::{Pages, Scope, tags_json, timestamp};
use crate::table::{
    Operation, Tables, VpcEndpointConnection, VpcEndpointNotification, VpcEndpointService,
    VpcEndpointServiceLoadBalancer, VpcEndpointServicePrincipal, VpcEndpointServiceZone,
};

/// The most that these operations give in a page.
const PAGE: i32 = 1000;

/// Services whose permissions are asked for at the same time: one call each.
const SIDE_BY_SIDE: usize = 4;

/// Reads the services that the account offers.
pub(super) async fn services(scope: &Scope) -> Pages<types::ServiceConfiguration> {
    scope
        .pages(Operation::Ec2DescribeVpcEndpointServiceConfigurations, |token| {
            let call = scope
                .ec2()
                .describe_vpc_endpoint_service_configurations()
                .max_results(PAGE)
                .set_next_token(token);
            async move {
                let page = call.send().await?;
                Ok((page.service_configurations.unwrap_or_default(), page.next_token))
            }
        })
        .await
}

/// The load balancers behind services.
pub(super) fn load_balancer_arns(service: &types::ServiceConfiguration) -> impl Iterator<Item = &String> {
    service.network_load_balancer_arns().iter().chain(service.gateway_load_balancer_arns())
}

/// Enters the services, with their zones, load balancers and tags.
pub(super) fn enter(
    scope: &Scope,
    services: &[types::ServiceConfiguration],
    zones: &Zones,
    tables: &mut Tables,
) {
    for service in services {
        let id = service.service_id().unwrap_or_default();
        let zone_ids = zones.ids(service.availability_zone_ids(), service.availability_zones());
        tables.vpc_endpoint_service_zone.extend(zone_ids.into_iter().map(|availability_zone_id| {
            VpcEndpointServiceZone {
                account_id: scope.account_id.clone(),
                region: scope.region.clone(),
                service_id: id.to_owned(),
                availability_zone_id,
            }
        }));
        tables.vpc_endpoint_service_load_balancer.extend(load_balancer_arns(service).map(|arn| {
            VpcEndpointServiceLoadBalancer {
                account_id: scope.account_id.clone(),
                region: scope.region.clone(),
                service_id: id.to_owned(),
                load_balancer_arn: arn.clone(),
            }
        }));
        enter_tags(scope, id, service.tags(), tables);
        tables.vpc_endpoint_service.push(row(scope, service));
    }
}

fn row(scope: &Scope, service: &types::ServiceConfiguration) -> VpcEndpointService {
    let kind = service.service_type().first().and_then(|detail| detail.service_type());
    VpcEndpointService {
        account_id: scope.account_id.clone(),
        region: scope.region.clone(),
        service_id: service.service_id().unwrap_or_default().to_owned(),
        service_name: service.service_name().unwrap_or_default().to_owned(),
        service_type: kind.map_or("Interface", |kind| kind.as_str()).to_owned(),
        service_state: service.service_state().map_or("", |state| state.as_str()).to_owned(),
        acceptance_required: service.acceptance_required().unwrap_or(false),
        manages_vpc_endpoints: service.manages_vpc_endpoints().unwrap_or(false),
        private_dns_name: service.private_dns_name().map(str::to_owned),
        private_dns_name_state: service
            .private_dns_name_configuration()
            .and_then(|configuration| configuration.state())
            .map(|state| state.as_str().to_owned()),
        payer_responsibility: service.payer_responsibility().map(|payer| payer.as_str().to_owned()),
        tags: tags_json(
            service.tags().iter().filter_map(|tag| Some((tag.key()?, tag.value().unwrap_or_default()))),
        ),
    }
}

/// Reads who may connect to each service, who is connected, and who is told of it.
pub(super) async fn relations(scope: &Scope, services: &[types::ServiceConfiguration], tables: &mut Tables) {
    let (principals, connections, notifications) =
        tokio::join!(principals(scope, services), connections(scope), notifications(scope));
    tables.vpc_endpoint_service_principal.extend(principals);
    tables.vpc_endpoint_connection.extend(connections);
    tables.vpc_endpoint_notification.extend(notifications);
}

async fn principals(
    scope: &Scope,
    services: &[types::ServiceConfiguration],
) -> Vec<VpcEndpointServicePrincipal> {
    let ids: Vec<String> =
        services.iter().filter_map(|service| service.service_id().map(str::to_owned)).collect();
    let pages: Vec<(String, Pages<types::AllowedPrincipal>)> = futures::stream::iter(ids)
        .map(|id| async move {
            let pages = permissions(scope, &id).await;
            (id, pages)
        })
        .buffered(SIDE_BY_SIDE)
        .collect()
        .await;
    pages
        .into_iter()
        .flat_map(|(id, pages)| pages.items.into_iter().map(move |principal| (id.clone(), principal)))
        .map(|(id, principal)| VpcEndpointServicePrincipal {
            account_id: scope.account_id.clone(),
            region: scope.region.clone(),
            service_id: id,
            principal_type: principal.principal_type().map(|kind| kind.as_str().to_owned()),
            principal: principal.principal.unwrap_or_default(),
        })
        .collect()
}

async fn permissions(scope: &Scope, service_id: &str) -> Pages<types::AllowedPrincipal> {
    scope
        .pages(Operation::Ec2DescribeVpcEndpointServicePermissions, |token| {
            let call = scope
                .ec2()
                .describe_vpc_endpoint_service_permissions()
                .service_id(service_id)
                .max_results(PAGE)
                .set_next_token(token);
            async move {
                let page = call.send().await?;
                Ok((page.allowed_principals.unwrap_or_default(), page.next_token))
            }
        })
        .await
}

async fn connections(scope: &Scope) -> Vec<VpcEndpointConnection> {
    let pages = scope
        .pages(Operation::Ec2DescribeVpcEndpointConnections, |token| {
            let call =
                scope.ec2().describe_vpc_endpoint_connections().max_results(PAGE).set_next_token(token);
            async move {
                let page = call.send().await?;
                Ok((page.vpc_endpoint_connections.unwrap_or_default(), page.next_token))
            }
        })
        .await;
    pages
        .items
        .into_iter()
        .map(|connection| {
            let creation_timestamp = timestamp(connection.creation_timestamp());
            VpcEndpointConnection {
                account_id: scope.account_id.clone(),
                region: scope.region.clone(),
                vpc_endpoint_state: state(connection.vpc_endpoint_state().map_or("", |state| state.as_str())),
                service_id: connection.service_id.unwrap_or_default(),
                vpc_endpoint_id: connection.vpc_endpoint_id.unwrap_or_default(),
                vpc_endpoint_owner: connection.vpc_endpoint_owner,
                vpc_endpoint_region: connection.vpc_endpoint_region,
                creation_timestamp,
                age_days: scope.age_days(creation_timestamp),
            }
        })
        .collect()
}

async fn notifications(scope: &Scope) -> Vec<VpcEndpointNotification> {
    let pages = scope
        .pages(Operation::Ec2DescribeVpcEndpointConnectionNotifications, |token| {
            let call = scope
                .ec2()
                .describe_vpc_endpoint_connection_notifications()
                .max_results(PAGE)
                .set_next_token(token);
            async move {
                let page = call.send().await?;
                Ok((page.connection_notification_set.unwrap_or_default(), page.next_token))
            }
        })
        .await;
    pages
        .items
        .into_iter()
        .map(|notification| {
            let mut events = notification.connection_events().to_vec();
            events.sort();
            VpcEndpointNotification {
                account_id: scope.account_id.clone(),
                region: scope.region.clone(),
                connection_events: events.join(", "),
                connection_notification_state: notification
                    .connection_notification_state()
                    .map(|state| state.as_str().to_owned()),
                connection_notification_id: notification.connection_notification_id.unwrap_or_default(),
                service_id: notification.service_id,
                vpc_endpoint_id: notification.vpc_endpoint_id,
                connection_notification_arn: notification.connection_notification_arn,
            }
        })
        .collect()
}
