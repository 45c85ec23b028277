//! Everything that people read fits their terminal, and what answers is there at any width.

use std::fmt::Write;
use std::process::Command;

use std::path::Path;

use plaudit::config::Config;
use plaudit_simulator::World;

use crate::support::simulated::{Simulated, options};
use crate::support::{demo_store, plaudit, plaudit_at, run, stable};

const WIDTHS: [usize; 4] = [80, 100, 120, 200];

fn shown(arguments: &[&str], width: usize) -> String {
    let mut command = plaudit();
    command.args(arguments);
    if !matches!(arguments, ["rules" | "schema", ..] | ["report", "--list"]) {
        command.arg("--store").arg(demo_store());
    }
    fits(&mut command, width)
}

/// What a command prints, which must fit.
fn fits(command: &mut Command, width: usize) -> String {
    let shown = run(command.env("COLUMNS", width.to_string())).expect_done().stdout;
    let widest = shown.lines().max_by_key(|line| line.chars().count()).unwrap_or_default();
    assert!(widest.chars().count() <= width, "{command:?} at {width}:\n{widest}");
    shown
}

/// The columns of a report's header that answer.
fn answering(report: &str) -> Vec<String> {
    let text = std::fs::read_to_string(format!("reports/{report}.sql")).expect("a report");
    let list = text.lines().find_map(|line| line.strip_prefix("terminal = ")).expect("a list");
    serde_json::from_str(list).expect("names")
}

/// What differs from day to day does not stand in snapshots, so bills and amounts are held to what must be
/// true at any width.
#[test]
fn every_report_answers_at_any_width_and_none_is_shredded() {
    let reports = crate::house::names_in("reports");
    assert!(reports.len() >= 16);
    let check = |report: &String| {
        let rows = run(plaudit().args(["report", report, "--format", "ndjson", "--store"]).arg(demo_store()));
        let rows: Vec<serde_json::Value> =
            rows.expect_done().stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        if rows.is_empty() {
            return;
        }
        for width in WIDTHS {
            let page = shown(&["report", report], width);
            let (top, rest) = page.split_once("───").expect("a table");
            let rest = rest.split_whitespace().collect::<Vec<_>>().join(" ");
            for name in answering(report).iter().filter(|name| rows.iter().any(|row| !row[*name].is_null())) {
                let heading = name.replace('_', " ");
                let above = heading.split(' ').all(|word| top.contains(word));
                // A sentence stands below its row without a heading.
                let text = rows.iter().find_map(|row| row[name].as_str()).unwrap_or_default();
                let first: Vec<&str> = text.split(' ').take(3).collect();
                let below = rest.contains(&format!("{heading}:")) || rest.contains(&first.join(" "));
                assert!(
                    above || below,
                    "{report} at {width} lacks {name}:\n{}",
                    &page[..page.len().min(2000)]
                );
            }
            // Coverage names up to thirty operations for one row.
            let most = if report == "coverage" {
                24
            } else if width < 120 {
                9
            } else {
                6
            };
            let lines = page.lines().count();
            assert!(
                lines <= 5 + rows.len() * most,
                "{report} at {width}: {lines} lines for {} rows",
                rows.len()
            );
        }
    };
    std::thread::scope(|scope| {
        let (left, right) = reports.split_at(reports.len() / 2);
        scope.spawn(|| left.iter().for_each(check));
        right.iter().for_each(check);
    });
}

#[test]
fn lists_and_pages_fit_the_terminal() {
    let _stable = stable();
    for (name, arguments) in [
        ("reports", &["report", "--list"][..]),
        ("rules", &["rules", "list"]),
        ("rule", &["rules", "show", "orphaned-endpoint"]),
        ("table", &["schema", "vpc_endpoint_usage"]),
        ("prices", &["prices", "list"]),
        ("coverage", &["report", "coverage"]),
    ] {
        let mut text = String::new();
        for width in [80, 120, 200] {
            let page = shown(arguments, width);
            let head: Vec<&str> = page.lines().take(24).collect();
            writeln!(text, "{width} columns:\n{}\n", head.join("\n")).expect("a text");
        }
        insta::assert_snapshot!(name, text);
    }
    for width in [30, 40, 60] {
        let summary =
            run(plaudit().args(["report", "--store"]).arg(demo_store()).env("COLUMNS", width.to_string()));
        let widest = summary.expect_done().stdout.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(width), "{widest:?} at {width}");
    }
}

/// Lines of each page that a snapshot holds, from its beginning and from its end.
const HEAD: usize = 12;
const TAIL: usize = 4;

/// The same organization on the same day: what is billed and how old things are does not change.
#[tokio::test(flavor = "multi_thread")]
async fn reports_of_a_day_and_a_plan_look_as_they_did() {
    let mut simulated = Simulated::start(World::new(&options(7))).await;
    simulated.bill_first(6);
    let waivers = "[[waiver]]\nrule = \"missing-tags\"\nregion = \"eu-*\"\nreason = \"tagged next quarter\"\n\
         owner = \"network team\"\nexpires = 2027-03-31\n";
    simulated.config.waivers = Config::parse(waivers, "plaudit.toml").expect("it is right").waivers;
    let mut snapshot = simulated.crawl().await;
    simulated.check(&mut snapshot).await;
    let store = simulated.folder.path().join("store");
    let url = simulated.server.url();
    tokio::task::block_in_place(|| {
        let page = |name: &str, with: fn(&str, &Path, &str) -> Command| {
            let mut text = String::new();
            for width in [80, 120, 200] {
                let page = fits(&mut with(name, &store, &url), width);
                let mut lines: Vec<&str> = page.lines().map(str::trim_end).collect();
                if lines.len() > HEAD + TAIL {
                    lines.splice(HEAD..lines.len() - TAIL, ["..."]);
                }
                writeln!(text, "{width} columns:\n{}\n", lines.join("\n")).expect("a text");
            }
            insta::assert_snapshot!(format!("on a day, {name}"), text);
        };
        // Where the bill lies differs from machine to machine, and with it the table of bills.
        for name in crate::house::names_in("reports").iter().filter(|name| *name != "bills") {
            page(name, |name, store, _| {
                let mut command = plaudit();
                command.args(["report", name, "--store"]).arg(store);
                command
            });
        }
        page("plan", |_, store, url| {
            let mut command = plaudit_at(url);
            command.args(["plan", "--store"]).arg(store);
            command
        });
    });
}

#[test]
fn a_table_in_a_pipe_is_as_wide_as_a_page() {
    let shown = run(plaudit().args(["report", "findings", "--store"]).arg(demo_store())).expect_done().stdout;
    assert!(shown.lines().all(|line| line.chars().count() <= 120), "{shown}");
    let query = "SELECT 164.16 AS a, 115.32 AS b, 1234567.891 AS c FROM snapshot";
    let shown = run(plaudit().args(["query", query, "--store"]).arg(demo_store())).expect_done().stdout;
    assert!(shown.contains(" 164.16  115.32  1,234,567.89"), "numbers keep their cents: {shown}");
}
