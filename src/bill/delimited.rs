//! Bills as CSV, plain or gzip: read line by line.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufReader, Read};

use csv::ByteRecord;
use flate2::bufread::MultiGzDecoder;
use jiff::civil::Date;

use super::item::{Key, Sums};
use super::layout::{Field, Layout};
use super::line::{self, Line};
use super::{BillFile, Content, unreadable};
use crate::error::{Error, Result};

/// The longest line, in bytes. A bill with a column for each of a thousand tags takes a tenth of it.
const LONGEST_LINE: u64 = 4 << 20;

/// How many times larger than the file its text may be. Bills are 10 to 60 times.
const MOST_TIMES: u64 = 250;

/// A text up to so large may be as many times larger as it likes, in bytes.
const SMALL: u64 = 64 << 20;

/// Reads a file; `None` if it is not a bill.
pub(super) fn read(file: &BillFile) -> Result<Option<Content>> {
    let failed = |error: &dyn std::fmt::Display| unreadable(&file.path, &file.name, error);
    let opened = File::open(&file.path).map_err(|error| failed(&error))?;
    let counts = Counts::default();
    let buffered = BufReader::with_capacity(1 << 20, Packed { file: opened, counts: &counts });
    let is_gzip = file.path.extension().is_some_and(|extension| extension == "gz");
    let plain: Box<dyn Read + '_> =
        if is_gzip { Box::new(MultiGzDecoder::new(buffered)) } else { Box::new(buffered) };
    let plain = Plain { text: plain, counts: &counts };
    let mut reader = csv::ReaderBuilder::new().buffer_capacity(1 << 20).from_reader(plain);
    let names: Vec<String> =
        reader.headers().map_err(|error| failed(&error))?.iter().map(str::to_owned).collect();
    // An empty file may have been a bill.
    if names.iter().any(|name| !name.is_empty()) && !Layout::is_bill(&names) {
        return Ok(None);
    }
    let layout = Layout::find(&names, &file.name)?;
    let positions: BTreeMap<Field, usize> = layout
        .columns()
        .filter_map(|(field, name)| Some((field, names.iter().position(|found| found == name)?)))
        .collect();
    let mut items: BTreeMap<Key, Sums> = BTreeMap::new();
    let mut accounts: BTreeSet<String> = BTreeSet::new();
    let mut lines = 0;
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(|error| failed(&error))? {
        lines += 1;
        counts.line.set(0);
        let line = Record { record: &record, layout: &layout, positions: &positions };
        if let Some(account) = line.text(Field::Account).filter(|account| !accounts.contains(*account)) {
            accounts.insert(account.to_owned());
        }
        let found = line::item(&layout, &line);
        let number = record.position().map_or(0, csv::Position::line);
        if let Some((key, sums)) = found.map_err(|error| error.at(format!("{}:{number}", file.name)))? {
            items.entry(key).or_default().add(&sums);
        }
    }
    let names_usage = layout.names_usage();
    Ok(Some(Content { source: layout.source(), lines, items, accounts, names_usage }))
}

/// Bytes read so far.
#[derive(Default)]
struct Counts {
    packed: Cell<u64>,
    plain: Cell<u64>,
    /// Since the last line that was whole.
    line: Cell<u64>,
}

/// The file, counted.
struct Packed<'a> {
    file: File,
    counts: &'a Counts,
}

impl Read for Packed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.counts.packed.set(self.counts.packed.get() + read as u64);
        Ok(read)
    }
}

/// Its text, which ends where there is more of it than a bill has.
struct Plain<'a> {
    text: Box<dyn Read + 'a>,
    counts: &'a Counts,
}

impl Read for Plain<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Counts { packed, plain, line } = self.counts;
        let read = self.text.read(buffer)? as u64;
        plain.set(plain.get() + read);
        line.set(line.get() + read);
        if line.get() > LONGEST_LINE {
            return Err(io::Error::other(format!("a line is longer than {} MiB", LONGEST_LINE >> 20)));
        }
        if plain.get() > SMALL && plain.get() / MOST_TIMES > packed.get() {
            return Err(io::Error::other(format!("it unpacks to more than {MOST_TIMES} times its size")));
        }
        Ok(read as usize)
    }
}

/// A line, and where each field stands in it.
struct Record<'a> {
    record: &'a ByteRecord,
    layout: &'a Layout,
    positions: &'a BTreeMap<Field, usize>,
}

impl Line for Record<'_> {
    fn text(&self, field: Field) -> Option<&str> {
        let bytes = self.record.get(*self.positions.get(&field)?)?;
        std::str::from_utf8(bytes).ok().filter(|text| !line::is_empty(text))
    }

    fn amount(&self, field: Field) -> Result<Option<f64>> {
        let Some(text) = self.text(field) else { return Ok(None) };
        let column = self.layout.column(field).unwrap_or("");
        let amount = text.parse::<f64>().map_err(|_| {
            Error::failed(format!("`{text}` in the column `{column}` is not an amount"))
                .hint("fetch the file anew, or have it exported anew")
        })?;
        line::amount(amount, column).map(Some)
    }

    fn days(&self) -> Option<(Date, Date)> {
        let day = self.text(Field::Start).and_then(line::day)?;
        Some((day, day))
    }

    fn count(&self) -> i64 {
        1
    }
}
