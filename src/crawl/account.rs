//! The way into an account, and the Regions that it has enabled.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_credential_types::provider::SharedCredentialsProvider;

use super::CrawlSettings;
use super::meter::Meter;
use super::outcome::Failure;
use super::session::{Caller, Connection, Role, RoleCredentials};
use super::tally::Tally;
use crate::table::{Account, Coverage, Operation, Outcome};

/// An account that was entered, or not.
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

/// What is the same for all accounts.
pub(super) struct Door<'a> {
    pub connection: &'a Connection,
    pub caller: &'a Caller,
    pub settings: &'a CrawlSettings,
    /// Regions that stand for those of an account that cannot be asked for its own.
    pub fallback_regions: &'a [String],
    pub tally: Arc<Tally>,
}

impl Door<'_> {
    /// Enters an account: with the caller's own credentials where it is the caller's, else by the
    /// role.
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
        let (sdk, role) = if account.account_id == self.caller.account_id {
            (self.connection.sdk().clone(), None)
        } else {
            let role = self.role(account, &meter);
            if let Err(failure) = role.get().await {
                return self.closed(account, &meter, Some(Operation::StsAssumeRole), &failure);
            }
            coverage.push(self.row(account, &meter, Operation::StsAssumeRole, None, 1));
            let provider = SharedCredentialsProvider::new(role.clone());
            let sdk = self.connection.sdk().clone().into_builder().credentials_provider(provider).build();
            (sdk, Some(role))
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
            Err(_) if wanted.is_empty() => self.fallback_regions.to_vec(),
            Err(_) => wanted.clone(),
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
        let regions =
            if self.settings.regions.is_empty() { self.fallback_regions } else { &self.settings.regions };
        let message = match operation {
            Some(operation) => format!("{operation}: {}", failure.message),
            None => failure.message.clone(),
        };
        let unreached = Failure { message, ..failure.clone() };
        let mut coverage: Vec<Coverage> = Vec::new();
        if let Some(operation) = operation {
            coverage.push(self.row(account, meter, operation, Some(failure.clone()), 0));
        }
        coverage.extend(regions.iter().flat_map(|region| unasked(account, region, &unreached)));
        Entered { sdk: None, role: None, regions: Vec::new(), coverage }
    }

    fn role(&self, account: &Account, meter: &Meter) -> RoleCredentials {
        let client = aws_sdk_sts::Client::from_conf(
            aws_sdk_sts::config::Builder::from(self.connection.sdk()).interceptor(meter.clone()).build(),
        );
        let role = Role {
            arn: format!(
                "arn:{}:iam::{}:role/{}",
                self.caller.partition, account.account_id, self.settings.role_name
            ),
            external_id: self.settings.external_id.clone(),
            session_name: "plaudit".to_owned(),
        };
        RoleCredentials::new(client, role)
    }

    fn row(
        &self,
        account: &Account,
        meter: &Meter,
        operation: Operation,
        failure: Option<Failure>,
        rows: i64,
    ) -> Coverage {
        Coverage {
            account_id: account.account_id.clone(),
            region: self.connection.home_region(),
            operation: operation.name().to_owned(),
            outcome: failure.as_ref().map_or(Outcome::Ok, |failure| failure.outcome),
            error_code: failure.as_ref().and_then(|failure| failure.code.clone()),
            message: failure.map(|failure| failure.message),
            requests: meter.requests(operation),
            rows,
        }
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
        })
        .collect()
}

/// The Regions that an account has enabled, sorted. DescribeRegions leaves out the others.
pub(super) async fn enabled_regions(sdk: &SdkConfig, meter: &Meter) -> Result<BTreeSet<String>, Failure> {
    let client = aws_sdk_ec2::Client::from_conf(
        aws_sdk_ec2::config::Builder::from(sdk).interceptor(meter.clone()).build(),
    );
    let answer = client
        .describe_regions()
        .send()
        .await
        .map_err(|error| Failure::new(Operation::Ec2DescribeRegions, &error))?;
    let names = answer.regions().iter().filter(|region| region.opt_in_status() != Some("not-opted-in"));
    Ok(names.filter_map(|region| region.region_name().map(str::to_owned)).collect())
}
