//! Parquet, for another engine.

use std::io::{self, Write};

use polars::prelude::ParquetWriter;

use super::sheet::Sheet;

/// Writes the plain values.
pub fn write(sheet: &Sheet, out: &mut dyn Write) -> io::Result<()> {
    let mut frame = sheet.answer().frame().clone();
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut frame).map_err(io::Error::other)?;
    out.write_all(&bytes)
}
