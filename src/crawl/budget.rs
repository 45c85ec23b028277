//! What AWS charges for being asked, and the limit that the user sets to it.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::table::{Family, Operation};

/// US dollars for each metric that GetMetricData is asked for: $0.01 per 1,000, without a free tier
/// (<https://aws.amazon.com/cloudwatch/pricing/>).
const DOLLARS_PER_METRIC: f64 = 0.00001;

/// US dollars for each request to Cost Explorer
/// (<https://aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing/>).
const DOLLARS_PER_COST_EXPLORER_REQUEST: f64 = 0.01;

/// US dollars for a unit of an operation: a metric, or a request. Everything else is free; requests
/// of ListMetrics beyond a million a month would cost as much as a thousand metrics each thousand.
pub fn price(operation: Operation) -> f64 {
    match operation.family() {
        Family::GetMetricData => DOLLARS_PER_METRIC,
        Family::CostExplorer => DOLLARS_PER_COST_EXPLORER_REQUEST,
        _ => 0.0,
    }
}

/// A limit to what a crawl may cost, shared by all of its tasks.
#[derive(Debug)]
pub struct Budget {
    /// In millionths of a dollar, so that it can be counted without locks.
    limit: Option<u64>,
    spent: AtomicU64,
}

impl Budget {
    /// A limit in US dollars; `None` for no limit.
    pub fn new(dollars: Option<f64>) -> Budget {
        Budget { limit: dollars.map(|dollars| micros(dollars.max(0.0))), spent: AtomicU64::new(0) }
    }

    /// Takes what so many units of an operation cost; `false`, and nothing taken, where that is more
    /// than is left.
    pub fn take(&self, operation: Operation, units: usize) -> bool {
        let cost = micros(price(operation) * units as f64);
        let Some(limit) = self.limit else {
            self.spent.fetch_add(cost, Ordering::Relaxed);
            return true;
        };
        let taken = self.spent.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |spent| {
            spent.checked_add(cost).filter(|spent| *spent <= limit)
        });
        taken.is_ok()
    }

    /// What has been taken, in US dollars.
    pub fn spent(&self) -> f64 {
        self.spent.load(Ordering::Relaxed) as f64 / 1e6
    }
}

impl Clone for Budget {
    fn clone(&self) -> Budget {
        Budget { limit: self.limit, spent: AtomicU64::new(self.spent.load(Ordering::Relaxed)) }
    }
}

fn micros(dollars: f64) -> u64 {
    (dollars * 1e6).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_metrics_cost_a_cent_and_the_limit_is_kept_to_the_last() {
        let budget = Budget::new(Some(0.01));
        assert!(budget.take(Operation::CloudWatchGetMetricData, 500));
        assert!(budget.take(Operation::Ec2DescribeSubnets, 1_000_000), "describing is free");
        assert!(!budget.take(Operation::CloudWatchGetMetricData, 501));
        assert!(budget.take(Operation::CloudWatchGetMetricData, 500));
        assert!(!budget.take(Operation::CloudWatchGetMetricData, 1));
        assert_eq!(budget.spent(), 0.01);
    }
}
