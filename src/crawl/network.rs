//! The network around the endpoints: zones, VPCs, subnets, interfaces, routes.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types;

use super::client::is_client;
use super::endpoint::{Endpoint, enter_tags};
use super::filter::filtered;
use super::route;
use super::scope::{Pages, Scope};
use crate::table::{
    ConsumerZone, NetworkInterface, NetworkInterfaceSecurityGroup, Operation, Subnet, Tables, Vpc,
    VpcCidrBlock, VpcEndpointSubnet,
};

/// The most that these operations give in a page.
const PAGE: i32 = 1000;

/// The most that DescribeRouteTables gives in a page.
const ROUTE_TABLE_PAGE: i32 = 100;

/// The zones of an account and Region: names are the account's own, ids are physical.
#[derive(Debug, Default)]
pub(super) struct Zones {
    by_name: BTreeMap<String, String>,
    /// What each zone is, by its id.
    kinds: BTreeMap<String, String>,
}

impl Zones {
    /// The id of a zone that is known by its name.
    pub fn id(&self, name: &str) -> Option<&str> {
        self.by_name.get(name).map(String::as_str)
    }

    /// What a zone is: `availability-zone`, `local-zone` or `wavelength-zone`.
    pub fn kind(&self, id: &str) -> Option<&str> {
        self.kinds.get(id).map(String::as_str)
    }

    /// Whether endpoints cannot stand in a zone: they stand in Availability Zones alone.
    /// <https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html>
    fn is_other(&self, id: &str) -> bool {
        self.kind(id).is_some_and(|kind| kind != "availability-zone")
    }

    /// Zone ids as AWS gave them, else from the names, sorted and each once.
    pub fn ids(&self, ids: &[String], names: &[String]) -> Vec<String> {
        let set: BTreeSet<String> = if ids.is_empty() {
            names.iter().filter_map(|name| self.id(name)).map(str::to_owned).collect()
        } else {
            ids.iter().cloned().collect()
        };
        set.into_iter().collect()
    }
}

/// Asks for the zones.
pub(super) async fn zones(scope: &Scope) -> Zones {
    let operation = Operation::Ec2DescribeAvailabilityZones;
    let call = || scope.ec2().describe_availability_zones().send();
    let mut zones = Zones::default();
    for zone in scope
        .call(operation, || async { Ok(call().await?.availability_zones.unwrap_or_default()) })
        .await
        .unwrap_or_default()
    {
        scope.received(operation, 1);
        let (Some(name), Some(id)) = (zone.zone_name(), zone.zone_id()) else {
            continue;
        };
        // Answers of before 2019 tell Local Zones by their group's name alone, which ends like no Region.
        let kind = zone.zone_type().or_else(|| zone.group_name().map(|group| kind_of_group(scope, group)));
        if let Some(kind) = kind {
            zones.kinds.insert(id.to_owned(), kind.to_owned());
        }
        zones.by_name.insert(name.to_owned(), id.to_owned());
    }
    zones
}

/// What the zones of a group are: those of the Region's own are Availability Zones.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AvailabilityZone.html>
fn kind_of_group(scope: &Scope, group: &str) -> &'static str {
    let own = group == scope.region
        || group.strip_prefix(scope.region.as_str()).is_some_and(|rest| rest.starts_with("-zg-"));
    if own { "availability-zone" } else { "local-zone" }
}

/// What was read of the network.
#[derive(Debug)]
pub(super) struct Network {
    vpcs: Vec<types::Vpc>,
    subnets: Vec<types::Subnet>,
    interfaces: Vec<types::NetworkInterface>,
    route_tables: Vec<types::RouteTable>,
}

/// Reads the VPCs in which the endpoints stand, with their subnets, interfaces and routes.
pub(super) async fn network(scope: &Scope, endpoints: &[Endpoint]) -> Network {
    let vpc_ids = super::endpoint::vpc_ids(endpoints);
    let (vpcs, subnets, interfaces, route_tables) = tokio::join!(
        filtered("vpc-id", &vpc_ids, |filter| vpcs(scope, filter)),
        filtered("vpc-id", &vpc_ids, |filter| subnets(scope, filter)),
        filtered("vpc-id", &vpc_ids, |filter| interfaces(scope, filter)),
        filtered("vpc-id", &vpc_ids, |filter| route_tables(scope, filter)),
    );
    Network { vpcs, subnets, interfaces, route_tables }
}

async fn vpcs(scope: &Scope, filter: types::Filter) -> Pages<types::Vpc> {
    scope
        .pages(Operation::Ec2DescribeVpcs, |token| {
            let call =
                scope.ec2().describe_vpcs().filters(filter.clone()).max_results(PAGE).set_next_token(token);
            async move {
                let page = call.send().await?;
                Ok((page.vpcs.unwrap_or_default(), page.next_token))
            }
        })
        .await
}

async fn subnets(scope: &Scope, filter: types::Filter) -> Pages<types::Subnet> {
    scope
        .pages(Operation::Ec2DescribeSubnets, |token| {
            let call = scope
                .ec2()
                .describe_subnets()
                .filters(filter.clone())
                .max_results(PAGE)
                .set_next_token(token);
            async move {
                let page = call.send().await?;
                Ok((page.subnets.unwrap_or_default(), page.next_token))
            }
        })
        .await
}

async fn interfaces(scope: &Scope, filter: types::Filter) -> Pages<types::NetworkInterface> {
    scope
        .pages(Operation::Ec2DescribeNetworkInterfaces, |token| {
            let call = scope
                .ec2()
                .describe_network_interfaces()
                .filters(filter.clone())
                .max_results(PAGE)
                .set_next_token(token);
            async move {
                let page = call.send().await?;
                Ok((page.network_interfaces.unwrap_or_default(), page.next_token))
            }
        })
        .await
}

/// The zones of instances, by their interfaces: those in the endpoints' VPCs that were read anyway, and for
/// other instances those that AWS finds by their ids.
pub(super) async fn instance_zones(
    scope: &Scope,
    network: Option<&Network>,
    instances: &BTreeSet<String>,
    zones: &Zones,
) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut enter = |interfaces: &[types::NetworkInterface]| {
        for interface in interfaces {
            let instance = interface.attachment().and_then(|attachment| attachment.instance_id());
            let zone = interface
                .availability_zone_id()
                .or_else(|| interface.availability_zone().and_then(|name| zones.id(name)));
            if let (Some(instance), Some(zone)) = (instance, zone)
                && instances.contains(instance)
            {
                found.insert(instance.to_owned(), zone.to_owned());
            }
        }
        instances.iter().map(String::as_str).filter(|id| !found.contains_key(*id)).collect::<Vec<_>>()
    };
    let unseen = enter(network.map_or(&[], |network| &network.interfaces));
    let others = filtered("attachment.instance-id", &unseen, |filter| interfaces(scope, filter)).await;
    enter(&others);
    found
}

async fn route_tables(scope: &Scope, filter: types::Filter) -> Pages<types::RouteTable> {
    scope
        .pages(Operation::Ec2DescribeRouteTables, |token| {
            let call = scope
                .ec2()
                .describe_route_tables()
                .filters(filter.clone())
                .max_results(ROUTE_TABLE_PAGE)
                .set_next_token(token);
            async move {
                let page = call.send().await?;
                Ok((page.route_tables.unwrap_or_default(), page.next_token))
            }
        })
        .await
}

/// Enters the rows of the network.
pub(super) fn enter(
    scope: &Scope,
    network: &Network,
    endpoints: &[Endpoint],
    zones: &Zones,
    tables: &mut Tables,
) {
    let mut zone_of_subnet = BTreeMap::new();
    for vpc in &network.vpcs {
        let row = vpc_row(scope, vpc);
        tables.vpc_cidr_block.extend(cidr_blocks(vpc).into_iter().map(|range| VpcCidrBlock {
            account_id: row.account_id.clone(),
            region: row.region.clone(),
            vpc_id: row.vpc_id.clone(),
            cidr_block: range.to_owned(),
        }));
        tables.vpc.push(row);
    }
    for subnet in &network.subnets {
        let row = subnet_row(scope, subnet, zones);
        zone_of_subnet.insert(row.subnet_id.clone(), row.availability_zone_id.clone());
        tables.subnet.push(row);
    }
    enter_placement(scope, network, endpoints, &zone_of_subnet, tables);
    enter_consumers(scope, network, endpoints, &zone_of_subnet, zones, tables);
    enter_interfaces(scope, network, endpoints, tables);
    route::enter(scope, &network.route_tables, &network.subnets, &zone_of_subnet, tables);
}

fn vpc_row(scope: &Scope, vpc: &types::Vpc) -> Vpc {
    Vpc {
        account_id: scope.account_id.clone(),
        region: scope.region.clone(),
        vpc_id: vpc.vpc_id().unwrap_or_default().to_owned(),
        owner_id: vpc.owner_id().unwrap_or(&scope.account_id).to_owned(),
        cidr_block: vpc.cidr_block().map(str::to_owned),
        is_default: vpc.is_default().unwrap_or(false),
        name: vpc
            .tags()
            .iter()
            .find(|tag| tag.key() == Some("Name"))
            .and_then(|tag| tag.value())
            .map(str::to_owned),
    }
}

fn subnet_row(scope: &Scope, subnet: &types::Subnet, zones: &Zones) -> Subnet {
    let name = subnet.availability_zone().unwrap_or_default();
    let id = subnet.availability_zone_id().or_else(|| zones.id(name)).unwrap_or_default();
    Subnet {
        account_id: scope.account_id.clone(),
        region: scope.region.clone(),
        subnet_id: subnet.subnet_id().unwrap_or_default().to_owned(),
        vpc_id: subnet.vpc_id().unwrap_or_default().to_owned(),
        owner_id: subnet.owner_id().unwrap_or(&scope.account_id).to_owned(),
        availability_zone_id: id.to_owned(),
        availability_zone: name.to_owned(),
        cidr_block: subnet.cidr_block().map(str::to_owned),
        ipv6_cidr_block: subnet
            .ipv6_cidr_block_association_set()
            .iter()
            .filter(|block| {
                block
                    .ipv6_cidr_block_state()
                    .is_none_or(|state| is_associated(state.state().map(|state| state.as_str())))
            })
            .find_map(|block| block.ipv6_cidr_block())
            .map(str::to_owned),
        ipv6_native: subnet.ipv6_native().unwrap_or(false),
        zone_type: zones.kind(id).map(str::to_owned),
    }
}

/// The ranges of a VPC, of which all but those on their way out count.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcCidrBlockState.html>
fn cidr_blocks(vpc: &types::Vpc) -> BTreeSet<&str> {
    let ipv4 = vpc.cidr_block_association_set().iter().filter_map(|block| {
        let state = block.cidr_block_state().and_then(|state| state.state());
        block.cidr_block().filter(|_| is_associated(state.map(|state| state.as_str())))
    });
    let ipv6 = vpc.ipv6_cidr_block_association_set().iter().filter_map(|block| {
        let state = block.ipv6_cidr_block_state().and_then(|state| state.state());
        block.ipv6_cidr_block().filter(|_| is_associated(state.map(|state| state.as_str())))
    });
    vpc.cidr_block().into_iter().chain(ipv4).chain(ipv6).collect()
}

fn is_associated(state: Option<&str>) -> bool {
    matches!(state, None | Some("associated" | "associating"))
}

/// Where each endpoint stands. DescribeVpcEndpoints lists subnets and interfaces without saying
/// which belong together; the interfaces themselves say.
fn enter_placement(
    scope: &Scope,
    network: &Network,
    endpoints: &[Endpoint],
    zone_of_subnet: &BTreeMap<String, String>,
    tables: &mut Tables,
) {
    let subnet_of_interface: BTreeMap<&str, Option<&str>> = network
        .interfaces
        .iter()
        .filter_map(|interface| Some((interface.network_interface_id()?, interface.subnet_id())))
        .collect();
    for endpoint in endpoints {
        let mut row = |subnet_id: Option<&str>, interface: Option<&str>| {
            tables.vpc_endpoint_subnet.push(VpcEndpointSubnet {
                account_id: scope.account_id.clone(),
                region: scope.region.clone(),
                vpc_endpoint_id: endpoint.row.vpc_endpoint_id.clone(),
                subnet_id: subnet_id.map(str::to_owned),
                availability_zone_id: subnet_id
                    .and_then(|id| zone_of_subnet.get(id))
                    .filter(|zone| !zone.is_empty())
                    .cloned(),
                network_interface_id: interface.map(str::to_owned),
            });
        };
        let mut placed = BTreeSet::new();
        let mut homeless = Vec::new();
        for interface in &endpoint.network_interface_ids {
            match subnet_of_interface.get(interface.as_str()).copied().flatten() {
                Some(subnet) => {
                    placed.insert(subnet);
                    row(Some(subnet), Some(interface));
                }
                None => homeless.push(interface),
            }
        }
        // What is left over could not be matched: one subnet and one interface belong together, more might
        // be paired wrongly.
        let bare: Vec<&str> = endpoint
            .subnet_ids
            .iter()
            .map(String::as_str)
            .filter(|subnet| !placed.contains(subnet))
            .collect();
        if let ([subnet], [interface]) = (&bare[..], &homeless[..]) {
            row(Some(subnet), Some(interface));
            continue;
        }
        bare.into_iter().for_each(|subnet| row(Some(subnet), None));
        homeless.into_iter().for_each(|interface| row(None, Some(interface)));
    }
}

/// Counts the interfaces in use per VPC and zone.
fn enter_consumers(
    scope: &Scope,
    network: &Network,
    endpoints: &[Endpoint],
    zone_of_subnet: &BTreeMap<String, String>,
    zones: &Zones,
    tables: &mut Tables,
) {
    let of_endpoints: BTreeSet<&str> =
        endpoints.iter().flat_map(|endpoint| &endpoint.network_interface_ids).map(String::as_str).collect();
    let mut counts: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for interface in network.interfaces.iter().filter(|interface| is_client(interface)) {
        let of_endpoint = interface.network_interface_id().is_some_and(|id| of_endpoints.contains(id));
        let zone = interface
            .availability_zone_id()
            .or_else(|| zone_of_subnet.get(interface.subnet_id()?).map(String::as_str))
            .or_else(|| zones.id(interface.availability_zone()?));
        if let (false, Some(vpc), Some(zone)) = (of_endpoint, interface.vpc_id(), zone)
            && !zones.is_other(zone)
        {
            *counts.entry((vpc, zone)).or_insert(0) += 1;
        }
    }
    tables.consumer_zone.extend(counts.into_iter().map(|((vpc, zone), network_interfaces)| ConsumerZone {
        account_id: scope.account_id.clone(),
        region: scope.region.clone(),
        vpc_id: vpc.to_owned(),
        availability_zone_id: zone.to_owned(),
        network_interfaces,
    }));
}

/// Enters the interfaces of endpoints, and those that could be a client of one.
fn enter_interfaces(scope: &Scope, network: &Network, endpoints: &[Endpoint], tables: &mut Tables) {
    let of_endpoints: BTreeSet<&str> =
        endpoints.iter().flat_map(|endpoint| &endpoint.network_interface_ids).map(String::as_str).collect();
    for interface in &network.interfaces {
        let id = interface.network_interface_id().unwrap_or_default();
        let of_endpoint = of_endpoints.contains(id);
        let consumes = !of_endpoint && is_client(interface);
        if !of_endpoint && !consumes {
            continue;
        }
        tables.network_interface.push(NetworkInterface {
            account_id: scope.account_id.clone(),
            region: scope.region.clone(),
            network_interface_id: id.to_owned(),
            vpc_id: interface.vpc_id().unwrap_or_default().to_owned(),
            subnet_id: interface.subnet_id().unwrap_or_default().to_owned(),
            is_consumer: consumes,
            private_ip_address: interface.private_ip_address().map(str::to_owned),
            ipv6_address: interface
                .ipv6_addresses()
                .first()
                .and_then(|address| address.ipv6_address())
                .map(str::to_owned),
        });
        if of_endpoint {
            enter_tags(scope, id, interface.tag_set(), tables);
        }
        let groups = interface.groups().iter().filter(|_| consumes).filter_map(|group| group.group_id());
        tables.network_interface_security_group.extend(groups.map(|group| NetworkInterfaceSecurityGroup {
            account_id: scope.account_id.clone(),
            region: scope.region.clone(),
            network_interface_id: id.to_owned(),
            group_id: group.to_owned(),
        }));
    }
}
