//! What lets traffic through or keeps it out: the rules of security groups, the prefix lists to which
//! they refer, and network ACLs.

use std::collections::BTreeSet;

use aws_sdk_ec2::types;

use super::endpoint::Endpoint;
use super::filter::filtered;
use super::scope::{Pages, Scope};
use crate::table::{
    ManagedPrefixListEntry, NetworkAclAssociation, NetworkAclEntry, Operation, SecurityGroupRule, Tables,
};

/// The most that DescribeSecurityGroupRules and DescribeNetworkAcls give in a page.
const PAGE: i32 = 1000;

/// The most that GetManagedPrefixListEntries gives in a page.
const ENTRY_PAGE: i32 = 100;

/// Reads what guards the endpoints, and enters it.
pub(super) async fn firewall(scope: &Scope, endpoints: &[Endpoint]) -> Tables {
    let mut tables = Tables::default();
    let (rules, acls) = tokio::join!(security_group_rules(scope, endpoints), network_acls(scope, endpoints));
    let lists: BTreeSet<&str> = rules
        .iter()
        .filter(|rule| !rule.is_egress().unwrap_or(false))
        .filter_map(|rule| rule.prefix_list_id())
        .collect();
    for list in lists {
        let entries = prefix_list_entries(scope, list).await;
        tables.managed_prefix_list_entry.extend(entries.items.iter().filter_map(|entry| {
            Some(ManagedPrefixListEntry {
                account_id: scope.account_id.clone(),
                region: scope.region.clone(),
                prefix_list_id: list.to_owned(),
                cidr: entry.cidr()?.to_owned(),
            })
        }));
    }
    tables.security_group_rule.extend(rules.iter().map(|rule| rule_row(scope, rule)));
    for acl in &acls {
        enter_acl(scope, acl, &mut tables);
    }
    tables
}

/// The operation has no filter for VPCs, so the groups are named.
async fn security_group_rules(scope: &Scope, endpoints: &[Endpoint]) -> Vec<types::SecurityGroupRule> {
    let groups: BTreeSet<&str> =
        endpoints.iter().flat_map(|endpoint| &endpoint.group_ids).map(String::as_str).collect();
    let groups: Vec<&str> = groups.into_iter().collect();
    filtered("group-id", &groups, |filter: types::Filter| async move {
        scope
            .pages(Operation::Ec2DescribeSecurityGroupRules, |token| {
                let call = scope.ec2().describe_security_group_rules().filters(filter.clone());
                let call = call.max_results(PAGE).set_next_token(token);
                async move {
                    let page = call.send().await?;
                    Ok((page.security_group_rules.unwrap_or_default(), page.next_token))
                }
            })
            .await
    })
    .await
}

async fn prefix_list_entries(scope: &Scope, list: &str) -> Pages<types::PrefixListEntry> {
    scope
        .pages(Operation::Ec2GetManagedPrefixListEntries, |token| {
            let call = scope
                .ec2()
                .get_managed_prefix_list_entries()
                .prefix_list_id(list)
                .max_results(ENTRY_PAGE)
                .set_next_token(token);
            async move {
                let page = call.send().await?;
                Ok((page.entries.unwrap_or_default(), page.next_token))
            }
        })
        .await
}

async fn network_acls(scope: &Scope, endpoints: &[Endpoint]) -> Vec<types::NetworkAcl> {
    let vpcs = super::endpoint::vpc_ids(endpoints);
    filtered("vpc-id", &vpcs, |filter: types::Filter| async move {
        scope
            .pages(Operation::Ec2DescribeNetworkAcls, |token| {
                let call = scope.ec2().describe_network_acls().filters(filter.clone());
                let call = call.max_results(PAGE).set_next_token(token);
                async move {
                    let page = call.send().await?;
                    Ok((page.network_acls.unwrap_or_default(), page.next_token))
                }
            })
            .await
    })
    .await
}

fn rule_row(scope: &Scope, rule: &types::SecurityGroupRule) -> SecurityGroupRule {
    let text = |given: Option<&str>| given.filter(|text| !text.is_empty()).map(str::to_owned);
    SecurityGroupRule {
        account_id: scope.account_id.clone(),
        region: scope.region.clone(),
        security_group_rule_id: rule.security_group_rule_id().unwrap_or_default().to_owned(),
        group_id: rule.group_id().unwrap_or_default().to_owned(),
        is_egress: rule.is_egress().unwrap_or(false),
        ip_protocol: rule.ip_protocol().unwrap_or_default().to_owned(),
        from_port: rule.from_port().map(i64::from),
        to_port: rule.to_port().map(i64::from),
        cidr_ipv4: text(rule.cidr_ipv4()),
        cidr_ipv6: text(rule.cidr_ipv6()),
        prefix_list_id: text(rule.prefix_list_id()),
        referenced_group_id: text(rule.referenced_group_info().and_then(|group| group.group_id())),
        referenced_vpc_id: text(rule.referenced_group_info().and_then(|group| group.vpc_id())),
    }
}

fn enter_acl(scope: &Scope, acl: &types::NetworkAcl, tables: &mut Tables) {
    let id = acl.network_acl_id().unwrap_or_default();
    tables.network_acl_association.extend(acl.associations().iter().filter_map(|association| {
        Some(NetworkAclAssociation {
            account_id: scope.account_id.clone(),
            region: scope.region.clone(),
            subnet_id: association.subnet_id()?.to_owned(),
            network_acl_id: id.to_owned(),
        })
    }));
    tables.network_acl_entry.extend(acl.entries().iter().map(|entry| NetworkAclEntry {
        account_id: scope.account_id.clone(),
        region: scope.region.clone(),
        network_acl_id: id.to_owned(),
        vpc_id: acl.vpc_id().unwrap_or_default().to_owned(),
        egress: entry.egress().unwrap_or(false),
        rule_number: entry.rule_number().map_or(0, i64::from),
        rule_action: entry.rule_action().map_or("", |action| action.as_str()).to_owned(),
        protocol: entry.protocol().unwrap_or("-1").to_owned(),
        cidr_block: entry.cidr_block().map(str::to_owned),
        ipv6_cidr_block: entry.ipv6_cidr_block().map(str::to_owned),
        from_port: entry.port_range().and_then(|range| range.from()).map(i64::from),
        to_port: entry.port_range().and_then(|range| range.to()).map(i64::from),
    }));
}
