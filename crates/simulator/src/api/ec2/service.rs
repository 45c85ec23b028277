//! The account's own endpoint services, and who is connected to them.

use super::endpoint::dns_entries;
use super::{Context, tag_filter, tag_set};
use crate::wire::{ApiError, Xml};
use crate::world::{Service, seed_of};

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
        xml.items("serviceType", [service.kind], |xml, kind| {
            xml.text("serviceType", kind);
        })
        .text("serviceId", &service.id)
        .text("serviceName", &service.service_name)
        .text("serviceState", service.state)
        // The examples of
        // https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-vpc-endpoint-service-configurations.html
        // have names of zones without their ids, and one kind of ARN.
        .texts("availabilityZoneSet", service.zones.iter().map(|zone| context.zone_name(*zone)))
        .text("acceptanceRequired", service.acceptance_required)
        .text("managesVpcEndpoints", false)
        .maybe("payerResponsibility", service.payer)
        .texts("supportedIpAddressTypeSet", ["ipv4"])
        .text("remoteAccessEnabled", !service.other_regions.is_empty())
        .items("supportedRegionSet", &service.other_regions, |xml, region| {
            xml.text("region", region).text("serviceState", "Available");
        });
        write_arns(xml, &service.balancer_arns);
        if service.kind == "Interface" {
            let name = format!("{}.{}.vpce.amazonaws.com", service.id, context.region.name);
            xml.texts("baseEndpointDnsNameSet", [name]);
        }
        xml.maybe("privateDnsName", service.private_dns.as_ref().map(|(name, _)| name));
        xml.element("privateDnsNameConfiguration", |xml| {
            if let Some((_, state)) = &service.private_dns {
                xml.text("state", state)
                    .text("type", "TXT")
                    .text("value", format!("vpce:{}", random_text(&service.id, 20)))
                    .text("name", format!("_{}", random_text(&service.service_name, 20)));
            }
        });
        tag_set(xml, &service.tags);
    })
    .maybe("nextToken", next);
    Ok(xml)
}

/// The ARNs of load balancers, under the name of their kind.
fn write_arns(xml: &mut Xml, arns: &[String]) {
    let (network, gateway): (Vec<&String>, Vec<&String>) = arns.iter().partition(|arn| arn.contains("/net/"));
    for (name, arns) in [("networkLoadBalancerArnSet", network), ("gatewayLoadBalancerArnSet", gateway)] {
        if !arns.is_empty() {
            xml.texts(name, arns);
        }
    }
}

/// Letters that belong to an id.
fn random_text(id: &str, length: usize) -> String {
    let mut rng = fastrand::Rng::with_seed(seed_of(id));
    (0..length).map(|_| rng.lowercase()).collect()
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
        tag_set(xml, &[]);
    })
    .maybe("nextToken", next);
    Ok(xml)
}

/// One call lists the connections of all services.
/// An endpoint that leads to a service, as the service's owner sees it.
#[derive(Clone)]
struct Connection<'a> {
    service: &'a Service,
    endpoint: &'a str,
    owner: &'a str,
    region: &'a str,
    state: &'a str,
    age_days: i64,
    dns_entries: Vec<(String, String)>,
}

pub(super) fn connections(context: &Context) -> Result<Xml, ApiError> {
    let mut connections = Vec::new();
    for service in &context.region.services {
        connections.extend(context.world.consumers(&service.service_name).map(
            |(owner, region, endpoint)| Connection {
                service,
                endpoint: &endpoint.id,
                owner: &owner.id,
                region: &region.name,
                state: endpoint.state,
                age_days: endpoint.age_days,
                dns_entries: dns_entries(region, endpoint),
            },
        ));
        connections.extend(service.strangers.iter().map(|stranger| Connection {
            service,
            endpoint: &stranger.endpoint_id,
            owner: &stranger.account_id,
            region: &context.region.name,
            state: "available",
            age_days: stranger.age_days,
            dns_entries: Vec::new(),
        }));
    }
    let (connections, next) = context.select(
        connections,
        5..=1000,
        &[],
        |connection| connection.endpoint.to_owned(),
        |connection, filter| match filter {
            "service-id" => Some(vec![connection.service.id.clone()]),
            "vpc-endpoint-owner" => Some(vec![connection.owner.to_owned()]),
            "vpc-endpoint-id" => Some(vec![connection.endpoint.to_owned()]),
            "vpc-endpoint-state" => Some(vec![connection.state.to_owned()]),
            _ => None,
        },
    )?;
    let mut xml = Xml::default();
    xml.items("vpcEndpointConnectionSet", connections, |xml, connection| {
        let Connection { service, endpoint, owner, region, state, age_days, dns_entries } = connection;
        xml.text("serviceId", &service.id)
            .text("vpcEndpointId", endpoint)
            .text("vpcEndpointOwner", owner)
            .text("vpcEndpointRegion", region)
            .text("vpcEndpointState", state)
            .text("creationTimestamp", context.days_ago(age_days, endpoint))
            .items("dnsEntrySet", dns_entries, |xml, (name, zone)| {
                xml.text("dnsName", name).text("hostedZoneId", zone);
            })
            .text("ipAddressType", "ipv4")
            .text("vpcEndpointConnectionId", format!("vpce-con-{}", &endpoint[5..]));
        write_arns(xml, &service.balancer_arns);
        tag_set(xml, &[]);
    })
    .maybe("nextToken", next);
    Ok(xml)
}

/// Whoever offers a service may watch it, and whoever has an endpoint may watch that.
pub(super) fn notifications(context: &Context) -> Result<Xml, ApiError> {
    let services = context.region.services.iter().filter(|service| service.has_notification);
    let services = services.map(|service| (service.id.as_str(), "serviceId"));
    let endpoints = context.region.watched.iter().map(|id| (id.as_str(), "vpcEndpointId"));
    let (watched, next) = context.select(
        services.chain(endpoints),
        5..=1000,
        &[],
        |(id, _)| (*id).to_owned(),
        |(id, kind), filter| match filter {
            "service-id" => {
                Some(vec![(*id).to_owned()].into_iter().filter(|_| *kind == "serviceId").collect())
            }
            _ => None,
        },
    )?;
    let mut xml = Xml::default();
    xml.items("connectionNotificationSet", watched, |xml, (id, kind)| {
        let topic =
            format!("arn:aws:sns:{}:{}:endpoint-connections", context.region.name, context.account.id);
        let number = id.rsplit('-').next().unwrap_or_default();
        xml.text("connectionNotificationId", format!("vpce-nfn-{number}"))
            .text(kind, id)
            .text("connectionNotificationType", "Topic")
            .text("connectionNotificationArn", topic)
            .texts("connectionEvents", ["Accept", "Reject", "Delete", "Connect"])
            .text("connectionNotificationState", "Enabled");
    })
    .maybe("nextToken", next);
    Ok(xml)
}
