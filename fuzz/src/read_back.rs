//! What plaudit wrote itself and reads back: whoever can write to its folders can have changed it.

use std::path::Path;
use std::sync::LazyLock;

use plaudit::audit;
use plaudit::config::{self, Config};
use plaudit::crawl::{AccountSource, Caller, Organization, Wanted};
use plaudit::store::{Journal, Key, Location, Store, snapshot_id};
use plaudit::table::Account;

/// The snapshot whose journal or manifest is given.
pub const ID: &str = "20261122T061900Z";

/// The role that is configured.
const CONFIGURED_ROLE: &str = "plaudit-read-only";

/// The external id that is configured.
const CONFIGURED_EXTERNAL_ID: &str = "an-external-id";

/// Who is asking: the management account of the organization that the corpus is of.
const CALLER: &str = "395015579307";

/// The organization as it is listed now: the caller, an account with which the crawl had begun, and a new one.
/// Another one has left it since.
fn organization() -> Organization {
    let account = |id: &str| Account {
        account_id: id.to_owned(),
        account_name: format!("account-{id}"),
        state: Some("ACTIVE".to_owned()),
        joined_method: None,
        joined_timestamp: None,
        organizational_unit_path: None,
        is_management_account: id == CALLER,
    };
    Organization {
        organization_id: Some("o-fhui4a375n".to_owned()),
        management_account_id: Some(CALLER.to_owned()),
        source: Some(AccountSource::Organization),
        is_whole: true,
        accounts: [CALLER, "229185544412", "999999999999"].map(account).into(),
        coverage: Vec::new(),
    }
}

/// A journal is refused with a hint, or what is asked when its crawl goes on is what the configuration and
/// the live listing say: the role, the external id, accounts that are there now, Regions that are some.
///
/// The first byte says what follows: 0 for the file as it is; otherwise its entries before they are packed,
/// each behind its length in four bytes, of which the highest bit marks a note. Packed and with their
/// checksums they make the file.
pub fn journal(bytes: &[u8]) -> bool {
    let file = match bytes.split_first() {
        Some((0, file)) => file.to_vec(),
        Some((_, entries)) => packed(entries),
        None => Vec::new(),
    };
    with_scratch(|folder| {
        let path = folder.join("journal");
        std::fs::write(&path, file).expect("the scratch folder can be written to");
        let mut config = Config::default();
        config.crawl.role_name = CONFIGURED_ROLE.to_owned();
        config.crawl.external_id = Some(CONFIGURED_EXTERNAL_ID.to_owned());
        let caller = Caller { account_id: CALLER.to_owned(), partition: "aws".to_owned() };
        let listed = organization();
        match audit::agree(&path, ID, &config, &Wanted::everything(), &[caller], listed.clone()) {
            Err(error) => {
                super::assert_has_hint(&error);
                false
            }
            Ok(agreed) => {
                assert_eq!(agreed.settings.role_name, CONFIGURED_ROLE);
                assert_eq!(agreed.settings.external_id.as_deref(), Some(CONFIGURED_EXTERNAL_ID));
                assert!(agreed.settings.regions.is_empty(), "{:?}", agreed.settings.regions);
                assert_eq!(snapshot_id(agreed.settings.taken_at), ID);
                let (first, last) = agreed.settings.window;
                let days = (last - first).get_days() + 1;
                assert!((1..=config::MAX_WINDOW_DAYS).contains(&i64::from(days)), "{first} to {last}");
                assert!(agreed.accounts.iter().all(|account| listed.accounts.contains(account)));
                let mut regions = agreed.finished.accounts.values().flatten();
                assert!(regions.all(|region| config::check_region(region).is_ok()));
                true
            }
        }
    })
}

/// The bit of an entry's length that marks a note.
pub const NOTE: u32 = 1 << 31;

/// The file of a journal with such entries.
fn packed(mut entries: &[u8]) -> Vec<u8> {
    static BEGINNING: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        Journal::open(&path).expect("a journal can be begun");
        std::fs::read(&path).expect("the journal can be read")
    });
    let mut file = BEGINNING.clone();
    while let Some((head, rest)) = entries.split_at_checked(4) {
        let marked = u32::from_le_bytes(head.try_into().expect("four bytes"));
        let length = (marked & !NOTE) as usize;
        let (plain, rest) = rest.split_at(length.min(rest.len()));
        let body = snap::raw::Encoder::new().compress_vec(plain).expect("entries are small");
        let mut checksum = flate2::Crc::new();
        checksum.update(&body);
        file.extend((body.len() as u32 | (marked & NOTE)).to_le_bytes());
        file.extend(checksum.sum().to_le_bytes());
        file.extend(body);
        entries = rest;
    }
    file
}

/// A manifest is refused with a place and a hint, or it is the one that was asked for, and every file that it
/// names lies in its table's place, which is below the store.
pub fn manifest(bytes: &[u8]) -> bool {
    static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().expect("a runtime can be had")
    });
    with_scratch(|folder| {
        let manifests = folder.join("_snapshots");
        std::fs::create_dir_all(&manifests).expect("the scratch folder can be written to");
        std::fs::write(manifests.join(format!("{ID}.json")), bytes).expect("it can be written to");
        let store = Store::new(Location::open(&folder.display().to_string(), None).expect("a folder"));
        match RUNTIME.block_on(store.open(Some(ID))) {
            Err(error) => {
                assert!(error.place().is_some_and(|place| place.starts_with(&store.address())), "{error}");
                super::assert_has_hint(&error);
                false
            }
            Ok(snapshot) => {
                assert_eq!(snapshot.id(), ID);
                for table in &snapshot.manifest().tables {
                    assert_eq!(table.key, format!("{}/snapshot_id={ID}/part-0.parquet", table.name));
                    let key = Key::parse(&table.key).expect("a place below the store");
                    assert!(key.below(folder).starts_with(folder));
                }
                true
            }
        }
    })
}

/// A folder of this thread, which is there as long as it runs.
pub(super) fn with_scratch<T>(work: impl FnOnce(&Path) -> T) -> T {
    thread_local! {
        static SCRATCH: tempfile::TempDir = tempfile::tempdir().expect("a folder");
    }
    SCRATCH.with(|folder| work(folder.path()))
}
