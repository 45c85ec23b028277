//! The way into an account, and the Regions that it has enabled.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_config::identity::IdentityCache;
use aws_credential_types::provider::SharedCredentialsProvider;

use super::CrawlSettings;
use super::meter::Meter;
use super::outcome::Failure;
use super::role::{Role, RoleCredentials};
use super::session::{Connected, Connection};
use super::tally::Tally;
use super::whole::Whole;
use crate::iam;
use crate::table::{Account, Coverage, Operation, Outcome};

/// An account that was entered, or not.
#[derive(Clone)]
pub(super) struct Entered {
    /// How its Regions are reached; `None` where the account could not be entered.
    pub sdk: Option<SdkConfig>,
    /// The role that was assumed, so that its credentials can be renewed.
    pub role: Option<RoleCredentials>,
    /// The Regions to crawl.
    pub regions: Vec<String>,
    /// Rows about the account itself, and about every Region that will not be crawled.
    pub coverage: Vec<Coverage>,
}

/// The way into accounts.
pub(super) struct Door {
    /// Accounts that are entered with credentials of their own.
    own: BTreeMap<String, Connection>,
    /// Where roles are assumed from.
    connection: Connection,
    partition: String,
    settings: CrawlSettings,
    /// Regions that stand for those of an account that cannot be asked for its own.
    fallback_regions: Vec<String>,
    tally: Arc<Tally>,
}

impl Door {
    /// Learns the Regions of the first caller, which stand for those of accounts that stay closed.
    pub async fn new(connected: Vec<Connected>, settings: CrawlSettings, tally: Arc<Tally>) -> Door {
        let first = connected.first().cloned().unwrap_or_default();
        let fallback_regions: Vec<String> = if settings.regions.is_empty() {
            match enabled_regions(first.connection.sdk(), &Meter::new(tally.clone())).await {
                Ok(regions) => regions.into_iter().collect(),
                Err(_) => vec![first.connection.home_region()],
            }
        } else {
            settings.regions.clone()
        };
        let own = connected.into_iter().map(|one| (one.caller.account_id, one.connection)).collect();
        Door {
            own,
            connection: first.connection,
            partition: first.caller.partition,
            settings,
            fallback_regions,
            tally,
        }
    }

    /// The Regions that stand for those of accounts that stay closed.
    pub fn into_fallback_regions(self) -> Vec<String> {
        self.fallback_regions
    }

    /// Enters an account: with its own credentials where there are any, else by the role.
    pub async fn enter(&self, account: &Account) -> Entered {
        let meter = Meter::new(self.tally.clone());
        if let Some(state) = account.state.as_deref().filter(|state| *state != "ACTIVE") {
            let failure = Failure {
                outcome: Outcome::Skipped,
                code: None,
                message: format!("the account's state is {state}"),
            };
            return self.closed(account, &meter, None, &failure);
        }
        let mut coverage = Vec::new();
        let (sdk, role) = match self.own.get(&account.account_id) {
            Some(own) => (own.sdk().clone(), None),
            None => {
                let role = self.role(account, &meter);
                if let Err(failure) = role.get().await {
                    return self.closed(account, &meter, Some(Operation::StsAssumeRole), &failure);
                }
                coverage.push(self.row(account, &meter, Operation::StsAssumeRole, None, 1));
                let provider = SharedCredentialsProvider::new(role.clone());
                {
                    // The role keeps its credentials itself, for all clients, so that they can be
                    // renewed when AWS takes them for expired.
                    let sdk = self.connection.sdk().clone().into_builder();
                    let sdk =
                        sdk.credentials_provider(provider).identity_cache(IdentityCache::no_cache()).build();
                    (sdk, Some(role))
                }
            }
        };
        let enabled = enabled_regions(&sdk, &meter).await;
        let wanted = &self.settings.regions;
        let failure = enabled.as_ref().err().cloned();
        let rows = enabled.as_ref().map_or(0, |regions| regions.len() as i64);
        coverage.push(self.row(account, &meter, Operation::Ec2DescribeRegions, failure, rows));
        let regions = match enabled {
            Ok(enabled) if wanted.is_empty() => enabled.into_iter().collect(),
            Ok(enabled) => {
                let (on, off): (Vec<_>, Vec<_>) =
                    wanted.iter().cloned().partition(|region| enabled.contains(region));
                let failure = Failure {
                    outcome: Outcome::NotEnabled,
                    code: None,
                    message: "the Region is not enabled in the account".to_owned(),
                };
                coverage.extend(off.iter().flat_map(|region| unasked(account, region, &failure)));
                on
            }
            // The account may be closed to this one call only: its Regions are tried all the same.
            Err(_) => self.fallback_regions.clone(),
        };
        Entered { sdk: Some(sdk), role, regions, coverage }
    }

    /// An account that cannot be entered. Every Region that would have been asked is recorded.
    fn closed(
        &self,
        account: &Account,
        meter: &Meter,
        operation: Option<Operation>,
        failure: &Failure,
    ) -> Entered {
        let message = match operation {
            Some(operation) => format!("{operation}: {}", failure.message),
            None => failure.message.clone(),
        };
        let unreached = Failure { message, ..failure.clone() };
        let mut coverage: Vec<Coverage> = Vec::new();
        if let Some(operation) = operation {
            coverage.push(self.row(account, meter, operation, Some(failure.clone()), 0));
        }
        coverage.extend(self.fallback_regions.iter().flat_map(|region| unasked(account, region, &unreached)));
        Entered { sdk: None, role: None, regions: Vec::new(), coverage }
    }

    fn role(&self, account: &Account, meter: &Meter) -> RoleCredentials {
        let config = aws_sdk_sts::config::Builder::from(self.connection.sdk()).interceptor(meter.clone());
        let name = self
            .settings
            .role_name
            .replace("{account_id}", &account.account_id)
            .replace("{account_name}", &account.account_name);
        let role = Role {
            arn: format!("arn:{}:iam::{}:role/{name}", self.partition, account.account_id),
            external_id: self.settings.external_id.clone(),
            session: self.settings.session.clone(),
            policy: iam::session_policy(&self.settings.regions),
        };
        RoleCredentials::new(aws_sdk_sts::Client::from_conf(config.build()), role)
    }

    fn row(
        &self,
        account: &Account,
        meter: &Meter,
        operation: Operation,
        failure: Option<Failure>,
        rows: i64,
    ) -> Coverage {
        coverage_row(&account.account_id, &self.connection.home_region(), meter, operation, failure, rows)
    }
}

/// A row of coverage for an operation that is asked once per account or organization.
pub(super) fn coverage_row(
    account_id: &str,
    region: &str,
    meter: &Meter,
    operation: Operation,
    failure: Option<Failure>,
    rows: i64,
) -> Coverage {
    Coverage {
        account_id: account_id.to_owned(),
        region: region.to_owned(),
        operation: operation.name().to_owned(),
        outcome: failure.as_ref().map_or(Outcome::Ok, |failure| failure.outcome),
        error_code: failure.as_ref().and_then(|failure| failure.code.clone()),
        message: failure.map(|failure| failure.message),
        requests: meter.requests(operation),
        rows,
        charge: 0.0,
    }
}

/// Rows for a Region of which nothing was asked.
pub(super) fn unasked(account: &Account, region: &str, failure: &Failure) -> Vec<Coverage> {
    Operation::regional()
        .map(|operation| Coverage {
            account_id: account.account_id.clone(),
            region: region.to_owned(),
            operation: operation.name().to_owned(),
            outcome: failure.outcome,
            error_code: failure.code.clone(),
            message: Some(failure.message.clone()),
            requests: 0,
            rows: 0,
            charge: 0.0,
        })
        .collect()
}

/// The Regions that an account has enabled, sorted. DescribeRegions leaves out the others.
pub(super) async fn enabled_regions(sdk: &SdkConfig, meter: &Meter) -> Result<BTreeSet<String>, Failure> {
    let client = aws_sdk_ec2::Client::from_conf(
        aws_sdk_ec2::config::Builder::from(sdk).interceptor(meter.clone()).interceptor(Whole).build(),
    );
    let answer = client
        .describe_regions()
        .send()
        .await
        .map_err(|error| Failure::new(Operation::Ec2DescribeRegions, &error))?;
    let names = answer.regions().iter().filter(|region| region.opt_in_status() != Some("not-opted-in"));
    Ok(names.filter_map(|region| region.region_name().map(str::to_owned)).collect())
}
