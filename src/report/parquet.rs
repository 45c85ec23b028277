//! Parquet, for another engine.

use std::io::{self, Write};

use super::sheet::Sheet;
use crate::parquet::{widened, writer};

/// Writes the plain values.
pub fn write(sheet: &Sheet, out: &mut dyn Write) -> io::Result<()> {
    let mut frame = widened(sheet.answer().frame()).map_err(io::Error::other)?;
    let mut bytes = Vec::new();
    let columns = frame.schema().clone();
    writer(&mut bytes, &columns).finish(&mut frame).map_err(io::Error::other)?;
    out.write_all(&bytes)
}
