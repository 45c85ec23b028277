//! A line of a bill, whatever the form of its file: what is asked of it, and what it becomes.

use jiff::civil::Date;

use super::item::{Item, Key, Sums};
use super::layout::{Field, Layout};
use crate::error::{Error, Result};
use crate::price::UsageType;

/// A line, or several that say the same but for amounts.
pub(super) trait Line {
    /// A text; `None` if it is empty or [`is_empty()`].
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
    let Some(usage_type) = usage_type(layout, line) else { return Ok(None) };
    let Some(usage) = UsageType::parse(usage_type) else { return Ok(None) };
    let is_stated = line.text(Field::UsageType) == Some(usage_type);
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
        region: match text(Field::Region).filter(|region| is_region(region)) {
            // A usage type without a prefix stands for us-east-1 only if the bill itself has it.
            None if !is_stated => Some(String::new()),
            region => region,
        },
        kind: required(Field::Kind)?,
        unit: text(Field::Unit),
        sku: text(Field::Sku).filter(|_| usage.is_privatelink()),
        sku_price: text(Field::SkuPrice).filter(|_| usage.is_privatelink()),
        usage_type: usage_type.to_owned(),
    };
    // Nothing is not zero: a cost that is missing would make the month cheaper.
    let billed = line.amount(Field::Billed)?.ok_or_else(|| without_cost(column(Field::Billed)))?;
    let net = line.amount(Field::Net)?;
    let sums = Sums {
        quantity: line.amount(Field::Quantity)?.unwrap_or(0.0),
        billed,
        // A line whose net amount is empty has no discount.
        net: if layout.has_net_amounts() { net.or(Some(billed)) } else { net },
        savings_plan: line.amount(Field::SavingsPlan)?,
        reservation: line.amount(Field::Reservation)?,
        list: line.amount(Field::List)?,
        first: Some(first),
        last: Some(last),
        lines: line.count(),
    };
    Ok(Some((key, sums)))
}

/// The usage type of a line. FOCUS has none of its own: `SkuMeter` may hold it, AWS's `x_UsageType`
/// does. Without them the description and the unit tell.
fn usage_type<'a>(layout: &Layout, line: &'a impl Line) -> Option<&'a str> {
    let stated = line.text(Field::UsageType);
    if let Some(stated) = stated.filter(|stated| UsageType::parse(stated).is_some()) {
        return Some(stated);
    }
    // A report names the usage type of every line: one that is not known there is something else.
    if !layout.is_focus {
        return None;
    }
    let description = line.text(Field::Description).unwrap_or("");
    let unit = line.text(Field::Unit);
    let operation = line.text(Field::Operation);
    let is_of_operation = operation == Some("VpcEndpoint");
    // An operation of something else is surer than words; those of endpoints begin alike.
    let may_be = operation.is_none_or(|operation| operation.starts_with("Vpc"));
    let is_of_endpoints = is_of_operation || (may_be && is_about_endpoints(description));
    if !is_of_endpoints {
        return None;
    }
    // Taxes and credits have no unit: they are kept with the hours.
    let unit = if is_of_operation && described(description, unit).is_none() && unit.is_none() {
        Some("Hrs")
    } else {
        unit
    };
    described(description, unit)
}

/// Whether a description is that of an endpoint, as AWS's price list writes them: `$0.01 per VPC
/// Endpoint Hour`, `$0.01 per GB Data Processed by VPC Endpoints`, `... Gateway Load Balancer Endpoint`.
pub(super) fn is_about_endpoints(description: &str) -> bool {
    let description = description.to_ascii_lowercase();
    ["vpc endpoint", "gateway load balancer endpoint", "gwlb endpoint"]
        .iter()
        .any(|words| description.contains(words))
}

/// The usage type that a description and a unit stand for; `None` if the unit is neither of time nor of
/// data.
fn described(description: &str, unit: Option<&str>) -> Option<&'static str> {
    let description = description.to_ascii_lowercase();
    let unit = unit.map(str::to_ascii_lowercase);
    let is_bytes = match unit.as_deref() {
        Some("gb" | "gib" | "gigabyte" | "gigabytes") => true,
        Some("hrs" | "hr" | "hour" | "hours") => false,
        Some(_) => return None,
        None if description.contains("per gb") || description.contains("data processed") => true,
        None if description.contains("hour") => false,
        None => return None,
    };
    let gateway = description.contains("gateway load balancer") || description.contains("gwlb");
    Some(match (is_bytes, gateway) {
        (true, true) => "VpcEndpoint-GWLBE-Bytes",
        (false, true) => "VpcEndpoint-GWLBE-Hours",
        (true, false) if description.contains("resource") => "VpcResource-Consumer-Bytes",
        (false, false) if description.contains("resource") => "VpcEndpoint-Resource-Hours",
        (false, false) if description.contains("endpoint service") => "VpcEndpoint-Service-Hours",
        (true, false) => "VpcEndpoint-Bytes",
        (false, false) => "VpcEndpoint-Hours",
    })
}

/// Whether a text has the form of a Region: exports write `NULL`, `global` or `any` beside real ones.
fn is_region(text: &str) -> bool {
    text.split('-').count() >= 3
        && text.ends_with(|last: char| last.is_ascii_digit())
        && text.chars().all(|one| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '-')
}

/// Amounts in another currency cannot be added to these.
fn check_currency(currency: Option<&str>, column: &str) -> Result<()> {
    let way_out = match currency {
        Some("USD") => return Ok(()),
        // AWS in China invoices in CNY alone
        // (<https://docs.amazonaws.cn/en_us/aws/latest/userguide/billing-and-payment.html>).
        Some("CNY") => {
            "AWS writes bills of China in CNY alone: leave this one out, or go on with --charges list-price; \
             plaudit knows no price there"
        }
        _ => {
            "plaudit's prices and savings are in US dollars: export the bill in USD if your seller offers \
             that, or go on with --charges list-price"
        }
    };
    Err(Error::failed(format!(
        "the bill is in `{}`, not in US dollars (column `{column}`)",
        currency.unwrap_or("no currency")
    ))
    .hint(way_out))
}

/// Whether a value says that there is none: exports write nothing at all, or the word.
pub(super) fn is_empty(text: &str) -> bool {
    matches!(text, "" | "NULL" | "null")
}

/// The most that an amount can be, or the sum of a file's: no bill comes near, and sums of such are numbers.
const MOST: f64 = 1e18;

/// A line about PrivateLink that does not say what it costs.
fn without_cost(column: &str) -> Error {
    Error::failed(format!("the column `{column}` is empty, so what the line costs is not known"))
        .hint("fetch the file anew, or have it exported anew")
}

/// An amount that can be added up.
pub(super) fn amount(amount: f64, column: &str) -> Result<f64> {
    if amount.abs() <= MOST {
        return Ok(amount);
    }
    // A sum over lines of which one has no amount.
    if amount.is_nan() {
        return Err(without_cost(column));
    }
    Err(Error::failed(format!("`{amount:e}` in the column `{column}` is not an amount"))
        .hint("fetch the file anew, or have it exported anew"))
}

/// The day of a time as bills write it: `2026-10-01T00:00:00Z`, or `2026-10-01 00:00:00`.
pub(super) fn day(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_tell_hours_from_bytes_and_kinds_apart() {
        for (description, unit, expected) in [
            ("$0.01 per VPC Endpoint Hour", Some("Hours"), Some("VpcEndpoint-Hours")),
            ("$0.01 per VPC Endpoint Hour", None, Some("VpcEndpoint-Hours")),
            ("$0.01 per GB Data Processed by VPC Endpoints", None, Some("VpcEndpoint-Bytes")),
            (
                "$0.01 per GB for upto 1 PB monthly data processed by VPC Endpoints",
                Some("GB"),
                Some("VpcEndpoint-Bytes"),
            ),
            (
                "$0.0035 per GB for Gateway Load Balancer Endpoint",
                Some("GB"),
                Some("VpcEndpoint-GWLBE-Bytes"),
            ),
            (
                "$0.02 per VPC Endpoint of type 'resource' Hour",
                Some("Hrs"),
                Some("VpcEndpoint-Resource-Hours"),
            ),
            ("$0.05 per VPC endpoint service hour", Some("Hrs"), Some("VpcEndpoint-Service-Hours")),
            ("$1 per VPC Endpoint request", Some("Requests"), None),
            ("VPC Endpoint", None, None),
        ] {
            assert_eq!(described(description, unit), expected, "{description}");
        }
        assert!(is_about_endpoints("$0.01 per VPC Endpoint Hour"));
        assert!(!is_about_endpoints("$0.045 per GB Data Processed by NAT Gateways"));
    }

    #[test]
    fn what_is_not_a_region_is_not_taken_for_one() {
        for region in ["us-east-1", "us-gov-west-1", "mx-central-1", "eusc-de-east-1"] {
            assert!(is_region(region), "{region}");
        }
        for other in ["NULL", "null", "global", "any", "", "US East (Ohio)", "us-west-2-lax-1a"] {
            assert!(!is_region(other), "{other}");
        }
    }
}
