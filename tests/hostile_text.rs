//! Text stays text: what strangers wrote into names, tags, policies, files, manifests and answers is
//! shown, and neither obeyed by a terminal, nor computed by a spreadsheet, nor rendered by a wiki.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use plaudit::report::{self, Form, Query, Report, Width};
use plaudit::store::StoredSnapshot;
use plaudit::table::{self, Tables, given};
use plaudit_simulator::{Effect, Fault, World, WorldOptions};
use serde_json::{Value, json};

use crate::support::python;
use crate::support::simulated::{Simulated, options};
use crate::support::{copy_of_demo_store, demo_store, handmade, plaudit, plaudit_at, run};

/// What a terminal obeys (ESC, BEL, C1's CSI), what turns the direction of writing, what ends a line, what
/// nobody sees.
const UNSEEN: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{7f}\u{9b}31m\u{202e}\u{61c}\u{2066}\u{2028}\u{2029}\u{feff}x\u{200d}x\u{ad}\u{e0041}";

/// What spreadsheets compute, and what wikis and merge requests render.
const RENDERED: &str = ";=1+41;\u{200b}＝1\n=2;\"@x @all <script>alert(1)</script> {{x}} {%x%} https://evil.example \
                        www.evil.example //evil.example :smile: $x$ $$y$$ #1 !1 ~l &1 |`*_[a](javascript:x) \\";

fn hostile() -> String {
    format!("{UNSEEN}{RENDERED}")
}

/// Much of it in the name of a file, which is shorter.
fn hostile_name() -> String {
    format!("{UNSEEN};=1+41 @all {{{{x}}}} :smile: $x$ #1")
}

/// As much of it as may stand in a key of a bucket or the name of a bill: files with others are passed over.
fn hostile_key() -> String {
    hostile_name().replace(char::is_control, "")
}

/// The same within a text of TOML.
fn hostile_toml() -> String {
    let hostile = hostile();
    let text = hostile.chars().map(|c| {
        if c.is_ascii_graphic() && c != '"' && c != '\\' || c == ' ' {
            c.to_string()
        } else {
            format!("\\U{:08X}", u32::from(c))
        }
    });
    text.collect()
}

fn is_unseen(c: char) -> bool {
    UNSEEN.contains(c) && !c.is_ascii_graphic()
}

fn assert_nothing_unseen(what: &str, text: &str) {
    let found = text.chars().find(|c| is_unseen(*c));
    assert_eq!(found, None, "{what} lets it through: {text:?}");
}

/// Fails where anything of the hostile text is left in what a wiki renders.
fn assert_nothing_rendered(what: &str, text: &str) {
    for hostile in ["@all", "<script", "{{x", "{%x", "//evil", "www.evil", ":smile:", " $x", " #1", "[a]("] {
        assert!(!text.contains(hostile), "{what} lets `{hostile}` through: {text}");
    }
}

/// Fails where a reader that splits at commas or semicolons sees a cell that a spreadsheet computes.
fn assert_nothing_computed(what: &str, text: &str) {
    for separator in [b',', b';'] {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator)
            .from_reader(text.as_bytes());
        for record in reader.records() {
            for cell in record.expect("CSV").iter() {
                let is_number = cell.parse::<f64>().is_ok();
                let begins =
                    cell.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || is_unseen(c));
                assert!(is_number || !begins.starts_with(['=', '+', '-', '@', '＝']), "{what}: {cell:?}");
            }
        }
    }
}

/// Checks an output in a form.
fn assert_is_text(what: &str, form: &str, text: &str) {
    match form {
        // CSV in a file keeps the data.
        "csv" => assert_nothing_computed(what, text),
        "parquet" => {}
        "md" => {
            assert_nothing_unseen(what, text);
            assert_nothing_rendered(what, text);
        }
        _ => assert_nothing_unseen(what, text),
    }
}

/// A command, and the form of what it prints.
struct Case {
    form: &'static str,
    arguments: Vec<String>,
    /// Whether it ends well, and prints something.
    is_done: bool,
    columns: Option<&'static str>,
}

impl Case {
    fn new(form: &'static str, arguments: &[&str]) -> Case {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Case { form, arguments, is_done: true, columns: None }
    }

    fn wide(self, columns: &'static str) -> Case {
        Case { columns: Some(columns), ..self }
    }

    fn refused(self) -> Case {
        Case { is_done: false, ..self }
    }
}

/// Runs commands, several at a time.
fn run_all(cases: &[Case], url: &str, folder: &Path) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let what = format!("{:?}", case.arguments);
                    let mut command = plaudit_at(url);
                    command.args(&case.arguments).current_dir(folder).env("RUST_BACKTRACE", "0");
                    if let Some(columns) = case.columns {
                        command.env("COLUMNS", columns);
                    }
                    let output = command.output().expect("the program runs");
                    let stdout = String::from_utf8_lossy(&output.stdout);
                    let stderr = String::from_utf8_lossy(&output.stderr);
                    assert_is_text(&what, case.form, &stdout);
                    assert_nothing_unseen(&what, &stderr);
                    assert!(!stderr.contains("panicked"), "{what}: {stderr}");
                    let status = output.status.code().unwrap_or(-1);
                    if case.is_done {
                        assert!(
                            matches!(status, 0 | 4 | 10) && !stdout.is_empty(),
                            "{what}: {status}, {stderr}"
                        );
                    } else {
                        assert!(
                            matches!(status, 1..=3) && stderr.contains("error: "),
                            "{what}: {status}, {stderr}"
                        );
                    }
                }
            });
        }
    });
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(&path, text).expect("written");
    path.display().to_string()
}

/// A rule whose texts are hostile, with a case that fails.
fn write_rules(folder: &Path) -> String {
    let toml = hostile_toml();
    let rule = format!(
        "/*---\ntitle = \"{toml}\"\ncategory = \"cost\"\nseverity = \"low\"\nconfidence = \"high\"\n\
         resource = \"vpc_endpoint\"\nmessage = \"{{tag}} {}\"\nrationale = \"{toml}\"\n\
         recommended_action = \"{}\"\nexceptions = [\"{toml}\"]\nreferences = []\n---*/\n\
         SELECT e.account_id, e.region, e.vpc_endpoint_id AS resource_id, 'alarm' AS status, t.value AS tag \
         FROM vpc_endpoint AS e JOIN tag AS t ON t.resource_id = e.vpc_endpoint_id\n",
        toml.replace(['{', '}'], ""),
        // Braces are places there, and backticks hold commands.
        toml.replace(['{', '}', '`'], "")
    );
    write(folder, "some-fault.sql", &rule);
    let cases = format!(
        "[[case]]\nname = \"{toml}\"\nvpc_endpoint = [{{ vpc_endpoint_id = \"vpce-1\" }}]\n\
         tag = [{{ resource_id = \"vpce-1\", value = \"{toml}\" }}]\n\
         expect = [{{ resource_id = \"vpce-1\", status = \"ok\" }}]\n"
    );
    write(folder, "some-fault.test.toml", &cases);
    folder.display().to_string()
}

/// The account, by its place, that is answered with a hostile error.
const REFUSED: usize = 4;

/// An organization in which strangers wrote wherever they could, one Region of which answers with an error
/// that they wrote too.
fn world() -> World {
    let gapless =
        WorldOptions { accounts: 5, regions: vec!["us-east-1".to_owned()], gaps: false, ..options(81) };
    let mut world = World::new(&gapless);
    let refused = world.accounts[REFUSED].id.clone();
    world.write_everywhere(&hostile());
    world.faults.push(
        Fault::new(Effect::error(403, &format!("AccessDenied{UNSEEN}"), &hostile()))
            .in_account(&refused)
            .on("ec2:DescribeVpcEndpoints"),
    );
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_in_every_form_shows_hostile_text_as_text() {
    let simulated = Simulated::start(world()).await;
    let folder = simulated.folder.path().to_owned();
    let bill = folder.join("bills").join(format!("{}.csv.gz", hostile_key()));
    std::fs::create_dir(folder.join("bills")).expect("made");
    let file = std::fs::File::create(&bill).expect("made");
    let (start, today) = ("2026-08-01".parse().expect("a day"), "2026-11-22".parse().expect("a day"));
    simulated.server.world().cost_and_usage_report(&[0, 1, 2], start, today, file).expect("written");
    tokio::task::block_in_place(|| try_commands(&simulated, &folder));
}

fn try_commands(simulated: &Simulated, folder: &Path) {
    let url = simulated.server.url();
    let hostile = hostile();
    let rules = write_rules(&folder.join("house"));
    let waivers = format!(
        "[[waiver]]\nrule = \"missing-tags\"\nresource = \"vpce-*\"\nreason = \"{0}\"\nowner = \"{0}\"\nexpires = 2020-01-01\n\
         [[waiver]]\nrule = \"missing-tags\"\nresource = \"no-*\"\nreason = \"{0}\"\nowner = \"{0}\"\nexpires = 2999-01-01\n",
        hostile_toml()
    );
    let config = write(&folder.join(format!("of {}", hostile_name())), "plaudit.toml", &waivers);
    let bills = folder.join("bills").display().to_string();
    // The store that all others read.
    let audit = [
        "audit",
        "-vvv",
        "--store",
        "store",
        "--rules",
        &rules,
        "--config",
        &config,
        "--charges",
        "cur",
        "--bill",
        &bills,
    ];
    run_all(&[Case::new("table", &audit)], &url, folder);
    let region = &simulated.server.world().accounts[0].regions["us-east-1"];
    let first = |ids: Vec<&String>| ids.first().map_or_else(String::new, |id| (*id).clone());
    let endpoint = first(region.endpoints.iter().map(|endpoint| &endpoint.id).collect());
    let service = first(
        simulated
            .server
            .world()
            .accounts
            .iter()
            .flat_map(|account| &account.regions["us-east-1"].services)
            .map(|service| &service.id)
            .collect(),
    );

    let refused = &simulated.server.world().accounts[REFUSED].id;
    let crawl = [
        &["crawl", "--store", "logged", "--log-format", "json", "-vvv"][..],
        &["--charges", "list-price", "--accounts", refused],
    ]
    .concat();
    let mut cases = vec![
        Case::new("table", &crawl),
        Case::new("table", &["plan", "--store", "store"]),
        Case::new("table", &["audit", "--preflight"]),
        Case::new("json", &["explain", &endpoint, "--format", "json", "--store", "store", "--rules", &rules]),
        Case::new("table", &["report", "--store", "store"]).wide("60"),
        Case::new("table", &["report", "--store", "store"]).wide("220"),
        Case::new("table", &["report", "--list"]),
        Case::new("csv", &["prices", "list", "--format", "csv", "--store", "store"]),
        Case::new("table", &["rules", "list", "--rules", &rules]),
        Case::new("json", &["rules", "list", "--rules", &rules, "--format", "json"]),
        Case::new("table", &["rules", "list", "--rules", &rules, "--format", "md"]),
        Case::new("table", &["rules", "show", "some-fault", "--rules", &rules]),
        Case::new("table", &["rules", "show", "some-fault", "--source", "--rules", &rules]),
        Case::new("table", &["schema"]),
        Case::new("json", &["schema", "--format", "json"]),
        Case::new("table", &["completions", "zsh"]),
        Case::new("json", &["iam", "policy", "--caller", "--store", &format!("s3://bucket/{hostile}")]),
    ];
    for dialect in ["duckdb", "spark"] {
        let sql = ["rules", "sql", "some-fault", "--dialect", dialect, "--store", "store", "--rules", &rules];
        cases.push(Case::new("table", &sql));
    }
    let alias = format!("{UNSEEN};=1 @all {{{{x}}}}").replace('"', "");
    let sql =
        format!("SELECT key, value AS \"{alias}\", value AS \"=1\" FROM tag ORDER BY key, value LIMIT 40");
    for (form, _) in Form::ALL {
        for report in ["findings", "endpoints", "bills", "waivers"] {
            cases.push(Case::new(form, &["report", report, "--format", form, "--store", "store"]).wide("80"));
        }
        cases.push(Case::new(form, &["query", &sql, "--format", form, "--store", "store"]).wide("300"));
    }

    // What is refused, and says so with what was given.
    let name = hostile_name();
    let unseen_rule = write(
        &folder.join("unseen"),
        &format!("{name}.sql"),
        &format!("/*---\ntitle = \"t\"\n---*/\nSELECT 1 -- {UNSEEN}\n"),
    );
    let misnamed_rule = write(
        &folder.join("misnamed"),
        &format!("{name}.sql"),
        &std::fs::read_to_string(Path::new(&rules).join("some-fault.sql")).expect("readable"),
    );
    let broken_bill = write(
        &folder.join("broken"),
        &format!("{}.csv", hostile_key()),
        &format!("{name},identity/LineItemId\n"),
    );
    let broken_config =
        write(&folder.join("broken"), &format!("{name}.toml"), &format!("\"{}\" = 1\n", hostile_toml()));
    let later = folder.join("later");
    copy_of_demo_store(&later);
    let tampered = |change: &dyn Fn(&mut Value)| {
        let manifests = std::fs::read_dir(later.join("_snapshots")).expect("readable");
        let path = manifests.map(|entry| entry.expect("readable").path()).next().expect("a manifest");
        let mut manifest: Value =
            serde_json::from_slice(&std::fs::read(&path).expect("readable")).expect("JSON");
        change(&mut manifest);
        std::fs::write(&path, manifest.to_string()).expect("written");
    };
    tampered(&|manifest| {
        manifest["schema_version"] = json!(999);
        manifest["tool_version"] = json!(hostile);
    });
    let refused: &[&[&str]] = &[
        &[&hostile],
        &["report", &hostile, "--store", "store"],
        &["report", &format!("--{name}")],
        &["report", "--format", &hostile],
        &["report", "--store", &name],
        &["report", "--store", "store", "--snapshot", &hostile],
        &["report", "--store", "later"],
        &[
            "report",
            "endpoints",
            "--store",
            "store",
            "--format",
            "csv",
            "--output",
            &format!("{name}/{name}"),
        ],
        &["query", &hostile, "--store", "store"],
        &["query", &format!("SELECT \"{alias}\" FROM tag"), "--store", "store"],
        &["query", &format!("SELECT '{alias}' + 1 AS x FROM tag"), "--store", "store"],
        &["query", &format!("SELECT * FROM \"{alias}\""), "--store", "store"],
        &["explain", &hostile, "--store", "store"],
        &["check", "--store", "store", "--fail-on", &hostile],
        &["check", "--store", "store", "--rules", &name],
        &["schema", &hostile],
        &["iam", "trust", "--principal", &hostile],
        &["iam", "trust", "--principal", "111122223333", "--external-id", &hostile],
        &["iam", "stackset", "--principal", "111122223333", "--organization-id", &hostile],
        &["rules", "show", &hostile],
        &["rules", "test", &unseen_rule],
        &["rules", "test", &misnamed_rule],
        &["rules", "list", "--config", &broken_config],
        &["rules", "list", "--config", &name],
        &["plan", "--store", "store", "--regions", &hostile],
        &["plan", "--store", "store", "--role-name", &hostile],
        &["plan", "--store", "store", "--charges", &hostile],
        &["crawl", "--store", "refused", "--accounts", &hostile],
        &["crawl", "--store", "refused", "--charges", "cur", "--bill", &broken_bill],
        &["crawl", "--store", "refused", "--charges", "cur", "--bill", &name],
        &["iam", "trust", "--role-name", &hostile, "--principal", "123456789012"],
        &["simulate", "--faults", &broken_config],
        &["simulate", "--regions", &hostile],
    ];
    cases.extend(refused.iter().map(|arguments| Case::new("table", arguments).refused()));
    run_all(&cases, &url, folder);

    // A case that fails quotes what it found.
    let tested = run(plaudit().args(["rules", "test", &rules]));
    assert_eq!(tested.status, 1, "{}", tested.shown());
    assert_nothing_unseen("rules test", &tested.shown());
    // Names were shown indeed, with something visible where something unseen stood.
    let shown =
        run(plaudit().args(["report", "endpoints", "--store"]).arg(folder.join("store"))).expect_done();
    assert!(
        shown.stdout.contains("\u{fffd}]0;owned\u{fffd}") && shown.stdout.contains("=1+41"),
        "{}",
        shown.stdout
    );
    read_by_others(folder);
    on_a_terminal(folder, &service);
}

/// Python's csv and json, GitHub's Markdown parser and another one read what was written.
fn read_by_others(folder: &Path) {
    let Some(mut script) = python::text_script("hostile_text.py") else { return };
    let sheets = folder.join("sheets");
    std::fs::create_dir(&sheets).expect("made");
    let sql = "SELECT t.key, t.value, a.account_name, e.policy_document, e.vpc_endpoint_id, 1.5 AS number \
               FROM tag AS t JOIN vpc_endpoint AS e ON e.vpc_endpoint_id = t.resource_id \
               JOIN account AS a ON a.account_id = e.account_id ORDER BY e.vpc_endpoint_id, t.key LIMIT 50";
    for form in ["csv", "json", "ndjson", "md"] {
        let file = sheets.join(format!("sheet.{form}"));
        run(plaudit()
            .args(["query", sql, "--format", form, "--store"])
            .arg(folder.join("store"))
            .arg("--output")
            .arg(file))
        .expect_done();
    }
    let read = python::output(script.arg(&sheets).arg("evil.example"));
    assert_eq!(read.trim(), "50");
}

/// On a terminal styles pass that are plaudit's own, and nothing else; CSV is made printable there.
fn on_a_terminal(folder: &Path, service: &str) {
    let styled = format!("--\u{1b}[31m{UNSEEN}");
    let cases: &[&[&str]] = &[
        &["report", "--store", "store"],
        &["report", "findings", "--store", "store"],
        &["report", "findings", "--format", "csv", "--store", "store"],
        &["report", "endpoints", "--format", "json", "--store", "store"],
        &["explain", service, "--store", "store"],
        &["query", &hostile(), "--store", "store"],
        &["report", &styled],
    ];
    for arguments in cases {
        let program = env!("CARGO_BIN_EXE_plaudit");
        let Some(mut command) = python::text_script("terminal.py") else { return };
        command
            .args(["100", program])
            .args(*arguments)
            .current_dir(folder)
            .env("TERM", "xterm")
            .env_remove("NO_COLOR");
        let seen = python::output(&mut command);
        assert!(seen.len() > 100, "{arguments:?}: {seen:?}");
        assert_nothing_unseen(&format!("{arguments:?} on a terminal"), &without_styles(&seen));
        assert!(!seen.contains("\u{1b}[31m\u{fffd}"), "{arguments:?} passes an argument's style: {seen:?}");
    }
}

/// The text without bold and colours.
fn without_styles(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('m') {
            Some((style, rest)) if style.chars().all(|c| c.is_ascii_digit() || c == ';') && style != "8" => {
                out.push_str(rest)
            }
            _ => out.push_str(&format!("\u{1b}[{part}")),
        }
    }
    out
}

/// A word for each column of words, whichever it takes.
const WORDS: &[&str] = &[
    "ok",
    "alarm",
    "high",
    "cost",
    "idle",
    "list_price",
    "Usage",
    "cur",
    "used",
    "blocked",
    "named",
    "always",
];

/// A snapshot with a hostile text in every column that takes any text.
async fn poisoned(folder: &Path) -> StoredSnapshot {
    let mut tables = json!({});
    let gathered = table::SCHEMAS.iter().filter(|schema| !table::RESULTS.contains(&schema.name));
    for schema in gathered.filter(|schema| schema.name != "snapshot") {
        let texts = schema.columns.iter().filter(|column| column.kind == table::ColumnType::Text);
        let mut row: toml::Table =
            texts.map(|column| (column.name.to_owned(), toml::Value::from(hostile()))).collect();
        // Where the table is refused, the error names the column that takes words only.
        let refused = |row: &toml::Table| {
            let frame =
                given::frame(schema, std::slice::from_ref(row)).unwrap_or_else(|error| panic!("{error}"));
            let error = Tables::default().set(schema.name, &frame).err()?.to_string();
            Some(error.split('`').nth(1).expect("a column").to_owned())
        };
        while let Some(column) = refused(&row) {
            let takes = WORDS.iter().any(|word| {
                row.insert(column.clone(), toml::Value::from(*word));
                refused(&row).as_ref() != Some(&column)
            });
            assert!(takes, "{}.{column} takes none of the words", schema.name);
        }
        tables[schema.name] = json!([row]);
    }
    handmade::snapshot(folder, tables).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_of_every_table_shows_hostile_text_as_text_in_every_form() {
    let folder = tempfile::tempdir().expect("a folder");
    let snapshot = poisoned(folder.path()).await;
    let names = table::SCHEMAS.iter().map(|schema| schema.name);
    let tables = snapshot.tables(names).await.unwrap_or_else(|error| panic!("{error}"));
    let mut engine = report::engine(&tables, snapshot.id());
    let mut sheets = BTreeMap::new();
    for name in tables.keys() {
        let query = Query::admit(&format!("SELECT * FROM {name}")).unwrap_or_else(|error| panic!("{error}"));
        sheets.insert((*name).to_owned(), query.run(&mut engine).unwrap_or_else(|error| panic!("{error}")));
    }
    for (name, report) in Report::all().unwrap_or_else(|error| panic!("{error}")) {
        sheets.insert(
            format!("report {name}"),
            report.run(&mut engine).unwrap_or_else(|error| panic!("{error}")),
        );
    }
    let mut hostile = 0;
    for (name, sheet) in &sheets {
        for (form, write) in Form::ALL.iter().filter(|(form, _)| *form != "parquet") {
            for columns in [Some(60), None] {
                let mut out = Vec::new();
                write.write(sheet, Width { columns, colour: false }, &mut out).expect("written");
                let text = String::from_utf8(out).expect("UTF-8");
                assert_is_text(&format!("{name} as {form}"), form, &text);
                hostile += usize::from(text.contains("alert"));
            }
        }
    }
    assert!(hostile > 300, "{hostile} outputs show it");
}

#[test]
fn the_demo_looks_as_it_did() {
    // Nothing of what is said in earnest is taken for hostile.
    for form in ["table", "json", "md"] {
        let ran = run(plaudit().args(["report", "findings", "--format", form, "--store"]).arg(demo_store()))
            .expect_done();
        assert!(!ran.stdout.contains('\u{fffd}') && !ran.stdout.contains("&#8288;"), "{}", ran.stdout);
    }
}
