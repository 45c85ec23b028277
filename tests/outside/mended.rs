//! What a finding says is to be done, done: its commands run in moto by the AWS CLI, through a shell, and
//! the next audit finds the fault no longer.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::python::{Server, is_missing, output, program, script};
use crate::support::{plaudit, plaudit_at, run};

/// Rules, the names of the resources that the seed gives their fault, and how many commands to run of those
/// that change something. Where more are left, they are the other way: deletion.
const MENDED: &[(&str, &str, usize)] = &[
    ("duplicate-endpoint", "second", 1),
    ("gateway-endpoint-without-route-table", "untied", 1),
    ("interface-endpoint-where-gateway-is-free", "dear", 2),
    ("missing-gateway-endpoint", "missing", 1),
    ("missing-tags", "bare", 1),
    ("network-acl-blocks-endpoint", "denied", 1),
    ("open-endpoint-policy", "shut", 1),
    ("orphaned-endpoint", "idle", 1),
    ("private-dns-conflict", "forwarded", 1),
    ("route-table-without-gateway-endpoint", "partly-tied", 1),
    ("security-group-blocks-consumers", "shut", 1),
    ("security-group-open-to-world", "open", 2),
    ("single-az-endpoint", "alone", 1),
    ("vpc-dns-disabled", "nameless", 2),
    ("wildcard-allowed-principal", "offered", 2),
];

/// Everything in moto was made just now.
const CONFIG: &str = "\
[crawl]
regions = [\"us-east-1\"]
[tags]
required = [\"service\"]
[rules.duplicate-endpoint]
min_age_days = 0
[rules.gateway-endpoint-without-route-table]
min_age_days = 0
[rules.missing-tags]
check_network_interfaces = true
[rules.orphaned-endpoint]
min_age_days = 0
[rules.route-table-without-gateway-endpoint]
min_age_days = 0
";

#[test]
fn the_commands_of_findings_mend_what_was_found() {
    if is_missing("the commands of findings in moto") {
        return;
    }
    let server = Server::start("moto_server.py");
    let made = output(script("seed_faults.py").arg(&server.url));
    let made: BTreeMap<String, String> = serde_json::from_str(&made).expect("the seed prints JSON");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("plaudit.toml"), CONFIG).expect("written");

    let before = audit(&server, folder.path());
    let mut keys: BTreeMap<String, Key> = BTreeMap::new();
    for (rule, name, count) in MENDED {
        let found: Vec<&Value> = before.iter().filter(|finding| is_of(finding, rule, &made[*name])).collect();
        let [finding] = found.as_slice() else { panic!("{rule} does not accuse {name} once: {found:?}") };
        let account = text(finding, "account_id");
        let key = keys.entry(account.to_owned()).or_insert_with(|| enter(&server, account));
        let changing: Vec<&str> = changing(text(finding, "recommended_action")).collect();
        assert!(changing.len() >= *count, "{rule}: {changing:?}");
        for command in &changing[..*count] {
            in_a_shell(&server, key, command);
        }
    }

    let after = audit(&server, folder.path());
    let still: Vec<&Value> = after
        .iter()
        .filter(|finding| {
            MENDED.iter().any(|(rule, name, _)| {
                let resource = &made[*name];
                // Nor may it be gone because it is not judged any more.
                let unjudged = text(finding, "rule_id") == *rule
                    && text(finding, "status") == "skip"
                    && finding["evidence"].to_string().contains(resource.as_str());
                let was = before.iter().find(|finding| is_of(finding, rule, resource));
                let again = is_of(finding, rule, resource)
                    && was.is_some_and(|was| was["status"] == finding["status"]);
                unjudged || again
            })
        })
        .collect();
    assert!(still.is_empty(), "not mended: {still:#?}");
}

/// Audits moto, and gives the findings.
fn audit(server: &Server, folder: &Path) -> Vec<Value> {
    let audit = run(plaudit_at(&server.url).args(["audit", "--quiet"]).current_dir(folder));
    assert_eq!(audit.status, 0, "{}", audit.shown());
    let report =
        run(plaudit().args(["report", "findings", "--format", "json"]).current_dir(folder)).expect_done();
    serde_json::from_str(&report.stdout).expect("JSON")
}

fn text<'a>(finding: &'a Value, column: &str) -> &'a str {
    finding[column].as_str().unwrap_or_else(|| panic!("{column} is text: {finding}"))
}

/// Whether a rule says this of a resource, which it judged.
fn is_of(finding: &Value, rule: &str, resource: &str) -> bool {
    text(finding, "rule_id") == rule
        && text(finding, "resource_id") == resource
        && text(finding, "status") != "skip"
}

/// The commands between backticks that do more than look.
fn changing(action: &str) -> impl Iterator<Item = &str> {
    action.split('`').skip(1).step_by(2).filter(|code| {
        let operation = code.split(' ').nth(2).unwrap_or_default();
        code.starts_with("aws ")
            && !["describe-", "get-", "list-"].iter().any(|verb| operation.starts_with(verb))
    })
}

/// The variables of a key.
type Key = Vec<(&'static str, String)>;

/// A key of an account, by the role in it.
fn enter(server: &Server, account: &str) -> Key {
    let role = format!("arn:aws:iam::{account}:role/plaudit-read-only");
    let assumed = output(
        program("aws")
            .args(["sts", "assume-role", "--region", "us-east-1", "--output", "json"])
            .args(["--role-arn", &role, "--role-session-name", "mending", "--endpoint-url", &server.url])
            .env("AWS_ACCESS_KEY_ID", "management")
            .env("AWS_SECRET_ACCESS_KEY", "simulated")
            .env("AWS_CONFIG_FILE", "/nonexistent"),
    );
    let assumed: Value = serde_json::from_str(&assumed).expect("the CLI prints JSON");
    let variables = [
        ("AWS_ACCESS_KEY_ID", "AccessKeyId"),
        ("AWS_SECRET_ACCESS_KEY", "SecretAccessKey"),
        ("AWS_SESSION_TOKEN", "SessionToken"),
    ];
    variables.map(|(name, field)| (name, text(&assumed["Credentials"], field).to_owned())).into()
}

/// Runs a command as it is printed, where `aws` is the CLI of the tests.
fn in_a_shell(server: &Server, key: &[(&str, String)], command: &str) {
    let aws = program("aws");
    let folder = Path::new(aws.get_program()).parent().expect("a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut shell = Command::new("sh");
    for (variable, _) in std::env::vars_os() {
        if variable.to_string_lossy().starts_with("AWS_") {
            shell.env_remove(variable);
        }
    }
    shell
        .args(["-c", command])
        .env("PATH", format!("{}:{path}", folder.display()))
        .env("AWS_ENDPOINT_URL", &server.url)
        .env("AWS_CONFIG_FILE", "/nonexistent")
        .env("AWS_PAGER", "")
        .envs(key.iter().map(|(name, value)| (*name, value)));
    output(&mut shell);
}
