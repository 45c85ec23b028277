//! Regions, zones, VPCs, subnets, interfaces, route tables.

use std::collections::BTreeMap;

use super::Context;
use crate::wire::{ApiError, Xml};
use crate::world::{Interface, Purpose, REGIONS, Route, Zone, seed_of};

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

/// Availability Zones, and the Local and Wavelength Zones to which the account has opted in
/// (<https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-availability-zones.html>).
pub(super) fn zones(context: &Context) -> Xml {
    let mut xml = Xml::default();
    let mut zones: Vec<&Zone> = context.region.zones.iter().collect();
    zones.sort_by_key(|zone| (zone.kind, &zone.name));
    let parent = zones.first().map(|zone| (&zone.name, &zone.id));
    xml.items("availabilityZoneInfo", zones, |xml, zone| {
        let is_own = zone.kind == "availability-zone";
        xml.text("zoneName", &zone.name)
            .text("zoneId", &zone.id)
            .text("zoneState", "available")
            .text("zoneType", zone.kind)
            .text("optInStatus", if is_own { "opt-in-not-required" } else { "opted-in" })
            .text("regionName", &context.region.name)
            .text("groupName", &zone.group)
            .text("networkBorderGroup", &zone.border_group)
            .element("messageSet", |_| {});
        if let (false, Some((name, id))) = (is_own, parent) {
            xml.text("parentZoneName", name).text("parentZoneId", id);
        }
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
            .text("isDefault", vpc.is_default)
            .items(
                "cidrBlockAssociationSet",
                std::iter::once(&vpc.cidr).chain(&vpc.more_cidrs),
                |xml, cidr| {
                    let number = seed_of(&format!("{}{cidr}", vpc.id));
                    xml.text("associationId", format!("vpc-cidr-assoc-0{number:016x}"))
                        .text("cidrBlock", cidr)
                        .element("cidrBlockState", |xml| {
                            xml.text("state", "associated");
                        });
                },
            );
        if let Some(cidr) = &vpc.ipv6_cidr {
            xml.items("ipv6CidrBlockAssociationSet", [cidr], |xml, cidr| {
                xml.text("associationId", format!("vpc-cidr-assoc-0{:016x}", seed_of(cidr)))
                    .text("ipv6CidrBlock", cidr)
                    .text("ipv6Pool", "Amazon")
                    .text("networkBorderGroup", &context.region.name)
                    .element("ipv6CidrBlockState", |xml| {
                        xml.text("state", "associated");
                    });
            });
        }
        let name = vpc.name.iter().map(|name| ("Name".to_owned(), name.clone()));
        super::tag_set(xml, &name.collect::<Vec<_>>());
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
            .text("defaultForAz", subnet.is_default)
            .text("mapPublicIpOnLaunch", subnet.is_default)
            .text("mapCustomerOwnedIpOnLaunch", false)
            .text("assignIpv6AddressOnCreation", false)
            .text("enableDns64", false)
            .text("ipv6Native", false)
            .items("ipv6CidrBlockAssociationSet", &subnet.ipv6_cidr, |xml, cidr| {
                xml.text("associationId", format!("subnet-cidr-assoc-0{:016x}", seed_of(cidr)))
                    .text("ipv6CidrBlock", cidr)
                    .element("ipv6CidrBlockState", |xml| {
                        xml.text("state", "associated");
                    });
            })
            .element("privateDnsNameOptionsOnLaunch", |xml| {
                xml.text("hostnameType", "ip-name")
                    .text("enableResourceNameDnsARecord", false)
                    .text("enableResourceNameDnsAAAARecord", false);
            })
            .element("blockPublicAccessStates", |xml| {
                xml.text("internetGatewayBlockMode", "off");
            });
        let name = format!("{}-{}", if subnet.is_default { "default" } else { "private" }, subnet.zone);
        super::tag_set(xml, &[("Name".to_owned(), name)]);
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
            "interface-type" => Some(vec![interface.purpose.kind().to_owned()]),
            "status" => Some(vec![interface.purpose.status().to_owned()]),
            "attachment.instance-id" => {
                let attachment = interface.purpose.attachment("");
                Some(attachment.and_then(|(instance, _)| instance.map(str::to_owned)).into_iter().collect())
            }
            _ => None,
        },
    )?;
    // AWS tags no interface of an endpoint; in some scenarios somebody else has.
    let endpoints = context.region.endpoints.iter().filter(|endpoint| !endpoint.bare_interfaces);
    let tags: BTreeMap<&str, &[(String, String)]> = endpoints
        .flat_map(|endpoint| endpoint.interface_ids.iter().map(|id| (id.as_str(), endpoint.tags.as_slice())))
        .collect();
    let mut xml = Xml::default();
    xml.items("networkInterfaceSet", interfaces, |xml, interface| {
        let owner = interface.owner.as_ref().unwrap_or(&context.account.id);
        let purpose = &interface.purpose;
        let number = seed_of(&interface.id);
        // The zone's id is a member of the model that no published answer has.
        xml.text("networkInterfaceId", &interface.id)
            .text("subnetId", &interface.subnet_id)
            .text("vpcId", &interface.vpc_id)
            .text("availabilityZone", context.zone_name(interface.zone))
            .text("description", purpose.description(&context.region.name, owner))
            .text("ownerId", owner)
            .maybe("requesterId", purpose.requester(owner))
            .text("requesterManaged", purpose.is_managed())
            .text("status", purpose.status())
            .text("interfaceType", purpose.kind())
            .text("macAddress", mac_address(number))
            .text("privateIpAddress", &interface.address)
            .text("sourceDestCheck", !matches!(purpose.kind(), "nat_gateway" | "network_load_balancer"))
            .items("groupSet", &interface.group_ids, |xml, id| {
                xml.text("groupId", id).text("groupName", context.group_name(id));
            })
            .items("privateIpAddressesSet", [&interface.address], |xml, address| {
                xml.text("privateIpAddress", address).text("primary", true);
                write_association(context, xml, interface);
            })
            .element("ipv6AddressesSet", |_| {});
        write_association(context, xml, interface);
        if let Some((instance, instance_owner)) = purpose.attachment(owner) {
            let kind = if instance_owner == "amazon-aws" { "ela" } else { "eni" };
            xml.element("attachment", |xml| {
                xml.text("attachmentId", format!("{kind}-attach-0{number:016x}"))
                    .maybe("instanceId", instance)
                    .text("instanceOwnerId", instance_owner)
                    // What AWS's services attach in their own way has no time.
                    .maybe("attachTime", (kind == "eni").then(|| context.days_ago(200, "")))
                    .text("deviceIndex", i32::from(instance.is_none()))
                    .text("status", "attached")
                    .text("deleteOnTermination", instance.is_some());
            });
        }
        let tags = tags.get(interface.id.as_str()).copied().unwrap_or(&interface.tags);
        super::tag_set(xml, tags);
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
            .element("propagatingVgwSet", |_| {});
        let vpc = context.region.vpcs.iter().find(|vpc| vpc.id == table.vpc_id);
        // Every table has a route for each range of its VPC.
        let own = vpc
            .into_iter()
            .flat_map(|vpc| std::iter::once(&vpc.cidr).chain(&vpc.more_cidrs).chain(&vpc.ipv6_cidr));
        let local: Vec<Route> = own.map(|cidr| Route::new(cidr, "local")).collect();
        xml.items("routeSet", local.iter().chain(&table.routes), |xml, route| {
            let kind = match &route.destination {
                list if list.starts_with("pl-") => "destinationPrefixListId",
                cidr if cidr.contains(':') => "destinationIpv6CidrBlock",
                _ => "destinationCidrBlock",
            };
            let origin = if route.target == "local" { "CreateRouteTable" } else { "CreateRoute" };
            xml.text(kind, &route.destination)
                .text(member_of(&route.target), &route.target)
                .text("state", if route.is_blackhole { "blackhole" } else { "active" })
                .text("origin", origin);
        });
        super::tag_set(xml, &[]);
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

/// The member of a route that names its target
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html>).
fn member_of(target: &str) -> &'static str {
    match target.split('-').next() {
        Some("nat") => "natGatewayId",
        Some("pcx") => "vpcPeeringConnectionId",
        Some("tgw") => "transitGatewayId",
        Some("eigw") => "egressOnlyInternetGatewayId",
        _ => "gatewayId",
    }
}

fn mac_address(number: u64) -> String {
    let bytes = number.to_be_bytes();
    format!("0a:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", bytes[0], bytes[1], bytes[2], bytes[3], bytes[4])
}

/// The public address of an interface: that of a public NAT gateway.
fn write_association(context: &Context, xml: &mut Xml, interface: &Interface) {
    let Purpose::NatGateway(id) = &interface.purpose else { return };
    let mut gateways = context.region.nat_gateways.iter();
    if gateways.any(|gateway| gateway.id == *id && gateway.connectivity == "public") {
        let number = seed_of(id);
        xml.element("association", |xml| {
            xml.text("allocationId", format!("eipalloc-0{number:016x}"))
                .text("associationId", format!("eipassoc-0{number:016x}"))
                .text("ipOwnerId", &context.account.id)
                .text("publicIp", super::public_address(id));
        });
    }
}
