//! Route 53 Resolver: rules, and the VPCs in which they apply.

use axum::response::Response;
use serde_json::{Value, json};

use super::{page, unknown_action};
use crate::wire::{ApiError, Call};
use crate::world::{Account, Region};

/// The most entries in a page.
const PAGE: u64 = 100;

/// The rule that Resolver makes for everything that no other one is for.
const INTERNET: &str = "rslvr-autodefined-rr-internet-resolver";

pub fn answer(account: &Account, region: &Region, call: &Call) -> Result<Response, ApiError> {
    let (key, all) = match call.action.as_str() {
        "ListResolverRules" => ("ResolverRules", rules(account, region)),
        "ListResolverRuleAssociations" => ("ResolverRuleAssociations", associations(region)),
        _ => return Err(unknown_action(call)),
    };
    let size = match call.input["MaxResults"].as_u64() {
        None => PAGE,
        Some(size) if (1..=PAGE).contains(&size) => size,
        Some(_) => {
            return Err(ApiError::new(
                400,
                "InvalidParameterException",
                "MaxResults is not within 1 and 100",
            ));
        }
    };
    let (shown, next) = page(call, &all, size as usize, call.input["NextToken"].as_str())?;
    let mut answer = json!({ "MaxResults": size });
    answer[key] = shown.into();
    if let Some(next) = next {
        answer["NextToken"] = next.into();
    }
    Ok(call.json(answer))
}

fn rules(account: &Account, region: &Region) -> Vec<Value> {
    let arn =
        |owner: &str, id: &str| format!("arn:aws:route53resolver:{}:{owner}:resolver-rule/{id}", region.name);
    let internet = json!({
        "Id": INTERNET,
        "CreatorRequestId": "",
        "Arn": format!("arn:aws:route53resolver:{}::autodefined-rule/{INTERNET}", region.name),
        "DomainName": ".",
        "Name": "Internet Resolver",
        "OwnerId": "Route 53 Resolver",
        "RuleType": "RECURSIVE",
        "ShareStatus": "NOT_SHARED",
        "Status": "COMPLETE",
    });
    let own = region.resolver_rules.iter().map(|rule| {
        let mut value = json!({
            "Id": rule.id,
            "CreatorRequestId": "2020-01-01-18:47",
            "StatusMessage": "[Trace id: 1-5dc4b177-ff1d9d001a0f80005] Successfully created Resolver Rule.",
            "CreationTime": "2020-01-01T18:47:48.680Z",
            "ModificationTime": "2020-01-01T18:47:48.680Z",
            "Arn": arn(&rule.owner, &rule.id),
            "DomainName": format!("{}.", rule.domain_name.trim_end_matches('.')),
            "Name": format!("to-{}", rule.kind.to_lowercase()),
            "OwnerId": rule.owner,
            "RuleType": rule.kind,
            "ShareStatus": if rule.owner == account.id { "NOT_SHARED" } else { "SHARED_WITH_ME" },
            "Status": "COMPLETE",
        });
        if rule.kind == "FORWARD" {
            value["ResolverEndpointId"] = "rslvr-out-0simulated".into();
            value["TargetIps"] = json!([{ "Ip": "192.168.0.53", "Port": 53, "Protocol": "Do53" }]);
        }
        value
    });
    std::iter::once(internet).chain(own).collect()
}

fn associations(region: &Region) -> Vec<Value> {
    let internet = region.vpcs.iter().map(|vpc| {
        json!({
            "Id": format!("rslvr-autodefined-assoc-{}-internet-resolver", vpc.id),
            "Name": "System Rule Association",
            "ResolverRuleId": INTERNET,
            "Status": "COMPLETE",
            "StatusMessage": "",
            "VPCId": vpc.id,
        })
    });
    let own = region.resolver_rule_associations.iter().map(|association| {
        json!({
            "Id": association.id,
            "Name": "to-the-office",
            "ResolverRuleId": association.rule_id,
            "Status": association.status,
            "StatusMessage": "",
            "VPCId": association.vpc_id,
        })
    });
    internet.chain(own).collect()
}
