//! Complete accounts and Regions as a condition on rows.
//!
//! The SQL joins every table with the accounts and Regions that are complete, as every engine reads
//! that. The embedded one would look at a pair of texts for each row, so here the pairs become a few
//! conditions: which accounts, in which Regions. Where all are complete there is nothing to ask: no
//! table has rows of an account and Region that coverage does not know.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::*;

/// Accounts that are complete in the same Regions need one condition. Beyond so many the join is
/// quicker.
const MOST_CONDITIONS: usize = 8;

/// Which rows of a table are kept.
pub enum Kept {
    /// All of them.
    Every,
    /// Those of which this is true.
    Where(Expr),
}

impl Kept {
    /// The rows that belong to complete accounts and Regions (one row per pair, in `account_id` and
    /// `region`), of so many that coverage knows. Nothing where only the join can tell.
    pub fn new(complete: &DataFrame, known: usize) -> PolarsResult<Option<Kept>> {
        if complete.height() == known {
            return Ok(Some(Kept::Every));
        }
        Ok(condition(complete)?.map(Kept::Where))
    }

    /// Those rows of a table.
    pub fn of(&self, table: LazyFrame) -> LazyFrame {
        match self {
            Kept::Every => table,
            Kept::Where(condition) => table.filter(condition.clone()),
        }
    }
}

fn condition(complete: &DataFrame) -> PolarsResult<Option<Expr>> {
    let (accounts, regions) = (complete.column("account_id")?.str()?, complete.column("region")?.str()?);
    let mut by_account: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (account, region) in accounts.iter().zip(regions.iter()) {
        let (Some(account), Some(region)) = (account, region) else { return Ok(None) };
        by_account.entry(account).or_default().insert(region);
    }
    let mut by_regions: BTreeMap<BTreeSet<&str>, Vec<&str>> = BTreeMap::new();
    for (account, regions) in by_account {
        by_regions.entry(regions).or_default().push(account);
    }
    if by_regions.len() > MOST_CONDITIONS {
        return Ok(None);
    }
    let mut any = lit(false);
    for (regions, accounts) in by_regions {
        let regions: Vec<&str> = regions.into_iter().collect();
        any = any.or(among("region", &regions)?.and(among("account_id", &accounts)?));
    }
    Ok(Some(any))
}

fn among(column: &str, words: &[&str]) -> PolarsResult<Expr> {
    let list = Series::new(PlSmallStr::EMPTY, words).implode()?.into_series();
    Ok(col(column).is_in(lit(list), false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(pairs: &[(&str, &str)]) -> DataFrame {
        let accounts: Vec<&str> = pairs.iter().map(|(account, _)| *account).collect();
        let regions: Vec<&str> = pairs.iter().map(|(_, region)| *region).collect();
        df!("account_id" => accounts, "region" => regions).unwrap()
    }

    fn kept(complete: &[(&str, &str)], rows: &[(&str, &str)]) -> Option<Vec<String>> {
        let kept = Kept::new(&frame(complete), rows.len()).unwrap()?;
        let left = kept.of(frame(rows).lazy()).collect().unwrap();
        let (accounts, regions) = (left.column("account_id").unwrap(), left.column("region").unwrap());
        let pairs = accounts.str().unwrap().iter().zip(regions.str().unwrap().iter());
        Some(pairs.map(|(account, region)| format!("{}/{}", account.unwrap(), region.unwrap())).collect())
    }

    #[test]
    fn only_rows_of_complete_pairs_are_kept() {
        let rows = [("1", "a"), ("1", "b"), ("2", "a"), ("2", "b"), ("3", "a"), ("4", "c")];
        assert_eq!(kept(&[("1", "a"), ("1", "b"), ("2", "b")], &rows).unwrap(), ["1/a", "1/b", "2/b"]);
        assert_eq!(kept(&[("9", "a")], &rows).unwrap(), [""; 0]);
        assert_eq!(kept(&[], &rows).unwrap(), [""; 0]);
        assert_eq!(kept(&rows, &rows).unwrap().len(), rows.len());
    }

    #[test]
    fn many_kinds_of_accounts_are_left_to_the_join() {
        let names: Vec<String> = (0..=MOST_CONDITIONS + 1).map(|number| number.to_string()).collect();
        let pairs: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), name.as_str())).collect();
        assert_eq!(kept(&pairs[..MOST_CONDITIONS], &pairs).unwrap().len(), MOST_CONDITIONS);
        assert_eq!(kept(&pairs[..=MOST_CONDITIONS], &pairs), None);
    }
}
