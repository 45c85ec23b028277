//! Bills as Parquet: only the columns that are needed are read, and only what is about PrivateLink is
//! kept. Polars reads them as a stream, so memory does not grow with the bill.

use std::collections::BTreeMap;

use polars::prelude::*;

use super::delimited::{check_currency, day, usage_type};
use super::item::{Key, Sums};
use super::layout::{Field, Layout};
use super::{BillFile, Content, unreadable};
use crate::error::{Error, Result};
use crate::price::{PRIVATELINK, UsageType};

/// Columns that lines have in common, in the order in which they are selected.
const KEYS: &[Field] = &[
    Field::Account,
    Field::Payer,
    Field::Resource,
    Field::UsageType,
    Field::Description,
    Field::Operation,
    Field::Region,
    Field::Kind,
    Field::Unit,
    Field::Currency,
    Field::Period,
];

/// Columns that are added up.
const AMOUNTS: &[Field] =
    &[Field::Quantity, Field::Billed, Field::Net, Field::SavingsPlan, Field::Reservation, Field::List];

/// Reads a file.
pub(super) fn read(file: &BillFile) -> Result<Content> {
    let failed = |error: PolarsError| unreadable(&file.path, &file.name, &error);
    let args =
        ScanArgsParquet { glob: false, hive_options: HiveOptions::new_disabled(), ..Default::default() };
    let scan = || LazyFrame::scan_parquet(PlRefPath::new(file.path.to_string_lossy()), args.clone());
    let mut frame = scan().map_err(failed)?;
    let schema = frame.collect_schema().map_err(failed)?;
    let names: Vec<String> = schema.iter_names().map(ToString::to_string).collect();
    let layout = Layout::find(&names, &file.name)?;
    for field in AMOUNTS {
        let Some(column) = layout.column(*field) else { continue };
        let is_number = schema.get(column).is_some_and(DataType::is_numeric);
        if !is_number {
            return Err(Error::failed(format!("the column `{column}` holds no numbers"))
                .at(&file.name)
                .hint("have the file exported anew, or give it as CSV"));
        }
    }
    let plan = frame.filter(wanted(&layout)).group_by(keys(&layout, &schema)).agg(amounts(&layout, &schema));
    let grouped = run(plan).map_err(failed)?;
    let counted = scan().and_then(|frame| run(frame.select([len()]))).map_err(failed)?;
    let lines =
        counted.columns().first().and_then(|column| column.get(0).ok()?.extract::<i64>()).unwrap_or(0);
    let items = items(&grouped, &layout).map_err(|error| error.at(&file.name))?;
    Ok(Content { source: layout.source(), lines, items })
}

/// Runs a plan as a stream. A plan without sinks has one result.
fn run(frame: LazyFrame) -> PolarsResult<DataFrame> {
    Ok(frame.collect_with_engine(Engine::Streaming)?.unwrap_single())
}

/// What the key columns are called after the scan.
fn alias(field: Field) -> PlSmallStr {
    format!("{field:?}").into()
}

/// The lines that are kept: those whose usage type ends with a known name. Where the bill has none,
/// those of the operation.
fn wanted(layout: &Layout) -> Expr {
    let by_operation = layout.column(Field::Operation).map(|column| col(column).eq(lit("VpcEndpoint")));
    // One look at each value: sixteen comparisons by the engine would take as many passes.
    let ends = |column: &str| {
        let known = |values: Column| {
            let mask: BooleanChunked = values
                .str()?
                .iter()
                .map(|value| Some(value.is_some_and(|value| UsageType::parse(value).is_some())))
                .collect();
            Ok(mask.with_name(values.name().clone()).into_column())
        };
        col(column)
            .map(known, |_, field| Ok(polars::prelude::Field::new(field.name().clone(), DataType::Boolean)))
    };
    match (layout.column(Field::UsageType), layout.is_focus, by_operation) {
        (Some(column), false, _) => ends(column),
        (Some(column), true, Some(operation)) => ends(column).fill_null(lit(false)).or(operation),
        (Some(column), true, None) => ends(column),
        (None, _, Some(operation)) => operation,
        (None, _, None) => lit(true),
    }
}

fn keys(layout: &Layout, schema: &Schema) -> Vec<Expr> {
    let resource_kept = layout.column(Field::UsageType).map(|column| {
        let names = PRIVATELINK.iter();
        names.map(|name| col(column).str().ends_with(lit(*name))).reduce(Expr::or).unwrap_or(lit(false))
    });
    KEYS.iter()
        .filter_map(|field| {
            let column = layout.column(*field)?;
            let kind = schema.get(column);
            let value = match (field, kind) {
                (Field::Period, Some(DataType::String)) => col(column).str().slice(lit(0), lit(10)),
                (Field::Period, _) => col(column).cast(DataType::Date).cast(DataType::String),
                (Field::Resource, _) => match &resource_kept {
                    // NAT gateways and instances are not told apart: that would be most of a bill.
                    Some(kept) => {
                        when(kept.clone()).then(col(column)).otherwise(lit(NULL).cast(DataType::String))
                    }
                    None => col(column),
                },
                (_, Some(DataType::String)) => col(column),
                _ => col(column).cast(DataType::String),
            };
            Some(value.alias(alias(*field)))
        })
        .collect()
}

fn amounts(layout: &Layout, schema: &Schema) -> Vec<Expr> {
    let mut sums: Vec<Expr> = AMOUNTS
        .iter()
        .filter_map(|field| {
            Some(col(layout.column(*field)?).cast(DataType::Float64).sum().alias(alias(*field)))
        })
        .collect();
    if let Some(column) = layout.column(Field::Start) {
        let day = match schema.get(column) {
            Some(DataType::String) => col(column).str().slice(lit(0), lit(10)),
            _ => col(column).cast(DataType::Date).cast(DataType::String),
        };
        sums.push(day.clone().min().alias("first"));
        sums.push(day.max().alias("last"));
    }
    sums.push(len().cast(DataType::Int64).alias("lines"));
    sums
}

fn items(frame: &DataFrame, layout: &Layout) -> Result<BTreeMap<Key, Sums>> {
    let unlike =
        |error: PolarsError| Error::failed(format!("the bill has a column of another kind: {error}"));
    let text = |name: &str| -> Result<Vec<Option<String>>> {
        match frame.column(name) {
            Err(_) => Ok(vec![None; frame.height()]),
            Ok(column) => Ok(column
                .str()
                .map_err(unlike)?
                .iter()
                .map(|value| value.filter(|value| !value.is_empty()).map(str::to_owned))
                .collect()),
        }
    };
    let number = |name: &str| -> Result<Vec<Option<f64>>> {
        match frame.column(name) {
            Err(_) => Ok(vec![None; frame.height()]),
            Ok(column) => Ok(column.f64().map_err(unlike)?.iter().collect()),
        }
    };
    let keys =
        KEYS.iter().map(|field| Ok((*field, text(&alias(*field))?))).collect::<Result<BTreeMap<_, _>>>()?;
    let amounts = AMOUNTS
        .iter()
        .map(|field| Ok((*field, number(&alias(*field))?)))
        .collect::<Result<BTreeMap<_, _>>>()?;
    let (first, last) = (text("first")?, text("last")?);
    let lines = frame.column("lines").map_err(unlike)?.i64().map_err(unlike)?.clone();
    let mut items: BTreeMap<Key, Sums> = BTreeMap::new();
    for row in 0..frame.height() {
        let value = |field: Field| keys.get(&field).and_then(|column| column[row].clone());
        let amount = |field: Field| amounts.get(&field).and_then(|column| column[row]);
        let name = |field: Field| layout.column(field).unwrap_or("");
        let stated = usage_type(
            layout,
            value(Field::UsageType).as_deref(),
            value(Field::Description).as_deref(),
            value(Field::Operation).as_deref(),
            value(Field::Unit).as_deref(),
        );
        // Names that only end alike are about something else.
        let Some(usage_type) = stated.filter(|stated| UsageType::parse(stated).is_some()) else { continue };
        check_currency(value(Field::Currency).as_deref(), name(Field::Currency))?;
        let required = |field: Field| {
            value(field).ok_or_else(|| {
                Error::failed(format!("the column `{}` is empty", name(field)))
                    .hint("have the file exported anew: whom the line belongs to is not known")
            })
        };
        let undated = || {
            Error::failed(format!("the column `{}` holds no date", name(Field::Start)))
                .hint("fetch the file anew, or have it exported anew")
        };
        let start = first[row].as_deref().and_then(day).ok_or_else(undated)?;
        let until = last[row].as_deref().and_then(day).ok_or_else(undated)?;
        let key = Key {
            account: required(Field::Account)?,
            month: value(Field::Period).as_deref().and_then(day).unwrap_or(start).first_of_month(),
            payer: value(Field::Payer),
            resource: value(Field::Resource),
            usage_type,
            operation: value(Field::Operation),
            region: value(Field::Region),
            kind: required(Field::Kind)?,
            unit: value(Field::Unit),
        };
        let sums = Sums {
            quantity: amount(Field::Quantity).unwrap_or(0.0),
            billed: amount(Field::Billed).unwrap_or(0.0),
            net: amount(Field::Net),
            savings_plan: amount(Field::SavingsPlan),
            reservation: amount(Field::Reservation),
            list: amount(Field::List),
            first: Some(start),
            last: Some(until),
            lines: lines.get(row).unwrap_or(0),
        };
        items.entry(key).or_default().add(&sums);
    }
    Ok(items)
}
