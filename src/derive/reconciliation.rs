//! The bill beside what the crawl explains.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::billing::{Billing, is_discount};
use super::charge::{TOLERANCE, gigabytes, zone_hours};
use super::cost::{free_of_charge, paid_elsewhere};
use super::unexplained::{causes, count, unlisted};
use super::usage::publishes;
use crate::price::{
    GATEWAY_LOAD_BALANCER_BYTES, GATEWAY_LOAD_BALANCER_HOURS, INTERFACE_BYTES, INTERFACE_HOURS, PriceList,
    RESOURCE_BYTES, RESOURCE_HOURS, UsageType,
};
use crate::table::{BillReconciliation, Charge, ChargeCategory, Tables, VpcEndpointCharge};

/// What is left when nothing that the crawl saw explains the rest.
const GONE: &str = "endpoints deleted since, or not seen by the crawl";

/// A cent: less is not worth a word.
const CENT: f64 = 0.01;

/// The rows of an account and Region. `unit` is `None` where it was not crawled.
pub fn bill_reconciliation(
    account: &str,
    region: &str,
    unit: Option<&Tables>,
    attributed: &[VpcEndpointCharge],
    billing: &Billing,
    prices: &PriceList,
) -> Vec<BillReconciliation> {
    let mut groups: BTreeMap<(Date, &str), Vec<&Charge>> = BTreeMap::new();
    for charge in billing.charges(account, region) {
        if UsageType::parse(&charge.usage_type).is_some_and(|usage| usage.is_privatelink()) {
            groups.entry((charge.billing_period_start, &charge.usage_type)).or_default().push(charge);
        }
    }
    groups
        .into_iter()
        .map(|((month, usage_type), charges)| {
            let parts: Vec<&VpcEndpointCharge> = attributed
                .iter()
                .filter(|row| row.billing_period_start == month && row.usage_type == usage_type)
                .collect();
            let reaches_back = billing.reaches_back(month);
            let group = Group { region, month, usage_type, charges: &charges, parts: &parts, reaches_back };
            group.reconcile(account, unit, prices)
        })
        .collect()
}

/// What is billed under one usage type in one month.
struct Group<'a> {
    region: &'a str,
    month: Date,
    usage_type: &'a str,
    charges: &'a [&'a Charge],
    parts: &'a [&'a VpcEndpointCharge],
    /// Whether daily metrics reach back to the beginning of the month.
    reaches_back: bool,
}

impl Group<'_> {
    fn reconcile(&self, account: &str, unit: Option<&Tables>, prices: &PriceList) -> BillReconciliation {
        let usage = || self.charges.iter().filter(|charge| charge.charge_category == ChargeCategory::Usage);
        let sum = |wanted: &dyn Fn(&Charge) -> bool| {
            let wanted = self.charges.iter().filter(|charge| wanted(charge));
            // An empty sum of floats is a negative zero.
            wanted.map(|charge| charge.billed_cost).sum::<f64>() + 0.0
        };
        let is_usage = |charge: &Charge| charge.charge_category == ChargeCategory::Usage;
        let billed_cost = sum(&|charge| is_usage(charge) || is_discount(charge));
        let quantities: Vec<f64> = usage().filter_map(|charge| charge.consumed_quantity).collect();
        let billed_quantity = (!quantities.is_empty()).then(|| quantities.iter().sum());
        let until = usage().map(|charge| charge.charge_period_end).max();
        let modelled_quantity = unit.zip(until).and_then(|(unit, until)| self.modelled(unit, until));
        let modelled_cost =
            modelled_quantity.and_then(|quantity| prices.cost(self.region, self.usage_type, quantity));
        let attributed_cost =
            self.parts.iter().filter(|part| part.crawled).map(|part| part.billed_cost).sum::<f64>();
        let difference = modelled_cost.map(|modelled| billed_cost - modelled);
        let mut row = BillReconciliation {
            account_id: account.to_owned(),
            region: self.region.to_owned(),
            usage_type: self.usage_type.to_owned(),
            billing_period_start: self.month,
            billed_quantity,
            billed_cost,
            credit_cost: sum(&|charge| match charge.charge_category {
                ChargeCategory::Credit => true,
                ChargeCategory::Adjustment => !is_discount(charge),
                _ => false,
            }),
            tax_cost: sum(&|charge| charge.charge_category == ChargeCategory::Tax),
            attributed_cost,
            modelled_quantity,
            modelled_cost,
            difference,
            explanation: String::new(),
        };
        row.explanation = self.explain(&row, unit, prices);
        row
    }

    /// Endpoints on the bill that the crawl found in another account or Region.
    fn foreign(&self, unit: &Tables) -> usize {
        let here: BTreeSet<&str> =
            unit.vpc_endpoint.iter().map(|endpoint| endpoint.vpc_endpoint_id.as_str()).collect();
        let crawled = self.parts.iter().filter(|part| part.crawled && part.billed_cost > 0.0);
        let ids = crawled.filter_map(|part| part.vpc_endpoint_id.as_deref());
        ids.filter(|id| !here.contains(id)).count()
    }

    /// Endpoints that are billed for bytes of which CloudWatch knows nothing.
    fn unmeasured(&self, unit: &Tables) -> usize {
        if !self.usage_type.ends_with("Bytes") {
            return 0;
        }
        let silent = unit.vpc_endpoint.iter().filter(|endpoint| !publishes(endpoint));
        let billed = |id: &str| {
            self.parts
                .iter()
                .any(|part| part.vpc_endpoint_id.as_deref() == Some(id) && part.billed_cost > 0.0)
        };
        silent.filter(|endpoint| billed(&endpoint.vpc_endpoint_id)).count()
    }

    /// What the endpoints that the crawl found would have used.
    fn modelled(&self, unit: &Tables, until: Date) -> Option<f64> {
        let kind = self.kind()?;
        if unlisted(unit).is_some() {
            return None;
        }
        let endpoints = unit.vpc_endpoint.iter().filter(|endpoint| {
            endpoint.vpc_endpoint_type == kind
                && free_of_charge(kind, endpoint.service_name.as_deref()).is_none()
                && !paid_elsewhere(endpoint, unit)
        });
        if self.usage_type.ends_with("Hours") {
            return Some(endpoints.map(|endpoint| zone_hours(endpoint, unit, self.month, until)).sum());
        }
        let measured = gigabytes(unit, self.month, until);
        let sum = endpoints.filter_map(|endpoint| measured.get(endpoint.vpc_endpoint_id.as_str())).sum();
        self.reaches_back.then_some(sum)
    }

    /// The type of the endpoints that are billed under the usage type, if it has a model.
    fn kind(&self) -> Option<&'static str> {
        match self.usage_type {
            INTERFACE_HOURS | INTERFACE_BYTES => Some("Interface"),
            GATEWAY_LOAD_BALANCER_HOURS | GATEWAY_LOAD_BALANCER_BYTES => Some("GatewayLoadBalancer"),
            RESOURCE_HOURS | RESOURCE_BYTES => Some("Resource"),
            _ => None,
        }
    }

    fn explain(&self, row: &BillReconciliation, unit: Option<&Tables>, prices: &PriceList) -> String {
        let Some(unit) = unit else {
            return "not crawled".to_owned();
        };
        if let Some(reason) = unlisted(unit) {
            return reason;
        }
        let Some(modelled_quantity) = row.modelled_quantity else {
            return "no model: CloudWatch does not reach back, or the usage type is not modelled".to_owned();
        };
        let Some(rate) = prices.rate(self.region, self.usage_type) else {
            return format!("no list price is known for {}", self.region);
        };
        if row.difference.is_some_and(|difference| difference.abs() < CENT) {
            return "none".to_owned();
        }
        let mut reasons = Vec::new();
        let unseen: Vec<&&VpcEndpointCharge> =
            self.parts.iter().filter(|part| !part.crawled && part.billed_cost.abs() >= CENT / 10.0).collect();
        let gone = unseen.iter().filter(|part| part.vpc_endpoint_id.is_some());
        let (still, deleted): (Vec<&&&VpcEndpointCharge>, Vec<_>) =
            gone.partition(|part| part.last_date >= part.bill_last_date);
        if !deleted.is_empty() {
            reasons.push(format!("{} on the bill deleted in the month", count(deleted.len())));
        }
        if !still.is_empty() {
            reasons.push(format!("{} on the bill not seen by the crawl", count(still.len())));
        }
        let foreign = self.foreign(unit);
        if foreign > 0 {
            reasons.push(format!("{} of other accounts, for which a service here pays", count(foreign)));
        }
        let unmeasured = self.unmeasured(unit);
        if unmeasured > 0 {
            reasons.push(format!("bytes of {} that CloudWatch does not measure", count(unmeasured)));
        }
        let quantity = row.billed_quantity.unwrap_or(0.0);
        if quantity > 0.0 {
            let paid = row.billed_cost / quantity;
            let is_tiered = self.usage_type == INTERFACE_BYTES && quantity > TIER;
            if (paid - rate).abs() > rate * 0.001 && !is_tiered {
                reasons.push(format!("a private rate: ${paid:.5} instead of ${rate:.5}"));
            }
            let same = (quantity - modelled_quantity).abs() <= quantity * TOLERANCE;
            if !same && unseen.iter().any(|part| part.vpc_endpoint_id.is_none()) {
                // What the bill named is counted above.
                let end = |text: &str| text.split(' ').rev().take(3).map(str::to_owned).collect::<Vec<_>>();
                let said: Vec<Vec<String>> = reasons.iter().map(|reason| end(reason)).collect();
                let known = causes(unit, self.kind(), self.usage_type);
                reasons.extend(known.into_iter().filter(|cause| !said.contains(&end(cause))));
                if reasons.is_empty() {
                    reasons.push(GONE.to_owned());
                }
            } else if !same && quantity < modelled_quantity && reasons.is_empty() {
                reasons.push("less was billed than was provisioned or measured".to_owned());
            }
        }
        if reasons.is_empty() { "unexplained".to_owned() } else { reasons.join("; ") }
    }
}

/// Gigabytes of the first tier, which is pooled over accounts: above, the rate of one account varies.
const TIER: f64 = 1_048_576.0;
