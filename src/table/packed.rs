//! Rows as the journal keeps them: by column, and what repeats written once. Rows of one account and
//! Region are sorted, so most columns are a few runs.

use std::fmt;

use serde::de::{DeserializeOwned, Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Tables;
use super::cell::Cells;

/// The most rows of one table that are kept together in a journal.
const MOST_ROWS: usize = 1 << 24;

/// Why rows could not be written down or read.
pub type Result<T> = std::result::Result<T, String>;

/// Appends a column.
pub(super) fn pack<C: Serialize>(
    cells: Cells<'_, C>,
    is_same: impl Fn(&C, &C) -> bool,
    out: &mut Vec<u8>,
) -> Result<()> {
    let mut runs: Vec<(u32, &C)> = Vec::new();
    for cell in cells.iter() {
        match runs.last_mut() {
            Some((length, last)) if is_same(last, cell) => *length += 1,
            _ => runs.push((1, cell)),
        }
    }
    rmp_serde::encode::write(out, &runs).map_err(|error| error.to_string())
}

/// Text that repeats is written once. It is read into at most so many times the bytes of its table: the
/// longest endpoint policy, the same one for endpoints without end, comes to less.
const MOST_REPEATED: usize = 512;

/// Reads a column, which stands first in `bytes`, and moves on to what follows it.
///
/// `whole` is how many bytes the table has, and as many rows are believed: no row is like the one before it,
/// so each begins a run in some column, and a run takes three bytes.
pub(super) fn unpack<C: Serialize + DeserializeOwned + Clone>(
    bytes: &mut &[u8],
    whole: usize,
) -> Result<Vec<C>> {
    let before = bytes.len();
    let runs: Vec<(u32, C)> = rmp_serde::decode::from_read(&mut *bytes).map_err(|error| error.to_string())?;
    let taken = before - bytes.len();
    let rows = runs.iter().fold(0, |sum: usize, (length, _)| sum.saturating_add(*length as usize));
    if rows > whole {
        return Err(format!("{rows} rows are said to be packed in {whole} bytes"));
    }
    let most = whole.saturating_mul(MOST_REPEATED);
    if rows.saturating_mul(taken) > most {
        let size = |cell: &C| rmp_serde::to_vec(cell).map_or(0, |bytes| bytes.len());
        let spread = runs.iter().fold(0, |sum: usize, (length, cell)| {
            sum.saturating_add(size(cell).saturating_mul(*length as usize))
        });
        if spread > most {
            return Err(format!("{spread} bytes of text are said to be packed in {whole} bytes"));
        }
    }
    let mut cells = Vec::with_capacity(rows);
    for (length, cell) in runs {
        cells.resize(cells.len() + length as usize, cell);
    }
    Ok(cells)
}

impl Serialize for Tables {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let tables = self.pack(MOST_ROWS).map_err(serde::ser::Error::custom)?;
        let mut map = serializer.serialize_map(Some(tables.len()))?;
        for (name, bytes) in tables {
            map.serialize_entry(name, &Bytes(bytes))?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Tables {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Tables, D::Error> {
        struct Packed;
        impl<'de> Visitor<'de> for Packed {
            type Value = Tables;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("tables by name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Tables, A::Error> {
                let mut tables = Tables::default();
                while let Some((name, Bytes(bytes))) = map.next_entry::<String, Bytes>()? {
                    tables.unpack(&name, &bytes).map_err(A::Error::custom)?;
                }
                Ok(tables)
            }
        }
        deserializer.deserialize_map(Packed)
    }
}

/// Rows of one table inside of something else that the journal keeps: `#[serde(with = "packed::rows")]`.
pub mod rows {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Bytes;
    use crate::table::Row;

    /// Writes rows down.
    ///
    /// # Errors
    ///
    /// Where the serializer has one.
    pub fn serialize<R: Row, S: Serializer>(rows: &[R], serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::new();
        R::pack(rows, &mut bytes).map_err(serde::ser::Error::custom)?;
        Bytes(bytes).serialize(serializer)
    }

    /// Reads rows back.
    ///
    /// # Errors
    ///
    /// Where they are not rows of this table.
    pub fn deserialize<'de, R: Row, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<R>, D::Error> {
        let Bytes(bytes) = Bytes::deserialize(deserializer)?;
        R::unpack(&bytes).map_err(D::Error::custom)
    }
}

/// Bytes as such: a list of numbers would be what serde takes them for.
struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Bytes, D::Error> {
        struct Raw;
        impl Visitor<'_> for Raw {
            type Value = Bytes;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> std::result::Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }

            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> std::result::Result<Bytes, E> {
                Ok(Bytes(bytes))
            }
        }
        deserializer.deserialize_byte_buf(Raw)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::table::{Coverage, MetricDaily, Outcome};

    proptest! {
        #[test]
        fn rows_come_back_from_the_journal_as_they_were(
            rows in proptest::collection::vec((0..3u8, 0..3u8, -700_000i32..2_000_000, any::<f64>()), 0..40),
            outcomes in proptest::collection::vec((0..Outcome::ALL.len(), proptest::option::of(".*")), 0..20),
        ) {
            let metric_daily = rows
                .into_iter()
                .filter_map(|(resource, metric, day, value)| {
                    Some(MetricDaily {
                        account_id: "111111111111".into(),
                        region: "us-east-1".into(),
                        resource_id: format!("vpce-{resource}").into(),
                        namespace: "AWS/PrivateLinkEndpoints".into(),
                        metric_name: format!("metric {metric}").into(),
                        statistic: "Sum".into(),
                        date: crate::table::cell::date(day)?,
                        value,
                    })
                })
                .collect();
            let coverage = outcomes
                .into_iter()
                .map(|(outcome, message)| Coverage {
                    account_id: "111111111111".into(),
                    region: "us-east-1".into(),
                    operation: "ec2:DescribeVpcs".into(),
                    outcome: Outcome::ALL[outcome],
                    error_code: None,
                    message,
                    requests: 1,
                    rows: 0,
                    charge: 0.0,
                })
                .collect();
            let tables = Tables { metric_daily, coverage, ..Tables::default() };
            let bytes = rmp_serde::to_vec(&tables).unwrap();
            let back: Tables = rmp_serde::from_slice(&bytes).unwrap();
            let mut in_pieces = Tables::default();
            for (name, bytes) in tables.pack(3).unwrap() {
                in_pieces.unpack(name, &bytes).unwrap();
            }
            prop_assert_eq!(format!("{in_pieces:?}"), format!("{tables:?}"));
            // As text, in which one thing that is not a number is like another.
            prop_assert_eq!(format!("{back:?}"), format!("{tables:?}"));
        }

        #[test]
        fn bytes_that_nobody_packed_are_refused_or_read_within_bounds(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(cells) = unpack::<Option<String>>(&mut bytes.as_slice(), bytes.len()) {
                prop_assert!(cells.len() <= bytes.len());
            }
        }
    }

    #[test]
    fn a_run_that_claims_too_much_is_refused_before_room_is_made_for_it() {
        for claimed in [u32::MAX, 1 << 24] {
            let bytes = rmp_serde::to_vec(&vec![(claimed, 1.0f64)]).unwrap();
            let told = unpack::<f64>(&mut bytes.as_slice(), bytes.len()).unwrap_err();
            assert_eq!(told, format!("{claimed} rows are said to be packed in {} bytes", bytes.len()));
        }
        let text = "x".repeat(10_000);
        let bytes = rmp_serde::to_vec(&vec![(10_000u32, text)]).unwrap();
        let told = unpack::<String>(&mut bytes.as_slice(), bytes.len()).unwrap_err();
        assert_eq!(told, format!("100030000 bytes of text are said to be packed in {} bytes", bytes.len()));
    }
}
