//! How fast AWS is asked: at a share of its published rates, so that the workloads that share them
//! are not starved, and slower as soon as AWS asks for patience.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::table::{Family, Operation};

/// AWS throttles the PrivateLink actions per organization too, not only per account, and does not
/// publish the rate (<https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html>).
/// So few of them are in flight at a time over all accounts together.
pub const PRIVATELINK_IN_FLIGHT: usize = 10;

/// After so many calls without a throttle, one more PrivateLink action may be in flight again.
const CALM: usize = 50;

/// Throttles that come in one burst are answered once.
const BURST: Duration = Duration::from_secs(1);

/// The first pause after a throttle in an account and Region; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause before a call.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The pace of a whole crawl.
#[derive(Debug)]
pub struct Pace {
    share: f64,
    privatelink: Semaphore,
    in_flight: Mutex<InFlight>,
}

/// How many PrivateLink actions may be in flight.
#[derive(Debug)]
struct InFlight {
    most: usize,
    now: usize,
    /// Permits that are to be withdrawn as soon as they come back.
    owed: usize,
    calm: usize,
    held_back: Option<Instant>,
}

/// Leave to make a call, as long as it is held.
#[derive(Debug)]
pub struct Permit<'a> {
    pace: &'a Pace,
    permit: Option<SemaphorePermit<'a>>,
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.pace.state();
        if state.owed > 0 {
            state.owed -= 1;
            if let Some(permit) = self.permit.take() {
                permit.forget();
            }
        }
    }
}

impl Pace {
    /// A pace at a share of the published rates, from above 0 to 1.
    pub fn new(share: f64, privatelink_in_flight: usize) -> Pace {
        let most = privatelink_in_flight.max(1);
        let in_flight = InFlight { most, now: most, owed: 0, calm: 0, held_back: None };
        Pace { share, privatelink: Semaphore::new(most), in_flight: Mutex::new(in_flight) }
    }

    fn state(&self) -> MutexGuard<'_, InFlight> {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Half as many PrivateLink actions at a time from now on, but at least one.
    fn hold_back(&self) {
        let mut state = self.state();
        state.calm = 0;
        if state.held_back.is_some_and(|since| since.elapsed() < BURST) {
            return;
        }
        state.held_back = Some(Instant::now());
        let fewer = (state.now / 2).max(1);
        let withdrawn = state.now - fewer;
        state.owed += withdrawn - self.privatelink.forget_permits(withdrawn);
        state.now = fewer;
    }

    /// One more at a time after a calm while, up to where it began.
    fn ease(&self) {
        let mut state = self.state();
        state.calm += 1;
        if state.calm.is_multiple_of(CALM) && state.now < state.most {
            state.now += 1;
            if state.owed > 0 {
                state.owed -= 1;
            } else {
                self.privatelink.add_permits(1);
            }
        }
    }
}

/// The pace in one account over all of its Regions: a bucket for Route 53, which is global.
#[derive(Debug)]
pub struct AccountPace {
    crawl: Arc<Pace>,
    buckets: Vec<(Family, DefaultDirectRateLimiter)>,
}

impl AccountPace {
    /// A full bucket.
    pub fn new(crawl: Arc<Pace>) -> AccountPace {
        let buckets = buckets(&[Family::Route53], crawl.share);
        AccountPace { crawl, buckets }
    }
}

/// The pace in one account and Region: a bucket for each family of operations that AWS counts
/// together.
#[derive(Debug)]
pub struct ScopePace {
    account: Arc<AccountPace>,
    buckets: Vec<(Family, DefaultDirectRateLimiter)>,
    pause_millis: AtomicU64,
}

/// AWS's published rate for a family, per account and Region (for Route 53, per account): what a full
/// bucket holds, and what it gets a second. `None` where nothing is published.
///
/// Route 53's is that of
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/throttling-api-requests.html>, and
/// Resolver's that of <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html>.
pub fn published(family: Family) -> Option<(f64, f64)> {
    match family {
        Family::PrivateLink | Family::Ec2 => Some((100.0, 20.0)),
        Family::ElasticLoadBalancing => Some((40.0, 10.0)),
        Family::GetMetricData => Some((50.0, 50.0)),
        Family::ListMetrics => Some((25.0, 25.0)),
        Family::Route53 => Some((50.0, 10.0)),
        Family::Route53Resolver => Some((5.0, 5.0)),
        Family::Sts => Some((600.0, 600.0)),
        Family::Organizations | Family::CostExplorer | Family::PriceList => None,
    }
}

impl ScopePace {
    /// Full buckets.
    pub fn new(account: Arc<AccountPace>) -> ScopePace {
        // PrivateLink actions are EC2 actions, and take from the same bucket.
        let families = [
            Family::Ec2,
            Family::ElasticLoadBalancing,
            Family::GetMetricData,
            Family::ListMetrics,
            Family::Route53Resolver,
        ];
        let buckets = buckets(&families, account.crawl.share);
        ScopePace { account, buckets, pause_millis: AtomicU64::new(0) }
    }

    /// Waits until a call may be made. It may go on as long as the permit is held.
    pub async fn permit(&self, operation: Operation) -> Option<Permit<'_>> {
        let pause = self.pause_millis.load(Ordering::Relaxed);
        if pause > 0 {
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        let family = match operation.family() {
            Family::PrivateLink => Family::Ec2,
            other => other,
        };
        let mut buckets = self.buckets.iter().chain(&self.account.buckets);
        if let Some((_, bucket)) = buckets.find(|(of, _)| *of == family) {
            bucket.until_ready().await;
        }
        if operation.family() != Family::PrivateLink {
            return None;
        }
        // The semaphore is never closed.
        let permit = self.account.crawl.privatelink.acquire().await.ok();
        Some(Permit { pace: &self.account.crawl, permit })
    }

    /// AWS asked for patience.
    pub fn throttled(&self, is_privatelink: bool) {
        let pause = self.pause_millis.load(Ordering::Relaxed);
        let longer = (pause * 2).clamp(FIRST_PAUSE.as_millis() as u64, LONGEST_PAUSE.as_millis() as u64);
        self.pause_millis.store(longer, Ordering::Relaxed);
        if is_privatelink {
            self.account.crawl.hold_back();
        }
    }

    /// AWS answered.
    pub fn answered(&self, is_privatelink: bool) {
        let pause = self.pause_millis.load(Ordering::Relaxed);
        // Half of the pause is dropped with each answer, and the last little of it altogether.
        let shorter = if pause < 50 { 0 } else { pause / 2 };
        self.pause_millis.store(shorter, Ordering::Relaxed);
        if is_privatelink {
            self.account.crawl.ease();
        }
    }
}

fn buckets(families: &[Family], share: f64) -> Vec<(Family, DefaultDirectRateLimiter)> {
    families.iter().filter_map(|family| Some((*family, bucket(published(*family)?, share)))).collect()
}

fn bucket((capacity, per_second): (f64, f64), share: f64) -> DefaultDirectRateLimiter {
    let one = NonZeroU32::MIN;
    let burst = NonZeroU32::new((capacity * share) as u32).unwrap_or(one);
    let period = Duration::from_secs_f64(1.0 / (per_second * share));
    let quota = Quota::with_period(period).unwrap_or_else(|| Quota::per_second(one));
    RateLimiter::direct(quota.allow_burst(burst))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(crawl: Arc<Pace>) -> ScopePace {
        ScopePace::new(Arc::new(AccountPace::new(crawl)))
    }

    #[tokio::test]
    async fn the_regions_of_an_account_share_the_bucket_of_a_global_service() {
        let account = Arc::new(AccountPace::new(Arc::new(Pace::new(0.1, 10))));
        let regions = [ScopePace::new(account.clone()), ScopePace::new(account)];
        let begun = Instant::now();
        for number in 0..6 {
            regions[number % 2].permit(Operation::Route53ListHostedZonesByVpc).await;
        }
        assert!(begun.elapsed() >= Duration::from_millis(900), "a tenth of 50 at once, and then 1 a second");
    }

    #[tokio::test]
    async fn a_bucket_gives_its_share_at_once_and_then_its_rate() {
        let pace = scope(Arc::new(Pace::new(0.5, 10)));
        let begun = std::time::Instant::now();
        for _ in 0..20 {
            pace.permit(Operation::ElbDescribeListeners).await;
        }
        assert!(begun.elapsed() < Duration::from_millis(150), "half of 40 tokens are there at once");
        pace.permit(Operation::ElbDescribeListeners).await;
        assert!(begun.elapsed() >= Duration::from_millis(150), "and then 5 a second");
    }

    #[tokio::test]
    async fn throttles_halve_what_is_in_flight_and_calm_brings_it_back() {
        let crawl = Arc::new(Pace::new(1.0, 10));
        let pace = scope(crawl.clone());
        let operation = Operation::Ec2DescribeVpcEndpoints;
        let mut permits = Vec::new();
        for _ in 0..8 {
            permits.push(pace.permit(operation).await);
        }
        pace.throttled(true);
        pace.throttled(true);
        assert_eq!(crawl.state().now, 5, "a burst of throttles counts once");
        drop(permits);
        assert_eq!(
            crawl.privatelink.available_permits(),
            5,
            "what was in flight is withdrawn as it comes back"
        );
        for _ in 0..CALM * 20 {
            pace.answered(true);
        }
        assert_eq!(crawl.privatelink.available_permits(), 10, "never more than at the beginning");
        assert_eq!(pace.pause_millis.load(Ordering::Relaxed), 0);
    }
}
