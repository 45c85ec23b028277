//! The names that users and scripts rely on, all in one list: commands, flags, exit statuses, tables and
//! their columns, rules and their parameters, reports and the headers of their exports. A name that is
//! gone, or another one, shows as a difference of the snapshot; so it is changed on purpose, and said in
//! CHANGELOG.md.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::Value;

use crate::support::{demo_store, plaudit, run};

#[test]
fn the_names_that_users_and_scripts_rely_on() {
    let mut list = String::new();
    let main = help(&[]);
    writeln!(list, "# Commands and flags\n").expect("text");
    commands(&mut list, &[], &main);
    let statuses = main.split("Exit status: ").nth(1).expect("the help tells them");
    let statuses = statuses.split_whitespace().collect::<Vec<_>>().join(" ");
    writeln!(list, "\n# Exit statuses\n\n{}", statuses.replace("; ", "\n")).expect("text");

    writeln!(list, "\n# Tables\n").expect("text");
    for table in json(&["schema", "--format", "json"]) {
        writeln!(list, "{} ({})", text(&table["name"]), text(&table["kind"])).expect("text");
        for column in table["columns"].as_array().expect("columns") {
            writeln!(list, "  {} {}", text(&column["name"]), text(&column["type"])).expect("text");
        }
    }
    writeln!(list, "\n# Rules\n").expect("text");
    for rule in json(&["rules", "list", "--format", "json"]) {
        writeln!(list, "{} {}", text(&rule["id"]), text(&rule["severity"])).expect("text");
    }
    writeln!(list, "\n# Reports and the headers of their exports\n").expect("text");
    for report in json(&["report", "--list", "--format", "json"]) {
        let name = text(&report["name"]);
        let export = run(plaudit().args(["report", name, "--format", "csv", "--store"]).arg(demo_store()));
        let export = export.expect_done().stdout;
        writeln!(list, "{name}: {}", export.lines().next().expect("a header")).expect("text");
    }
    insta::assert_snapshot!(list);
}

/// The names of a command's flags, then those of its subcommands.
fn commands(list: &mut String, path: &[&str], help: &str) {
    let flags: BTreeSet<&str> = help.lines().filter_map(flag).collect();
    let arguments: BTreeSet<&str> =
        section(help, "Arguments:").filter_map(|line| line.split(' ').next()).collect();
    let name = [&["plaudit"], path].concat().join(" ");
    let words: Vec<&str> = arguments.into_iter().chain(flags).collect();
    writeln!(list, "{name}: {}", words.join(" ")).expect("text");
    for command in section(help, "Commands:").filter_map(|line| line.split(' ').next()) {
        if command != "help" {
            let path = [path, &[command]].concat();
            commands(list, &path, &self::help(&path));
        }
    }
}

/// The flag that a line of help begins with.
fn flag(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line =
        line.strip_prefix("-").filter(|rest| rest.get(1..3) == Some(", ")).map_or(line, |rest| &rest[3..]);
    line.starts_with("--").then(|| line.split([' ', '=', '[']).next()).flatten()
}

/// The lines of a section that begin an entry.
fn section<'a>(help: &'a str, title: &str) -> impl Iterator<Item = &'a str> {
    let mut lines = help.lines().skip_while(move |line| *line != title);
    lines.next();
    lines
        .take_while(|line| line.is_empty() || line.starts_with(' '))
        .filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ') && !rest.is_empty()))
}

fn help(path: &[&str]) -> String {
    run(plaudit().args(path).arg("--help")).expect_done().stdout
}

fn json(arguments: &[&str]) -> Vec<Value> {
    serde_json::from_str(&run(plaudit().args(arguments)).expect_done().stdout).expect("a JSON array")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}
