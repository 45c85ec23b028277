//! What each service answers, one file per API family.

mod balancer;
mod cloudwatch;
mod cost_explorer;
mod ec2;
mod organizations;
mod pricing;
mod resolver;
mod route53;
mod sts;

use axum::response::Response;

use super::session::Sessions;
use super::wire::{ApiError, Call};
use super::world::{Account, Region, World};

/// The account that an access key belongs to. Keys of assumed roles (`ASIA`) and of users (`AKIA`)
/// carry their account; any other key is the management account's.
pub fn account_of(world: &World, access_key_id: &str) -> Option<String> {
    let digits = access_key_id.strip_prefix("ASIA").or(access_key_id.strip_prefix("AKIA"));
    match digits.and_then(|rest| rest.get(..12)) {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            world.account(digits).map(|account| account.id.clone())
        }
        _ => Some(world.management_account().id.clone()),
    }
}

/// The account that a call is about, where it is not the caller's own: that of the role.
pub fn concerned_account(call: &Call) -> Option<&str> {
    if call.action != "AssumeRole" {
        return None;
    }
    call.parameters.get("RoleArn")?.split(':').nth(4)
}

/// Answers a call.
pub fn answer(
    world: &World,
    sessions: &Sessions,
    account_id: &str,
    call: &Call,
) -> Result<Response, ApiError> {
    let account = world
        .account(account_id)
        .ok_or_else(|| ApiError::new(403, "InvalidClientTokenId", "The security token is invalid."))?;
    match call.service.as_str() {
        "sts" => sts::answer(world, sessions, account, call),
        "organizations" => organizations::answer(world, account, call),
        "ec2" => ec2::answer(world, account, call),
        "elasticloadbalancing" => balancer::answer(world, region(account, call)?, call),
        "monitoring" => cloudwatch::answer(world, region(account, call)?, call),
        "route53" => route53::answer(account, call),
        "route53resolver" => resolver::answer(account, region(account, call)?, call),
        "ce" => cost_explorer::answer(world, account, call),
        "pricing" => pricing::answer(call),
        other => Err(ApiError::new(404, "UnknownService", &format!("{other} is not simulated"))),
    }
}

/// The Region of an account, where it is enabled.
fn region<'a>(account: &'a Account, call: &Call) -> Result<&'a Region, ApiError> {
    account.regions.get(&call.region).ok_or_else(|| {
        let (code, status) = match call.service.as_str() {
            "ec2" => ("AuthFailure", 401),
            "monitoring" | "route53resolver" => ("UnrecognizedClientException", 403),
            _ => ("InvalidClientTokenId", 403),
        };
        ApiError::new(status, code, "The security token included in the request is invalid.")
    })
}

fn unknown_action(call: &Call) -> ApiError {
    ApiError::new(
        400,
        "InvalidAction",
        &format!("The action {} is not valid for this web service.", call.action),
    )
}

/// A page of a list, and the token of the next one.
fn page<T>(
    call: &Call,
    items: &[T],
    size: usize,
    token: Option<&str>,
) -> Result<(Vec<T>, Option<String>), ApiError>
where
    T: Clone,
{
    if let Some(next) = call.endless_token() {
        let is_first = token.is_none_or(|token| token == next);
        return Ok((if is_first { items.to_vec() } else { Vec::new() }, Some(next)));
    }
    let start = match token {
        None => 0,
        Some(token) => token
            .strip_prefix("page-")
            .and_then(|offset| offset.parse::<usize>().ok())
            .filter(|offset| *offset <= items.len())
            .ok_or_else(|| ApiError::new(400, "InvalidNextToken", "The token is not valid."))?,
    };
    let end = (start + size).min(items.len());
    let next = (end < items.len()).then(|| format!("page-{end}"));
    Ok((items[start..end].to_vec(), next))
}
