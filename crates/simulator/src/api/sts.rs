//! STS: who asks, and the way into other accounts.

use axum::response::Response;
use jiff::{Timestamp, ToSpan};

use super::unknown_action;
use crate::session::{Session, Sessions};
use crate::wire::{ApiError, Call, Xml};
use crate::world::{Account, ROLE_NAME, World};

pub fn answer(
    world: &World,
    sessions: &Sessions,
    account: &Account,
    call: &Call,
) -> Result<Response, ApiError> {
    let mut xml = Xml::default();
    match call.action.as_str() {
        "GetCallerIdentity" => {
            xml.text("Arn", format!("arn:{}:iam::{}:user/auditor", world.partition, account.id))
                .text("UserId", "AIDASIMULATED")
                .text("Account", &account.id);
        }
        "AssumeRole" => assume_role(world, sessions, call, &mut xml)?,
        _ => return Err(unknown_action(call)),
    }
    Ok(call.xml(xml))
}

fn assume_role(world: &World, sessions: &Sessions, call: &Call, xml: &mut Xml) -> Result<(), ApiError> {
    let session = Session::read(call)?;
    let (arn, name) = (session.role_arn.clone(), session.name.clone());
    if let Some(wanted) = &world.external_id
        && session.external_id.as_ref() != Some(wanted)
    {
        // A trust policy whose condition fails gives no other answer than a missing role.
        return Err(ApiError::new(
            403,
            "AccessDenied",
            &format!("User is not authorized to perform: sts:AssumeRole on resource: {arn}"),
        ));
    }
    // AWS says the same whether the account, the role or its trust is missing.
    let denied = || {
        ApiError::new(
            403,
            "AccessDenied",
            &format!("User is not authorized to perform: sts:AssumeRole on resource: {arn}"),
        )
    };
    if arn.split(':').nth(1) != Some(&world.partition) {
        return Err(ApiError::new(400, "ValidationError", "The partition of the role is not the caller's"));
    }
    let mut parts = arn.split(':').skip(4);
    let target = parts.next().and_then(|id| world.account(id)).ok_or_else(denied)?;
    let role = parts.next().and_then(|role| role.strip_prefix("role/")).unwrap_or_default();
    if role != ROLE_NAME || !target.can_be_entered() || !target.has_role {
        return Err(denied());
    }
    let seconds: i64 =
        call.parameters.get("DurationSeconds").and_then(|text| text.parse().ok()).unwrap_or(3600);
    let source_identity = session.source_identity.clone();
    let key = sessions.begin(&target.id, session)?;
    let expiration = Timestamp::now() + seconds.seconds();
    xml.element("AssumedRoleUser", |xml| {
        xml.text("AssumedRoleId", format!("AROASIMULATED:{name}"))
            .text("Arn", format!("arn:{}:sts::{}:assumed-role/{role}/{name}", world.partition, target.id));
    })
    .element("Credentials", |xml| {
        xml.text("AccessKeyId", key)
            .text("SecretAccessKey", &world.role_secret)
            .text("SessionToken", format!("{}-{}", world.role_secret, target.id))
            .text("Expiration", expiration.strftime("%Y-%m-%dT%H:%M:%SZ"));
    });
    if let Some(source_identity) = source_identity {
        xml.text("SourceIdentity", source_identity);
    }
    Ok(())
}
