//! Lines of a bill that say the same but for amounts, added up, and what they become.

use jiff::civil::Date;

use crate::price::UsageType;
use crate::table::{Charge, ChargeCategory, ChargeSource};

/// What lines have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The account that used it.
    pub account: String,
    /// The first day of the month.
    pub month: Date,
    /// The account that pays.
    pub payer: Option<String>,
    /// The resource; `None` for usage that is kept without resources.
    pub resource: Option<String>,
    /// The usage type as billed.
    pub usage_type: String,
    /// The operation.
    pub operation: Option<String>,
    /// The Region that the bill names; empty if it names none and the usage type's prefix, which the bill
    /// does not have, cannot tell.
    pub region: Option<String>,
    /// The line's type (CUR) or the charge's category (FOCUS).
    pub kind: String,
    /// The unit.
    pub unit: Option<String>,
    /// What was bought, as the seller numbers it; `None` for usage that is kept without resources.
    pub sku: Option<String>,
    /// At which of its prices.
    pub sku_price: Option<String>,
}

/// A key with its sums.
pub type Item = (Key, Sums);

/// Amounts, added up, and the days over which they stretch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sums {
    /// How much was used.
    pub quantity: f64,
    /// US dollars: unblended of a report, `BilledCost` of a FOCUS export.
    pub billed: f64,
    /// A report's net amount, line by line the unblended one where it is empty, or a FOCUS export's
    /// `EffectiveCost`; `None` if the bill has no such column.
    pub net: Option<f64>,
    /// What a savings plan's price was for it.
    pub savings_plan: Option<f64>,
    /// What a reservation's price was for it.
    pub reservation: Option<f64>,
    /// At public prices.
    pub list: Option<f64>,
    /// The first day.
    pub first: Option<Date>,
    /// The last day.
    pub last: Option<Date>,
    /// Lines.
    pub lines: i64,
}

impl Sums {
    /// Adds others.
    pub fn add(&mut self, other: &Sums) {
        let sum = |left: Option<f64>, right: Option<f64>| match (left, right) {
            (None, None) => None,
            (left, right) => Some(left.unwrap_or(0.0) + right.unwrap_or(0.0)),
        };
        self.quantity += other.quantity;
        self.billed += other.billed;
        self.net = sum(self.net, other.net);
        self.savings_plan = sum(self.savings_plan, other.savings_plan);
        self.reservation = sum(self.reservation, other.reservation);
        self.list = sum(self.list, other.list);
        self.first = [self.first, other.first].into_iter().flatten().min();
        self.last = self.last.max(other.last);
        self.lines += other.lines;
    }
}

/// A row of `charge`; `None` for lines about something else.
pub fn charge(key: &Key, sums: &Sums, source: ChargeSource) -> Option<Charge> {
    let usage = UsageType::parse(&key.usage_type)?;
    let category = category(&key.kind, source);
    let start = sums.first.unwrap_or(key.month);
    let end = sums.last.unwrap_or(key.month.last_of_month());
    let is_usage = category == ChargeCategory::Usage;
    Some(Charge {
        sub_account_id: key.account.clone(),
        region_id: match key.region.as_deref() {
            Some("") => None,
            Some(region) => Some(region.to_owned()),
            None => usage.region().map(str::to_owned),
        },
        usage_type: usage.name.to_owned(),
        x_usage_type: key.usage_type.clone(),
        x_operation: key.operation.clone(),
        vpc_endpoint_id: key.resource.as_deref().and_then(endpoint_id).map(str::to_owned),
        resource_id: key.resource.clone(),
        charge_category: category,
        x_line_item_type: (source != ChargeSource::Focus).then(|| key.kind.clone()),
        billing_period_start: key.month,
        billing_period_end: super::month_end(key.month),
        charge_period_start: start,
        charge_period_end: end.tomorrow().unwrap_or(end),
        consumed_quantity: is_usage.then(|| exact(sums.quantity)),
        consumed_unit: key.unit.clone().or_else(|| unit(usage.name).map(str::to_owned)).filter(|_| is_usage),
        billed_cost: exact(after_discounts(sums, source)),
        effective_cost: exact(effective(&key.kind, sums, source)),
        list_cost: sums.list.map(exact),
        billing_currency: "USD".to_owned(),
        billing_account_id: key.payer.clone(),
        x_source: source,
        x_lines: sums.lines,
        sku_id: key.sku.clone(),
        sku_price_id: key.sku_price.clone(),
    })
}

/// The unit in which a usage type is counted, as AWS's price list writes it; Cost Explorer may not say it
/// (<https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html>).
fn unit(usage_type: &str) -> Option<&'static str> {
    match usage_type.rsplit('-').next() {
        Some("Hours") => Some("Hrs"),
        Some("Bytes") => Some("GB"),
        _ => None,
    }
}

/// FOCUS's category for a line's type
/// (<https://docs.aws.amazon.com/cur/latest/userguide/Lineitem-columns.html>).
fn category(kind: &str, source: ChargeSource) -> ChargeCategory {
    if source == ChargeSource::Focus {
        return ChargeCategory::from_word(kind).unwrap_or(ChargeCategory::Adjustment);
    }
    match kind {
        "Usage" | "DiscountedUsage" | "SavingsPlanCoveredUsage" => ChargeCategory::Usage,
        "Fee" | "RIFee" | "SavingsPlanUpfrontFee" | "SavingsPlanRecurringFee" => ChargeCategory::Purchase,
        "Tax" => ChargeCategory::Tax,
        "Credit" | "Refund" => ChargeCategory::Credit,
        // Discounts in all their names, and the negation of what a savings plan covers.
        _ => ChargeCategory::Adjustment,
    }
}

/// Returns FOCUS's `BilledCost`: "inclusive of all reduced rates and discounts while excluding the
/// amortization" (<https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-focus-1-0-aws-columns.html>).
/// Reports and Cost Explorer have that amount as the net one
/// (<https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2-line-item.html>); a line that
/// is nothing but a discount has a net amount of 0 then.
fn after_discounts(sums: &Sums, source: ChargeSource) -> f64 {
    match source {
        ChargeSource::Focus => sums.billed,
        ChargeSource::Cur | ChargeSource::CostExplorer => sums.net.unwrap_or(sums.billed),
    }
}

/// Returns what a line costs after discounts, with commitments spread over what they cover.
fn effective(kind: &str, sums: &Sums, source: ChargeSource) -> f64 {
    match kind {
        _ if source == ChargeSource::Focus => sums.net.unwrap_or(sums.billed),
        "SavingsPlanCoveredUsage" => sums.savings_plan.unwrap_or(sums.billed),
        "DiscountedUsage" => sums.reservation.unwrap_or(sums.billed),
        "SavingsPlanNegation" => 0.0,
        _ => sums.net.unwrap_or(sums.billed),
    }
}

/// The endpoint that a resource names: an ARN that ends with `vpc-endpoint/vpce-...`, or the id itself.
fn endpoint_id(resource: &str) -> Option<&str> {
    let id = resource.rsplit_once('/').map_or(resource, |(_, id)| id);
    id.strip_prefix("vpce-").filter(|rest| !rest.is_empty() && !rest.starts_with("svc-"))?;
    Some(id)
}

/// Bills have ten decimals. Sums are rounded to them, so that the order in which lines were added up
/// cannot be seen.
fn exact(amount: f64) -> f64 {
    let rounded = (amount * 1e10).round() / 1e10;
    // There is no negative nothing on a bill.
    if rounded == 0.0 { 0.0 } else { rounded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_found_in_an_arn_and_by_itself() {
        assert_eq!(endpoint_id("arn:aws:ec2:us-east-1:111122223333:vpc-endpoint/vpce-0a1"), Some("vpce-0a1"));
        assert_eq!(endpoint_id("vpce-0a1"), Some("vpce-0a1"));
        assert_eq!(endpoint_id("arn:aws:ec2:us-east-1:111122223333:vpc-endpoint-service/vpce-svc-0a1"), None);
        assert_eq!(endpoint_id("arn:aws:ec2:us-east-1:111122223333:natgateway/nat-0a1"), None);
    }

    #[test]
    fn a_quantity_has_a_unit_also_where_the_bill_names_none() {
        let key = Key {
            account: "111122223333".to_owned(),
            month: jiff::civil::date(2026, 10, 1),
            payer: None,
            resource: None,
            usage_type: "EU-VpcEndpoint-Bytes".to_owned(),
            operation: None,
            region: None,
            kind: "Usage".to_owned(),
            unit: None,
            sku: None,
            sku_price: None,
        };
        let unit = |usage_type: &str| {
            let key = Key { usage_type: usage_type.to_owned(), ..key.clone() };
            charge(&key, &Sums::default(), ChargeSource::CostExplorer).and_then(|charge| charge.consumed_unit)
        };
        assert_eq!(unit("EU-VpcEndpoint-Bytes").as_deref(), Some("GB"));
        assert_eq!(unit("VpcEndpoint-GWLBE-Hours").as_deref(), Some("Hrs"));
    }

    #[test]
    fn discounts_are_counted_once() {
        let sums = |billed, net| Sums { billed, net, ..Sums::default() };
        let total = |amount: &dyn Fn(&str, &Sums) -> f64, net: bool| {
            let usage = amount("Usage", &sums(10.0, net.then_some(9.0)));
            usage + amount("EdpDiscount", &sums(-1.0, net.then_some(0.0)))
        };
        let effective = |kind: &str, sums: &Sums| effective(kind, sums, ChargeSource::Cur);
        assert_eq!((total(&effective, true), total(&effective, false)), (9.0, 9.0));
        let billed = |_: &str, sums: &Sums| after_discounts(sums, ChargeSource::Cur);
        assert_eq!((total(&billed, true), total(&billed, false)), (9.0, 9.0));
    }

    #[test]
    fn what_is_billed_is_after_discounts_in_every_form() {
        let sums = Sums { quantity: 2160.0, billed: 21.60, net: Some(17.28), ..Sums::default() };
        for source in [ChargeSource::Cur, ChargeSource::CostExplorer] {
            assert_eq!(after_discounts(&sums, source), 17.28);
        }
        // FOCUS's BilledCost is after discounts by itself.
        let focus = Sums { billed: 17.28, net: Some(17.28), ..sums };
        assert_eq!(after_discounts(&focus, ChargeSource::Focus), 17.28);
    }
}
