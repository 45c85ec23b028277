//! What a name or a number must look like, in the file as on the command line.

use crate::error::{Error, Result};

/// The smallest share of AWS's rates: the slowest bucket then gets a token every 200 seconds.
pub(super) const SMALLEST_SHARE: f64 = 0.001;

/// The most accounts and Regions at the same time: as many as the flag takes.
pub const MAX_CONCURRENCY: usize = u16::MAX as usize;

/// The longest that an attempt or a call may be waited for, in seconds: a day.
pub const MAX_TIMEOUT_SECONDS: u64 = 86_400;

/// A share of AWS's rates is at least 0.001 and at most 1.
pub fn check_rate_share(share: f64) -> Result<()> {
    if (SMALLEST_SHARE..=1.0).contains(&share) {
        return Ok(());
    }
    Err(Error::usage(format!("{share:?} is not a share of AWS's rates"))
        .hint("give 0.001 to 1; 0.5 leaves half to the workloads that share them"))
}

/// An account id has 12 digits.
pub fn check_account(account: &str) -> Result<()> {
    if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(Error::usage(format!("`{account}` is no account id"))
        .hint("an account id has 12 digits; in TOML write it in quotes, so that zeros at the front stay"))
}

/// A Region's code is words of lower-case letters and a number, with hyphens between: `us-gov-west-1`. A zone
/// has a letter after the number: <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html>
pub fn check_region(region: &str) -> Result<()> {
    let parts: Vec<&str> = region.split('-').collect();
    let are = |parts: &[&str], fits: fn(&u8) -> bool| {
        parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| fits(&byte)))
    };
    let fits = match parts.as_slice() {
        [words @ .., number] => {
            words.len() > 1 && are(words, u8::is_ascii_lowercase) && are(&[number], u8::is_ascii_digit)
        }
        [] => false,
    };
    if fits {
        return Ok(());
    }
    Err(Error::usage(format!("`{region}` is not a Region"))
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
