//! No secret is written or logged: canaries in the caller's credentials, in the roles' and in the external id
//! are searched for in everything that plaudit leaves behind.

use std::path::Path;

use plaudit::config::BucketOwner;
use plaudit_simulator::{World, WorldOptions};

use crate::support::bucket::{Bucket, SECRET};
use crate::support::simulated::{Simulated, options};
use crate::support::{Ran, depth, files_below, plaudit_at, run};

const CALLER_TOKEN: &str = "canary-caller-token-5f1c";
const ROLE: &str = "canary-role-2b7e";
const EXTERNAL_ID: &str = "canary-external-id-9d04";
const CALLER_SECRET: &str = "canary-caller-secret-a3c8";

fn searched(bytes: &[u8], what: &str) {
    for canary in [CALLER_TOKEN, CALLER_SECRET, ROLE, EXTERNAL_ID, "canary-"] {
        let found = bytes.windows(canary.len()).position(|part| part == canary.as_bytes());
        let around = found.map(|at| {
            String::from_utf8_lossy(&bytes[at.saturating_sub(200)..bytes.len().min(at + 80)]).into_owned()
        });
        assert_eq!(around, None, "`{canary}` stands in {what}");
    }
}

fn searched_below(folder: &Path) {
    for path in files_below(folder) {
        searched(&std::fs::read(&path).expect("readable"), &path.display().to_string());
    }
}

async fn organization(seed: u64) -> Simulated {
    let mut world = World::new(&WorldOptions { accounts: 2, gaps: false, ..options(seed) });
    world.external_id = Some(EXTERNAL_ID.to_owned());
    world.role_secret = ROLE.to_owned();
    let simulated = Simulated::start(world).await;
    let member = simulated.member();
    let toml = format!(
        "[crawl]\nexternal_id = \"{EXTERNAL_ID}\"\nregions = [\"us-east-1\"]\naccounts = [\"{member}\"]\n\
         rate_share = 1.0\n[window]\ndays = 7\n"
    );
    std::fs::create_dir(simulated.folder.path().join("work")).unwrap();
    std::fs::write(simulated.folder.path().join("plaudit.toml"), toml).unwrap();
    simulated
}

/// Runs plaudit as verbose as it gets; the configuration, which holds the external id, is the user's own.
fn verbose(simulated: &Simulated, format: &str, secret: &str, arguments: &[&str], bucket: &Bucket) -> Ran {
    let mut command = plaudit_at(&simulated.server.url());
    command
        .env("AWS_ENDPOINT_URL_S3", &bucket.url)
        .env("AWS_SECRET_ACCESS_KEY", secret)
        .env("AWS_SESSION_TOKEN", CALLER_TOKEN)
        .env("RUST_LOG", "trace")
        .env("RUST_BACKTRACE", "full")
        .env("HOME", simulated.folder.path().join("work"))
        .env("TMPDIR", simulated.folder.path().join("work"))
        .env_remove("XDG_STATE_HOME")
        .current_dir(simulated.folder.path().join("work"))
        .args(["-vvv", "--log-format", format, "--config", "../plaudit.toml"])
        .args(arguments);
    run(&mut command)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_comes_into_the_store_the_journal_the_logs_or_an_error() {
    let simulated = organization(86).await;
    let bucket = Bucket::start(&simulated.server.world().management_account().id);
    let ways = [("text", "store"), ("json", "s3://audits/x"), ("json", "store"), ("text", "s3://audits/x")];
    for (format, store) in ways.into_iter().take(depth(2, 4) as usize) {
        // The bucket checks signatures, so there the caller's secret is the one that it knows; it is no canary.
        let secret = if store == "store" { CALLER_SECRET } else { SECRET };
        let audit = ["audit", "--charges", "list-price", "--store", store];
        let ran = verbose(&simulated, format, secret, &audit, &bucket).expect_done();
        assert!(ran.stderr.lines().count() > 50, "it was not verbose: {}", ran.stderr);
        searched(ran.shown().as_bytes(), &format!("the {format} log of an audit into {store}"));
    }
    searched_below(&simulated.folder.path().join("work"));
    assert!(bucket.objects().len() > 50);
    for (key, bytes) in bucket.objects() {
        searched(&bytes, &key);
    }
    // The roles did get the secret, and S3 the token.
    assert!(bucket.asked().iter().all(|asked| asked.headers["x-amz-security-token"] == CALLER_TOKEN));

    // Errors: the role is refused, the bucket is another's, the credentials' secret is another.
    let roleless = ["audit", "--role-name", "another-role", "--store", "roleless"];
    searched(verbose(&simulated, "text", CALLER_SECRET, &roleless, &bucket).shown().as_bytes(), "an error");
    let theirs = Bucket::start("444455556666");
    let report = ["report", "--store", "s3://audits/x"];
    for (bucket, secret) in [(&theirs, SECRET), (&bucket, CALLER_SECRET)] {
        for format in ["text", "json"] {
            let refused = verbose(&simulated, format, secret, &report, bucket);
            assert_eq!(refused.status, 1, "{}", refused.shown());
            searched(refused.shown().as_bytes(), "an error");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_comes_into_the_journal_of_a_crawl_that_was_cut_off() {
    let mut world = World::new(&options(87));
    world.external_id = Some(EXTERNAL_ID.to_owned());
    world.role_secret = ROLE.to_owned();
    let mut simulated = Simulated::start(world).await;
    simulated.config.crawl.external_id = Some(EXTERNAL_ID.to_owned());
    simulated.cut_off_crawl().await;
    let journals = files_below(&simulated.folder.path().join("store/_partial"));
    assert!(!journals.is_empty());
    searched_below(simulated.folder.path());
    simulated.try_crawl(true).await.unwrap_or_else(|error| panic!("{error}"));
    searched_below(simulated.folder.path());
    // A panic prints what is formatted for debugging: connections and ways into buckets show no secret.
    let connected = simulated.connect().await;
    let access = connected.connection.bucket_access_of(&BucketOwner::Caller, "key").await.unwrap().unwrap();
    let shown = format!("{connected:?} {access:?} {:?}", access.credentials.get_credential().await.unwrap());
    assert!(!shown.contains("secret_access_key: \"simulated") && !shown.contains("\"simulated\""), "{shown}");
}
