//! Requests that name the account to which the bucket must belong. A bucket's name is free for everybody
//! once the bucket is deleted, and whoever takes it would get the audit, or give the bill.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html>

use std::sync::{Arc, Mutex, PoisonError};

use object_store::aws::{AwsAuthorizer, AwsCredential, AwsCredentialProvider};
use object_store::client::{HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService};
use object_store::{ClientOptions, CredentialProvider, HeaderValue};

use super::location::BucketAccess;

/// The header that S3 compares with the bucket's owner.
const HEADER: &str = "x-amz-expected-bucket-owner";

/// The account to which a bucket must belong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedOwner {
    /// Its 12 digits.
    pub account_id: String,
    /// The key of the configuration that names another one.
    pub key: &'static str,
}

/// Makes clients whose every request carries the header.
///
/// S3 refuses a request with an `x-amz-` header that is not signed
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>), and object_store leaves
/// its default headers out of what it signs when it lists, and when it completes a multipart upload. So each
/// request is signed once more, with the credentials that have just signed it.
#[derive(Clone, Debug)]
pub(super) struct OwnerCondition {
    account_id: HeaderValue,
    region: String,
    credentials: Arc<LastUsed>,
    client: HttpClient,
}

impl OwnerCondition {
    /// `None` where the account's id could not be a header.
    pub fn new(owner: &ExpectedOwner, access: &BucketAccess) -> Option<OwnerCondition> {
        Some(OwnerCondition {
            account_id: HeaderValue::from_str(&owner.account_id).ok()?,
            region: access.region.clone(),
            credentials: Arc::new(LastUsed { provider: access.credentials.clone(), last: Mutex::default() }),
            client: access.client.clone(),
        })
    }

    /// The credentials with which requests are to be signed.
    pub fn credentials(&self) -> AwsCredentialProvider {
        self.credentials.clone()
    }
}

impl HttpConnector for OwnerCondition {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(Conditioned(self.clone())))
    }
}

#[derive(Debug)]
struct Conditioned(OwnerCondition);

#[async_trait::async_trait]
impl HttpService for Conditioned {
    async fn call(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let OwnerCondition { account_id, region, credentials, client } = &self.0;
        request.headers_mut().insert(HEADER, account_id.clone());
        if let Some(credential) = credentials.last() {
            // The digest of the body is that of the first signature.
            let digest = request.headers().get("x-amz-content-sha256").and_then(from_hex);
            AwsAuthorizer::new(&credential, "s3", region).authorize(&mut request, digest.as_deref());
        }
        client.execute(request).await
    }
}

fn from_hex(text: &HeaderValue) -> Option<Vec<u8>> {
    let text = text.to_str().ok()?;
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

/// Credentials, and those that were given last.
#[derive(Debug)]
struct LastUsed {
    provider: AwsCredentialProvider,
    last: Mutex<Option<Arc<AwsCredential>>>,
}

impl LastUsed {
    fn last(&self) -> Option<Arc<AwsCredential>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait::async_trait]
impl CredentialProvider for LastUsed {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let credential = self.provider.get_credential().await?;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(credential.clone());
        Ok(credential)
    }
}
