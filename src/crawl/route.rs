//! Route tables: which subnet follows which, and the routes that lead to endpoints.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types;

use super::scope::Scope;
use crate::table::{Route, RouteTable, Tables};

/// Enters the route tables, and the routes that lead to an endpoint, once for each subnet that
/// follows them.
pub(super) fn enter(
    scope: &Scope,
    route_tables: &[types::RouteTable],
    subnets: &[types::Subnet],
    zone_of_subnet: &BTreeMap<String, String>,
    tables: &mut Tables,
) {
    let explicit: BTreeSet<&str> = route_tables
        .iter()
        .flat_map(|table| table.associations())
        .filter_map(|association| association.subnet_id())
        .collect();
    for table in route_tables {
        let vpc = table.vpc_id().unwrap_or_default();
        let mut followers: Vec<Option<&str>> =
            table.associations().iter().filter_map(|association| association.subnet_id()).map(Some).collect();
        if table.associations().iter().any(|association| association.main().unwrap_or(false)) {
            let rest = subnets
                .iter()
                .filter(|subnet| subnet.vpc_id() == Some(vpc))
                .filter_map(|subnet| subnet.subnet_id())
                .filter(|id| !explicit.contains(id));
            followers.extend(rest.map(Some));
        }
        if followers.is_empty() {
            followers.push(None);
        }
        let is_main = table.associations().iter().any(|association| association.main().unwrap_or(false));
        // By id, so that the order in which AWS lists routes does not show.
        let nat_gateway_id = table
            .routes()
            .iter()
            .filter(|route| route.state().is_some_and(|state| state.as_str() == "active"))
            .filter_map(|route| route.nat_gateway_id())
            .min();
        tables.route_table.extend(followers.iter().map(|subnet| RouteTable {
            account_id: scope.account_id.clone(),
            region: scope.region.clone(),
            route_table_id: table.route_table_id().unwrap_or_default().to_owned(),
            vpc_id: vpc.to_owned(),
            subnet_id: subnet.map(str::to_owned),
            is_main,
            nat_gateway_id: nat_gateway_id.map(str::to_owned),
        }));
        for route in table.routes() {
            let Some(endpoint) = route.gateway_id().filter(|id| id.starts_with("vpce-")) else {
                continue;
            };
            let destination = route
                .destination_cidr_block()
                .or(route.destination_ipv6_cidr_block())
                .or(route.destination_prefix_list_id())
                .unwrap_or_default();
            for subnet in &followers {
                tables.route.push(Route {
                    account_id: scope.account_id.clone(),
                    region: scope.region.clone(),
                    route_table_id: table.route_table_id().unwrap_or_default().to_owned(),
                    vpc_id: vpc.to_owned(),
                    subnet_id: subnet.map(str::to_owned),
                    availability_zone_id: subnet.and_then(|id| zone_of_subnet.get(id)).cloned(),
                    destination: destination.to_owned(),
                    vpc_endpoint_id: endpoint.to_owned(),
                    state: route.state().map(|state| state.as_str().to_owned()),
                });
            }
        }
    }
}
