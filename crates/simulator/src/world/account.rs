//! Accounts, and those among them that refuse the crawl.

use std::collections::BTreeMap;

use super::{OPT_IN_REGION, Region, World, WorldOptions};
use crate::fault::{Effect, Fault};

/// An account of the organization.
#[derive(Clone, Debug)]
pub struct Account {
    /// 12 digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `ACTIVE`, `SUSPENDED` ...
    pub state: String,
    /// Where it stands in the tree: `o-.../r-.../ou-.../<id>/`.
    pub path: String,
    /// Days since it joined.
    pub joined_days: i64,
    /// Whether it is the management account, which lacks the role as it does at AWS.
    pub is_management: bool,
    /// Whether the role is there.
    pub has_role: bool,
    /// What it has, by Region; Regions that it has not enabled are absent.
    pub regions: BTreeMap<String, Region>,
}

impl Account {
    /// Whether a crawl gets in.
    pub fn can_be_entered(&self) -> bool {
        self.state == "ACTIVE" && (self.has_role || self.is_management)
    }
}

const TEAMS: &[&str] = &[
    "payments",
    "orders",
    "search",
    "catalogue",
    "identity",
    "billing",
    "shipping",
    "pricing",
    "reviews",
    "fraud",
    "warehouse",
    "marketing",
    "analytics",
    "support",
    "partners",
    "media",
];

const STAGES: &[&str] = &["prod", "staging", "dev", "sandbox"];

/// One account in so many has opted in to a Region that is off unless asked for.
const OPT_IN_EVERY: usize = 10;

/// Makes the accounts, empty.
pub fn found(options: &WorldOptions) -> World {
    let mut rng = fastrand::Rng::with_seed(options.seed);
    let organization_id = format!("o-{}", text(&mut rng, 10));
    let root = format!("r-{}", text(&mut rng, 4));
    let units: Vec<String> =
        STAGES.iter().map(|_| format!("ou-{}-{}", &root[2..], text(&mut rng, 8))).collect();
    let mut accounts = Vec::with_capacity(options.accounts);
    let mut index = BTreeMap::new();
    for number in 0..options.accounts.max(1) {
        let id = loop {
            let id = format!("{:012}", rng.u64(100_000_000_000..1_000_000_000_000));
            if !index.contains_key(&id) {
                break id;
            }
        };
        let stage = number % STAGES.len();
        let (name, path) = match number {
            0 => ("management".to_owned(), format!("{organization_id}/{root}/{id}/")),
            1 => ("shared-network".to_owned(), format!("{organization_id}/{root}/{}/{id}/", units[0])),
            _ => {
                let team = TEAMS[(number / STAGES.len()) % TEAMS.len()];
                let round = number / (STAGES.len() * TEAMS.len());
                let suffix = if round == 0 { String::new() } else { format!("-{round}") };
                (
                    format!("{team}-{}{suffix}", STAGES[stage]),
                    format!("{organization_id}/{root}/{}/{id}/", units[stage]),
                )
            }
        };
        let opted_in = (number % OPT_IN_EVERY == 4).then(|| OPT_IN_REGION.to_owned());
        let enabled = options.regions.iter().cloned().chain(opted_in);
        let regions = enabled.map(|region| (region.clone(), Region::new(&region, &mut rng))).collect();
        index.insert(id.clone(), number);
        accounts.push(Account {
            id,
            name,
            state: "ACTIVE".to_owned(),
            path,
            joined_days: rng.i64(400..2000),
            is_management: number == 0,
            has_role: number != 0,
            regions,
        });
    }
    World {
        organization_id,
        now: options.now,
        partition: options.partition.clone(),
        external_id: None,
        role_secret: "simulated".to_owned(),
        delegated_administrator: None,
        is_standalone: false,
        accounts,
        planted: Vec::new(),
        faults: Vec::new(),
        index,
        services: BTreeMap::new(),
        consumers: BTreeMap::new(),
    }
}

/// Lets an account be suspended, one lack the role, and one have a Region closed by policy.
pub fn plant_gaps(world: &mut World, options: &WorldOptions) {
    let count = world.accounts.len();
    if count < 8 {
        return;
    }
    world.accounts[count - 1].state = "SUSPENDED".to_owned();
    world.accounts[count - 2].has_role = false;
    if let Some(region) = options.regions.last().filter(|_| options.regions.len() > 1) {
        let account = world.accounts[count - 3].id.clone();
        world.faults.push(Fault::new(Effect::denied_by_policy()).in_account(&account).in_region(region));
    }
}

/// Letters and digits of ids.
const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyz0123456789";

fn text(rng: &mut fastrand::Rng, length: usize) -> String {
    (0..length).map(|_| char::from(LETTERS[rng.usize(..LETTERS.len())])).collect()
}
