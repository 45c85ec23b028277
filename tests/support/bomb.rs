//! Parquet that says a few values very often, as nobody writes it who means well.

use std::path::Path;

use polars_parquet::parquet::CowBuffer;
use polars_parquet::parquet::encoding::hybrid_rle;
use polars_parquet::parquet::error::ParquetError;
use polars_parquet::parquet::metadata::{Descriptor, SchemaDescriptor};
use polars_parquet::parquet::page::{DataPage, DataPageHeader, DataPageHeaderV1, DictPage, Page};
use polars_parquet::parquet::schema::Repetition;
use polars_parquet::parquet::schema::types::{
    ParquetType, PhysicalType, PrimitiveConvertedType, PrimitiveLogicalType, PrimitiveType,
};
use polars_parquet::parquet::write::{
    Compressor, DynIter, DynStreamingIterator, FileWriter, Version, WriteOptions,
};
use polars_parquet::write::CompressionOptions;
use polars_parquet_format::Encoding;

/// A column: its values, and for each run of rows which of them stands there.
pub struct Column {
    pub name: &'static str,
    pub values: Values,
    pub runs: Vec<(usize, u32)>,
}

/// The values of a dictionary.
pub enum Values {
    Texts(Vec<String>),
    Numbers(Vec<f64>),
}

impl Column {
    /// One text in all rows.
    pub fn text(name: &'static str, value: impl Into<String>, rows: usize) -> Column {
        Column { name, values: Values::Texts(vec![value.into()]), runs: vec![(rows, 0)] }
    }

    /// One number in all rows.
    pub fn number(name: &'static str, value: f64, rows: usize) -> Column {
        Column { name, values: Values::Numbers(vec![value]), runs: vec![(rows, 0)] }
    }

    fn rows(&self) -> usize {
        self.runs.iter().map(|(rows, _)| rows).sum()
    }

    fn primitive(&self) -> PrimitiveType {
        let is_text = matches!(self.values, Values::Texts(_));
        let kind = if is_text { PhysicalType::ByteArray } else { PhysicalType::Double };
        let mut primitive = PrimitiveType::from_physical(self.name.into(), kind);
        primitive.field_info.repetition = Repetition::Required;
        primitive.converted_type = is_text.then_some(PrimitiveConvertedType::Utf8);
        primitive.logical_type = is_text.then_some(PrimitiveLogicalType::String);
        primitive
    }

    fn pages(&self) -> Vec<Page> {
        let mut dictionary = Vec::new();
        let count = match &self.values {
            Values::Texts(texts) => {
                for text in texts {
                    dictionary.extend((text.len() as u32).to_le_bytes());
                    dictionary.extend(text.as_bytes());
                }
                texts.len()
            }
            Values::Numbers(numbers) => {
                numbers.iter().for_each(|number| dictionary.extend(number.to_le_bytes()));
                numbers.len()
            }
        };
        let bits = 8;
        let mut indexes = vec![bits];
        for (rows, index) in &self.runs {
            // A run: its length, of which the lowest bit says that it is one, and a value.
            let mut length = (*rows as u64) << 1;
            while length >= 0x80 {
                indexes.push(length as u8 | 0x80);
                length >>= 7;
            }
            indexes.extend([length as u8, *index as u8]);
        }
        assert!(hybrid_rle::HybridRleDecoder::new(&indexes[1..], u32::from(bits), self.rows()).len() > 0);
        let header = DataPageHeaderV1 {
            num_values: self.rows() as i32,
            encoding: Encoding::RLE_DICTIONARY,
            definition_level_encoding: Encoding::RLE,
            repetition_level_encoding: Encoding::RLE,
            statistics: None,
        };
        let descriptor = Descriptor { primitive_type: self.primitive(), max_def_level: 0, max_rep_level: 0 };
        let data =
            DataPage::new(DataPageHeader::V1(header), CowBuffer::Owned(indexes), descriptor, self.rows());
        vec![Page::Dict(DictPage::new(CowBuffer::Owned(dictionary), count, false)), Page::Data(data)]
    }
}

/// Writes a file of one row group, and gives its size.
pub fn write(path: &Path, columns: &[Column]) -> u64 {
    let fields = columns.iter().map(|column| ParquetType::PrimitiveType(column.primitive())).collect();
    let schema = SchemaDescriptor::new("schema".into(), fields);
    let options = WriteOptions { write_statistics: false, version: Version::V1 };
    let file = std::fs::File::create(path).expect("the file can be made");
    let mut writer = FileWriter::new(file, schema, options, None);
    let chunks = columns.iter().map(|column| {
        let pages = column.pages().into_iter().map(Ok);
        Ok(DynStreamingIterator::new(Compressor::new(pages, CompressionOptions::Zstd(None), Vec::new())))
    });
    let rows = columns.first().map_or(0, Column::rows) as u64;
    writer.write::<ParquetError>(rows, DynIter::new(chunks)).expect("the rows can be written");
    writer.end(None).expect("the footer can be written");
    std::fs::metadata(path).expect("it is there").len()
}

/// A Cost and Usage Report of one line, written so many times; its endpoint's id is that text.
pub fn bill(path: &Path, rows: usize, resource: impl Into<String>) -> u64 {
    let text = |name, value: &str| Column::text(name, value, rows);
    write(
        path,
        &[
            text("bill_payer_account_id", "999999999999"),
            text("bill_billing_period_start_date", "2026-10-01T00:00:00Z"),
            text("line_item_usage_account_id", "111111111111"),
            text("line_item_line_item_type", "Usage"),
            text("line_item_usage_start_date", "2026-10-01T00:00:00Z"),
            text("line_item_usage_type", "VpcEndpoint-Hours"),
            text("line_item_currency_code", "USD"),
            Column::text("line_item_resource_id", resource, rows),
            Column::number("line_item_usage_amount", 24.0, rows),
            Column::number("line_item_unblended_cost", 0.24, rows),
        ],
    )
}
