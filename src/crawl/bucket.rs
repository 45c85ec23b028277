//! Buckets, and whose they must be.

use super::session::{self, Connection};
use crate::config::BucketOwner;
use crate::error::{Error, Result};
use crate::store::{BucketAccess, ExpectedOwner};

impl Connection {
    /// How a bucket is reached that must belong to somebody, to the caller's own account if nobody else is
    /// named; `key` is the key of the configuration that names another. `None` without any credentials.
    ///
    /// # Errors
    ///
    /// When AWS does not say whose the caller's account is.
    pub async fn bucket_access_of(
        &self,
        owner: &BucketOwner,
        key: &'static str,
    ) -> Result<Option<BucketAccess>> {
        let Some(access) = self.bucket_access() else { return Ok(None) };
        let account_id = match owner {
            BucketOwner::Any => return Ok(Some(access)),
            BucketOwner::Account(account_id) => account_id.clone(),
            BucketOwner::Caller => {
                let caller = session::caller(self).await.map_err(|error| {
                    Error::failed(format!(
                        "the account that should own the bucket is the caller's, and not known: {}",
                        error.problem()
                    ))
                    .at(error.place().unwrap_or("sts:GetCallerIdentity"))
                    .hint(format!(
                        "check the credentials with `aws sts get-caller-identity`, or name the account with {key}"
                    ))
                })?;
                caller.account_id
            }
        };
        Ok(Some(BucketAccess { expected_owner: Some(ExpectedOwner { account_id, key }), ..access }))
    }
}
