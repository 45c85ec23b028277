//! Which accounts there are: the organization's, a list, or the caller's own.

use std::collections::BTreeMap;

use aws_sdk_organizations::types;

use super::account::coverage_row;
use super::meter::Meter;
use super::outcome::Failure;
use super::page::every_page;
use super::scope::timestamp;
use super::session::{Caller, Connected, Connection};
use crate::config::Pattern;
use crate::error::{Error, Result};
use crate::table::{Account, Coverage, Operation};

/// The most that ListAccounts gives in a page.
const PAGE: i32 = 20;

crate::words! {
    /// Where the list of accounts came from.
    pub enum AccountSource {
        /// All accounts of the organization.
        Organization = "organization",
        /// Those that the user named.
        List = "list",
        /// The caller's own, because there is no organization.
        Caller = "caller",
        /// Those of several profiles.
        Profiles = "profiles",
    }
}

/// Which accounts are crawled.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only these accounts; empty for all.
    pub accounts: Vec<String>,
    /// Never these accounts.
    pub exclude_accounts: Vec<String>,
    /// Only accounts below these organizational units, at whatever depth; empty for all.
    pub organizational_units: Vec<String>,
    /// Never accounts below these.
    pub exclude_organizational_units: Vec<String>,
    /// Only accounts that carry all of these tags: key and value.
    pub account_tags: Vec<(String, Pattern)>,
}

/// The accounts of a crawl.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Organization {
    /// `o-...`, where there is one that may be read.
    pub organization_id: Option<String>,
    /// The account that manages it.
    pub management_account_id: Option<String>,
    /// Where the list came from; always known once there is one.
    pub source: Option<AccountSource>,
    /// Whether these are all accounts of the organization: none was left out by a selection.
    #[serde(default)]
    pub is_whole: bool,
    /// The accounts, by id.
    #[serde(with = "crate::table::packed::rows")]
    pub accounts: Vec<Account>,
    /// What was asked for this.
    #[serde(with = "crate::table::packed::rows")]
    pub coverage: Vec<Coverage>,
}

/// Finds out which accounts are to be crawled. With several connections they are those of the
/// connections; with one, the organization's.
pub(super) async fn organization(
    connected: &[Connected],
    meter: &Meter,
    selection: &Selection,
) -> Result<Organization> {
    match connected {
        [one] => of_caller(one, meter, selection).await,
        several => of_profiles(several, selection),
    }
}

fn of_profiles(connected: &[Connected], selection: &Selection) -> Result<Organization> {
    let accounts = connected
        .iter()
        .map(|one| {
            let name = one.profile.clone().unwrap_or_else(|| one.caller.account_id.clone());
            Account { account_name: name, ..unknown(&one.caller.account_id) }
        })
        .collect();
    let mut found =
        Organization { source: Some(AccountSource::Profiles), accounts, ..Organization::default() };
    found.select(selection)?;
    Ok(found)
}

async fn of_caller(one: &Connected, meter: &Meter, selection: &Selection) -> Result<Organization> {
    let Connected { connection, caller, .. } = one;
    let config = aws_sdk_organizations::config::Builder::from(connection.sdk()).interceptor(meter.clone());
    let client = aws_sdk_organizations::Client::from_conf(config.build());
    let described = client
        .describe_organization()
        .send()
        .await
        .map_err(|error| Failure::new(Operation::OrganizationsDescribeOrganization, &error));
    let (listed, listing) = list(&client).await;
    let of_organization = described.as_ref().ok().and_then(|answer| answer.organization());
    let management = of_organization.and_then(|found| found.master_account_id()).map(str::to_owned);
    let known: BTreeMap<String, Account> = listed
        .into_iter()
        .map(|account| row(&account, management.as_deref()))
        .map(|account| (account.account_id.clone(), account))
        .collect();
    let (source, accounts) = match &listing {
        _ if !selection.accounts.is_empty() => {
            let named = |id: &String| known.get(id).cloned().unwrap_or_else(|| unknown(id));
            (AccountSource::List, selection.accounts.iter().map(named).collect())
        }
        None => (AccountSource::Organization, known.values().cloned().collect()),
        Some(failure) if failure.code.as_deref() == Some("AWSOrganizationsNotInUseException") => {
            (AccountSource::Caller, vec![unknown(&caller.account_id)])
        }
        Some(failure) => return Err(refused(connection, caller, failure)),
    };
    let mut found = Organization {
        organization_id: of_organization.and_then(|found| found.id()).map(str::to_owned),
        management_account_id: management,
        source: Some(source),
        is_whole: false,
        accounts,
        coverage: Vec::new(),
    };
    found.select(selection)?;
    let tagging = match selection.account_tags.as_slice() {
        [] => None,
        wanted => Some(found.select_by_tags(&client, wanted).await),
    };
    if found.accounts.is_empty() && matches!(tagging, Some(Ok(_))) {
        return Err(Error::nothing_audited("no account that was selected carries all of the tags")
            .at("[crawl] account_tags")
            .hint("check the keys and values, upper and lower case too; `*` stands for any text"));
    }
    found.is_whole = source == AccountSource::Organization && found.accounts.len() == known.len();
    let region = connection.home_region();
    let mut coverage = |operation, failure, rows| {
        found.coverage.push(coverage_row(&caller.account_id, &region, meter, operation, failure, rows));
    };
    let rows = i64::from(of_organization.is_some());
    coverage(Operation::OrganizationsDescribeOrganization, described.as_ref().err().cloned(), rows);
    coverage(Operation::OrganizationsListAccounts, listing, known.len() as i64);
    if let Some(outcome) = tagging {
        let (failure, rows) = outcome.map_or_else(|failure| (Some(failure), 0), |rows| (None, rows));
        if let Some(failure) = &failure {
            return Err(untagged(connection, caller, failure));
        }
        coverage(Operation::OrganizationsListTagsForResource, failure, rows);
    }
    Ok(found)
}

impl Organization {
    /// Leaves out what the user does not want, and puts the rest in order.
    fn select(&mut self, selection: &Selection) -> Result<()> {
        let units = [&selection.organizational_units, &selection.exclude_organizational_units];
        let placed = self.accounts.iter().all(|account| account.organizational_unit_path.is_some());
        if units.iter().any(|units| !units.is_empty()) && !placed {
            return Err(Error::usage("where the accounts stand in the organization is not known")
                .at("[crawl] organizational_units")
                .hint(
                    "list the accounts instead: the caller may not list the organization, or there is none",
                ));
        }
        let below = |account: &Account, units: &[String]| {
            let path = account.organizational_unit_path.as_deref().unwrap_or_default();
            units.iter().any(|unit| path.split('/').any(|part| part == unit))
        };
        self.accounts.retain(|account| {
            !selection.exclude_accounts.contains(&account.account_id)
                && (selection.organizational_units.is_empty()
                    || below(account, &selection.organizational_units))
                && !below(account, &selection.exclude_organizational_units)
        });
        self.accounts.sort_by(|left, right| left.account_id.cmp(&right.account_id));
        self.accounts.dedup_by(|left, right| left.account_id == right.account_id);
        if self.accounts.is_empty() {
            return Err(Error::nothing_audited("no account is left to be audited")
                .at("[crawl] accounts, exclude_accounts, organizational_units, exclude_organizational_units")
                .hint("widen the selection; `plaudit plan` shows whom it takes"));
        }
        Ok(())
    }

    /// Asks for the tags of each account, and leaves out those that lack one. Gives the number of
    /// tags read.
    async fn select_by_tags(
        &mut self,
        client: &aws_sdk_organizations::Client,
        wanted: &[(String, Pattern)],
    ) -> std::result::Result<i64, Failure> {
        let mut kept = Vec::new();
        let mut rows = 0;
        for account in std::mem::take(&mut self.accounts) {
            let tags = tags(client, &account.account_id).await?;
            rows += tags.len() as i64;
            let has = |key: &String, value: &Pattern| tags.get(key).is_some_and(|found| value.matches(found));
            if wanted.iter().all(|(key, value)| has(key, value)) {
                kept.push(account);
            }
        }
        self.accounts = kept;
        Ok(rows)
    }
}

/// The tags of an account.
async fn tags(
    client: &aws_sdk_organizations::Client,
    account_id: &str,
) -> std::result::Result<BTreeMap<String, String>, Failure> {
    let operation = Operation::OrganizationsListTagsForResource;
    let (tags, failure) = every_page(|token| async move {
        let call = client.list_tags_for_resource().resource_id(account_id).set_next_token(token);
        let page = call.send().await.map_err(|error| Failure::new(operation, &error))?;
        Ok((page.tags.unwrap_or_default(), page.next_token))
    })
    .await;
    match failure {
        None => Ok(tags.into_iter().map(|tag| (tag.key, tag.value)).collect()),
        Some(failure) => Err(failure),
    }
}

fn untagged(connection: &Connection, caller: &Caller, failure: &Failure) -> Error {
    let code = failure.code.as_ref().map_or_else(String::new, |code| format!(" ({code})"));
    let operation = Operation::OrganizationsListTagsForResource;
    Error::nothing_audited(format!("the accounts' tags could not be read{code}: {}", failure.message))
        .at(format!("account {}, {}, {operation}", caller.account_id, connection.home_region()))
        .hint(format!("allow {operation}, or leave [crawl] account_tags out"))
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
    every_page(|token| async move {
        let call = client.list_accounts().max_results(PAGE).set_next_token(token);
        let failed = |error| Failure::new(Operation::OrganizationsListAccounts, &error);
        let page = call.send().await.map_err(failed)?;
        Ok((page.accounts.unwrap_or_default(), page.next_token))
    })
    .await
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
