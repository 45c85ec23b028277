//! Every `aws` command that plaudit prints, in the hands of the AWS CLI's own parser: the templates of the
//! rules, the findings of the demo, and what stands in messages and in the documentation.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use plaudit::engine::Value;
use plaudit::rule::{Catalogue, Rule};

use crate::support::python::{is_missing, output, script};
use crate::support::{demo_store, files_below, plaudit, run};

/// A command, and where it stands.
type Printed = (String, String);

/// The commands between the backticks of a text.
pub fn commands(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2).filter(|code| code.starts_with("aws "))
}

/// Fails with every command that the CLI, or the script that asks it, does not take.
fn all_are_accepted(printed: &[Printed]) {
    let mut file = tempfile::tempfile().expect("a file");
    for (place, command) in printed {
        writeln!(file, "{}", serde_json::json!({ "id": place, "command": command })).expect("written");
    }
    std::io::Seek::rewind(&mut file).expect("rewound");
    let answers = output(script("commands.py").stdin(file));
    let answers: Vec<serde_json::Value> =
        answers.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(answers.len(), printed.len());
    let refused: Vec<String> = printed
        .iter()
        .zip(&answers)
        .filter(|(_, answer)| !answer["error"].is_null())
        .map(|((place, command), answer)| format!("{place}: {command}\n    {}", answer["error"]))
        .collect();
    assert!(refused.is_empty(), "{} of {}:\n{}", refused.len(), printed.len(), refused.join("\n"));
}

#[test]
fn the_script_that_judges_commands_judges_rightly() {
    if is_missing("the AWS CLI on known commands") {
        return;
    }
    output(script("commands.py").arg("--self-test"));
}

#[test]
fn every_command_of_a_rule_is_one_that_the_aws_cli_takes() {
    if is_missing("the AWS CLI on the commands of the rules") {
        return;
    }
    let catalogue = Catalogue::load(&[]).unwrap_or_else(|error| panic!("{error}"));
    let mut printed = Vec::new();
    for rule in catalogue.iter() {
        let general = ("recommended_action", &rule.header.recommended_action);
        let of_variants = rule.header.actions.iter().map(|(variant, action)| (variant.as_str(), action));
        for (variant, action) in std::iter::once(general).chain(of_variants) {
            let text = action.render(&|column| Value::Text(stand_in(column, rule)));
            let prose: String = text.split('`').step_by(2).collect();
            assert!(!prose.contains("aws "), "{}, {variant}: a command without backticks: {prose}", rule.id);
            printed.extend(commands(&text).map(|c| (format!("{}, {variant}", rule.id), c.to_owned())));
        }
    }
    assert!(printed.len() > 50, "{printed:?}");
    all_are_accepted(&printed);
}

/// What a column of that name may hold. Columns in the plural hold several ids as the JSON of a list.
fn stand_in(column: &str, rule: &Rule) -> String {
    let id = |kind: &str| format!("{kind}-0123456789abcdef0");
    let of_balancers =
        |what: &str| format!("arn:aws:elasticloadbalancing:us-east-1:111122223333:{what}/0123456789abcdef");
    let plain = match column {
        "resource_id" => match rule.header.resource.as_str() {
            "vpc" => id("vpc"),
            "vpc_endpoint_service" => id("vpce-svc"),
            "load_balancer" => of_balancers("loadbalancer/net/x"),
            _ => id("vpce"),
        },
        "account_id" => "111122223333".to_owned(),
        // Of a hosted zone or of a Resolver rule, as the variant has it; the model of the first takes both.
        "answer_id" => id("rslvr-rr"),
        "load_balancer_arn" => of_balancers("loadbalancer/net/x"),
        "target_group_arn" => of_balancers("targetgroup/x"),
        "principal" | "outsider" => "arn:aws:iam::111122223333:root".to_owned(),
        "connection_notification_id" => id("vpce-nfn"),
        "network_acl_id" => id("acl"),
        "rule_id" => id("sgr"),
        "rule_number" => "90".to_owned(),
        "direction" => "--ingress".to_owned(),
        "destination" => "10.0.0.0/16".to_owned(),
        "vpc_endpoint_type" => "Interface".to_owned(),
        "vpc_id" => id("vpc"),
        "service_id" => id("vpce-svc"),
        "condition_key" => "aws:PrincipalOrgID".to_owned(),
        _ => String::new(),
    };
    if !plain.is_empty() {
        return plain;
    }
    let kinds = [("subnet", "subnet"), ("route_table", "rtb"), ("group_id", "sg"), ("interface_id", "eni")];
    if let Some((_, kind)) = kinds.iter().find(|(part, _)| column.contains(part)) {
        let is_list = column.contains("_ids") || column.contains("tables");
        return if is_list { format!(r#"["{0}","{0}"]"#, id(kind)) } else { id(kind) };
    }
    let ends = [
        ("region", "us-east-1"),
        ("port", "443"),
        ("cidr_block", "10.0.0.0/16"),
        ("service_name", "com.amazonaws.us-east-1.s3"),
        ("_date", "2026-01-01"),
        ("_start", "2026-01-01"),
        ("_end", "2026-01-31"),
    ];
    let known = ends.iter().find(|(end, _)| column.ends_with(end));
    let endpoint = ["kept_id", "gateway_id", "endpoint_id"].iter().any(|end| column.ends_with(end));
    if endpoint { id("vpce") } else { known.map_or("x", |(_, value)| value).to_owned() }
}

#[test]
fn every_command_of_a_finding_is_one_that_the_aws_cli_takes() {
    if is_missing("the AWS CLI on the commands of findings") {
        return;
    }
    let report = run(plaudit().args(["report", "findings", "--format", "json", "--store"]).arg(demo_store()))
        .expect_done();
    let findings: Vec<serde_json::Value> = serde_json::from_str(&report.stdout).expect("JSON");
    let printed: Vec<Printed> = findings
        .iter()
        .flat_map(|finding| {
            let place = format!("{} {} {}", finding["rule_id"], finding["status"], finding["resource_id"]);
            let action = finding["recommended_action"].as_str().expect("text");
            commands(action).map(move |command| (place.clone(), command.to_owned()))
        })
        .collect();
    assert!(printed.len() > 100, "{printed:?}");
    all_are_accepted(&printed);
}

#[test]
fn every_command_of_a_message_or_a_page_is_one_that_the_aws_cli_takes() {
    if is_missing("the AWS CLI on the commands of messages and pages") {
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<PathBuf> =
        ["src", "crates", "docs"].iter().flat_map(|f| files_below(&root.join(f))).collect();
    files.extend(["README.md", "SECURITY.md", "plaudit.example.toml"].map(|file| root.join(file)));
    files.retain(|file| file.extension().is_some_and(|end| ["rs", "md", "toml"].iter().any(|e| end == *e)));
    let mut printed = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("readable");
        let place = file.strip_prefix(root).expect("below it").display().to_string();
        printed.extend(written(&text).into_iter().map(|command| (place.clone(), command)));
    }
    let found: BTreeSet<&str> = printed.iter().map(|(_, command)| command.as_str()).collect();
    assert!(found.contains("aws sts get-caller-identity"), "the hints are not found: {found:?}");
    assert!(found.iter().any(|c| c.starts_with("aws ec2 describe-vpc-endpoints")), "no pages: {found:?}");
    all_are_accepted(&printed);
}

/// The commands in a source or on a page: between backticks, as a whole text in quotes, and on a line of
/// their own. Comments and unit tests print nothing.
fn written(text: &str) -> Vec<String> {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut found = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
        for (at, _) in line.match_indices("aws ") {
            let (before, command) = line.split_at(at);
            let end = match before.chars().next_back() {
                Some(mark @ ('`' | '"')) => command.find(mark),
                // In a source a line ends with `\n`, written out.
                None => Some(command.find("\\n").unwrap_or(command.len())),
                Some(_) => continue,
            };
            found.push(command[..end.unwrap_or(command.len())].trim().to_owned());
        }
    }
    // A template's places are filled where it is rendered.
    found.iter().map(|command| filled(command)).collect()
}

fn filled(command: &str) -> String {
    ["{region}", "{resource_id}"]
        .iter()
        .zip(["us-east-1", "vpce-0123456789abcdef0"])
        .fold(command.to_owned(), |command, (place, value)| command.replace(place, value))
}
