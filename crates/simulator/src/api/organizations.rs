//! Organizations: pages of 20, one of them empty though more follow, as happens at AWS.

use axum::response::Response;
use jiff::ToSpan;
use serde_json::{Value, json};

use super::unknown_action;
use crate::wire::{ApiError, Call};
use crate::world::{Account, World, seed_of};

/// The most accounts in a page.
const PAGE: usize = 20;

pub fn answer(world: &World, account: &Account, call: &Call) -> Result<Response, ApiError> {
    // An account that stands alone has no organization
    // (https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeOrganization.html).
    if world.is_standalone {
        return Err(ApiError::new(
            400,
            "AWSOrganizationsNotInUseException",
            "Your account is not a member of an organization.",
        ));
    }
    let trusted = account.is_management || world.delegated_administrator.as_deref() == Some(&account.id);
    if !trusted && call.action != "DescribeOrganization" {
        return Err(ApiError::new(
            400,
            "AccessDeniedException",
            "You don't have permissions to access this resource.",
        ));
    }
    let value = match call.action.as_str() {
        "DescribeOrganization" => describe(world),
        "ListAccounts" => match call.endless_token() {
            Some(next) => {
                let is_first = call.input["NextToken"].as_str().is_none_or(|token| token == next);
                let mut answer =
                    if is_first { list(world, &Value::Null)? } else { json!({ "Accounts": [] }) };
                answer["NextToken"] = next.into();
                answer
            }
            None => list(world, &call.input)?,
        },
        "ListTagsForResource" => tags(world, &call.input)?,
        _ => return Err(unknown_action(call)),
    };
    Ok(call.json(value))
}

fn describe(world: &World) -> Value {
    let management = &world.management_account().id;
    let id = &world.organization_id;
    json!({ "Organization": {
        "Id": id,
        "Arn": format!("arn:aws:organizations::{management}:organization/{id}"),
        "FeatureSet": "ALL",
        "MasterAccountId": management,
        "MasterAccountArn": format!("arn:aws:organizations::{management}:account/{id}/{management}"),
        "MasterAccountEmail": "management@example.com",
        "AvailablePolicyTypes": [{ "Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED" }],
    }})
}

/// Accounts in pages. After the first page comes an empty one with a token.
fn list(world: &World, input: &Value) -> Result<Value, ApiError> {
    let size = input["MaxResults"].as_u64().map_or(PAGE, |size| (size as usize).clamp(1, PAGE));
    let invalid =
        || ApiError::new(400, "InvalidInputException", "You specified an invalid value for NextToken.");
    let (start, empty) = match input["NextToken"].as_str() {
        None => (0, false),
        Some(token) => {
            let empty = token.starts_with("empty-");
            let offset = token.rsplit('-').next().and_then(|offset| offset.parse::<usize>().ok());
            (offset.filter(|offset| *offset <= world.accounts.len()).ok_or_else(invalid)?, empty)
        }
    };
    if empty {
        return Ok(json!({ "Accounts": [], "NextToken": format!("accounts-{start}") }));
    }
    let end = (start + size).min(world.accounts.len());
    let accounts: Vec<Value> =
        world.accounts[start..end].iter().map(|account| describe_account(world, account)).collect();
    let mut answer = json!({ "Accounts": accounts });
    if end < world.accounts.len() {
        let kind = if start == 0 { "empty" } else { "accounts" };
        answer["NextToken"] = format!("{kind}-{end}").into();
    }
    Ok(answer)
}

/// Every account is tagged with its stage: the last part of its name.
fn tags(world: &World, input: &Value) -> Result<Value, ApiError> {
    let account = input["ResourceId"].as_str().and_then(|id| world.account(id)).ok_or_else(|| {
        ApiError::new(400, "TargetNotFoundException", "We can't find the specified target.")
    })?;
    let stage = account.name.split('-').nth(1).unwrap_or(&account.name);
    Ok(json!({ "Tags": [{ "Key": "environment", "Value": stage }] }))
}

fn describe_account(world: &World, account: &Account) -> Value {
    let management = &world.management_account().id;
    let joined = world.now - (account.joined_days * 24).hours();
    let milliseconds = seed_of(&account.id) % 1000;
    // Every third account was there before the organization.
    let is_created = !seed_of(&account.id).is_multiple_of(3);
    json!({
        "Id": account.id,
        "Arn": format!("arn:aws:organizations::{management}:account/{}/{}", world.organization_id, account.id),
        "Email": format!("{}@example.com", account.name),
        "Name": account.name,
        "State": account.state,
        "Status": if account.state == "ACTIVE" { "ACTIVE" } else { "SUSPENDED" },
        "JoinedMethod": if is_created { "CREATED" } else { "INVITED" },
        "JoinedTimestamp": joined.as_second() as f64 + milliseconds as f64 / 1000.0,
        "Paths": [account.path],
    })
}
