//! Sessions of roles: what was asked for with each AssumeRole, and what its session policy leaves of the
//! role, which itself may do everything.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session>

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::wire::{ApiError, Call};

/// The most characters of a session policy:
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
const MOST_CHARACTERS: usize = 2048;

/// A session as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The role.
    pub role_arn: String,
    /// RoleSessionName.
    pub name: String,
    /// ExternalId.
    pub external_id: Option<String>,
    /// SourceIdentity.
    pub source_identity: Option<String>,
    /// Policy, as it came.
    pub policy: Option<Arc<str>>,
}

impl Session {
    /// What a call asks for, as far as AWS accepts it.
    pub fn read(call: &Call) -> Result<Session, ApiError> {
        let parameter = |name: &str| call.parameters.get(name).map(str::to_owned);
        let session = Session {
            role_arn: parameter("RoleArn").unwrap_or_default(),
            name: parameter("RoleSessionName").unwrap_or_default(),
            external_id: parameter("ExternalId"),
            source_identity: parameter("SourceIdentity"),
            policy: parameter("Policy").map(Arc::from),
        };
        let named = |name: &str| {
            (2..=64).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
        };
        for (parameter, given) in
            [("roleSessionName", Some(&session.name)), ("sourceIdentity", session.source_identity.as_ref())]
        {
            if given.is_some_and(|given| !named(given)) {
                return Err(invalid(
                    parameter,
                    r"Member must satisfy regular expression pattern: [\w+=,.@-]*",
                ));
            }
        }
        if session.policy.as_ref().is_some_and(|policy| policy.chars().count() > MOST_CHARACTERS) {
            return Err(invalid("policy", "Member must have length less than or equal to 2048"));
        }
        Ok(session)
    }
}

fn invalid(parameter: &str, constraint: &str) -> ApiError {
    let told = format!(
        "1 validation error detected: Value at '{parameter}' failed to satisfy constraint: {constraint}"
    );
    ApiError::new(400, "ValidationError", &told)
}

/// All sessions so far, by the access key that each was given.
#[derive(Default)]
pub struct Sessions(Mutex<Held>);

#[derive(Default)]
struct Held {
    asked: Vec<Session>,
    narrowed: HashMap<String, Arc<Narrowing>>,
    /// What each policy means. Most sessions have the same one, and there may be a million.
    known: HashMap<Arc<str>, Arc<Narrowing>>,
}

impl Sessions {
    /// Keeps a session, and gives the end of its access key.
    pub fn begin(&self, account_id: &str, mut session: Session) -> Result<String, ApiError> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let narrowing = match &session.policy {
            None => None,
            Some(policy) => match held.known.get_key_value(policy) {
                Some((known, narrowing)) => {
                    let narrowing = narrowing.clone();
                    session.policy = Some(known.clone());
                    Some(narrowing)
                }
                None => {
                    let narrowing = Arc::new(Narrowing::read(policy)?);
                    held.known.insert(policy.clone(), narrowing.clone());
                    Some(narrowing)
                }
            },
        };
        // An access key of AWS has twenty characters, of which the account takes twelve here.
        let key = format!("ASIA{account_id}{:X}", held.asked.len() + 0x1000);
        held.asked.push(session);
        if let Some(narrowing) = narrowing {
            held.narrowed.insert(key.clone(), narrowing);
        }
        Ok(key)
    }

    /// Refuses what the session policy of the caller's key does not allow.
    pub fn admit(&self, call: &Call, account_id: &str) -> Result<(), ApiError> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(narrowing) = held.narrowed.get(&call.access_key_id).cloned() else { return Ok(()) };
        drop(held);
        let operation = call.operation();
        if operation == "sts:GetCallerIdentity" || narrowing.allows(&operation, &call.region) {
            return Ok(());
        }
        let (status, code) = match call.service.as_str() {
            "ec2" => (403, "UnauthorizedOperation"),
            "organizations" | "ce" | "route53resolver" => (400, "AccessDeniedException"),
            _ => (403, "AccessDenied"),
        };
        // https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
        let told = format!(
            "User: arn:aws:sts::{account_id}:assumed-role/plaudit is not authorized to perform: {operation} \
             because no session policy allows the {operation} action"
        );
        Err(ApiError::new(status, code, &told))
    }

    /// What was asked for so far, in order.
    pub fn asked(&self) -> Vec<Session> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).asked.clone()
    }
}

/// What a session policy leaves: actions, each with the Regions in which it is allowed.
struct Narrowing(Vec<(BTreeSet<String>, Option<BTreeSet<String>>)>);

impl Narrowing {
    fn read(policy: &str) -> Result<Narrowing, ApiError> {
        let broken = || ApiError::new(400, "MalformedPolicyDocument", "The policy is not valid.");
        let document: Value = serde_json::from_str(policy).map_err(|_| broken())?;
        let statements = document["Statement"].as_array().ok_or_else(broken)?;
        let mut allowed = Vec::new();
        for statement in statements {
            // What plaudit sends has nothing else; a policy that has would be judged wrongly here.
            if statement["Effect"] != "Allow" || statement["Resource"] != "*" {
                return Err(broken());
            }
            let regions = match statement.get("Condition") {
                None => None,
                Some(condition) => {
                    let regions = &condition["StringEquals"]["aws:RequestedRegion"];
                    Some(texts(regions).ok_or_else(broken)?)
                }
            };
            allowed.push((texts(&statement["Action"]).ok_or_else(broken)?, regions));
        }
        Ok(Narrowing(allowed))
    }

    fn allows(&self, operation: &str, region: &str) -> bool {
        self.0.iter().any(|(actions, regions)| {
            actions.contains(operation) && regions.as_ref().is_none_or(|regions| regions.contains(region))
        })
    }
}

fn texts(value: &Value) -> Option<BTreeSet<String>> {
    match value {
        Value::String(one) => Some(BTreeSet::from([one.clone()])),
        Value::Array(several) => several.iter().map(|one| one.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}
