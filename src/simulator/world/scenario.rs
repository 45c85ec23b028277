//! What is set up in the organization: faults, and healthy look-alikes beside each. Every scenario
//! writes down what it plants.

use super::endpoint::{EndpointSpec, Tagging};
use super::series::Traffic;
use super::service::{TWO_ZONE_SERVICE, aws_service_name};
use super::stage::{BalancerSpec, Stage};
use super::{OPT_IN_REGION, World, WorldOptions};

type Scenario = fn(&mut Stage);

/// Every scenario. Each is set up at least once where there is room, and then again by chance.
const SCENARIOS: &[Scenario] = &[
    busy_endpoints,
    gateway_endpoints,
    idle_endpoint,
    idle_but_young,
    quarterly_job,
    idle_across_regions,
    idle_but_managed,
    idle_but_pending,
    unmeasurable_types,
    untagged_endpoint,
    wrongly_tagged_endpoint,
    untagged_but_managed,
    untagged_service,
    gap_with_traffic,
    gap_without_traffic,
    gap_where_service_is_not_offered,
    gap_covered_by_second_endpoint,
    gap_without_real_consumers,
    inspection_per_zone,
    inspection_across_zones,
    idle_inspection,
    healthy_service,
    dead_service,
    half_dead_service,
    service_without_targets,
    draining_service,
    starting_service,
    unchecked_service,
    cross_zone_service,
    cross_zone_with_little_traffic,
    cross_zone_overridden,
    cross_zone_that_is_needed,
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
        .flat_map(|(index, account)| {
            account
                .regions
                .keys()
                .map(move |region| (index, region.clone()))
        })
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
    let seen: Vec<&(usize, String)> = places
        .iter()
        .filter(|(account, _)| *account < open)
        .collect();
    for (index, scenario) in SCENARIOS.iter().enumerate() {
        let (account, region) = seen[index % seen.len()];
        scenario(&mut Stage {
            world,
            account: *account,
            region: region.clone(),
            rng: &mut rng,
        });
    }
    for (account, region) in &places {
        if rng.usize(..100) < EMPTY_PERCENT {
            continue;
        }
        let mut stage = Stage {
            world: &mut *world,
            account: *account,
            region: region.clone(),
            rng: &mut rng,
        };
        busy_endpoints(&mut stage);
        for _ in 0..stage.rng.usize(..3) {
            let scenario = SCENARIOS[stage.rng.usize(..SCENARIOS.len())];
            scenario(&mut stage);
        }
    }
}

fn busy_endpoints(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    for _ in 0..stage.rng.usize(1..4) {
        let spec = EndpointSpec::busy(stage.rng);
        let id = stage.endpoint(&vpc, spec);
        stage.look_alike("orphaned-endpoint", &id, "carries traffic every day");
    }
}

fn gateway_endpoints(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    for service in ["s3", "dynamodb"] {
        let service_name = Some(aws_service_name(&stage.region, service));
        let spec = EndpointSpec {
            kind: "Gateway",
            service_name,
            ..EndpointSpec::idle(stage.rng)
        };
        let id = stage.endpoint(&vpc, spec);
        let tables: Vec<String> = stage
            .here()
            .route_tables
            .iter()
            .filter(|table| table.vpc_id == vpc)
            .map(|table| table.id.clone())
            .collect();
        let here = stage.here();
        for table in here
            .route_tables
            .iter_mut()
            .filter(|table| tables.contains(&table.id))
        {
            table.routes.push((format!("pl-{service}"), id.clone()));
        }
        if let Some(endpoint) = here.endpoints.iter_mut().find(|endpoint| endpoint.id == id) {
            endpoint.route_table_ids = tables;
        }
        stage.look_alike(
            "orphaned-endpoint",
            &id,
            "a gateway endpoint publishes nothing and costs nothing",
        );
    }
}

fn idle_endpoint(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    let spec = EndpointSpec::idle(stage.rng);
    let id = stage.endpoint(&vpc, spec);
    stage.plant("orphaned-endpoint", &id, "has never carried anything");
}

fn idle_but_young(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    let age_days = stage.rng.i64(1..89);
    let spec = EndpointSpec {
        age_days,
        ..EndpointSpec::idle(stage.rng)
    };
    let id = stage.endpoint(&vpc, spec);
    stage.look_alike(
        "orphaned-endpoint",
        &id,
        "idle, but younger than the threshold",
    );
}

fn quarterly_job(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    let days_ago = stage.rng.i64(60..88);
    let spec = EndpointSpec {
        traffic: Traffic::Once {
            days_ago,
            bytes: 4096.0,
        },
        ..EndpointSpec::busy(stage.rng)
    };
    let id = stage.endpoint(&vpc, spec);
    stage.look_alike(
        "orphaned-endpoint",
        &id,
        "served a quarterly job, once in the window",
    );
}

fn idle_across_regions(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    let other = if stage.region == "us-east-1" {
        "us-west-2"
    } else {
        "us-east-1"
    };
    let spec = EndpointSpec {
        service_name: Some(aws_service_name(other, "sqs")),
        service_region: Some(other.to_owned()),
        ..EndpointSpec::idle(stage.rng)
    };
    let id = stage.endpoint(&vpc, spec);
    stage.look_alike(
        "orphaned-endpoint",
        &id,
        "reaches a service in another Region, for which nothing is published",
    );
}

fn idle_but_managed(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    let spec = EndpointSpec {
        requester_managed: true,
        ..EndpointSpec::idle(stage.rng)
    };
    let id = stage.endpoint(&vpc, spec);
    stage.look_alike("orphaned-endpoint", &id, "idle, but an AWS service made it");
}

fn idle_but_pending(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    let spec = EndpointSpec {
        state: "pendingAcceptance",
        ..EndpointSpec::idle(stage.rng)
    };
    let id = stage.endpoint(&vpc, spec);
    stage.look_alike(
        "orphaned-endpoint",
        &id,
        "idle because nobody has accepted it yet",
    );
}

fn unmeasurable_types(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    for kind in ["Resource", "ServiceNetwork"] {
        let spec = EndpointSpec {
            kind,
            ..EndpointSpec::idle(stage.rng)
        };
        let id = stage.endpoint(&vpc, spec);
        stage.look_alike(
            "orphaned-endpoint",
            &id,
            "of a type for which no metrics are documented",
        );
    }
}

fn untagged_endpoint(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    let spec = EndpointSpec {
        tagging: Tagging::Missing,
        ..EndpointSpec::busy(stage.rng)
    };
    stage.endpoint(&vpc, spec);
}

fn wrongly_tagged_endpoint(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    for tagging in [Tagging::WrongCase, Tagging::Empty] {
        let spec = EndpointSpec {
            tagging,
            ..EndpointSpec::busy(stage.rng)
        };
        stage.endpoint(&vpc, spec);
    }
}

fn untagged_but_managed(stage: &mut Stage) {
    let vpc = stage.usual_vpc();
    let managed = EndpointSpec {
        tagging: Tagging::Missing,
        requester_managed: true,
        ..EndpointSpec::busy(stage.rng)
    };
    stage.endpoint(&vpc, managed);
    let going = EndpointSpec {
        tagging: Tagging::Missing,
        state: "deleting",
        ..EndpointSpec::idle(stage.rng)
    };
    stage.endpoint(&vpc, going);
}

fn untagged_service(stage: &mut Stage) {
    offer(
        stage,
        &BalancerSpec::healthy(),
        Traffic::Daily(5e8),
        Tagging::Missing,
    );
}

fn gap_with_traffic(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1, 2]);
    let spec = EndpointSpec {
        zones: Some(vec![0]),
        ..EndpointSpec::busy(stage.rng)
    };
    let id = stage.endpoint(&vpc, spec);
    stage.plant(
        "cross-az-traffic",
        &id,
        "stands in one of three zones with consumers",
    );
}

fn gap_without_traffic(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let spec = EndpointSpec {
        zones: Some(vec![0]),
        age_days: 30,
        ..EndpointSpec::idle(stage.rng)
    };
    let id = stage.endpoint(&vpc, spec);
    stage.look_alike(
        "cross-az-traffic",
        &id,
        "lacks a zone, but nothing passes through it",
    );
    stage.look_alike(
        "orphaned-endpoint",
        &id,
        "idle, but younger than the threshold",
    );
}

fn gap_where_service_is_not_offered(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1, 2]);
    let service_name = Some(aws_service_name(&stage.region, TWO_ZONE_SERVICE));
    let spec = EndpointSpec {
        zones: Some(vec![0, 1]),
        service_name,
        ..EndpointSpec::busy(stage.rng)
    };
    let id = stage.endpoint(&vpc, spec);
    stage.look_alike(
        "cross-az-traffic",
        &id,
        "lacks the zone in which the service is not offered",
    );
}

fn gap_covered_by_second_endpoint(stage: &mut Stage) {
    let vpc = stage.vpc(&[0, 1]);
    let service_name = Some(aws_service_name(&stage.region, "kms"));
    for zone in [0, 1] {
        let spec = EndpointSpec {
            zones: Some(vec![zone]),
            service_name: service_name.clone(),
            ..EndpointSpec::busy(stage.rng)
        };
        let id = stage.endpoint(&vpc, spec);
        stage.look_alike(
            "cross-az-traffic",
            &id,
            "lacks a zone that another endpoint of the service covers",
        );
    }
}

fn gap_without_real_consumers(stage: &mut Stage) {
    let vpc = stage.vpc(&[0]);
    stage.interface(&vpc, 1, "nat_gateway", Some("amazon-aws"));
    stage.interface(&vpc, 2, "transit_gateway", Some("amazon-aws"));
    stage.interface(&vpc, 3, "interface", Some("amazon-elb"));
    let spec = EndpointSpec {
        zones: Some(vec![0]),
        ..EndpointSpec::busy(stage.rng)
    };
    let id = stage.endpoint(&vpc, spec);
    stage.look_alike(
        "cross-az-traffic",
        &id,
        "lacks zones that hold nothing but gateways and load balancers",
    );
}

/// A service of inspection appliances behind a Gateway Load Balancer, in the same account.
fn appliances(stage: &mut Stage) -> String {
    let spec = BalancerSpec {
        kind: "gateway",
        ..BalancerSpec::healthy()
    };
    let service = offer(stage, &spec, Traffic::Daily(1e9), Tagging::Complete);
    stage.service_name(&service)
}

fn inspection_endpoint(
    stage: &mut Stage,
    vpc: &str,
    service_name: &str,
    zone: usize,
    traffic: Traffic,
) -> String {
    let spec = EndpointSpec {
        kind: "GatewayLoadBalancer",
        service_name: Some(service_name.to_owned()),
        zones: Some(vec![zone]),
        traffic,
        ..EndpointSpec::busy(stage.rng)
    };
    stage.endpoint(vpc, spec)
}

fn inspection_per_zone(stage: &mut Stage) {
    let service_name = appliances(stage);
    let vpc = stage.vpc(&[0, 1]);
    for zone in [0, 1] {
        let id = inspection_endpoint(stage, &vpc, &service_name, zone, Traffic::Daily(60e9));
        stage.route(&vpc, zone, &id);
        stage.look_alike(
            "cross-az-traffic",
            &id,
            "one Gateway Load Balancer endpoint per zone, as it is meant",
        );
    }
}

fn inspection_across_zones(stage: &mut Stage) {
    let service_name = appliances(stage);
    let vpc = stage.vpc(&[0, 1]);
    let id = inspection_endpoint(stage, &vpc, &service_name, 0, Traffic::Daily(60e9));
    stage.route(&vpc, 0, &id);
    stage.route(&vpc, 1, &id);
    stage.plant(
        "cross-az-traffic",
        &id,
        "is the route of a subnet in another zone",
    );
}

fn idle_inspection(stage: &mut Stage) {
    let service_name = appliances(stage);
    let vpc = stage.vpc(&[0, 1]);
    let used = inspection_endpoint(stage, &vpc, &service_name, 0, Traffic::Daily(60e9));
    stage.route(&vpc, 0, &used);
    let idle = inspection_endpoint(stage, &vpc, &service_name, 1, Traffic::None);
    stage.plant(
        "orphaned-endpoint",
        &idle,
        "a Gateway Load Balancer endpoint to which no route leads",
    );
}

/// A service with its load balancer in a VPC of its own.
fn offer(stage: &mut Stage, balancer: &BalancerSpec, traffic: Traffic, tagging: Tagging) -> String {
    let vpc = stage.vpc(&[]);
    let arn = stage.balancer(&vpc, balancer);
    stage.service(vec![arn], &balancer.zones, traffic, tagging)
}

/// A service with a consumer in another account, who sees an endpoint that is available.
fn offer_to_consumer(stage: &mut Stage, balancer: &BalancerSpec) -> String {
    let service = offer(stage, balancer, Traffic::Daily(2e8), Tagging::Complete);
    let service_name = stage.service_name(&service);
    let consumer = stage.some_account_here();
    let zones = balancer.zones.clone();
    stage.elsewhere(consumer, |stage| {
        let vpc = stage.vpc(&zones);
        let spec = EndpointSpec {
            service_name: Some(service_name),
            ..EndpointSpec::busy(stage.rng)
        };
        stage.endpoint(&vpc, spec);
    });
    service
}

fn with_targets(targets: &[(usize, &'static str)]) -> BalancerSpec {
    BalancerSpec {
        targets: targets.to_vec(),
        ..BalancerSpec::healthy()
    }
}

fn healthy_service(stage: &mut Stage) {
    let id = offer_to_consumer(stage, &BalancerSpec::healthy());
    stage.look_alike("unhealthy-targets", &id, "all targets are healthy");
    stage.look_alike("cross-az-traffic", &id, "cross-zone load balancing is off");
}

fn dead_service(stage: &mut Stage) {
    let id = offer_to_consumer(stage, &with_targets(&[(0, "unhealthy"), (1, "unhealthy")]));
    stage.plant(
        "unhealthy-targets",
        &id,
        "no target is healthy, and its consumers see `available`",
    );
}

fn half_dead_service(stage: &mut Stage) {
    let id = offer_to_consumer(stage, &with_targets(&[(0, "healthy"), (1, "unhealthy")]));
    stage.plant("unhealthy-targets", &id, "one target of two is unhealthy");
}

fn service_without_targets(stage: &mut Stage) {
    let id = offer_to_consumer(stage, &with_targets(&[]));
    stage.plant("unhealthy-targets", &id, "its target group is empty");
}

fn draining_service(stage: &mut Stage) {
    let id = offer_to_consumer(
        stage,
        &with_targets(&[(0, "healthy"), (1, "healthy"), (1, "draining")]),
    );
    stage.look_alike(
        "unhealthy-targets",
        &id,
        "a target is draining after a deployment",
    );
}

fn starting_service(stage: &mut Stage) {
    let id = offer_to_consumer(stage, &with_targets(&[(0, "initial"), (1, "initial")]));
    stage.look_alike(
        "unhealthy-targets",
        &id,
        "its targets have just been registered",
    );
}

fn unchecked_service(stage: &mut Stage) {
    let id = offer_to_consumer(
        stage,
        &with_targets(&[(0, "unavailable"), (1, "unavailable")]),
    );
    stage.look_alike("unhealthy-targets", &id, "its targets are not checked");
}

fn cross_zone_service(stage: &mut Stage) {
    let spec = BalancerSpec {
        cross_zone: true,
        ..BalancerSpec::healthy()
    };
    let id = offer(stage, &spec, Traffic::Daily(50e9), Tagging::Complete);
    // Where the price of a transfer is not known the crossing is named all the same.
    stage.plant(
        "cross-az-traffic",
        &id,
        "balances across zones, each of which has targets of its own",
    );
}

fn cross_zone_with_little_traffic(stage: &mut Stage) {
    let spec = BalancerSpec {
        cross_zone: true,
        ..BalancerSpec::healthy()
    };
    if stage.region == OPT_IN_REGION {
        // Without a price nothing is too little.
        return;
    }
    let id = offer(stage, &spec, Traffic::Daily(1e7), Tagging::Complete);
    stage.look_alike(
        "cross-az-traffic",
        &id,
        "balances across zones for a few cents",
    );
}

fn cross_zone_overridden(stage: &mut Stage) {
    let spec = BalancerSpec {
        cross_zone: true,
        group_cross_zone: "false",
        ..BalancerSpec::healthy()
    };
    let id = offer(stage, &spec, Traffic::Daily(50e9), Tagging::Complete);
    stage.look_alike(
        "cross-az-traffic",
        &id,
        "the target group overrides its load balancer",
    );
}

fn cross_zone_that_is_needed(stage: &mut Stage) {
    let spec = BalancerSpec {
        cross_zone: true,
        targets: vec![(0, "healthy"), (0, "healthy")],
        ..BalancerSpec::healthy()
    };
    let id = offer(stage, &spec, Traffic::Daily(50e9), Tagging::Complete);
    stage.look_alike(
        "cross-az-traffic",
        &id,
        "balances across zones because one of them has no targets",
    );
}
