//! Counts that a progress bar shows while the crawl runs.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts, shared by all tasks of a crawl.
#[derive(Debug, Default)]
pub struct Tally {
    accounts: AtomicU64,
    accounts_done: AtomicU64,
    regions: AtomicU64,
    regions_done: AtomicU64,
    requests: AtomicU64,
    throttles: AtomicU64,
}

/// The counts at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Accounts that are to be crawled.
    pub accounts: u64,
    /// Accounts that are finished, whatever came of them.
    pub accounts_done: u64,
    /// Accounts x Regions known so far.
    pub regions: u64,
    /// Accounts x Regions that are finished.
    pub regions_done: u64,
    /// HTTP requests sent, retries included.
    pub requests: u64,
    /// Answers by which AWS asked for patience.
    pub throttles: u64,
}

impl Tally {
    /// The counts now.
    pub fn counts(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            accounts: read(&self.accounts),
            accounts_done: read(&self.accounts_done),
            regions: read(&self.regions),
            regions_done: read(&self.regions_done),
            requests: read(&self.requests),
            throttles: read(&self.throttles),
        }
    }

    pub(super) fn add_accounts(&self, number: usize) {
        self.accounts.fetch_add(number as u64, Ordering::Relaxed);
    }

    pub(super) fn account_done(&self) {
        self.accounts_done.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn add_regions(&self, number: usize) {
        self.regions.fetch_add(number as u64, Ordering::Relaxed);
    }

    pub(super) fn region_done(&self) {
        self.regions_done.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn throttle(&self) {
        self.throttles.fetch_add(1, Ordering::Relaxed);
    }
}
