//! What to grant, generated from the list of operations in the code: policies, the trust policy, and
//! a CloudFormation template that rolls the role out to an organization.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::table::{Extent, Family, Operation};

/// The most characters of a session policy:
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
const SESSION_POLICY_CHARACTERS: usize = 2048;

/// What a policy is made for.
#[derive(Clone, Debug, Default)]
pub struct Grant {
    /// The role in each account.
    pub role_name: String,
    /// Only these Regions; empty for all.
    pub regions: Vec<String>,
    /// Whether the caller says who runs plaudit (`SourceIdentity`), which has to be allowed on both sides.
    pub source_identity: bool,
    /// Who may assume it: an ARN or an account id.
    pub principal: Option<String>,
    /// What the caller has to say when assuming it.
    pub external_id: Option<String>,
    /// The organization to which the caller has to belong.
    pub organization_id: Option<String>,
    /// The store, where it is in S3.
    pub store: Option<Bucket>,
    /// The ARN of the KMS key that encrypts what is written to the store.
    pub kms_key_arn: Option<String>,
    /// Bills in S3.
    pub bills: Vec<Bucket>,
    /// The role by which Cost Explorer is asked.
    pub billing_role_arn: Option<String>,
}

/// A place in S3.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// `s3://bucket/prefix`
    pub url: String,
    /// The account to which the bucket must belong, [`OWN_ACCOUNT`] for the caller's; `None` takes anybody's.
    pub owner: Option<String>,
}

/// The caller's account, whichever that is, in a policy:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
pub const OWN_ACCOUNT: &str = "${aws:PrincipalAccount}";

/// The IAM actions that the role in each account needs: everything that is asked in an account.
pub fn member_actions() -> BTreeSet<&'static str> {
    Operation::ALL
        .iter()
        .filter(|operation| {
            operation.extent() != Extent::Organization && **operation != Operation::StsAssumeRole
        })
        .map(|operation| operation.name())
        .collect()
}

/// The IAM actions that the caller needs besides, for the organization. `sts:GetCallerIdentity` is
/// not among them: AWS allows it to everybody, and it cannot be denied.
pub fn organization_actions() -> BTreeSet<&'static str> {
    Operation::ALL
        .iter()
        .filter(|operation| operation.extent() == Extent::Organization)
        .map(|operation| operation.name())
        .filter(|name| *name != Operation::StsGetCallerIdentity.name())
        .collect()
}

/// The policy of the role in each account; with Regions, for these alone.
pub fn member_policy(regions: &[String]) -> Value {
    json!({ "Version": "2012-10-17", "Statement": member_statements(regions) })
}

fn member_statements(regions: &[String]) -> Vec<Value> {
    // None of these actions can be narrowed to single resources without missing some.
    let reads = |id: &str, actions: BTreeSet<&str>| json!({ "Sid": id, "Effect": "Allow", "Action": actions, "Resource": "*" });
    if regions.is_empty() {
        return vec![reads("PlauditReads", member_actions())];
    }
    let (anywhere, in_regions) =
        member_actions().into_iter().partition(|action| Operation::from_name(action).is_some_and(is_global));
    let mut narrowed = reads("PlauditReads", in_regions);
    narrowed["Condition"] = json!({ "StringEquals": { "aws:RequestedRegion": regions } });
    vec![narrowed, reads("PlauditReadsAnywhere", anywhere)]
}

/// Whether an operation is asked in another Region than the one that it is about: Route 53 is a global
/// service, and the Regions of an account are asked for at the caller's own.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-requestedregion>
fn is_global(operation: Operation) -> bool {
    operation.extent() == Extent::Account || operation.family() == Family::Route53
}

/// What a session in an account may do at the most, whatever its role may: the policy of
/// [`member_policy`], without spaces. Regions beyond what a session policy has room for are left out of it.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session>
pub fn session_policy(regions: &[String]) -> String {
    let policy = member_policy(regions).to_string();
    if policy.len() > SESSION_POLICY_CHARACTERS { member_policy(&[]).to_string() } else { policy }
}

/// What a session may do at the most that asks Cost Explorer.
pub fn billing_session_policy() -> String {
    let statement = json!({
        "Effect": "Allow",
        "Action": Operation::CostExplorerGetCostAndUsage.name(),
        "Resource": "*",
    });
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

/// The policy of the caller: the same, the organization, the way into the other accounts, and the
/// store where it is in S3.
pub fn caller_policy(grant: &Grant) -> Value {
    let mut enters = json!({
        "Sid": "PlauditEntersAccounts",
        "Effect": "Allow",
        "Action": entering(grant),
        "Resource": format!("arn:*:iam::*:role/{}", wildcarded(&grant.role_name)),
    });
    if let Some(organization_id) = &grant.organization_id {
        // The role's name alone would lead into any account of AWS.
        enters["Condition"] = json!({ "StringEquals": { "aws:ResourceOrgID": organization_id } });
    }
    let mut statements = member_statements(&grant.regions);
    statements.push(json!({
        "Sid": "PlauditListsAccounts",
        "Effect": "Allow",
        "Action": organization_actions(),
        "Resource": "*",
    }));
    statements.push(enters);
    if let Some(role_arn) = &grant.billing_role_arn {
        statements.push(json!({
            "Sid": "PlauditAsksForCosts",
            "Effect": "Allow",
            "Action": entering(grant),
            "Resource": role_arn,
        }));
    }
    if let Some(store) = &grant.store {
        statements.extend(store.statements("Store", &["s3:GetObject", "s3:PutObject"]));
    }
    if let Some(key_arn) = &grant.kms_key_arn {
        // A large file goes up in parts, which S3 decrypts to put them together:
        // https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
        statements.push(json!({
            "Sid": "PlauditEncryptsItsStore",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": key_arn,
        }));
    }
    for (number, bill) in grant.bills.iter().enumerate() {
        statements.extend(bill.statements(&format!("Bill{}", number + 1), &["s3:GetObject"]));
    }
    json!({ "Version": "2012-10-17", "Statement": statements })
}

impl Bucket {
    /// What lists the place and does something with its files. A bucket that somebody else has registered
    /// under the name is neither read nor written to.
    fn statements(&self, name: &str, actions: &[&str]) -> [Value; 2] {
        let place = self.url.trim_start_matches("s3://").trim_end_matches('/');
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        let mut lists = json!({
            "Sid": format!("PlauditLists{name}"),
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": format!("arn:*:s3:::{bucket}"),
        });
        let mut uses = json!({
            "Sid": format!("PlauditUses{name}"),
            "Effect": "Allow",
            "Action": actions,
            // What is only read may be a single file.
            "Resource": match actions.contains(&"s3:PutObject") {
                true => json!(format!("arn:*:s3:::{place}/*")),
                false => json!([format!("arn:*:s3:::{place}"), format!("arn:*:s3:::{place}/*")]),
            },
        });
        if let Some(owner) = &self.owner {
            for statement in [&mut lists, &mut uses] {
                statement["Condition"] = json!({ "StringEquals": { "aws:ResourceAccount": owner } });
            }
        }
        if !prefix.is_empty() {
            lists["Condition"]["StringLike"] = json!({ "s3:prefix": format!("{prefix}/*") });
        }
        [lists, uses]
    }
}

/// What entering an account takes: `sts:SetSourceIdentity` besides where the caller names who runs
/// plaudit, in the caller's policy as in the role's trust.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html>
fn entering(grant: &Grant) -> Value {
    match grant.source_identity {
        true => json!([Operation::StsAssumeRole.name(), "sts:SetSourceIdentity"]),
        false => json!(Operation::StsAssumeRole.name()),
    }
}

/// The trust policy of the role in each account.
pub fn trust_policy(grant: &Grant) -> Value {
    // An account's id stands for its root in every partition, in which ARNs differ:
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    let principal = grant.principal.as_deref().unwrap_or_default();
    let mut equals = serde_json::Map::new();
    if let Some(external_id) = &grant.external_id {
        equals.insert("sts:ExternalId".to_owned(), external_id.as_str().into());
    }
    if let Some(organization_id) = &grant.organization_id {
        equals.insert("aws:PrincipalOrgID".to_owned(), organization_id.as_str().into());
    }
    let mut statement = json!({
        "Sid": "PlauditMayEnter",
        "Effect": "Allow",
        "Principal": { "AWS": principal },
        "Action": entering(grant),
    });
    if !equals.is_empty() {
        statement["Condition"] = json!({ "StringEquals": equals });
    }
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

/// A CloudFormation template of the role, for a StackSet over the organization.
pub fn stack_set(grant: &Grant) -> String {
    let statements: String = member_statements(&grant.regions).iter().map(yaml_statement).collect();
    let entering = match entering(grant) {
        Value::Array(actions) => {
            let actions: Vec<&str> = actions.iter().filter_map(Value::as_str).collect();
            format!("[{}]", actions.join(", "))
        }
        action => action.as_str().unwrap_or_default().to_owned(),
    };
    let (path, name) = grant.role_name.rsplit_once('/').unwrap_or(("", &grant.role_name));
    let (parameter, role_name) = match name.contains(ACCOUNT_ID) {
        true => (String::new(), substituted(name)),
        false => (
            format!(
                "\n  RoleName:\n    Type: String\n    Default: {name:?}\n    \
                 Description: The name that --role-name and plaudit.toml give."
            ),
            "!Ref RoleName".to_owned(),
        ),
    };
    let path = match path.trim_matches('/') {
        "" => String::new(),
        path => format!("\n      Path: {}", substituted(&format!("/{path}/"))),
    };
    let default = |value: &Option<String>| match value {
        Some(value) => format!("\n    Default: {value:?}"),
        None => String::new(),
    };
    format!(
        r#"AWSTemplateFormatVersion: "2010-09-09"
Description: The role by which plaudit audits PrivateLink, read-only. Generated by `plaudit iam stackset`.

Parameters:{parameter}
  PrincipalArn:
    Type: String{principal}
    AllowedPattern: "^(\\d{{12}}|arn:aws[a-z-]*:iam::\\d{{12}}:(root|role/.+|user/.+))$"
    Description: Who may assume the role, as an ARN or an account id.
  ExternalId:
    Type: String{external_id_default}
    Description: What the caller has to say when assuming the role; empty for nothing.
  OrganizationId:
    Type: String{organization_id_default}
    AllowedPattern: "^(|o-[a-z0-9]{{10,32}})$"
    Description: The organization to which the caller has to belong; empty for any.

Conditions:
  HasExternalId: !Not [!Equals [!Ref ExternalId, ""]]
  HasOrganizationId: !Not [!Equals [!Ref OrganizationId, ""]]
  HasCondition: !Or [!Condition HasExternalId, !Condition HasOrganizationId]

Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: {role_name}{path}
      Description: Lets plaudit read PrivateLink endpoints, services, load balancers and their metrics.
      MaxSessionDuration: 3600
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: PlauditMayEnter
            Effect: Allow
            Principal:
              AWS: !Ref PrincipalArn
            Action: {entering}
            Condition: !If
              - HasCondition
              - StringEquals:
                  sts:ExternalId: !If [HasExternalId, !Ref ExternalId, !Ref "AWS::NoValue"]
                  aws:PrincipalOrgID: !If [HasOrganizationId, !Ref OrganizationId, !Ref "AWS::NoValue"]
              - !Ref "AWS::NoValue"
      Policies:
        - PolicyName: plaudit-reads
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
{statements}
Outputs:
  RoleArn:
    Description: The role's ARN.
    Value: !GetAtt Role.Arn
"#,
        principal = default(&grant.principal),
        external_id_default = default(&Some(grant.external_id.clone().unwrap_or_default())),
        organization_id_default = default(&Some(grant.organization_id.clone().unwrap_or_default())),
    )
}

/// A statement of the role's policy, as it stands in the template.
fn yaml_statement(statement: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |values: &Value, indent: usize| -> String {
        let values = values.as_array().into_iter().flatten();
        values.map(|value| format!("{:indent$}- {}\n", "", text(value))).collect()
    };
    let mut yaml = format!(
        "              - Sid: {}\n                Effect: Allow\n                Action:\n{}                Resource: \"*\"\n",
        text(&statement["Sid"]),
        list(&statement["Action"], 18),
    );
    let regions = &statement["Condition"]["StringEquals"]["aws:RequestedRegion"];
    if !regions.is_null() {
        yaml += "                Condition:\n                  StringEquals:\n                    aws:RequestedRegion:\n";
        yaml += &list(regions, 22);
    }
    yaml
}

/// The place for an account's id in a role's name.
const ACCOUNT_ID: &str = "{account_id}";

/// A text of a template in which each account puts its own id.
fn substituted(text: &str) -> String {
    match text.contains(ACCOUNT_ID) {
        true => format!("!Sub {:?}", text.replace(ACCOUNT_ID, "${AWS::AccountId}")),
        false => format!("{text:?}"),
    }
}

/// A role name with its places open.
fn wildcarded(role_name: &str) -> String {
    role_name.replace("{account_id}", "*").replace("{account_name}", "*")
}
