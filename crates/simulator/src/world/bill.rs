//! What the organization is billed: the same endpoints, as a bill has them.

use std::io::Write;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{ToSpan, Unit};

use super::{Endpoint, Region, World};

/// A line of the bill: one endpoint, usage type and day.
#[derive(Clone, Debug)]
pub struct BillLine {
    /// The day.
    pub day: Date,
    /// The account.
    pub account: String,
    /// The Region.
    pub region: String,
    /// The usage type, with the Region's prefix as bills really write it.
    pub usage_type: String,
    /// `Usage` or `Credit`.
    pub record_type: &'static str,
    /// The endpoint.
    pub endpoint: String,
    /// Hours of zones, or gigabytes.
    pub quantity: f64,
    /// `Hrs` or `GB`.
    pub unit: &'static str,
    /// US dollars.
    pub cost: f64,
}

impl World {
    /// The lines of an account for the days from `start` to the day before `end`, as far as they are
    /// past.
    pub fn bill_lines(&self, account: usize, start: Date, end: Date) -> Vec<BillLine> {
        let mut lines = Vec::new();
        let Some(owner) = self.accounts.get(account) else { return lines };
        let today = self.now.to_zoned(TimeZone::UTC).date();
        for region in owner.regions.values() {
            let own = region.endpoints.iter().filter(|endpoint| {
                // Whoever offers a service may have taken over what the endpoints that lead to it cost.
                let service = endpoint.service_name.as_deref().and_then(|name| self.service(name));
                service.is_none_or(|(provider, service)| service.payer.is_none() || provider.id == owner.id)
            });
            let paid_for = region
                .services
                .iter()
                .filter(|service| service.payer.is_some())
                .flat_map(|service| self.consumers(&service.service_name))
                .filter(|(consumer, _, _)| consumer.id != owner.id);
            let billed =
                own.map(|endpoint| (region, endpoint)).chain(paid_for.map(|(_, there, one)| (there, one)));
            for (place, endpoint) in billed {
                let created = self.created(endpoint.age_days).to_zoned(TimeZone::UTC).datetime();
                let days = Days { start, end: end.min(today), today, created };
                bill(endpoint, &owner.id, place, days, &mut lines);
            }
            for (endpoint, days_ago) in &region.gone {
                let created = self.created(endpoint.age_days).to_zoned(TimeZone::UTC).datetime();
                let last = today.saturating_sub(days_ago.days());
                let days = Days { start, end: end.min(last), today, created };
                bill(endpoint, &owner.id, region, days, &mut lines);
            }
        }
        // Every seventh account has got something back.
        if account % 7 == 2 {
            let credits: Vec<BillLine> = lines
                .iter()
                .filter(|line| line.unit == "Hrs" && line.day.day() == 3)
                .map(|line| BillLine {
                    record_type: "Credit",
                    cost: -line.cost,
                    quantity: 0.0,
                    ..line.clone()
                })
                .collect();
            lines.extend(credits);
        }
        lines
    }

    /// A Cost and Usage Report 2.0 over some accounts, as gzip CSV: what an account that has set up an
    /// export of its own gets.
    pub fn cost_and_usage_report(
        &self,
        accounts: &[usize],
        start: Date,
        end: Date,
        out: impl Write,
    ) -> std::io::Result<()> {
        let payer = &self.management_account().id;
        let mut writer =
            csv::Writer::from_writer(flate2::write::GzEncoder::new(out, flate2::Compression::fast()));
        writer.write_record([
            "bill_payer_account_id",
            "bill_billing_period_start_date",
            "line_item_usage_account_id",
            "line_item_line_item_type",
            "line_item_usage_start_date",
            "line_item_product_code",
            "line_item_usage_type",
            "line_item_operation",
            "line_item_resource_id",
            "line_item_usage_amount",
            "line_item_currency_code",
            "line_item_unblended_cost",
            "pricing_unit",
            "pricing_public_on_demand_cost",
            "product_region_code",
        ])?;
        for account in accounts {
            for line in self.bill_lines(*account, start, end) {
                let arn = format!(
                    "arn:{}:ec2:{}:{}:vpc-endpoint/{}",
                    self.partition, line.region, line.account, line.endpoint
                );
                writer.write_record([
                    payer.as_str(),
                    &format!("{}T00:00:00.000Z", line.day.first_of_month()),
                    &line.account,
                    line.record_type,
                    &format!("{}T00:00:00.000Z", line.day),
                    "AmazonVPC",
                    &line.usage_type,
                    "VpcEndpoint",
                    &arn,
                    &format!("{:.10}", line.quantity),
                    "USD",
                    &format!("{:.10}", line.cost),
                    line.unit,
                    &format!("{:.10}", line.cost.max(0.0)),
                    &line.region,
                ])?;
            }
        }
        writer.into_inner().map_err(|error| std::io::Error::other(error.to_string()))?.finish()?;
        Ok(())
    }
}

#[derive(Clone, Copy)]
struct Days {
    start: Date,
    end: Date,
    today: Date,
    /// When the endpoint was created. That hour is billed whole.
    created: DateTime,
}

fn bill(endpoint: &Endpoint, account: &str, region: &Region, days: Days, lines: &mut Vec<BillLine>) {
    let (hours_type, bytes_type, per_gigabyte) = match endpoint.kind {
        "Interface" => ("VpcEndpoint-Hours", "VpcEndpoint-Bytes", 0.01),
        "GatewayLoadBalancer" => ("VpcEndpoint-GWLBE-Hours", "VpcEndpoint-GWLBE-Bytes", 0.0035),
        _ => return,
    };
    let prefix = billing_prefix(&region.name);
    let series = region.series.iter().find(|series| {
        series.dimensions.len() == 4 && series.dimensions.iter().any(|(_, value)| *value == endpoint.id)
    });
    let mut day = days.start;
    while day < days.end {
        let days_ago = days.today.since((Unit::Day, day)).map_or(0, |span| i64::from(span.get_days()));
        if day >= days.created.date() {
            let mut line = |usage_type: &str, unit: &'static str, quantity: f64, rate: f64| {
                lines.push(BillLine {
                    day,
                    account: account.to_owned(),
                    region: region.name.clone(),
                    usage_type: format!("{prefix}{usage_type}"),
                    record_type: "Usage",
                    endpoint: endpoint.id.clone(),
                    quantity,
                    unit,
                    cost: quantity * rate,
                });
            };
            let hours = if day == days.created.date() { 24 - days.created.hour() } else { 24 };
            line(hours_type, "Hrs", f64::from(hours) * endpoint.subnets.len() as f64, hourly(&region.name));
            let published = series.and_then(|series| series.value(days_ago));
            if let Some(bytes) = published.or_else(|| region.unpublished.get(&endpoint.id).copied()) {
                line(bytes_type, "GB", bytes / 1_073_741_824.0, per_gigabyte);
            }
        }
        day = match day.checked_add(1.day()) {
            Ok(next) => next,
            Err(_) => break,
        };
    }
}

/// US dollars per zone and hour.
pub fn hourly(region: &str) -> f64 {
    match region {
        "us-east-1" | "us-west-2" => 0.01,
        "eu-west-1" | "eu-west-2" => 0.011,
        "eu-central-1" | "eu-south-1" => 0.012,
        "ap-northeast-1" => 0.014,
        "sa-east-1" => 0.021,
        _ => 0.013,
    }
}

/// The prefix of usage types as bills really write it: nothing for us-east-1, no digit for Ireland.
pub fn billing_prefix(region: &str) -> &'static str {
    match region {
        "us-east-1" => "",
        "us-west-2" => "USW2-",
        "eu-west-1" => "EU-",
        "eu-west-2" => "EUW2-",
        "eu-central-1" => "EUC1-",
        "eu-south-1" => "EUS1-",
        "ap-northeast-1" => "APN1-",
        "ap-northeast-2" => "APN2-",
        "ap-southeast-1" => "APS1-",
        "ap-south-1" => "APS3-",
        "sa-east-1" => "SAE1-",
        "ca-central-1" => "CAN1-",
        _ => "",
    }
}
