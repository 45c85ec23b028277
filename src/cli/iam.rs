//! `plaudit iam`

use clap::{Args, Subcommand};

use super::DONE;
use super::console::Console;
use super::options::Global;
use crate::config;
use crate::error::{Error, Result};
use crate::iam::{self, Grant};

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
                let store = policy
                    .store
                    .or_else(|| Some(config.store.path.clone()).filter(|store| store.starts_with("s3://")));
                let grant = Grant { role_name: role(policy.role_name)?, store, ..Grant::default() };
                pretty(&if policy.caller { iam::caller_policy(&grant) } else { iam::member_policy() })?
            }
            Iam::Trust(trust) => {
                let grant = trust.grant(role(trust.role_name.clone())?, config.crawl.external_id.clone());
                if grant.principal.is_none() {
                    return Err(Error::usage("the trust policy needs to name who may enter")
                        .at("--principal")
                        .hint("give the ARN of the role or user that runs plaudit, or its account's id"));
                }
                pretty(&iam::trust_policy(&grant))?
            }
            Iam::Stackset(trust) => {
                let grant = trust.grant(role(trust.role_name.clone())?, config.crawl.external_id.clone());
                iam::stack_set(&grant)
            }
        };
        console.data(|out| writeln!(out, "{}", text.trim_end()))?;
        Ok(DONE)
    }
}

impl Trust {
    fn grant(&self, role_name: String, external_id: Option<String>) -> Grant {
        Grant {
            role_name,
            principal: self.principal.clone(),
            external_id: self.external_id.clone().or(external_id),
            organization_id: self.organization_id.clone(),
            store: None,
        }
    }
}

fn pretty(value: &serde_json::Value) -> Result<String> {
    serde_json::to_string_pretty(value)
        .map_err(|error| Error::failed(format!("the policy cannot be written: {error}")))
}
