//! `plaudit iam`

use clap::{Args, Subcommand};

use super::DONE;
use super::console::{Console, pretty};
use super::options::Global;
use crate::config::{self, BucketOwner, Config};
use crate::error::{Error, Result};
use crate::iam::{self, Bucket, Grant};

/// Prints what to grant, ready to deploy.
#[derive(Subcommand)]
pub enum Iam {
    /// Prints the least-privilege policy of the role in each account; with --caller, the caller's
    Policy(Policy),
    /// Prints the trust policy of the role in each account
    Trust(Trust),
    /// Prints a CloudFormation template of the role, for a StackSet over the organization
    Stackset(Trust),
}

/// Prints a policy.
#[derive(Args)]
pub struct Policy {
    /// The caller's policy: the organization, the way into accounts, and the store besides
    #[arg(long)]
    caller: bool,

    /// Role in each account [default: plaudit-read-only]
    #[arg(long, value_name = "NAME")]
    role_name: Option<String>,

    /// Store in S3 that the caller writes to
    #[arg(long, value_name = "s3://BUCKET/PREFIX")]
    store: Option<String>,

    /// Account that owns the store's bucket [default: the caller's]
    #[arg(long, value_name = "ID")]
    store_owner: Option<String>,

    /// Organization whose accounts the caller may enter, and no others
    #[arg(long, value_name = "ID")]
    organization_id: Option<String>,

    /// Only these Regions
    #[arg(long, value_name = "REGION,...", value_delimiter = ',')]
    regions: Vec<String>,
}

/// Prints who may enter.
#[derive(Args)]
pub struct Trust {
    /// Who may assume the role: the ARN of a role or user, or an account id
    #[arg(long, value_name = "ARN")]
    principal: Option<String>,

    /// What the caller has to say when assuming it
    #[arg(long, value_name = "TEXT")]
    external_id: Option<String>,

    /// Organization to which the caller has to belong
    #[arg(long, value_name = "ID")]
    organization_id: Option<String>,

    /// Role in each account [default: plaudit-read-only]
    #[arg(long, value_name = "NAME")]
    role_name: Option<String>,

    /// Only these Regions
    #[arg(long, value_name = "REGION,...", value_delimiter = ',')]
    regions: Vec<String>,
}

impl Iam {
    pub fn run(self, global: &Global, console: &mut Console) -> Result<u8> {
        let config = global.load()?;
        let role = |given: Option<String>| -> Result<String> {
            let name = given.unwrap_or_else(|| config.crawl.role_name.clone());
            config::check_role_name(&name).map_err(|error| error.at("--role-name"))?;
            Ok(name)
        };
        let text = match self {
            Iam::Policy(policy) => {
                if let Some(store) = policy.store.as_ref().filter(|store| !store.starts_with("s3://")) {
                    return Err(Error::usage(format!("`{store}` is no store in S3"))
                        .at("--store")
                        .hint("give s3://BUCKET/PREFIX; a folder needs nothing from IAM"));
                }
                if let Some(account) = &policy.store_owner {
                    config::check_account(account).map_err(|error| error.at("--store-owner"))?;
                }
                let grant = Grant {
                    role_name: role(policy.role_name.clone())?,
                    regions: regions(&policy.regions, &config)?,
                    source_identity: config.crawl.source_identity.is_some(),
                    organization_id: policy.organization_id.clone(),
                    store: store(&policy, &config),
                    kms_key_arn: config.store.kms_key_id.clone().filter(|key| key.starts_with("arn:")),
                    bills: bills(&config),
                    billing_role_arn: config.charges.role_arn.clone(),
                    ..Grant::default()
                };
                if policy.caller && grant.organization_id.is_none() {
                    console.warn(
                        "the policy lets the caller into any account that has the role; \
                         --organization-id keeps it in yours",
                    );
                }
                pretty(&match policy.caller {
                    true => iam::caller_policy(&grant),
                    false => iam::member_policy(&grant.regions),
                })?
            }
            Iam::Trust(trust) => {
                let grant = trust.grant(role(trust.role_name.clone())?, &config)?;
                warn_of_trust(&grant, console);
                if grant.principal.is_none() {
                    return Err(Error::usage("the trust policy needs to name who may enter")
                        .at("--principal")
                        .hint("give the ARN of the role or user that runs plaudit, or its account's id"));
                }
                pretty(&iam::trust_policy(&grant))?
            }
            Iam::Stackset(trust) => {
                let name = role(trust.role_name.clone())?;
                if name.contains("{account_name}") {
                    return Err(Error::usage("a stack does not know the name of its account")
                        .at(format!("the role name `{name}`"))
                        .hint("use {account_id} in the role's name, or a name that is the same everywhere"));
                }
                let grant = trust.grant(role(trust.role_name.clone())?, &config)?;
                warn_of_trust(&grant, console);
                iam::stack_set(&grant)
            }
        };
        console.data(|out| writeln!(out, "{}", text.trim_end()))?;
        Ok(DONE)
    }
}

impl Trust {
    fn grant(&self, role_name: String, config: &Config) -> Result<Grant> {
        let external_id = self.external_id.clone().or_else(|| config.crawl.external_id.clone());
        if let Some(principal) = self.principal.as_ref().filter(|principal| !is_principal(principal)) {
            return Err(Error::usage(format!("`{principal}` is nobody who can be let in"))
                .at("--principal")
                .hint(
                    "give the ARN of a role or user, or the id of an account; `*` would let in everybody",
                ));
        }
        if let Some(id) = self.organization_id.as_ref().filter(|id| !is_organization(id)) {
            return Err(Error::usage(format!("`{id}` is no organization"))
                .at("--organization-id")
                .hint("it looks like o-a1b2c3d4e5: `aws organizations describe-organization` says it"));
        }
        if let Some(id) = external_id.as_ref().filter(|id| !is_external_id(id)) {
            return Err(Error::usage(format!("`{id}` is no external id"))
                .at("--external-id")
                .hint("AWS takes 2 to 1,224 letters, digits and characters of _+=,.@:/-"));
        }
        Ok(Grant {
            role_name,
            regions: regions(&self.regions, config)?,
            source_identity: config.crawl.source_identity.is_some(),
            principal: self.principal.clone(),
            external_id,
            organization_id: self.organization_id.clone(),
            ..Grant::default()
        })
    }
}

/// Whether somebody can be named in a trust policy: an account, or a role or user of one.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
fn is_principal(text: &str) -> bool {
    let is_account = |id: &str| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts.as_slice() {
        [id] => is_account(id),
        ["arn", partition, "iam", "", id, name] => {
            let of = |kind: &str| {
                name.strip_prefix(kind).is_some_and(|rest| !rest.is_empty() && !rest.contains('*'))
            };
            partition.starts_with("aws") && is_account(id) && (*name == "root" || of("role/") || of("user/"))
        }
        _ => false,
    }
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html>
fn is_organization(text: &str) -> bool {
    text.strip_prefix("o-").is_some_and(|rest| {
        (10..=32).contains(&rest.len())
            && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    })
}

/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
fn is_external_id(text: &str) -> bool {
    (2..=1224).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&byte))
}

/// Says where a trust policy lets in more than it has to.
fn warn_of_trust(grant: &Grant, console: &mut Console) {
    if grant.external_id.is_none() && grant.organization_id.is_none() {
        console.warn(
            "the role asks for neither an external id nor an organization: whoever may act as the principal \
             enters; give --organization-id, and --external-id where others run plaudit for you",
        );
    }
    let principal = grant.principal.as_deref().unwrap_or_default();
    if principal.ends_with(":root") || principal.len() == 12 && principal.bytes().all(|b| b.is_ascii_digit())
    {
        console.warn(
            "the principal is a whole account: everybody there who may assume roles enters; \
             give the ARN of the role that runs plaudit",
        );
    }
}

/// The store that was named, or that of the configuration, where it is in S3.
fn store(policy: &Policy, config: &Config) -> Option<Bucket> {
    let url = policy.store.as_ref().unwrap_or(&config.store.path);
    let owner = policy.store_owner.clone().or_else(|| owner(&config.store.expected_bucket_owner));
    url.starts_with("s3://").then(|| Bucket { url: url.clone(), owner })
}

/// The bills of the configuration that are in S3.
fn bills(config: &Config) -> Vec<Bucket> {
    let urls = config.charges.bill.iter().filter(|place| place.starts_with("s3://"));
    let owner = owner(&config.charges.expected_bucket_owner);
    urls.map(|url| Bucket { url: url.clone(), owner: owner.clone() }).collect()
}

fn owner(expected: &BucketOwner) -> Option<String> {
    match expected {
        BucketOwner::Caller => Some(iam::OWN_ACCOUNT.to_owned()),
        BucketOwner::Account(account) => Some(account.clone()),
        BucketOwner::Any => None,
    }
}

/// The Regions that were named, else those of the configuration.
fn regions(named: &[String], config: &Config) -> Result<Vec<String>> {
    for region in named {
        config::check_region(region).map_err(|error| error.at("--regions"))?;
    }
    Ok(if named.is_empty() { config.crawl.regions.clone() } else { named.to_vec() })
}
