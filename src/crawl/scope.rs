//! One account and Region: its clients, and the ledger of what was asked there.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use aws_config::{Region, SdkConfig};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::DateTime;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;

use super::CrawlSettings;
use super::meter::Meter;
use super::outcome::Failure;
use super::pace::{Permit, ScopePace};
use super::page::every_page;
use super::role::RoleCredentials;
use super::wanted::Wanted;
use super::whole::Whole;
use crate::table::{Account, Coverage, Operation, Outcome};

/// Everything that a call in an account and Region needs.
pub(super) struct Scope {
    pub account_id: String,
    pub region: String,
    pub taken_at: Timestamp,
    wanted: Wanted,
    sdk: SdkConfig,
    meter: Meter,
    ec2: OnceLock<aws_sdk_ec2::Client>,
    balancer: OnceLock<aws_sdk_elasticloadbalancingv2::Client>,
    cloudwatch: OnceLock<aws_sdk_cloudwatch::Client>,
    route53: OnceLock<aws_sdk_route53::Client>,
    resolver: OnceLock<aws_sdk_route53resolver::Client>,
    ledger: Ledger,
    role: Option<RoleCredentials>,
    pace: Arc<ScopePace>,
}

/// What was read page by page.
#[derive(Debug)]
pub(super) struct Pages<T> {
    /// What came, also where it broke off in the middle.
    pub items: Vec<T>,
    /// Whether that is everything.
    pub complete: bool,
}

impl Scope {
    pub fn new(
        account: &Account,
        region: &str,
        settings: &CrawlSettings,
        sdk: &SdkConfig,
        meter: Meter,
        role: Option<RoleCredentials>,
        pace: Arc<ScopePace>,
    ) -> Scope {
        Scope {
            account_id: account.account_id.clone(),
            region: region.to_owned(),
            taken_at: settings.taken_at,
            wanted: settings.wanted.clone(),
            sdk: sdk.clone().into_builder().region(Region::new(region.to_owned())).build(),
            ledger: Ledger::new(meter.clone()),
            meter,
            ec2: OnceLock::new(),
            balancer: OnceLock::new(),
            cloudwatch: OnceLock::new(),
            route53: OnceLock::new(),
            resolver: OnceLock::new(),
            role,
            pace,
        }
    }

    /// The client for EC2.
    pub fn ec2(&self) -> &aws_sdk_ec2::Client {
        self.ec2.get_or_init(|| {
            let config = aws_sdk_ec2::config::Builder::from(&self.sdk)
                .interceptor(self.meter.clone())
                .interceptor(Whole);
            aws_sdk_ec2::Client::from_conf(config.build())
        })
    }

    /// The client for Elastic Load Balancing. Most accounts and Regions never need it, and making a
    /// client takes time.
    pub fn balancer(&self) -> &aws_sdk_elasticloadbalancingv2::Client {
        self.balancer.get_or_init(|| {
            let config = aws_sdk_elasticloadbalancingv2::config::Builder::from(&self.sdk)
                .interceptor(self.meter.clone())
                .interceptor(Whole);
            aws_sdk_elasticloadbalancingv2::Client::from_conf(config.build())
        })
    }

    /// The client for CloudWatch.
    pub fn cloudwatch(&self) -> &aws_sdk_cloudwatch::Client {
        self.cloudwatch.get_or_init(|| {
            let config = aws_sdk_cloudwatch::config::Builder::from(&self.sdk).interceptor(self.meter.clone());
            aws_sdk_cloudwatch::Client::from_conf(config.build())
        })
    }

    /// The client for Route 53, which answers at one address for all Regions of a partition.
    pub fn route53(&self) -> &aws_sdk_route53::Client {
        self.route53.get_or_init(|| {
            let config = aws_sdk_route53::config::Builder::from(&self.sdk)
                .interceptor(self.meter.clone())
                .interceptor(Whole);
            aws_sdk_route53::Client::from_conf(config.build())
        })
    }

    /// The client for Route 53 Resolver.
    pub fn resolver(&self) -> &aws_sdk_route53resolver::Client {
        self.resolver.get_or_init(|| {
            let config =
                aws_sdk_route53resolver::config::Builder::from(&self.sdk).interceptor(self.meter.clone());
            aws_sdk_route53resolver::Client::from_conf(config.build())
        })
    }

    /// What is asked for.
    pub fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    /// Waits for leave to call, as every call does.
    pub async fn permit(&self, operation: Operation) -> Option<Permit<'_>> {
        self.pace.permit(operation).await
    }

    /// Makes a call and enters its outcome. `None` where it did not succeed, or is not wanted.
    ///
    /// A resource that was deleted while the crawl was on its way is no failure: the answer is
    /// empty.
    pub async fn call<T, E, F, Fut>(&self, operation: Operation, send: F) -> Option<T>
    where
        T: Default,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        F: Fn() -> Fut,
        Fut: Future<Output = std::result::Result<T, SdkError<E, HttpResponse>>>,
    {
        if !self.wanted.asks(operation) {
            return None;
        }
        match self.attempt(operation, &send).await {
            Ok(answer) => {
                self.ledger.succeeded(operation, 0);
                Some(answer)
            }
            Err(failure) if failure.is_gone() => {
                self.ledger.succeeded(operation, 0);
                Some(T::default())
            }
            Err(failure) => {
                self.ledger.failed(operation, failure);
                None
            }
        }
    }

    /// Reads all pages of a call. What came before a failure is kept, and the failure is entered.
    pub async fn pages<T, E, F, Fut>(&self, operation: Operation, fetch: F) -> Pages<T>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        F: Fn(Option<String>) -> Fut,
        Fut: Future<Output = std::result::Result<(Vec<T>, Option<String>), SdkError<E, HttpResponse>>>,
    {
        if !self.wanted.asks(operation) {
            return Pages { items: Vec::new(), complete: false };
        }
        let fetch = &fetch;
        let (items, failure) = every_page(|token: Option<String>| async move {
            let page = self.attempt(operation, &|| fetch(token.clone())).await?;
            self.ledger.succeeded(operation, page.0.len());
            Ok(page)
        })
        .await;
        let complete = match failure {
            None => true,
            Some(failure) if failure.is_gone() => {
                self.ledger.succeeded(operation, 0);
                true
            }
            Some(failure) => {
                self.ledger.failed(operation, failure);
                false
            }
        };
        Pages { items, complete }
    }

    /// Sends within the limits; where AWS takes the credentials for expired, renews them and sends
    /// once more.
    async fn attempt<T, E, F, Fut>(&self, operation: Operation, send: &F) -> std::result::Result<T, Failure>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        F: Fn() -> Fut,
        Fut: Future<Output = std::result::Result<T, SdkError<E, HttpResponse>>>,
    {
        let _permit = self.permit(operation).await;
        match send().await {
            Ok(answer) => Ok(answer),
            Err(error) => {
                let failure = Failure::new(operation, &error);
                match &self.role {
                    Some(role) if failure.is_expired() => {
                        role.forget().await;
                        send().await.map_err(|error| Failure::new(operation, &error))
                    }
                    _ => Err(failure),
                }
            }
        }
    }

    /// Notes items of an answer that was not read in pages.
    pub fn received(&self, operation: Operation, items: usize) {
        self.ledger.succeeded(operation, items);
    }

    /// Notes what AWS charges for a call.
    pub fn charged(&self, operation: Operation, dollars: f64) {
        self.ledger.with(operation, |entry| entry.charge += dollars);
    }

    /// Notes that nobody asked, and why.
    pub fn refrained(&self, operation: Operation, reason: &str) {
        let failure = Failure { outcome: Outcome::Skipped, code: None, message: reason.to_owned() };
        self.ledger.failed(operation, failure);
    }

    /// A row of coverage for every operation of an account and Region. An operation that was not
    /// called is `not-asked` where nobody wants it, `ok` where what it depends on shows that there is nothing to ask for, and
    /// `skipped` where that is not known.
    pub fn coverage(&self) -> Vec<Coverage> {
        Operation::regional()
            .map(|operation| match self.ledger.entry(operation) {
                Some(entry) => self.row(operation, entry),
                None => {
                    let mut row = self.row(operation, Entry::default());
                    if !self.wanted.asks(operation) {
                        row.outcome = Outcome::NotAsked;
                        row.message = Some("no rule that is run reads what it gives".to_owned());
                        return row;
                    }
                    match self.obstacle(operation) {
                        Some(needed) => {
                            row.outcome = Outcome::Skipped;
                            row.message = Some(format!("not asked, because {needed} did not succeed"));
                        }
                        None => row.message = Some("there is nothing to ask for".to_owned()),
                    }
                    row
                }
            })
            .collect()
    }

    /// The operation whose failure kept another one from being called.
    fn obstacle(&self, operation: Operation) -> Option<Operation> {
        depends_on(operation).iter().copied().find_map(|needed| match self.ledger.entry(needed) {
            Some(entry) => entry.failure.map(|_| needed),
            None => self.obstacle(needed),
        })
    }

    fn row(&self, operation: Operation, entry: Entry) -> Coverage {
        let failure = entry.failure;
        Coverage {
            account_id: self.account_id.clone(),
            region: self.region.clone(),
            operation: operation.name().to_owned(),
            outcome: failure.as_ref().map_or(Outcome::Ok, |failure| failure.outcome),
            error_code: failure.as_ref().and_then(|failure| failure.code.clone()),
            message: failure.map(|failure| failure.message),
            requests: self.ledger.meter.requests(operation),
            rows: entry.rows,
            charge: entry.charge,
        }
    }

    /// Whole days from a moment to the snapshot; a moment in the future is today.
    pub fn age_days(&self, moment: Option<Timestamp>) -> Option<i64> {
        let seconds = self.taken_at.as_second() - moment?.as_second();
        Some((seconds / 86_400).max(0))
    }
}

/// The operations that tell whether there is anything to ask for.
pub(super) fn depends_on(operation: Operation) -> &'static [Operation] {
    use Operation::*;
    match operation {
        Ec2DescribeVpcEndpoints | Ec2DescribeVpcEndpointServiceConfigurations => &[],
        Ec2DescribeAvailabilityZones | CloudWatchGetMetricData | CloudWatchListMetrics => {
            &[Ec2DescribeVpcEndpoints, Ec2DescribeVpcEndpointServiceConfigurations]
        }
        Ec2DescribeVpcEndpointServicePermissions
        | Ec2DescribeVpcEndpointConnections
        | Ec2DescribeVpcEndpointConnectionNotifications
        | ElbDescribeLoadBalancers
        | ElbDescribeListeners => &[Ec2DescribeVpcEndpointServiceConfigurations],
        ElbDescribeLoadBalancerAttributes | ElbDescribeTargetGroups => {
            &[Ec2DescribeVpcEndpointServiceConfigurations, ElbDescribeLoadBalancers]
        }
        ElbDescribeTargetGroupAttributes | ElbDescribeTargetHealth => {
            &[Ec2DescribeVpcEndpointServiceConfigurations, ElbDescribeTargetGroups]
        }
        Route53ListHostedZonesByVpc
        | Route53ResolverListResolverRules
        | Route53ResolverListResolverRuleAssociations => {
            &[Ec2DescribeVpcEndpoints, Ec2DescribeVpcEndpointServices]
        }
        Ec2GetManagedPrefixListEntries => &[Ec2DescribeVpcEndpoints, Ec2DescribeSecurityGroupRules],
        _ => &[Ec2DescribeVpcEndpoints],
    }
}

/// What came of each operation so far.
#[derive(Debug)]
struct Ledger {
    meter: Meter,
    entries: Mutex<BTreeMap<Operation, Entry>>,
}

#[derive(Clone, Debug, Default)]
struct Entry {
    rows: i64,
    charge: f64,
    failure: Option<Failure>,
}

impl Ledger {
    fn new(meter: Meter) -> Ledger {
        Ledger { meter, entries: Mutex::default() }
    }

    fn succeeded(&self, operation: Operation, items: usize) {
        self.with(operation, |entry| entry.rows += items as i64);
    }

    /// Keeps the heaviest failure, and of equals the one whose text comes first: calls for several
    /// resources run side by side, and the order in which they fail must not show.
    fn failed(&self, operation: Operation, failure: Failure) {
        self.with(operation, |entry| {
            let weight = |failure: &Failure| {
                (std::cmp::Reverse(failure.outcome), failure.code.clone(), failure.message.clone())
            };
            let replace = entry.failure.as_ref().is_none_or(|kept| weight(&failure) < weight(kept));
            if replace {
                entry.failure = Some(failure);
            }
        });
    }

    fn entry(&self, operation: Operation) -> Option<Entry> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).get(&operation).cloned()
    }

    fn with(&self, operation: Operation, change: impl FnOnce(&mut Entry)) {
        change(self.entries.lock().unwrap_or_else(PoisonError::into_inner).entry(operation).or_default());
    }
}

/// A moment of the SDK as one of ours.
pub(super) fn timestamp(moment: Option<&DateTime>) -> Option<Timestamp> {
    // JSON carries seconds as a float, which falls short of the millisecond that was meant.
    let nanoseconds = moment?.as_nanos();
    Timestamp::from_millisecond(i64::try_from((nanoseconds + 500_000).div_euclid(1_000_000)).ok()?).ok()
}

/// Tags as a JSON object, keys sorted.
pub(super) fn tags_json<'a>(tags: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let sorted: BTreeMap<&str, &str> = tags.collect();
    serde_json::to_string(&sorted).unwrap_or_default()
}
