//! Endpoints, and the services that are offered to the account.

use std::collections::BTreeSet;

use super::{Context, tag_filter, tag_set};
use crate::wire::{ApiError, Xml};
use crate::world::{
    AWS_SERVICES, Endpoint, Region, Service, TWO_ZONE_SERVICE, UNGUARDED_SERVICE, aws_service_name,
    private_dns_names, seed_of,
};

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
    xml.items("vpcEndpointSet", endpoints, |xml, endpoint| write_endpoint(context, xml, endpoint))
        .maybe("nextToken", next);
    Ok(xml)
}

/// What AWS shows depends on the type: the examples of describe-vpc-endpoints and create-vpc-endpoint
/// (<https://docs.aws.amazon.com/cli/latest/reference/ec2/create-vpc-endpoint.html>) leave out what a type does
/// not have.
fn write_endpoint(context: &Context, xml: &mut Xml, endpoint: &Endpoint) {
    let region = &context.region.name;
    let account = &context.account.id;
    let created = match endpoint.kind {
        "Gateway" => context.world.days_ago_to_the_second(endpoint.age_days),
        _ => context.days_ago(endpoint.age_days, &endpoint.id),
    };
    // Types of 2024 and later write states and address types with capitals.
    let is_new = matches!(endpoint.kind, "Resource" | "ServiceNetwork");
    let state = if is_new { capitalized(endpoint.state) } else { endpoint.state.to_owned() };
    xml.text("vpcEndpointId", &endpoint.id)
        .text("vpcEndpointType", endpoint.kind)
        .text("vpcId", &endpoint.vpc_id)
        .maybe("serviceName", endpoint.service_name.as_ref())
        .text("state", state)
        .text("ownerId", account)
        .text("creationTimestamp", created)
        .texts("subnetIdSet", endpoint.subnets.iter().map(|(id, _)| id))
        .texts("networkInterfaceIdSet", &endpoint.interface_ids);
    if endpoint.kind != "GatewayLoadBalancer" {
        let private_dns = endpoint.private_dns || serves(endpoint, "Gateway", "dynamodb");
        xml.items("groupSet", &endpoint.group_ids, |xml, id| {
            xml.text("groupId", id).text("groupName", context.group_name(id));
        })
        .text("ipAddressType", if is_new { "IPV4" } else { "ipv4" })
        .text("privateDnsEnabled", private_dns)
        .items("dnsEntrySet", dns_entries(context.region, endpoint), |xml, (name, zone)| {
            xml.text("dnsName", name).text("hostedZoneId", zone);
        });
    }
    if !is_new {
        xml.text("requesterManaged", endpoint.requester_managed);
    }
    if matches!(endpoint.kind, "Interface" | "Gateway") {
        xml.text("serviceRegion", endpoint.service_region.as_ref().unwrap_or(region))
            .texts("routeTableIdSet", &endpoint.route_table_ids)
            .maybe("policyDocument", endpoint.policy.as_ref())
            .element("dnsOptions", |xml| {
                let record = if endpoint.kind == "Gateway" { "service-defined" } else { "ipv4" };
                xml.text("dnsRecordIpType", record);
                // Only S3 has both kinds of endpoint, and so the choice
                // (https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html).
                if endpoint.private_dns && serves(endpoint, "Interface", "s3") {
                    xml.text("privateDnsOnlyForInboundResolverEndpoint", endpoint.inbound_resolver_only);
                }
            });
    }
    let arn = |kind: &str, prefix: &str| {
        format!("arn:aws:vpc-lattice:{region}:{account}:{kind}/{prefix}-{}", &endpoint.id[5..])
    };
    match endpoint.kind {
        "Resource" => {
            xml.text("resourceConfigurationArn", arn("resourceconfiguration", "rcfg"));
        }
        "ServiceNetwork" => {
            xml.text("serviceNetworkArn", arn("servicenetwork", "sn"));
        }
        _ => {}
    }
    if endpoint.state == "failed" {
        let reason = "private-dns-enabled cannot be set because there is already a conflicting DNS domain";
        xml.element("lastError", |xml| {
            xml.text("message", reason).text("code", "InvalidParameter");
        })
        .text("failureReason", reason);
    }
    let payer = endpoint.service_name.as_deref().and_then(|name| context.world.service(name)?.1.payer);
    if payer.is_some() {
        xml.items("payerResponsibilitySet", ["vpc-endpoint-charges"], |xml, scope| {
            xml.text("scope", scope).text("payerResponsibilityType", "vpc-endpoint-service-account");
        });
    }
    tag_set(xml, &endpoint.tags);
}

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(1.min(word.len()));
    first.to_uppercase() + rest
}

/// Whether it is an endpoint of a type for a service of AWS.
fn serves(endpoint: &Endpoint, kind: &str, service: &str) -> bool {
    let name = endpoint.service_name.as_deref().unwrap_or_default();
    endpoint.kind == kind && name.ends_with(&format!(".{service}")) && !name.contains(".vpce.")
}

/// The zone of Route 53 in which the names of endpoints stand, of us-east-1.
const NAMES_OF_ENDPOINTS: &str = "Z7HUB22UULQXV";

/// The names of an endpoint: one for the Region, one for each zone, and with private DNS the service's own,
/// which stand in a zone of their own.
pub(super) fn dns_entries(region: &Region, endpoint: &Endpoint) -> Vec<(String, String)> {
    if endpoint.subnets.is_empty() {
        return Vec::new();
    }
    let name = endpoint.service_name.as_deref().unwrap_or_default();
    let label = match name.split_once(".vpce.") {
        Some(_) => name.rsplit('.').next().unwrap_or_default(),
        None => name.splitn(4, '.').nth(3).unwrap_or("vpc-lattice"),
    };
    let number = seed_of(&endpoint.id);
    let letters: String =
        (0..8).map(|place| char::from(b'a' + ((number >> (place * 5)) % 26) as u8)).collect();
    let service_region = endpoint.service_region.as_ref().unwrap_or(&region.name);
    let suffix = format!("{label}.{service_region}.vpce.amazonaws.com");
    let mut names = vec![format!("{}-{letters}.{suffix}", endpoint.id)];
    for (_, zone) in &endpoint.subnets {
        let zone = region.zones.get(*zone).map_or("", |zone| &zone.name);
        names.push(format!("{}-{letters}-{zone}.{suffix}", endpoint.id));
    }
    let public = names.into_iter().map(|name| (name, NAMES_OF_ENDPOINTS.to_owned()));
    let private = private_dns_names(service_region, label).into_iter().filter(|_| endpoint.private_dns);
    let private = private.map(|name| (name, format!("Z{:020X}", number)));
    public.chain(private).collect()
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
    takes_policy: bool,
    payer: Option<&'static str>,
    tags: Vec<(String, String)>,
}

pub(super) fn services(context: &Context) -> Result<Xml, ApiError> {
    let names = context.call.parameters.list("ServiceName");
    let regions = context.call.parameters.list("ServiceRegion");
    let regions = if regions.is_empty() { vec![context.region.name.as_str()] } else { regions };
    let mut offers: Vec<Offer> = regions.iter().flat_map(|region| of_aws(region)).collect();
    // The account's own services are listed with AWS's. Others of the organization are visible to those whom
    // they allow: here, to all who ask for them by name.
    let own = context.region.services.iter().map(|service| service.service_name.as_str());
    let asked = context.call.parameters.filters().into_iter().filter(|(name, _)| *name == "service-name");
    let asked = asked.flat_map(|(_, values)| values).chain(names.iter().copied());
    let customers: BTreeSet<&str> = own.chain(asked).collect();
    for name in customers {
        if let Some((owner, service)) = context.world.service(name) {
            let region = name.split('.').nth(3).unwrap_or_default();
            if regions.contains(&region) {
                offers.push(of_account(&owner.id, region, service));
            }
        }
    }
    // A name that nobody offers refuses the call; as a filter it only finds nothing
    // (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html).
    if let Some(unknown) = names.iter().find(|name| !offers.iter().any(|offer| offer.name == **name)) {
        return Err(ApiError::new(
            400,
            "InvalidServiceName",
            &format!("The Vpc Endpoint Service '{unknown}' does not exist"),
        ));
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
                .texts("availabilityZoneSet", offer.zones.iter().map(|zone| context.zone_name(*zone)));
            // Of the answers that were published some have no ids of zones.
            if seed_of(&offer.id).is_multiple_of(2) {
                let ids = offer.zones.iter().map(|zone| context.zone_id(*zone));
                xml.texts("availabilityZoneIdSet", ids);
            }
            xml.text("owner", &offer.owner)
                .texts("baseEndpointDnsNameSet", [base_name(&offer)])
                .maybe("privateDnsName", offer.private_dns_names.first());
            if !offer.private_dns_names.is_empty() {
                xml.items("privateDnsNameSet", &offer.private_dns_names, |xml, name| {
                    xml.text("privateDnsName", name);
                })
                .text("privateDnsNameVerificationState", "verified");
            }
            xml.text("vpcEndpointPolicySupported", offer.takes_policy)
                .text("acceptanceRequired", offer.acceptance_required)
                .text("managesVpcEndpoints", false)
                .maybe("payerResponsibility", offer.payer)
                .texts("supportedIpAddressTypeSet", ["ipv4"]);
            tag_set(xml, &offer.tags);
        })
        .maybe("nextToken", next);
    Ok(xml)
}

/// The name below which those of its endpoints stand.
fn base_name(offer: &Offer) -> String {
    let label = match offer.kind {
        "Gateway" => return format!("{}.{}.amazonaws.com", gateway_label(&offer.name), offer.region),
        _ if offer.owner == "amazon" => offer.name.splitn(4, '.').nth(3).unwrap_or_default(),
        _ => &offer.id,
    };
    format!("{label}.{}.vpce.amazonaws.com", offer.region)
}

fn gateway_label(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or_default()
}

fn of_aws(region: &str) -> Vec<Offer> {
    let all = Region::new(region, &mut fastrand::Rng::with_seed(0)).availability_zones();
    let zones: Vec<usize> = (0..all).collect();
    let offer = |service: &str, kind: &'static str, zones: &[usize]| Offer {
        name: aws_service_name(region, service),
        // Two kinds under one name are two services, with ids of their own.
        id: format!("vpce-svc-0{:016x}", seed_of(&format!("{region}{service}{kind}"))),
        kind,
        owner: "amazon".to_owned(),
        region: region.to_owned(),
        zones: zones.to_vec(),
        private_dns_names: if kind == "Interface" { private_dns_names(region, service) } else { Vec::new() },
        acceptance_required: false,
        takes_policy: service != UNGUARDED_SERVICE,
        payer: None,
        tags: Vec::new(),
    };
    // ssm is offered in five of the six zones of us-east-1, says the example of
    // https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-vpc-endpoint-services.html.
    let of_service = |service: &str| if service == "ssm" { &zones[..all.min(5)] } else { &zones[..] };
    let mut offers: Vec<Offer> =
        AWS_SERVICES.iter().map(|service| offer(service, "Interface", of_service(service))).collect();
    offers.push(offer(TWO_ZONE_SERVICE, "Interface", &zones[..2]));
    offers.push(offer(UNGUARDED_SERVICE, "Interface", &zones));
    // One name for two kinds.
    offers.extend(["s3", "dynamodb"].map(|service| offer(service, "Interface", &zones)));
    offers.extend(["s3", "dynamodb"].map(|service| offer(service, "Gateway", &zones)));
    offers
}

fn of_account(owner: &str, region: &str, service: &Service) -> Offer {
    let verified = service.private_dns.iter().filter(|(_, state)| *state == "verified");
    Offer {
        name: service.service_name.clone(),
        id: service.id.clone(),
        kind: service.kind,
        owner: owner.to_owned(),
        region: region.to_owned(),
        zones: service.zones.clone(),
        private_dns_names: verified.map(|(name, _)| name.clone()).collect(),
        acceptance_required: service.acceptance_required,
        takes_policy: false,
        payer: service.payer,
        tags: service.tags.clone(),
    }
}
