//! What is set up in the organization: faults, and healthy look-alikes beside each. Every scenario
//! writes down what it plants.

mod access;
mod billing;
mod connection;
mod consumer;
mod dns;
mod duplicate;
mod gateway;
mod inspection;
mod name;
mod policy;
mod provider;
mod quality;
mod reach;
mod shadow;
mod tagging;
mod zone;

use super::stage::Stage;
use super::{World, WorldOptions};

type Scenario = fn(&mut Stage);

/// Every scenario. Each is set up at least once where there is room, and then again by chance.
const SCENARIOS: &[Scenario] = &[
    billing::billed_but_unseen,
    billing::deleted_lately,
    consumer::busy_endpoints,
    consumer::gateway_endpoints,
    consumer::idle_endpoint,
    consumer::idle_but_young,
    consumer::quarterly_job,
    consumer::idle_across_regions,
    consumer::managed_across_regions,
    consumer::idle_but_managed,
    consumer::idle_but_pending,
    consumer::unmeasurable_types,
    tagging::untagged_endpoint,
    tagging::wrongly_tagged_endpoint,
    tagging::untagged_but_managed,
    tagging::untagged_service,
    tagging::untagged_interfaces,
    zone::gap_with_traffic,
    zone::gap_without_traffic,
    zone::gap_where_service_is_not_offered,
    zone::gap_covered_by_second_endpoint,
    zone::gap_without_real_consumers,
    zone::gap_in_shared_vpc,
    policy::open_policy,
    policy::open_policy_in_other_words,
    policy::guarded_policies,
    policy::open_but_managed,
    reach::group_that_admits_only_itself,
    reach::group_for_another_port,
    reach::groups_that_admit_in_other_ways,
    reach::groups_for_others,
    reach::group_open_to_the_world,
    reach::acl_that_stops_the_call,
    reach::acl_that_stops_the_answer,
    reach::acls_that_only_look_closed,
    reach::acl_in_one_subnet,
    dns::vpc_without_dns,
    dns::vpc_without_dns_or_private_dns,
    dns::private_dns_off,
    dns::private_dns_off_in_a_hub,
    dns::private_dns_on_beside,
    shadow::rule_for_the_same_name,
    shadow::rule_for_some_names,
    shadow::zone_for_some_names,
    shadow::zone_in_a_hub,
    shadow::names_for_others,
    shadow::rule_that_leads_to_it,
    gateway::unrouted_gateway,
    gateway::nat_without_gateway,
    gateway::nat_beside_gateways,
    gateway::forgotten_route_table,
    gateway::isolated_route_table,
    gateway::paid_where_free,
    gateway::paid_for_others,
    inspection::inspection_per_zone,
    inspection::inspection_across_zones,
    inspection::idle_inspection,
    provider::healthy_service,
    provider::dead_service,
    provider::half_dead_service,
    provider::service_without_targets,
    provider::draining_service,
    provider::starting_service,
    provider::unchecked_service,
    provider::cross_zone_service,
    provider::cross_zone_with_little_traffic,
    provider::cross_zone_overridden,
    provider::cross_zone_that_is_needed,
    provider::uneven_service,
    provider::nearly_even_service,
    zone::zone_without_service,
    connection::pending_request,
    connection::fresh_request,
    connection::refused_request,
    connection::lonely_service,
    connection::lonely_but_new,
    connection::lonely_beside_connected,
    connection::unwatched_service,
    connection::unwatched_but_open,
    access::open_to_all,
    access::open_on_request,
    access::open_to_stranger,
    access::open_to_member,
    access::ungrouped_balancer,
    name::decommissioned_service,
    name::partner_service,
    name::unverified_private_dns,
    quality::dropping_endpoint,
    quality::endpoint_that_dropped_once,
    quality::resetting_endpoint,
    quality::endpoint_with_few_connections,
    quality::idle_zone,
    quality::idle_zone_of_two,
    duplicate::second_endpoint,
    duplicate::second_endpoint_of_migration,
    duplicate::second_endpoint_with_other_groups,
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
    for (index, scenario) in SCENARIOS.iter().enumerate() {
        let (account, region) = seen[index % seen.len()];
        scenario(&mut Stage { world, account: *account, region: region.clone(), rng: &mut rng });
    }
    for (account, region) in &places {
        if rng.usize(..100) < EMPTY_PERCENT {
            continue;
        }
        let mut stage =
            Stage { world: &mut *world, account: *account, region: region.clone(), rng: &mut rng };
        consumer::busy_endpoints(&mut stage);
        for _ in 0..stage.rng.usize(..3) {
            let scenario = SCENARIOS[stage.rng.usize(..SCENARIOS.len())];
            scenario(&mut stage);
        }
    }
}
