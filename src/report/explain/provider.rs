//! The provider's half of the chain: service, load balancer, listener, target group, target.

use super::node::Node;
use super::reader::{Reader, Record, is_true, maybe, text};
use crate::error::Result;
use crate::format;
use crate::table::Operation;

/// Where a link stands, which all links behind a service share.
struct Place<'a> {
    account: &'a str,
    region: &'a str,
}

/// A service and everything behind it.
pub fn service(reader: &mut Reader, row: &Record) -> Result<Node> {
    let (account, region) = (text(row, "account_id"), text(row, "region"));
    let (id, state) = (text(row, "service_id"), text(row, "service_state"));
    let place = Place { account: &account, region: &region };
    let mut node = Node::new("service", &id)
        .fact(state.clone())
        .fact(reader.account(&account))
        .fact(region.clone())
        .fact(if is_true(row, "acceptance_required") { "accepts each endpoint by hand" } else { "" })
        .broken_if(state != "Available", format!("the service is in the state {state}"));
    let wanted = [("account_id", account.as_str()), ("region", &region), ("service_id", &id)];
    let balancers = reader.rows("vpc_endpoint_service_load_balancer", &wanted, &["load_balancer_arn"])?;
    node = node.broken_if(balancers.is_empty(), "no load balancer stands behind it");
    for balancer in balancers {
        node = node.leads_to(load_balancer(reader, &place, &text(&balancer, "load_balancer_arn"))?);
    }
    Ok(node)
}

/// The rows of a table at a place that belong to one resource.
fn of(
    reader: &mut Reader,
    place: &Place,
    table: &str,
    key: (&str, &str),
    order: &[&str],
) -> Result<Vec<Record>> {
    reader.rows(table, &[("account_id", place.account), ("region", place.region), key], order)
}

fn load_balancer(reader: &mut Reader, place: &Place, arn: &str) -> Result<Node> {
    let key = ("load_balancer_arn", arn);
    let Some(row) = of(reader, place, "load_balancer", key, &["load_balancer_arn"])?.into_iter().next()
    else {
        let gap = reader.gap(place.account, place.region, Operation::ElbDescribeLoadBalancers)?;
        let mut node = Node::new("load balancer", short_name(arn))
            .broken_if(gap.is_none(), "the service names it, and it does not exist")
            .not_seen(gap);
        node.id = Some(arn.to_owned());
        return Ok(node);
    };
    let zones = of(reader, place, "load_balancer_zone", key, &["availability_zone_id"])?;
    let zones: Vec<String> = zones.iter().map(|zone| text(zone, "availability_zone_id")).collect();
    let state = maybe(&row, "state");
    let cross_zone = row.get("cross_zone_enabled").and_then(serde_json::Value::as_bool);
    let mut node = Node::new("load balancer", text(&row, "load_balancer_name"))
        .fact(text(&row, "load_balancer_type"))
        .fact(state.clone().unwrap_or_default())
        .fact(zones.join(" "))
        .fact(match cross_zone {
            Some(true) => "cross-zone on",
            Some(false) => "cross-zone off",
            None => "",
        })
        .broken_if(state.as_deref() == Some("failed"), "it failed")
        .broken_if(state.as_deref() == Some("provisioning"), "it is still being set up");
    node.id = Some(arn.to_owned());
    let groups = of(reader, place, "target_group", key, &["target_group_name", "target_group_arn"])?;
    let listeners = of(reader, place, "listener", key, &["port", "protocol", "listener_arn"])?;
    let no_listeners = reader.gap(place.account, place.region, Operation::ElbDescribeListeners)?;
    let no_groups = reader.gap(place.account, place.region, Operation::ElbDescribeTargetGroups)?;
    node = node
        .broken_if(listeners.is_empty() && no_listeners.is_none(), "it has no listener")
        .not_seen(no_listeners)
        .not_seen(no_groups.clone());
    let mut reached = Vec::new();
    for listener in listeners {
        let arns: Vec<String> = text(&listener, "target_group_arns").split(", ").map(str::to_owned).collect();
        let mut link = self::listener(&listener);
        for arn in arns.iter().filter(|arn| !arn.is_empty()) {
            link = link.leads_to(match groups.iter().find(|group| text(group, "target_group_arn") == *arn) {
                Some(group) => target_group(reader, place, group)?,
                None => Node::new("target group", short_name(arn))
                    .broken_if(no_groups.is_none(), "the listener names it, and it does not exist")
                    .not_seen(no_groups.clone()),
            });
        }
        reached.extend(arns);
        node = node.leads_to(link);
    }
    for group in groups.iter().filter(|group| !reached.contains(&text(group, "target_group_arn"))) {
        // Without the listeners, or in a snapshot that does not say where they forward to, the
        // target group stands directly behind its load balancer.
        node = node.leads_to(target_group(reader, place, group)?);
    }
    Ok(node)
}

fn listener(row: &Record) -> Node {
    let name = [text(row, "protocol"), text(row, "port")].join(" ");
    let forwards_to = row.get("target_group_arns").and_then(serde_json::Value::as_str);
    let mut node = Node::new("listener", name.trim())
        .broken_if(forwards_to == Some(""), "it forwards to no target group");
    node.id = maybe(row, "listener_arn");
    node
}

fn target_group(reader: &mut Reader, place: &Place, row: &Record) -> Result<Node> {
    let arn = text(row, "target_group_arn");
    let key = ("target_group_arn", arn.as_str());
    let targets = of(reader, place, "target_health", key, &["target_id", "port"])?;
    let gap = reader.gap(place.account, place.region, Operation::ElbDescribeTargetHealth)?;
    let with =
        |words: &[&str]| targets.iter().filter(|row| words.contains(&text(row, "state").as_str())).count();
    let (all, healthy, unknown) = (targets.len(), with(&["healthy"]), with(&["unavailable"]));
    let starting = with(&["initial"]);
    let mut node = Node::new("target group", text(row, "target_group_name"))
        .fact([text(row, "protocol"), text(row, "port")].join(" ").trim().to_owned())
        .fact(text(row, "target_type"))
        .fact(match (all, unknown) {
            (0, _) => String::new(),
            (all, unknown) if all == unknown => "health is not checked".to_owned(),
            _ => format!("{healthy} of {} healthy", format::count(all as i64, "target")),
        })
        .fact(if starting > 0 { format!("{starting} starting") } else { String::new() })
        .broken_if(all == 0 && gap.is_none(), "no target is registered")
        .broken_if(
            all > 0 && healthy == 0 && unknown == 0 && starting == 0,
            format!("none of {} is healthy", format::count(all as i64, "target")),
        )
        .not_seen(gap);
    node.id = Some(arn.clone());
    for target in &targets {
        node = node.leads_to(self::target(target));
    }
    Ok(node)
}

fn target(row: &Record) -> Node {
    let state = text(row, "state");
    let why = match maybe(row, "reason") {
        Some(reason) => format!("{state} ({reason})"),
        None => state.clone(),
    };
    Node::new("target", text(row, "target_id"))
        .fact(maybe(row, "port").map_or_else(String::new, |port| format!("port {port}")))
        .fact(text(row, "availability_zone_id"))
        .fact(if state.starts_with("unhealthy") { String::new() } else { why.clone() })
        .broken_if(state.starts_with("unhealthy"), why)
        .not_seen((state == "unavailable").then(|| "its health is not checked".to_owned()))
}

/// `net/orders/50dc6c495c0c9188` of a load balancer's ARN, `orders/73e2d6bc24d8a067` of a target
/// group's.
fn short_name(arn: &str) -> String {
    arn.split_once('/').map_or(arn, |(_, name)| name).to_owned()
}
