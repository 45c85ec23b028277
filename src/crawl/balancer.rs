//! The load balancers behind endpoint services: zones, listeners, target groups, target health.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types;
use futures::StreamExt;

use super::network::{Network, Zones, instance_zones};
use super::scope::{Scope, timestamp};
use crate::table::{Listener, LoadBalancer, LoadBalancerZone, Operation, Tables, TargetGroup, TargetHealth};

/// The most ARNs that DescribeLoadBalancers takes.
const ARNS: usize = 20;

/// The most that Elastic Load Balancing gives in a page.
const PAGE: i32 = 400;

/// Load balancers that are looked into at the same time. All calls to Elastic Load Balancing share
/// one bucket of 10 a second per account and Region.
const SIDE_BY_SIDE: usize = 4;

/// The attribute of load balancers and of target groups that lets a node send to other zones.
const CROSS_ZONE: &str = "load_balancing.cross_zone.enabled";

/// Reads load balancers and all that hangs on them, and enters their rows.
pub(super) async fn balancers(scope: &Scope, arns: &BTreeSet<String>, zones: &Zones, tables: &mut Tables) {
    let arns: Vec<String> = arns.iter().cloned().collect();
    let mut found = Vec::new();
    for chunk in arns.chunks(ARNS) {
        found.extend(describe(scope, chunk).await);
    }
    let parts: Vec<Tables> = futures::stream::iter(found)
        .map(|balancer| look_into(scope, balancer, zones))
        .buffered(SIDE_BY_SIDE)
        .collect()
        .await;
    for part in parts {
        tables.append(part);
    }
}

/// One load balancer that was deleted meanwhile makes AWS refuse the whole list, so such a list is
/// asked for again one by one.
async fn describe(scope: &Scope, arns: &[String]) -> Vec<types::LoadBalancer> {
    match ask(scope, arns).await {
        Some(found) if found.is_empty() && arns.len() > 1 => {
            let mut found = Vec::new();
            for arn in arns {
                found.extend(ask(scope, std::slice::from_ref(arn)).await.unwrap_or_default());
            }
            found
        }
        found => found.unwrap_or_default(),
    }
}

async fn ask(scope: &Scope, arns: &[String]) -> Option<Vec<types::LoadBalancer>> {
    let operation = Operation::ElbDescribeLoadBalancers;
    let call = || {
        let call = scope.balancer().describe_load_balancers().set_load_balancer_arns(Some(arns.to_vec()));
        async move { Ok(call.send().await?.load_balancers.unwrap_or_default()) }
    };
    let found = scope.call(operation, call).await?;
    scope.received(operation, found.len());
    Some(found)
}

async fn look_into(scope: &Scope, balancer: types::LoadBalancer, zones: &Zones) -> Tables {
    let mut tables = Tables::default();
    let arn = balancer.load_balancer_arn().unwrap_or_default().to_owned();
    let (cross_zone, listeners, groups) =
        tokio::join!(cross_zone(scope, &arn), listeners(scope, &arn), target_groups(scope, &arn));
    for zone in balancer.availability_zones() {
        let Some(id) = zone.zone_name().and_then(|name| zones.id(name)) else {
            continue;
        };
        tables.load_balancer_zone.push(LoadBalancerZone {
            account_id: scope.account_id.clone(),
            region: scope.region.clone(),
            load_balancer_arn: arn.clone(),
            availability_zone_id: id.to_owned(),
            subnet_id: zone.subnet_id().map(str::to_owned),
        });
    }
    let created_time = timestamp(balancer.created_time());
    tables.load_balancer.push(LoadBalancer {
        account_id: scope.account_id.clone(),
        region: scope.region.clone(),
        load_balancer_arn: arn.clone(),
        load_balancer_name: balancer.load_balancer_name().unwrap_or_default().to_owned(),
        load_balancer_type: balancer.r#type().map_or("", |kind| kind.as_str()).to_owned(),
        scheme: balancer.scheme().map(|scheme| scheme.as_str().to_owned()),
        state: balancer.state().and_then(|state| state.code()).map(|code| code.as_str().to_owned()),
        vpc_id: balancer.vpc_id().map(str::to_owned),
        cross_zone_enabled: cross_zone,
        enforce_security_group_inbound_rules_on_private_link_traffic: balancer
            .enforce_security_group_inbound_rules_on_private_link_traffic()
            .map(str::to_owned),
        created_time,
        age_days: scope.age_days(created_time),
    });
    tables.listener.extend(listeners.into_iter().map(|listener| Listener {
        account_id: scope.account_id.clone(),
        region: scope.region.clone(),
        port: listener.port().map(i64::from),
        protocol: listener.protocol().map(|protocol| protocol.as_str().to_owned()),
        target_group_arns: Some(forwards_to(&listener)),
        listener_arn: listener.listener_arn.unwrap_or_default(),
        load_balancer_arn: listener.load_balancer_arn.unwrap_or_else(|| arn.clone()),
    }));
    for group in groups {
        enter_target_group(scope, &arn, group, zones, &mut tables).await;
    }
    tables
}

async fn cross_zone(scope: &Scope, arn: &str) -> Option<bool> {
    let operation = Operation::ElbDescribeLoadBalancerAttributes;
    let call = || {
        let call = scope.balancer().describe_load_balancer_attributes().load_balancer_arn(arn);
        async move { Ok(call.send().await?.attributes.unwrap_or_default()) }
    };
    let attributes = scope.call(operation, call).await?;
    scope.received(operation, attributes.len());
    let value = attributes.iter().find(|attribute| attribute.key() == Some(CROSS_ZONE))?.value()?;
    Some(value == "true")
}

async fn listeners(scope: &Scope, arn: &str) -> Vec<types::Listener> {
    let pages = scope
        .pages(Operation::ElbDescribeListeners, |token| {
            let call = scope
                .balancer()
                .describe_listeners()
                .load_balancer_arn(arn)
                .page_size(PAGE)
                .set_marker(token);
            async move {
                let page = call.send().await?;
                Ok((page.listeners.unwrap_or_default(), page.next_marker))
            }
        })
        .await;
    pages.items
}

/// The target groups of a listener's default action, which names one, or several with weights.
fn forwards_to(listener: &types::Listener) -> String {
    let actions = listener.default_actions();
    let weighted = actions.iter().filter_map(|action| action.forward_config());
    let weighted =
        weighted.flat_map(|forward| forward.target_groups()).filter_map(|one| one.target_group_arn());
    let named = actions.iter().filter_map(|action| action.target_group_arn());
    let arns: std::collections::BTreeSet<&str> = named.chain(weighted).collect();
    arns.into_iter().collect::<Vec<_>>().join(", ")
}

async fn target_groups(scope: &Scope, arn: &str) -> Vec<types::TargetGroup> {
    let pages = scope
        .pages(Operation::ElbDescribeTargetGroups, |token| {
            let call = scope
                .balancer()
                .describe_target_groups()
                .load_balancer_arn(arn)
                .page_size(PAGE)
                .set_marker(token);
            async move {
                let page = call.send().await?;
                Ok((page.target_groups.unwrap_or_default(), page.next_marker))
            }
        })
        .await;
    pages.items
}

async fn enter_target_group(
    scope: &Scope,
    balancer_arn: &str,
    group: types::TargetGroup,
    zones: &Zones,
    tables: &mut Tables,
) {
    let arn = group.target_group_arn().unwrap_or_default().to_owned();
    let (cross_zone, targets) = tokio::join!(group_cross_zone(scope, &arn), targets(scope, &arn));
    for target in targets {
        let description = target.target();
        let health = target.target_health();
        let zone = description.and_then(|target| target.availability_zone());
        tables.target_health.push(TargetHealth {
            account_id: scope.account_id.clone(),
            region: scope.region.clone(),
            target_group_arn: arn.clone(),
            target_id: description.and_then(|target| target.id()).unwrap_or_default().to_owned(),
            port: description.and_then(|target| target.port()).map(i64::from),
            availability_zone_id: zone.and_then(|name| zones.id(name)).map(str::to_owned),
            state: health.and_then(|health| health.state()).map_or("", |state| state.as_str()).to_owned(),
            reason: health.and_then(|health| health.reason()).map(|reason| reason.as_str().to_owned()),
            administrative_override: target
                .administrative_override()
                .and_then(|shift| shift.state())
                .map(|state| state.as_str().to_owned()),
        });
    }
    tables.target_group.push(TargetGroup {
        account_id: scope.account_id.clone(),
        region: scope.region.clone(),
        target_group_name: group.target_group_name().unwrap_or_default().to_owned(),
        load_balancer_arn: balancer_arn.to_owned(),
        protocol: group.protocol().map(|protocol| protocol.as_str().to_owned()),
        port: group.port().map(i64::from),
        target_type: group.target_type().map(|kind| kind.as_str().to_owned()),
        health_check_enabled: group.health_check_enabled(),
        cross_zone,
        target_group_arn: arn,
    });
}

/// Gives instances their zones. DescribeTargetHealth names no zone for a target that is registered by its
/// instance id (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetDescription.html>),
/// but the instance's interface stands in it. Where that was not to be had, the zone stays unknown.
pub(super) async fn place_instances(
    scope: &Scope,
    network: Option<&Network>,
    zones: &Zones,
    tables: &mut Tables,
) {
    let of_instances: BTreeSet<&str> = tables
        .target_group
        .iter()
        .filter(|group| group.target_type.as_deref() == Some("instance"))
        .map(|group| group.target_group_arn.as_str())
        .collect();
    let mut homeless: Vec<&mut TargetHealth> = tables
        .target_health
        .iter_mut()
        .filter(|target| target.availability_zone_id.is_none())
        .filter(|target| of_instances.contains(target.target_group_arn.as_str()))
        .collect();
    let instances: BTreeSet<String> = homeless.iter().map(|target| target.target_id.clone()).collect();
    let zone_of = instance_zones(scope, network, &instances, zones).await;
    for target in &mut homeless {
        target.availability_zone_id = zone_of.get(&target.target_id).cloned();
    }
}

async fn group_cross_zone(scope: &Scope, arn: &str) -> Option<String> {
    let operation = Operation::ElbDescribeTargetGroupAttributes;
    let call = || {
        let call = scope.balancer().describe_target_group_attributes().target_group_arn(arn);
        async move { Ok(call.send().await?.attributes.unwrap_or_default()) }
    };
    let attributes = scope.call(operation, call).await?;
    scope.received(operation, attributes.len());
    attributes.iter().find(|attribute| attribute.key() == Some(CROSS_ZONE))?.value().map(str::to_owned)
}

async fn targets(scope: &Scope, arn: &str) -> Vec<types::TargetHealthDescription> {
    let operation = Operation::ElbDescribeTargetHealth;
    let call = || {
        let call = scope.balancer().describe_target_health().target_group_arn(arn);
        async move { Ok(call.send().await?.target_health_descriptions.unwrap_or_default()) }
    };
    let found = scope.call(operation, call).await.unwrap_or_default();
    scope.received(operation, found.len());
    found
}
