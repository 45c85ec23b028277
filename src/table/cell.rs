//! What a cell of a table can hold, and how it goes into a column and comes back.

use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::civil::Date;
use polars::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::packed;

/// The type of a column, as every SQL engine that reads the store understands it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// UTF-8 text.
    Text,
    /// `true` or `false`.
    Boolean,
    /// 64-bit signed integer.
    Integer,
    /// 64-bit floating point number.
    Float,
    /// A day of the calendar, UTC.
    Date,
    /// A moment, in microseconds, UTC.
    Timestamp,
}

impl ColumnType {
    /// The Polars type that carries this column.
    pub fn data_type(self) -> DataType {
        match self {
            ColumnType::Text => DataType::String,
            ColumnType::Boolean => DataType::Boolean,
            ColumnType::Integer => DataType::Int64,
            ColumnType::Float => DataType::Float64,
            ColumnType::Date => DataType::Date,
            ColumnType::Timestamp => DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)),
        }
    }

    /// The word that the generated schema shows.
    pub fn name(self) -> &'static str {
        match self {
            ColumnType::Text => "text",
            ColumnType::Boolean => "boolean",
            ColumnType::Integer => "integer",
            ColumnType::Float => "float",
            ColumnType::Date => "date",
            ColumnType::Timestamp => "timestamp",
        }
    }
}

/// A text that is held in place up to 24 bytes, as ids, Regions and names of metrics are. Of rows by the
/// million, most of the work would be to find room for each.
pub type ShortText = compact_str::CompactString;

/// A value that a record keeps in one column.
///
/// Implemented for the six column types and for `Option` of each, and for nothing else: a list
/// becomes a table of its own, because SQL dialects disagree about lists.
pub trait Cell: Sized + Clone + Serialize + DeserializeOwned {
    /// The column's type.
    const TYPE: ColumnType;
    /// Whether the column may hold nulls.
    const NULLABLE: bool;

    /// Gathers cells into a column.
    fn column(name: &str, cells: Cells<'_, Self>) -> Column;

    /// Reads a column back. `None` where the column has another type, or a null that this cell
    /// cannot hold.
    fn cells(column: &Column) -> Option<Vec<Self>>;

    /// A total order, so that tables can be sorted the same way every time.
    fn compare(&self, other: &Self) -> Ordering;

    /// Appends the cells to an entry of the journal.
    fn pack(cells: Cells<'_, Self>, out: &mut Vec<u8>) -> packed::Result<()> {
        packed::pack(cells, |one, other| one.compare(other).is_eq(), out)
    }

    /// Reads the cells that stand first in an entry of the journal, and moves on behind them. `whole` is
    /// how many bytes the table has.
    fn unpack(bytes: &mut &[u8], whole: usize) -> packed::Result<Vec<Self>> {
        packed::unpack(bytes, whole)
    }
}

/// The cells of one column of some records.
///
/// They are behind `dyn`, so that what is made of a column is compiled once for each type of cell and
/// not once for each column of each table.
#[derive(Clone, Copy)]
pub struct Cells<'a, C> {
    rows: usize,
    cell: &'a dyn Fn(usize) -> &'a C,
}

impl<'a, C> Cells<'a, C> {
    /// The cells that `cell` gives for each row below `rows`.
    pub fn new(rows: usize, cell: &'a dyn Fn(usize) -> &'a C) -> Cells<'a, C> {
        Cells { rows, cell }
    }

    /// The cells in their order.
    pub fn iter(&self) -> impl Iterator<Item = &'a C> {
        (0..self.rows).map(self.cell)
    }
}

/// A day as columns hold it: days since 1970-01-01.
pub(super) fn days(date: &Date) -> i32 {
    let epoch = jiff::civil::date(1970, 1, 1);
    // A civil date spans far fewer days than an i32 holds.
    (*date - epoch).get_days()
}

/// The day back.
pub(super) fn date(days: i32) -> Option<Date> {
    jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}

/// Implements [`Cell`] for a type and for `Option` of it. `$array` is the Polars array,
/// `$into` and `$from` convert between the cell and the array's own value.
macro_rules! cell {
    ($type:ty, $kind:ident, $array:ty, |$cell:ident| $into:expr, |$column:ident| $open:expr,
     |$value:ident| $from:expr, |$left:ident, $right:ident| $compare:expr) => {
        impl Cell for Option<$type> {
            const TYPE: ColumnType = ColumnType::$kind;
            const NULLABLE: bool = true;

            fn column(name: &str, cells: Cells<'_, Self>) -> Column {
                let array: $array = cells
                    .iter()
                    .map(|cell| cell.as_ref().map(|$cell| $into))
                    .collect::<$array>()
                    .with_name(name.into());
                finish(array.into_series(), ColumnType::$kind)
            }

            fn cells($column: &Column) -> Option<Vec<Self>> {
                let array = $open.ok()?;
                array
                    .iter()
                    .map(|value| match value {
                        None => Some(None),
                        Some($value) => $from.map(Some),
                    })
                    .collect()
            }

            fn compare(&self, other: &Self) -> Ordering {
                match (self, other) {
                    (None, None) => Ordering::Equal,
                    (None, Some(_)) => Ordering::Less,
                    (Some(_), None) => Ordering::Greater,
                    (Some($left), Some($right)) => $compare,
                }
            }
        }

        impl Cell for $type {
            const TYPE: ColumnType = ColumnType::$kind;
            const NULLABLE: bool = false;

            fn column(name: &str, cells: Cells<'_, Self>) -> Column {
                let array: $array =
                    cells.iter().map(|$cell| Some($into)).collect::<$array>().with_name(name.into());
                finish(array.into_series(), ColumnType::$kind)
            }

            fn cells(column: &Column) -> Option<Vec<Self>> {
                <Option<$type> as Cell>::cells(column)?.into_iter().collect()
            }

            fn compare(&self, other: &Self) -> Ordering {
                let ($left, $right) = (self, other);
                $compare
            }
        }
    };
}

/// Casts the stored representation (days, microseconds) to the column's own type. The casts used
/// here are between an integer and its logical type and cannot fail; were one to, the column keeps
/// its integers and reading it back reports the wrong type.
fn finish(series: Series, kind: ColumnType) -> Column {
    let kind = kind.data_type();
    if series.dtype() == &kind {
        return series.into();
    }
    series.cast(&kind).unwrap_or(series).into()
}

cell!(
    String,
    Text,
    StringChunked,
    |cell| cell.as_str(),
    |column| column.str(),
    |value| Some(value.to_owned()),
    |left, right| left.cmp(right)
);
cell!(
    ShortText,
    Text,
    StringChunked,
    |cell| cell.as_str(),
    |column| column.str(),
    |value| Some(ShortText::new(value)),
    |left, right| left.cmp(right)
);
cell!(
    bool,
    Boolean,
    BooleanChunked,
    |cell| *cell,
    |column| column.bool(),
    |value| Some(value),
    |left, right| left.cmp(right)
);
cell!(i64, Integer, Int64Chunked, |cell| *cell, |column| column.i64(), |value| Some(value), |left, right| {
    left.cmp(right)
});
cell!(f64, Float, Float64Chunked, |cell| *cell, |column| column.f64(), |value| Some(value), |left, right| {
    left.total_cmp(right)
});
cell!(
    Date,
    Date,
    Int32Chunked,
    |cell| days(cell),
    |column| column.date().map(|dates| &dates.phys),
    |value| date(value),
    |left, right| left.cmp(right)
);
cell!(
    Timestamp,
    Timestamp,
    Int64Chunked,
    |cell| cell.as_microsecond(),
    |column| column.datetime().map(|moments| &moments.phys),
    |value| Timestamp::from_microsecond(value).ok(),
    |left, right| left.cmp(right)
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn survives<C: Cell + Clone + std::fmt::Debug>(cells: Vec<C>) {
        let column = C::column("c", Cells::new(cells.len(), &|row| &cells[row]));
        assert_eq!(column.dtype(), &C::TYPE.data_type());
        let back = C::cells(&column).expect("the column reads back");
        assert_eq!(back.len(), cells.len());
        for (left, right) in cells.iter().zip(&back) {
            assert_eq!(left.compare(right), Ordering::Equal, "{left:?} {right:?}");
        }
    }

    proptest! {
        #[test]
        fn what_goes_into_a_column_comes_back(
            texts in proptest::collection::vec(proptest::option::of(".*"), 0..20),
            integers in proptest::collection::vec(proptest::option::of(any::<i64>()), 0..20),
            floats in proptest::collection::vec(any::<f64>(), 0..20),
            seconds in proptest::collection::vec(proptest::option::of(-60_000_000_000i64..200_000_000_000), 0..20),
            days in proptest::collection::vec(-700_000i32..2_000_000, 0..20),
        ) {
            survives(texts);
            survives(integers);
            survives(floats);
            survives(seconds.into_iter().map(|s| s.map(|s| Timestamp::from_second(s).unwrap())).collect::<Vec<_>>());
            survives(days.into_iter().filter_map(date).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_null_does_not_become_a_value() {
        let cells = [None, Some("a".to_owned())];
        let column = Option::<String>::column("c", Cells::new(2, &|row| &cells[row]));
        assert!(String::cells(&column).is_none());
    }
}
