//! Security group rules, prefix lists, network ACLs, NAT gateways, VPC attributes.

use super::{Context, tag_set};
use crate::wire::{ApiError, Xml};
use crate::world::{AclEntry, Peer, seed_of};

pub(super) fn security_group_rules(context: &Context) -> Result<Xml, ApiError> {
    let ids = context.call.parameters.list("SecurityGroupRuleId");
    let groups = &context.region.security_groups;
    let rules = groups.iter().flat_map(|group| group.rules.iter().map(move |rule| (group, rule)));
    let (rules, next) = context.select(
        rules,
        5..=1000,
        &ids,
        |(_, rule)| rule.id.clone(),
        |(group, rule), filter| match filter {
            "group-id" => Some(vec![group.id.clone()]),
            "security-group-rule-id" => Some(vec![rule.id.clone()]),
            _ => None,
        },
    )?;
    let mut xml = Xml::default();
    xml.items("securityGroupRuleSet", rules, |xml, (group, rule)| {
        let (from, to) = rule.ports.map_or((-1, -1), |(from, to)| (i64::from(from), i64::from(to)));
        xml.text("securityGroupRuleId", &rule.id)
            .text("groupId", &group.id)
            .text("groupOwnerId", &context.account.id)
            .text("isEgress", rule.is_egress)
            .text("ipProtocol", rule.protocol)
            .maybe("description", rule.description)
            .text("fromPort", from)
            .text("toPort", to);
        match &rule.peer {
            Peer::Ipv4(cidr) => drop(xml.text("cidrIpv4", cidr)),
            Peer::Ipv6(cidr) => drop(xml.text("cidrIpv6", cidr)),
            Peer::List(id) => drop(xml.text("prefixListId", id)),
            Peer::Group(id) => drop(xml.element("referencedGroupInfo", |xml| {
                xml.text("groupId", id).text("userId", &context.account.id);
            })),
            Peer::Peered { group, account, vpc, peering } => {
                xml.element("referencedGroupInfo", |xml| {
                    xml.text("groupId", group)
                        .text("userId", account)
                        .text("vpcId", vpc)
                        .text("vpcPeeringConnectionId", peering)
                        .text("peeringStatus", "active");
                });
            }
        }
        tag_set(xml, &[]);
    })
    .maybe("nextToken", next);
    Ok(xml)
}

pub(super) fn prefix_list_entries(context: &Context) -> Result<Xml, ApiError> {
    let id = context.call.parameters.get("PrefixListId").unwrap_or_default();
    let list = context.region.prefix_lists.iter().find(|list| list.id == id).ok_or_else(|| {
        ApiError::new(
            400,
            "InvalidPrefixListID.NotFound",
            &format!("The prefix list ID '{id}' does not exist"),
        )
    })?;
    let (cidrs, next) = context.select(&list.cidrs, 1..=100, &[], |cidr| (*cidr).clone(), |_, _| None)?;
    let mut xml = Xml::default();
    xml.items("entrySet", cidrs, |xml, cidr| {
        xml.text("cidr", cidr);
    })
    .maybe("nextToken", next);
    Ok(xml)
}

pub(super) fn network_acls(context: &Context) -> Result<Xml, ApiError> {
    let ids = context.call.parameters.list("NetworkAclId");
    let (acls, next) = context.select(
        &context.region.network_acls,
        5..=1000,
        &ids,
        |acl| acl.id.clone(),
        |acl, filter| match filter {
            "vpc-id" => Some(vec![acl.vpc_id.clone()]),
            "association.subnet-id" => Some(acl.subnet_ids.clone()),
            _ => None,
        },
    )?;
    let mut xml = Xml::default();
    xml.items("networkAclSet", acls, |xml, acl| {
        xml.text("networkAclId", &acl.id)
            .text("vpcId", &acl.vpc_id)
            .text("ownerId", &context.account.id)
            .text("default", acl.is_default);
        tag_set(xml, &[]);
        // AWS's own last entries deny what no other has decided, those for IPv6 where the VPC has such a range.
        let mut last: Vec<AclEntry> =
            [true, false].map(|egress| AclEntry::new(32767, egress, false, None)).into();
        if acl.entries.iter().any(|entry| entry.cidr.contains(':')) {
            last.extend([true, false].map(|egress| AclEntry::new(32767, egress, false, None).and_ipv6()));
        }
        xml.items("entrySet", acl.entries.iter().chain(&last), |xml, entry| {
            xml.text("ruleNumber", entry.number)
                .text("protocol", entry.protocol)
                .text("ruleAction", if entry.allows { "allow" } else { "deny" })
                .text("egress", entry.egress)
                .text(if entry.cidr.contains(':') { "ipv6CidrBlock" } else { "cidrBlock" }, &entry.cidr);
            if let Some((from, to)) = entry.ports {
                xml.element("portRange", |xml| {
                    xml.text("from", from).text("to", to);
                });
            }
        });
        xml.items("associationSet", &acl.subnet_ids, |xml, subnet| {
            xml.text("networkAclAssociationId", format!("aclassoc-{}", &subnet[7..]))
                .text("networkAclId", &acl.id)
                .text("subnetId", subnet);
        });
    })
    .maybe("nextToken", next);
    Ok(xml)
}

pub(super) fn nat_gateways(context: &Context) -> Result<Xml, ApiError> {
    let ids = context.call.parameters.list("NatGatewayId");
    let (gateways, next) = context.select(
        &context.region.nat_gateways,
        5..=1000,
        &ids,
        |gateway| gateway.id.clone(),
        |gateway, filter| match filter {
            "vpc-id" => Some(vec![gateway.vpc_id.clone()]),
            "subnet-id" => Some(gateway.subnet_id.clone().into_iter().collect()),
            "state" => Some(vec![gateway.state.to_owned()]),
            _ => None,
        },
    )?;
    let mut xml = Xml::default();
    xml.items("natGatewaySet", gateways, |xml, gateway| {
        xml.text("natGatewayId", &gateway.id)
            .text("vpcId", &gateway.vpc_id)
            .maybe("subnetId", gateway.subnet_id.as_ref())
            .text("state", gateway.state)
            .text("connectivityType", gateway.connectivity)
            .text("createTime", context.days_ago(300, ""));
        if gateway.state == "deleted" {
            xml.text("deleteTime", context.days_ago(0, ""));
        }
        // A regional gateway has addresses as its zones need them.
        let mode = if gateway.subnet_id.is_some() { "zonal" } else { "regional" };
        xml.text("availabilityMode", mode);
        let number = seed_of(&gateway.id);
        xml.items("natGatewayAddressSet", &gateway.seat, |xml, (address, interface)| {
            xml.text("networkInterfaceId", interface)
                .text("privateIp", address)
                .text("isPrimary", true)
                .text("status", "succeeded");
            if gateway.connectivity == "public" {
                xml.text("allocationId", format!("eipalloc-0{number:016x}"))
                    .text("associationId", format!("eipassoc-0{number:016x}"))
                    .text("publicIp", super::public_address(&gateway.id));
            }
        });
        tag_set(xml, &[("Name".to_owned(), "nat".to_owned())]);
    })
    .maybe("nextToken", next);
    Ok(xml)
}

/// One VPC and one attribute.
pub(super) fn vpc_attribute(context: &Context) -> Result<Xml, ApiError> {
    let id = context.call.parameters.get("VpcId").unwrap_or_default();
    let vpc = context.region.vpcs.iter().find(|vpc| vpc.id == id).ok_or_else(|| {
        ApiError::new(400, "InvalidVpcID.NotFound", &format!("The vpc ID '{id}' does not exist"))
    })?;
    let name = context.call.parameters.get("Attribute").unwrap_or_default();
    let value = match name {
        "enableDnsSupport" => vpc.dns_support,
        "enableDnsHostnames" => vpc.dns_hostnames,
        "enableNetworkAddressUsageMetrics" => false,
        _ => {
            return Err(ApiError::invalid_parameter(&format!(
                "Value ({name}) for parameter Attribute is invalid."
            )));
        }
    };
    let mut xml = Xml::default();
    xml.text("vpcId", id).element(name, |xml| {
        xml.text("value", value);
    });
    Ok(xml)
}
