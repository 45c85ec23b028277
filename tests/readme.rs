//! What README tells to write and to run is written and run here, as it stands there.

use std::path::Path;

use crate::support::{plaudit, run};

const README: &str = include_str!("../README.md");

/// The fenced block that follows a text.
fn block_after<'a>(text: &'a str, mark: &str, language: &str) -> &'a str {
    let after = text.split_once(mark).unwrap_or_else(|| panic!("README does not say {mark}")).1;
    let opening = format!("\n```{language}\n");
    let body = after.split_once(&opening).unwrap_or_else(|| panic!("no block follows {mark}")).1;
    body.split_once("```\n").expect("the block is closed").0
}

#[test]
fn the_rule_of_five_minutes_works_as_it_is_printed() {
    let folder = tempfile::tempdir().expect("a folder");
    let section = README.split_once("## Write a rule in five minutes").expect("the section is there").1;
    let section = section.split_once("\n## ").expect("a section follows").0;
    std::fs::create_dir(folder.path().join("house-rules")).expect("made");
    for (file, language) in
        [("house-rules/wide-sandbox.sql", "sql"), ("house-rules/wide-sandbox.test.toml", "toml")]
    {
        let text = block_after(section, &format!("`{file}`:"), language);
        std::fs::write(folder.path().join(file), text).expect("written");
    }
    run(plaudit()
        .args(["demo", "--quiet", "--accounts", "12", "--regions", "1", "--store", "demo-store"])
        .current_dir(folder.path()))
    .expect_done();
    let commands = block_after(section, "expect = [{ status = \"skip\" }]", "sh");
    let outputs: Vec<String> = commands.lines().map(|line| run_line(folder.path(), line)).collect();
    let [test, check, sql] = outputs.as_slice() else { panic!("three commands: {commands}") };
    assert_eq!(test, "wide-sandbox: 4 passed, 0 failed\n");
    assert!(section.contains(&format!("`{}`", test.trim())), "README says what is printed");
    let found =
        check.lines().find(|line| line.contains(" wide-sandbox ")).unwrap_or_else(|| panic!("{check}"));
    assert_ne!(found.split_whitespace().nth(2), Some("0"), "the rule finds something in the demo: {found}");
    assert!(sql.contains("read_parquet('demo-store/vpc_endpoint/"), "{sql}");
}

/// Runs a line that begins with `plaudit`.
fn run_line(folder: &Path, line: &str) -> String {
    let mut words = line.split_whitespace();
    assert_eq!(words.next(), Some("plaudit"), "{line}");
    run(plaudit().args(words).current_dir(folder)).expect_done().stdout
}
