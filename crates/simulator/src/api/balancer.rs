//! Elastic Load Balancing v2.

use axum::response::Response;

use super::{page, unknown_action};
use crate::wire::{ApiError, Call, Xml};
use crate::world::{Balancer, Region, Target, TargetGroup, World};

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
        let (name, hash) = balancer
            .arn
            .rsplit_once('/')
            .map_or(("", ""), |(rest, hash)| (rest.rsplit('/').next().unwrap_or_default(), hash));
        xml.text("LoadBalancerArn", &balancer.arn)
            .text("LoadBalancerName", &balancer.name)
            .text("Type", balancer.kind)
            .text("VpcId", &balancer.vpc_id)
            .text("CreatedTime", world.days_ago(balancer.age_days, &balancer.arn))
            .element("State", |xml| {
                xml.text("Code", "active");
            })
            .members("AvailabilityZones", &balancer.subnets, |xml, (subnet, zone)| {
                xml.text("ZoneName", region.zones.get(*zone).map_or("", |zone| &zone.name))
                    .text("SubnetId", subnet)
                    .element("LoadBalancerAddresses", |_| {});
            });
        // A Gateway Load Balancer has no name in DNS, no scheme and no type of address: example 4 of
        // https://docs.aws.amazon.com/cli/latest/reference/elbv2/create-load-balancer.html.
        if balancer.kind == "network" {
            xml.text("DNSName", format!("{name}-{hash}.elb.{}.amazonaws.com", region.name))
                .text("CanonicalHostedZoneId", "Z26RNL4JYFTOTI")
                .text("Scheme", balancer.scheme)
                .text("IpAddressType", "ipv4")
                .text("EnablePrefixForIpv6SourceNat", "off");
        }
        // Both members are there where it has security groups
        // (https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html).
        if !balancer.group_ids.is_empty() {
            xml.members("SecurityGroups", &balancer.group_ids, |xml, id| xml.content(id)).text(
                "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic",
                balancer.enforces_security_groups,
            );
        }
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
    // The order of
    // https://docs.aws.amazon.com/cli/latest/reference/elbv2/describe-load-balancer-attributes.html.
    Ok(attributes(&[
        ("access_logs.s3.enabled", "false"),
        ("access_logs.s3.bucket", ""),
        ("access_logs.s3.prefix", ""),
        ("deletion_protection.enabled", "false"),
        ("load_balancing.cross_zone.enabled", cross_zone),
    ]))
}

fn listeners(region: &Region, call: &Call) -> Result<Xml, ApiError> {
    let balancer = balancer(region, call.parameters.get("LoadBalancerArn").unwrap_or_default())?;
    let (listeners, next) = paged(&balancer.listeners, call)?;
    let mut xml = Xml::default();
    xml.members("Listeners", listeners, |xml, listener| {
        if matches!(listener.port, Some((_, "TLS"))) {
            let certificate =
                format!("{}/certificate", balancer.arn.replace(":elasticloadbalancing:", ":acm:"));
            xml.text("SslPolicy", "ELBSecurityPolicy-TLS13-1-2-2021-06").members(
                "Certificates",
                [certificate],
                |xml, arn| {
                    xml.text("CertificateArn", arn);
                },
            );
        }
        xml.text("ListenerArn", &listener.arn)
            .text("LoadBalancerArn", &balancer.arn)
            .maybe("Port", listener.port.map(|(port, _)| port))
            .maybe("Protocol", listener.port.map(|(_, protocol)| protocol))
            .members("DefaultActions", [&listener.forwards_to], |xml, groups| {
                forward(xml, groups);
            });
    })
    .maybe("NextMarker", next);
    Ok(xml)
}

/// An action that forwards: to one target group, which it then names by itself too, or to several with weights
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Action.html>).
fn forward(xml: &mut Xml, groups: &[(String, u16)]) {
    xml.text("Type", "forward");
    let is_one = groups.len() == 1;
    if let ([(arn, _)], true) = (groups, is_one) {
        xml.text("TargetGroupArn", arn);
    }
    xml.element("ForwardConfig", |xml| {
        xml.members("TargetGroups", groups, |xml, (arn, weight)| {
            xml.text("TargetGroupArn", arn).maybe("Weight", (!is_one).then_some(weight));
        });
    });
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
            .text("Port", group.port)
            .text("VpcId", &group.vpc_id)
            .text("TargetType", group.target_type)
            .text("HealthCheckEnabled", is_checked(group))
            .text("HealthCheckProtocol", "TCP")
            .text("HealthCheckPort", if group.protocol == "GENEVE" { "80" } else { "traffic-port" })
            .text("HealthCheckIntervalSeconds", 30)
            .text("HealthCheckTimeoutSeconds", 10)
            .text("HealthyThresholdCount", 5)
            .text("UnhealthyThresholdCount", 2)
            .text("IpAddressType", "ipv4")
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
        ("stickiness.enabled", "false"),
        ("deregistration_delay.timeout_seconds", "300"),
        ("stickiness.type", "source_ip"),
        ("load_balancing.cross_zone.enabled", group.cross_zone),
        ("deregistration_delay.connection_termination.enabled", "false"),
    ]))
}

fn is_checked(group: &TargetGroup) -> bool {
    group.targets.iter().all(|target| target.state != "unavailable")
}

/// Only addresses have a zone there, not instances and not load balancers
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetDescription.html>).
fn target_health(region: &Region, call: &Call) -> Result<Xml, ApiError> {
    let group = group(region, call)?;
    let checked_on = match group.protocol {
        "GENEVE" => "80".to_owned(),
        _ => group.port.to_string(),
    };
    let mut xml = Xml::default();
    xml.members("TargetHealthDescriptions", &group.targets, |xml, target| {
        let zone = target.zone.and_then(|zone| region.zones.get(zone));
        xml.element("Target", |xml| {
            xml.text("Id", &target.id)
                .text("Port", group.port)
                .maybe("AvailabilityZone", zone.map(|zone| &zone.name));
        })
        .maybe("HealthCheckPort", is_checked(group).then_some(&checked_on))
        .element("TargetHealth", |xml| {
            let reason = target.reason();
            xml.text("State", target.state)
                .maybe("Reason", reason.map(|(code, _)| code))
                .maybe("Description", reason.map(|(_, words)| words));
        })
        .element("AdministrativeOverride", |xml| write_shift(xml, target));
    });
    Ok(xml)
}

/// Whether a zonal shift keeps traffic away
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AdministrativeOverride.html>).
fn write_shift(xml: &mut Xml, target: &Target) {
    let (reason, words) = match target.shift {
        "no_override" => ("AdministrativeOverride.NoOverride", "No override is currently active on target"),
        _ => ("AdministrativeOverride.ZonalShiftActive", "Zonal shift is active on target's zone"),
    };
    xml.text("State", target.shift).text("Reason", reason).text("Description", words);
}
