//! Bills as CSV, plain or gzip: read line by line.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};

use csv::ByteRecord;
use flate2::bufread::MultiGzDecoder;
use jiff::civil::Date;

use super::item::{Key, Sums};
use super::layout::{Field, Layout};
use super::{BillFile, Content, unreadable};
use crate::error::{Error, Result};
use crate::price::UsageType;

/// Reads a file.
pub(super) fn read(file: &BillFile) -> Result<Content> {
    let failed = |error: &dyn std::fmt::Display| unreadable(&file.path, &file.name, error);
    let opened = File::open(&file.path).map_err(|error| failed(&error))?;
    let buffered = BufReader::with_capacity(1 << 20, opened);
    let is_gzip = file.path.extension().is_some_and(|extension| extension == "gz");
    let plain: Box<dyn Read> =
        if is_gzip { Box::new(MultiGzDecoder::new(buffered)) } else { Box::new(buffered) };
    let mut reader = csv::ReaderBuilder::new().buffer_capacity(1 << 20).from_reader(plain);
    let names: Vec<String> =
        reader.headers().map_err(|error| failed(&error))?.iter().map(str::to_owned).collect();
    let layout = Layout::find(&names, &file.name)?;
    let columns = Columns::new(&layout, &names);
    let mut items: BTreeMap<Key, Sums> = BTreeMap::new();
    let mut lines = 0;
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(|error| failed(&error))? {
        lines += 1;
        let Some(usage_type) = columns.usage_type(&record) else { continue };
        let Some(usage) = UsageType::parse(&usage_type) else { continue };
        let line = record.position().map_or(0, csv::Position::line);
        let with_resource = usage.is_privatelink();
        let (key, sums) = columns
            .item(&record, &usage_type, with_resource)
            .map_err(|problem| problem.at(format!("{}:{line}", file.name)))?;
        items.entry(key).or_default().add(&sums);
    }
    Ok(Content { source: layout.source(), lines, items })
}

/// Where each field stands in a record.
struct Columns<'a> {
    layout: &'a Layout,
    positions: BTreeMap<Field, usize>,
}

impl Columns<'_> {
    fn new<'a>(layout: &'a Layout, names: &[String]) -> Columns<'a> {
        let fields = [
            Field::Payer,
            Field::Account,
            Field::Resource,
            Field::UsageType,
            Field::Description,
            Field::Operation,
            Field::Region,
            Field::Kind,
            Field::Period,
            Field::Start,
            Field::Quantity,
            Field::Unit,
            Field::Billed,
            Field::Net,
            Field::SavingsPlan,
            Field::Reservation,
            Field::List,
            Field::Currency,
        ];
        let positions = fields
            .into_iter()
            .filter_map(|field| {
                let name = layout.column(field)?;
                Some((field, names.iter().position(|found| found == name)?))
            })
            .collect();
        Columns { layout, positions }
    }

    fn text<'r>(&self, record: &'r ByteRecord, field: Field) -> Option<&'r str> {
        let bytes = record.get(*self.positions.get(&field)?)?;
        std::str::from_utf8(bytes).ok().filter(|text| !text.is_empty())
    }

    fn usage_type(&self, record: &ByteRecord) -> Option<String> {
        usage_type(
            self.layout,
            self.text(record, Field::UsageType),
            self.text(record, Field::Description),
            self.text(record, Field::Operation),
            self.text(record, Field::Unit),
        )
    }

    fn item(&self, record: &ByteRecord, usage_type: &str, with_resource: bool) -> Result<(Key, Sums)> {
        let text = |field| self.text(record, field).map(str::to_owned);
        let column = |field| self.layout.column(field).unwrap_or("").to_owned();
        let amount = |field: Field| match self.text(record, field) {
            None => Ok(None),
            Some(text) => {
                text.parse::<f64>().ok().filter(|amount| amount.is_finite()).map(Some).ok_or_else(|| {
                    Error::failed(format!("`{text}` in the column `{}` is no amount", column(field)))
                        .hint("fetch the file anew, or have it exported anew")
                })
            }
        };
        check_currency(self.text(record, Field::Currency), &column(Field::Currency))?;
        let day = |field| self.text(record, field).and_then(day);
        let start = day(Field::Start).ok_or_else(|| {
            Error::failed(format!("the column `{}` holds no date", column(Field::Start)))
                .hint("fetch the file anew, or have it exported anew")
        })?;
        let required = |field| {
            text(field).ok_or_else(|| {
                Error::failed(format!("the column `{}` is empty", column(field)))
                    .hint("have the file exported anew: whom the line belongs to is not known")
            })
        };
        let key = Key {
            account: required(Field::Account)?,
            month: day(Field::Period).unwrap_or(start).first_of_month(),
            payer: text(Field::Payer),
            resource: text(Field::Resource).filter(|_| with_resource),
            usage_type: usage_type.to_owned(),
            operation: text(Field::Operation),
            region: text(Field::Region),
            kind: required(Field::Kind)?,
            unit: text(Field::Unit),
        };
        let sums = Sums {
            quantity: amount(Field::Quantity)?.unwrap_or(0.0),
            billed: amount(Field::Billed)?.unwrap_or(0.0),
            net: amount(Field::Net)?,
            savings_plan: amount(Field::SavingsPlan)?,
            reservation: amount(Field::Reservation)?,
            list: amount(Field::List)?,
            first: Some(start),
            last: Some(start),
            lines: 1,
        };
        Ok((key, sums))
    }
}

/// The usage type of a line. FOCUS 1.2 as AWS exports it has none: there the description and the unit
/// tell.
pub(super) fn usage_type(
    layout: &Layout,
    stated: Option<&str>,
    description: Option<&str>,
    operation: Option<&str>,
    unit: Option<&str>,
) -> Option<String> {
    if let Some(stated) = stated.filter(|stated| UsageType::parse(stated).is_some()) {
        return Some(stated.to_owned());
    }
    // A report names the usage type of every line: one that is not known there is something else.
    if !layout.is_focus || operation != Some("VpcEndpoint") {
        return None;
    }
    let gateway = description.is_some_and(|text| text.contains("Gateway Load Balancer"));
    let is_bytes = match unit {
        Some(unit) => matches!(unit, "GB" | "GiB" | "Gigabytes"),
        None => description.is_some_and(|text| text.contains("GB")),
    };
    Some(
        match (gateway, is_bytes) {
            (false, false) => "VpcEndpoint-Hours",
            (false, true) => "VpcEndpoint-Bytes",
            (true, false) => "VpcEndpoint-GWLBE-Hours",
            (true, true) => "VpcEndpoint-GWLBE-Bytes",
        }
        .to_owned(),
    )
}

/// Amounts in another currency cannot be added to these.
pub(super) fn check_currency(currency: Option<&str>, column: &str) -> Result<()> {
    match currency {
        Some("USD") => Ok(()),
        other => Err(Error::failed(format!(
            "the bill is in `{}`, not in US dollars (column `{column}`)",
            other.unwrap_or("no currency")
        ))
        .hint("export it in USD: list prices and savings are in US dollars, and cannot be compared with it")),
    }
}

/// The day of a time as bills write it: `2026-10-01T00:00:00Z`, or `2026-10-01 00:00:00`.
pub(super) fn day(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}
