//! Route 53 Resolver: the rules by which queries leave a VPC, and the VPCs in which they apply. Once for
//! an account and Region.

use std::collections::BTreeSet;

use aws_sdk_route53resolver::types;

use super::endpoint::{Endpoint, is_named_privately, vpc_ids};
use super::hosted_zone::hosted_zones;
use super::scope::Scope;
use crate::table::{Operation, ResolverRule, ResolverRuleAssociation, ServiceDetailPrivateDnsName, Tables};

/// The most that these operations give in a page.
const PAGE: i32 = 100;

/// Reads what could answer before an endpoint's private DNS: rules and zones. Nothing is asked where no
/// endpoint has a name of that kind.
pub(super) async fn names(
    scope: &Scope,
    endpoints: &[Endpoint],
    names: &[ServiceDetailPrivateDnsName],
) -> Tables {
    if !endpoints.iter().any(|endpoint| is_named_privately(&endpoint.row, names)) {
        return Tables::default();
    }
    let (hosted_zone, resolver_rule, associations) =
        tokio::join!(hosted_zones(scope, endpoints, names), rules(scope), associations(scope));
    let vpcs: BTreeSet<&str> = vpc_ids(endpoints).into_iter().collect();
    let resolver_rule_association =
        associations.into_iter().filter(|row| vpcs.contains(row.vpc_id.as_str())).collect();
    Tables { hosted_zone, resolver_rule, resolver_rule_association, ..Tables::default() }
}

async fn rules(scope: &Scope) -> Vec<ResolverRule> {
    let pages = scope
        .pages(Operation::Route53ResolverListResolverRules, |token| {
            let call = scope.resolver().list_resolver_rules().max_results(PAGE).set_next_token(token);
            async move {
                let page = call.send().await?;
                Ok((page.resolver_rules.unwrap_or_default(), page.next_token))
            }
        })
        .await;
    pages.items.iter().map(|rule| rule_row(scope, rule)).collect()
}

async fn associations(scope: &Scope) -> Vec<ResolverRuleAssociation> {
    let pages = scope
        .pages(Operation::Route53ResolverListResolverRuleAssociations, |token| {
            let call =
                scope.resolver().list_resolver_rule_associations().max_results(PAGE).set_next_token(token);
            async move {
                let page = call.send().await?;
                Ok((page.resolver_rule_associations.unwrap_or_default(), page.next_token))
            }
        })
        .await;
    pages.items.iter().map(|association| association_row(scope, association)).collect()
}

fn rule_row(scope: &Scope, rule: &types::ResolverRule) -> ResolverRule {
    ResolverRule {
        account_id: scope.account_id.clone(),
        region: scope.region.clone(),
        resolver_rule_id: rule.id().unwrap_or_default().to_owned(),
        name: rule.name().map(str::to_owned),
        domain_name: domain_name(rule.domain_name().unwrap_or_default()),
        rule_type: rule.rule_type().map_or("", |kind| kind.as_str()).to_owned(),
        status: rule.status().map(|status| status.as_str().to_owned()),
        owner_id: rule.owner_id().map(str::to_owned),
        resolver_endpoint_id: rule.resolver_endpoint_id().map(str::to_owned),
    }
}

fn association_row(scope: &Scope, association: &types::ResolverRuleAssociation) -> ResolverRuleAssociation {
    ResolverRuleAssociation {
        account_id: scope.account_id.clone(),
        region: scope.region.clone(),
        resolver_rule_association_id: association.id().unwrap_or_default().to_owned(),
        resolver_rule_id: association.resolver_rule_id().unwrap_or_default().to_owned(),
        vpc_id: association.vpc_id().unwrap_or_default().to_owned(),
        status: association.status().map(|status| status.as_str().to_owned()),
    }
}

/// A domain name in one spelling: Route 53 writes `example.com.`, EC2 `example.com`. The root stays `.`.
pub(super) fn domain_name(given: &str) -> String {
    let lower = given.to_ascii_lowercase();
    match lower.strip_suffix('.') {
        Some(bare) if !bare.is_empty() => bare.to_owned(),
        _ => lower,
    }
}

#[cfg(test)]
mod tests {
    use super::domain_name;

    #[test]
    fn names_lose_their_final_dot_and_the_root_keeps_it() {
        assert_eq!(domain_name("SQS.us-east-1.amazonaws.com."), "sqs.us-east-1.amazonaws.com");
        assert_eq!(domain_name("sqs.us-east-1.amazonaws.com"), "sqs.us-east-1.amazonaws.com");
        assert_eq!(domain_name("."), ".");
    }
}
