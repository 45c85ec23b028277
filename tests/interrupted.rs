//! Runs that end early: by Ctrl-C in order, by `kill -9` at any moment. What was gathered is kept,
//! and going on gives the snapshot that an uninterrupted run gives.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use plaudit::store::{Location, Store};
use plaudit_simulator::{self as simulator, Running, ServerOptions, World, WorldOptions};

use crate::support::simulated::options;
use crate::support::{depth, plaudit_at, run};

/// Points, spread over a whole crawl, at which it is killed; five of them fall after the last answer.
const POINTS: u64 = 50;

fn world() -> World {
    // Ages are counted from now, and must be the same in every run of this test.
    let now = jiff::Timestamp::now();
    World::new(&WorldOptions { gaps: true, accounts: 10, now, ..options(51) })
}

/// Requests that a killed crawl can have sent without having read an answer.
const IN_FLIGHT: u64 = 12;

/// After so long without a request, none is on its way.
const QUIET: Duration = Duration::from_millis(50);

/// Answers take a moment, so that there is time to be interrupted.
fn slowly() -> ServerOptions {
    ServerOptions { latency: Duration::from_millis(2), ..ServerOptions::default() }
}

fn crawl(url: &str, store: &Path, resume: bool) -> Command {
    crawl_in_flight(4, url, store, resume)
}

fn crawl_in_flight(units: usize, url: &str, store: &Path, resume: bool) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plaudit"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command
        .args(["crawl", "--quiet", "--max-concurrency", &units.to_string(), "--store"])
        .arg(store)
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_ACCESS_KEY_ID", "management")
        .env("AWS_SECRET_ACCESS_KEY", "simulated")
        .env("AWS_REGION", "us-east-1")
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    if resume {
        command.arg("--resume");
    }
    command
}

/// The tables of the only snapshot of a store, without the one that holds its moment.
fn tables(store: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(store).expect("the store is there") {
        let table = entry.expect("readable").path();
        let name = table.file_name().expect("a name").to_string_lossy().into_owned();
        if name.starts_with('_') || name == "snapshot" {
            continue;
        }
        let partition =
            std::fs::read_dir(&table).expect("readable").next().expect("one snapshot").expect("readable");
        found.insert(name, std::fs::read(partition.path().join("part-0.parquet")).expect("readable"));
    }
    found
}

fn snapshots(store: &Path) -> usize {
    std::fs::read_dir(store.join("_snapshots")).map_or(0, |entries| entries.count())
}

fn requests(server: &Running) -> u64 {
    server.requests().values().sum()
}

/// How often the server has been asked, once it has read what a killed client had sent.
fn settled(server: &Running) -> u64 {
    let mut before = requests(server);
    let mut since = Instant::now();
    while since.elapsed() < QUIET {
        std::thread::sleep(Duration::from_millis(5));
        let now = requests(server);
        if now != before {
            (before, since) = (now, Instant::now());
        }
    }
    before
}

/// Waits until the server has been asked so often, or the crawl is over.
fn wait_for(server: &Running, until: u64, child: &mut Child) {
    while requests(server) < until && child.try_wait().expect("the child can be asked").is_none() {
        std::thread::sleep(Duration::from_micros(300));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crawl_that_is_killed_early_goes_on_to_the_same_snapshot() {
    a_crawl_that_is_killed_goes_on_to_the_same_snapshot(0..POINTS / 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crawl_that_is_killed_late_goes_on_to_the_same_snapshot() {
    a_crawl_that_is_killed_goes_on_to_the_same_snapshot(POINTS / 2..POINTS).await;
}

async fn a_crawl_that_is_killed_goes_on_to_the_same_snapshot(points: std::ops::Range<u64>) {
    let points: Vec<u64> = points.step_by(depth(5, 1) as usize).collect();
    let world = world();
    let server = simulator::start(world, slowly()).await.expect("the simulator starts");
    tokio::task::block_in_place(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let whole = folder.path().join("whole");
        assert!(crawl(&server.url(), &whole, false).status().expect("it runs").success());
        let expected = tables(&whole);
        let all = requests(&server);
        assert!(all > POINTS, "{all}");
        let mut resumed = 0;
        for &point in &points {
            let store = folder.path().join(format!("killed-{point}"));
            let begun = settled(&server);
            let mut child = crawl(&server.url(), &store, false).spawn().expect("it starts");
            // The last points fall into the time after the last answer: writing and publishing.
            wait_for(&server, begun + all * point / (POINTS - 5) + 1, &mut child);
            if point > POINTS - 5 {
                std::thread::sleep(Duration::from_millis((point + 5 - POINTS) * 40));
            }
            child.kill().expect("it can be killed");
            child.wait().expect("it ends");
            let again = settled(&server);
            let asked = again - begun;
            if snapshots(&store) == 0 {
                let output = crawl(&server.url(), &store, true).output().expect("it runs");
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                if said.contains("before it had gathered anything")
                    || said.contains("there is no crawl to go on with")
                {
                    assert!(asked < 12, "after {asked} requests something was gathered: {said}");
                    assert!(crawl(&server.url(), &store, false).status().expect("it runs").success());
                } else {
                    assert!(output.status.success(), "point {point}: {said}");
                    let missing = requests(&server) - again;
                    // Those that were in flight may be counted with the second run.
                    assert!(missing <= all + IN_FLIGHT, "point {point}: {missing} of {all} were asked again");
                    resumed += 1;
                }
            }
            let found = tables(&store);
            assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
            for (table, bytes) in &expected {
                assert!(bytes == &found[table], "killed after {asked} of {all} requests, `{table}` differs");
            }
            assert!(!store.join("_partial").exists(), "nothing is left of the work");
        }
        assert!(resumed > points.len() / 2, "only {resumed} crawls were resumed");
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn aws_is_asked_only_for_what_is_missing() {
    let server = simulator::start(world(), slowly()).await.expect("the simulator starts");
    tokio::task::block_in_place(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let whole = folder.path().join("whole");
        assert!(crawl_in_flight(1, &server.url(), &whole, false).status().expect("it runs").success());
        let all = requests(&server);
        let store = folder.path().join("killed");
        let mut child = crawl_in_flight(1, &server.url(), &store, false).spawn().expect("it starts");
        wait_for(&server, all + all * 8 / 10, &mut child);
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
        let before = settled(&server);
        assert!(crawl_in_flight(1, &server.url(), &store, true).status().expect("it runs").success());
        let again = requests(&server) - before;
        // A fifth was missing, and the unit in flight was begun anew.
        assert!(again < all * 4 / 10, "{again} of {all} were asked again though most was done");
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_crawl_beside_one_that_was_cut_off_says_how_to_go_on_with_it() {
    let world = World::new(&WorldOptions { gaps: false, accounts: 3, ..options(1) });
    let server = simulator::start(world, ServerOptions::default()).await.expect("the simulator starts");
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("store");
    let place = store.to_str().expect("a path");
    let kept = Store::new(Location::open(place, None).unwrap_or_else(|error| panic!("{error}")));
    let id = "20260101T000000Z";
    let journal = kept.begin_journal(id).unwrap_or_else(|error| panic!("{error}"));
    tokio::task::block_in_place(|| {
        let told = |arguments: &[&str]| {
            let ran = run(plaudit_at(&server.url()).args(arguments).args([
                "--charges",
                "list-price",
                "--store",
                place,
            ]));
            ran.stderr
        };
        let said = told(&["crawl"]);
        assert!(!said.contains("was cut off"), "somebody is at work on it: {said}");
        drop(journal);
        let offer = format!(
            "an earlier crawl, {id}, was cut off and is kept; `--resume` goes on with it instead of beginning anew"
        );
        for command in ["crawl", "audit"] {
            let said = told(&[command]);
            assert!(said.contains(&offer), "{said}");
            assert!(said.contains(" kept in "), "the fresh one goes through: {said}");
        }
        assert!(!told(&["crawl", "--quiet"]).contains("was cut off"), "it is no warning");
        let said = told(&["crawl", "--resume"]);
        assert!(!said.contains("was cut off and is kept"), "it is what was asked for: {said}");
    });
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_ends_in_order_and_says_how_to_go_on() {
    let server = simulator::start(world(), slowly()).await.expect("the simulator starts");
    tokio::task::block_in_place(|| {
        let folder = tempfile::tempdir().expect("a folder");
        for (signal, status) in [("-INT", 130), ("-TERM", 143), ("-HUP", 129)] {
            let store = folder.path().join(signal);
            let begun = settled(&server);
            let mut child = crawl(&server.url(), &store, false).spawn().expect("it starts");
            wait_for(&server, begun + 400, &mut child);
            run(std::process::Command::new("kill").args([signal, &child.id().to_string()])).expect_done();
            let output = child.wait_with_output().expect("it ends");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(status), "{said}");
            assert!(said.contains("the crawl was stopped; ") && said.contains("--resume"), "{said}");
            assert!(!said.contains("stopped; 0 accounts"), "something had been gathered: {said}");
            assert_eq!(snapshots(&store), 0, "a half-written snapshot is invisible");
            assert!(crawl(&server.url(), &store, true).status().expect("it runs").success());
            assert_eq!(snapshots(&store), 1);
        }
    });
}
