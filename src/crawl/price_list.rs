//! AWS's own price list, as its Query API gives it, over all Regions.

use std::sync::Arc;

use aws_sdk_pricing::types::{Filter, FilterType};

use super::meter::Meter;
use super::outcome::Failure;
use super::page::every_page;
use super::session::Connected;
use super::tally::Tally;
use crate::error::{Error, Result};
use crate::table::Operation;

/// The API answers in three Regions only; this is one of them.
const REGION: &str = "us-east-1";

/// Where endpoints, and what stands beside them, are listed: service code, attribute and its value.
/// Application Load Balancers have the same usage type as Network Load Balancers, and another family.
const LISTS: &[(&str, &str, &str)] = &[
    ("AmazonVPC", "productFamily", "VpcEndpoint"),
    ("AmazonVPC", "productFamily", "Transit Gateway"),
    ("AmazonEC2", "productFamily", "NAT Gateway"),
    ("AWSELB", "productFamily", "Load Balancer-Network"),
    ("AWSDataTransfer", "transferType", "IntraRegion"),
];

/// Asks for all products, each as JSON text.
pub async fn price_list(connected: &Connected, tally: &Arc<Tally>) -> Result<Vec<String>> {
    let meter = Meter::new(tally.clone());
    let config = aws_sdk_pricing::config::Builder::from(connected.connection.sdk())
        .region(aws_sdk_pricing::config::Region::from_static(REGION))
        .interceptor(meter);
    let client = &aws_sdk_pricing::Client::from_conf(config.build());
    let operation = Operation::PricingGetProducts;
    let refused = |failure: &Failure| {
        let code = failure.code.as_ref().map_or_else(String::new, |code| format!(" ({code})"));
        Error::failed(format!("the price list could not be read{code}: {}", failure.message))
            .at(format!("account {}, {REGION}, {operation}", connected.caller.account_id))
            .hint(format!("allow {operation}; without it the prices that ship with plaudit are used"))
    };
    let mut products = Vec::new();
    for (service, attribute, value) in LISTS {
        let filter = Filter::builder()
            .r#type(FilterType::TermMatch)
            .field(*attribute)
            .value(*value)
            .build()
            .map_err(|error| refused(&Failure::error(error.to_string())))?;
        let filter = &filter;
        let (found, failure) = every_page(|token| async move {
            let call = client.get_products().service_code(*service).filters(filter.clone());
            let page = call.max_results(100).set_next_token(token).send().await;
            let page = page.map_err(|error| Failure::new(operation, &error))?;
            Ok((page.price_list.unwrap_or_default(), page.next_token))
        })
        .await;
        if let Some(failure) = failure {
            return Err(refused(&failure));
        }
        products.extend(found);
    }
    Ok(products)
}
