//! Scenarios for the rule `uneven-targets`.

use super::Scenario;
use super::unhealthy_targets::{offer_to_consumer, offer_with, with_targets};
use crate::world::OPT_IN_REGION;
use crate::world::endpoint::Tagging;
use crate::world::series::Traffic;
use crate::world::stage::{BalancerSpec, Stage};

pub(super) const SCENARIOS: &[Scenario] = &[uneven_service, nearly_even_service];

fn uneven_service(stage: &mut Stage) {
    for target_type in ["instance", "ip"] {
        let targets = with_targets(&[(0, "healthy"), (0, "healthy"), (0, "healthy"), (1, "healthy")]);
        let targets = BalancerSpec { target_type: Some(target_type), ..targets };
        let id = offer_to_consumer(stage, &targets).service;
        stage.plant("uneven-targets", &id, "three healthy targets in one zone, one in the other");
    }
}

fn nearly_even_service(stage: &mut Stage) {
    let targets = with_targets(&[(0, "healthy"), (0, "healthy"), (1, "healthy")]);
    let id = offer_to_consumer(stage, &targets).service;
    stage.look_alike("uneven-targets", &id, "one target more in a zone is no imbalance");
    let spread = BalancerSpec {
        cross_zone: true,
        targets: vec![(0, "healthy"), (0, "healthy"), (0, "healthy"), (1, "healthy")],
        ..BalancerSpec::healthy()
    };
    if stage.region == OPT_IN_REGION {
        // Without a price nothing is too little to be named as crossing zones.
        return;
    }
    let offered = offer_with(stage, &spread, Traffic::Daily(1e7), Tagging::Complete);
    stage.look_alike("uneven-targets", &offered.service, "uneven, but balanced across zones");
    stage.look_alike("cross-az-traffic", &offered.service, "balances across zones for a few cents");
}
