//! Which columns a bill has, by the form in which it was exported.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::table::ChargeSource;

/// Where the values stand: the name of a column for each, as the file spells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Whether it is a FOCUS export.
    pub is_focus: bool,
    columns: BTreeMap<Field, String>,
}

/// A value that is read of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The account that pays.
    Payer,
    /// The account that used it.
    Account,
    /// The resource.
    Resource,
    /// The usage type.
    UsageType,
    /// What tells hours from bytes where there is no usage type.
    Description,
    /// The operation.
    Operation,
    /// The Region.
    Region,
    /// The line's type, or the charge's category.
    Kind,
    /// The first day of the billing period.
    Period,
    /// When the charge begins.
    Start,
    /// How much.
    Quantity,
    /// In which unit.
    Unit,
    /// A report's unblended amount, a FOCUS export's `BilledCost`.
    Billed,
    /// After discounts: a report's net amount, a FOCUS export's `EffectiveCost`.
    Net,
    /// Spread over what a savings plan covers.
    SavingsPlan,
    /// Spread over what a reservation covers.
    Reservation,
    /// At public prices.
    List,
    /// The currency.
    Currency,
    /// What was bought, as the seller numbers it.
    Sku,
    /// At which of its prices: the tier, the term.
    SkuPrice,
}

/// The columns of a Cost and Usage Report; the first name that is there is taken. Without those that
/// are marked, nothing can be said.
const CUR: &[(Field, &[&str], bool)] = &[
    (Field::Payer, &["bill_payer_account_id"], false),
    (Field::Account, &["line_item_usage_account_id"], true),
    (Field::Resource, &["line_item_resource_id"], false),
    (Field::UsageType, &["line_item_usage_type"], true),
    (Field::Operation, &["line_item_operation"], false),
    (Field::Region, &["product_region_code", "product_region"], false),
    (Field::Kind, &["line_item_line_item_type"], true),
    (Field::Period, &["bill_billing_period_start_date"], false),
    (Field::Start, &["line_item_usage_start_date"], true),
    (Field::Quantity, &["line_item_usage_amount"], true),
    (Field::Unit, &["pricing_unit"], false),
    (Field::Billed, &["line_item_unblended_cost"], true),
    (Field::Net, &["line_item_net_unblended_cost"], false),
    (Field::SavingsPlan, &["savings_plan_savings_plan_effective_cost"], false),
    (Field::Reservation, &["reservation_effective_cost"], false),
    (Field::List, &["pricing_public_on_demand_cost"], false),
    (Field::Currency, &["line_item_currency_code"], true),
    (Field::Sku, &["product_sku"], false),
    (Field::SkuPrice, &["pricing_rate_code"], false),
];

/// The columns of a FOCUS export, in the same way.
const FOCUS: &[(Field, &[&str], bool)] = &[
    (Field::Payer, &["BillingAccountId"], false),
    (Field::Account, &["SubAccountId"], true),
    (Field::Resource, &["ResourceId"], false),
    (Field::UsageType, &["x_UsageType", "SkuMeter"], false),
    (Field::Description, &["ChargeDescription"], false),
    (Field::Operation, &["x_Operation"], false),
    (Field::Region, &["RegionId"], false),
    (Field::Kind, &["ChargeCategory"], true),
    (Field::Period, &["BillingPeriodStart"], false),
    (Field::Start, &["ChargePeriodStart"], true),
    (Field::Quantity, &["ConsumedQuantity", "PricingQuantity"], true),
    (Field::Unit, &["ConsumedUnit", "PricingUnit"], false),
    (Field::Billed, &["BilledCost"], true),
    (Field::Net, &["EffectiveCost"], false),
    (Field::List, &["ListCost"], false),
    (Field::Currency, &["BillingCurrency"], true),
    (Field::Sku, &["SkuId"], false),
    (Field::SkuPrice, &["SkuPriceId"], false),
];

impl Layout {
    /// Whether a file with such columns is a bill.
    pub fn is_bill(names: &[String]) -> bool {
        names.iter().any(|name| {
            let name = canonical(name);
            name.starts_with("line_item_") || name == "ChargeCategory" || name == "BilledCost"
        })
    }

    /// Finds the columns by their names.
    pub fn find(names: &[String], file: &str) -> Result<Layout> {
        let known: BTreeMap<String, &String> = names.iter().map(|name| (canonical(name), name)).collect();
        let is_cur = known.keys().any(|name| name.starts_with("line_item_"));
        let is_focus = !is_cur && (known.contains_key("ChargeCategory") || known.contains_key("BilledCost"));
        if !is_cur && !is_focus {
            return Err(not_a_bill(file));
        }
        let mut columns = BTreeMap::new();
        for (field, candidates, required) in if is_cur { CUR } else { FOCUS } {
            match candidates.iter().find_map(|name| known.get(*name)) {
                Some(name) => drop(columns.insert(*field, (*name).clone())),
                None if *required => {
                    return Err(Error::usage(format!("the bill lacks the column `{}`", candidates[0]))
                        .at(file)
                        .hint("choose that column in the export's settings; without it the total would be wrong"));
                }
                None => {}
            }
        }
        let tells_usage =
            columns.contains_key(&Field::UsageType) || columns.contains_key(&Field::Description);
        if !tells_usage {
            return Err(Error::usage("the bill lacks the column `SkuMeter`, and has no `x_UsageType` or `ChargeDescription` instead")
                .at(file)
                .hint("choose one of them in the export's settings: hours and bytes cannot be told apart"));
        }
        Ok(Layout { is_focus, columns })
    }

    /// Whether lines say by a column of their own what was used.
    pub fn names_usage(&self) -> bool {
        self.columns.contains_key(&Field::UsageType) || self.columns.contains_key(&Field::Operation)
    }

    /// The name of a field's column; `None` where the bill has none.
    pub fn column(&self, field: Field) -> Option<&str> {
        self.columns.get(&field).map(String::as_str)
    }

    /// The fields that the bill has, with their columns.
    pub fn columns(&self) -> impl Iterator<Item = (Field, &str)> {
        self.columns.iter().map(|(field, column)| (*field, column.as_str()))
    }

    /// Whether amounts after discounts stand beside those before, as in reports.
    pub fn has_net_amounts(&self) -> bool {
        !self.is_focus && self.columns.contains_key(&Field::Net)
    }

    /// What kind of bill that is.
    pub fn source(&self) -> ChargeSource {
        if self.is_focus { ChargeSource::Focus } else { ChargeSource::Cur }
    }
}

/// A file that is something else.
pub(super) fn not_a_bill(file: &str) -> Error {
    Error::usage("the file is not a bill that plaudit knows: it has neither `line_item_usage_type` nor `ChargeCategory`")
        .at(file)
        .hint("give a Cost and Usage Report (legacy or 2.0) or a FOCUS export, as Parquet, CSV or gzip CSV")
}

/// `lineItem/UsageType`, as legacy CSV has it, becomes `line_item_usage_type`. Other names stay.
fn canonical(name: &str) -> String {
    if !name.contains('/') {
        return name.to_owned();
    }
    let mut canonical = String::with_capacity(name.len() + 8);
    let mut after_lower = false;
    for character in name.chars() {
        if character == '/' {
            canonical.push('_');
            after_lower = false;
        } else {
            if character.is_ascii_uppercase() && after_lower {
                canonical.push('_');
            }
            after_lower = character.is_ascii_lowercase() || character.is_ascii_digit();
            canonical.push(character.to_ascii_lowercase());
        }
    }
    canonical
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_legacy_csv_are_those_of_parquet() {
        for (csv, parquet) in [
            ("lineItem/UsageType", "line_item_usage_type"),
            ("bill/PayerAccountId", "bill_payer_account_id"),
            ("lineItem/LineItemType", "line_item_line_item_type"),
            ("pricing/publicOnDemandCost", "pricing_public_on_demand_cost"),
            ("product/region", "product_region"),
            ("savingsPlan/SavingsPlanEffectiveCost", "savings_plan_savings_plan_effective_cost"),
            ("line_item_usage_type", "line_item_usage_type"),
        ] {
            assert_eq!(canonical(csv), parquet);
        }
    }

    #[test]
    fn a_missing_column_is_named() {
        let names: Vec<String> = CUR
            .iter()
            .filter(|(field, ..)| *field != Field::Billed)
            .map(|(_, names, _)| names[0].to_owned())
            .collect();
        let error = Layout::find(&names, "bill.parquet").unwrap_err().to_string();
        assert!(error.contains("line_item_unblended_cost") && error.contains("bill.parquet"), "{error}");
    }
}
