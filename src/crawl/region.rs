//! One account and Region, from the first call to its rows.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::budget::Budget;
use super::scope::Scope;
use super::{balancer, endpoint, exit, firewall, metric, network, resolver, service};
use crate::table::Tables;

/// Crawls an account and Region. Two calls tell whether it has PrivateLink at all; where it has
/// none, they are the only ones.
pub(super) async fn crawl(scope: &Scope, window: (Date, Date), budget: &Budget) -> Tables {
    // A client takes longer to make than a call, and nobody else should wait for that.
    scope.ec2();
    let mut tables = Tables::default();
    let mut endpoint_tables = Tables::default();
    let (endpoints, services) =
        tokio::join!(endpoint::endpoints(scope, &mut endpoint_tables), service::services(scope));
    tables.append(endpoint_tables);
    let (endpoints, services) = (endpoints.items, services.items);
    if !endpoints.is_empty() || !services.is_empty() {
        let balancer_arns: BTreeSet<String> =
            services.iter().flat_map(service::load_balancer_arns).cloned().collect();
        let service_ids: Vec<&str> = services.iter().filter_map(|service| service.service_id()).collect();
        let mut metrics = Tables::default();
        let mut relations = Tables::default();
        let consumers = async {
            if endpoints.is_empty() {
                return (None, Vec::new(), Tables::default());
            }
            let details = async {
                let details = endpoint::service_details(scope, &endpoints).await;
                let names = endpoint::private_dns_names(scope, &details);
                let mut tables = resolver::names(scope, &endpoints, &names).await;
                tables.service_detail_private_dns_name = names;
                (details, tables)
            };
            let (network, (details, names), mut guards, exits) = tokio::join!(
                network::network(scope, &endpoints),
                details,
                firewall::firewall(scope, &endpoints),
                exit::exits(scope, &endpoints),
            );
            guards.append(exits);
            guards.append(names);
            (Some(network), details, guards)
        };
        let providers = async {
            let zones = network::zones(scope).await;
            let mut balancers = Tables::default();
            if !services.is_empty() {
                tokio::join!(
                    service::relations(scope, &services, &mut relations),
                    balancer::balancers(scope, &balancer_arns, &zones, &mut balancers),
                );
            }
            (zones, balancers)
        };
        let ((network, details, guards), (zones, mut balancers), ()) = tokio::join!(
            consumers,
            providers,
            metric::usage(scope, &endpoints, &service_ids, window, budget, &mut metrics),
        );
        balancer::place_instances(scope, network.as_ref(), &zones, &mut balancers).await;
        if let Some(network) = network {
            network::enter(scope, &network, &endpoints, &zones, &mut tables);
        }
        endpoint::enter_service_details(scope, details, &zones, &mut tables);
        service::enter(scope, &services, &zones, &mut tables);
        for part in [guards, balancers, relations, metrics] {
            tables.append(part);
        }
    }
    tables.coverage = scope.coverage();
    tables.sort();
    tables
}
