//! Regions, zones, VPCs, subnets, interfaces, route tables.

use std::collections::BTreeMap;

use super::Context;
use crate::wire::{ApiError, Xml};
use crate::world::REGIONS;

/// Without `AllRegions` only those that the account has enabled.
pub(super) fn regions(context: &Context) -> Xml {
    let all = context.call.parameters.get("AllRegions") == Some("true");
    let enabled = &context.account.regions;
    let mut names: Vec<&str> = enabled.keys().map(String::as_str).collect();
    if all {
        names.extend(REGIONS.iter().filter(|region| !enabled.contains_key(**region)));
    }
    let mut xml = Xml::default();
    xml.items("regionInfo", names, |xml, name| {
        let status = if enabled.contains_key(name) { "opt-in-not-required" } else { "not-opted-in" };
        xml.text("regionName", name)
            .text("regionEndpoint", format!("ec2.{name}.amazonaws.com"))
            .text("optInStatus", status);
    });
    xml
}

pub(super) fn zones(context: &Context) -> Xml {
    let mut xml = Xml::default();
    let mut zones: Vec<(String, String, &str)> = context
        .region
        .zones
        .iter()
        .map(|zone| (zone.name.clone(), zone.id.clone(), "availability-zone"))
        .collect();
    zones.sort();
    xml.items("availabilityZoneInfo", zones, |xml, (name, id, kind)| {
        xml.text("zoneName", name)
            .text("zoneId", id)
            .text("zoneState", "available")
            .text("zoneType", kind)
            .text("optInStatus", "opt-in-not-required")
            .text("regionName", &context.region.name);
    });
    xml
}

pub(super) fn vpcs(context: &Context) -> Result<Xml, ApiError> {
    let ids = context.call.parameters.list("VpcId");
    let (vpcs, next) = context.select(
        &context.region.vpcs,
        5..=1000,
        &ids,
        |vpc| vpc.id.clone(),
        |vpc, filter| match filter {
            "vpc-id" => Some(vec![vpc.id.clone()]),
            "cidr" | "cidr-block" => Some(vec![vpc.cidr.clone()]),
            _ => None,
        },
    )?;
    let mut xml = Xml::default();
    xml.items("vpcSet", vpcs, |xml, vpc| {
        xml.text("vpcId", &vpc.id)
            .text("ownerId", vpc.owner.as_ref().unwrap_or(&context.account.id))
            .text("state", "available")
            .text("cidrBlock", &vpc.cidr)
            .text("dhcpOptionsId", "dopt-0simulated")
            .text("instanceTenancy", "default")
            .text("isDefault", false);
        super::tag_set(xml, &[("Name".to_owned(), vpc.name.clone())]);
    })
    .maybe("nextToken", next);
    Ok(xml)
}

pub(super) fn subnets(context: &Context) -> Result<Xml, ApiError> {
    let ids = context.call.parameters.list("SubnetId");
    let (subnets, next) = context.select(
        &context.region.subnets,
        5..=1000,
        &ids,
        |subnet| subnet.id.clone(),
        |subnet, filter| match filter {
            "vpc-id" => Some(vec![subnet.vpc_id.clone()]),
            "subnet-id" => Some(vec![subnet.id.clone()]),
            "availability-zone-id" => Some(vec![context.zone_id(subnet.zone).to_owned()]),
            _ => None,
        },
    )?;
    let mut xml = Xml::default();
    xml.items("subnetSet", subnets, |xml, subnet| {
        xml.text("subnetId", &subnet.id)
            .text(
                "subnetArn",
                format!("arn:aws:ec2:{}:{}:subnet/{}", context.region.name, context.account.id, subnet.id),
            )
            .text("state", "available")
            .text("ownerId", subnet.owner.as_ref().unwrap_or(&context.account.id))
            .text("vpcId", &subnet.vpc_id)
            .text("cidrBlock", &subnet.cidr)
            .text("availableIpAddressCount", 4000)
            .text("availabilityZone", context.zone_name(subnet.zone))
            .text("availabilityZoneId", context.zone_id(subnet.zone))
            .text("defaultForAz", false)
            .text("mapPublicIpOnLaunch", false);
    })
    .maybe("nextToken", next);
    Ok(xml)
}

pub(super) fn interfaces(context: &Context) -> Result<Xml, ApiError> {
    let ids = context.call.parameters.list("NetworkInterfaceId");
    if !ids.is_empty() && context.call.parameters.get("MaxResults").is_some() {
        return Err(ApiError::new(
            400,
            "InvalidParameterCombination",
            "The parameter NetworkInterfaceIds cannot be used with the parameter MaxResults",
        ));
    }
    let (interfaces, next) = context.select(
        &context.region.interfaces,
        5..=1000,
        &ids,
        |interface| interface.id.clone(),
        |interface, filter| match filter {
            "vpc-id" => Some(vec![interface.vpc_id.clone()]),
            "subnet-id" => Some(vec![interface.subnet_id.clone()]),
            "network-interface-id" => Some(vec![interface.id.clone()]),
            "interface-type" => Some(vec![interface.kind.to_owned()]),
            "status" => Some(vec![interface.status.to_owned()]),
            _ => None,
        },
    )?;
    // Somebody tags the interfaces of endpoints as the endpoints, unless a scenario says otherwise.
    let endpoints = context.region.endpoints.iter().filter(|endpoint| !endpoint.bare_interfaces);
    let tags: BTreeMap<&str, &[(String, String)]> = endpoints
        .flat_map(|endpoint| endpoint.interface_ids.iter().map(|id| (id.as_str(), endpoint.tags.as_slice())))
        .collect();
    let mut xml = Xml::default();
    xml.items("networkInterfaceSet", interfaces, |xml, interface| {
        xml.text("networkInterfaceId", &interface.id)
            .text("subnetId", &interface.subnet_id)
            .text("vpcId", &interface.vpc_id)
            .text("availabilityZone", context.zone_name(interface.zone))
            .text("availabilityZoneId", context.zone_id(interface.zone))
            .text("ownerId", interface.owner.as_ref().unwrap_or(&context.account.id))
            .maybe("requesterId", interface.requester_id)
            .text("requesterManaged", interface.requester_id.is_some())
            .text("status", interface.status)
            .text("interfaceType", interface.kind)
            .text("privateIpAddress", &interface.address)
            .items("groupSet", &interface.group_ids, |xml, id| {
                xml.text("groupId", id).text("groupName", "default");
            })
            .text("description", "");
        super::tag_set(xml, tags.get(interface.id.as_str()).copied().unwrap_or_default());
    })
    .maybe("nextToken", next);
    Ok(xml)
}

pub(super) fn route_tables(context: &Context) -> Result<Xml, ApiError> {
    let ids = context.call.parameters.list("RouteTableId");
    let (tables, next) = context.select(
        &context.region.route_tables,
        5..=100,
        &ids,
        |table| table.id.clone(),
        |table, filter| match filter {
            "vpc-id" => Some(vec![table.vpc_id.clone()]),
            "route-table-id" => Some(vec![table.id.clone()]),
            "association.main" => Some(vec![table.is_main.to_string()]),
            _ => None,
        },
    )?;
    let mut xml = Xml::default();
    xml.items("routeTableSet", tables, |xml, table| {
        xml.text("routeTableId", &table.id)
            .text("vpcId", &table.vpc_id)
            .text("ownerId", &context.account.id)
            .items("routeSet", &table.routes, |xml, (destination, gateway)| {
                let kind = if destination.starts_with("pl-") {
                    "destinationPrefixListId"
                } else {
                    "destinationCidrBlock"
                };
                let target = if gateway.starts_with("nat-") { "natGatewayId" } else { "gatewayId" };
                xml.text(kind, destination)
                    .text(target, gateway)
                    .text("state", "active")
                    .text("origin", "CreateRoute");
            });
        let mut associations: Vec<Option<&String>> = table.subnet_ids.iter().map(Some).collect();
        if table.is_main {
            associations.push(None);
        }
        xml.items("associationSet", associations, |xml, subnet| {
            xml.text("routeTableAssociationId", format!("rtbassoc-{}", &table.id[4..]))
                .text("routeTableId", &table.id)
                .maybe("subnetId", subnet)
                .text("main", subnet.is_none())
                .element("associationState", |xml| {
                    xml.text("state", "associated");
                });
        });
    })
    .maybe("nextToken", next);
    Ok(xml)
}
