//! Bounded by what was given: no rule, query, bill or snapshot of a few kilobytes takes a machine's memory or
//! a day's time, and a signal ends whatever is at work.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use plaudit::bill::{self, BillFile, Bills};
use plaudit::parquet;
use plaudit::table::Outcome;
use plaudit_simulator::{self as simulator, ServerOptions, World, WorldOptions};

use crate::support::bomb::{self, Column, Values};
use crate::support::simulated::{Simulated, files, options};
use crate::support::{Ran, change_manifest, copy_of_demo_store, demo_store, plaudit, plaudit_at, run};

/// What a bomb may take.
const MEMORY: u64 = 1 << 30;
const TIME: Duration = Duration::from_secs(30);

/// How soon a signal ends a process: within two seconds, unless the machine has more to do than it can.
#[cfg(target_os = "linux")]
fn soon() -> Duration {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let waiting = load.split(' ').next().and_then(|load| load.parse::<f64>().ok()).unwrap_or_default();
    let processors = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    Duration::from_secs(2).mul_f64((waiting / processors / 2.0).max(1.0))
}

/// A rule, whose statement reads what it likes.
fn rule(folder: &Path, sql: &str) {
    let header = "/*---\ntitle = \"t\"\ncategory = \"cost\"\nseverity = \"low\"\nconfidence = \"low\"\nresource = \"vpc_endpoint\"\nmessage = \"m\"\nrationale = \"r\"\nrecommended_action = \"a\"\nreferences = []\n---*/\n";
    std::fs::create_dir_all(folder).expect("the folder can be made");
    std::fs::write(folder.join("some-fault.sql"), format!("{header}{sql}")).expect("the rule can be written");
    let cases = "[[case]]\nname = \"c\"\nexpect = []\n[[case.tag]]\naccount_id = \"111111111111\"\nregion = \"us-east-1\"\nresource_id = \"vpce-1\"\nkey = \"k\"\nvalue = \"v\"\n";
    std::fs::write(folder.join("some-fault.test.toml"), cases).expect("the cases can be written");
}

/// A statement of a rule about all tags, over something that is joined to them.
fn about_tags(with: &str, join: &str, condition: &str) -> String {
    format!(
        "{with} SELECT t.resource_id, t.account_id, t.region, CASE WHEN {condition} THEN 'ok' ELSE 'info' END AS status FROM tag AS t {join}"
    )
}

/// Twenty rows out of nothing, joined with themselves until there are more than anybody can count.
fn out_of_nothing() -> String {
    let rows: Vec<String> = (0..20).map(|number| format!("SELECT {number} AS i")).collect();
    let joins: String = ('a'..='j').map(|name| format!("CROSS JOIN n AS {name} ")).collect();
    about_tags(&format!("WITH n AS ({})", rows.join(" UNION ALL ")), &joins, "a.i + b.i + j.i > 3")
}

/// A chain of common table expressions, each made of the last one.
fn chain(length: usize, step: &str) -> String {
    let steps: Vec<String> = (1..length)
        .map(|index| format!("c{index} AS ({})", step.replace("LAST", &format!("c{}", index - 1))))
        .collect();
    format!("WITH c0 AS (SELECT key AS t FROM tag), {}", steps.join(", "))
}

/// A million numbers, of which the sine is taken four thousand times.
fn endless() -> String {
    let some = "SELECT value FROM metric_daily LIMIT 1000";
    let first = format!("c0 AS (SELECT a.value + b.value AS v FROM ({some}) AS a CROSS JOIN ({some}) AS b)");
    let sines = format!("{}v{}", "SIN(".repeat(40), ")".repeat(40));
    let others = (1..100).map(|step| format!("c{step} AS (SELECT {sines} AS v FROM c{})", step - 1));
    let steps: Vec<String> = std::iter::once(first).chain(others).collect();
    format!("WITH {} SELECT SUM(v) AS v FROM c99", steps.join(", "))
}

/// Runs a command, and fails where it took more than a bomb may.
fn defused(command: &mut Command) -> Ran {
    let begun = Instant::now();
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let id = child.id();
    let ended = std::thread::spawn(move || child.wait_with_output().expect("it ends"));
    let mut most = 0;
    while !ended.is_finished() {
        most = family(id).into_iter().filter_map(peak).max().unwrap_or(0).max(most);
        std::thread::sleep(Duration::from_millis(3));
    }
    let output = ended.join().expect("it ends");
    let ran = Ran {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    assert!(most < MEMORY, "{} MiB: {}", most >> 20, ran.shown());
    assert!(begun.elapsed() < TIME, "{:?}: {}", begun.elapsed(), ran.shown());
    if cfg!(target_os = "linux") {
        assert!(most > 0, "nothing was measured");
    }
    ran
}

/// A process and those that it started.
fn family(id: u32) -> Vec<u32> {
    let mut all = vec![id];
    let tasks = std::fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    for task in tasks {
        let children = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
        all.extend(children.split_whitespace().filter_map(|child| child.parse().ok()).flat_map(family));
    }
    all
}

/// The most memory that a process has taken, in bytes.
fn peak(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()? << 10)
}

fn expect_error(ran: &Ran, status: i32, problem: &str) {
    assert_eq!(ran.status, status, "{}", ran.shown());
    assert!(ran.stderr.contains(problem) && ran.stderr.contains("\nhint: "), "{}", ran.shown());
}

#[test]
fn a_statement_that_multiplies_itself_is_refused_before_it_is_planned() {
    let twice = chain(60, "SELECT a.t FROM LAST AS a JOIN LAST AS b ON a.t = b.t");
    let longer = chain(12, "SELECT CONCAT(t, t, t, t) AS t FROM LAST");
    for (with, last, problem) in [
        (twice, "c59", "reads tables more than 1000 times"),
        (longer, "c11", "joins a text to another more than 10000 times"),
    ] {
        let query = format!("{with} SELECT t FROM {last}");
        let ran = defused(plaudit().args(["query", &query, "--store"]).arg(demo_store()));
        expect_error(&ran, 2, problem);
        let folder = tempfile::tempdir().expect("a folder");
        rule(folder.path(), &about_tags(&with, &format!("JOIN {last} AS l ON l.t = t.key"), "l.t = 'a'"));
        for arguments in [&["check", "--rules"][..], &["rules", "test"], &["explain", "vpce-1", "--rules"]] {
            let mut command = plaudit();
            command.args(arguments).arg(folder.path());
            if arguments[0] != "rules" {
                command.arg("--store").arg(demo_store());
            }
            expect_error(&defused(&mut command), 2, problem);
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_no_look_at_a_statement_tells_ends_at_the_limits() {
    let folder = tempfile::tempdir().expect("a folder");
    let limits = ["--memory-limit", "400MiB", "--time-limit", "3s"];
    // It grows until there is no more; it asks for all at once; and it takes its time.
    for (sql, problem) in [
        (
            "SELECT CONCAT(a.resource_id, b.resource_id, a.value) AS t FROM metric_daily AS a CROSS JOIN metric_daily AS b ORDER BY t",
            "the query took more memory than 400.0 MiB",
        ),
        (
            "SELECT a.value FROM metric_daily AS a CROSS JOIN metric_daily AS b CROSS JOIN metric_daily AS c",
            "the query took more memory than 400.0 MiB",
        ),
        (&endless(), "the query took longer than 3s"),
    ] {
        let ran = defused(plaudit().args(["query", sql, "--store"]).arg(demo_store()).args(limits));
        expect_error(&ran, 1, problem);
        assert_eq!(ran.stdout, "");
    }
    rule(folder.path(), &out_of_nothing());
    let ran = defused(plaudit().args(["rules", "test"]).arg(folder.path()).args(limits));
    expect_error(&ran, 1, "the rules took ");
    let store = folder.path().join("store");
    copy_of_demo_store(&store);
    let ran = defused(
        plaudit()
            .args(["check", "-vv", "--rules"])
            .arg(folder.path())
            .arg("--store")
            .arg(&store)
            .args(limits),
    );
    expect_error(&ran, 1, "the check took ");
    // The store is what it was, and a hint tells how to see what was at work.
    let ran = run(plaudit().args(["check", "-vv", "--store"]).arg(&store)).expect_done();
    assert!(ran.stderr.contains("the rule orphaned-endpoint begins"), "{}", ran.shown());
}

#[test]
fn limits_that_say_nothing_are_refused() {
    for flag in ["--memory-limit=4", "--memory-limit=1MiB", "--time-limit=0s", "--time-limit=soon"] {
        let ran = run(plaudit().args(["query", "SELECT 1 AS one", flag]));
        assert_eq!(ran.status, 2, "{}", ran.shown());
        assert!(ran.stderr.contains("give "), "{}", ran.shown());
    }
    let limits = ["--memory-limit=none", "--time-limit=none"];
    let ran = run(plaudit()
        .args(["query", "SELECT 1 AS one FROM snapshot", "--store"])
        .arg(demo_store())
        .args(limits));
    assert_eq!(ran.expect_done().stdout.lines().last().map(str::trim), Some("1"));
}

/// Waits until a command has been at work for a moment, sends it a signal, and gives its exit status once it
/// and all that it started are gone.
#[cfg(target_os = "linux")]
fn ended_by(signal: &str, mut child: Child) -> i32 {
    let at_work = |id: &u32| {
        // Ticks of 10 ms, of the process itself.
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        fields.get(11).and_then(|ticks| ticks.parse::<u64>().ok()).is_some_and(|ticks| ticks > 100)
    };
    let begun = Instant::now();
    while !family(child.id()).iter().any(at_work) {
        assert!(child.try_wait().expect("it can be asked").is_none(), "it was over before it could be ended");
        assert!(begun.elapsed() < TIME, "it never was at work");
        std::thread::sleep(Duration::from_millis(20));
    }
    let all = family(child.id());
    run(Command::new("kill").args([signal, &child.id().to_string()])).expect_done();
    let signalled = Instant::now();
    let status = child.wait().expect("it ends");
    assert!(signalled.elapsed() < soon(), "{:?}", signalled.elapsed());
    while all.iter().any(|id| Path::new(&format!("/proc/{id}")).exists()) {
        assert!(signalled.elapsed() < soon(), "something is left of it");
        std::thread::sleep(Duration::from_millis(20));
    }
    status.code().unwrap_or(-1)
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_ends_queries_and_rules_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    rule(folder.path(), &out_of_nothing());
    let spawn = |command: &mut Command| {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts")
    };
    let query = || spawn(plaudit().args(["query", &endless(), "--store"]).arg(demo_store()));
    assert_eq!(ended_by("-TERM", query()), 143);
    assert_eq!(ended_by("-INT", query()), 130);
    // Nobody is left to watch: what was watched ends too.
    assert_eq!(ended_by("-KILL", query()), -1);
    let check =
        spawn(plaudit().args(["check", "--rules"]).arg(folder.path()).arg("--store").arg(demo_store()));
    assert_eq!(ended_by("-TERM", check), 143);
    assert_eq!(ended_by("-TERM", spawn(plaudit().args(["rules", "test"]).arg(folder.path()))), 143);
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_during_the_check_of_an_audit_leaves_its_snapshot() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("store");
    let long = about_tags(
        "",
        "CROSS JOIN metric_daily AS a CROSS JOIN metric_daily AS b CROSS JOIN metric_daily AS c",
        "a.value + b.value > c.value + 1",
    );
    let long = format!(
        "SELECT resource_id, account_id, region, status, COUNT(*) AS n FROM ({long}) AS s GROUP BY resource_id, account_id, region, status"
    );
    rule(&folder.path().join("rules"), &long);
    let mut child = plaudit()
        .args(["demo", "--quiet", "--accounts", "4", "--regions", "1", "--rules"])
        .arg(folder.path().join("rules"))
        .arg("--store")
        .arg(&store)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let begun = Instant::now();
    let is_kept =
        || std::fs::read_dir(store.join("_snapshots")).is_ok_and(|mut found| found.next().is_some());
    // The check is a process of its own.
    while !is_kept() || family(child.id()).len() == 1 {
        assert!(child.try_wait().expect("it can be asked").is_none(), "it was over too early");
        assert!(begun.elapsed() < TIME * 2, "no snapshot was written");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(ended_by("-TERM", child), 143);
    run(plaudit().args(["report", "--store"]).arg(&store)).expect_done();
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_a_crawl_that_reads_a_long_bill() {
    let world = World::new(&WorldOptions { accounts: 1, gaps: false, ..options(81) });
    let server = simulator::start(world, ServerOptions::default()).await.expect("the simulator starts");
    tokio::task::block_in_place(|| {
        let folder = tempfile::tempdir().expect("a folder");
        // Gzip members may follow each other, so a long bill is quickly made.
        let mut bytes = gzip(HEADER);
        let lines = gzip(
            &(0..200_000_u64)
                .map(|number| line(&format!("vpce-{:017x}", number * 7_654_321)))
                .collect::<String>(),
        );
        (0..20).for_each(|_| bytes.extend(&lines));
        let path = folder.path().join("bill.csv.gz");
        std::fs::write(&path, bytes).expect("the bill can be written");
        let child = plaudit_at(&server.url())
            .args(["crawl", "--quiet", "--charges", "cur", "--bill"])
            .arg(&path)
            .arg("--store")
            .arg(folder.path().join("store"))
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        assert_eq!(ended_by("-TERM", child), 143);
    });
}

const HEADER: &str = "bill_payer_account_id,bill_billing_period_start_date,line_item_usage_account_id,line_item_line_item_type,\
     line_item_usage_start_date,line_item_usage_type,line_item_usage_amount,line_item_currency_code,line_item_unblended_cost,line_item_resource_id\n";

fn line(resource: &str) -> String {
    format!(
        "999999999999,2026-09-01T00:00:00Z,222222222222,Usage,2026-09-01T00:00:00Z,VpcEndpoint-Hours,24,USD,0.24,{resource}\n"
    )
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(text.as_bytes()).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

/// Reads a good bill for September and a file for October, written by `write`.
fn beside_a_good_bill(name: &str, write: impl FnOnce(&Path)) -> Bills {
    let folder = tempfile::tempdir().expect("a folder");
    let good = folder.path().join("good.csv");
    std::fs::write(&good, format!("{HEADER}{}", line("vpce-1"))).expect("the bill can be written");
    let other = folder.path().join(name);
    write(&other);
    let file = |path: &Path, month: &str| BillFile {
        name: path.file_name().expect("a name").to_string_lossy().into_owned(),
        path: path.to_path_buf(),
        month: Some(month.parse().expect("a date")),
        export: month.to_owned(),
    };
    let files = [file(&good, "2026-09-01"), file(&other, "2026-10-01")];
    bill::read(&files, None, "2026-08-01".parse().expect("a date")).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_bill_that_unfolds_without_measure_makes_its_month_unusable() {
    let times = |text: &str, count: usize| text.repeat(count);
    type Prepare = Box<dyn Fn(&Path)>;
    let cases: Vec<(&str, &str, Prepare)> = vec![
        (
            "a.parquet",
            "a value is 4194304 bytes long",
            Box::new(move |path| {
                let size = bomb::bill(path, 100_000, times("x", 4 << 20));
                assert!(size < 10_000, "{size} bytes");
            }),
        ),
        (
            "b.parquet",
            "1000000 rows unfold to more than 1024 MiB",
            Box::new(move |path| {
                bomb::bill(path, 1_000_000, times("x", 60 << 10));
            }),
        ),
        (
            "c.parquet",
            "2000000000 rows unfold to more than 1024 MiB",
            Box::new(|path| {
                bomb::bill(path, 2_000_000_000, "vpce-1");
            }),
        ),
        (
            "d.parquet",
            "unfolds to 129 MiB",
            Box::new(move |path| {
                bomb::bill(path, 1, times("x", 129 << 20));
            }),
        ),
        (
            "e.csv.gz",
            "it unpacks to more than 250 times its size",
            Box::new(|path| {
                let lines = format!("{HEADER}{}", line(&"x".repeat(4000)).repeat(20_000));
                std::fs::write(path, gzip(&lines)).expect("the bill can be written");
            }),
        ),
        (
            "f.csv.gz",
            "a line is longer than 4 MiB",
            Box::new(move |path| {
                let endless = gzip(&format!("{HEADER}\"{}", times("x", 8 << 20)));
                std::fs::write(path, endless).expect("the bill can be written");
            }),
        ),
        (
            "g.csv",
            "a line is longer than 4 MiB",
            Box::new(move |path| std::fs::write(path, times(",", 8 << 20)).expect("the bill can be written")),
        ),
    ];
    for (name, problem, write) in cases {
        let bills = beside_a_good_bill(name, write);
        let broken: Vec<_> = bills.bill.iter().filter(|bill| bill.outcome == Outcome::Error).collect();
        assert_eq!(broken.len(), 1, "{name}: {:?}", bills.bill);
        let told = broken[0].message.as_deref().unwrap_or_default();
        assert!(told.contains(problem) && told.contains(name) && told.contains("hint: "), "{told}");
        let accounts: Vec<&str> = bills.charge.iter().map(|charge| charge.sub_account_id.as_str()).collect();
        assert_eq!(accounts, ["222222222222"], "{name}: the other month stands");
    }
}

#[test]
fn a_bill_that_says_one_line_a_million_times_is_read() {
    let bills = beside_a_good_bill("many.parquet", |path| {
        bomb::bill(path, 1_000_000, "vpce-0123456789abcdef0");
    });
    assert!(bills.bill.iter().all(|bill| bill.outcome == Outcome::Ok), "{:?}", bills.bill);
    let charge = bills.charge.iter().find(|charge| charge.sub_account_id == "111111111111");
    assert_eq!(charge.and_then(|charge| charge.consumed_quantity), Some(24_000_000.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crawl_with_a_bomb_among_its_bills_ends_with_an_error() {
    let world = World::new(&WorldOptions { accounts: 1, gaps: false, ..options(82) });
    let server = simulator::start(world, ServerOptions::default()).await.expect("the simulator starts");
    tokio::task::block_in_place(|| {
        let folder = tempfile::tempdir().expect("a folder");
        bomb::bill(&folder.path().join("bill.parquet"), 100_000, "x".repeat(4 << 20));
        let mut crawl = plaudit_at(&server.url());
        crawl.args(["crawl", "--quiet", "--charges", "cur", "--bill"]).arg(folder.path());
        let ran = defused(crawl.arg("--store").arg(folder.path().join("store")));
        expect_error(&ran, 2, "a value is 4194304 bytes long");
    });
}

#[test]
fn a_snapshot_that_unfolds_without_measure_is_broken() {
    let folder = tempfile::Builder::new().prefix("plaudit-").tempdir().expect("a folder");
    let store = folder.path().join("store");
    copy_of_demo_store(&store);
    let partition =
        std::fs::read_dir(store.join("tag")).expect("readable").next().expect("one").expect("readable");
    let rows = 100_000;
    let text = |name, value: &str| Column::text(name, value, rows);
    let value = Column::text("value", "x".repeat(4 << 20), rows);
    let tag = [
        text("account_id", "111111111111"),
        text("region", "us-east-1"),
        text("resource_id", "vpce-1"),
        text("key", "service"),
        value,
    ];
    let size = bomb::write(&partition.path().join("part-0.parquet"), &tag);
    assert!(size < 10_000, "{size} bytes");
    // Whoever can put a file into a store can write its manifest, too.
    change_manifest(&store, |manifest| {
        let tables = manifest["tables"].as_array_mut().expect("a list");
        let entry = tables.iter_mut().find(|table| table["name"] == "tag").expect("the table");
        entry["bytes"] = size.into();
        entry.as_object_mut().expect("an object").remove("sha256");
    });
    for arguments in [
        &["query", "SELECT key, MAX(value) AS value FROM tag GROUP BY key, value"][..],
        &["check"],
        &["explain", "vpce-1"],
    ] {
        let ran = defused(plaudit().args(arguments).arg("--store").arg(&store));
        expect_error(
            &ran,
            1,
            "the snapshot's table `tag` is broken: 100000 rows unfold to more than 1024 MiB",
        );
        assert!(ran.stderr.contains("part-0.parquet"), "{}", ran.shown());
    }
}

#[test]
fn one_long_value_among_short_ones_is_not_taken_for_a_bomb() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.parquet");
    let texts = || Values::Texts(vec!["short".to_owned(), "x".repeat(1 << 20)]);
    let write = |runs| bomb::write(&path, &[Column { name: "text", values: texts(), runs }]);
    let check = || parquet::check(&path, &|_| true, usize::MAX);
    write(vec![(60_000, 0), (10, 1), (40_000, 0)]);
    assert_eq!(check(), Ok(()));
    write(vec![(60_000, 0), (2_000, 1), (40_000, 0)]);
    assert_eq!(check(), Err("102000 rows unfold to more than 1024 MiB".to_owned()));
    assert_eq!(parquet::check(&path, &|_| false, usize::MAX), Ok(()), "nobody reads the column");
}

#[test]
fn parquet_that_contradicts_itself_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.parquet");
    bomb::bill(&path, 1000, "vpce-1");
    let whole = std::fs::read(&path).expect("readable");
    let check = || parquet::check(&path, &|_| true, 64 << 10);
    assert_eq!(check(), Ok(()));
    // Whatever it says, it is read within bounds or refused with a reason.
    let refused = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        std::fs::write(&path, bytes).expect("writable");
        check().is_err_and(|problem| !problem.is_empty())
    };
    let places = (4..whole.len()).step_by(7);
    let all = places.len();
    let refused = places.filter(|at| refused(*at)).count();
    assert!(refused > all / 4, "{refused} of {all} were refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_and_region_too_large_for_one_entry_of_the_journal_is_kept_in_several() {
    let whole = Simulated::start(World::new(&options(83))).await;
    let expected = files(&whole, &whole.crawl().await);
    let mut simulated = Simulated::start(World::new(&options(83))).await;
    simulated.store = simulated.store.clone().with_journal_in_pieces(5000);
    simulated.cut_off_crawl().await;
    let journal = simulated.store.journal(&simulated.store.partials()[0]);
    assert!(std::fs::metadata(journal).expect("it is there").len() > 10_000, "there are entries in pieces");
    let mut gone_on = simulated.try_crawl(true).await;
    while gone_on.as_ref().is_err_and(|error| error.problem().contains("another process is at work")) {
        // What was on its way is still being written down.
        tokio::time::sleep(Duration::from_millis(100)).await;
        gone_on = simulated.try_crawl(true).await;
    }
    let snapshot = gone_on.unwrap_or_else(|error| panic!("{error}"));
    let found = files(&simulated, &snapshot);
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (table, bytes) in expected.iter().filter(|(table, _)| *table != "coverage") {
        assert!(*bytes == found[table], "`{table}` differs");
    }
}
