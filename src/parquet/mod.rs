//! Parquet that strangers wrote: how large a file unfolds, found out before its values are read.
//!
//! Parquet writes what repeats once. Seven kilobytes that hold one long value and say "100,000 times" ask
//! for hundreds of gigabytes. So the headers of all pages are read first: they say how many values there
//! are, and how long they can be
//! (<https://parquet.apache.org/docs/file-format/data-pages/encodings/>).

mod written;

pub use written::{widened, writer};

use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek, SeekFrom};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use polars_parquet::parquet::compression::{Compression, DecompressionContext, decompress};
use polars_parquet::parquet::encoding::delta_byte_array;
use polars_parquet::parquet::encoding::hybrid_rle::{HybridRleChunk, HybridRleDecoder};
use polars_parquet::parquet::encoding::plain_byte_array::BinaryIter;
use polars_parquet::parquet::metadata::ColumnChunkMetadata;
use polars_parquet::parquet::page::{DataPage, DataPageHeader};
use polars_parquet::parquet::read::{BasicDecompressor, PageReader, read_metadata};
use polars_parquet::parquet::schema::types::PhysicalType;
use polars_parquet_format::thrift::protocol::TCompactInputProtocol;
use polars_parquet_format::{Encoding, PageHeader, PageType};

/// The largest page that is read, in bytes when unpacked. Writers aim at 1 MiB; DuckDB goes up to 100.
const LARGEST_PAGE: usize = 128 << 20;

/// The most bytes that the values of one row group may take in memory. A million rows of a bill take a
/// third of it.
const LARGEST_ROW_GROUP: u128 = 1 << 30;

/// The longest header of a page, which may hold the page's smallest and largest value.
const LONGEST_HEADER: usize = 64 << 20;

/// What a text takes in memory besides its bytes.
const TEXT: u128 = 16;

/// Refuses a file whose columns would unfold to more than memory is meant for, or whose headers contradict
/// each other. `is_read` says which columns matter, by name; a value that a dictionary holds may be
/// `longest` bytes long.
///
/// # Errors
///
/// What is wrong with the file.
pub fn check(path: &Path, is_read: &dyn Fn(&str) -> bool, longest: usize) -> Result<(), String> {
    // The library takes some of what a file says of itself for granted.
    catch_unwind(AssertUnwindSafe(|| row_groups(path, is_read, longest)))
        .unwrap_or_else(|_| Err("what it says of itself cannot be".to_owned()))
}

fn row_groups(path: &Path, is_read: &dyn Fn(&str) -> bool, longest: usize) -> Result<(), String> {
    let mut file = File::open(path).map_err(text)?;
    let length = file.metadata().map_err(text)?.len();
    let metadata = read_metadata(&mut file).map_err(text)?;
    let mut reader = BufReader::with_capacity(16 << 10, file);
    for group in &metadata.row_groups {
        let mut chunks = Vec::new();
        for column in group.parquet_columns() {
            let descriptor = column.descriptor();
            if !descriptor.path_in_schema.first().is_some_and(|name| is_read(name)) {
                continue;
            }
            let wrong =
                |problem: String| format!("column `{}`: {problem}", descriptor.path_in_schema.join("."));
            let is_flat = descriptor.descriptor.max_rep_level == 0;
            if is_flat && column.num_values() != group.num_rows() as i64 {
                return Err(wrong(format!("{} values for {} rows", column.num_values(), group.num_rows())));
            }
            let chunk = Chunk { column, place: place(column, length).map_err(wrong)?, longest };
            chunks.push((chunk.most(&mut reader).map_err(wrong)?, chunk));
        }
        // Where the most that it could be is too much, what it is decides. The largest chunks come first.
        chunks.sort_by_key(|(most, _)| std::cmp::Reverse(*most));
        let mut total: u128 = chunks.iter().map(|(most, _)| most).sum();
        for (most, chunk) in &chunks {
            if total <= LARGEST_ROW_GROUP {
                break;
            }
            total = total - most + chunk.exact(&mut reader)?.min(*most);
        }
        if total > LARGEST_ROW_GROUP {
            let rows = group.num_rows();
            return Err(format!("{rows} rows unfold to more than {} MiB", LARGEST_ROW_GROUP >> 20));
        }
    }
    Ok(())
}

/// Where the pages of a column stand in a file of `length` bytes.
///
/// # Errors
///
/// Where that is not in the file.
pub fn place(column: &ColumnChunkMetadata, length: u64) -> Result<Range<u64>, String> {
    let start = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
    let start = u64::try_from(start).ok();
    let end =
        start.zip(u64::try_from(column.compressed_size()).ok()).and_then(|(at, size)| at.checked_add(size));
    match start.zip(end) {
        Some((start, end)) if end <= length => Ok(start..end),
        _ => Err("its pages lie outside of the file".to_owned()),
    }
}

/// The values of a column in a row group.
struct Chunk<'a> {
    column: &'a ColumnChunkMetadata,
    place: Range<u64>,
    longest: usize,
}

impl Chunk<'_> {
    /// The most bytes that the values can take in memory, from the headers of their pages.
    fn most(&self, reader: &mut BufReader<File>) -> Result<u128, String> {
        let mut at = self.place.start;
        let mut values: i64 = 0;
        let mut longest_value = 0;
        let mut most: u128 = 0;
        reader.seek(SeekFrom::Start(at)).map_err(text)?;
        // As readers do, until all values have been seen.
        while values < self.column.num_values() {
            let header = PageHeader::read_from_in_protocol(&mut TCompactInputProtocol::new(
                reader.by_ref().take(self.place.end.saturating_sub(at)),
                LONGEST_HEADER,
            ))
            .map_err(|error| format!("a page has no header: {error}"))?;
            at = reader.stream_position().map_err(text)?;
            let packed = usize::try_from(header.compressed_page_size).map_err(text)?;
            let unpacked = usize::try_from(header.uncompressed_page_size).map_err(text)?;
            if packed as u64 > self.place.end.saturating_sub(at) {
                return Err("a page is longer than its column".to_owned());
            }
            if unpacked > LARGEST_PAGE {
                return Err(format!("a page of {packed} bytes unfolds to {} MiB", unpacked >> 20));
            }
            if header.type_ == PageType::DICTIONARY_PAGE {
                let claimed = header.dictionary_page_header.as_ref().map_or(-1, |page| page.num_values);
                longest_value = self.dictionary(reader, packed, unpacked, claimed)?;
            } else {
                let v1 = header.data_page_header.filter(|_| header.type_ == PageType::DATA_PAGE);
                let v2 = header.data_page_header_v2.filter(|_| header.type_ == PageType::DATA_PAGE_V2);
                let v1 = v1.map(|page| (page.num_values, page.encoding));
                let found = v1.or_else(|| v2.map(|page| (page.num_values, page.encoding)));
                // Pages of other kinds hold no values.
                let (count, encoding) = found.unwrap_or((0, Encoding::PLAIN));
                let count = u32::try_from(count).map_err(text)?;
                values += i64::from(count);
                most +=
                    u128::from(count) * self.width() + self.texts(count, encoding, unpacked, longest_value);
                reader.seek_relative(packed as i64).map_err(text)?;
            }
            at += packed as u64;
        }
        match values == self.column.num_values() {
            true => Ok(most),
            false => Err(format!("its pages hold {values} values, not {}", self.column.num_values())),
        }
    }

    /// What each value takes, whatever it is.
    fn width(&self) -> u128 {
        match self.column.physical_type() {
            PhysicalType::Boolean => 1,
            PhysicalType::ByteArray => TEXT,
            PhysicalType::FixedLenByteArray(length) => length as u128,
            _ => 8,
        }
    }

    /// The most bytes that the texts of a page can have.
    fn texts(&self, count: u32, encoding: Encoding, unpacked: usize, longest_value: usize) -> u128 {
        if self.column.physical_type() != PhysicalType::ByteArray {
            return 0;
        }
        match encoding {
            Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY => {
                u128::from(count) * longest_value as u128
            }
            // Each may repeat all of the one before it.
            Encoding::DELTA_BYTE_ARRAY => u128::from(count) * unpacked as u128,
            _ => unpacked as u128,
        }
    }

    /// Reads a dictionary, and gives the length of its longest text.
    fn dictionary(
        &self,
        reader: &mut BufReader<File>,
        packed: usize,
        unpacked: usize,
        claimed: i32,
    ) -> Result<usize, String> {
        let mut page = vec![0; packed];
        reader.read_exact(&mut page).map_err(text)?;
        if self.column.compression() != Compression::Uncompressed {
            let mut plain = vec![0; unpacked];
            let mut context = DecompressionContext::Unset;
            decompress(self.column.compression(), &page, &mut plain, &mut context).map_err(text)?;
            page = plain;
        }
        let is_text = self.column.physical_type() == PhysicalType::ByteArray;
        let least = if is_text { 4 } else { 1 };
        if usize::try_from(claimed).ok().is_none_or(|claimed| claimed > page.len() / least) {
            return Err(format!("a dictionary of {} bytes claims {claimed} values", page.len()));
        }
        let mut longest = 0;
        for value in BinaryIter::new(&page, None).take(if is_text { claimed as usize } else { 0 }) {
            longest = value.map_err(text)?.len().max(longest);
        }
        match longest > self.longest {
            false => Ok(longest),
            true => Err(format!("a value is {longest} bytes long, more than {}", self.longest)),
        }
    }

    /// The bytes that texts take in memory, for which the pages are unpacked one by one. Of other values the
    /// most is what they take.
    fn exact(&self, reader: &mut BufReader<File>) -> Result<u128, String> {
        if self.column.physical_type() != PhysicalType::ByteArray {
            return Ok(u128::MAX);
        }
        let mut bytes = vec![0; (self.place.end - self.place.start) as usize];
        reader.seek(SeekFrom::Start(self.place.start)).map_err(text)?;
        reader.read_exact(&mut bytes).map_err(text)?;
        let pages = PageReader::new(Cursor::new(bytes.into()), self.column, Vec::new(), LARGEST_PAGE);
        let mut pages = BasicDecompressor::new(pages, Vec::new());
        let dictionary = pages.read_dict_page().map_err(text)?;
        let lengths: Vec<u128> = match &dictionary {
            Some(page) => BinaryIter::new(&page.buffer, None)
                .map(|value| value.map(|value| value.len() as u128))
                .collect::<Result<_, _>>()
                .map_err(text)?,
            None => Vec::new(),
        };
        let mut total = 0;
        while let Some(page) = pages.next() {
            let page = page.map_err(text)?.decompress(&mut pages).map_err(text)?;
            total += page.num_values() as u128 * self.width() + self.exact_texts(&page, &lengths)?;
            if total > LARGEST_ROW_GROUP {
                break;
            }
            pages.reuse_page_buffer(page);
        }
        Ok(total)
    }

    fn exact_texts(&self, page: &DataPage, lengths: &[u128]) -> Result<u128, String> {
        let (encoding, buffer) = match page.header() {
            DataPageHeader::V1(header) => (header.encoding, page.buffer()),
            DataPageHeader::V2(header) => (header.encoding, page.buffer()),
        };
        let is_optional = self.column.descriptor().descriptor.max_def_level > 0;
        let levels = match page.header() {
            DataPageHeader::V1(_) if is_optional => {
                let length = buffer.first_chunk().map(|bytes| u32::from_le_bytes(*bytes) as usize);
                length.map(|length| length.saturating_add(4))
            }
            DataPageHeader::V1(_) => Some(0),
            DataPageHeader::V2(header) => {
                let length =
                    header.definition_levels_byte_length.checked_add(header.repetition_levels_byte_length);
                length.and_then(|length| usize::try_from(length).ok())
            }
        };
        let values = levels.and_then(|levels| buffer.get(levels..));
        let values = values.ok_or_else(|| "a page is shorter than its levels".to_owned())?;
        let is_flat = self.column.descriptor().descriptor.max_rep_level == 0;
        match encoding {
            Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY if is_flat => {
                named(values, page.num_values(), lengths)
            }
            Encoding::DELTA_BYTE_ARRAY if is_flat => {
                let mut total = 0;
                let values = delta_byte_array::Decoder::try_new(values).map_err(text)?;
                for value in values.take(page.num_values()) {
                    total += value.map_err(text)?.len() as u128;
                    if total > LARGEST_ROW_GROUP {
                        break;
                    }
                }
                Ok(total)
            }
            // Nobody that plaudit reads from writes long texts into lists: the most stands.
            _ => Ok(self.texts(page.num_values() as u32, encoding, buffer.len(), longest(lengths))),
        }
    }
}

/// The bytes of a page's texts, which are named by their place in the dictionary.
fn named(values: &[u8], count: usize, lengths: &[u128]) -> Result<u128, String> {
    let Some((bits, indexes)) = values.split_first() else { return Ok(0) };
    if *bits > 32 {
        return Err(format!("a page names values by {bits} bits"));
    }
    let length = |index: u32| lengths.get(index as usize).copied().unwrap_or_default();
    let mut total = 0;
    let mut unpacked = Vec::new();
    for chunk in HybridRleDecoder::new(indexes, u32::from(*bits), count).into_chunk_iter() {
        match chunk.map_err(text)? {
            HybridRleChunk::Rle(index, times) => total += length(index) * times as u128,
            HybridRleChunk::Bitpacked(decoder) => {
                unpacked.clear();
                decoder.collect_into(&mut unpacked);
                total += unpacked.iter().map(|index| length(*index)).sum::<u128>();
            }
        }
    }
    Ok(total)
}

fn longest(lengths: &[u128]) -> usize {
    lengths.iter().copied().max().and_then(|length| usize::try_from(length).ok()).unwrap_or_default()
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
