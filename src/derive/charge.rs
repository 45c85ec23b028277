//! The bill, endpoint by endpoint. What a line says of its endpoint is taken as it is; the rest is
//! shared out, and what no endpoint explains stays visible. Nothing is lost on the way: the parts add
//! up to the bill.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::billing::{Billing, is_discount};
use super::cost::{free_of_charge, is_managed, paid_elsewhere, surely_billed, zones_billed};
use super::unexplained::{causes, unlisted};
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
    let usage = usage(billing.charges(account, region));
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
        let is_here = endpoints.contains_key(id);
        // The account of a service that pays is billed for endpoints of other accounts
        // (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcEndpointServicePayerResponsibility.html>).
        let elsewhere = billing.owner(id).filter(|_| !is_here);
        let mut row = row(account, region, charge, billing, seen);
        row.vpc_endpoint_id = Some(id.to_owned());
        row.crawled = is_here || elsewhere.is_some();
        row.cost_basis = CostBasis::Billed;
        row.note = match (is_here, elsewhere) {
            (true, _) => "on the bill by name".to_owned(),
            (false, Some(owner)) => format!("on the bill by name: an endpoint of account {owner}"),
            (false, None) => "on the bill by name, and not in the crawl".to_owned(),
        };
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
                // What AWS services made is mostly on the services' own bill: it takes a share only of
                // what the account's own endpoints cannot have used.
                let own: Vec<&VpcEndpoint> =
                    taking.iter().copied().filter(|endpoint| !is_managed(endpoint)).collect();
                let explained = share(charge, rest.clone(), &own, unit, billing);
                let is_explained = explained.iter().all(|row| row.vpc_endpoint_id.is_some());
                rows.extend(match is_explained || own.len() == taking.len() {
                    true => explained,
                    false => share(charge, rest, &taking, unit, billing),
                });
            }
        }
    }
    rows
}

/// What was billed for usage, each charge with the discounts that stand beside it as lines of their own.
fn usage(charges: &[Charge]) -> Vec<Charge> {
    let key = |charge: &Charge| {
        (charge.usage_type.clone(), charge.billing_period_start, charge.vpc_endpoint_id.clone())
    };
    let mut usage: Vec<Charge> = charges
        .iter()
        .filter(|charge| charge.charge_category == ChargeCategory::Usage && is_privatelink(charge))
        .cloned()
        .collect();
    let places: BTreeMap<_, usize> =
        usage.iter().enumerate().rev().map(|(index, charge)| (key(charge), index)).collect();
    for discount in charges.iter().filter(|charge| is_discount(charge) && is_privatelink(charge)) {
        match places.get(&key(discount)).and_then(|index| usage.get_mut(*index)) {
            Some(charge) => {
                charge.billed_cost += discount.billed_cost;
                charge.effective_cost += discount.effective_cost;
            }
            None if discount.billed_cost != 0.0 => usage.push(discount.clone()),
            None => {}
        }
    }
    usage
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
    endpoint.vpc_endpoint_type == kind
        && free_of_charge(&endpoint.vpc_endpoint_type, endpoint.service_name.as_deref()).is_none()
        && !paid_elsewhere(endpoint, unit)
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
    let measured: BTreeMap<&str, f64> =
        if is_bytes { gigabytes(unit, month, until) } else { BTreeMap::new() };
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
        return vec![VpcEndpointCharge { note: nobody(unit, &charge.usage_type), ..rest }];
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
        let kind = taking.first().map(|endpoint| endpoint.vpc_endpoint_type.as_str());
        left.note = match causes(unit, kind, &charge.usage_type).join("; ") {
            known if !known.is_empty() => {
                format!("more was billed than the endpoints of the crawl used: {known}")
            }
            _ => {
                "more was billed than the endpoints of the crawl used: others were deleted since, or not seen"
                    .to_owned()
            }
        };
        rows.push(left);
    }
    rows
}

/// The share by which a quantity may differ before it counts.
pub const TOLERANCE: f64 = 0.01;

fn nobody(unit: &Tables, usage_type: &str) -> String {
    if let Some(reason) = unlisted(unit) {
        return reason;
    }
    let what = match unit.vpc_endpoint.is_empty() {
        true => "the crawl found no endpoint here",
        false => "no endpoint of the crawl comes under this usage type",
    };
    match causes(unit, None, usage_type).join("; ") {
        known if !known.is_empty() => format!("{what}: {known}"),
        _ => format!("{what}: deleted since, or not seen"),
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

/// Gigabytes of each endpoint in the days from a month's first to `until`, as CloudWatch has them.
pub fn gigabytes(unit: &Tables, month: Date, until: Date) -> BTreeMap<&str, f64> {
    let mut sums: BTreeMap<&str, f64> = BTreeMap::new();
    let until = until.min(month_end(month));
    for day in &unit.metric_daily {
        if is_endpoint_bytes(&day.namespace, &day.metric_name) && day.date >= month && day.date < until {
            *sums.entry(&day.resource_id).or_insert(0.0) += day.value / BYTES_PER_GIGABYTE;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::bill::{Bills, Key, Sums, from_totals};
    use crate::derive::{BYTES_PROCESSED, ENDPOINT_NAMESPACE};
    use crate::table::{ChargeSource, Coverage, MetricDaily, VpcEndpointSubnet};

    const ACCOUNT: &str = "111111111111";
    const REGION: &str = "us-east-1";

    fn endpoint(index: usize, created: i64) -> VpcEndpoint {
        VpcEndpoint {
            account_id: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            vpc_endpoint_id: format!("vpce-{index}"),
            vpc_endpoint_type: "Interface".to_owned(),
            vpc_id: "vpc-1".to_owned(),
            service_name: Some("com.amazonaws.us-east-1.sqs".to_owned()),
            service_region: REGION.to_owned(),
            state: "available".to_owned(),
            owner_id: ACCOUNT.to_owned(),
            requester_managed: false,
            private_dns_enabled: true,
            private_dns_only_for_inbound_resolver_endpoint: None,
            ip_address_type: None,
            policy_document: None,
            policy_digest: None,
            creation_timestamp: jiff::Timestamp::from_second(1_788_220_800 + created * 3600).ok(),
            age_days: Some(10),
            network_interfaces: 1,
            payer_responsibility: None,
            service_network_arn: None,
            resource_configuration_arn: None,
            last_error_code: None,
            last_error_message: None,
            tags: "{}".to_owned(),
        }
    }

    fn unit(endpoints: &[(usize, i64, f64)]) -> Tables {
        let mut unit = Tables::default();
        unit.coverage.push(Coverage {
            account_id: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            operation: Operation::Ec2DescribeVpcEndpoints.name().to_owned(),
            outcome: Outcome::Ok,
            error_code: None,
            message: None,
            requests: 1,
            rows: 1,
            charge: 0.0,
        });
        for (index, (zones, created, bytes)) in endpoints.iter().enumerate() {
            let row = endpoint(index, *created);
            for zone in 0..*zones {
                unit.vpc_endpoint_subnet.push(VpcEndpointSubnet {
                    account_id: ACCOUNT.to_owned(),
                    region: REGION.to_owned(),
                    vpc_endpoint_id: row.vpc_endpoint_id.clone(),
                    subnet_id: Some(format!("subnet-{index}-{zone}")),
                    availability_zone_id: Some(format!("use1-az{zone}")),
                    network_interface_id: Some(format!("eni-{index}-{zone}")),
                });
            }
            unit.metric_daily.push(MetricDaily {
                account_id: ACCOUNT.into(),
                region: REGION.into(),
                resource_id: row.vpc_endpoint_id.as_str().into(),
                namespace: ENDPOINT_NAMESPACE.into(),
                metric_name: BYTES_PROCESSED.into(),
                statistic: "Sum".into(),
                date: date(2026, 9, 20),
                value: *bytes,
            });
            unit.vpc_endpoint.push(row);
        }
        unit
    }

    fn billing(lines: &[(&'static str, Option<usize>, f64, f64)]) -> Billing {
        let items = lines.iter().map(|(usage_type, named, quantity, cost)| {
            let key = Key {
                account: ACCOUNT.to_owned(),
                month: date(2026, 9, 1),
                payer: None,
                resource: named.map(|index| format!("vpce-{index}")),
                usage_type: (*usage_type).to_owned(),
                operation: None,
                region: None,
                kind: "Usage".to_owned(),
                unit: None,
                sku: None,
                sku_price: None,
            };
            let days = (Some(date(2026, 9, 1)), Some(date(2026, 9, 30)));
            let sums =
                Sums { quantity: *quantity, billed: *cost, first: days.0, last: days.1, ..Sums::default() };
            (key, sums)
        });
        let bills: Bills = from_totals(items.collect(), ChargeSource::Cur, "test");
        Billing::new(&bills, (date(2026, 9, 1), date(2026, 11, 22)))
    }

    fn cost(rows: &[VpcEndpointCharge], id: Option<&str>) -> f64 {
        rows.iter().filter(|row| row.vpc_endpoint_id.as_deref() == id).map(|row| row.billed_cost).sum()
    }

    #[test]
    fn hours_are_shared_out_by_zone_hours_and_bytes_by_bytes() {
        let unit = unit(&[(1, -9000, 1e9), (3, -9000, 3e9)]);
        let gigabytes = 4e9 / BYTES_PER_GIGABYTE;
        let billing = billing(&[
            ("VpcEndpoint-Hours", None, 2880.0, 28.80),
            ("VpcEndpoint-Bytes", None, gigabytes, 0.40),
        ]);
        let rows = vpc_endpoint_charge(ACCOUNT, REGION, Some(&unit), &billing);
        assert!((cost(&rows, Some("vpce-0")) - 7.30).abs() < 1e-9, "{rows:#?}");
        assert!((cost(&rows, Some("vpce-1")) - 21.90).abs() < 1e-9, "{rows:#?}");
        assert!(rows.iter().all(|row| row.cost_basis == CostBasis::Allocated));
    }

    #[test]
    fn what_is_left_of_a_deleted_endpoint_burdens_nobody() {
        let unit = unit(&[(1, -9000, 0.0)]);
        let rows = vpc_endpoint_charge(
            ACCOUNT,
            REGION,
            Some(&unit),
            &billing(&[("VpcEndpoint-Hours", None, 1000.0, 10.0)]),
        );
        assert!((cost(&rows, Some("vpce-0")) - 7.20).abs() < 1e-9, "{rows:#?}");
        assert!((cost(&rows, None) - 2.80).abs() < 1e-9, "{rows:#?}");
    }

    #[test]
    fn what_the_service_owner_pays_is_not_shared_out_to_the_consumer() {
        let mut unit = unit(&[(1, -9000, 0.0), (1, -9000, 0.0)]);
        unit.vpc_endpoint[1].payer_responsibility = Some("vpc-endpoint-service-account".to_owned());
        let rows = vpc_endpoint_charge(
            ACCOUNT,
            REGION,
            Some(&unit),
            &billing(&[("VpcEndpoint-Hours", None, 720.0, 7.2)]),
        );
        assert_eq!((cost(&rows, Some("vpce-0")), cost(&rows, Some("vpce-1"))), (7.2, 0.0));
    }

    #[test]
    fn an_endpoint_that_is_named_takes_no_share_besides() {
        let unit = unit(&[(1, -9000, 0.0), (1, -9000, 0.0)]);
        let billing =
            billing(&[("VpcEndpoint-Hours", Some(0), 720.0, 7.2), ("VpcEndpoint-Hours", None, 720.0, 7.2)]);
        let rows = vpc_endpoint_charge(ACCOUNT, REGION, Some(&unit), &billing);
        assert_eq!((cost(&rows, Some("vpce-0")), cost(&rows, Some("vpce-1"))), (7.2, 7.2));
    }

    proptest! {
        #[test]
        fn the_parts_add_up_to_the_bill(
            endpoints in prop::collection::vec((0usize..4, -3000i64..800, 0.0..1e12f64), 0..8),
            lines in prop::collection::vec(
                (prop::sample::select(vec!["VpcEndpoint-Hours", "VpcEndpoint-Bytes", "EU-VpcEndpoint-Hours"]),
                 prop::option::of(0usize..9), 0.0..1e6f64, 0.0..1e5f64), 0..12),
        ) {
            let unit = unit(&endpoints);
            let billing = billing(&lines);
            for region in ["us-east-1", "eu-west-1"] {
                let crawled = (region == REGION).then_some(&unit);
                let rows = vpc_endpoint_charge(ACCOUNT, region, crawled, &billing);
                for usage_type in ["VpcEndpoint-Hours", "VpcEndpoint-Bytes"] {
                    let charges = || billing.charges(ACCOUNT, region).iter().filter(|charge| charge.usage_type == usage_type);
                    let parts = || rows.iter().filter(|row| row.usage_type == usage_type);
                    let billed: f64 = charges().map(|charge| charge.billed_cost).sum();
                    let shared: f64 = parts().map(|row| row.billed_cost).sum();
                    prop_assert!((billed - shared).abs() < 0.005, "{billed} {shared}");
                    let quantity: f64 = charges().filter_map(|charge| charge.consumed_quantity).sum();
                    let used: f64 = parts().filter_map(|row| row.consumed_quantity).sum();
                    prop_assert!((quantity - used).abs() <= 1e-6 * quantity.max(1.0), "{quantity} {used}");
                    prop_assert!(parts().all(|row| row.billed_cost >= -1e-6));
                }
            }
        }
    }
}
