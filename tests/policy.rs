//! Endpoint policies: given this JSON, these rows.

use plaudit::derive::{aws_service, vpc_endpoint_policy};
use plaudit::table::{ConditionMet, PolicyScope, Tables, VpcCidrBlock, VpcEndpoint, VpcEndpointPolicy};
use proptest::prelude::*;
use serde_json::{Value, json};

use PolicyScope::{Every, EveryBut, Named};

fn parsed(service: &str, region: &str, document: Option<&str>) -> Vec<VpcEndpointPolicy> {
    let endpoint: VpcEndpoint = crate::usage::endpoint("vpce-1");
    let endpoint = VpcEndpoint {
        service_name: Some(service.to_owned()),
        region: region.to_owned(),
        policy_document: document.map(str::to_owned),
        ..endpoint
    };
    vpc_endpoint_policy(&Tables { vpc_endpoint: vec![endpoint], ..Tables::default() })
}

fn of_s3(document: &Value) -> Vec<VpcEndpointPolicy> {
    parsed("com.amazonaws.us-east-1.s3", "us-east-1", Some(&document.to_string()))
}

/// The one statement of a policy.
fn statement(service: &str, changes: Value) -> VpcEndpointPolicy {
    let mut statement = json!({ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" });
    for (key, value) in changes.as_object().expect("an object") {
        let map = statement.as_object_mut().expect("an object");
        if value.is_null() {
            map.remove(key);
        } else {
            map.insert(key.clone(), value.clone());
        }
    }
    let name = format!("com.amazonaws.us-east-1.{service}");
    let mut rows = parsed(&name, "us-east-1", Some(&json!({ "Statement": statement }).to_string()));
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows.remove(0)
}

#[test]
fn no_policy_and_the_default_policy_are_the_same() {
    let none = parsed("com.amazonaws.us-east-1.s3", "us-east-1", None);
    let text = r#"{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}"#;
    let written = parsed("com.amazonaws.us-east-1.s3", "us-east-1", Some(text));
    assert_eq!(none, written);
    let [row] = &none[..] else { panic!("{none:?}") };
    assert_eq!((row.is_default, row.statement, row.service.as_deref()), (true, 1, Some("s3")));
    assert_eq!((row.principal, row.action, row.resource), (Some(Every), Some(Every), Some(Every)));
    assert_eq!(parsed("com.amazonaws.vpce.us-east-1.vpce-svc-1", "us-east-1", None), []);
}

#[test]
fn every_form_of_everything_is_everything() {
    for (service, changes) in [
        ("s3", json!({ "Principal": { "AWS": "*" } })),
        ("s3", json!({ "Principal": { "AWS": ["111122223333", "*"] } })),
        ("s3", json!({ "Principal": { "Service": "ec2.amazonaws.com", "aws": ["*"] } })),
        ("s3", json!({ "Action": ["s3:GetObject", "s3:*"] })),
        ("s3", json!({ "Action": "S3:*" })),
        ("s3", json!({ "Action": "*:*" })),
        ("s3", json!({ "Action": "s3:**" })),
        ("s3", json!({ "Action": "s*" })),
        ("s3", json!({ "Resource": "arn:aws:s3:::*" })),
        ("s3", json!({ "Resource": ["arn:aws:s3:::mine", "arn:*"] })),
        ("sqs", json!({ "Resource": "arn:aws:sqs:*:*:*" })),
        ("sqs", json!({ "Resource": "arn:*:*:*:*:*" })),
        ("ecr.api", json!({ "Action": "ecr:*" })),
        ("s3", json!({ "Condition": {} })),
        ("s3", json!({ "Condition": { "StringEquals": {} } })),
    ] {
        let row = statement(service, changes.clone());
        assert_eq!(
            (row.principal, row.action, row.resource, row.condition),
            (Some(Every), Some(Every), Some(Every), None),
            "{changes}"
        );
    }
}

#[test]
fn what_is_less_than_everything_is_not_taken_for_it() {
    for (changes, expected) in [
        (json!({ "Principal": { "AWS": "arn:aws:iam::111122223333:root" } }), (Named, Every, Every)),
        (json!({ "Principal": { "Service": "*" } }), (Named, Every, Every)),
        (json!({ "Principal": null, "NotPrincipal": { "AWS": "111122223333" } }), (EveryBut, Every, Every)),
        (json!({ "Action": "s3:Get*" }), (Every, Named, Every)),
        (json!({ "Action": "s3:?" }), (Every, Named, Every)),
        (json!({ "Action": "sqs:*" }), (Every, Named, Every)),
        (json!({ "Action": [] }), (Every, Named, Every)),
        (json!({ "Action": "s3:${*}" }), (Every, Named, Every)),
        (json!({ "Action": null, "NotAction": "s3:DeleteBucket" }), (Every, EveryBut, Every)),
        (json!({ "Action": null, "NotAction": "s3:*" }), (Every, Named, Every)),
        (json!({ "Resource": "arn:aws:s3:::mine*" }), (Every, Every, Named)),
        (json!({ "Resource": "arn:aws:s3:::*/shared" }), (Every, Every, Named)),
        (json!({ "Resource": "arn:aws-cn:s3:::*" }), (Every, Every, Named)),
        (json!({ "Resource": "arn:aws:s3:::${aws:username}" }), (Every, Every, Named)),
        (json!({ "Resource": null, "NotResource": ["arn:aws:s3:::mine"] }), (Every, Every, EveryBut)),
    ] {
        let row = statement("s3", changes.clone());
        assert_eq!(row.problem, None, "{changes}");
        assert_eq!(
            (row.principal, row.action, row.resource),
            (Some(expected.0), Some(expected.1), Some(expected.2)),
            "{changes}"
        );
    }
    let row = statement("sqs", json!({ "Resource": "arn:aws:sqs:*:111122223333:*" }));
    assert_eq!(row.resource, Some(Named));
}

#[test]
fn conditions_are_named() {
    let row = statement(
        "s3",
        json!({ "Condition": {
            "StringEquals": { "aws:ResourceOrgID": "o-1", "aws:PrincipalOrgID": ["o-1", "o-2"] },
            "Bool": { "aws:PrincipalIsAWSService": "false" },
        } }),
    );
    assert_eq!(
        row.condition.as_deref(),
        Some(
            "Bool aws:PrincipalIsAWSService, StringEquals aws:PrincipalOrgID, StringEquals aws:ResourceOrgID"
        )
    );
}

#[test]
fn a_broken_policy_has_a_row_that_says_so() {
    for (document, problem) in [
        ("", "the policy is no JSON"),
        ("{\"Statement\": [", "the policy is no JSON"),
        ("[]", "the policy is no JSON object"),
        ("{}", "the policy has no Statement"),
        (r#"{"Statement":[]}"#, "the policy has no statement"),
        (r#"{"Statement":["x"]}"#, "statement 1 is no JSON object"),
        (r#"{"Statement":{"Principal":"*","Action":"*","Resource":"*"}}"#, "statement 1 has no Effect"),
        (
            r#"{"Statement":{"Effect":"allow","Principal":"*","Action":"*","Resource":"*"}}"#,
            "neither Allow nor Deny",
        ),
        (r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#, "statement 1 has no Principal"),
        (
            r#"{"Statement":{"Effect":"Allow","Principal":7,"Action":"*","Resource":"*"}}"#,
            "neither text nor a JSON object",
        ),
        (r#"{"Statement":{"Effect":"Allow","Principal":"*","Resource":"*"}}"#, "statement 1 has no Action"),
        (
            r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":1,"Resource":"*"}}"#,
            "has Action that is neither",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","NotAction":"*","Resource":"*"}}"#,
            "both Action and NotAction",
        ),
        (r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"*"}}"#, "statement 1 has no Resource"),
        (
            r#"{"Statement":{"Effect":"Allow","effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}"#,
            "has Effect twice",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":"x"}}"#,
            "no JSON object",
        ),
    ] {
        let rows = parsed("com.amazonaws.us-east-1.s3", "us-east-1", Some(document));
        let [row] = &rows[..] else { panic!("{document}: {rows:?}") };
        assert!(row.problem.as_ref().is_some_and(|said| said.contains(problem)), "{document}: {row:?}");
        assert_eq!((row.statement, row.effect.as_ref()), (0, None));
    }
}

#[test]
fn services_of_aws_are_told_from_those_of_others() {
    for (name, service) in [
        ("com.amazonaws.us-east-1.s3", Some("s3")),
        ("com.amazonaws.us-east-1.ecr.api", Some("ecr")),
        ("cn.com.amazonaws.cn-north-1.sqs", Some("sqs")),
        ("aws.sagemaker.us-east-1.notebook", Some("sagemaker")),
        ("com.amazonaws.vpce.us-east-1.vpce-svc-0123", None),
        ("com.example.us-east-1.thing", None),
    ] {
        assert_eq!(aws_service(name), service, "{name}");
    }
}

/// The slow, obvious reading of a pattern: every way to split the text is tried.
fn obvious(pattern: &[char], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('*', rest)) => (0..=text.len()).any(|from| obvious(rest, &text[from..])),
        Some(('?', rest)) => !text.is_empty() && obvious(rest, &text[1..]),
        Some((literal, rest)) => text.first() == Some(literal) && obvious(rest, &text[1..]),
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        prop_oneof![Just("*"), Just("Allow"), Just("Deny"), Just("s3:*"), Just("")].prop_map(Value::from),
        "\\PC{0,6}".prop_map(Value::from),
    ];
    let key = prop_oneof![
        Just("Statement"),
        Just("Effect"),
        Just("Principal"),
        Just("NotPrincipal"),
        Just("Action"),
        Just("NotAction"),
        Just("Resource"),
        Just("NotResource"),
        Just("Condition"),
        Just("AWS"),
        Just("Sid"),
    ];
    leaf.prop_recursive(5, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..8)
                .prop_map(|pairs| Value::Object(pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}

proptest! {
    /// Whatever stands there, there is at least one row, and it is either read or says why not.
    #[test]
    fn any_document_gives_rows_that_are_read_or_say_why_not(document in prop_oneof![
        any_json().prop_map(|value| value.to_string()),
        any_json().prop_map(|value| json!({ "Statement": value }).to_string()),
        "\\PC{0,40}",
    ]) {
        let rows = parsed("com.amazonaws.us-east-1.s3", "us-east-1", Some(&document));
        prop_assert!(!rows.is_empty());
        for row in &rows {
            prop_assert_eq!(row.problem.is_some(), row.effect.is_none());
            prop_assert_eq!(row.problem.is_some(), row.statement == 0);
            prop_assert!(row.problem.is_none() || rows.len() == 1);
            if row.effect.is_some() {
                prop_assert!(row.principal.is_some() && row.action.is_some() && row.resource.is_some());
            }
        }
    }

    /// A statement alone, in a list, and with texts as lists is the same statement.
    #[test]
    fn one_or_a_list_of_one_is_the_same(
        effect in prop_oneof![Just("Allow"), Just("Deny")],
        action in prop_oneof![Just("*"), Just("s3:*"), Just("s3:Get*"), Just("sqs:*")],
        resource in prop_oneof![Just("*"), Just("arn:aws:s3:::*"), Just("arn:aws:s3:::mine/*")],
        account in prop_oneof![Just("*"), Just("111122223333")],
        lists in any::<[bool; 4]>(),
    ) {
        let maybe = |list: bool, value: Value| if list { json!([value]) } else { value };
        let plain = of_s3(&json!({ "Statement": {
            "Effect": effect, "Principal": { "AWS": account }, "Action": action, "Resource": resource } }));
        let listed = of_s3(&json!({ "Statement": maybe(lists[0], json!({
            "Effect": effect,
            "Principal": { "AWS": maybe(lists[1], json!(account)) },
            "Action": maybe(lists[2], json!(action)),
            "Resource": maybe(lists[3], json!(resource)) })) }));
        prop_assert_eq!(&plain, &listed);
        let expected = if account == "*" { Every } else { Named };
        prop_assert_eq!(plain[0].principal, Some(expected));
    }

    /// Only an action pattern that covers whatever action one thinks of counts as every action.
    #[test]
    fn a_pattern_is_every_action_only_if_no_action_escapes_it(
        pattern in "[s3:*?aG]{1,7}",
        action in "[a-zA-Z]{1,12}",
    ) {
        let row = statement("s3", json!({ "Action": &pattern }));
        let text: Vec<char> = format!("s3:{}", action.to_ascii_lowercase()).chars().collect();
        let pattern: Vec<char> = pattern.to_ascii_lowercase().chars().collect();
        if row.action == Some(Every) {
            prop_assert!(obvious(&pattern, &text));
        } else if pattern.first() != Some(&'?') && obvious(&pattern, &"s3:\u{1}".chars().collect::<Vec<_>>()) {
            // What matches a character that nobody wrote, and yet not every action, asks for a length.
            prop_assert!(pattern.contains(&'?'));
        }
    }
}

/// The policy of an endpoint in `vpc-1`: whether it has a perimeter, whether it admits nobody, and how often
/// the conditions of its last statement are met.
fn judged(kind: &str, statements: Value) -> (bool, bool, Option<ConditionMet>) {
    let endpoint = VpcEndpoint {
        service_name: Some("com.amazonaws.us-east-1.s3".to_owned()),
        vpc_endpoint_type: kind.to_owned(),
        vpc_id: "vpc-1".to_owned(),
        policy_document: Some(json!({ "Statement": statements }).to_string()),
        ..crate::usage::endpoint("vpce-1")
    };
    let place = (endpoint.account_id.clone(), endpoint.region.clone());
    let range = VpcCidrBlock {
        account_id: place.0,
        region: place.1,
        vpc_id: "vpc-1".to_owned(),
        cidr_block: "10.0.0.0/16".to_owned(),
    };
    let rows = vpc_endpoint_policy(&Tables {
        vpc_endpoint: vec![endpoint],
        vpc_cidr_block: vec![range],
        ..Tables::default()
    });
    let last = rows.last().expect("a statement");
    assert_eq!(last.problem, None);
    (last.has_perimeter, last.admits_nobody, last.condition_met)
}

fn all(effect: &str, condition: Value) -> Value {
    json!({ "Effect": effect, "Principal": "*", "Action": "*", "Resource": "*", "Condition": condition })
}

/// What passes through the endpoint comes from its VPC, through it, and over TLS.
#[test]
fn a_condition_that_is_always_met_is_no_perimeter() {
    for void in [
        json!({ "StringNotEquals": { "aws:SourceVpc": "vpc-1" } }),
        json!({ "StringNotEquals": { "aws:sourceVpc": ["vpc-0", "vpc-1"] } }),
        json!({ "StringNotEquals": { "aws:SourceVpce": "vpce-1" } }),
        json!({ "Bool": { "aws:SecureTransport": "false" } }),
        json!({ "NotIpAddress": { "aws:VpcSourceIp": "10.0.0.0/8" } }),
        json!({ "StringNotLike": { "aws:PrincipalOrgID": "*" } }),
    ] {
        let (has_perimeter, admits_nobody, met) =
            judged("Interface", json!([all("Allow", json!({})), all("Deny", void.clone())]));
        assert_eq!((has_perimeter, admits_nobody, met), (false, false, Some(ConditionMet::Never)), "{void}");
    }
    for open in [
        json!({ "StringEquals": { "aws:SourceVpc": "vpc-1" } }),
        json!({ "StringLike": { "aws:PrincipalArn": "*" } }),
        json!({ "IpAddressIfExists": { "aws:SourceIp": "203.0.113.0/24" } }),
        json!({ "Bool": { "aws:SecureTransport": true } }),
    ] {
        assert_eq!(
            judged("Interface", json!(all("Allow", open.clone()))).2,
            Some(ConditionMet::Always),
            "{open}"
        );
    }
}

#[test]
fn a_condition_on_who_calls_is_a_perimeter() {
    for kept in [
        json!({ "StringNotEquals": { "aws:PrincipalOrgID": "o-1" } }),
        json!({ "StringNotEqualsIfExists": { "aws:ResourceOrgID": "o-1" } }),
        json!({ "StringNotEquals": { "aws:SourceVpc": "${aws:PrincipalTag/vpc}" } }),
        json!({ "NotIpAddress": { "aws:VpcSourceIp": "10.0.1.0/24" } }),
    ] {
        let found = judged("Interface", json!([all("Allow", json!({})), all("Deny", kept.clone())]));
        assert_eq!(found, (true, false, Some(ConditionMet::Sometimes)), "{kept}");
    }
}

#[test]
fn a_policy_that_lets_nobody_in_is_told() {
    for (kind, statements) in [
        ("Interface", json!([all("Deny", json!({ "StringNotEquals": { "aws:PrincipalOrgID": "o-1" } }))])),
        (
            "Interface",
            json!([
                all("Allow", json!({})),
                all("Deny", json!({ "StringNotEquals": { "aws:SourceVpc": "vpc-2" } }))
            ]),
        ),
        // No request through an endpoint carries a public address.
        (
            "Interface",
            json!([
                all("Allow", json!({})),
                all("Deny", json!({ "NotIpAddress": { "aws:SourceIp": "203.0.113.0/24" } }))
            ]),
        ),
        (
            "Gateway",
            json!([{ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111122223333:root" }, "Action": "*", "Resource": "*" }]),
        ),
        (
            "Gateway",
            json!([{ "Effect": "Allow", "Principal": { "AWS": ["111122223333"] }, "Action": "*", "Resource": "*" }]),
        ),
    ] {
        assert!(judged(kind, statements.clone()).1, "{kind} {statements}");
    }
    for (kind, statements) in [
        (
            "Interface",
            json!([{ "Effect": "Allow", "Principal": { "AWS": "111122223333" }, "Action": "*", "Resource": "*" }]),
        ),
        (
            "Gateway",
            json!([{ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111122223333:role/a" }, "Action": "*", "Resource": "*" }]),
        ),
        ("Interface", json!([all("Allow", json!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } }))])),
    ] {
        assert!(!judged(kind, statements.clone()).1, "{kind} {statements}");
    }
}

/// IAM calls some services otherwise than their endpoints are called.
#[test]
fn every_action_of_a_service_is_everything_by_its_iam_prefix() {
    for (service, action) in [
        ("kinesis-streams", "kinesis:*"),
        ("monitoring", "cloudwatch:*"),
        ("kms-fips", "kms:*"),
        ("sqs", "sqs:*"),
    ] {
        assert_eq!(statement(service, json!({ "Action": action })).action, Some(Every), "{service}");
    }
    assert_eq!(statement("kinesis-streams", json!({ "Action": "firehose:*" })).action, Some(Named));
}
