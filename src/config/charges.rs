//! Where costs come from.

use serde::Deserialize;
use toml::Spanned;

use super::BucketOwner;
use super::file::File;
use crate::error::{Error, Result};

crate::words! {
    /// Where costs come from.
    pub enum ChargesFrom {
        /// The bills that are named; Cost Explorer for accounts that they do not cover; list prices for the rest.
        Auto = "auto",
        /// Cost Explorer.
        CostExplorer = "cost-explorer",
        /// A Cost and Usage Report.
        Cur = "cur",
        /// A FOCUS export.
        Focus = "focus",
        /// Nothing but list prices.
        ListPrice = "list-price",
    }
}

/// Where costs come from, and how they are reached.
#[derive(Clone, Debug)]
pub struct ChargesConfig {
    /// The source.
    pub source: ChargesFrom,
    /// Files, folders and S3 prefixes with bills.
    pub bill: Vec<String>,
    /// The account to which the bills' buckets must belong.
    pub expected_bucket_owner: BucketOwner,
    /// The role by which Cost Explorer is asked; the caller itself without one.
    pub role_arn: Option<String>,
}

impl Default for ChargesConfig {
    fn default() -> ChargesConfig {
        ChargesConfig {
            source: ChargesFrom::Auto,
            bill: Vec::new(),
            expected_bucket_owner: BucketOwner::Caller,
            role_arn: None,
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawCharges {
    source: Option<Spanned<String>>,
    bill: Vec<String>,
    expected_bucket_owner: Option<Spanned<String>>,
    role_arn: Option<Spanned<String>>,
}

impl RawCharges {
    /// Checks what was written.
    pub(super) fn check(self, file: &File) -> Result<ChargesConfig> {
        let source = match self.source {
            None => ChargesFrom::Auto,
            Some(word) => ChargesFrom::from_word(word.get_ref()).ok_or_else(|| {
                file.wrong(&word, format!("`{}` is no source of charges", word.get_ref()))
                    .hint("use auto, cost-explorer, cur, focus or list-price")
            })?,
        };
        let role_arn = match self.role_arn {
            None => None,
            Some(arn) => {
                check_role_arn(arn.get_ref()).map_err(|error| error.at(file.place(arn.span().start)))?;
                Some(arn.into_inner())
            }
        };
        let expected_bucket_owner = BucketOwner::check(self.expected_bucket_owner, file)?;
        Ok(ChargesConfig { source, bill: self.bill, expected_bucket_owner, role_arn })
    }
}

fn check_role_arn(arn: &str) -> Result<()> {
    let parts: Vec<&str> = arn.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "iam", "", account, role] if account.len() == 12 && role.starts_with("role/") => Ok(()),
        _ => Err(Error::usage(format!("`{arn}` is no role's ARN"))
            .hint("write arn:aws:iam::111122223333:role/plaudit-billing")),
    }
}
