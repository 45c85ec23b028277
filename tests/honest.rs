//! The simulator sends what AWS sends, and what follows from it: the zones of targets.

use std::collections::BTreeMap;

use plaudit::table::{TargetGroup, TargetHealth};
use plaudit_simulator::{self as simulator, Effect, Fault, ServerOptions, World};

use crate::support::python::{output, script};
use crate::support::simulated::{Simulated, options};

#[tokio::test(flavor = "multi_thread")]
async fn answers_have_the_members_of_awss_model_and_of_its_samples() {
    if crate::support::python::is_missing("the simulator beside the AWS CLI's sample outputs") {
        return;
    }
    let server = simulator::start(World::new(&options(11)), ServerOptions::default())
        .await
        .expect("the simulator starts");
    let url = server.url();
    let found =
        tokio::task::spawn_blocking(move || output(script("honest.py").arg(url))).await.expect("it ran");
    let found: serde_json::Value = serde_json::from_str(&found).expect("the script prints JSON");
    let none = serde_json::json!([]);
    assert_eq!(found["unknown"], none, "members that AWS's model does not have");
    assert_eq!(found["missing"], none, "members that every sample output has");
    assert_eq!(found["needless"], none, "members that are sent although the list says they are not");
    assert!(found["samples"].as_u64() > Some(40), "{found}");
    assert!(found["operations"].as_array().map(Vec::len) > Some(30), "{found}");
}

/// A target and its place: account, Region, target group, id.
type Target = [String; 4];

/// The type of each target and the zone in which it stands, as the simulator's world has it.
fn targets(world: &World) -> BTreeMap<Target, (&'static str, Option<String>)> {
    let mut found = BTreeMap::new();
    for account in &world.accounts {
        for (name, region) in &account.regions {
            for group in &region.target_groups {
                for target in &group.targets {
                    let stands = |instance: &str| {
                        let mut all = region.interfaces.iter();
                        all.find(|one| one.purpose.attachment("").is_some_and(|(id, _)| id == Some(instance)))
                            .map(|interface| interface.zone)
                    };
                    let zone = target.zone.or_else(|| stands(&target.id));
                    let zone = zone.map(|zone| region.zones[zone].id.clone());
                    let key = [account.id.clone(), name.clone(), group.arn.clone(), target.id.clone()];
                    found.insert(key, (group.target_type, zone));
                }
            }
        }
    }
    found
}

fn key(row: &TargetHealth) -> Target {
    [row.account_id.clone(), row.region.clone(), row.target_group_arn.clone(), row.target_id.clone()]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_zone_of_an_instance_is_that_of_its_interface_and_a_load_balancer_has_none() {
    let simulated = Simulated::start(World::new(&options(7))).await;
    let snapshot = simulated.crawl().await;
    let rows: Vec<TargetHealth> = snapshot.rows().await.expect("the targets can be read");
    let groups: Vec<TargetGroup> = snapshot.rows().await.expect("the target groups can be read");
    for kind in ["instance", "ip", "alb"] {
        assert!(groups.iter().any(|group| group.target_type.as_deref() == Some(kind)), "{kind}");
    }
    let expected = targets(simulated.server.world());
    for row in &rows {
        let (kind, zone) = &expected[&key(row)];
        assert_eq!(row.availability_zone_id, *zone, "{row:?}");
        assert_eq!(zone.is_none(), *kind == "alb", "{row:?}");
    }
    let shifted = |state: &str| rows.iter().any(|row| row.administrative_override.as_deref() == Some(state));
    assert!(shifted("no_override") && shifted("zonal_shift_active"));
    assert!(rows.len() > 50, "{}", rows.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn where_interfaces_are_refused_the_zones_of_instances_are_unknown_and_never_wrong() {
    let mut world = World::new(&options(7));
    world.faults.push(Fault::new(Effect::denied_by_policy()).on("ec2:DescribeNetworkInterfaces"));
    let simulated = Simulated::start(world).await;
    let snapshot = simulated.crawl().await;
    let rows: Vec<TargetHealth> = snapshot.rows().await.expect("the targets can be read");
    let expected = targets(simulated.server.world());
    for row in &rows {
        let (kind, zone) = &expected[&key(row)];
        let known = if *kind == "ip" { zone.clone() } else { None };
        assert_eq!(row.availability_zone_id, known, "{row:?}");
    }
    assert!(rows.iter().any(|row| expected[&key(row)].0 == "instance"));
}
