//! What an endpoint costs: as it was billed where a bill tells, else at list price.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::CrawlFacts;
use crate::price::{
    self, BYTES_PER_GIGABYTE, DAYS_PER_MONTH, GATEWAY_LOAD_BALANCER_BYTES, GATEWAY_LOAD_BALANCER_HOURS,
    HOURS_PER_MONTH, INTERFACE_BYTES, INTERFACE_HOURS, PriceList, RESOURCE_BYTES, RESOURCE_HOURS,
};
use crate::table::{
    CostBasis, MADE_BY_A_SERVICE, Tables, VpcEndpoint, VpcEndpointCharge, VpcEndpointCost, VpcEndpointUsage,
};

/// What the price of an endpoint depends on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Priced {
    account_id: String,
    region: String,
    /// The endpoint.
    pub vpc_endpoint_id: String,
    vpc_endpoint_type: String,
    service_name: Option<String>,
    service_region: String,
    state: String,
    created: Option<Timestamp>,
    is_managed: bool,
    zones: i64,
    gigabytes: Option<f64>,
}

impl Priced {
    fn new(endpoint: &VpcEndpoint, unit: &Tables, gigabytes: Option<f64>) -> Priced {
        Priced {
            account_id: endpoint.account_id.clone(),
            region: endpoint.region.clone(),
            vpc_endpoint_id: endpoint.vpc_endpoint_id.clone(),
            vpc_endpoint_type: endpoint.vpc_endpoint_type.clone(),
            service_name: endpoint.service_name.clone(),
            service_region: endpoint.service_region.clone(),
            state: endpoint.state.clone(),
            created: endpoint.creation_timestamp,
            is_managed: is_managed(endpoint),
            zones: zones_billed(endpoint, unit),
            gigabytes,
        }
    }
}

/// The cost of every endpoint of an account and Region, from its zones and its usage, and of endpoints
/// elsewhere whose charges a service of the account has taken over.
pub fn vpc_endpoint_cost(unit: &Tables, facts: &CrawlFacts, prices: &PriceList) -> Vec<VpcEndpointCost> {
    let usage: BTreeMap<&str, &VpcEndpointUsage> =
        unit.vpc_endpoint_usage.iter().map(|usage| (usage.vpc_endpoint_id.as_str(), usage)).collect();
    let own = unit.vpc_endpoint.iter().map(|endpoint| {
        let gigabytes =
            usage.get(endpoint.vpc_endpoint_id.as_str()).and_then(|usage| monthly_gigabytes(usage));
        let priced = Priced::new(endpoint, unit, gigabytes);
        let estimate = cost(&priced, paid_elsewhere(endpoint, unit), facts, prices);
        billed(&priced, unit, facts, estimate)
    });
    own.chain(taken_over(unit, facts, prices)).collect()
}

/// The endpoints of an account and Region whose charges somebody else pays.
pub(super) fn paid_for(unit: &Tables, usage: &[VpcEndpointUsage]) -> Vec<Priced> {
    let others = unit.vpc_endpoint.iter().filter(|endpoint| paid_elsewhere(endpoint, unit));
    others
        .map(|endpoint| {
            let usage = usage.iter().find(|usage| usage.vpc_endpoint_id == endpoint.vpc_endpoint_id);
            Priced::new(endpoint, unit, usage.and_then(monthly_gigabytes))
        })
        .collect()
}

/// The cost of endpoints elsewhere in the crawl that are connected to a service here which pays for them
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcEndpointServicePayerResponsibility.html>).
fn taken_over(unit: &Tables, facts: &CrawlFacts, prices: &PriceList) -> Vec<VpcEndpointCost> {
    let mut rows = Vec::new();
    for service in &unit.vpc_endpoint_service {
        if service.payer_responsibility.as_deref() != Some("ServiceOwner") {
            continue;
        }
        for connection in
            unit.vpc_endpoint_connection.iter().filter(|one| one.service_id == service.service_id)
        {
            let Some(priced) = facts.paid_for.get(&connection.vpc_endpoint_id) else { continue };
            if (&priced.account_id, &priced.region) == (&service.account_id, &service.region) {
                continue;
            }
            let mut estimate = cost(priced, false, facts, prices);
            estimate.account_id = service.account_id.clone();
            estimate.region = service.region.clone();
            let whose = format!(
                "an endpoint of account {}, for which {} pays",
                priced.account_id, service.service_id
            );
            let row = billed(priced, unit, facts, estimate);
            rows.push(VpcEndpointCost { note: joined(&[&whose, &row.note]), ..row });
        }
    }
    rows
}

/// The cost of the latest whole month on the bill, instead of the estimate, where there is one.
fn billed(priced: &Priced, unit: &Tables, facts: &CrawlFacts, estimate: VpcEndpointCost) -> VpcEndpointCost {
    let Some(month) = facts.billing.month(&estimate.account_id) else {
        return estimate;
    };
    if priced.vpc_endpoint_type == "Gateway" {
        return estimate;
    }
    let name = month.strftime("%Y-%m");
    let created = priced.created.map(|moment| moment.to_zoned(TimeZone::UTC).date());
    if created.is_some_and(|created| created >= month) {
        // A month of which it was there for a part says too little.
        let young = format!("created in or after the last billed month {name}");
        return VpcEndpointCost { note: joined(&[&young, &estimate.note]), ..estimate };
    }
    let rows: Vec<&VpcEndpointCharge> = unit
        .vpc_endpoint_charge
        .iter()
        .filter(|row| row.billing_period_start == month)
        .filter(|row| row.vpc_endpoint_id.as_ref() == Some(&priced.vpc_endpoint_id))
        .collect();
    let of = |ending: &'static str| rows.iter().filter(move |row| row.usage_type.ends_with(ending));
    let cost = |ending| of(ending).map(|row| row.billed_cost).sum::<f64>() + 0.0;
    let quantity = |ending| of(ending).filter_map(|row| row.consumed_quantity).sum::<f64>() + 0.0;
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
    let hours = quantity("Hours");
    VpcEndpointCost {
        // The rate that was paid: a list price beside a billed cost would promise savings that nobody gets.
        hourly_rate: (hours > 0.0).then(|| cost("Hours") / hours),
        hours_cost: Some(cost("Hours")),
        bytes_cost: Some(cost("Bytes")),
        monthly_cost: Some(rows.iter().map(|row| row.billed_cost).sum::<f64>() + 0.0),
        monthly_gigabytes: Some(quantity("Bytes")),
        cost_basis: basis,
        note: text,
        ..estimate
    }
}

fn joined(notes: &[&str]) -> String {
    notes.iter().copied().filter(|note| !note.is_empty()).collect::<Vec<_>>().join("; ")
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
    // Where interfaces could not be looked up, each subnet is told without its interface, and each interface
    // without its subnet: these are the same zones.
    let (mut bare_subnets, mut bare_interfaces) = (0, 0);
    for row in placed.filter(|row| sure || row.network_interface_id.is_some()) {
        bare_subnets += i64::from(row.network_interface_id.is_none());
        match &row.availability_zone_id {
            Some(zone) => drop(zones.insert(zone.as_str())),
            None if row.subnet_id.is_none() => bare_interfaces += 1,
            // One zone holds at most one interface of an endpoint.
            None => unplaced += 1,
        }
    }
    zones.len() as i64 + unplaced + (bare_interfaces - bare_subnets).max(0)
}

/// Whether the pricing page says that hours are charged in this state
/// (<https://aws.amazon.com/privatelink/pricing/>: "irrespective of the state of its association").
pub(super) fn surely_billed(state: &str) -> bool {
    matches!(state, "available" | "pending" | "pendingAcceptance" | "rejected")
}

/// Tags by which services mark endpoints that they made in an account and manage, though AWS does not
/// name them requester-managed
/// (<https://docs.aws.amazon.com/guardduty/latest/ug/runtime-monitoring-agent-resource-clean-up.html>,
/// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/ElastiCacheServiceRolePolicy.html>,
/// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSNetworkFirewallServiceRolePolicy.html>).
const MANAGED_TAGS: &[&str] = &["GuardDutyManaged", "AmazonElastiCacheManaged", "AWSNetworkFirewallManaged"];

/// Whether an AWS service made an endpoint and manages it.
pub(super) fn is_managed(endpoint: &VpcEndpoint) -> bool {
    let tags: BTreeMap<String, serde_json::Value> = serde_json::from_str(&endpoint.tags).unwrap_or_default();
    endpoint.requester_managed
        || MANAGED_TAGS.iter().any(|tag| tags.get(*tag).is_some_and(|value| value != "false"))
}

/// Whether somebody else pays an endpoint's charges.
pub(super) fn paid_elsewhere(endpoint: &VpcEndpoint, unit: &Tables) -> bool {
    // Whoever offers the service to himself pays for both sides.
    let is_own = unit
        .vpc_endpoint_service
        .iter()
        .any(|service| Some(&service.service_name) == endpoint.service_name.as_ref());
    !is_own && (endpoint.payer_responsibility.is_some() || paid_by_provider(endpoint, unit))
}

/// Whether the service's provider has taken over the charges of the endpoints that lead to it.
fn paid_by_provider(endpoint: &VpcEndpoint, unit: &Tables) -> bool {
    unit.service_detail.iter().any(|service| {
        Some(&service.service_name) == endpoint.service_name.as_ref()
            && service.payer_responsibility.as_deref() == Some("ServiceOwner")
    })
}

/// Why nobody pays for an endpoint of a free service; `None` if somebody does.
pub(super) fn free_of_charge(vpc_endpoint_type: &str, service_name: Option<&str>) -> Option<String> {
    match (vpc_endpoint_type, service_name.and_then(price::free_service)) {
        ("Gateway", _) => Some("gateway endpoints are free".to_owned()),
        ("Interface", Some(source)) => Some(format!("endpoints of this service are free ({source})")),
        _ => None,
    }
}

fn usage_types(vpc_endpoint_type: &str) -> Option<(&'static str, &'static str)> {
    match vpc_endpoint_type {
        "Interface" => Some((INTERFACE_HOURS, INTERFACE_BYTES)),
        "GatewayLoadBalancer" => Some((GATEWAY_LOAD_BALANCER_HOURS, GATEWAY_LOAD_BALANCER_BYTES)),
        "Resource" => Some((RESOURCE_HOURS, RESOURCE_BYTES)),
        _ => None,
    }
}

/// The estimate at list price.
fn cost(priced: &Priced, paid_elsewhere: bool, facts: &CrawlFacts, prices: &PriceList) -> VpcEndpointCost {
    let row = VpcEndpointCost {
        account_id: priced.account_id.clone(),
        region: priced.region.clone(),
        vpc_endpoint_id: priced.vpc_endpoint_id.clone(),
        zones_billed: priced.zones,
        hourly_rate: None,
        hours_cost: None,
        monthly_gigabytes: priced.gigabytes,
        bytes_cost: None,
        monthly_cost: None,
        cost_basis: CostBasis::UnknownRate,
        note: String::new(),
    };
    let free = free_of_charge(&priced.vpc_endpoint_type, priced.service_name.as_deref())
        .or_else(|| paid_elsewhere.then(|| "the other side pays its charges".to_owned()));
    if let Some(note) = free {
        return VpcEndpointCost {
            hourly_rate: Some(0.0),
            hours_cost: Some(0.0),
            bytes_cost: Some(0.0),
            monthly_cost: Some(0.0),
            cost_basis: CostBasis::ListPrice,
            note,
            ..row
        };
    }
    if priced.vpc_endpoint_type == "ServiceNetwork" {
        // "VPC associations and Service Network Endpoints at no additional cost"
        // (<https://aws.amazon.com/vpc/lattice/pricing/>).
        let note =
            "service network endpoints are free by the hour; VPC Lattice bills what is behind them apart";
        return VpcEndpointCost {
            hourly_rate: Some(0.0),
            hours_cost: Some(0.0),
            monthly_cost: Some(0.0),
            cost_basis: CostBasis::ListPrice,
            note: note.to_owned(),
            ..row
        };
    }
    let Some((hours_type, bytes_type)) = usage_types(&priced.vpc_endpoint_type) else {
        let note =
            format!("how endpoints of type {} are charged is not established", priced.vpc_endpoint_type);
        return VpcEndpointCost { note, ..row };
    };
    let rate = prices.rate(&priced.region, hours_type);
    if priced.is_managed {
        // "Some AWS services may optionally include the cost of interface VPC endpoints [...] in the cost of
        // their service, and you may not see these costs directly identified in your bill"
        // (<https://aws.amazon.com/privatelink/pricing/>).
        let at_list = rate.map_or_else(String::new, |rate| {
            format!(
                "; at list price its hours would be ${:.2} a month",
                priced.zones as f64 * rate * HOURS_PER_MONTH
            )
        });
        let note = format!("{MADE_BY_A_SERVICE}, which may pay for it: only a bill can tell{at_list}");
        return VpcEndpointCost { note, ..row };
    }
    let Some(rate) = rate else {
        return VpcEndpointCost { note: format!("no list price is known for {}", priced.region), ..row };
    };
    let hours = priced.zones as f64 * rate * HOURS_PER_MONTH;
    let bytes = priced
        .gigabytes
        .and_then(|gigabytes| bytes_cost(&priced.region, bytes_type, gigabytes, facts, prices));
    let priced_row = VpcEndpointCost {
        hourly_rate: Some(rate),
        hours_cost: Some(hours),
        bytes_cost: bytes,
        monthly_cost: Some(hours + bytes.unwrap_or(0.0)),
        cost_basis: CostBasis::ListPrice,
        ..row
    };
    VpcEndpointCost { note: note(priced, &priced_row), ..priced_row }
}

/// Tiers pool over all interface endpoints of a Region, so an endpoint pays its share of the whole.
fn bytes_cost(
    region: &str,
    usage_type: &str,
    gigabytes: f64,
    facts: &CrawlFacts,
    prices: &PriceList,
) -> Option<f64> {
    let pooled = match usage_type {
        INTERFACE_BYTES => facts.interface_gigabytes.get(region).copied().unwrap_or(0.0).max(gigabytes),
        _ => gigabytes,
    };
    let whole = prices.cost(region, usage_type, pooled)?;
    Some(if pooled > 0.0 { whole * gigabytes / pooled } else { 0.0 })
}

fn note(priced: &Priced, row: &VpcEndpointCost) -> String {
    let mut notes = Vec::new();
    match (row.monthly_gigabytes, row.bytes_cost) {
        (None, _) => notes.push("hours only: its traffic could not be measured".to_owned()),
        (Some(_), None) => {
            notes.push(format!("hours only: no price per gigabyte is known for {}", priced.region))
        }
        (Some(_), Some(_)) => {}
    }
    if !surely_billed(&priced.state) {
        notes.push(format!("whether the state {} is charged is not established", priced.state));
    }
    if priced.service_region != priced.region {
        notes.push("without the transfer between Regions".to_owned());
    }
    notes.join("; ")
}
