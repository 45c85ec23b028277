//! Elastic Load Balancing v2.

use axum::response::Response;

use super::{page, unknown_action};
use crate::wire::{ApiError, Call, Xml};
use crate::world::{Balancer, Region, TargetGroup, World};

/// The most in a page.
const PAGE: usize = 400;

pub fn answer(world: &World, region: &Region, call: &Call) -> Result<Response, ApiError> {
    let xml = match call.action.as_str() {
        "DescribeLoadBalancers" => balancers(world, region, call)?,
        "DescribeLoadBalancerAttributes" => balancer_attributes(region, call)?,
        "DescribeListeners" => listeners(region, call)?,
        "DescribeTargetGroups" => target_groups(region, call)?,
        "DescribeTargetGroupAttributes" => target_group_attributes(region, call)?,
        "DescribeTargetHealth" => target_health(region, call)?,
        _ => return Err(unknown_action(call)),
    };
    Ok(call.xml(xml))
}

fn paged<T: Clone>(items: &[T], call: &Call) -> Result<(Vec<T>, Option<String>), ApiError> {
    let size = call.parameters.get("PageSize").and_then(|size| size.parse().ok()).unwrap_or(PAGE);
    if !(1..=PAGE).contains(&size) {
        return Err(ApiError::new(400, "ValidationError", "PageSize must be between 1 and 400"));
    }
    page(call, items, size, call.parameters.get("Marker"))
}

fn balancer<'a>(region: &'a Region, arn: &str) -> Result<&'a Balancer, ApiError> {
    region.balancers.iter().find(|balancer| balancer.arn == arn).ok_or_else(|| {
        ApiError::new(400, "LoadBalancerNotFound", &format!("Load balancer '{arn}' not found"))
    })
}

fn group<'a>(region: &'a Region, call: &Call) -> Result<&'a TargetGroup, ApiError> {
    let arn = call.parameters.get("TargetGroupArn").unwrap_or_default();
    region
        .target_groups
        .iter()
        .find(|group| group.arn == arn)
        .ok_or_else(|| ApiError::new(400, "TargetGroupNotFound", &format!("Target group '{arn}' not found")))
}

/// One unknown ARN in a list refuses the whole list, as AWS does.
fn balancers(world: &World, region: &Region, call: &Call) -> Result<Xml, ApiError> {
    let arns = call.parameters.list("LoadBalancerArns");
    let found = if arns.is_empty() {
        region.balancers.iter().collect()
    } else {
        arns.iter().map(|arn| balancer(region, arn)).collect::<Result<Vec<_>, _>>()?
    };
    let (found, next) = paged(&found, call)?;
    let mut xml = Xml::default();
    xml.members("LoadBalancers", found, |xml, balancer| {
        xml.text("LoadBalancerArn", &balancer.arn)
            .text("LoadBalancerName", &balancer.name)
            .text("Type", balancer.kind)
            .text("Scheme", "internal")
            .text("VpcId", &balancer.vpc_id)
            .text("IpAddressType", "ipv4")
            .text("CreatedTime", world.days_ago(balancer.age_days))
            .element("State", |xml| {
                xml.text("Code", "active");
            })
            .members("AvailabilityZones", &balancer.subnets, |xml, (subnet, zone)| {
                xml.text("ZoneName", region.zones.get(*zone).map_or("", |zone| &zone.name))
                    .text("SubnetId", subnet);
            })
            .maybe("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic", balancer.enforces_security_groups);
    })
    .maybe("NextMarker", next);
    Ok(xml)
}

fn attributes(attributes: &[(&str, &str)]) -> Xml {
    let mut xml = Xml::default();
    xml.members("Attributes", attributes, |xml, (key, value)| {
        xml.text("Key", key).text("Value", value);
    });
    xml
}

fn balancer_attributes(region: &Region, call: &Call) -> Result<Xml, ApiError> {
    let balancer = balancer(region, call.parameters.get("LoadBalancerArn").unwrap_or_default())?;
    let cross_zone = if balancer.cross_zone { "true" } else { "false" };
    Ok(attributes(&[
        ("deletion_protection.enabled", "false"),
        ("load_balancing.cross_zone.enabled", cross_zone),
    ]))
}

fn listeners(region: &Region, call: &Call) -> Result<Xml, ApiError> {
    let balancer = balancer(region, call.parameters.get("LoadBalancerArn").unwrap_or_default())?;
    let groups: Vec<&TargetGroup> =
        region.target_groups.iter().filter(|group| group.balancer_arn == balancer.arn).collect();
    let (groups, next) = paged(&groups, call)?;
    let mut xml = Xml::default();
    xml.members("Listeners", groups, |xml, group| {
        xml.text("ListenerArn", balancer.arn.replace(":loadbalancer/", ":listener/") + "/0123456789abcdef")
            .text("LoadBalancerArn", &balancer.arn)
            .maybe("Port", balancer.port)
            .text("Protocol", group.protocol)
            .members("DefaultActions", [group], |xml, group| {
                xml.text("Type", "forward").text("TargetGroupArn", &group.arn);
            });
    })
    .maybe("NextMarker", next);
    Ok(xml)
}

fn target_groups(region: &Region, call: &Call) -> Result<Xml, ApiError> {
    let arn = call.parameters.get("LoadBalancerArn");
    if let Some(arn) = arn {
        balancer(region, arn)?;
    }
    let groups: Vec<&TargetGroup> =
        region.target_groups.iter().filter(|group| arn.is_none_or(|arn| group.balancer_arn == arn)).collect();
    let (groups, next) = paged(&groups, call)?;
    let mut xml = Xml::default();
    xml.members("TargetGroups", groups, |xml, group| {
        xml.text("TargetGroupArn", &group.arn)
            .text("TargetGroupName", &group.name)
            .text("Protocol", group.protocol)
            .text("Port", if group.protocol == "TCP" { 443 } else { 6081 })
            .text("TargetType", "instance")
            .text("HealthCheckEnabled", group.targets.iter().all(|target| target.state != "unavailable"))
            .text("HealthCheckProtocol", "TCP")
            .element("LoadBalancerArns", |xml| {
                xml.text("member", &group.balancer_arn);
            });
    })
    .maybe("NextMarker", next);
    Ok(xml)
}

fn target_group_attributes(region: &Region, call: &Call) -> Result<Xml, ApiError> {
    let group = group(region, call)?;
    Ok(attributes(&[
        ("deregistration_delay.timeout_seconds", "300"),
        ("load_balancing.cross_zone.enabled", group.cross_zone),
    ]))
}

fn target_health(region: &Region, call: &Call) -> Result<Xml, ApiError> {
    let group = group(region, call)?;
    let mut xml = Xml::default();
    xml.members("TargetHealthDescriptions", &group.targets, |xml, target| {
        xml.element("Target", |xml| {
            xml.text("Id", &target.id)
                .text("Port", 443)
                .text("AvailabilityZone", region.zones.get(target.zone).map_or("", |zone| &zone.name));
        })
        .text("HealthCheckPort", 443)
        .element("TargetHealth", |xml| {
            xml.text("State", target.state).maybe("Reason", target.reason());
        });
    });
    Ok(xml)
}
