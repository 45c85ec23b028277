//! What an error from AWS means for coverage. A failed call never looks like an empty answer.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::wire::Refused;
use crate::table::{Extent, Operation, Outcome};

/// A call that did not succeed.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// What `coverage` says of it.
    pub outcome: Outcome,
    /// AWS's error code, where AWS gave one.
    pub code: Option<String>,
    /// What AWS or the connection said.
    pub message: String,
}

/// Codes by which AWS asks for patience, whatever the service.
const THROTTLED: &[&str] = &[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

/// Codes by which services refuse a Region that the account has not enabled: EC2, the query
/// services, the JSON services, and those that say it plainly.
const NOT_ENABLED: &[&str] = &[
    "AuthFailure",
    "InvalidClientTokenId",
    "OptInRequired",
    "RegionDisabledException",
    "UnrecognizedClientException",
];

/// Codes of resources that were deleted while the crawl was on its way to them.
const GONE: &[&str] = &[
    "InvalidPrefixListID.NotFound",
    "InvalidPrefixListId.NotFound",
    "InvalidVpcEndpointId.NotFound",
    "InvalidVpcEndpointServiceId.NotFound",
    "InvalidVpcID.NotFound",
    "ListenerNotFound",
    "LoadBalancerNotFound",
    "TargetGroupNotFound",
];

impl Failure {
    /// Classifies an error of the SDK.
    pub fn new<E>(operation: Operation, error: &SdkError<E, HttpResponse>) -> Failure
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        match error {
            SdkError::ServiceError(answer) => {
                let code = answer.err().code().map(str::to_owned);
                let message = match (answer.err().message(), &code) {
                    (Some(message), _) => message.to_owned(),
                    (None, Some(_)) => chain(answer.err()),
                    // What answered is not AWS: a proxy's page, say.
                    (None, None) => {
                        format!("HTTP status {} without an error that AWS would give", answer.raw().status())
                    }
                };
                Failure { outcome: classify(operation, code.as_deref()), code, message: tidy(&message) }
            }
            SdkError::TimeoutError(_) => Failure {
                outcome: Outcome::Error,
                code: None,
                message: "AWS did not answer within the time limit".to_owned(),
            },
            SdkError::ResponseError(_) => Failure {
                outcome: Outcome::Error,
                code: None,
                message: tidy(&format!("the answer cannot be understood: {}", chain(error))),
            },
            // Of what plaudit itself refused, the layers between say nothing.
            other => Failure {
                outcome: Outcome::Error,
                code: None,
                message: refusal(other).unwrap_or_else(|| tidy(&chain(other))),
            },
        }
    }

    /// A failure that is not an error of the SDK.
    pub fn error(message: impl Into<String>) -> Failure {
        Failure { outcome: Outcome::Error, code: None, message: message.into() }
    }

    /// Whether the resource that was asked for has been deleted meanwhile.
    pub fn is_gone(&self) -> bool {
        self.code.as_deref().is_some_and(|code| GONE.contains(&code))
    }

    /// Whether AWS takes the credentials for expired.
    pub fn is_expired(&self) -> bool {
        let expired = ["ExpiredToken", "ExpiredTokenException", "RequestExpired"];
        self.code.as_deref().is_some_and(|code| expired.contains(&code))
    }
}

fn classify(operation: Operation, code: Option<&str>) -> Outcome {
    let Some(code) = code else {
        return Outcome::Error;
    };
    if THROTTLED.contains(&code) {
        return Outcome::Throttled;
    }
    if NOT_ENABLED.contains(&code) {
        // Outside a Region's own calls the same codes mean that the credentials are no good.
        return if operation.extent() == Extent::Region { Outcome::NotEnabled } else { Outcome::Denied };
    }
    if code == "AWSOrganizationsNotInUseException" {
        // What an account without an organization answers, and nothing that is to be mended.
        return Outcome::NotEnabled;
    }
    let denied = code.contains("AccessDenied")
        || code.contains("Unauthorized")
        || code.contains("NotAuthorized")
        || code.contains("Forbidden")
        || code.contains("Expired")
        || code == "SignatureDoesNotMatch"
        || code == "IncompleteSignature";
    if denied { Outcome::Denied } else { Outcome::Error }
}

/// The refusal that is a cause of an error.
fn refusal(error: &dyn std::error::Error) -> Option<String> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(refused) = error.downcast_ref::<Refused>() {
            return Some(refused.to_string());
        }
        cause = error.source();
    }
    None
}

/// An error and its causes in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

/// Leaves out what no reader can use: the encoded message that EC2 appends to a refusal, and line
/// breaks.
fn tidy(message: &str) -> String {
    let message = message.split(" Encoded authorization failure message:").next().unwrap_or(message);
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(code: &str) -> Outcome {
        classify(Operation::Ec2DescribeVpcEndpoints, Some(code))
    }

    #[test]
    fn every_way_to_say_no_has_its_outcome() {
        assert_eq!(outcome("UnauthorizedOperation"), Outcome::Denied);
        assert_eq!(outcome("AccessDeniedException"), Outcome::Denied);
        assert_eq!(outcome("ExpiredToken"), Outcome::Denied);
        assert_eq!(outcome("RequestLimitExceeded"), Outcome::Throttled);
        assert_eq!(outcome("LimitExceededException"), Outcome::Throttled);
        assert_eq!(outcome("AuthFailure"), Outcome::NotEnabled);
        assert_eq!(outcome("AWSOrganizationsNotInUseException"), Outcome::NotEnabled);
        assert_eq!(outcome("InternalError"), Outcome::Error);
        assert_eq!(classify(Operation::StsAssumeRole, Some("InvalidClientTokenId")), Outcome::Denied);
        assert_eq!(classify(Operation::StsAssumeRole, None), Outcome::Error);
    }

    #[test]
    fn the_encoded_part_of_a_refusal_is_left_out() {
        let said = "You are not authorized.\n Encoded authorization failure message: kJ7x";
        assert_eq!(tidy(said), "You are not authorized.");
    }
}
