//! Roles in other accounts: how plaudit's sessions there are called, and what narrows them.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials};
use tokio::sync::Mutex;

use super::outcome::Failure;
use crate::table::Operation;

/// Roles are assumed for an hour, the most that role chaining allows.
const SESSION_SECONDS: i32 = 3600;

/// Credentials are renewed when they have less than this left.
const RENEWAL: Duration = Duration::from_secs(300);

/// The code by which STS refuses a session policy that has no room beside the organization's own session
/// tags: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html#API_AssumeRole_Errors>
const TOO_LARGE: &str = "PackedPolicyTooLarge";

/// How plaudit's sessions in other accounts are called, and whether they are narrowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSettings {
    /// The name, by which the CloudTrail of every account that was entered tells the run.
    pub name: String,
    /// Who runs plaudit, which CloudTrail keeps through chained roles too (`SourceIdentity`).
    pub source_identity: Option<String>,
    /// Whether a session policy narrows each session to what plaudit calls, whatever the role may do.
    pub is_narrowed: bool,
}

/// Credentials of a role in another account. They are asked for once and renewed before they
/// expire, for all clients of the account together.
#[derive(Clone, Debug)]
pub(super) struct RoleCredentials {
    client: aws_sdk_sts::Client,
    role: Role,
    current: Arc<Mutex<Option<Credentials>>>,
}

/// A role to assume.
#[derive(Clone, Debug)]
pub(super) struct Role {
    pub arn: String,
    pub external_id: Option<String>,
    pub session: SessionSettings,
    /// What the session may do at the most, as far as it is narrowed: the text of a policy.
    pub policy: String,
}

impl RoleCredentials {
    pub fn new(client: aws_sdk_sts::Client, role: Role) -> RoleCredentials {
        RoleCredentials { client, role, current: Arc::default() }
    }

    /// The current credentials, or new ones.
    pub async fn get(&self) -> std::result::Result<Credentials, Failure> {
        let mut current = self.current.lock().await;
        let fresh = |credentials: &&Credentials| {
            credentials.expiry().is_none_or(|expiry| expiry > SystemTime::now() + RENEWAL)
        };
        if let Some(credentials) = current.as_ref().filter(fresh) {
            return Ok(credentials.clone());
        }
        let answer = self
            .client
            .assume_role()
            .role_arn(&self.role.arn)
            .role_session_name(&self.role.session.name)
            .set_source_identity(self.role.session.source_identity.clone())
            .set_policy(self.role.session.is_narrowed.then(|| self.role.policy.clone()))
            .set_external_id(self.role.external_id.clone())
            .duration_seconds(SESSION_SECONDS)
            .send()
            .await
            .map_err(|error| refused(Failure::new(Operation::StsAssumeRole, &error)))?;
        let given = answer
            .credentials()
            .ok_or_else(|| Failure::error("AWS assumed the role without giving credentials"))?;
        let expiry = SystemTime::try_from(*given.expiration()).ok();
        let credentials = Credentials::new(
            given.access_key_id(),
            given.secret_access_key(),
            Some(given.session_token().to_owned()),
            expiry,
            "plaudit assumed role",
        );
        *current = Some(credentials.clone());
        Ok(credentials)
    }

    /// Forgets the credentials: AWS takes them for expired.
    pub async fn forget(&self) {
        *self.current.lock().await = None;
    }
}

/// Says what to do where the session policy is what stands in the way.
fn refused(mut failure: Failure) -> Failure {
    if failure.code.as_deref() == Some(TOO_LARGE) {
        failure.message += "; leave plaudit's session policy out with session_policy = false below [crawl]";
    }
    failure
}

impl ProvideCredentials for RoleCredentials {
    fn provide_credentials<'a>(&'a self) -> provider::future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        provider::future::ProvideCredentials::new(async move {
            self.get().await.map_err(|failure| {
                let code = failure.code.unwrap_or_default();
                CredentialsError::provider_error(format!("{code} {}", failure.message))
            })
        })
    }
}
