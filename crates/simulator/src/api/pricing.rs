//! The Price List Query API: GetProducts, each product as JSON text within JSON.

use axum::response::Response;
use serde_json::{Value, json};

use super::{page, unknown_action};
use crate::wire::{ApiError, Call};
use crate::world::{REGIONS, billing_prefix, hourly};

/// Products in a page, at the most.
const PAGE: usize = 100;

pub fn answer(call: &Call) -> Result<Response, ApiError> {
    if call.action != "GetProducts" {
        return Err(unknown_action(call));
    }
    let input = &call.input;
    let service = input["ServiceCode"]
        .as_str()
        .ok_or_else(|| ApiError::new(400, "InvalidParameterException", "ServiceCode is required"))?;
    let wanted = |product: &Value| {
        input["Filters"].as_array().into_iter().flatten().all(|filter| match filter["Field"].as_str() {
            Some("productFamily") => product["product"]["productFamily"] == filter["Value"],
            Some(field) => product["product"]["attributes"][field] == filter["Value"],
            None => false,
        })
    };
    let found: Vec<String> = products()
        .into_iter()
        .filter(|product| product["serviceCode"] == service && wanted(product))
        .map(|product| product.to_string())
        .collect();
    let size = input["MaxResults"].as_u64().map_or(PAGE, |size| (size as usize).clamp(1, PAGE));
    let (shown, next) = page(call, &found, size, input["NextToken"].as_str())?;
    let mut answer = json!({ "FormatVersion": "aws_v1", "PriceList": shown });
    if let Some(next) = next {
        answer["NextToken"] = next.into();
    }
    Ok(call.json(answer))
}

fn products() -> Vec<Value> {
    let mut products = Vec::new();
    for region in REGIONS {
        let rate = hourly(region);
        let mut add = |service: &str, family: &str, usage: &str, unit: &str, tiers: &[(&str, &str, f64)]| {
            products.push(product(region, service, family, usage, unit, tiers));
        };
        let bytes = [("0", "1048576", 0.01), ("1048576", "5242880", 0.006), ("5242880", "Inf", 0.004)];
        add("AmazonVPC", "VpcEndpoint", "VpcEndpoint-Hours", "Hrs", &[("0", "Inf", rate)]);
        add("AmazonVPC", "VpcEndpoint", "VpcEndpoint-Bytes", "GB", &bytes);
        add("AmazonVPC", "VpcEndpoint", "VpcEndpoint-GWLBE-Hours", "Hrs", &[("0", "Inf", rate)]);
        add("AmazonVPC", "VpcEndpoint", "VpcEndpoint-GWLBE-Bytes", "GB", &[("0", "Inf", 0.0035)]);
        add("AmazonVPC", "Transit Gateway", "TransitGateway-Hours", "Hrs", &[("0", "Inf", 0.05)]);
        add("AmazonVPC", "Transit Gateway", "TransitGateway-Bytes", "GB", &[("0", "Inf", 0.02)]);
        add("AmazonEC2", "NAT Gateway", "NatGateway-Hours", "Hrs", &[("0", "Inf", 4.5 * rate)]);
        add("AmazonEC2", "NAT Gateway", "NatGateway-Bytes", "GB", &[("0", "Inf", 4.5 * rate)]);
        add("AWSELB", "Load Balancer-Network", "LoadBalancerUsage", "Hrs", &[("0", "Inf", 2.25 * rate)]);
        add("AWSELB", "Load Balancer-Application", "LoadBalancerUsage", "Hrs", &[("0", "Inf", 2.8 * rate)]);
        add("AWSDataTransfer", "Data Transfer", "DataTransfer-Regional-Bytes", "GB", &[("0", "Inf", 0.01)]);
        // Something that has the family and is of no use here.
        add("AmazonVPC", "VpcEndpoint", "VpcEndpoint-Novelty-Hours", "Hrs", &[("0", "Inf", 9.0)]);
    }
    products
}

fn product(
    region: &str,
    service: &str,
    family: &str,
    usage: &str,
    unit: &str,
    tiers: &[(&str, &str, f64)],
) -> Value {
    let sku = format!("{region}-{family}-{usage}");
    let dimensions: serde_json::Map<String, Value> = tiers
        .iter()
        .map(|(begin, end, rate)| {
            let dimension = json!({
                "unit": unit,
                "beginRange": begin,
                "endRange": end,
                "pricePerUnit": { "USD": format!("{rate:.10}") },
                "description": format!("${rate} per {unit}"),
            });
            (format!("{sku}.JRTCKXETXF.{begin}"), dimension)
        })
        .collect();
    json!({
        "product": {
            "sku": sku,
            "productFamily": family,
            "attributes": {
                "servicecode": service,
                "regionCode": region,
                "usagetype": format!("{}{usage}", billing_prefix(region)),
                "operation": "VpcEndpoint",
                "transferType": if family == "Data Transfer" { "IntraRegion" } else { "" },
            },
        },
        "serviceCode": service,
        "terms": {
            "OnDemand": {
                format!("{sku}.JRTCKXETXF"): {
                    "effectiveDate": "2026-09-01T00:00:00Z",
                    "priceDimensions": dimensions,
                },
            },
        },
        "version": "20260917000000",
        "publicationDate": "2026-09-17T00:00:00Z",
    })
}
