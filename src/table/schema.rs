//! How a table is defined: once, in its own file, by the [`table!`](crate::table) macro.

use std::cmp::Ordering;

use polars::prelude::*;
use serde::Serialize;

use super::cell::{Cell, ColumnType};
use super::operation::Operation;
use super::packed;

/// A table: its name, what one row is, what fills it, and its columns.
#[derive(Debug, Serialize)]
pub struct TableSchema {
    /// The name, as SQL knows it: an AWS noun, singular, in snake_case.
    pub name: &'static str,
    /// What the table holds and where that comes from.
    pub documentation: &'static str,
    /// The AWS operations that fill it. An account and Region in which one of them did not
    /// succeed is incomplete, and a rule that reads the table says `skip` there. Empty for tables
    /// that describe the run itself.
    pub operations: &'static [Operation],
    /// The columns, in the order in which they are stored.
    pub columns: &'static [ColumnSchema],
}

/// A column of a table.
#[derive(Debug, Serialize)]
pub struct ColumnSchema {
    /// The name: the API's field in snake_case.
    pub name: &'static str,
    /// The type.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// Whether it may be null.
    pub nullable: bool,
    /// What it is, with its unit.
    pub documentation: &'static str,
}

impl TableSchema {
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&ColumnSchema> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The table without any row.
    pub fn empty(&self) -> DataFrame {
        DataFrame::empty_with_schema(&self.polars())
    }

    /// The columns as Polars types.
    pub fn polars(&self) -> Schema {
        self.columns.iter().map(|column| Field::new(column.name.into(), column.kind.data_type())).collect()
    }
}

/// One row of a table, as a plain record.
pub trait Row: Sized + Clone + Send + Sync + 'static {
    /// The table that the row belongs to.
    const SCHEMA: &'static TableSchema;

    /// Puts records into columns.
    fn frame(rows: &[Self]) -> PolarsResult<DataFrame>;

    /// Reads records back from columns of the same names; columns that the record does not know
    /// are passed over.
    fn rows(frame: &DataFrame) -> PolarsResult<Vec<Self>>;

    /// The record as a JSON object, by the names of its columns.
    fn json(&self) -> serde_json::Map<String, serde_json::Value>;

    /// Appends records, by column, to an entry of the journal.
    fn pack(rows: &[Self], out: &mut Vec<u8>) -> packed::Result<()>;

    /// Reads records back from the journal.
    fn unpack(bytes: &[u8]) -> packed::Result<Vec<Self>>;

    /// The order in which a table is stored: by its columns, from left to right.
    fn compare(&self, other: &Self) -> Ordering;
}

/// Reads a column of a frame.
pub(crate) fn cells<C: Cell>(frame: &DataFrame, column: &str, table: &str) -> PolarsResult<Vec<C>> {
    C::cells(frame.column(column)?).ok_or_else(
        || polars_err!(SchemaMismatch: "column `{column}` of table `{table}` holds values of another type"),
    )
}

/// Puts a cell into an object.
pub(crate) fn put<C: Cell>(object: &mut serde_json::Map<String, serde_json::Value>, column: &str, cell: &C) {
    // A cell is a single value, which JSON can always say.
    object.insert(column.to_owned(), serde_json::to_value(cell).unwrap_or_default());
}

/// Defines a table: the record, its columns and their documentation, in one place.
///
/// The documentation comments are not only for readers of the code: `plaudit schema` prints them.
#[macro_export]
#[doc(hidden)]
macro_rules! table {
    (
        $(#[doc = $documentation:literal])+
        $name:literal from [$($operation:ident),* $(,)?] $(derive [$($derive:path),+])?
        pub struct $Row:ident {
            $(
                $(#[doc = $column_documentation:literal])+
                pub $column:ident: $type:ty,
            )+
        }
    ) => {
        $(#[doc = $documentation])+
        #[derive(Clone, Debug, PartialEq $($(, $derive)+)?)]
        pub struct $Row {
            $(
                $(#[doc = $column_documentation])+
                pub $column: $type,
            )+
        }

        impl $crate::table::Row for $Row {
            const SCHEMA: &'static $crate::table::TableSchema = &$crate::table::TableSchema {
                name: $name,
                documentation: concat!($($documentation, "\n"),+),
                operations: &[$($crate::table::Operation::$operation),*],
                columns: &[$(
                    $crate::table::ColumnSchema {
                        name: stringify!($column),
                        kind: <$type as $crate::table::Cell>::TYPE,
                        nullable: <$type as $crate::table::Cell>::NULLABLE,
                        documentation: concat!($($column_documentation, "\n"),+),
                    },
                )+],
            };

            fn frame(rows: &[Self]) -> polars::prelude::PolarsResult<polars::prelude::DataFrame> {
                polars::prelude::DataFrame::new(rows.len(), vec![$(
                    <$type as $crate::table::Cell>::column(
                        stringify!($column),
                        $crate::table::Cells::new(rows.len(), &|row| &rows[row].$column),
                    ),
                )+])
            }

            fn rows(
                frame: &polars::prelude::DataFrame,
            ) -> polars::prelude::PolarsResult<Vec<Self>> {
                $(let $column = $crate::table::schema::cells(frame, stringify!($column), $name)?;)+
                Ok($Row::zip(frame.height(), $($column),+))
            }

            fn json(&self) -> serde_json::Map<String, serde_json::Value> {
                let mut object = serde_json::Map::new();
                $($crate::table::schema::put(&mut object, stringify!($column), &self.$column);)+
                object
            }

            fn pack(rows: &[Self], out: &mut Vec<u8>) -> $crate::table::packed::Result<()> {
                $(
                    <$type as $crate::table::Cell>::pack(
                        $crate::table::Cells::new(rows.len(), &|row| &rows[row].$column),
                        out,
                    )?;
                )+
                Ok(())
            }

            fn unpack(mut bytes: &[u8]) -> $crate::table::packed::Result<Vec<Self>> {
                let whole = bytes.len();
                $(let $column: Vec<$type> = $crate::table::Cell::unpack(&mut bytes, whole)?;)+
                let lengths = [$($column.len()),+];
                if lengths.iter().any(|length| *length != lengths[0]) {
                    return Err(format!("the columns of `{}` differ in length", $name));
                }
                Ok($Row::zip(lengths[0], $($column),+))
            }

            fn compare(&self, other: &Self) -> std::cmp::Ordering {
                $(
                    let order = $crate::table::Cell::compare(&self.$column, &other.$column);
                    if order.is_ne() {
                        return order;
                    }
                )+
                std::cmp::Ordering::Equal
            }
        }

        impl $Row {
            /// Puts columns of equal length together.
            #[allow(clippy::too_many_arguments)] // One for each column.
            fn zip(length: usize, $($column: Vec<$type>),+) -> Vec<Self> {
                $(let mut $column = $column.into_iter();)+
                let mut rows = Vec::with_capacity(length);
                while let ($(Some($column),)+) = ($($column.next(),)+) {
                    rows.push($Row { $($column),+ });
                }
                rows
            }
        }
    };
}
