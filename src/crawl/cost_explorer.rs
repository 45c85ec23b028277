//! What the organization was billed, as Cost Explorer tells it: totals per account and usage type, in a
//! handful of requests, each of which costs a cent.

use std::sync::Arc;

use aws_sdk_costexplorer::types::{
    DateInterval, Dimension, DimensionValues, Expression, Granularity, Group, GroupDefinition,
    GroupDefinitionType,
};
use jiff::civil::Date;

use super::account::coverage_row;
use super::budget::Budget;
use super::meter::Meter;
use super::outcome::Failure;
use super::page::every_page;
use super::role::{Role, RoleCredentials, SessionSettings};
use super::session::Connected;
use super::tally::Tally;
use crate::bill::{Item, Key, Sums};
use crate::iam;
use crate::table::{Coverage, Operation, Outcome};

/// The service under which PrivateLink is billed.
const SERVICE: &str = "Amazon Virtual Private Cloud";

/// What is asked for, one request each: the types of record, and what such a line is called. Taxes are
/// not asked for. Quantities of discounts are not usage, so discounts are not asked for together with it.
const RECORDS: &[(&[&str], &str)] =
    &[(&["Usage"], "Usage"), (DISCOUNTS, "Discount"), (&["Credit"], "Credit"), (&["Refund"], "Refund")];

/// The types of discount in Cost Explorer's spelling, of which there are several
/// (<https://docs.aws.amazon.com/cost-management/latest/userguide/ce-filtering.html>).
const DISCOUNTS: &[&str] = &[
    "Enterprise Discount Program Discount",
    "EdpDiscount",
    "Private Rate Card Discount",
    "PrivateRateDiscount",
    "Bundled Discount",
    "BundledDiscount",
    "Solution Provider Program Discount",
    "SppDiscount",
    "Distributor Discount",
    "Discount",
];

/// What Cost Explorer gave.
#[derive(Clone, Debug, Default)]
pub struct Billed {
    /// Totals by account, usage type and month.
    pub items: Vec<(Key, Sums)>,
    /// Why there are none, or not all.
    pub failure: Option<(Outcome, String)>,
    /// The row of coverage for it.
    pub coverage: Vec<Coverage>,
}

/// Asks for the months from the first of one to the day before `end`. `payer` is the account that pays:
/// Cost Explorer does not say who that is.
///
/// With a role's ARN it is asked by that role: members of an organization see nothing but themselves, and
/// billing is often somebody else's business.
pub async fn cost_explorer(
    connected: &Connected,
    role: Option<(&str, &SessionSettings)>,
    months: (Date, Date),
    payer: &str,
    tally: &Arc<Tally>,
    budget: &Budget,
) -> Billed {
    let meter = Meter::new(tally.clone());
    let mut config = aws_sdk_costexplorer::config::Builder::from(connected.connection.sdk());
    if let Some((arn, session)) = role {
        let sts = aws_sdk_sts::config::Builder::from(connected.connection.sdk()).interceptor(meter.clone());
        let role = Role {
            arn: arn.to_owned(),
            external_id: None,
            session: session.clone(),
            policy: iam::billing_session_policy(),
        };
        let credentials = RoleCredentials::new(aws_sdk_sts::Client::from_conf(sts.build()), role);
        config.set_credentials_provider(Some(
            aws_credential_types::provider::SharedCredentialsProvider::new(credentials),
        ));
    }
    let client = aws_sdk_costexplorer::Client::from_conf(config.interceptor(meter.clone()).build());
    let asking = Asking { client: &client, months, budget, payer };
    let mut billed = Billed::default();
    let mut failure = None;
    for (record_types, kind) in RECORDS {
        match asking.totals(record_types, kind).await {
            Ok(items) => billed.items.extend(items),
            Err(stopped) => {
                failure = Some(stopped);
                break;
            }
        }
    }
    if failure.is_some() {
        // A part of a bill would be a smaller bill.
        billed.items.clear();
    }
    billed.failure = failure.as_ref().map(|failure| {
        let code = failure.code.as_ref().map_or_else(String::new, |code| format!(" ({code})"));
        (failure.outcome, format!("{}{code}", failure.message))
    });
    let operation = Operation::CostExplorerGetCostAndUsage;
    let rows = billed.items.len() as i64;
    let region = connected.connection.home_region();
    let mut row = coverage_row(&connected.caller.account_id, &region, &meter, operation, failure, rows);
    row.charge = row.requests as f64 * super::budget::price(operation);
    billed.coverage.push(row);
    billed
}

struct Asking<'a> {
    client: &'a aws_sdk_costexplorer::Client,
    months: (Date, Date),
    budget: &'a Budget,
    payer: &'a str,
}

impl Asking<'_> {
    /// All pages of some types of record, by account and usage type.
    async fn totals(&self, record_types: &[&str], kind: &str) -> Result<Vec<Item>, Failure> {
        let period = &self.period()?;
        let (items, failure) = every_page(|token| self.page(record_types, kind, period, token)).await;
        failure.map_or(Ok(items), Err)
    }

    async fn page(
        &self,
        record_types: &[&str],
        kind: &str,
        period: &DateInterval,
        token: Option<String>,
    ) -> Result<(Vec<Item>, Option<String>), Failure> {
        let operation = Operation::CostExplorerGetCostAndUsage;
        if !self.budget.take(operation, 1) {
            return Err(Failure {
                outcome: Outcome::Skipped,
                code: None,
                message: "the limit that --max-cost sets is reached".to_owned(),
            });
        }
        let page = self
            .client
            .get_cost_and_usage()
            .time_period(period.clone())
            .granularity(Granularity::Monthly)
            .filter(filter(record_types))
            .metrics("UnblendedCost")
            .metrics("NetUnblendedCost")
            .metrics("UsageQuantity")
            .group_by(by(&Dimension::LinkedAccount))
            .group_by(by(&Dimension::UsageType))
            .set_next_page_token(token)
            .send()
            .await
            .map_err(|error| Failure::new(operation, &error))?;
        let mut items = Vec::new();
        for result in page.results_by_time() {
            let period = result.time_period();
            let (Some(start), Some(end)) = (
                period.and_then(|period| period.start().parse::<Date>().ok()),
                period.and_then(|period| period.end().parse::<Date>().ok()),
            ) else {
                return Err(Failure::error("Cost Explorer gave a result without its period"));
            };
            for group in result.groups() {
                items.push(self.item(group, start, end, kind)?);
            }
        }
        Ok((items, page.next_page_token))
    }

    fn item(&self, group: &Group, start: Date, end: Date, kind: &str) -> Result<Item, Failure> {
        let [account, usage_type] = group.keys() else {
            return Err(Failure::error("Cost Explorer grouped by something else than was asked for"));
        };
        let metric = |name: &str| {
            let value = group.metrics().and_then(|metrics| metrics.get(name));
            let amount = value.and_then(|value| value.amount()).and_then(|amount| amount.parse::<f64>().ok());
            (amount, value.and_then(|value| value.unit()).map(str::to_owned))
        };
        let (billed, currency) = metric("UnblendedCost");
        let (net, _) = metric("NetUnblendedCost");
        let (quantity, unit) = metric("UsageQuantity");
        let billed = billed.ok_or_else(|| Failure::error("Cost Explorer gave no amount for a group"))?;
        if let Some(currency) = currency.filter(|currency| currency != "USD") {
            return Err(Failure::error(format!(
                "Cost Explorer answers in {currency}, not in US dollars; costs stay estimates"
            )));
        }
        let key = Key {
            account: account.clone(),
            month: start.first_of_month(),
            payer: Some(self.payer.to_owned()),
            resource: None,
            usage_type: usage_type.clone(),
            operation: None,
            region: None,
            kind: kind.to_owned(),
            unit: unit.filter(|unit| unit != "N/A"),
            sku: None,
            sku_price: None,
        };
        let sums = Sums {
            quantity: quantity.unwrap_or(0.0),
            billed,
            net,
            first: Some(start),
            last: end.yesterday().ok(),
            ..Sums::default()
        };
        Ok((key, sums))
    }

    fn period(&self) -> Result<DateInterval, Failure> {
        DateInterval::builder()
            .start(self.months.0.to_string())
            .end(self.months.1.to_string())
            .build()
            .map_err(|error| Failure::error(error.to_string()))
    }
}

fn filter(record_types: &[&str]) -> Expression {
    let values = |key: Dimension, values: &[&str]| {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        let dimension = DimensionValues::builder().key(key).set_values(Some(values)).build();
        Expression::builder().dimensions(dimension).build()
    };
    Expression::builder()
        .and(values(Dimension::Service, &[SERVICE]))
        .and(values(Dimension::RecordType, record_types))
        .build()
}

fn by(dimension: &Dimension) -> GroupDefinition {
    GroupDefinition::builder().r#type(GroupDefinitionType::Dimension).key(dimension.as_str()).build()
}
