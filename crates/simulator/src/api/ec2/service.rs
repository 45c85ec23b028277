//! The account's own endpoint services, and who is connected to them.

use super::{Context, tag_filter, tag_set};
use crate::wire::{ApiError, Xml};
use crate::world::Service;

pub(super) fn configurations(context: &Context) -> Result<Xml, ApiError> {
    let ids = context.call.parameters.list("ServiceId");
    let (services, next) = context.select(
        &context.region.services,
        5..=1000,
        &ids,
        |service| service.id.clone(),
        |service, filter| match filter {
            "service-id" => Some(vec![service.id.clone()]),
            "service-name" => Some(vec![service.service_name.clone()]),
            "service-state" => Some(vec![service.state.to_owned()]),
            other => tag_filter(&service.tags, other),
        },
    )?;
    let mut xml = Xml::default();
    xml.items("serviceConfigurationSet", services, |xml, service| {
        let (network, gateway): (Vec<&String>, Vec<&String>) =
            service.balancer_arns.iter().partition(|arn| arn.contains("/net/"));
        xml.items("serviceType", [service.kind], |xml, kind| {
            xml.text("serviceType", kind);
        })
        .text("serviceId", &service.id)
        .text("serviceName", &service.service_name)
        .text("serviceState", service.state)
        .texts("availabilityZoneSet", service.zones.iter().map(|zone| context.zone_name(*zone)))
        .texts("availabilityZoneIdSet", service.zones.iter().map(|zone| context.zone_id(*zone)))
        .text("acceptanceRequired", service.acceptance_required)
        .text("managesVpcEndpoints", false)
        .texts("networkLoadBalancerArnSet", network)
        .texts("gatewayLoadBalancerArnSet", gateway);
        if let Some((name, state)) = &service.private_dns {
            xml.text("privateDnsName", name).element("privateDnsNameConfiguration", |xml| {
                xml.text("state", state)
                    .text("type", "TXT")
                    .text("value", format!("vpce:{}", &service.id[9..]))
                    .text("name", format!("_{}", &service.id[9..]));
            });
        }
        tag_set(xml, &service.tags);
    })
    .maybe("nextToken", next);
    Ok(xml)
}

/// The service that a call names.
fn named<'a>(context: &Context<'a>) -> Result<&'a Service, ApiError> {
    let id = context.call.parameters.get("ServiceId").unwrap_or_default();
    context.region.services.iter().find(|service| service.id == id).ok_or_else(|| {
        ApiError::new(
            400,
            "InvalidVpcEndpointServiceId.NotFound",
            &format!("The VpcEndpointService Id '{id}' does not exist"),
        )
    })
}

pub(super) fn permissions(context: &Context) -> Result<Xml, ApiError> {
    let service = named(context)?;
    let (principals, next) = context.select(
        &service.principals,
        5..=1000,
        &[],
        |(_, principal)| principal.clone(),
        |(kind, principal), filter| match filter {
            "principal" => Some(vec![principal.clone()]),
            "principal-type" => Some(vec![(*kind).to_owned()]),
            _ => None,
        },
    )?;
    let mut xml = Xml::default();
    xml.items("allowedPrincipals", principals, |xml, (kind, principal)| {
        xml.text("principalType", kind)
            .text("principal", principal)
            .text("servicePermissionId", format!("vpce-svc-perm-{}", &service.id[9..]))
            .text("serviceId", &service.id);
    })
    .maybe("nextToken", next);
    Ok(xml)
}

/// One call lists the connections of all services.
pub(super) fn connections(context: &Context) -> Result<Xml, ApiError> {
    let connections: Vec<_> = context
        .region
        .services
        .iter()
        .flat_map(|service| {
            context
                .world
                .consumers(&service.service_name)
                .map(move |(owner, endpoint)| (service, owner, endpoint))
        })
        .collect();
    let (connections, next) = context.select(
        connections,
        5..=1000,
        &[],
        |(_, _, endpoint)| endpoint.id.clone(),
        |(service, owner, endpoint), filter| match filter {
            "service-id" => Some(vec![service.id.clone()]),
            "vpc-endpoint-owner" => Some(vec![owner.id.clone()]),
            "vpc-endpoint-id" => Some(vec![endpoint.id.clone()]),
            "vpc-endpoint-state" => Some(vec![endpoint.state.to_owned()]),
            _ => None,
        },
    )?;
    let mut xml = Xml::default();
    xml.items("vpcEndpointConnectionSet", connections, |xml, (service, owner, endpoint)| {
        xml.text("serviceId", &service.id)
            .text("vpcEndpointId", &endpoint.id)
            .text("vpcEndpointOwner", &owner.id)
            .text("vpcEndpointRegion", &context.region.name)
            .text("vpcEndpointState", endpoint.state)
            .text("creationTimestamp", context.days_ago(endpoint.age_days))
            .texts("networkLoadBalancerArnSet", &service.balancer_arns)
            .text("ipAddressType", "ipv4")
            .text("vpcEndpointConnectionId", format!("vpce-con-{}", &endpoint.id[5..]));
    })
    .maybe("nextToken", next);
    Ok(xml)
}

pub(super) fn notifications(context: &Context) -> Result<Xml, ApiError> {
    let services: Vec<&Service> =
        context.region.services.iter().filter(|service| service.has_notification).collect();
    let (services, next) = context.select(
        services,
        5..=1000,
        &[],
        |service| service.id.clone(),
        |service, filter| match filter {
            "service-id" => Some(vec![service.id.clone()]),
            _ => None,
        },
    )?;
    let mut xml = Xml::default();
    xml.items("connectionNotificationSet", services, |xml, service| {
        let topic =
            format!("arn:aws:sns:{}:{}:endpoint-connections", context.region.name, context.account.id);
        xml.text("connectionNotificationId", format!("vpce-nfn-{}", &service.id[9..]))
            .text("serviceId", &service.id)
            .text("connectionNotificationType", "Topic")
            .text("connectionNotificationArn", topic)
            .texts("connectionEvents", ["Accept", "Connect", "Delete", "Reject"])
            .text("connectionNotificationState", "Enabled");
    })
    .maybe("nextToken", next);
    Ok(xml)
}
