//! What goes wrong on purpose: which account, Region and operation, how often, and how.
//!
//! A plan is a TOML file that `plaudit simulate --faults FILE` reads, and the tests write:
//!
//! ```toml
//! [[fault]]
//! operation = "ec2:DescribeSubnets"     # what is not named fits everything
//! account = "111122223333"
//! region = "eu-west-1"
//! times = 2                             # without it: every time
//! effect = { error = { status = 503, code = "RequestLimitExceeded", message = "Request limit exceeded." } }
//!
//! [[fault]]
//! operation = "cloudwatch:GetMetricData"
//! effect = "cut"
//! ```

use std::sync::atomic::{AtomicU32, Ordering};

use serde::Deserialize;

use super::wire::ApiError;

/// A fault that is injected into answers. What is not named fits everything.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The account that is asked; for AssumeRole, the account of the role.
    pub account: Option<String>,
    /// The Region that is asked.
    pub region: Option<String>,
    /// The operation by its IAM name, `ec2:DescribeVpcEndpoints`.
    pub operation: Option<String>,
    /// How many requests are hit; without it, all.
    pub times: Option<u32>,
    /// What happens.
    pub effect: Effect,
    #[serde(skip)]
    hits: AtomicU32,
}

/// What happens to a request.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// An error of AWS.
    Error {
        /// HTTP status.
        status: u16,
        /// AWS's error code.
        code: String,
        /// What AWS says.
        message: String,
    },
    /// A page that is not AWS's, as a proxy gives it.
    Page {
        /// HTTP status.
        status: u16,
    },
    /// The connection ends in the middle of the body.
    Cut,
    /// No answer for so long.
    Hang {
        /// Seconds.
        seconds: u64,
    },
    /// A body that nobody can read: XML, JSON or CBOR that breaks off.
    Malformed,
    /// A body without an end.
    Endless,
    /// The answer names a next page, always by the same token.
    RepeatToken,
    /// The answer names a next page, always by another token. All but the first are empty.
    FreshToken,
    /// The credentials are taken for expired, in the words of each service.
    Expired,
    /// Each result of GetMetricData has this status and no values.
    MetricStatus {
        /// `PartialData`, `InternalError` or `Forbidden`.
        status: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    #[serde(default)]
    fault: Vec<Fault>,
}

impl Fault {
    /// Reads a plan of faults, in TOML.
    ///
    /// # Errors
    ///
    /// Where it is not one; the error knows the place in the text.
    pub fn plan(text: &str) -> Result<Vec<Fault>, toml::de::Error> {
        Ok(toml::from_str::<Plan>(text)?.fault)
    }

    /// A fault for everything.
    pub fn new(effect: Effect) -> Fault {
        Fault { account: None, region: None, operation: None, times: None, effect, hits: AtomicU32::new(0) }
    }

    /// Only in an account.
    pub fn in_account(mut self, account: &str) -> Fault {
        self.account = Some(account.to_owned());
        self
    }

    /// Only in a Region.
    pub fn in_region(mut self, region: &str) -> Fault {
        self.region = Some(region.to_owned());
        self
    }

    /// Only for an operation.
    pub fn on(mut self, operation: &str) -> Fault {
        self.operation = Some(operation.to_owned());
        self
    }

    /// Only so many times.
    pub fn times(mut self, times: u32) -> Fault {
        self.times = Some(times);
        self
    }

    /// Whether it hits a request; each hit counts.
    pub fn hits(&self, account: &str, region: &str, operation: &str) -> bool {
        let fits =
            |wanted: &Option<String>, given: &str| wanted.as_deref().is_none_or(|wanted| wanted == given);
        if !(fits(&self.account, account) && fits(&self.region, region) && fits(&self.operation, operation)) {
            return false;
        }
        let earlier = self.hits.fetch_add(1, Ordering::Relaxed);
        self.times.is_none_or(|times| earlier < times)
    }
}

impl Effect {
    /// An error of AWS.
    pub fn error(status: u16, code: &str, message: &str) -> Effect {
        Effect::Error { status, code: code.to_owned(), message: message.to_owned() }
    }

    /// The refusal that a service control policy gives for EC2.
    pub fn denied_by_policy() -> Effect {
        Effect::error(
            403,
            "UnauthorizedOperation",
            "You are not authorized to perform this operation. User is not authorized to perform this action \
             with an explicit deny in a service control policy. Encoded authorization failure message: 3kF9sample",
        )
    }

    /// An error that says that access is denied.
    pub fn access_denied(code: &str) -> Effect {
        Effect::error(403, code, "User is not authorized to perform this action")
    }

    /// The error of AWS that it makes of a request to a service, where it makes one.
    pub(super) fn as_error(&self, service: &str) -> Option<ApiError> {
        match self {
            Effect::Error { status, code, message } => Some(ApiError::new(*status, code, message)),
            Effect::Expired => {
                let (code, status) = match service {
                    "ec2" => ("RequestExpired", 400),
                    "organizations" | "ce" | "route53resolver" => ("ExpiredTokenException", 400),
                    _ => ("ExpiredToken", 403),
                };
                Some(ApiError::new(status, code, "The security token included in the request is expired"))
            }
            _ => None,
        }
    }
}
