//! AWS's published request rates, as the simulated services keep them when asked to
//! (`plaudit simulate --throttle`).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::wire::ApiError;

/// A bucket of tokens: how many it holds, and how many it gets a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Tokens that a full bucket holds.
    pub capacity: f64,
    /// Tokens that it gets a second.
    pub per_second: f64,
}

/// Describe actions of EC2 that are not listed otherwise, per account and Region
/// (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>).
pub const EC2: Rate = Rate { capacity: 100.0, per_second: 20.0 };

/// The same without filter and without page size, for the actions that are listed for it.
pub const EC2_UNFILTERED: Rate = Rate { capacity: 50.0, per_second: 10.0 };

/// All actions of Elastic Load Balancing together, per account and Region.
pub const ELASTIC_LOAD_BALANCING: Rate = Rate { capacity: 40.0, per_second: 10.0 };

/// All actions of Route 53 together, per account over all Regions
/// (<https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/throttling-api-requests.html>).
pub const ROUTE_53: Rate = Rate { capacity: 50.0, per_second: 10.0 };

/// All actions of Route 53 Resolver together, per account and Region.
pub const ROUTE_53_RESOLVER: Rate = Rate { capacity: 5.0, per_second: 5.0 };

/// GetMetricData, per account and Region.
pub const GET_METRIC_DATA: Rate = Rate { capacity: 50.0, per_second: 50.0 };

/// ListMetrics, per account and Region.
pub const LIST_METRICS: Rate = Rate { capacity: 25.0, per_second: 25.0 };

/// AssumeRole, for the caller.
pub const ASSUME_ROLE: Rate = Rate { capacity: 600.0, per_second: 600.0 };

/// The PrivateLink actions over a whole organization. AWS does not publish this one; the number is
/// ours.
pub const PRIVATELINK: Rate = Rate { capacity: 500.0, per_second: 500.0 };

/// The buckets of an organization.
#[derive(Debug, Default)]
pub struct Throttles {
    buckets: Mutex<HashMap<String, (f64, Instant)>>,
}

impl Throttles {
    /// Takes the tokens that a request costs, or refuses it.
    pub fn admit(
        &self,
        account: &str,
        region: &str,
        operation: &str,
        is_filtered: bool,
    ) -> Result<(), ApiError> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut take = |key: String, rate: Rate| {
            let now = Instant::now();
            let (tokens, since) = buckets.entry(key).or_insert((rate.capacity, now));
            *tokens = (*tokens + since.elapsed().as_secs_f64() * rate.per_second).min(rate.capacity);
            *since = now;
            let admitted = *tokens >= 1.0;
            if admitted {
                *tokens -= 1.0;
            }
            admitted
        };
        let admitted = rates(operation, is_filtered).iter().all(|(scope, rate)| {
            let key = match scope {
                Scope::Organization => "PrivateLink of the organization".to_owned(),
                Scope::Global(family) => format!("{account} {family}"),
                Scope::Account(family) => format!("{account} {region} {family}"),
            };
            take(key, *rate)
        });
        if admitted { Ok(()) } else { Err(refusal(operation)) }
    }
}

enum Scope {
    Organization,
    Global(&'static str),
    Account(&'static str),
}

fn rates(operation: &str, is_filtered: bool) -> Vec<(Scope, Rate)> {
    let (service, action) = operation.split_once(':').unwrap_or((operation, ""));
    match service {
        "ec2" if action.starts_with("DescribeVpcEndpoint") => {
            vec![(Scope::Organization, PRIVATELINK), (Scope::Account("ec2"), EC2)]
        }
        "ec2" if !is_filtered && matches!(action, "DescribeNetworkInterfaces" | "DescribeSecurityGroups") => {
            vec![(Scope::Account("ec2 unfiltered"), EC2_UNFILTERED)]
        }
        "ec2" => vec![(Scope::Account("ec2"), EC2)],
        "elasticloadbalancing" => vec![(Scope::Account("elasticloadbalancing"), ELASTIC_LOAD_BALANCING)],
        "route53" => vec![(Scope::Global("route53"), ROUTE_53)],
        "route53resolver" => vec![(Scope::Account("route53resolver"), ROUTE_53_RESOLVER)],
        "cloudwatch" if action == "ListMetrics" => vec![(Scope::Account("list metrics"), LIST_METRICS)],
        "cloudwatch" => vec![(Scope::Account("get metric data"), GET_METRIC_DATA)],
        "sts" => vec![(Scope::Account("sts"), ASSUME_ROLE)],
        _ => Vec::new(),
    }
}

fn refusal(operation: &str) -> ApiError {
    match operation.split(':').next() {
        Some("ec2") => ApiError::new(503, "RequestLimitExceeded", "Request limit exceeded."),
        Some("organizations") => ApiError::new(400, "TooManyRequestsException", "Rate exceeded"),
        Some("route53resolver") => ApiError::new(400, "ThrottlingException", "Rate exceeded"),
        Some("ce") => ApiError::new(400, "LimitExceededException", "Rate exceeded"),
        _ => ApiError::new(400, "Throttling", "Rate exceeded"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_emptied_and_others_are_not() {
        let throttles = Throttles::default();
        let ask =
            |account: &str, operation: &str| throttles.admit(account, "us-east-1", operation, true).is_ok();
        let admitted = (0..60).filter(|_| ask("1", "elasticloadbalancing:DescribeListeners")).count();
        assert!((40..45).contains(&admitted), "{admitted}");
        assert!(ask("2", "elasticloadbalancing:DescribeListeners"));
        assert!(ask("1", "ec2:DescribeSubnets"));
    }
}
