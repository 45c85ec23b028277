//! How a table is defined: once, in its own file, by the [`table!`](crate::table) macro.

use std::cmp::Ordering;

use polars::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::cell::ColumnType;
use super::operation::Operation;

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
pub trait Row: Sized + Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The table that the row belongs to.
    const SCHEMA: &'static TableSchema;

    /// Puts records into columns.
    fn frame(rows: &[Self]) -> PolarsResult<DataFrame>;

    /// Reads records back from columns of the same names; columns that the record does not know
    /// are passed over.
    fn rows(frame: &DataFrame) -> PolarsResult<Vec<Self>>;

    /// The order in which a table is stored: by its columns, from left to right.
    fn compare(&self, other: &Self) -> Ordering;
}

/// Defines a table: the record, its columns and their documentation, in one place.
///
/// The documentation comments are not only for readers of the code: `plaudit schema` prints them.
#[macro_export]
#[doc(hidden)]
macro_rules! table {
    (
        $(#[doc = $documentation:literal])+
        $name:literal from [$($operation:ident),* $(,)?]
        pub struct $Row:ident {
            $(
                $(#[doc = $column_documentation:literal])+
                pub $column:ident: $type:ty,
            )+
        }
    ) => {
        $(#[doc = $documentation])+
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
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
                        rows.iter().map(|row| &row.$column),
                    ),
                )+])
            }

            fn rows(
                frame: &polars::prelude::DataFrame,
            ) -> polars::prelude::PolarsResult<Vec<Self>> {
                $(
                    let mut $column = <$type as $crate::table::Cell>::cells(
                        frame.column(stringify!($column))?,
                    )
                    .ok_or_else(|| {
                        polars::prelude::polars_err!(
                            SchemaMismatch: "column `{}` of table `{}` holds values of another type",
                            stringify!($column),
                            $name
                        )
                    })?
                    .into_iter();
                )+
                let mut rows = Vec::with_capacity(frame.height());
                while let ($(Some($column),)+) = ($($column.next(),)+) {
                    rows.push($Row { $($column),+ });
                }
                Ok(rows)
            }

            fn compare(&self, other: &Self) -> std::cmp::Ordering {
                std::cmp::Ordering::Equal
                    $(.then_with(|| {
                        $crate::table::Cell::compare(&self.$column, &other.$column)
                    }))+
            }
        }
    };
}
