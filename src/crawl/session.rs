//! Connections and credentials of the caller: AWS's own chain.

use std::sync::Arc;
use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_sts::operation::RequestId as _;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

use super::environment;
use super::meter::Meter;
use super::outcome::Failure;
use super::wire::Wire;
use crate::error::{Error, Result};
use crate::store::BucketAccess;
use crate::table::Operation;

/// The Region whose addresses answer what is asked once per account, unless the caller's
/// configuration names another.
const DEFAULT_HOME_REGION: &str = "us-east-1";

/// How long AWS is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLimits {
    /// For one attempt. An answer that hangs ends it.
    pub attempt: Duration,
    /// For a call with all of its attempts.
    pub call: Duration,
}

/// How AWS is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// How long it is waited for.
    pub limits: TimeLimits,
    /// Whether plain http may lead beyond this machine.
    pub allow_plain_http: bool,
}

/// A connection, and who is asking by it.
#[derive(Clone, Debug, Default)]
pub struct Connected {
    /// How AWS is reached.
    pub connection: Connection,
    /// Who is asking.
    pub caller: Caller,
    /// The profile that was named, where several are.
    pub profile: Option<String>,
}

/// Connects with each profile, or with AWS's own choice where none is named, and asks who that is.
pub async fn connect(profiles: &[String], reach: Reach) -> Result<Vec<Connected>> {
    let named: Vec<Option<&str>> = match profiles {
        [] => vec![None],
        profiles => profiles.iter().map(|profile| Some(profile.as_str())).collect(),
    };
    let mut connected = Vec::new();
    for profile in named {
        let connection = Connection::load(profile, reach).await?;
        let caller = caller(&connection).await?;
        let one = Connected { connection, caller, profile: profile.map(str::to_owned) };
        let same = |other: &&Connected| other.caller.account_id == one.caller.account_id;
        if let Some(other) = connected.iter().find(same) {
            let [left, right] =
                [other, &one].map(|one| one.profile.as_deref().unwrap_or_default().to_owned());
            return Err(Error::usage(format!(
                "the profiles `{left}` and `{right}` lead to the same account"
            ))
            .at(format!("account {}", one.caller.account_id))
            .hint("leave one of them out of `profiles` below [crawl]"));
        }
        connected.push(one);
    }
    Ok(connected)
}

/// Connects to something that speaks AWS's protocols on loopback.
pub async fn connect_to(place: &Override, limits: TimeLimits) -> Result<Connected> {
    let connection = Connection::to(place, limits);
    let caller = caller(&connection).await?;
    Ok(Connected { connection, caller, profile: None })
}

/// How the caller reaches AWS.
#[derive(Clone, Debug)]
pub struct Connection {
    sdk: SdkConfig,
    wire: Wire,
    limits: TimeLimits,
    /// The profile that was named, for errors.
    profile: Option<String>,
}

/// What a test or the demo puts in place of AWS's own chain.
#[derive(Clone, Debug)]
pub struct Override {
    /// The address of everything: the simulator's, say.
    pub endpoint_url: String,
    /// The access key id of the caller.
    pub access_key_id: String,
}

impl Default for Connection {
    fn default() -> Connection {
        Connection {
            sdk: SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build(),
            wire: Wire::new(false),
            limits: TimeLimits { attempt: Duration::from_secs(30), call: Duration::from_secs(150) },
            profile: None,
        }
    }
}

impl Connection {
    /// Reads AWS's own configuration: environment, profiles, SSO, containers, instances.
    ///
    /// # Errors
    ///
    /// Where it names an address that plain http would lead to, a proxy that cannot be used, or a file of
    /// root certificates that holds none.
    pub async fn load(profile: Option<&str>, reach: Reach) -> Result<Connection> {
        let Reach { limits, allow_plain_http } = reach;
        let wire = Wire::new(allow_plain_http);
        let loader = |region: Option<Region>| {
            let mut loader = aws_config::defaults(BehaviorVersion::latest())
                .http_client(wire.client())
                .retry_config(retries())
                .timeout_config(time_limits(limits));
            if let Some(profile) = profile {
                loader = loader.profile_name(profile);
                if region.is_some() {
                    loader = loader.credentials_provider(credentials_of(profile, region.clone(), &wire));
                }
            }
            match region {
                Some(region) => loader.region(region),
                None => loader,
            }
        };
        // Nothing but this machine's own metadata is asked to load it.
        let mut sdk = loader(None).load().await;
        if profile.is_some() || sdk.region().is_none() {
            // Without a Region the SDK asks nobody, STS included.
            let region = sdk.region().cloned().unwrap_or(Region::from_static(DEFAULT_HOME_REGION));
            sdk = loader(Some(region)).load().await;
        }
        let named = std::env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty());
        let profile = profile.map(str::to_owned).or(named);
        if !allow_plain_http {
            environment::check_addresses(&sdk, profile.as_deref())?;
        }
        wire.reach_far(environment::bundle(&sdk).as_deref())?;
        Ok(Connection { sdk, wire, limits, profile })
    }

    /// A connection to something that speaks AWS's protocols on loopback, without any of the
    /// caller's own configuration.
    fn to(place: &Override, limits: TimeLimits) -> Connection {
        let wire = Wire::new(false);
        let credentials = Credentials::new(&place.access_key_id, "simulated", None, None, "plaudit");
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(DEFAULT_HOME_REGION))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .endpoint_url(&place.endpoint_url)
            .http_client(wire.client())
            // Nobody else has to be spared there, so retries need not be far apart.
            .retry_config(retries().with_initial_backoff(Duration::from_millis(50)))
            .timeout_config(time_limits(limits))
            .build();
        Connection { sdk, wire, limits, profile: None }
    }

    /// The Region that is asked once per account.
    pub fn home_region(&self) -> String {
        self.sdk.region().map_or_else(|| DEFAULT_HOME_REGION.to_owned(), ToString::to_string)
    }

    pub(super) fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// How a store in S3 is reached with the caller's credentials.
    pub fn bucket_access(&self) -> Option<BucketAccess> {
        let provider = self.sdk.credentials_provider()?;
        Some(BucketAccess {
            credentials: Arc::new(StoreCredentials(provider)),
            region: self.home_region(),
            expected_owner: None,
            kms_key_id: None,
            endpoint_url: environment::endpoint_url(&self.sdk, "S3"),
            client: self.wire.store_client(connect_timeout(self.limits), self.limits.attempt),
        })
    }
}

/// The credentials of a profile that was named. AWS's own chain would prefer those of the environment, and the
/// AWS CLI does not: <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html#cli-config-profile-priority>
fn credentials_of(profile: &str, region: Option<Region>, wire: &Wire) -> SharedCredentialsProvider {
    let config = ProviderConfig::without_region().with_region(region).with_http_client(wire.client());
    SharedCredentialsProvider::new(
        ProfileFileCredentialsProvider::builder().configure(&config).profile_name(profile).build(),
    )
}

/// The SDK's standard retries, with two attempts more than its default: an audit is not in a hurry.
fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(5)
}

fn time_limits(limits: TimeLimits) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(connect_timeout(limits))
        .operation_attempt_timeout(limits.attempt)
        .operation_timeout(limits.call)
        .build()
}

fn connect_timeout(limits: TimeLimits) -> Duration {
    limits.attempt.min(Duration::from_secs(5))
}

/// The caller's credentials in the form that the store's library takes.
#[derive(Debug)]
struct StoreCredentials(SharedCredentialsProvider);

#[async_trait::async_trait]
impl object_store::CredentialProvider for StoreCredentials {
    type Credential = object_store::aws::AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<Self::Credential>> {
        let credentials = self
            .0
            .provide_credentials()
            .await
            .map_err(|error| object_store::Error::Generic { store: "S3", source: Box::new(error) })?;
        Ok(Arc::new(object_store::aws::AwsCredential {
            key_id: credentials.access_key_id().to_owned(),
            secret_key: credentials.secret_access_key().to_owned(),
            token: credentials.session_token().map(str::to_owned),
        }))
    }
}

/// Who is asking.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Caller {
    /// The caller's account.
    pub account_id: String,
    /// `aws`, `aws-cn`, `aws-us-gov` ...: from the caller's ARN.
    pub partition: String,
}

/// Asks AWS who the caller is. Without an answer nothing can be audited.
pub(super) async fn caller(connection: &Connection) -> Result<Caller> {
    let Some(provider) = connection.sdk().credentials_provider() else {
        return Err(no_credentials(connection, "there are no AWS credentials"));
    };
    provider
        .provide_credentials()
        .await
        .map_err(|error| no_credentials(connection, &credentials_problem(&error)))?;
    let config = aws_sdk_sts::config::Builder::from(connection.sdk()).interceptor(Meter::new(Arc::default()));
    let client = aws_sdk_sts::Client::from_conf(config.build());
    let answer = client.get_caller_identity().send().await.map_err(|error| {
        let failure = Failure::new(Operation::StsGetCallerIdentity, &error);
        let code = failure.code.as_ref().map_or_else(String::new, |code| format!(" ({code})"));
        let request = error.request_id().map_or_else(String::new, |id| format!(", request {id}"));
        let (problem, hint) = match failure.code {
            Some(_) => (
                "AWS does not accept the credentials",
                "check them with `aws sts get-caller-identity`; renew an SSO session with `aws sso login`",
            ),
            None => (
                "AWS could not be asked who the caller is",
                "check the way to AWS: HTTPS_PROXY, NO_PROXY, AWS_CA_BUNDLE, AWS_ENDPOINT_URL",
            ),
        };
        Error::nothing_audited(format!("{problem}{code}: {}", failure.message))
            .at(format!("{}, sts:GetCallerIdentity{request}", connection.home_region()))
            .hint(hint)
    })?;
    let partition = answer.arn().and_then(|arn| arn.split(':').nth(1)).unwrap_or("aws");
    Ok(Caller {
        account_id: answer.account().unwrap_or_default().to_owned(),
        partition: partition.to_owned(),
    })
}

fn no_credentials(connection: &Connection, problem: &str) -> Error {
    let place = match &connection.profile {
        Some(profile) => format!("AWS's credential chain, with the profile `{profile}`"),
        None => "AWS's credential chain: environment, profile, SSO, container, instance".to_owned(),
    };
    Error::nothing_audited(problem)
        .at(place)
        .hint("run `aws configure` or `aws sso login`, or name a profile with AWS_PROFILE or `profiles` below [crawl]; `plaudit demo` needs none")
}

/// What the chain says, in one line.
fn credentials_problem(error: &CredentialsError) -> String {
    let mut parts = vec![match error {
        CredentialsError::CredentialsNotLoaded(_) => "there are no AWS credentials".to_owned(),
        other => other.to_string(),
    }];
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        parts.extend(cause.to_string().lines().map(|line| line.trim().trim_end_matches('.').to_owned()));
        source = cause.source();
    }
    parts.dedup();
    parts.join("; ").replace(":;", ":")
}
