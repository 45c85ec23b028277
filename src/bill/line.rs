//! A line of a bill, whatever the form of its file: what is asked of it, and what it becomes.

use jiff::civil::Date;

use super::item::{Item, Key, Sums};
use super::layout::{Field, Layout};
use crate::error::{Error, Result};
use crate::price::UsageType;

/// A line, or several that say the same but for amounts.
pub(super) trait Line {
    /// A text; `None` where it is empty.
    fn text(&self, field: Field) -> Option<&str>;
    /// An amount; `None` where it is empty.
    fn amount(&self, field: Field) -> Result<Option<f64>>;
    /// The first and the last day on which a charge begins.
    fn days(&self) -> Option<(Date, Date)>;
    /// How many lines it stands for.
    fn count(&self) -> i64;
}

/// What a line is about and comes to; `None` where that is nothing that is kept.
pub(super) fn item(layout: &Layout, line: &impl Line) -> Result<Option<Item>> {
    let Some(billed) = usage_type(layout, line) else { return Ok(None) };
    let Some(usage) = UsageType::parse(&billed) else { return Ok(None) };
    let column = |field| layout.column(field).unwrap_or("");
    let text = |field| line.text(field).map(str::to_owned);
    check_currency(line.text(Field::Currency), column(Field::Currency))?;
    let required = |field| {
        text(field).ok_or_else(|| {
            Error::failed(format!("the column `{}` is empty", column(field)))
                .hint("have the file exported anew: whom the line belongs to is not known")
        })
    };
    let (first, last) = line.days().ok_or_else(|| {
        Error::failed(format!("the column `{}` holds no date", column(Field::Start)))
            .hint("fetch the file anew, or have it exported anew")
    })?;
    let key = Key {
        account: required(Field::Account)?,
        month: line.text(Field::Period).and_then(day).unwrap_or(first).first_of_month(),
        payer: text(Field::Payer),
        // NAT gateways and instances are not told apart: that would be most of a bill.
        resource: text(Field::Resource).filter(|_| usage.is_privatelink()),
        operation: text(Field::Operation),
        region: text(Field::Region),
        kind: required(Field::Kind)?,
        unit: text(Field::Unit),
        usage_type: billed,
    };
    let sums = Sums {
        quantity: line.amount(Field::Quantity)?.unwrap_or(0.0),
        billed: line.amount(Field::Billed)?.unwrap_or(0.0),
        net: line.amount(Field::Net)?,
        savings_plan: line.amount(Field::SavingsPlan)?,
        reservation: line.amount(Field::Reservation)?,
        list: line.amount(Field::List)?,
        first: Some(first),
        last: Some(last),
        lines: line.count(),
    };
    Ok(Some((key, sums)))
}

/// The usage type of a line. FOCUS 1.2 as AWS exports it has none: there the description and the unit
/// tell.
fn usage_type(layout: &Layout, line: &impl Line) -> Option<String> {
    let stated = line.text(Field::UsageType);
    if let Some(stated) = stated.filter(|stated| UsageType::parse(stated).is_some()) {
        return Some(stated.to_owned());
    }
    // A report names the usage type of every line: one that is not known there is something else.
    if !layout.is_focus || line.text(Field::Operation) != Some("VpcEndpoint") {
        return None;
    }
    let described = |word: &str| line.text(Field::Description).is_some_and(|text| text.contains(word));
    let is_bytes = match line.text(Field::Unit) {
        Some(unit) => matches!(unit, "GB" | "GiB" | "Gigabytes"),
        None => described("GB"),
    };
    Some(
        match (described("Gateway Load Balancer"), is_bytes) {
            (false, false) => "VpcEndpoint-Hours",
            (false, true) => "VpcEndpoint-Bytes",
            (true, false) => "VpcEndpoint-GWLBE-Hours",
            (true, true) => "VpcEndpoint-GWLBE-Bytes",
        }
        .to_owned(),
    )
}

/// Amounts in another currency cannot be added to these.
fn check_currency(currency: Option<&str>, column: &str) -> Result<()> {
    match currency {
        Some("USD") => Ok(()),
        other => Err(Error::failed(format!(
            "the bill is in `{}`, not in US dollars (column `{column}`)",
            other.unwrap_or("no currency")
        ))
        .hint("export it in USD: list prices and savings are in US dollars, and cannot be compared with it")),
    }
}

/// The most that an amount can be, or the sum of a file's: no bill comes near, and sums of such are numbers.
const MOST: f64 = 1e18;

/// An amount that can be added up.
pub(super) fn amount(amount: f64, column: &str) -> Result<f64> {
    if amount.abs() <= MOST {
        return Ok(amount);
    }
    Err(Error::failed(format!("`{amount}` in the column `{column}` is no amount"))
        .hint("fetch the file anew, or have it exported anew"))
}

/// The day of a time as bills write it: `2026-10-01T00:00:00Z`, or `2026-10-01 00:00:00`.
pub(super) fn day(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}
