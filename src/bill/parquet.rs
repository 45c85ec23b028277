//! Bills as Parquet: only the columns that are needed are read, and only what is about PrivateLink is
//! kept. Polars reads them as a stream, so memory does not grow with the bill.

use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use jiff::civil::Date;
use polars::prelude::*;

use super::item::{Key, Sums};
use super::layout::{Field, Layout};
use super::line::{self, Line};
use super::{BillFile, Content, unreadable};
use crate::error::{Error, Result};
use crate::parquet;
use crate::price::UsageType;

/// The longest value of a column, in bytes. AWS's names, types and descriptions are a hundredth of it.
const LONGEST_VALUE: usize = 64 << 10;

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
    Field::Sku,
    Field::SkuPrice,
];

/// Columns that are added up.
const AMOUNTS: &[Field] =
    &[Field::Quantity, Field::Billed, Field::Net, Field::SavingsPlan, Field::Reservation, Field::List];

/// The columns of a group beside these: the first and last day, and how many lines.
const FIRST: &str = "first";
const LAST: &str = "last";
const LINES: &str = "lines";

/// What the column of accounts is called where all lines are looked at.
const ACCOUNT: &str = "account";

/// Reads a file; `None` if it is not a bill.
pub(super) fn read(file: &BillFile) -> Result<Option<Content>> {
    let failed = |error: PolarsError| unreadable(&file.path, &file.name, &error);
    let args =
        ScanArgsParquet { glob: false, hive_options: HiveOptions::new_disabled(), ..Default::default() };
    let scan = || LazyFrame::scan_parquet(PlRefPath::new(file.path.to_string_lossy()), args.clone());
    let mut frame = scan().map_err(failed)?;
    let schema = frame.collect_schema().map_err(failed)?;
    let names: Vec<String> = schema.iter_names().map(ToString::to_string).collect();
    if !Layout::is_bill(&names) {
        return Ok(None);
    }
    let layout = Layout::find(&names, &file.name)?;
    parquet::check(&file.path, &|name| is_needed(&layout, name), LONGEST_VALUE)
        .map_err(|problem| unreadable(&file.path, &file.name, &problem))?;
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
    let account = col(layout.column(Field::Account).unwrap_or("")).cast(DataType::String).alias(ACCOUNT);
    let accounts = scan()
        .and_then(|frame| run(frame.select([account]).unique(None, UniqueKeepStrategy::Any)))
        .map_err(failed)?;
    let accounts = accounts.column(ACCOUNT).and_then(Column::str).map_err(failed)?;
    let accounts = accounts.iter().flatten().filter(|one| !line::is_empty(one)).map(str::to_owned).collect();
    let names_usage = layout.names_usage();
    Ok(Some(Content { source: layout.source(), lines, items, accounts, names_usage }))
}

/// The parts of a file that hold the columns which are read, by row group, from a file of which only the
/// end is there. `None` where its footer begins before that end, or cannot be understood.
pub fn needed_parts(path: &Path, name: &str) -> Result<Option<Vec<Vec<Range<u64>>>>> {
    // The library panics at some footers instead of refusing them.
    catch_unwind(AssertUnwindSafe(|| parts(path, name))).unwrap_or(Ok(None))
}

fn parts(path: &Path, name: &str) -> Result<Option<Vec<Vec<Range<u64>>>>> {
    let Ok(file) = std::fs::File::open(path) else { return Ok(None) };
    let Ok(length) = file.metadata().map(|file| file.len()) else { return Ok(None) };
    let mut reader = ParquetReader::new(file);
    let Ok(metadata) = reader.get_metadata() else { return Ok(None) };
    let of_group = metadata.row_groups.iter().map(|group| {
        let columns = group.parquet_columns().iter();
        columns
            .map(|column| (column.descriptor().path_in_schema.first(), parquet::place(column, length).ok()))
    });
    let names: Vec<String> =
        of_group.clone().take(1).flatten().filter_map(|(name, _)| Some(name?.to_string())).collect();
    if !Layout::is_bill(&names) {
        return Ok(None);
    }
    let layout = Layout::find(&names, name)?;
    let parts = of_group.map(|columns| {
        let needed = columns.filter(|(name, _)| name.is_some_and(|name| is_needed(&layout, name)));
        needed.map(|(_, range)| range).collect()
    });
    Ok(parts.collect())
}

fn is_needed(layout: &Layout, name: &str) -> bool {
    layout.columns().any(|(_, column)| column == name)
}

/// Runs a plan as a stream. A plan without sinks has one result.
fn run(frame: LazyFrame) -> PolarsResult<DataFrame> {
    Ok(frame.collect_with_engine(Engine::Streaming)?.unwrap_single())
}

/// What the key columns are called after the scan.
fn alias(field: Field) -> PlSmallStr {
    format!("{field:?}").into()
}

/// The lines that are kept: those whose usage type is known; of a FOCUS export also those whose
/// operation or description is that of an endpoint.
fn wanted(layout: &Layout) -> Expr {
    let of_focus = |field| layout.column(field).filter(|_| layout.is_focus);
    let ways = [
        layout
            .column(Field::UsageType)
            .map(|column| text_is(column, |billed| billed.and_then(UsageType::parse).is_some())),
        of_focus(Field::Operation).map(|column| text_is(column, |text| text == Some("VpcEndpoint"))),
        of_focus(Field::Description)
            .map(|column| text_is(column, |text| text.is_some_and(line::is_about_endpoints))),
    ];
    ways.into_iter().flatten().reduce(|one, other| one.or(other)).unwrap_or(lit(true))
}

/// Whether the text of a column is such. It is one look at each value, and the engine looks at the values of
/// a dictionary only once, where comparisons with every known name would be a pass over all lines each.
fn text_is(column: &str, such: fn(Option<&str>) -> bool) -> Expr {
    let look = move |values: Column| {
        let found: BooleanChunked = values.str()?.iter().map(|value| Some(such(value))).collect();
        Ok(found.with_name(values.name().clone()).into_column())
    };
    col(column)
        .cast(DataType::String)
        .map(look, |_, field| Ok(polars::prelude::Field::new(field.name().clone(), DataType::Boolean)))
}

fn keys(layout: &Layout, schema: &Schema) -> Vec<Expr> {
    let has_resource = layout.column(Field::UsageType).map(|column| {
        text_is(column, |billed| billed.and_then(UsageType::parse).is_none_or(|usage| usage.is_privatelink()))
    });
    KEYS.iter()
        .filter_map(|field| {
            let column = layout.column(*field)?;
            let value = match (field, schema.get(column)) {
                (Field::Period, kind) => day(column, kind),
                // Lines of other resources are added up: told apart they would be most of a bill.
                (Field::Resource, _) => match &has_resource {
                    Some(has) => {
                        when(has.clone()).then(col(column)).otherwise(lit(NULL).cast(DataType::String))
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

/// The day of a time, which exports write as text or as a time.
fn day(column: &str, kind: Option<&DataType>) -> Expr {
    match kind {
        Some(DataType::String) => col(column).str().slice(lit(0), lit(10)),
        _ => col(column).cast(DataType::Date).cast(DataType::String),
    }
}

fn amounts(layout: &Layout, schema: &Schema) -> Vec<Expr> {
    let mut sums: Vec<Expr> = AMOUNTS
        .iter()
        .filter_map(|field| {
            let amount = |field| Some(col(layout.column(field)?).cast(DataType::Float64));
            let amount = match field {
                // A line whose net amount is empty has no discount.
                Field::Net if layout.has_net_amounts() => {
                    coalesce(&[amount(Field::Net)?, amount(Field::Billed)?])
                }
                // One line without a cost makes the sum none.
                Field::Billed => amount(Field::Billed)?.fill_null(lit(f64::NAN)),
                field => amount(*field)?,
            };
            Some(amount.sum().alias(alias(*field)))
        })
        .collect();
    if let Some(column) = layout.column(Field::Start) {
        let day = day(column, schema.get(column));
        sums.push(day.clone().min().alias(FIRST));
        sums.push(day.max().alias(LAST));
    }
    sums.push(len().cast(DataType::Int64).alias(LINES));
    sums
}

fn items(frame: &DataFrame, layout: &Layout) -> Result<BTreeMap<Key, Sums>> {
    let groups = Groups::new(frame).map_err(|error| {
        Error::failed(format!("the bill has a column of another kind: {error}"))
            .hint("have the file exported anew, or give it as CSV")
    })?;
    let mut items: BTreeMap<Key, Sums> = BTreeMap::new();
    for row in 0..frame.height() {
        if let Some((key, sums)) = line::item(layout, &Group { groups: &groups, layout, row })? {
            items.entry(key).or_default().add(&sums);
        }
    }
    Ok(items)
}

/// Lines that have their keys in common, one row each.
struct Groups<'a> {
    texts: BTreeMap<Field, &'a StringChunked>,
    amounts: BTreeMap<Field, &'a Float64Chunked>,
    first: &'a StringChunked,
    last: &'a StringChunked,
    lines: &'a Int64Chunked,
}

impl Groups<'_> {
    fn new(frame: &DataFrame) -> PolarsResult<Groups<'_>> {
        let column = |field: Field| frame.column(&alias(field)).ok();
        let texts = KEYS.iter().filter_map(|field| Some(column(*field)?.str().map(|text| (*field, text))));
        let amounts = AMOUNTS.iter().filter_map(|field| Some(column(*field)?.f64().map(|sum| (*field, sum))));
        Ok(Groups {
            texts: texts.collect::<PolarsResult<_>>()?,
            amounts: amounts.collect::<PolarsResult<_>>()?,
            first: frame.column(FIRST)?.str()?,
            last: frame.column(LAST)?.str()?,
            lines: frame.column(LINES)?.i64()?,
        })
    }
}

/// One row of them.
struct Group<'a> {
    groups: &'a Groups<'a>,
    layout: &'a Layout,
    row: usize,
}

impl Line for Group<'_> {
    fn text(&self, field: Field) -> Option<&str> {
        self.groups.texts.get(&field)?.get(self.row).filter(|text| !line::is_empty(text))
    }

    fn amount(&self, field: Field) -> Result<Option<f64>> {
        let sum = self.groups.amounts.get(&field).and_then(|sums| sums.get(self.row));
        sum.map(|sum| line::amount(sum, self.layout.column(field).unwrap_or(""))).transpose()
    }

    fn days(&self) -> Option<(Date, Date)> {
        let day = |days: &StringChunked| days.get(self.row).and_then(line::day);
        Some((day(self.groups.first)?, day(self.groups.last)?))
    }

    fn count(&self) -> i64 {
        self.groups.lines.get(self.row).unwrap_or(0)
    }
}
