//! The house rules that a machine can check.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use plaudit::config::Config;

use crate::support::{copy_of_demo_store, plaudit, run};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The names of a folder's files without their endings, sorted.
pub fn names_in(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(root().join(folder)).expect("the folder can be read");
    let name = |path: PathBuf| path.file_stem().expect("a name").to_string_lossy().into_owned();
    let mut names: Vec<String> = entries.map(|entry| name(entry.expect("readable").path())).collect();
    names.sort();
    names
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// What each module may use of the crate. `error`, `format` and `config` are for all above the
/// tables; a module that is not listed here may use nothing.
const MAY_USE: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    (
        "cli",
        &[
            "audit", "crawl", "iam", "plan", "report", "rule", "view", "store", "config", "table", "format",
            "error",
        ],
    ),
    ("iam", &["table"]),
    ("plan", &["crawl", "table"]),
    (
        "audit",
        &[
            "bill", "crawl", "derive", "price", "rule", "report", "store", "parallel", "config", "table",
            "error",
        ],
    ),
    ("bill", &["price", "parallel", "parquet", "table", "error"]),
    ("crawl", &["bill", "derive", "iam", "store", "config", "table", "error"]),
    ("derive", &["bill", "price", "table"]),
    ("price", &["table", "error"]),
    ("rule", &["view", "engine", "config", "table", "format", "parallel", "error"]),
    ("report", &["view", "engine", "parquet", "table", "format", "error"]),
    ("view", &["engine", "table", "error"]),
    ("engine", &["table", "format", "error"]),
    ("store", &["parquet", "table", "error"]),
    ("config", &["table", "error"]),
    ("format", &[]),
    ("error", &["format"]),
    ("parallel", &["error"]),
    ("parquet", &[]),
    ("table", &[]),
];

#[test]
fn no_arrow_runs_back() {
    let allowed: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(root().join("src")).expect("below src").to_owned();
        let module =
            relative.components().next().expect("a module").as_os_str().to_string_lossy().replace(".rs", "");
        if module == "lib" {
            continue;
        }
        let may_use = allowed
            .get(module.as_str())
            .unwrap_or_else(|| panic!("the module `{module}` is not in the table"));
        let text = std::fs::read_to_string(&file).expect("the file can be read");
        for (number, line) in text.lines().enumerate() {
            // Macros of the tables are used by full path.
            for used in line.match_indices("crate::").map(|(at, _)| &line[at + 7..]) {
                if line.trim_start().starts_with("//") || line.contains("$crate::") {
                    continue;
                }
                let name: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let own = name == module
                    || matches!(name.as_str(), "words" | "tests")
                    || (module == "table" && name == "table");
                if !own && !name.is_empty() && !may_use.contains(&name.as_str()) {
                    wrong.push(format!("{}:{}: {module} uses {name}", relative.display(), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn types_of_the_sdk_stay_in_the_crawl() {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    for file in files {
        let text = std::fs::read_to_string(&file).expect("the file can be read");
        let in_crawl = file.starts_with(root().join("src/crawl"));
        assert!(in_crawl || !text.contains("aws_sdk_"), "{} uses the SDK", file.display());
    }
}

#[test]
fn every_client_of_the_sdk_refuses_what_is_not_listed() {
    let mut files = Vec::new();
    sources(&root().join("src/crawl"), &mut files);
    let mut made = 0;
    for file in files.iter().filter(|file| !file.ends_with("meter.rs")) {
        let text = std::fs::read_to_string(file).expect("the file can be read");
        assert!(!text.contains("::Client::new("), "{} makes a client without interceptors", file.display());
        made += text.matches("::Client::from_conf(").count();
        let guarded = text.matches(".interceptor(").count();
        assert!(guarded >= text.matches("::Client::from_conf(").count(), "{}", file.display());
    }
    assert!(made >= 10, "{made}");
}

#[test]
fn scenarios_are_named_after_the_rules_that_they_try() {
    let stems = |folder: &str, ending: &str| -> std::collections::BTreeSet<String> {
        let entries = std::fs::read_dir(root().join(folder)).expect("the folder can be read");
        let names = entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned());
        names.filter_map(|name| Some(name.strip_suffix(ending)?.replace('_', "-"))).collect()
    };
    let rules: std::collections::BTreeSet<String> = ["cost", "governance", "reliability", "security"]
        .iter()
        .flat_map(|category| stems(&format!("rules/{category}"), ".sql"))
        .collect();
    let mut scenarios = stems("crates/simulator/src/world/scenario", ".rs");
    scenarios.remove("mod");
    assert_eq!(scenarios, rules);
}

#[test]
fn no_file_grows_past_its_noun() {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    sources(&root().join("crates"), &mut files);
    let long: Vec<String> = files
        .iter()
        .map(|file| (std::fs::read_to_string(file).expect("readable").lines().count(), file))
        .filter(|(lines, _)| *lines > 500)
        .map(|(lines, file)| format!("{lines} {}", file.display()))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn the_example_configuration_shows_every_key_with_its_default() {
    let path = root().join("plaudit.example.toml");
    let text = std::fs::read_to_string(&path).expect("the example is there");
    Config::parse(&text, "plaudit.example.toml").unwrap_or_else(|error| panic!("{error}"));
    // Every key stands there commented out with its default; without the comment signs it says the
    // same as an empty file.
    let bare: String =
        text.lines().filter_map(|line| line.strip_prefix("#: ")).map(|line| format!("{line}\n")).collect();
    let shown =
        Config::parse(&bare, "plaudit.example.toml").unwrap_or_else(|error| panic!("{error}\n{bare}"));
    assert_eq!(format!("{shown:?}"), format!("{:?}", Config::default()));
    for key in [
        "role_name",
        "external_id",
        "regions",
        "accounts",
        "exclude_accounts",
        "organizational_units",
        "exclude_organizational_units",
        "account_tags",
        "profiles",
        "max_concurrency",
        "rate_share",
        "attempt_timeout_seconds",
        "call_timeout_seconds",
        "days",
        "required",
        "source",
        "bill",
        "role_arn",
        "environment",
        "path",
        "shared",
        "expected_bucket_owner",
        "kms_key_id",
        "severity",
        "enabled",
        "expires",
    ] {
        assert!(text.contains(&format!("{key} = ")), "the example does not show `{key}`");
    }
}

/// The example with its defaults and its examples in force.
pub fn uncommented(example: &str) -> String {
    let is_toml = |line: &str| {
        let name = line.split(" = ").next().filter(|_| line.contains(" = ")).unwrap_or_default();
        line.starts_with('[') || !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
    };
    let line = |line: &str| match line.strip_prefix("#: ").or_else(|| line.strip_prefix("# ")) {
        Some(text) if is_toml(text) => format!("{text}\n"),
        _ => format!("{line}\n"),
    };
    example.lines().map(line).collect()
}

#[test]
fn the_example_is_taken_with_every_line_in_force() {
    let example = std::fs::read_to_string(root().join("plaudit.example.toml")).expect("the example is there");
    let text = uncommented(&example);
    let keys = text.lines().filter(|line| line.contains(" = ") && !line.starts_with('#')).count();
    assert!(keys > 30, "{keys}:\n{text}");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("plaudit.toml");
    std::fs::write(&file, &text).expect("written");
    run(plaudit().args(["rules", "list", "--config"]).arg(&file)).expect_done();
    let store = folder.path().join("store");
    copy_of_demo_store(&store);
    run(plaudit().args(["check", "--quiet", "--config"]).arg(&file).arg("--store").arg(&store)).expect_done();
}

#[test]
fn the_gate_runs_the_two_commands_of_the_readme() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("there is a README");
    let gate = std::fs::read_to_string(root().join(".ci/run")).expect("there is a gate");
    for command in ["cargo run -- demo", "cargo test"] {
        assert!(readme.contains(&format!("```sh\n{command}\n```")), "README does not give `{command}`");
        assert!(
            gate.lines().any(|line| line.starts_with(&format!("step {command}"))),
            "the gate does not run `{command}`"
        );
    }
}

#[test]
fn what_this_page_promises_is_tested() {
    let page = std::fs::read_to_string(root().join("SECURITY.md")).expect("the page is there");
    let mut promises = 0;
    let mut untested = Vec::new();
    for span in without_comments(&page).split('`').skip(1).step_by(2) {
        let Some((module, test)) = span.rsplit_once("::").filter(|_| !span.contains(' ')) else { continue };
        // A test of tests/, or one that stands beside the code.
        let path = module.trim_end_matches("::tests").replace("::", "/");
        let files = ["tests/PATH.rs", "tests/PATH/mod.rs", "src/PATH.rs", "src/PATH/mod.rs"];
        let mut files = files.iter().map(|file| root().join(file.replace("PATH", &path)));
        let text = files.find_map(|file| std::fs::read_to_string(file).ok()).unwrap_or_default();
        promises += 1;
        if !text.contains(&format!("fn {test}(")) {
            untested.push(span.to_owned());
        }
    }
    assert!(promises > 15, "{promises}");
    assert!(untested.is_empty(), "SECURITY.md names tests that are not there: {}", untested.join(", "));
}

/// A document as it is shown.
fn without_comments(document: &str) -> String {
    let mut parts = document.split("<!--");
    let before = parts.next().unwrap_or_default().to_owned();
    parts.fold(before, |shown, part| shown + part.split_once("-->").expect("the comment is closed").1)
}

/// Documents that are generated: the file, and the command that prints it.
const GENERATED: &[(&str, &[&str])] = &[
    ("rules/README.md", &["rules", "list", "--format", "md"]),
    ("rules/TABLES.md", &["schema", "--format", "md"]),
    ("plaudit.schema.json", &["schema", "plaudit.toml"]),
];

#[test]
fn generated_documents_are_current() {
    let write = std::env::var_os("PLAUDIT_WRITE_DOCUMENTS").is_some();
    for (file, arguments) in GENERATED {
        let printed = run(plaudit().args(*arguments)).expect_done().stdout;
        compare(file, &printed, write);
    }
    let readme = std::fs::read_to_string(root().join("README.md")).expect("there is a README");
    let help = run(plaudit().arg("--help")).expect_done().stdout;
    let help: String = help.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    compare("README.md", &between(&readme, "help", &format!("```text\n{help}```\n")), write);
}

/// Puts text between the marks of a name.
fn between(document: &str, name: &str, text: &str) -> String {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let start = document.find(&open).expect("the mark is there") + open.len();
    let end = document.find(&close).expect("the mark is there");
    format!("{}{text}{}", &document[..start], &document[end..])
}

fn compare(file: &str, wanted: &str, write: bool) {
    let path = root().join(file);
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    if write && found != wanted {
        std::fs::write(&path, wanted).expect("the document can be written");
        return;
    }
    assert!(
        found == wanted,
        "{file} is not what the program prints; write it anew with PLAUDIT_WRITE_DOCUMENTS=1 cargo test generated_documents"
    );
}
