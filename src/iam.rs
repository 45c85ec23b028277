//! What to grant, generated from the list of operations in the code: policies, the trust policy, and
//! a CloudFormation template that rolls the role out to an organization.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::table::{Extent, Operation};

/// What a policy is made for.
#[derive(Clone, Debug, Default)]
pub struct Grant {
    /// The role in each account.
    pub role_name: String,
    /// Who may assume it: an ARN or an account id.
    pub principal: Option<String>,
    /// What the caller has to say when assuming it.
    pub external_id: Option<String>,
    /// The organization to which the caller has to belong.
    pub organization_id: Option<String>,
    /// The store, where it is in S3: `s3://bucket/prefix`.
    pub store: Option<String>,
}

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

/// The policy of the role in each account.
pub fn member_policy() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "PlauditReads",
            "Effect": "Allow",
            "Action": member_actions(),
            // None of these actions can be narrowed to single resources without missing some.
            "Resource": "*",
        }],
    })
}

/// The policy of the caller: the same, the organization, the way into the other accounts, and the
/// store where it is in S3.
pub fn caller_policy(grant: &Grant) -> Value {
    let mut statements = vec![
        member_policy()["Statement"][0].clone(),
        json!({
            "Sid": "PlauditListsAccounts",
            "Effect": "Allow",
            "Action": organization_actions(),
            "Resource": "*",
        }),
        json!({
            "Sid": "PlauditEntersAccounts",
            "Effect": "Allow",
            "Action": Operation::StsAssumeRole.name(),
            "Resource": format!("arn:*:iam::*:role/{}", wildcarded(&grant.role_name)),
        }),
    ];
    if let Some(store) = &grant.store {
        let path = store.trim_start_matches("s3://");
        let bucket = path.split('/').next().unwrap_or(path);
        let prefix = path.trim_end_matches('/');
        statements.push(json!({
            "Sid": "PlauditListsItsStore",
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": format!("arn:*:s3:::{bucket}"),
        }));
        statements.push(json!({
            "Sid": "PlauditKeepsSnapshots",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": format!("arn:*:s3:::{prefix}/*"),
        }));
    }
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// The trust policy of the role in each account.
pub fn trust_policy(grant: &Grant) -> Value {
    let principal = grant.principal.as_deref().unwrap_or_default();
    let principal = match principal.bytes().all(|byte| byte.is_ascii_digit()) {
        true => format!("arn:aws:iam::{principal}:root"),
        false => principal.to_owned(),
    };
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
        "Action": "sts:AssumeRole",
    });
    if !equals.is_empty() {
        statement["Condition"] = json!({ "StringEquals": equals });
    }
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

/// A CloudFormation template of the role, for a StackSet over the organization.
pub fn stack_set(grant: &Grant) -> String {
    let actions: String =
        member_actions().iter().map(|action| format!("                  - {action}\n")).collect();
    let default = |value: &Option<String>| match value {
        Some(value) => format!("\n    Default: {value:?}"),
        None => String::new(),
    };
    format!(
        r#"AWSTemplateFormatVersion: "2010-09-09"
Description: The role by which plaudit audits PrivateLink, read-only. Generated by `plaudit iam stackset`.

Parameters:
  RoleName:
    Type: String
    Default: {role_name:?}
    Description: The name that --role-name and plaudit.toml give.
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

Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Ref RoleName
      Description: Lets plaudit read PrivateLink endpoints, services, load balancers and their metrics.
      MaxSessionDuration: 3600
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: PlauditMayEnter
            Effect: Allow
            Principal:
              AWS: !Ref PrincipalArn
            Action: sts:AssumeRole
            Condition:
              StringEquals:
                sts:ExternalId: !If [HasExternalId, !Ref ExternalId, !Ref "AWS::NoValue"]
                aws:PrincipalOrgID: !If [HasOrganizationId, !Ref OrganizationId, !Ref "AWS::NoValue"]
      Policies:
        - PolicyName: plaudit-reads
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Sid: PlauditReads
                Effect: Allow
                Action:
{actions}                Resource: "*"

Outputs:
  RoleArn:
    Description: The role's ARN.
    Value: !GetAtt Role.Arn
"#,
        role_name = grant.role_name,
        principal = default(&grant.principal),
        external_id_default = default(&Some(grant.external_id.clone().unwrap_or_default())),
        organization_id_default = default(&Some(grant.organization_id.clone().unwrap_or_default())),
    )
}

/// A role name with its places open.
fn wildcarded(role_name: &str) -> String {
    role_name.replace("{account_id}", "*").replace("{account_name}", "*")
}
