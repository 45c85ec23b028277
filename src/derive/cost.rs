//! What an endpoint costs: as it was billed where a bill tells, else at list price.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;

use super::CrawlFacts;
use crate::price::{
    BYTES_PER_GIGABYTE, DAYS_PER_MONTH, GATEWAY_LOAD_BALANCER_BYTES, GATEWAY_LOAD_BALANCER_HOURS,
    HOURS_PER_MONTH, INTERFACE_BYTES, INTERFACE_HOURS, PriceList,
};
use crate::table::{CostBasis, Tables, VpcEndpoint, VpcEndpointCharge, VpcEndpointCost, VpcEndpointUsage};

/// The cost of every endpoint of an account and Region, from its zones and its usage.
pub fn vpc_endpoint_cost(unit: &Tables, facts: &CrawlFacts, prices: &PriceList) -> Vec<VpcEndpointCost> {
    let usage: BTreeMap<&str, &VpcEndpointUsage> =
        unit.vpc_endpoint_usage.iter().map(|usage| (usage.vpc_endpoint_id.as_str(), usage)).collect();
    unit.vpc_endpoint
        .iter()
        .map(|endpoint| {
            let gigabytes =
                usage.get(endpoint.vpc_endpoint_id.as_str()).and_then(|usage| monthly_gigabytes(usage));
            let paid_elsewhere = paid_elsewhere(endpoint, unit);
            let zones = zones_billed(endpoint, unit);
            let estimate = cost(endpoint, zones, gigabytes, paid_elsewhere, facts, prices);
            billed(endpoint, unit, facts, estimate)
        })
        .collect()
}

/// The cost of the latest whole month on the bill, instead of the estimate, where there is one.
fn billed(
    endpoint: &VpcEndpoint,
    unit: &Tables,
    facts: &CrawlFacts,
    estimate: VpcEndpointCost,
) -> VpcEndpointCost {
    let Some(month) = facts.billing.month(&endpoint.account_id) else {
        return estimate;
    };
    if endpoint.vpc_endpoint_type == "Gateway" {
        return estimate;
    }
    let name = month.strftime("%Y-%m");
    let note = |text: String| match estimate.note.as_str() {
        "" => text,
        other => format!("{text}; {other}"),
    };
    let created = endpoint.creation_timestamp.map(|moment| moment.to_zoned(TimeZone::UTC).date());
    if created.is_some_and(|created| created >= month) {
        // A month of which it was there for a part says too little.
        return VpcEndpointCost {
            note: note(format!("created in or after the last billed month {name}")),
            ..estimate
        };
    }
    let rows: Vec<&VpcEndpointCharge> = unit
        .vpc_endpoint_charge
        .iter()
        .filter(|row| row.billing_period_start == month)
        .filter(|row| row.vpc_endpoint_id.as_ref() == Some(&endpoint.vpc_endpoint_id))
        .collect();
    let sum = |ending: &str| {
        let wanted = rows.iter().filter(|row| row.usage_type.ends_with(ending));
        wanted.map(|row| row.billed_cost).sum::<f64>()
    };
    let named_here = unit
        .vpc_endpoint_charge
        .iter()
        .any(|row| row.billing_period_start == month && row.crawled && row.cost_basis == CostBasis::Billed);
    let (basis, text) = if rows.is_empty() {
        // A bill that names the endpoints beside it, and not this one, has charged nothing for it.
        if !named_here || estimate.zones_billed == 0 {
            return estimate;
        }
        (
            CostBasis::Billed,
            format!("not on the bill of {name}: its hours are charged to nobody, or elsewhere"),
        )
    } else if rows.iter().any(|row| row.cost_basis == CostBasis::Allocated) {
        (CostBasis::Allocated, format!("its share of the bill of {name}"))
    } else {
        (CostBasis::Billed, format!("as billed in {name}"))
    };
    let gigabytes: f64 = rows
        .iter()
        .filter(|row| row.usage_type.ends_with("Bytes"))
        .filter_map(|row| row.consumed_quantity)
        .sum();
    VpcEndpointCost {
        hours_cost: Some(sum("Hours")),
        bytes_cost: Some(sum("Bytes")),
        monthly_cost: Some(rows.iter().map(|row| row.billed_cost).sum()),
        monthly_gigabytes: Some(gigabytes),
        cost_basis: basis,
        note: text,
        ..estimate
    }
}

/// Gigabytes per month at the pace of the window; `None` where the traffic could not be measured.
pub fn monthly_gigabytes(usage: &VpcEndpointUsage) -> Option<f64> {
    let bytes = usage.bytes_processed?;
    Some(bytes / BYTES_PER_GIGABYTE / usage.observed_days.max(1) as f64 * DAYS_PER_MONTH)
}

/// Zones for which AWS charges hours: each zone in which the endpoint is provisioned, whatever
/// its state of acceptance. In states of which AWS's pricing page does not speak, only interfaces
/// that exist are counted.
pub(super) fn zones_billed(endpoint: &VpcEndpoint, unit: &Tables) -> i64 {
    let placed =
        unit.vpc_endpoint_subnet.iter().filter(|row| row.vpc_endpoint_id == endpoint.vpc_endpoint_id);
    let sure = surely_billed(&endpoint.state);
    let mut zones = BTreeSet::new();
    let mut unplaced = 0;
    for row in placed.filter(|row| sure || row.network_interface_id.is_some()) {
        match &row.availability_zone_id {
            Some(zone) => drop(zones.insert(zone.as_str())),
            // One zone holds at most one interface of an endpoint.
            None => unplaced += 1,
        }
    }
    zones.len() as i64 + unplaced
}

/// Whether the pricing page says that hours are charged in this state
/// (<https://aws.amazon.com/privatelink/pricing/>: "irrespective of the state of its association").
pub(super) fn surely_billed(state: &str) -> bool {
    matches!(state, "available" | "pending" | "pendingAcceptance" | "rejected")
}

/// Whether somebody else pays an endpoint's charges.
pub(super) fn paid_elsewhere(endpoint: &VpcEndpoint, unit: &Tables) -> bool {
    endpoint.payer_responsibility.is_some() || paid_by_provider(endpoint, unit)
}

/// Whether the service's provider has taken over the charges of the endpoints that lead to it.
fn paid_by_provider(endpoint: &VpcEndpoint, unit: &Tables) -> bool {
    unit.service_detail.iter().any(|service| {
        Some(&service.service_name) == endpoint.service_name.as_ref()
            && service.payer_responsibility.as_deref() == Some("ServiceOwner")
    })
}

fn usage_types(endpoint: &VpcEndpoint) -> Option<(&'static str, &'static str)> {
    match endpoint.vpc_endpoint_type.as_str() {
        "Interface" => Some((INTERFACE_HOURS, INTERFACE_BYTES)),
        "GatewayLoadBalancer" => Some((GATEWAY_LOAD_BALANCER_HOURS, GATEWAY_LOAD_BALANCER_BYTES)),
        _ => None,
    }
}

fn cost(
    endpoint: &VpcEndpoint,
    zones: i64,
    gigabytes: Option<f64>,
    paid_elsewhere: bool,
    facts: &CrawlFacts,
    prices: &PriceList,
) -> VpcEndpointCost {
    let mut row = VpcEndpointCost {
        account_id: endpoint.account_id.clone(),
        region: endpoint.region.clone(),
        vpc_endpoint_id: endpoint.vpc_endpoint_id.clone(),
        zones_billed: zones,
        hourly_rate: None,
        hours_cost: None,
        monthly_gigabytes: gigabytes,
        bytes_cost: None,
        monthly_cost: None,
        cost_basis: CostBasis::UnknownRate,
        note: String::new(),
    };
    let free = if endpoint.vpc_endpoint_type == "Gateway" {
        Some("gateway endpoints are free")
    } else if paid_elsewhere {
        Some("the other side pays its charges")
    } else {
        None
    };
    if let Some(note) = free {
        row.hourly_rate = Some(0.0);
        row.hours_cost = Some(0.0);
        row.bytes_cost = Some(0.0);
        row.monthly_cost = Some(0.0);
        row.cost_basis = CostBasis::ListPrice;
        row.note = note.to_owned();
        return row;
    }
    let Some((hours_type, bytes_type)) = usage_types(endpoint) else {
        row.note =
            format!("how endpoints of type {} are charged is not established", endpoint.vpc_endpoint_type);
        return row;
    };
    let Some(rate) = prices.rate(&endpoint.region, hours_type) else {
        row.note = format!("no list price is known for {}", endpoint.region);
        return row;
    };
    let hours = zones as f64 * rate * HOURS_PER_MONTH;
    row.hourly_rate = Some(rate);
    row.hours_cost = Some(hours);
    row.bytes_cost =
        gigabytes.and_then(|gigabytes| bytes_cost(endpoint, bytes_type, gigabytes, facts, prices));
    row.monthly_cost = Some(hours + row.bytes_cost.unwrap_or(0.0));
    row.cost_basis = CostBasis::ListPrice;
    row.note = note(endpoint, &row);
    row
}

/// Tiers pool over all interface endpoints of a Region, so an endpoint pays its share of the whole.
fn bytes_cost(
    endpoint: &VpcEndpoint,
    usage_type: &str,
    gigabytes: f64,
    facts: &CrawlFacts,
    prices: &PriceList,
) -> Option<f64> {
    let pooled = match usage_type {
        INTERFACE_BYTES => {
            facts.interface_gigabytes.get(&endpoint.region).copied().unwrap_or(0.0).max(gigabytes)
        }
        _ => gigabytes,
    };
    let whole = prices.cost(&endpoint.region, usage_type, pooled)?;
    Some(if pooled > 0.0 { whole * gigabytes / pooled } else { 0.0 })
}

fn note(endpoint: &VpcEndpoint, row: &VpcEndpointCost) -> String {
    let mut notes = Vec::new();
    match (row.monthly_gigabytes, row.bytes_cost) {
        (None, _) => notes.push("hours only: its traffic could not be measured".to_owned()),
        (Some(_), None) => {
            notes.push(format!("hours only: no price per gigabyte is known for {}", endpoint.region))
        }
        (Some(_), Some(_)) => {}
    }
    if !surely_billed(&endpoint.state) {
        notes.push(format!("whether the state {} is charged is not established", endpoint.state));
    }
    if endpoint.requester_managed {
        notes.push("made by an AWS service, which may pay for it".to_owned());
    }
    if endpoint.service_region != endpoint.region {
        notes.push("without the transfer between Regions".to_owned());
    }
    notes.join("; ")
}
