//! The commands that plaudit hands out, and the AWS CLI's own parser.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use plaudit::engine::Value;
use plaudit::rule::Catalogue;

use crate::support::python::{is_missing, output, script};
use crate::support::{csv, demo_store, files_below, plaudit, run};

/// Commands by what says them.
type Commands = BTreeMap<String, String>;

/// What the parser does not accept, with the reason.
pub fn refused(script: &mut Command, commands: &Commands) -> BTreeMap<String, (String, String)> {
    let mut child = script
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let mut stdin = child.stdin.take().expect("its input is ours");
    stdin.write_all(serde_json::to_string(commands).expect("JSON").as_bytes()).expect("it reads");
    drop(stdin);
    let ran = child.wait_with_output().expect("it ends");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    serde_json::from_slice(&ran.stdout).expect("JSON")
}

/// The commands between backticks.
pub fn commands_in(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2).filter(|part| part.starts_with("aws "))
}

fn assert_accepted(commands: &Commands) {
    let refused = refused(&mut script("commands.py"), commands);
    assert!(refused.is_empty(), "{refused:#?}");
}

#[test]
fn the_parser_knows_right_commands_from_wrong_ones() {
    if is_missing("the commands on the AWS CLI's parser") {
        return;
    }
    output(script("commands.py").arg("--self-test"));
}

/// Something of the kind that a column holds.
fn stand_in(column: &str) -> Value {
    let text = match column {
        "region" | "service_region" => "us-east-1",
        "account_id" => "111111111111",
        name if name.contains("port") => "443",
        name if name.contains("cidr") => "10.0.0.0/16",
        name if name.contains("arn") => {
            "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/net/a/0123456789abcdef"
        }
        name if name.contains("number") => "100",
        _ => "x-0123456789abcdef0",
    };
    Value::Text(text.into())
}

#[test]
fn every_command_of_every_rule_is_accepted() {
    if is_missing("the commands on the AWS CLI's parser") {
        return;
    }
    let catalogue = Catalogue::load(&[]).unwrap_or_else(|error| panic!("{error}"));
    let mut commands = Commands::new();
    for rule in catalogue.iter() {
        let of_variants = rule.header.actions.iter().map(|(variant, action)| (variant.as_str(), action));
        for (variant, action) in of_variants.chain([("", &rule.header.recommended_action)]) {
            for (number, command) in action.commands().enumerate() {
                let command = command.render(&stand_in);
                if command.starts_with("aws ") {
                    commands.insert(format!("{} {variant} {number}", rule.id), command);
                }
            }
        }
    }
    assert!(commands.len() > 50, "{commands:#?}");
    assert_accepted(&commands);
}

#[test]
fn every_command_of_every_finding_is_complete() {
    if is_missing("the commands on the AWS CLI's parser") {
        return;
    }
    let report = ["report", "findings", "--format", "csv", "--store"];
    let findings = csv(&run(plaudit().args(report).arg(demo_store())).expect_done().stdout);
    let mut commands = Commands::new();
    for finding in findings.iter().filter(|finding| finding["status"] != "skip") {
        for (number, command) in commands_in(&finding["recommended_action"]).enumerate() {
            let name = format!("{} {} {number}", finding["rule_id"], finding["resource_id"]);
            commands.insert(name, command.to_owned());
        }
    }
    assert!(commands.len() > 50, "{commands:#?}");
    assert_accepted(&commands);
}

/// Hints of errors, and what README and the documents say.
#[test]
fn every_command_in_hints_and_documents_is_accepted() {
    if is_missing("the commands on the AWS CLI's parser") {
        return;
    }
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = files_below(&root.join("src"));
    files.extend(files_below(&root.join("docs")));
    files.push(root.join("README.md"));
    let mut commands = Commands::new();
    for file in files {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        // What stands in tests is made up.
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let shown = file.strip_prefix(root).unwrap_or(&file).display().to_string();
        for (number, line) in
            text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            for command in commands_in(line).filter(|command| !command.contains("...")) {
                commands.insert(format!("{shown}:{}", number + 1), command.to_owned());
            }
        }
    }
    assert!(!commands.is_empty());
    assert_accepted(&commands);
}
