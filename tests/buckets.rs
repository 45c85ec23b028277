//! Stores and bills in buckets: whose they must be, and who encrypts what is written.

use std::time::Duration;

use plaudit::config::BucketOwner;
use plaudit::crawl::{self, Connected, Override, TimeLimits};
use plaudit::store::{BucketAccess, Key, Location, Store};
use plaudit_simulator::{World, WorldOptions};

use crate::support::bucket::{Asked, Bucket};
use crate::support::simulated::{Simulated, options};
use crate::support::{demo_store, files_below, plaudit, plaudit_at, run};

const OWNER: &str = "111122223333";
const SOMEBODY_ELSE: &str = "444455556666";

async fn connect(bucket: &Bucket) -> Connected {
    let place = Override { endpoint_url: bucket.url.clone(), access_key_id: "management".to_owned() };
    let limits = TimeLimits { attempt: Duration::from_secs(30), call: Duration::from_secs(30) };
    crawl::connect_to(&place, limits).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn access(bucket: &Bucket) -> BucketAccess {
    let connected = connect(bucket).await;
    let access = connected.connection.bucket_access_of(&BucketOwner::Caller, "[store] expected_bucket_owner");
    access.await.unwrap_or_else(|error| panic!("{error}")).expect("there are credentials")
}

fn location(access: &BucketAccess) -> Location {
    Location::open("s3://audits/privatelink", Some(access)).unwrap_or_else(|error| panic!("{error}"))
}

/// Puts the demo's snapshot into a bucket.
fn fill(bucket: &Bucket) {
    for path in files_below(demo_store()) {
        let key = path.strip_prefix(demo_store()).expect("below").display().to_string();
        bucket.put(&format!("audits/privatelink/{key}"), std::fs::read(path).expect("readable"));
    }
}

fn ways(asked: &[Asked]) -> String {
    asked.iter().map(|one| format!("{} {}?{}\n", one.method, one.path, one.query)).collect()
}

/// The bucket refuses a request that does not name its owner, or does not sign that. S3 does so too, and a
/// list and the end of a multipart upload are what object_store does not sign by itself.
#[tokio::test(flavor = "multi_thread")]
async fn every_request_to_a_bucket_names_its_owner_and_signs_that() {
    let bucket = Bucket::start(OWNER);
    let mut simulated =
        Simulated::start(World::new(&WorldOptions { accounts: 2, gaps: false, ..options(81) })).await;
    let access = access(&bucket).await;
    simulated.store = Store::new(location(&access));
    let mut snapshot = simulated.crawl().await;
    simulated.check(&mut snapshot).await;
    assert!(snapshot.rows::<plaudit::table::VpcEndpoint>().await.unwrap().len() > 3);
    assert!(simulated.store.verify(None).await.unwrap().iter().all(|check| check.state.fits()));

    let large = simulated.folder.path().join("large");
    let bytes: Vec<u8> = (0..12_u32 << 20).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    std::fs::write(&large, &bytes).unwrap();
    let key = Key::parse("large/file").unwrap();
    location(&access).publish(&large, &key).await.unwrap_or_else(|error| panic!("{error}"));
    assert!(bucket.objects()["audits/privatelink/large/file"] == bytes);

    let asked = bucket.asked();
    let ways = ways(&asked);
    for way in
        ["GET /audits?", "PUT /", "uploads", "partNumber=2", "POST /audits/privatelink/large/file?uploadId=1"]
    {
        assert!(ways.contains(way), "`{way}` was not asked:\n{ways}");
    }
    assert!(asked.iter().all(|one| one.headers["x-amz-expected-bucket-owner"] == OWNER));
}

#[test]
fn the_bucket_of_somebody_else_is_refused_and_the_error_says_whose_was_expected() {
    let bucket = Bucket::start(SOMEBODY_ELSE);
    bucket.call_from(OWNER);
    fill(&bucket);
    let folder = tempfile::Builder::new().prefix("plaudit-").tempdir().unwrap();
    let report = || {
        let mut command = plaudit_at(&bucket.url);
        command.args(["report", "coverage", "--format", "csv", "--store", "s3://audits/privatelink"]);
        command.current_dir(folder.path());
        run(&mut command)
    };
    let refused = report();
    assert_eq!(refused.status, 1, "{}", refused.shown());
    assert!(refused.stdout.is_empty());
    for part in [OWNER, "[store] expected_bucket_owner", "s3:ListBucket"] {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.shown());
    }
    let configure = |owner: &str| {
        let text = format!("[store]\nexpected_bucket_owner = \"{owner}\"\n");
        std::fs::write(folder.path().join("plaudit.toml"), text).unwrap();
    };
    configure(SOMEBODY_ELSE);
    assert!(report().expect_done().stdout.lines().count() > 10);
    // This bucket asks for the header, so without one it refuses; nothing is said of an owner then.
    configure("any");
    let unnamed = report();
    assert_eq!(unnamed.status, 1, "{}", unnamed.shown());
    assert!(!unnamed.stderr.contains("expected_bucket_owner"), "{}", unnamed.shown());
    assert!(!bucket.asked().last().unwrap().headers.contains_key("x-amz-expected-bucket-owner"));
    configure("11112222");
    let wrong = report();
    assert_eq!(wrong.status, 2, "{}", wrong.shown());
    assert!(wrong.stderr.contains("plaudit.toml:2") && wrong.stderr.contains("\"any\""), "{}", wrong.shown());
}

#[test]
fn a_store_that_is_only_read_can_be_checked() {
    let bucket = Bucket::start(OWNER);
    fill(&bucket);
    bucket.refuse_writes();
    let before = bucket.objects();
    let mut check = plaudit_at(&bucket.url);
    check.args(["check", "--fail-on", "critical", "--store", "s3://audits/privatelink"]);
    let ran = run(&mut check);
    assert_eq!(ran.status, 10, "{}", ran.shown());
    assert!(ran.stdout.contains("The worst 10 of"), "{}", ran.shown());
    assert!(ran.stderr.contains("warning: the store is only read"), "{}", ran.shown());
    assert!(bucket.objects() == before, "nothing was written");
}

#[test]
fn without_an_account_to_expect_the_error_names_the_key() {
    let folder = tempfile::Builder::new().prefix("plaudit-").tempdir().unwrap();
    let report = |command: &mut std::process::Command| {
        run(command.args(["report", "--store", "s3://audits/x"]).current_dir(folder.path()))
    };
    let unsigned = report(&mut plaudit());
    assert_eq!(unsigned.status, 1, "{}", unsigned.shown());
    assert!(unsigned.stderr.contains("[store] expected_bucket_owner"), "{}", unsigned.shown());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_encrypted_with_the_key_that_is_configured() {
    let bucket = Bucket::start(OWNER);
    let key = "arn:aws:kms:us-east-1:111122223333:key/1234abcd";
    let location = location(&BucketAccess { kms_key_id: Some(key.to_owned()), ..access(&bucket).await });
    let store = Store::new(location.clone());
    let small = Key::parse("_prices/price-list.csv").unwrap();
    store.write_file(&small, b"small".to_vec()).await.unwrap();
    assert_eq!(store.read(&small).await.unwrap().unwrap(), b"small");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("large"), vec![7; 11 << 20]).unwrap();
    location.publish(&folder.path().join("large"), &Key::parse("large").unwrap()).await.unwrap();
    for one in bucket.asked() {
        // Whoever reads does not say how it is encrypted, and a part is encrypted as its upload began.
        let begins = one.method == "PUT" && !one.query.contains("partNumber") || one.query == "uploads";
        let said = one.headers.get("x-amz-server-side-encryption-aws-kms-key-id").map(String::as_str);
        if begins {
            assert_eq!(said, Some(key), "{one:?}");
            assert_eq!(one.headers["x-amz-server-side-encryption"], "aws:kms");
        } else if matches!(one.method.as_str(), "GET" | "HEAD") {
            assert_eq!(said, None, "{one:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bucket_of_a_bill_has_an_owner_of_its_own() {
    let simulated =
        Simulated::start(World::new(&WorldOptions { accounts: 2, gaps: false, ..options(82) })).await;
    let bucket = Bucket::start(SOMEBODY_ELSE);
    let bill = simulated.folder.path().join("bill.csv.gz");
    let (start, today) = ("2026-08-01".parse().unwrap(), "2026-11-22".parse().unwrap());
    let file = std::fs::File::create(&bill).unwrap();
    simulated.server.world().cost_and_usage_report(&[0, 1], start, today, file).unwrap();
    bucket.put("bills/cur/bill.csv.gz", std::fs::read(&bill).unwrap());
    let crawl = || {
        let mut command = plaudit_at(&simulated.server.url());
        command.env("AWS_ENDPOINT_URL_S3", &bucket.url).current_dir(simulated.folder.path());
        command.args([
            "crawl",
            "--quiet",
            "--charges",
            "cur",
            "--bill",
            "s3://bills/cur",
            "--store",
            "bills",
        ]);
        command.args(["--rate-share", "1", "--accounts", &simulated.member()]);
        run(&mut command)
    };
    let refused = crawl();
    assert_eq!(refused.status, 1, "{}", refused.shown());
    let management = &simulated.server.world().management_account().id;
    for part in [management.as_str(), "[charges] expected_bucket_owner"] {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.shown());
    }
    std::fs::write(
        simulated.folder.path().join("plaudit.toml"),
        format!("[charges]\nexpected_bucket_owner = \"{SOMEBODY_ELSE}\"\n[window]\ndays = 30\n"),
    )
    .unwrap();
    let before = bucket.asked().len();
    assert!(before > 0);
    let crawled = crawl();
    let asked = bucket.asked();
    assert!(
        asked.iter().any(|one| one.path == "/bills/cur/bill.csv.gz"),
        "{}\n{}",
        ways(&asked),
        crawled.shown()
    );
    assert!(!crawled.stderr.contains("403"), "{}", crawled.shown());
}
