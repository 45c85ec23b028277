//! Which accounts there are: the organization's, a list, or the caller's own.

use std::collections::BTreeMap;

use aws_sdk_organizations::types;

use super::meter::Meter;
use super::outcome::Failure;
use super::scope::timestamp;
use super::session::{Caller, Connection};
use crate::error::{Error, Result};
use crate::table::{Account, Coverage, Operation, Outcome};

/// The most that ListAccounts gives in a page.
const PAGE: i32 = 20;

/// Where the list of accounts came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountSource {
    /// All accounts of the organization.
    #[default]
    Organization,
    /// Those that the user named.
    List,
    /// The caller's own, because there is no organization.
    Caller,
}

impl AccountSource {
    /// The word that the `snapshot` table keeps.
    pub fn as_str(self) -> &'static str {
        match self {
            AccountSource::Organization => "organization",
            AccountSource::List => "list",
            AccountSource::Caller => "caller",
        }
    }
}

/// The accounts of a crawl.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Organization {
    /// `o-...`, where there is one that may be read.
    pub organization_id: Option<String>,
    /// The account that manages it.
    pub management_account_id: Option<String>,
    /// Where the list came from.
    pub source: AccountSource,
    /// The accounts, by id.
    pub accounts: Vec<Account>,
    /// What was asked for this.
    pub coverage: Vec<Coverage>,
}

/// Finds out which accounts are to be crawled. `only` and `never` are lists of account ids.
pub(super) async fn organization(
    connection: &Connection,
    caller: &Caller,
    meter: &Meter,
    only: &[String],
    never: &[String],
) -> Result<Organization> {
    let client = aws_sdk_organizations::Client::from_conf(
        aws_sdk_organizations::config::Builder::from(connection.sdk()).interceptor(meter.clone()).build(),
    );
    let described = client
        .describe_organization()
        .send()
        .await
        .map_err(|error| Failure::new(Operation::OrganizationsDescribeOrganization, &error));
    let (listed, listing) = list(&client).await;
    let of_organization = described.as_ref().ok().and_then(|answer| answer.organization());
    let mut found = Organization {
        organization_id: of_organization.and_then(|found| found.id()).map(str::to_owned),
        management_account_id: of_organization.and_then(|found| found.master_account_id()).map(str::to_owned),
        source: AccountSource::Organization,
        accounts: Vec::new(),
        coverage: Vec::new(),
    };
    let alone = |failure: &Failure| failure.code.as_deref() == Some("AWSOrganizationsNotInUseException");
    let management = found.management_account_id.clone();
    let known: BTreeMap<String, Account> = listed
        .into_iter()
        .map(|account| row(&account, management.as_deref()))
        .map(|account| (account.account_id.clone(), account))
        .collect();
    let named = |id: &String| known.get(id).cloned().unwrap_or_else(|| unknown(id));
    if !only.is_empty() {
        found.source = AccountSource::List;
        found.accounts = only.iter().map(named).collect();
    } else {
        match &listing {
            None => found.accounts = known.values().cloned().collect(),
            Some(failure) if alone(failure) => {
                found.source = AccountSource::Caller;
                found.accounts = vec![unknown(&caller.account_id)];
            }
            Some(failure) => return Err(refused(connection, caller, failure)),
        }
    }
    found.accounts.retain(|account| !never.contains(&account.account_id));
    found.accounts.sort_by(|left, right| left.account_id.cmp(&right.account_id));
    found.accounts.dedup_by(|left, right| left.account_id == right.account_id);
    let rows = i64::from(of_organization.is_some());
    found.coverage = vec![
        coverage(
            connection,
            caller,
            meter,
            Operation::OrganizationsDescribeOrganization,
            described.err(),
            rows,
        ),
        coverage(
            connection,
            caller,
            meter,
            Operation::OrganizationsListAccounts,
            listing,
            known.len() as i64,
        ),
    ];
    Ok(found)
}

fn coverage(
    connection: &Connection,
    caller: &Caller,
    meter: &Meter,
    operation: Operation,
    failure: Option<Failure>,
    rows: i64,
) -> Coverage {
    Coverage {
        account_id: caller.account_id.clone(),
        region: connection.home_region(),
        operation: operation.name().to_owned(),
        outcome: failure.as_ref().map_or(Outcome::Ok, |failure| failure.outcome),
        error_code: failure.as_ref().and_then(|failure| failure.code.clone()),
        message: failure.map(|failure| failure.message),
        requests: meter.requests(operation),
        rows,
    }
}

fn refused(connection: &Connection, caller: &Caller, failure: &Failure) -> Error {
    let code = failure.code.as_ref().map_or_else(String::new, |code| format!(" ({code})"));
    Error::nothing_audited(format!("the organization's accounts could not be listed{code}: {}", failure.message))
        .at(format!("account {}, {}, {}", caller.account_id, connection.home_region(), Operation::OrganizationsListAccounts))
        .hint(format!(
            "run it in the management account or a delegated administrator with {} allowed, or name the accounts: --accounts {}",
            Operation::OrganizationsListAccounts,
            caller.account_id
        ))
}

/// Lists all accounts. A page may be empty and still name a next one.
async fn list(client: &aws_sdk_organizations::Client) -> (Vec<types::Account>, Option<Failure>) {
    let mut accounts = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let page = client.list_accounts().max_results(PAGE).set_next_token(token.clone()).send().await;
        match page {
            Err(error) => {
                return (accounts, Some(Failure::new(Operation::OrganizationsListAccounts, &error)));
            }
            Ok(page) => {
                accounts.extend(page.accounts.unwrap_or_default());
                match page.next_token {
                    None => return (accounts, None),
                    Some(next) if Some(&next) == token.as_ref() => {
                        return (
                            accounts,
                            Some(Failure::error(
                                "AWS gave the same page token twice, so the list never ends",
                            )),
                        );
                    }
                    next => token = next,
                }
            }
        }
    }
}

fn row(account: &types::Account, management: Option<&str>) -> Account {
    let id = account.id().unwrap_or_default();
    // `Status` was to be retired in September 2026; `State` takes its place.
    #[allow(deprecated)]
    let status = account.status().map(|status| status.as_str().to_owned());
    Account {
        account_id: id.to_owned(),
        account_name: account.name().filter(|name| !name.is_empty()).unwrap_or(id).to_owned(),
        state: account.state().map(|state| state.as_str().to_owned()).or(status),
        joined_method: account.joined_method().map(|method| method.as_str().to_owned()),
        joined_timestamp: timestamp(account.joined_timestamp()),
        organizational_unit_path: account.paths().first().cloned(),
        is_management_account: management == Some(id),
    }
}

/// An account of which nothing but its id is known.
fn unknown(id: &str) -> Account {
    Account {
        account_id: id.to_owned(),
        account_name: id.to_owned(),
        state: None,
        joined_method: None,
        joined_timestamp: None,
        organizational_unit_path: None,
        is_management_account: false,
    }
}
