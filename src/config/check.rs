//! What a name or a number must look like, in the file as on the command line.

use crate::error::{Error, Result};

/// A share of AWS's rates lies above 0 and is at most 1.
pub fn check_rate_share(share: f64) -> Result<()> {
    if share > 0.0 && share <= 1.0 {
        return Ok(());
    }
    Err(Error::usage(format!("{share} is no share of AWS's rates"))
        .hint("give more than 0, up to 1; 0.5 leaves half to the workloads that share them"))
}

/// An account id has 12 digits.
pub fn check_account(account: &str) -> Result<()> {
    if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(Error::usage(format!("`{account}` is no account id"))
        .hint("an account id has 12 digits; in TOML write it in quotes, so that zeros at the front stay"))
}

/// A Region's name is lower-case letters, digits and hyphens.
pub fn check_region(region: &str) -> Result<()> {
    let fits = region.len() > 3
        && region.contains('-')
        && region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if fits {
        return Ok(());
    }
    Err(Error::usage(format!("`{region}` is no Region"))
        .hint("give the Region's code, such as us-east-1, not a zone (us-east-1a) or a display name"))
}

/// The name of a session, and a source identity, are 2 to 64 letters, digits and `_+=,.@-`:
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
pub fn check_session_name(name: &str) -> Result<()> {
    let fits = (2..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte));
    if fits {
        return Ok(());
    }
    Err(Error::usage(format!("`{name}` cannot be the name of a session"))
        .hint("give 2 to 64 letters, digits and any of _ + = , . @ -"))
}

/// A role name is up to 64 letters, digits and `_+=,.@-`, with an optional path before it, and may
/// hold `{account_id}` and `{account_name}`.
pub fn check_role_name(name: &str) -> Result<()> {
    let plain = name.replace("{account_id}", "").replace("{account_name}", "");
    let fits = !name.is_empty()
        && name.len() <= 512
        && plain.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-/".contains(&byte));
    if fits && !name.starts_with("arn:") {
        return Ok(());
    }
    Err(Error::usage(format!("`{name}` is no role name"))
        .hint("give the name of the role that every account has, plaudit-read-only say, not an ARN"))
}
