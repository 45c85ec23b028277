//! What is set up in the organization: faults, and healthy look-alikes beside each. Every scenario
//! writes down what it plants.

mod acceptance_not_required;
mod connection_outlives_permission;
mod connection_resets;
mod cross_az_traffic;
mod cross_region_endpoint;
mod dead_consumer;
mod decommissioned_service;
mod duplicate_endpoint;
mod endpoint_policy_admits_nobody;
mod gateway_endpoint_without_route_table;
mod idle_zone;
mod interface_endpoint_where_gateway_is_free;
mod load_balancer_ignores_security_groups_on_privatelink;
mod missing_connection_notification;
mod missing_gateway_endpoint;
mod missing_tags;
mod network_acl_blocks_endpoint;
mod open_endpoint_policy;
mod orphaned_endpoint;
mod orphaned_endpoint_service;
mod packets_dropped;
mod principal_outside_organization;
mod private_dns_conflict;
mod private_dns_disabled;
mod route_table_without_gateway_endpoint;
mod security_group_blocks_consumers;
mod security_group_open_to_world;
mod service_pays_for_strangers;
mod service_private_dns_unverified;
mod service_zone_mismatch;
mod single_az_endpoint;
mod stale_connection_request;
mod unaccepted_endpoint_billed;
mod unattributed_charge;
mod uneven_targets;
mod unhealthy_targets;
mod vpc_dns_disabled;
mod wildcard_allowed_principal;

use super::stage::Stage;
use super::{World, WorldOptions};

type Scenario = fn(&mut Stage);

/// Every scenario, by the rule that it tries: files here are named after rules. Each is set up at least once
/// where there is room, and then again by chance.
const SCENARIOS: &[&[Scenario]] = &[
    acceptance_not_required::SCENARIOS,
    connection_resets::SCENARIOS,
    connection_outlives_permission::SCENARIOS,
    cross_az_traffic::SCENARIOS,
    cross_region_endpoint::SCENARIOS,
    dead_consumer::SCENARIOS,
    decommissioned_service::SCENARIOS,
    duplicate_endpoint::SCENARIOS,
    endpoint_policy_admits_nobody::SCENARIOS,
    gateway_endpoint_without_route_table::SCENARIOS,
    idle_zone::SCENARIOS,
    interface_endpoint_where_gateway_is_free::SCENARIOS,
    load_balancer_ignores_security_groups_on_privatelink::SCENARIOS,
    missing_connection_notification::SCENARIOS,
    missing_gateway_endpoint::SCENARIOS,
    missing_tags::SCENARIOS,
    network_acl_blocks_endpoint::SCENARIOS,
    open_endpoint_policy::SCENARIOS,
    orphaned_endpoint::SCENARIOS,
    orphaned_endpoint_service::SCENARIOS,
    packets_dropped::SCENARIOS,
    principal_outside_organization::SCENARIOS,
    private_dns_conflict::SCENARIOS,
    private_dns_disabled::SCENARIOS,
    route_table_without_gateway_endpoint::SCENARIOS,
    security_group_blocks_consumers::SCENARIOS,
    security_group_open_to_world::SCENARIOS,
    service_pays_for_strangers::SCENARIOS,
    service_private_dns_unverified::SCENARIOS,
    service_zone_mismatch::SCENARIOS,
    single_az_endpoint::SCENARIOS,
    stale_connection_request::SCENARIOS,
    unaccepted_endpoint_billed::SCENARIOS,
    unattributed_charge::SCENARIOS,
    uneven_targets::SCENARIOS,
    unhealthy_targets::SCENARIOS,
    vpc_dns_disabled::SCENARIOS,
    wildcard_allowed_principal::SCENARIOS,
];

/// Of 100 accounts and Regions, so many are left without PrivateLink.
const EMPTY_PERCENT: usize = 20;

/// Sets up scenarios in all accounts and Regions.
pub fn populate(world: &mut World, options: &WorldOptions) {
    let mut rng = fastrand::Rng::with_seed(options.seed ^ 0x706c_6175_6469_7421);
    let places: Vec<(usize, String)> = world
        .accounts
        .iter()
        .enumerate()
        .flat_map(|(index, account)| account.regions.keys().map(move |region| (index, region.clone())))
        .collect();
    if places.is_empty() {
        return;
    }
    // Every scenario once, where no gap will hide it: gaps are planted in the last accounts.
    let open = if options.gaps && world.accounts.len() >= 8 {
        world.accounts.len() - 3
    } else {
        world.accounts.len()
    };
    let seen: Vec<&(usize, String)> = places.iter().filter(|(account, _)| *account < open).collect();
    let scenarios: Vec<Scenario> = SCENARIOS.concat();
    for (index, scenario) in scenarios.iter().enumerate() {
        let (account, region) = seen[index % seen.len()];
        scenario(&mut Stage { world, account: *account, region: region.clone(), rng: &mut rng });
    }
    for (account, region) in &places {
        if rng.usize(..100) < EMPTY_PERCENT {
            continue;
        }
        let mut stage =
            Stage { world: &mut *world, account: *account, region: region.clone(), rng: &mut rng };
        orphaned_endpoint::busy_endpoints(&mut stage);
        for _ in 0..stage.rng.usize(..3) {
            let scenario = scenarios[stage.rng.usize(..scenarios.len())];
            scenario(&mut stage);
        }
    }
}
