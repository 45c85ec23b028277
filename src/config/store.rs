//! Where snapshots are kept, and who may read them there.

use serde::Deserialize;
use toml::Spanned;

use super::check_account;
use super::file::File;
use crate::error::{Error, Result};

/// Where snapshots are kept.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// A folder or `s3://bucket/prefix`.
    pub path: String,
    /// Leaves the modes of folders and files to the umask, instead of keeping them to their owner.
    pub shared: bool,
    /// The account to which the bucket must belong.
    pub expected_bucket_owner: BucketOwner,
    /// The KMS key that encrypts what is written to the bucket.
    pub kms_key_id: Option<String>,
}

impl Default for StoreConfig {
    fn default() -> StoreConfig {
        StoreConfig {
            path: "plaudit-store".to_owned(),
            shared: false,
            expected_bucket_owner: BucketOwner::Caller,
            kms_key_id: None,
        }
    }
}

/// Whose a bucket must be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum BucketOwner {
    /// The caller's own account.
    #[default]
    Caller,
    /// This account: 12 digits.
    Account(String),
    /// Anybody's: S3 is not asked to compare.
    Any,
}

impl BucketOwner {
    /// Reads an account's id, or `any`.
    pub(super) fn check(given: Option<Spanned<String>>, file: &File) -> Result<BucketOwner> {
        let Some(given) = given else { return Ok(BucketOwner::Caller) };
        if given.get_ref() == "any" {
            return Ok(BucketOwner::Any);
        }
        check_account(given.get_ref()).map_err(|error| {
            Error::usage(error.problem()).at(file.place(given.span().start)).hint(
                "give the 12 digits of the account that owns the bucket, in quotes, or \"any\" to take anybody's",
            )
        })?;
        Ok(BucketOwner::Account(given.into_inner()))
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawStore {
    path: Option<Spanned<String>>,
    shared: Option<bool>,
    expected_bucket_owner: Option<Spanned<String>>,
    kms_key_id: Option<Spanned<String>>,
}

impl RawStore {
    /// Checks what was written.
    pub(super) fn check(self, file: &File) -> Result<StoreConfig> {
        let defaults = StoreConfig::default();
        let path = match self.path {
            None => defaults.path,
            Some(path) if path.get_ref().is_empty() => {
                return Err(file
                    .wrong(&path, "the store has no path")
                    .hint("give a folder, or s3://bucket/prefix"));
            }
            Some(path) => path.into_inner(),
        };
        let kms_key_id = match self.kms_key_id {
            None => None,
            // It goes into a header.
            Some(key) if key.get_ref().is_empty() || !key.get_ref().bytes().all(|b| b.is_ascii_graphic()) => {
                return Err(file
                    .wrong(&key, format!("`{}` is not a KMS key", key.get_ref().escape_debug()))
                    .hint("give the key's id or ARN, arn:aws:kms:us-east-1:111122223333:key/... say"));
            }
            Some(key) => Some(key.into_inner()),
        };
        Ok(StoreConfig {
            path,
            shared: self.shared.unwrap_or(defaults.shared),
            expected_bucket_owner: BucketOwner::check(self.expected_bucket_owner, file)?,
            kms_key_id,
        })
    }
}
