//! Rules: their cases, and what the loader refuses.

use plaudit::rule::Rule;

use crate::support::{plaudit, run};

/// A rule that is right, to be made wrong.
const RULE: &str = r#"/*---
title = "t"
category = "cost"
severity = "low"
confidence = "high"
resource = "vpc_endpoint"
message = "m {age_days}"
rationale = "r"
recommended_action = "a"
references = []
[params]
days = 3
---*/
SELECT e.vpc_endpoint_id AS resource_id, e.account_id, e.region,
  CASE WHEN e.age_days > p.days THEN 'alarm' ELSE 'ok' END AS status,
  e.age_days
FROM vpc_endpoint AS e CROSS JOIN param AS p
"#;

fn refusal(text: &str) -> String {
    match Rule::load("rules/cost/some-fault.sql", text, None) {
        Ok(_) => panic!("the rule was let through:\n{text}"),
        Err(error) => error.to_string(),
    }
}

fn replaced(from: &str, to: &str) -> String {
    assert!(RULE.contains(from), "{from}");
    refusal(&RULE.replacen(from, to, 1))
}

/// The rule with common table expressions before it.
fn with(expressions: &str) -> String {
    replaced("SELECT e.vpc_endpoint_id", &format!("WITH {expressions} SELECT e.vpc_endpoint_id"))
}

fn many(number: usize, one: impl Fn(usize) -> String) -> String {
    (0..number).map(one).collect::<Vec<_>>().join(", ")
}

#[test]
fn the_rule_itself_is_let_through() {
    Rule::load("rules/cost/some-fault.sql", RULE, None).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn what_the_loader_refuses_is_named_with_file_line_and_hint() {
    let refusals = [
        ("an unknown key in the header", replaced("confidence =", "confidnce =")),
        ("a word that is none", replaced("\"low\"", "\"lowish\"")),
        ("a rule in the wrong folder", replaced("\"cost\"", "\"security\"")),
        ("an unknown resource", replaced("resource = \"vpc_endpoint\"", "resource = \"endpoint\"")),
        ("a message that shows nothing", replaced("{age_days}", "{age}")),
        ("a message that is broken", replaced("{age_days}", "{age_days")),
        ("a header that is not closed", replaced("---*/", "*/")),
        ("an empty title", replaced("\"t\"", "\"\"")),
        ("a param that is a list", replaced("days = 3", "days = [3]")),
        ("a table that does not exist", replaced("FROM vpc_endpoint AS e", "FROM endpoints AS e")),
        ("a table function", replaced("FROM vpc_endpoint AS e", "FROM read_parquet('/etc/passwd') AS e")),
        ("a file", replaced("FROM vpc_endpoint AS e", "FROM \"/etc/passwd\" AS e")),
        ("the results of other rules", replaced("FROM vpc_endpoint AS e", "FROM finding AS e")),
        (
            "a stored table by its engine's name",
            replaced("FROM vpc_endpoint AS e", "FROM stored_vpc_endpoint AS e"),
        ),
        ("a column that does not exist", replaced("e.age_days > p.days", "e.age > p.days")),
        ("text compared with a number", replaced("e.age_days > p.days", "e.vpc_id > p.days")),
        ("SQL that cannot be read", replaced("CASE WHEN", "CASE CASE WHEN")),
        ("two statements", refusal(&format!("{RULE}; SELECT 1"))),
        ("DDL", replaced("SELECT e.vpc_endpoint_id", "DROP TABLE vpc_endpoint; SELECT e.vpc_endpoint_id")),
        ("an answer without status", replaced("AS status", "AS state")),
        (
            "recursion",
            replaced(
                "SELECT e.vpc_endpoint_id",
                "WITH RECURSIVE x AS (SELECT 1 AS a) SELECT e.vpc_endpoint_id",
            ),
        ),
        (
            "a hidden table",
            replaced("SELECT e.vpc_endpoint_id", "WITH tag AS (SELECT 1 AS a) SELECT e.vpc_endpoint_id"),
        ),
        ("a circle", with("a AS (SELECT * FROM b), b AS (SELECT * FROM a)")),
        ("an expression that reads itself", with("a AS (SELECT 1 AS x UNION ALL SELECT x FROM a)")),
        ("an expression with a file's name", with("\"/tmp/x.csv\" AS (SELECT 1 AS x)")),
        ("too many expressions", with(&many(101, |n| format!("x{n} AS (SELECT {n} AS y)")))),
        (
            "a chain that is too deep",
            replaced("e.age_days > p.days", &format!("{} > 0", vec!["1"; 300].join(" + "))),
        ),
        ("a union that is too deep", refusal(&format!("{RULE}{}", "UNION ALL SELECT 1 ".repeat(300)))),
        ("a statement that is too long", replaced("CASE WHEN", &format!("{} CASE WHEN", " ".repeat(70_000)))),
        ("brackets without end", replaced("CASE WHEN", &"(".repeat(20_000))),
        ("a file without header", refusal(&RULE[RULE.find("SELECT").expect("a statement")..])),
        ("a header that is not at the beginning", refusal(&format!("-- a comment\n{RULE}"))),
        (
            "rows that are written down",
            refusal(&format!("{}VALUES (1)", &RULE[..RULE.find("SELECT").expect("a statement")])),
        ),
        ("SELECT INTO", replaced("\nFROM", "\nINTO elsewhere\nFROM")),
        ("a table of another database", replaced("FROM vpc_endpoint AS e", "FROM main.vpc_endpoint AS e")),
        ("a lateral join", replaced("CROSS JOIN param AS p", "CROSS JOIN LATERAL (SELECT 3 AS days) AS p")),
        ("text for an amount", replaced("  e.age_days\n", "  e.age_days, 'much' AS monthly_saving\n")),
        (
            "a number for a status",
            replaced("CASE WHEN e.age_days > p.days THEN 'alarm' ELSE 'ok' END", "e.age_days"),
        ),
        ("an answer without resource", replaced("AS resource_id", "AS resource")),
        ("a function that no engine has", replaced("e.age_days > p.days", "AGE_OF(e.age_days) > p.days")),
        ("messages that nothing picks", replaced("[params]", "[messages]\nother = \"o\"\n[params]")),
        ("no statement", refusal(&RULE[..RULE.find("SELECT").expect("a statement")])),
    ];
    let shown: Vec<String> = refusals.iter().map(|(what, error)| format!("# {what}\n{error}\n")).collect();
    for (what, error) in &refusals {
        assert!(error.contains("some-fault.sql:"), "{what}: no line in {error}");
        assert!(error.contains("\nhint: "), "{what}: no hint in {error}");
    }
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn a_wrong_status_word_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("some-fault.sql");
    std::fs::write(&path, RULE.replace("'alarm'", "'red'")).expect("written");
    let cases = "[[case]]\nname = \"c\"\nvpc_endpoint = [{ vpc_endpoint_id = \"vpce-1\", age_days = 9 }]\nexpect = []\n";
    std::fs::write(folder.path().join("some-fault.test.toml"), cases).expect("written");
    let ran = run(plaudit().args(["rules", "test"]).arg(folder.path()));
    assert_eq!(ran.status, 1, "{}", ran.shown());
    assert!(ran.stdout.contains("gives `vpce-1` the status `red`"), "{}", ran.shown());
}

#[test]
fn a_case_that_expects_something_else_fails_with_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("some-fault.sql"), RULE).expect("written");
    let cases = r#"
[[case]]
name = "wrong in three ways"
vpc_endpoint = [{ vpc_endpoint_id = "vpce-1", age_days = 9 }, { vpc_endpoint_id = "vpce-2", age_days = 1 }]
expect = [{ resource_id = "vpce-1", status = "ok", message = "m 8" }, { resource_id = "vpce-3", status = "ok" }]
"#;
    std::fs::write(folder.path().join("some-fault.test.toml"), cases).expect("written");
    let ran = run(plaudit().args(["rules", "test"]).arg(folder.path().join("some-fault.sql")));
    let _stable = crate::support::stable();
    insta::assert_snapshot!(ran.shown());
}

#[test]
fn a_rule_without_cases_is_refused_by_the_case_runner() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("some-fault.sql"), RULE).expect("written");
    let ran = run(plaudit().args(["rules", "test"]).arg(folder.path()));
    assert_eq!(ran.status, 2, "{}", ran.shown());
    assert!(ran.stderr.contains("has no cases"), "{}", ran.shown());
}

/// Runs the cases of the rule, or of a changed one, and gives what was said of them.
fn tested(rule: &[u8], cases: &[u8]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("some-fault.sql"), rule).expect("written");
    std::fs::write(folder.path().join("some-fault.test.toml"), cases).expect("written");
    let ran = run(plaudit().args(["rules", "test"]).arg(folder.path()));
    assert_ne!(ran.status, 0, "{}", ran.shown());
    format!("{}{}", ran.stdout, ran.stderr)
}

#[test]
fn cases_that_cannot_be_right_are_refused_with_file_line_and_reason() {
    let case = |lines: &str| {
        let row = "vpc_endpoint = [{ vpc_endpoint_id = \"vpce-1\", age_days = 9 }]";
        tested(RULE.as_bytes(), format!("[[case]]\nname = \"c\"\n{row}\n{lines}\n").as_bytes())
    };
    let told = [
        ("no expectation", case("")),
        ("an expectation that is no list", case("expect = \"alarm\"")),
        ("a table that does not exist", case("endpoint = [{}]\nexpect = []")),
        ("a column that does not exist", case("tag = [{ name = \"x\" }]\nexpect = []")),
        ("text for a number", case("coverage = [{ requests = \"many\" }]\nexpect = []")),
        ("a param that does not exist", case("params = { hours = 3 }\nexpect = []")),
        ("a param of another kind", case("params = { days = \"three\" }\nexpect = []")),
        (
            "a key that is no part of a verdict",
            case("expect = [{ resource_id = \"vpce-1\", state = \"alarm\" }]"),
        ),
        ("a case without name", tested(RULE.as_bytes(), b"[[case]]\nexpect = []\n")),
        ("cases that are no TOML", tested(RULE.as_bytes(), b"[[case]\n")),
        ("cases that are not UTF-8", tested(RULE.as_bytes(), b"[[case]]\nname = \"\xff\"\n")),
        ("a rule that is not UTF-8", tested(&[RULE.as_bytes(), b"-- \xe9\n"].concat(), b"")),
        (
            "a status that is none",
            tested(RULE.replace("'alarm'", "'red'").as_bytes(), case_of_one().as_bytes()),
        ),
        (
            "a severity that is none",
            tested(
                RULE.replace("AS status,", "AS status, 'urgent' AS severity,").as_bytes(),
                case_of_one().as_bytes(),
            ),
        ),
        (
            "a row without resource",
            tested(
                RULE.replace("e.vpc_endpoint_id AS", "CASE WHEN e.age_days < 0 THEN e.vpc_id END AS")
                    .as_bytes(),
                case_of_one().as_bytes(),
            ),
        ),
    ];
    let folder = without_folders();
    let shown: Vec<String> = told.iter().map(|(what, told)| format!("# {what}\n{}", folder(told))).collect();
    for (what, told) in &told {
        assert!(told.contains("some-fault."), "{what}: no file in {told}");
    }
    insta::assert_snapshot!(shown.join("\n"));
}

fn case_of_one() -> String {
    let row = "vpc_endpoint = [{ vpc_endpoint_id = \"vpce-1\", age_days = 9 }]";
    format!("[[case]]\nname = \"c\"\n{row}\nexpect = [{{ resource_id = \"vpce-1\", status = \"alarm\" }}]\n")
}

/// Leaves the names of files and takes away the folder before them.
fn without_folders() -> impl Fn(&str) -> String {
    |text: &str| {
        let words = text.split_inclusive([' ', '\n']).map(|word| match word.rfind("/some-fault.") {
            Some(at) => &word[at + 1..],
            None => word,
        });
        words.collect()
    }
}

/// A rule that reads a view is skipped wherever one of the view's own operations failed.
#[test]
fn a_view_that_widens_a_rule_is_said_in_its_header() {
    let narrow = RULE
        .replace("e.vpc_endpoint_id AS resource_id", "z.vpc_endpoint_id AS resource_id")
        .replace("e.age_days > p.days", "z.zone_count > p.days")
        .replace("e.", "z.")
        .replace("age_days", "zone_count")
        .replace("vpc_endpoint AS e", "endpoint_zones AS z");
    let told = refusal(&narrow);
    assert!(told.contains("operations_of_views"), "{told}");
    let line = told.split('`').find(|part| part.starts_with("operations_of_views")).expect("the hint");
    let said = narrow.replace("[params]", &format!("{line}\n[params]"));
    let rule = Rule::load("rules/cost/some-fault.sql", &said, None).unwrap_or_else(|error| panic!("{error}"));
    let names: Vec<_> = rule.operations().iter().map(|operation| operation.name()).collect();
    assert!(names.iter().all(|name| line.contains(name)), "{names:?}: {line}");
}

#[test]
fn two_rules_of_one_name_and_a_folder_that_is_not_there_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("missing-tags.sql"), RULE).expect("written");
    let twice = run(plaudit().args(["rules", "list", "--rules"]).arg(folder.path()));
    assert_eq!(twice.status, 2, "{}", twice.shown());
    assert!(twice.stderr.contains("there are two rules `missing-tags`"), "{}", twice.shown());
    let nowhere = run(plaudit().args(["rules", "list", "--rules"]).arg(folder.path().join("nowhere")));
    assert_eq!(nowhere.status, 2, "{}", nowhere.shown());
    assert!(nowhere.stderr.contains("nowhere\nhint: "), "{}", nowhere.shown());
}

#[cfg(unix)]
#[test]
fn a_folder_of_rules_may_hold_what_editors_and_others_leave_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let listed = || run(plaudit().args(["rules", "test"]).arg(folder.path()));
    let empty = listed();
    assert_eq!(empty.status, 2, "{}", empty.shown());
    assert!(empty.stderr.contains("the folder holds no rule"), "{}", empty.shown());
    let rule = include_str!("../rules/governance/missing-tags.sql");
    std::fs::write(path("marked.sql"), format!("\u{feff}{rule}")).expect("written");
    std::fs::write(path(".#marked.sql"), "somebody@somewhere").expect("written");
    let cases = include_str!("../rules/governance/missing-tags.test.toml");
    std::fs::write(path("marked.test.toml"), cases).expect("written");
    for pipe in ["waits.sql", "waits.test.toml"] {
        run(std::process::Command::new("mkfifo").arg(path(pipe))).expect_done();
    }
    let ran = listed().expect_done();
    assert!(ran.stdout.starts_with("marked: ") && ran.stdout.lines().count() == 1, "{}", ran.shown());
}
