//! Security group rules, prefix lists, network ACLs, NAT gateways, VPC attributes.

use super::Context;
use crate::wire::{ApiError, Xml};
use crate::world::{AclEntry, Peer};

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
        let (protocol, (from, to)) = match rule.ports {
            Some((from, to)) => ("tcp", (i64::from(from), i64::from(to))),
            None => ("-1", (-1, -1)),
        };
        xml.text("securityGroupRuleId", &rule.id)
            .text("groupId", &group.id)
            .text("groupOwnerId", &context.account.id)
            .text("isEgress", rule.is_egress)
            .text("ipProtocol", protocol)
            .text("fromPort", from)
            .text("toPort", to);
        match &rule.peer {
            Peer::Ipv4(cidr) => drop(xml.text("cidrIpv4", cidr)),
            Peer::Ipv6(cidr) => drop(xml.text("cidrIpv6", cidr)),
            Peer::List(id) => drop(xml.text("prefixListId", id)),
            Peer::Group(id) => drop(xml.element("referencedGroupInfo", |xml| {
                xml.text("groupId", id).text("userId", &context.account.id);
            })),
        }
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
        xml.text("cidr", cidr).text("description", "");
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
            .text("default", false);
        // AWS's own last entries deny what no other has decided.
        let last = [false, true].map(|egress| AclEntry::new(32767, egress, false, None));
        xml.items("entrySet", acl.entries.iter().chain(&last), |xml, entry| {
            xml.text("ruleNumber", entry.number)
                .text("protocol", if entry.ports.is_some() { "6" } else { "-1" })
                .text("ruleAction", if entry.allows { "allow" } else { "deny" })
                .text("egress", entry.egress)
                .text("cidrBlock", &entry.cidr);
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
            "subnet-id" => Some(vec![gateway.subnet_id.clone()]),
            "state" => Some(vec!["available".to_owned()]),
            _ => None,
        },
    )?;
    let mut xml = Xml::default();
    xml.items("natGatewaySet", gateways, |xml, gateway| {
        xml.text("natGatewayId", &gateway.id)
            .text("vpcId", &gateway.vpc_id)
            .text("subnetId", &gateway.subnet_id)
            .text("state", "available")
            .text("connectivityType", gateway.connectivity)
            .text("createTime", context.days_ago(300));
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
