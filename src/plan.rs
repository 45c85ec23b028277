//! Before a crawl: how many calls it will make, how long that takes at the pace, and what AWS
//! charges for it. Plain arithmetic, without I/O.

use std::collections::{BTreeMap, BTreeSet};

use crate::crawl::{Finished, PRIVATELINK_IN_FLIGHT, Wanted, price, published};
use crate::table::{Coverage, Extent, Family, Operation, Outcome};

/// How long an answer of AWS is taken to need, in seconds. Measured times differ; the plan says so.
pub const SECONDS_PER_ANSWER: f64 = 0.1;

/// Requests to Cost Explorer at the least: usage, discounts, credits, refunds. Larger organizations take more
/// pages, and months that the store remembers take none.
const COST_EXPLORER_REQUESTS: f64 = 4.0;

/// What a plan is made from.
#[derive(Clone, Debug)]
pub struct Basis<'a> {
    /// Accounts to crawl.
    pub accounts: &'a [String],
    /// Regions in each of them, as far as is known before the first is asked.
    pub regions: &'a [String],
    /// Whether these Regions are configured. Else an account has those that the earlier snapshot found
    /// enabled in it.
    pub regions_are_configured: bool,
    /// What is asked for.
    pub wanted: &'a Wanted,
    /// What a crawl that goes on need not ask again.
    pub finished: &'a Finished,
    /// The coverage of an earlier snapshot: what the same calls took then.
    pub earlier: &'a [Coverage],
    /// The share of AWS's published rates that is used.
    pub rate_share: f64,
    /// Accounts and Regions that are crawled at the same time.
    pub max_concurrency: usize,
    /// Whether Cost Explorer is asked what was billed.
    pub asks_cost_explorer: bool,
}

/// What a crawl will take.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Accounts.
    pub accounts: usize,
    /// All Regions, in order.
    pub regions: Vec<String>,
    /// Accounts x Regions that are still to be asked.
    pub scopes: usize,
    /// Accounts x Regions of which an earlier snapshot tells what they took.
    pub known_scopes: usize,
    /// Calls by operation, in the order in which a crawl makes them.
    pub calls: Vec<PlannedCalls>,
    /// Seconds at the pace, at the least.
    pub seconds: f64,
    /// What holds the crawl back most.
    pub bound: &'static str,
    /// US dollars that AWS charges.
    pub charge: f64,
}

/// The calls of one operation.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedCalls {
    /// The operation.
    pub operation: Operation,
    /// Calls.
    pub calls: f64,
    /// US dollars that AWS charges for them.
    pub charge: f64,
}

impl Plan {
    /// Works it out. Where nothing is known of an account and Region, it is taken to have no
    /// PrivateLink: two calls show that. The plan is a lower bound then, and says so.
    pub fn new(basis: &Basis) -> Plan {
        let mut earlier: BTreeMap<(&str, &str), Vec<&Coverage>> = BTreeMap::new();
        let mut enabled: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for row in basis.earlier {
            if Operation::from_name(&row.operation).is_some_and(|one| one.extent() == Extent::Region) {
                enabled.entry(&row.account_id).or_default().insert(&row.region);
                earlier.entry((&row.account_id, &row.region)).or_default().push(row);
            }
        }
        let given: BTreeSet<&str> = basis.regions.iter().map(String::as_str).collect();
        let mut regions: BTreeSet<&str> = BTreeSet::new();
        let mut scopes = 0;
        let mut calls: BTreeMap<Operation, f64> = BTreeMap::new();
        let mut charges: BTreeMap<Operation, f64> = BTreeMap::new();
        let mut slowest_scope: f64 = 0.0;
        let mut answers = 0.0;
        let mut known_scopes = 0;
        for account in basis.accounts {
            let found = enabled.get(account.as_str()).filter(|_| !basis.regions_are_configured);
            let own = match basis.finished.accounts.get(account) {
                Some(own) => own.iter().map(String::as_str).collect(),
                None => found.unwrap_or(&given).clone(),
            };
            let is_finished =
                |region: &str| basis.finished.regions.contains(&(account.clone(), region.to_owned()));
            regions.extend(&own);
            if own.iter().all(|region| is_finished(region)) {
                continue;
            }
            *calls.entry(Operation::StsAssumeRole).or_default() += 1.0;
            if !basis.finished.accounts.contains_key(account) {
                *calls.entry(Operation::Ec2DescribeRegions).or_default() += 1.0;
            }
            // The bucket of a global service is shared by the Regions of an account.
            let mut global: BTreeMap<Family, f64> = BTreeMap::new();
            for region in own.into_iter().filter(|region| !is_finished(region)) {
                scopes += 1;
                // What the earlier snapshot left out is not known.
                let is_missing = |row: &&&Coverage| {
                    row.outcome == Outcome::NotAsked
                        && Operation::from_name(&row.operation).is_some_and(|one| basis.wanted.asks(one))
                };
                let rows = earlier
                    .get(&(account.as_str(), region))
                    .filter(|rows| !rows.iter().any(|row| is_missing(&row)));
                let mut by_family: BTreeMap<Family, f64> = BTreeMap::new();
                let mut of_scope = |operation: Operation, number: f64, charge: f64| {
                    *calls.entry(operation).or_default() += number;
                    *charges.entry(operation).or_default() += charge;
                    *by_family.entry(operation.family()).or_default() += number;
                    answers += number;
                };
                match rows {
                    Some(rows) => {
                        known_scopes += 1;
                        for row in rows {
                            let operation = Operation::from_name(&row.operation);
                            if let Some(operation) = operation.filter(|one| basis.wanted.asks(*one)) {
                                of_scope(operation, row.requests as f64, row.charge);
                            }
                        }
                    }
                    None => {
                        let least = [
                            Operation::Ec2DescribeVpcEndpoints,
                            Operation::Ec2DescribeVpcEndpointServiceConfigurations,
                        ];
                        for operation in least.into_iter().filter(|operation| basis.wanted.asks(*operation)) {
                            of_scope(operation, 1.0, 0.0);
                        }
                    }
                }
                if let Some((family, number)) = by_family.remove_entry(&Family::Route53) {
                    *global.entry(family).or_default() += number;
                }
                slowest_scope = slowest_scope.max(scope_seconds(&by_family, basis.rate_share));
            }
            slowest_scope = slowest_scope.max(scope_seconds(&global, basis.rate_share));
        }
        let pages = basis.accounts.len().div_ceil(20).max(1) as f64;
        calls.insert(Operation::OrganizationsListAccounts, pages);
        calls.insert(Operation::OrganizationsDescribeOrganization, 1.0);
        calls.insert(Operation::StsGetCallerIdentity, 1.0);
        if basis.asks_cost_explorer {
            let operation = Operation::CostExplorerGetCostAndUsage;
            let before = basis.earlier.iter().find(|row| row.operation == operation.name());
            let requests = before.map_or(COST_EXPLORER_REQUESTS, |row| row.requests as f64);
            calls.insert(operation, requests);
            charges.insert(operation, requests * price(operation));
        }
        let privatelink: f64 = calls
            .iter()
            .filter(|(operation, _)| operation.family() == Family::PrivateLink)
            .map(|(_, n)| n)
            .sum();
        let bounds = [
            (slowest_scope, "the busiest account and Region, at the share of AWS's rates"),
            (
                privatelink * SECONDS_PER_ANSWER / PRIVATELINK_IN_FLIGHT as f64,
                "the PrivateLink actions, few of which are in flight at a time over the whole organization",
            ),
            (
                (answers + 2.0 * basis.accounts.len() as f64) * SECONDS_PER_ANSWER
                    / basis.max_concurrency as f64,
                "the accounts and Regions that are crawled at the same time",
            ),
        ];
        let (seconds, bound) =
            bounds.into_iter().max_by(|left, right| left.0.total_cmp(&right.0)).unwrap_or((0.0, ""));
        let calls: Vec<PlannedCalls> = Operation::ALL
            .iter()
            .filter_map(|operation| {
                let number = calls.get(operation).copied().filter(|number| *number > 0.0)?;
                let charge = charges.get(operation).copied().unwrap_or(0.0);
                Some(PlannedCalls { operation: *operation, calls: number, charge })
            })
            .collect();
        Plan {
            accounts: basis.accounts.len(),
            regions: regions.into_iter().map(str::to_owned).collect(),
            scopes,
            known_scopes,
            charge: calls.iter().map(|planned| planned.charge).sum(),
            calls,
            seconds,
            bound,
        }
    }
}

/// Seconds that an account and Region takes at the least: what is more than a full bucket holds comes
/// at the bucket's rate.
fn scope_seconds(calls: &BTreeMap<Family, f64>, share: f64) -> f64 {
    let mut together: BTreeMap<Family, f64> = BTreeMap::new();
    for (family, number) in calls {
        let bucket = if *family == Family::PrivateLink { Family::Ec2 } else { *family };
        *together.entry(bucket).or_default() += number;
    }
    let seconds = |(family, number): (&Family, &f64)| {
        published(*family)
            .map_or(0.0, |(capacity, per_second)| (number - capacity * share).max(0.0) / (per_second * share))
    };
    together.iter().map(seconds).fold(0.0, f64::max)
}

/// US dollars for asking GetMetricData for so many series. A service or an idle endpoint takes one,
/// an endpoint with traffic four, and one more for each of several subnets.
pub fn metric_charge(series: f64) -> f64 {
    series * price(Operation::CloudWatchGetMetricData)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(operation: Operation, requests: i64, charge: f64) -> Coverage {
        Coverage {
            account_id: "111111111111".to_owned(),
            region: "us-east-1".to_owned(),
            operation: operation.name().to_owned(),
            outcome: Outcome::Ok,
            error_code: None,
            message: None,
            requests,
            rows: 0,
            charge,
        }
    }

    fn plan(accounts: usize, earlier: &[Coverage]) -> Plan {
        let accounts: Vec<String> =
            (0..accounts).map(|n| format!("{:012}", 111_111_111_111u64 + n as u64)).collect();
        let regions = ["us-east-1".to_owned(), "eu-west-1".to_owned()];
        Plan::new(&Basis {
            accounts: &accounts,
            regions: &regions,
            regions_are_configured: true,
            wanted: &Wanted::everything(),
            finished: &Finished::default(),
            earlier,
            rate_share: 0.5,
            max_concurrency: 64,
            asks_cost_explorer: false,
        })
    }

    #[test]
    fn where_nothing_is_known_two_calls_per_region_are_the_least() {
        let plan = plan(100, &[]);
        let calls =
            |operation| plan.calls.iter().find(|planned| planned.operation == operation).map(|p| p.calls);
        assert_eq!(plan.scopes, 200);
        assert_eq!(calls(Operation::Ec2DescribeVpcEndpoints), Some(200.0));
        assert_eq!(calls(Operation::OrganizationsListAccounts), Some(5.0));
        assert_eq!((plan.charge, plan.known_scopes), (0.0, 0));
    }

    #[test]
    fn an_earlier_snapshot_tells_what_a_region_took() {
        let earlier = [
            row(Operation::ElbDescribeTargetHealth, 220, 0.0),
            row(Operation::CloudWatchGetMetricData, 1, 0.002),
        ];
        let plan = plan(1, &earlier);
        assert_eq!((plan.known_scopes, plan.charge), (1, 0.002));
        // Of 220 calls a half-full bucket gives 20 at once, and the rest come at 5 a second.
        assert_eq!(plan.seconds, 40.0);
        assert!(plan.bound.contains("busiest"));
    }

    #[test]
    fn the_regions_of_an_account_share_what_a_global_service_allows() {
        let mut earlier = vec![row(Operation::Route53ListHostedZonesByVpc, 25, 0.0)];
        earlier.push(Coverage { region: "eu-west-1".to_owned(), ..earlier[0].clone() });
        // Half of a full bucket gives 25 at once, and the rest come at 5 a second.
        assert_eq!(plan(1, &earlier).seconds, 5.0);
    }

    #[test]
    fn a_region_that_the_earlier_snapshot_found_enabled_is_planned_for() {
        let earlier =
            [Coverage { region: "ap-east-1".to_owned(), ..row(Operation::Ec2DescribeVpcs, 3, 0.0) }];
        let accounts = ["111111111111".to_owned()];
        let regions = ["us-east-1".to_owned()];
        let mut basis = Basis {
            accounts: &accounts,
            regions: &regions,
            regions_are_configured: false,
            wanted: &Wanted::everything(),
            finished: &Finished::default(),
            earlier: &earlier,
            rate_share: 0.5,
            max_concurrency: 64,
            asks_cost_explorer: false,
        };
        let plan = Plan::new(&basis);
        assert_eq!((plan.regions, plan.scopes, plan.known_scopes), (vec!["ap-east-1".to_owned()], 1, 1));
        let account = "111111111111".to_owned();
        let finished = Finished {
            accounts: BTreeMap::from([(account.clone(), vec!["ap-east-1".to_owned()])]),
            regions: BTreeSet::from([(account, "ap-east-1".to_owned())]),
        };
        basis.finished = &finished;
        assert_eq!(Plan::new(&basis).scopes, 0);
        // What is not wanted is not planned for.
        let (none, only) = (Finished::default(), Wanted::of_tables(["vpc_endpoint"].into_iter()));
        (basis.finished, basis.wanted) = (&none, &only);
        let calls = Plan::new(&basis).calls;
        assert!(!calls.iter().any(|planned| planned.operation == Operation::Ec2DescribeVpcs), "{calls:?}");
    }
}
