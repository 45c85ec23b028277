//! Products of AWS's Price List Query API, read into prices. Chosen by usage type and unit, never by
//! value: an hour and a gigabyte cost the same in us-east-1
//! (<https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html>).

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use super::UsageType;
use crate::table::Price;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Product {
    product: About,
    terms: Terms,
    publication_date: Option<String>,
}

#[derive(Deserialize)]
struct About {
    attributes: Attributes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attributes {
    usagetype: Option<String>,
    region_code: Option<String>,
}

#[derive(Deserialize)]
struct Terms {
    #[serde(rename = "OnDemand", default)]
    on_demand: BTreeMap<String, Term>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Term {
    effective_date: Option<String>,
    price_dimensions: BTreeMap<String, Dimension>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dimension {
    unit: String,
    begin_range: String,
    end_range: String,
    price_per_unit: BTreeMap<String, String>,
}

/// The prices of a product: one for each tier. None for products that plaudit has no use for; the
/// problem for one that cannot be understood.
pub fn prices(json: &str) -> Result<Vec<Price>, String> {
    let product: Product = serde_json::from_str(json).map_err(|error| error.to_string())?;
    let attributes = product.product.attributes;
    let Some(usage) = attributes.usagetype.as_deref().and_then(UsageType::parse_priced) else {
        return Ok(Vec::new());
    };
    let Some(region) = attributes.region_code.or_else(|| usage.region().map(str::to_owned)) else {
        return Ok(Vec::new());
    };
    let published = product.publication_date.as_deref().and_then(day);
    let mut prices = Vec::new();
    for term in product.terms.on_demand.values() {
        let date = published.or_else(|| term.effective_date.as_deref().and_then(day));
        for dimension in term.price_dimensions.values() {
            let is_bytes = usage.name.ends_with("Bytes");
            let wanted = if is_bytes { &["GB", "GigaBytes"][..] } else { &["Hrs", "Hours"] };
            if !wanted.contains(&dimension.unit.as_str()) {
                return Err(format!("{} is priced by `{}`", usage.name, dimension.unit));
            }
            let rate = dimension
                .price_per_unit
                .get("USD")
                .and_then(|rate| rate.parse::<f64>().ok())
                .filter(|rate| rate.is_finite() && *rate >= 0.0)
                .ok_or_else(|| format!("{} has no price in US dollars", usage.name))?;
            let start =
                dimension.begin_range.parse().map_err(|_| format!("{} begins nowhere", usage.name))?;
            prices.push(Price {
                region: region.clone(),
                usage_type: usage.name.to_owned(),
                unit: if is_bytes { "GB" } else { "Hrs" }.to_owned(),
                tier_start: start,
                tier_end: dimension.end_range.parse::<f64>().ok().filter(|end| end.is_finite()),
                rate,
                source: "AWS Price List Query API".to_owned(),
                effective_date: date.ok_or_else(|| format!("{} has no date", usage.name))?,
                confidence: "H".to_owned(),
            });
        }
    }
    Ok(prices)
}

fn day(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(usage_type: &str, unit: &str, tiers: &str) -> String {
        format!(
            r#"{{"product": {{"productFamily": "VpcEndpoint", "attributes": {{"usagetype": "{usage_type}", "regionCode": "us-east-1", "operation": "VpcEndpoint"}}}},
                "terms": {{"OnDemand": {{"a.b": {{"effectiveDate": "2026-09-01T00:00:00Z", "priceDimensions": {{{tiers}}}}}}}}},
                "publicationDate": "2026-09-17T10:00:00Z", "version": "1", "unit": "{unit}"}}"#
        )
    }

    fn tier(unit: &str, begin: &str, end: &str, rate: &str) -> String {
        format!(
            r#""{begin}": {{"unit": "{unit}", "beginRange": "{begin}", "endRange": "{end}", "pricePerUnit": {{"USD": "{rate}"}}}}"#
        )
    }

    #[test]
    fn tiers_become_rows() {
        let tiers =
            [tier("GB", "0", "1048576", "0.0100000000"), tier("GB", "1048576", "Inf", "0.0060000000")];
        let rows = prices(&product("USE1-VpcEndpoint-Bytes", "GB", &tiers.join(","))).unwrap();
        let bounds: Vec<_> = rows.iter().map(|row| (row.tier_start, row.tier_end, row.rate)).collect();
        assert_eq!(bounds, [(0.0, Some(1_048_576.0), 0.01), (1_048_576.0, None, 0.006)]);
        assert_eq!(rows[0].effective_date.to_string(), "2026-09-17");
    }

    #[test]
    fn an_hour_that_is_priced_by_gigabyte_is_refused() {
        let error = prices(&product("VpcEndpoint-Hours", "GB", &tier("GB", "0", "Inf", "0.01"))).unwrap_err();
        assert_eq!(error, "VpcEndpoint-Hours is priced by `GB`");
    }

    #[test]
    fn other_products_are_passed_over_and_broken_ones_named() {
        assert_eq!(prices(&product("USE1-VPN-Hours", "Hrs", &tier("Hrs", "0", "Inf", "0.05"))).unwrap(), []);
        assert!(prices("{").is_err());
    }
}
