//! The bill, endpoint by endpoint. What a line says of its endpoint is taken as it is; the rest is
//! shared out, and what no endpoint explains stays visible. Nothing is lost on the way: the parts add
//! up to the bill.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::billing::Billing;
use super::cost::{surely_billed, zones_billed};
use super::usage::is_endpoint_bytes;
use crate::bill::month_end;
use crate::price::{BYTES_PER_GIGABYTE, UsageType};
use crate::table::{
    Charge, ChargeCategory, CostBasis, Operation, Outcome, Tables, VpcEndpoint, VpcEndpointCharge,
};

/// The charges of an account and Region, by endpoint. `unit` is `None` where it was not crawled.
pub fn vpc_endpoint_charge(
    account: &str,
    region: &str,
    unit: Option<&Tables>,
    billing: &Billing,
) -> Vec<VpcEndpointCharge> {
    let usage: Vec<&Charge> = billing
        .charges(account, region)
        .iter()
        .filter(|charge| charge.charge_category == ChargeCategory::Usage && is_privatelink(charge))
        .collect();
    let endpoints: BTreeMap<&str, &VpcEndpoint> = unit
        .into_iter()
        .flat_map(|unit| &unit.vpc_endpoint)
        .map(|endpoint| (endpoint.vpc_endpoint_id.as_str(), endpoint))
        .collect();
    // A Region whose endpoints could not be listed was not crawled, as far as a bill is concerned.
    let seen = unit.is_some_and(|unit| {
        let operation = Operation::Ec2DescribeVpcEndpoints.name();
        unit.coverage.iter().any(|row| row.operation == operation && row.outcome == Outcome::Ok)
    });
    let mut rows = Vec::new();
    // What was billed for endpoints by name is not shared out to them once more.
    let mut named: BTreeSet<(&str, Date, &str)> = BTreeSet::new();
    for charge in &usage {
        let Some(id) = charge.vpc_endpoint_id.as_deref() else { continue };
        named.insert((&charge.usage_type, charge.billing_period_start, id));
        let crawled = endpoints.contains_key(id);
        let mut row = row(account, region, charge, billing, seen);
        row.vpc_endpoint_id = Some(id.to_owned());
        row.crawled = crawled;
        row.cost_basis = CostBasis::Billed;
        row.note = if crawled { "on the bill by name" } else { "on the bill by name, and not in the crawl" }
            .to_owned();
        rows.push(row);
    }
    for charge in usage.iter().filter(|charge| charge.vpc_endpoint_id.is_none()) {
        let rest = row(account, region, charge, billing, seen);
        match unit {
            None => rows.push(VpcEndpointCharge {
                note: "the account and Region were not crawled".to_owned(),
                ..rest
            }),
            Some(unit) => {
                let taking: Vec<&VpcEndpoint> = endpoints
                    .values()
                    .copied()
                    .filter(|endpoint| takes(endpoint, &charge.usage_type, unit))
                    .filter(|endpoint| {
                        let key = (
                            charge.usage_type.as_str(),
                            charge.billing_period_start,
                            endpoint.vpc_endpoint_id.as_str(),
                        );
                        !named.contains(&key)
                    })
                    .collect();
                rows.extend(share(charge, rest, &taking, unit, billing));
            }
        }
    }
    rows
}

fn is_privatelink(charge: &Charge) -> bool {
    UsageType::parse(&charge.usage_type).is_some_and(|usage| usage.is_privatelink())
}

/// A row for all of a charge, without an endpoint.
fn row(
    account: &str,
    region: &str,
    charge: &Charge,
    billing: &Billing,
    scope_crawled: bool,
) -> VpcEndpointCharge {
    VpcEndpointCharge {
        account_id: account.to_owned(),
        region: region.to_owned(),
        vpc_endpoint_id: None,
        usage_type: charge.usage_type.clone(),
        billing_period_start: charge.billing_period_start,
        consumed_quantity: charge.consumed_quantity,
        billed_cost: charge.billed_cost,
        effective_cost: charge.effective_cost,
        cost_basis: CostBasis::Allocated,
        crawled: false,
        last_date: charge.charge_period_end.yesterday().unwrap_or(charge.charge_period_end),
        bill_last_date: billing.last_date(account, charge.billing_period_start),
        scope_crawled,
        note: String::new(),
    }
}

/// Whether an endpoint's charges come under a usage type.
fn takes(endpoint: &VpcEndpoint, usage_type: &str, unit: &Tables) -> bool {
    let kind = match usage_type {
        "VpcEndpoint-Hours" | "VpcEndpoint-Bytes" => "Interface",
        "VpcEndpoint-GWLBE-Hours" | "VpcEndpoint-GWLBE-Bytes" => "GatewayLoadBalancer",
        "VpcEndpoint-Resource-Hours" | "VpcResource-Consumer-Bytes" => "Resource",
        "VpcLattice-Service-Network-Resource-Hours" => "ServiceNetwork",
        _ => return false,
    };
    endpoint.vpc_endpoint_type == kind && !super::cost::paid_elsewhere(endpoint, unit)
}

/// Shares a charge out: hours by zone-hours, bytes by CloudWatch's bytes, or by zone-hours too where
/// there are none.
///
/// The weights are quantities in the bill's own unit. Where they come to less than was billed, the
/// rest belongs to endpoints that are gone, and no endpoint that is left has to carry it.
fn share(
    charge: &Charge,
    rest: VpcEndpointCharge,
    taking: &[&VpcEndpoint],
    unit: &Tables,
    billing: &Billing,
) -> Vec<VpcEndpointCharge> {
    let month = charge.billing_period_start;
    let until = charge.charge_period_end;
    let hours = |endpoint: &VpcEndpoint| zone_hours(endpoint, unit, month, until);
    let is_bytes = charge.usage_type.ends_with("Bytes");
    let measured: BTreeMap<&str, f64> = if is_bytes { gigabytes(unit, month) } else { BTreeMap::new() };
    let by_bytes =
        |endpoint: &VpcEndpoint| measured.get(endpoint.vpc_endpoint_id.as_str()).copied().unwrap_or(0.0);
    // Daily metrics before the window are not there, so a month that begins earlier is shared out in
    // proportion and leaves no rest.
    let is_measured = is_bytes && taking.iter().any(|endpoint| by_bytes(endpoint) > 0.0);
    let is_whole = !is_bytes || billing.reaches_back(month);
    let (weights, how): (Vec<f64>, &str) = if is_measured {
        (taking.iter().map(|endpoint| by_bytes(endpoint)).collect(), "shared out by CloudWatch's bytes")
    } else {
        (
            taking.iter().map(|endpoint| hours(endpoint)).collect(),
            if is_bytes {
                "shared out by zone-hours, as no bytes were measured"
            } else {
                "shared out by zone-hours"
            },
        )
    };
    let total: f64 = weights.iter().sum();
    if total <= 0.0 {
        return vec![VpcEndpointCharge { note: nobody(unit).to_owned(), ..rest }];
    }
    let billed = charge.consumed_quantity.filter(|quantity| *quantity > 0.0);
    let comparable = (!is_bytes || is_measured) && is_whole;
    let whole = match billed {
        // A little more or less is rounding, and hours that were begun.
        Some(billed) if comparable && total < billed * (1.0 - TOLERANCE) => billed,
        _ => total,
    };
    let mut rows = Vec::new();
    let mut left = rest.clone();
    let last = weights.iter().rposition(|weight| *weight > 0.0);
    for (index, (endpoint, weight)) in taking.iter().zip(&weights).enumerate() {
        if *weight <= 0.0 {
            continue;
        }
        // The last one takes what is left, so that nothing is lost by rounding.
        let takes_all = Some(index) == last && whole == total;
        let part = |amount: f64, left: f64| if takes_all { left } else { amount * weight / whole };
        let row = VpcEndpointCharge {
            vpc_endpoint_id: Some(endpoint.vpc_endpoint_id.clone()),
            consumed_quantity: match (rest.consumed_quantity, left.consumed_quantity) {
                (Some(all), Some(left)) => Some(part(all, left)),
                _ => None,
            },
            billed_cost: part(rest.billed_cost, left.billed_cost),
            effective_cost: part(rest.effective_cost, left.effective_cost),
            crawled: true,
            note: how.to_owned(),
            ..rest.clone()
        };
        left.billed_cost -= row.billed_cost;
        left.effective_cost -= row.effective_cost;
        left.consumed_quantity = left
            .consumed_quantity
            .zip(row.consumed_quantity)
            .map(|(all, part)| all - part)
            .or(left.consumed_quantity);
        rows.push(row);
    }
    if whole > total {
        left.note =
            "more was billed than the endpoints of the crawl used: others were deleted since".to_owned();
        rows.push(left);
    }
    rows
}

/// The share by which a quantity may differ before it counts.
pub const TOLERANCE: f64 = 0.01;

fn nobody(unit: &Tables) -> &'static str {
    if unit.vpc_endpoint.is_empty() {
        "the crawl found no endpoint here: deleted since"
    } else {
        "no endpoint of the crawl comes under this usage type: deleted since"
    }
}

/// Hours for which an endpoint's zones were provisioned in the days from a month's first to `until`.
pub fn zone_hours(endpoint: &VpcEndpoint, unit: &Tables, month: Date, until: Date) -> f64 {
    let zones = zones_billed(endpoint, unit) as f64;
    let hours = f64::from((until.min(month_end(month)) - month).get_days()) * 24.0;
    let created = endpoint.creation_timestamp.map(|moment| moment.to_zoned(TimeZone::UTC).datetime());
    let missed = match created {
        Some(created) if created.date() >= month => {
            // The hour in which it was created is billed whole.
            f64::from((created.date() - month).get_days()) * 24.0 + f64::from(created.hour())
        }
        _ => 0.0,
    };
    if !surely_billed(&endpoint.state) && endpoint.network_interfaces == 0 {
        return 0.0;
    }
    zones * (hours - missed).max(0.0)
}

/// Gigabytes of each endpoint in a month, as CloudWatch has them.
pub fn gigabytes(unit: &Tables, month: Date) -> BTreeMap<&str, f64> {
    let mut sums: BTreeMap<&str, f64> = BTreeMap::new();
    let until = month_end(month);
    for day in &unit.metric_daily {
        if is_endpoint_bytes(&day.namespace, &day.metric_name) && day.date >= month && day.date < until {
            *sums.entry(&day.resource_id).or_insert(0.0) += day.value / BYTES_PER_GIGABYTE;
        }
    }
    sums
}
