//! What goes wrong on purpose: which account, Region and operation, how often, and how.

use std::sync::atomic::{AtomicU32, Ordering};

use serde::{Deserialize, Serialize};

use super::wire::ApiError;

/// A fault that is injected into answers. What is not named fits everything.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The account that is asked.
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
#[derive(Clone, Debug, Serialize, Deserialize)]
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
}

impl Fault {
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
    /// The refusal that a service control policy gives for EC2.
    pub fn denied_by_policy() -> Effect {
        Effect::Error {
            status: 403,
            code: "UnauthorizedOperation".to_owned(),
            message: "You are not authorized to perform this operation. User is not authorized to perform this action \
                      with an explicit deny in a service control policy. \
                      Encoded authorization failure message: 3kF9sample"
                .to_owned(),
        }
    }

    /// An error that says that access is denied.
    pub fn access_denied(code: &str) -> Effect {
        Effect::Error {
            status: 403,
            code: code.to_owned(),
            message: "User is not authorized to perform this action".to_owned(),
        }
    }

    /// The error that it makes of a request.
    pub(super) fn error(&self) -> ApiError {
        match self {
            Effect::Error { status, code, message } => ApiError::new(*status, code, message),
        }
    }
}
