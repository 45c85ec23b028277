//! A simulated organization, audited in this process.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use plaudit::audit::{self, CrawlRequest};
use plaudit::config::Config;
use plaudit::crawl::{self, Budget, Connected, Override, Tally, TimeLimits, Wanted};
use plaudit::rule::{Catalogue, Findings};
use plaudit::store::{Location, Store, StoredSnapshot};
use plaudit_simulator::{self as simulator, Running, ServerOptions, World, WorldOptions};
use tokio::sync::Notify;

/// The moment at which tests take place.
pub fn now() -> Timestamp {
    "2026-11-22T06:19:00Z".parse().expect("a moment")
}

/// A small organization.
pub fn options(seed: u64) -> WorldOptions {
    WorldOptions {
        accounts: 16,
        regions: vec!["us-east-1".to_owned(), "eu-west-1".to_owned()],
        seed,
        now: now(),
        ..WorldOptions::default()
    }
}

/// An organization that is being served, and a store to audit it into.
pub struct Simulated {
    pub server: Running,
    pub store: Store,
    pub folder: tempfile::TempDir,
    pub config: Config,
    /// The most that AWS may charge.
    pub budget: Budget,
    /// The caller; the management account's unless a test says otherwise.
    pub access_key_id: String,
}

impl Simulated {
    /// Serves a world.
    pub async fn start(world: World) -> Simulated {
        Simulated::serve(world, ServerOptions::default()).await
    }

    /// Serves a world slowly, or with AWS's throttles.
    pub async fn serve(world: World, options: ServerOptions) -> Simulated {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store").display().to_string();
        let mut config = Config::default();
        // There are no workloads here that share AWS's rates.
        config.crawl.rate_share = 1.0;
        Simulated {
            server: simulator::start(world, options).await.expect("the simulator starts"),
            store: Store::new(Location::open(&path, None).expect("a folder is a location")),
            folder,
            config,
            budget: Budget::new(None),
            access_key_id: "management".to_owned(),
        }
    }

    /// How it is reached, and by whom.
    pub async fn connect(&self) -> Connected {
        let place = Override { endpoint_url: self.server.url(), access_key_id: self.access_key_id.clone() };
        let limits = TimeLimits {
            attempt: Duration::from_secs(self.config.crawl.attempt_timeout_seconds),
            call: Duration::from_secs(self.config.crawl.call_timeout_seconds),
        };
        crawl::connect_to(&place, limits).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// An account that is entered by its role.
    pub fn member(&self) -> String {
        let world = self.server.world();
        let management = &world.management_account().id;
        let mut members =
            world.accounts.iter().filter(|account| account.id != *management && account.has_role);
        members.next().expect("a member").id.clone()
    }

    /// Writes a Cost and Usage Report over the first so many accounts, which crawls read from then on.
    pub fn bill_first(&mut self, accounts: usize) {
        let path = self.folder.path().join("bill.csv.gz");
        let accounts: Vec<usize> = (0..accounts).collect();
        let start = "2026-08-01".parse().expect("a date");
        let today = now().to_zoned(TimeZone::UTC).date();
        let file = std::fs::File::create(&path).expect("the file can be made");
        self.server
            .world()
            .cost_and_usage_report(&accounts, start, today, file)
            .expect("the bill can be written");
        self.config.charges.bill = vec![path.display().to_string()];
    }

    /// Crawls it.
    pub async fn crawl(&self) -> StoredSnapshot {
        self.try_crawl(false).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Begins a crawl, and cuts it off when some of it has been gathered.
    pub async fn cut_off_crawl(&self) {
        let begun = async {
            while self.server.requests().values().sum::<u64>() < 300 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::select! {
            _ = self.try_crawl(false) => panic!("the crawl was over before it could be cut off"),
            () = begun => {}
        }
        // Tasks that were dropped let go of the journal when the runtime next comes to them.
        tokio::time::sleep(Duration::from_millis(200)).await;
    }

    /// Crawls it, or goes on with a crawl.
    pub async fn try_crawl(&self, resume: bool) -> plaudit::error::Result<StoredSnapshot> {
        audit::crawl(CrawlRequest {
            wanted: &Wanted::everything(),
            config: &self.config,
            connected: &[self.connect().await],
            store: &self.store,
            resume,
            now: now(),
            tally: Arc::new(Tally::default()),
            budget: Arc::new(self.budget.clone()),
            stop: Arc::new(Notify::new()),
        })
        .await
    }

    /// Runs the built-in rules over a snapshot.
    pub async fn check(&self, snapshot: &mut StoredSnapshot) -> Findings {
        static RULES: LazyLock<Catalogue> =
            LazyLock::new(|| Catalogue::load(&[]).unwrap_or_else(|error| panic!("{error}")));
        let catalogue = RULES.clone().configure(&self.config).unwrap_or_else(|error| panic!("{error}"));
        audit::check(snapshot, &catalogue, &self.config, false)
            .await
            .unwrap_or_else(|error| panic!("{error}"))
    }
}

/// Every file of a snapshot's tables, so that two snapshots can be compared byte for byte.
pub fn files(simulated: &Simulated, snapshot: &StoredSnapshot) -> BTreeMap<String, Vec<u8>> {
    let root = simulated.folder.path().join("store");
    snapshot
        .manifest()
        .tables
        .iter()
        .map(|table| {
            (table.name.clone(), std::fs::read(root.join(&table.key)).expect("the table can be read"))
        })
        .collect()
}
