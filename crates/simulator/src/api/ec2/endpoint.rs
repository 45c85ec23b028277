//! Endpoints, and the services that are offered to the account.

use super::{Context, tag_filter, tag_set};
use crate::wire::{ApiError, Xml};
use crate::world::{AWS_SERVICES, Service, TWO_ZONE_SERVICE, aws_service_name, private_dns_names};

pub(super) fn endpoints(context: &Context) -> Result<Xml, ApiError> {
    let ids = context.call.parameters.list("VpcEndpointId");
    let known = |id: &str| context.region.endpoints.iter().any(|endpoint| endpoint.id == id);
    if let Some(unknown) = ids.iter().find(|id| !known(id)) {
        return Err(ApiError::new(
            400,
            "InvalidVpcEndpointId.NotFound",
            &format!("The Vpc Endpoint Id '{unknown}' does not exist"),
        ));
    }
    let region = &context.region.name;
    let (endpoints, next) = context.select(
        &context.region.endpoints,
        1..=1000,
        &ids,
        |endpoint| endpoint.id.clone(),
        |endpoint, filter| match filter {
            "vpc-endpoint-id" => Some(vec![endpoint.id.clone()]),
            "vpc-id" => Some(vec![endpoint.vpc_id.clone()]),
            "service-name" => Some(endpoint.service_name.clone().into_iter().collect()),
            "service-region" => Some(vec![endpoint.service_region.clone().unwrap_or_else(|| region.clone())]),
            "vpc-endpoint-state" => Some(vec![endpoint.state.to_owned()]),
            "vpc-endpoint-type" => Some(vec![endpoint.kind.to_owned()]),
            "ip-address-type" => Some(vec!["ipv4".to_owned()]),
            other => tag_filter(&endpoint.tags, other),
        },
    )?;
    let mut xml = Xml::default();
    xml.items("vpcEndpointSet", endpoints, |xml, endpoint| {
        xml.text("vpcEndpointId", &endpoint.id)
            .text("vpcEndpointType", endpoint.kind)
            .text("vpcId", &endpoint.vpc_id)
            .maybe("serviceName", endpoint.service_name.as_ref())
            .text("serviceRegion", endpoint.service_region.as_ref().unwrap_or(region))
            .text("state", endpoint.state)
            .text("ipAddressType", "ipv4")
            .text("privateDnsEnabled", endpoint.private_dns)
            .element("dnsOptions", |xml| {
                xml.text("privateDnsOnlyForInboundResolverEndpoint", endpoint.inbound_resolver_only);
            })
            .text("requesterManaged", endpoint.requester_managed)
            .text("ownerId", &context.account.id)
            .text("creationTimestamp", context.days_ago(endpoint.age_days))
            .texts("routeTableIdSet", &endpoint.route_table_ids)
            .texts("subnetIdSet", endpoint.subnets.iter().map(|(id, _)| id))
            .texts("networkInterfaceIdSet", &endpoint.interface_ids)
            .items("groupSet", &endpoint.group_ids, |xml, id| {
                xml.text("groupId", id).text("groupName", "endpoint");
            })
            .items("dnsEntrySet", endpoint.subnets.iter().take(1), |xml, _| {
                xml.text("dnsName", format!("{}.{region}.vpce.amazonaws.com", endpoint.id))
                    .text("hostedZoneId", "Z7HUB22UULQXV");
            });
        xml.maybe("policyDocument", endpoint.policy.as_ref());
        tag_set(xml, &endpoint.tags);
    })
    .maybe("nextToken", next);
    Ok(xml)
}

/// A service as it is offered to the account.
#[derive(Clone)]
struct Offer {
    name: String,
    id: String,
    kind: &'static str,
    owner: String,
    region: String,
    zones: Vec<usize>,
    private_dns_names: Vec<String>,
    acceptance_required: bool,
}

pub(super) fn services(context: &Context) -> Result<Xml, ApiError> {
    let names = context.call.parameters.list("ServiceName");
    let regions = context.call.parameters.list("ServiceRegion");
    let regions = if regions.is_empty() { vec![context.region.name.as_str()] } else { regions };
    let mut offers: Vec<Offer> = regions.iter().flat_map(|region| of_aws(region)).collect();
    // Services of the organization are visible to those whom they allow: here, to all who ask for
    // them by name.
    let asked = context.call.parameters.filters().into_iter().filter(|(name, _)| *name == "service-name");
    for name in asked.flat_map(|(_, values)| values).chain(names.iter().copied()) {
        if let Some((owner, service)) = context.world.service(name) {
            let region = name.split('.').nth(3).unwrap_or_default();
            if regions.contains(&region) {
                offers.push(of_account(&owner.id, region, service));
            }
        }
    }
    let (offers, next) = context.select(
        offers,
        1..=1000,
        &names,
        |offer| offer.name.clone(),
        |offer, filter| match filter {
            "service-name" => Some(vec![offer.name.clone()]),
            "service-type" => Some(vec![offer.kind.to_owned()]),
            "service-region" => Some(vec![offer.region.clone()]),
            "owner" => Some(vec![offer.owner.clone()]),
            _ => None,
        },
    )?;
    let mut xml = Xml::default();
    xml.texts("serviceNameSet", offers.iter().map(|offer| &offer.name))
        .items("serviceDetailSet", offers, |xml, offer| {
            xml.text("serviceName", &offer.name)
                .text("serviceId", &offer.id)
                .text("serviceRegion", &offer.region)
                .items("serviceType", [offer.kind], |xml, kind| {
                    xml.text("serviceType", kind);
                })
                .texts("availabilityZoneSet", offer.zones.iter().map(|zone| context.zone_name(*zone)))
                .texts("availabilityZoneIdSet", offer.zones.iter().map(|zone| context.zone_id(*zone)))
                .text("owner", &offer.owner)
                .maybe("privateDnsName", offer.private_dns_names.first())
                .items("privateDnsNameSet", &offer.private_dns_names, |xml, name| {
                    xml.text("privateDnsName", name);
                })
                .text("vpcEndpointPolicySupported", offer.owner == "amazon")
                .text("acceptanceRequired", offer.acceptance_required)
                .text("managesVpcEndpoints", false);
        })
        .maybe("nextToken", next);
    Ok(xml)
}

fn of_aws(region: &str) -> Vec<Offer> {
    let offer = |service: &str, kind: &'static str, zones: Vec<usize>| Offer {
        name: aws_service_name(region, service),
        id: format!("vpce-svc-0{:016x}", fastrand::Rng::with_seed(seed(region, service)).u64(..)),
        kind,
        owner: "amazon".to_owned(),
        region: region.to_owned(),
        zones,
        private_dns_names: if kind == "Interface" { private_dns_names(region, service) } else { Vec::new() },
        acceptance_required: false,
    };
    let mut offers: Vec<Offer> =
        AWS_SERVICES.iter().map(|service| offer(service, "Interface", vec![0, 1, 2, 3])).collect();
    offers.push(offer(TWO_ZONE_SERVICE, "Interface", vec![0, 1]));
    // One name for two kinds, as at AWS.
    offers.extend(["s3", "dynamodb"].map(|service| offer(service, "Interface", vec![0, 1, 2, 3])));
    offers.extend(["s3", "dynamodb"].map(|service| offer(service, "Gateway", vec![0, 1, 2, 3])));
    offers
}

fn seed(region: &str, service: &str) -> u64 {
    region
        .bytes()
        .chain(service.bytes())
        .fold(7, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)))
}

fn of_account(owner: &str, region: &str, service: &Service) -> Offer {
    Offer {
        name: service.service_name.clone(),
        id: service.id.clone(),
        kind: service.kind,
        owner: owner.to_owned(),
        region: region.to_owned(),
        zones: service.zones.clone(),
        private_dns_names: Vec::new(),
        acceptance_required: service.acceptance_required,
    }
}
