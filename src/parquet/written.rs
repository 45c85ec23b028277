//! Parquet that everybody opens.

use std::io::Write;

use polars::prelude::IntoLazy;
use polars::prelude::{
    CompatLevel, DataFrame, DataType, KeyValueMetadata, ParquetWriter, PolarsResult, Schema, SchemaExt,
    TimeUnit, TimeZone, col,
};
use polars_parquet::write::schema_to_metadata_key;

/// A writer of files with these columns. Beside its own schema a Parquet file has Arrow's, and there Polars
/// calls text `string_view`. Arrow reads that and cannot filter, sort or join it, up to version 26, and up to
/// version 14 it cannot read it; so the file says what Polars wrote before (`large_string`).
pub fn writer<W: Write>(out: W, columns: &Schema) -> ParquetWriter<W> {
    let described = schema_to_metadata_key(&columns.to_arrow(CompatLevel::oldest()));
    ParquetWriter::new(out).with_key_value_metadata(Some(KeyValueMetadata::Static(vec![described])))
}

/// The same rows with whole numbers and others of one width each, 64 bits, and moments in UTC: what SQL
/// engines give their columns depends on the expression, and some readers know no unsigned numbers.
pub fn widened(frame: &DataFrame) -> PolarsResult<DataFrame> {
    let wide = frame.schema().iter().map(|(name, kind)| {
        let column = col(name.clone());
        match kind {
            kind if kind.is_integer() => column.cast(DataType::Int64),
            DataType::Float32 => column.cast(DataType::Float64),
            DataType::Datetime(_, None) => {
                column.cast(DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)))
            }
            _ => column,
        }
    });
    let wide: Vec<_> = wide.collect();
    frame.clone().lazy().select(wide).collect()
}
