//! One way out: proxies, root certificates and refusals mean the same for AWS's services and for a store in
//! S3, and whatever answers, no answer and no list is without an end.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use plaudit::store::{Location, Store};
use plaudit::table::{Coverage, Outcome};
use plaudit_simulator::{self as simulator, Effect, Fault, Running, ServerOptions, World};

use crate::support::network::{Cloud, Proxy, authority, plaudit_alone};
use crate::support::simulated::{Simulated, options};
use crate::support::{Ran, plaudit_at, run};

const STORE: [&str; 2] = ["--store", "s3://audits/privatelink"];

/// The organization, behind TLS and a proxy.
async fn network() -> (Running, Cloud, Proxy) {
    let simulator = simulator::start(World::new(&options(81)), ServerOptions::default()).await.unwrap();
    let cloud = Cloud::start(&simulator).await;
    let proxy = Proxy::start(&cloud).await;
    (simulator, cloud, proxy)
}

/// Runs a command while this process goes on to serve.
fn ran(command: &mut Command) -> Ran {
    tokio::task::block_in_place(|| run(command))
}

/// A command that asks STS, Organizations, EC2 and the bucket.
fn plan() -> Command {
    let mut command = plaudit_alone();
    command.arg("plan").args(STORE);
    command
}

/// Fails unless AWS's services and the bucket are both among hosts.
fn assert_both(hosts: &[String]) {
    for host in ["sts", "ec2", "organizations", "s3"] {
        let address = format!("{host}.us-east-1.amazonaws.com:443");
        assert!(hosts.contains(&address), "{address} is not among {hosts:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_goes_through_the_proxy_and_trusts_the_bundle_and_a_bucket_serves_as_a_store() {
    let (simulator, _cloud, proxy) = network().await;
    let account = &simulator.world().management_account().id;
    let crawl =
        ["crawl", "--quiet", "--charges", "list-price", "--regions", "us-east-1", "--accounts", account];
    let crawled = ran(plaudit_alone()
        .args(crawl)
        .args(STORE)
        .env("HTTPS_PROXY", proxy.url())
        .env("AWS_CA_BUNDLE", authority().bundle()))
    .expect_done();
    let hosts = proxy.asked();
    assert_both(&hosts);
    // What plaudit sends without the proxy would go to AWS itself, and nothing could be complete.
    assert!(hosts.iter().all(|host| host.ends_with(".amazonaws.com:443")), "{hosts:?}");

    let count = "SELECT COUNT(*) AS n FROM coverage WHERE outcome = 'ok'";
    let read = ran(plaudit_alone()
        .args(["query", "--format", "csv", count])
        .args(STORE)
        .env("https_proxy", proxy.url())
        .env("SSL_CERT_FILE", authority().bundle()))
    .expect_done();
    let complete: u64 = read.stdout.lines().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0);
    assert!(complete > 20, "{}\n{}", crawled.shown(), read.shown());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_name_of_a_proxy_and_of_the_certificates_holds_for_both_and_no_proxy_lets_both_pass_by() {
    let (_simulator, cloud, proxy) = network().await;
    let bundle = authority().bundle();
    for (proxied, trusted) in [("all_proxy", "SSL_CERT_FILE"), ("ALL_PROXY", "AWS_CA_BUNDLE")] {
        let before = proxy.asked().len();
        ran(plan().env(proxied, proxy.url()).env(trusted, &bundle)).expect_done();
        assert_both(&proxy.asked()[before..]);
    }
    // A profile names the certificates as well.
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("config");
    std::fs::write(&profile, format!("[default]\nca_bundle = {}\n", bundle.display())).unwrap();
    ran(plan().env("HTTPS_PROXY", proxy.url()).env("AWS_CONFIG_FILE", &profile)).expect_done();

    let (before, asked) = (proxy.asked().len(), cloud.asked().len());
    let mut local = plan();
    local.env("AWS_ENDPOINT_URL", cloud.url()).env("AWS_CA_BUNDLE", &bundle).env("HTTPS_PROXY", proxy.url());
    ran(local.env("NO_PROXY", "example.com,localhost")).expect_done();
    assert_eq!(proxy.asked().len(), before, "{:?}", proxy.asked());
    let direct = &cloud.asked()[asked..];
    assert!(direct.iter().any(|line| line.starts_with("GET /audits")), "{direct:?}");
    assert!(direct.iter().any(|line| line.starts_with("POST /")), "{direct:?}");
    ran(local.env("NO_PROXY", "example.com")).expect_done();
    let (port, hosts) = (cloud.url().replace("https://", ""), proxy.asked());
    assert!(hosts.len() >= before + 2 && hosts[before..].iter().all(|host| *host == port), "{hosts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_nobody_vouches_for_is_refused_by_both_and_nothing_is_sent() {
    let (_simulator, cloud, proxy) = network().await;
    for (arguments, status) in
        [(&["plan", "--store", "none"][..], 3), (&["report", "--store", "s3://audits/privatelink"], 1)]
    {
        let refused = ran(plaudit_alone().args(arguments).env("HTTPS_PROXY", proxy.url()));
        assert_eq!(refused.status, status, "{}", refused.shown());
        assert!(refused.stderr.contains("invalid peer certificate: UnknownIssuer"), "{}", refused.shown());
        assert!(refused.stderr.contains("\nhint: "), "{}", refused.shown());
    }
    assert_eq!(cloud.asked(), Vec::<String>::new());
    // It is final, and not tried again and again.
    assert_eq!(proxy.asked().len(), 2, "{:?}", proxy.asked());
}

#[test]
fn certificates_and_proxies_that_cannot_be_used_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).unwrap();
        folder.path().join(name).display().to_string()
    };
    let none = "the file holds no root certificate";
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let config = file("config", "[default]\nca_bundle = /nonexistent\n");
    let cases = [
        ("AWS_CA_BUNDLE", "/nonexistent".to_owned(), "could not be read", "AWS_CA_BUNDLE, /nonexistent"),
        ("AWS_CA_BUNDLE", file("empty.pem", ""), none, "empty.pem"),
        ("AWS_CA_BUNDLE", file("broken.pem", broken), none, "broken.pem"),
        ("AWS_CA_BUNDLE", file("cut.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n"), none, "cut.pem"),
        ("AWS_CA_BUNDLE", folder.path().display().to_string(), "could not be read", "AWS_CA_BUNDLE"),
        ("AWS_CONFIG_FILE", config, "could not be read", "ca_bundle in AWS's configuration file"),
        ("SSL_CERT_FILE", "/nonexistent".to_owned(), "could not be read", "SSL_CERT_FILE"),
        ("HTTPS_PROXY", "socks5://name:pass-word@localhost:1".to_owned(), "no HTTP proxy", "HTTPS_PROXY"),
        ("http_proxy", "http://:pass-word@".to_owned(), "no HTTP proxy", "http_proxy"),
        ("no_proxy", "b.example".to_owned(), "do not say the same", "NO_PROXY, no_proxy"),
    ];
    for (variable, value, problem, place) in cases {
        for arguments in [&["plan"][..], &["report", "--store", "s3://audits/privatelink"]] {
            let refused =
                run(plaudit_alone().args(arguments).env("NO_PROXY", "a.example").env(variable, &value));
            assert_eq!(refused.status, 2, "{variable}={value}: {}", refused.shown());
            assert!(refused.stderr.contains(problem), "{}", refused.shown());
            assert!(refused.stderr.contains(&format!("\n  at {place}")) || refused.stderr.contains(place));
            assert!(refused.stderr.contains("\nhint: "), "{}", refused.shown());
            assert!(!refused.stderr.contains("pass-word"), "{}", refused.shown());
        }
    }
}

/// A configuration by which a bucket may belong to anybody, so that it is the first that is asked.
fn anybodys(folder: &Path) -> PathBuf {
    let path = folder.join("anybodys.toml");
    std::fs::write(&path, "[store]\nexpected_bucket_owner = \"any\"\n").unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_beyond_this_machine_is_refused_before_anything_is_sent() {
    let (_simulator, _cloud, proxy) = network().await;
    let folder = tempfile::tempdir().unwrap();
    let far = "http://name:pass-word@aws.example.com/";
    let config = |text: &str| {
        let path = folder.path().join(format!("{}.config", text.len()));
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let of_profile = config(&format!("[default]\nendpoint_url = {far}\n"));
    let of_service =
        config(&format!("[default]\nservices = x\n[services x]\nec2 =\n  endpoint_url = {far}\n"));
    for (variable, value, place) in [
        ("AWS_ENDPOINT_URL", far, "AWS_ENDPOINT_URL"),
        ("AWS_ENDPOINT_URL_EC2", far, "AWS_ENDPOINT_URL_EC2"),
        ("AWS_ENDPOINT_URL_COST_EXPLORER", far, "AWS_ENDPOINT_URL_COST_EXPLORER"),
        ("AWS_ENDPOINT_URL_S3", far, "AWS_ENDPOINT_URL_S3"),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", far, "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
        ("AWS_CONFIG_FILE", &of_profile, "endpoint_url for CloudWatch in AWS's configuration file"),
        ("AWS_CONFIG_FILE", &of_service, "endpoint_url for EC2 in AWS's configuration file"),
    ] {
        for arguments in [&["plan", "--store", "none"][..], &["report", "--store", "s3://audits/privatelink"]]
        {
            let refused =
                ran(plaudit_alone().args(arguments).env("ALL_PROXY", proxy.url()).env(variable, value));
            assert_eq!(refused.status, 2, "{variable}: {}", refused.shown());
            assert!(refused.stderr.contains("http://aws.example.com would be asked"), "{}", refused.shown());
            assert!(refused.stderr.contains(&format!("\n  at {place}")), "{}", refused.shown());
            assert!(refused.stderr.contains("--allow-plain-http"), "{}", refused.shown());
            assert!(!refused.stderr.contains("pass-word"), "{}", refused.shown());
        }
    }
    assert_eq!(proxy.asked(), Vec::<String>::new(), "nothing was sent");

    for (arguments, sent) in [
        (&["plan", "--store", "none"][..], "http://aws.example.com/"),
        (&["report", "--store", "s3://audits/privatelink"], "http://aws.example.com/audits?"),
    ] {
        let mut command = plaudit_alone();
        command.args(arguments).arg("--allow-plain-http").arg("--config").arg(anybodys(folder.path()));
        command.env("HTTP_PROXY", proxy.url());
        ran(command.env("AWS_ENDPOINT_URL", "http://aws.example.com"));
        let addresses = proxy.asked();
        assert!(addresses.last().is_some_and(|address| address.starts_with(sent)), "{addresses:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_to_this_machine_passes_every_proxy_by() {
    let (simulator, _cloud, proxy) = network().await;
    let mut command = plaudit_alone();
    command.args(["plan", "--store", "none"]).env("ALL_PROXY", proxy.url());
    ran(command.env("AWS_ENDPOINT_URL", simulator.url())).expect_done();
    assert_eq!(proxy.asked(), Vec::<String>::new());
}

const TOO_LONG: &str = "the answer is longer than 64 MiB, so it was not read to its end";

/// Runs a command while this process goes on to serve, and gives the most memory that it held, in mebibytes.
fn most_memory(command: &mut Command) -> (u64, Output) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    tokio::task::block_in_place(|| {
        while child.try_wait().unwrap().is_none() {
            let text = std::fs::read_to_string(&status).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
            most = most.max(kibibytes.unwrap_or(0) >> 10);
            std::thread::sleep(Duration::from_millis(10));
        }
    });
    assert!(most > 0 || !cfg!(target_os = "linux"), "the memory was not measured");
    (most, child.wait_with_output().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_without_an_end_are_holes_in_coverage_and_stay_within_the_memory() {
    // Every account gives one, and they are asked side by side.
    let mut world = World::new(&options(82));
    world.faults.push(Fault::new(Effect::Endless).on("ec2:DescribeSubnets"));
    let server = simulator::start(world, ServerOptions::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut command = plaudit_at(&server.url());
    command.args(["crawl", "--quiet", "--charges", "list-price", "--regions", "us-east-1", "--store"]);
    let begun = Instant::now();
    let (memory, output) = most_memory(command.arg(folder.path()));
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(begun.elapsed() < Duration::from_secs(120), "{:?}", begun.elapsed());
    assert!(memory < 640, "{memory} MiB");
    let store = Store::new(Location::open(&folder.path().display().to_string(), None).unwrap());
    let coverage: Vec<Coverage> = store.open(None).await.unwrap().rows().await.unwrap();
    let (holes, rest): (Vec<_>, Vec<_>) =
        coverage.iter().partition(|row| row.operation == "ec2:DescribeSubnets" && row.requests > 0);
    assert!(holes.len() > 10, "{}", holes.len());
    for row in holes {
        assert_eq!((row.outcome, row.message.as_deref()), (Outcome::Error, Some(TOO_LONG)), "{row:?}");
        assert_eq!(row.requests, 1, "it is not asked for again: {row:?}");
    }
    assert!(rest.iter().filter(|row| row.outcome == Outcome::Ok).count() > 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_call_and_a_bucket_without_an_end_end_too() {
    let mut world = World::new(&options(83));
    world.faults.push(Fault::new(Effect::Endless).on("sts:GetCallerIdentity"));
    let server = simulator::start(world, ServerOptions::default()).await.unwrap();
    let cloud = Cloud::start(&server).await;
    let folder = tempfile::tempdir().unwrap();
    let with_bucket = |arguments: &[&str]| {
        let mut command = plaudit_alone();
        command
            .args(arguments)
            .arg("--config")
            .arg(anybodys(folder.path()))
            .env("AWS_ENDPOINT_URL", cloud.url())
            .env("AWS_CA_BUNDLE", authority().bundle());
        command
    };
    let mut call = plaudit_at(&server.url());
    call.args(["plan", "--store", "none"]);
    let list = with_bucket(&["report", "--store", "s3://audits/endless"]);
    let file = with_bucket(&["report", "--store", "s3://audits/files", "--snapshot", "20261122T061900Z"]);
    for (mut command, status, problem) in
        [(call, 3, TOO_LONG), (list, 1, TOO_LONG), (file, 1, "it is longer than 64 MiB")]
    {
        let begun = Instant::now();
        let (memory, output) = most_memory(&mut command);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{stderr}");
        assert!(stderr.contains(problem) && stderr.contains("\nhint: "), "{stderr}");
        assert!(memory < 512, "{memory} MiB");
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_whose_tokens_always_differ_end() {
    let mut world = World::new(&options(84));
    world.faults.push(Fault::new(Effect::FreshToken).on("organizations:ListAccounts"));
    let simulated = Simulated::start(world).await;
    let error =
        simulated.try_crawl(false).await.expect_err("nobody knows which accounts there are").to_string();
    assert!(error.contains("the list has more than 10000 pages, and the rest was not read"), "{error}");
    assert_eq!(simulated.server.requests()["organizations:ListAccounts"], 10_000);
}
