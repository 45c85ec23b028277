//! What bills say of an account and Region, put in order before endpoints are judged.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::bill::Bills;
use crate::table::{Charge, ChargeCategory, ChargeSource, Outcome};

/// The bills of a crawl.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Billing {
    by_scope: BTreeMap<(String, String), Vec<Charge>>,
    /// The last day of each account's lines in a month.
    last_date: BTreeMap<(String, Date), Date>,
    /// The latest month of each account that is there to its end.
    month: BTreeMap<String, Date>,
    /// The first and the last day of usage that was asked for.
    window: (Date, Date),
    /// Every endpoint that a charge names, and the account of the crawl that owns it.
    named: BTreeMap<String, Option<String>>,
}

/// Whether a line is nothing but a discount on others: `EdpDiscount`, `PrivateRateDiscount`,
/// `BundledDiscount` ... (<https://docs.aws.amazon.com/cur/latest/userguide/Lineitem-columns.html>).
pub fn is_discount(charge: &Charge) -> bool {
    charge.charge_category == ChargeCategory::Adjustment
        && charge.x_line_item_type.as_deref().is_some_and(|kind| kind.ends_with("Discount"))
}

impl Billing {
    /// Puts charges in order, for a crawl with that window.
    pub fn new(bills: &Bills, window: (Date, Date)) -> Billing {
        let complete: BTreeSet<(ChargeSource, Option<&String>, Date)> = bills
            .bill
            .iter()
            .filter(|bill| bill.complete && bill.outcome == Outcome::Ok)
            .filter_map(|bill| {
                Some((bill.x_source, bill.billing_account_id.as_ref(), bill.billing_period_start?))
            })
            .collect();
        let mut billing = Billing { window, ..Billing::default() };
        for charge in &bills.charge {
            if let Some(id) = &charge.vpc_endpoint_id {
                billing.named.entry(id.clone()).or_default();
            }
            let month = charge.billing_period_start;
            let key = (charge.sub_account_id.clone(), month);
            let last = charge.charge_period_end.yesterday().unwrap_or(charge.charge_period_end);
            let known = billing.last_date.entry(key).or_insert(last);
            *known = (*known).max(last);
            if complete.contains(&(charge.x_source, charge.billing_account_id.as_ref(), month)) {
                let latest = billing.month.entry(charge.sub_account_id.clone()).or_insert(month);
                *latest = (*latest).max(month);
            }
            let region = charge.region_id.clone().unwrap_or_default();
            billing.by_scope.entry((charge.sub_account_id.clone(), region)).or_default().push(charge.clone());
        }
        billing
    }

    /// Notes that the crawl found an endpoint in an account. Kept if a charge names the endpoint.
    pub fn found(&mut self, endpoint: &str, account: &str) {
        if let Some(owner) = self.named.get_mut(endpoint) {
            *owner = Some(account.to_owned());
        }
    }

    /// The account in which the crawl found an endpoint that a charge names.
    pub fn owner(&self, endpoint: &str) -> Option<&str> {
        self.named.get(endpoint)?.as_deref()
    }

    /// The charges of an account and Region.
    pub fn charges(&self, account: &str, region: &str) -> &[Charge] {
        self.by_scope.get(&(account.to_owned(), region.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// Every account and Region with charges.
    pub fn scopes(&self) -> impl Iterator<Item = &(String, String)> {
        self.by_scope.keys()
    }

    /// The latest whole month of an account; `None` where it has none.
    pub fn month(&self, account: &str) -> Option<Date> {
        self.month.get(account).copied()
    }

    /// The last day that the bill knows of an account in a month.
    pub fn last_date(&self, account: &str, month: Date) -> Date {
        self.last_date.get(&(account.to_owned(), month)).copied().unwrap_or_else(|| month.last_of_month())
    }

    /// Whether daily metrics reach back to the beginning of a month.
    pub fn reaches_back(&self, month: Date) -> bool {
        self.window.0 <= month
    }

    /// What the bill says of an endpoint's traffic in the window: hours, and gigabytes. `None` where
    /// the bill does not tell resources apart, or does not reach over all of those days.
    pub fn traffic(&self, account: &str, region: &str, endpoint: &str) -> Option<Traffic> {
        let (first, last) = self.window;
        let of_endpoint: Vec<&Charge> = self
            .charges(account, region)
            .iter()
            .filter(|charge| {
                charge.charge_category == ChargeCategory::Usage
                    && charge.vpc_endpoint_id.as_deref() == Some(endpoint)
            })
            .collect();
        // The bill must begin with the window's month and come up to its end, but for the days that
        // bills are late.
        let months: BTreeSet<Date> = of_endpoint.iter().map(|charge| charge.billing_period_start).collect();
        let latest = months.iter().map(|month| self.last_date(account, *month)).max()?;
        let late = (last - latest).get_days();
        let mut month = first.first_of_month();
        while month <= last.first_of_month() {
            if !months.contains(&month) {
                return None;
            }
            month = crate::bill::month_end(month);
        }
        if late > LATE_DAYS {
            return None;
        }
        let sum = |ending: &str| {
            of_endpoint
                .iter()
                .filter(|charge| charge.usage_type.ends_with(ending))
                .filter_map(|charge| charge.consumed_quantity)
                .sum::<f64>()
        };
        Some(Traffic { hours: sum("Hours"), gigabytes: sum("Bytes") })
    }
}

/// Bills are complete but for so many days.
const LATE_DAYS: i32 = 3;

/// What an endpoint used according to the bill.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Traffic {
    /// Hours of zones.
    pub hours: f64,
    /// Gigabytes.
    pub gigabytes: f64,
}
