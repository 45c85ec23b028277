//! Values as people read them, the same way in messages, tables and pages; and text that strangers wrote,
//! made safe for where it goes.

mod markdown;
mod printable;

use jiff::Timestamp;

pub use markdown::markdown;
pub use printable::{Printable, escaped_json, is_all_printable, is_printable, printable, printable_lines};

/// US dollars: `$1,234.50`. Small amounts keep their cents, and an amount that is not zero is never
/// shown as zero.
pub fn money(amount: f64) -> String {
    if !amount.is_finite() {
        return "unknown".to_owned();
    }
    let sign = if amount < 0.0 { "-" } else { "" };
    let amount = amount.abs();
    if amount > 0.0 && amount < 0.005 {
        return format!("{sign}<$0.01");
    }
    let cents = (amount * 100.0).round();
    let whole = (cents / 100.0).trunc();
    format!("{sign}${}.{:02.0}", grouped(&format!("{whole:.0}")), cents - whole * 100.0)
}

/// Bytes in binary units: `1.5 GiB`.
pub fn bytes(count: f64) -> String {
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if !count.is_finite() {
        return "unknown".to_owned();
    }
    let mut value = count;
    let mut unit = 0;
    while value.abs() >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    match unit {
        0 => format!("{value:.0} B"),
        _ => format!("{value:.1} {}", UNITS[unit]),
    }
}

/// A moment in UTC; one that begins a day is that day.
pub fn moment(moment: Timestamp) -> String {
    let text = moment.to_string();
    text.strip_suffix("T00:00:00Z").map(str::to_owned).unwrap_or(text)
}

/// A share as a percentage: 0.25 is `25 %`.
pub fn percent(share: f64) -> String {
    if !share.is_finite() {
        return "unknown".to_owned();
    }
    format!("{} %", number((share * 1000.0).round() / 10.0))
}

/// A number with as many decimals as a reader of a sentence can use, thousands grouped: `1,235`, `12.35`,
/// `0.0123`.
pub fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => decimal(value.round()),
        size if size < 1.0 => decimal((value * 1e4).round() / 1e4),
        _ => decimal(value),
    }
}

/// A number with its cents: two decimals from 1 on, and so many below that four digits are seen.
pub fn decimal(value: f64) -> String {
    let size = value.abs();
    if !size.is_finite() {
        return "unknown".to_owned();
    }
    let decimals =
        if size >= 1.0 || size == 0.0 { 2 } else { (3 - size.log10().floor() as i32).clamp(4, 12) };
    let text = format!("{value:.*}", decimals as usize);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    match digits.split_once('.') {
        None if digits == "0" => "0".to_owned(),
        None => format!("{sign}{}", grouped(digits)),
        Some((whole, rest)) => format!("{sign}{}.{rest}", grouped(whole)),
    }
}

/// A whole number with its thousands grouped: `1,234`.
pub fn integer(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}", grouped(&value.unsigned_abs().to_string()))
}

fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number and its noun: `1 zone`, `3 zones`.
pub fn count(number: i64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", integer(number))
}

/// How alike two names are, from 0 to 1: the share of letter pairs that they have in common.
pub fn likeness(left: &str, right: &str) -> f64 {
    let pairs = |text: &str| -> Vec<(char, char)> { text.chars().zip(text.chars().skip(1)).collect() };
    let (left, mut right) = (pairs(left), pairs(right));
    let all = left.len() + right.len();
    let mut common = 0;
    for pair in left {
        if let Some(index) = right.iter().position(|other| *other == pair) {
            right.swap_remove(index);
            common += 1;
        }
    }
    if all == 0 { 0.0 } else { 2.0 * f64::from(common) / all as f64 }
}

/// The name most like a mistyped one, if any is like it.
pub fn nearest<'a>(mistyped: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = names.into_iter().map(|name| (likeness(mistyped, name), name));
    let best = near.max_by(|(left, _), (right, _)| left.total_cmp(right));
    best.filter(|(likeness, _)| *likeness > 0.5).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_grouped_and_never_shows_something_as_nothing() {
        let shown: Vec<_> = [0.0, 0.001, 7.3, 999.995, 1_234_567.891, -14.6].map(money).to_vec();
        assert_eq!(shown, ["$0.00", "<$0.01", "$7.30", "$1,000.00", "$1,234,567.89", "-$14.60"]);
        assert_eq!(money(f64::NAN), "unknown");
    }

    #[test]
    fn bytes_and_numbers_read_well() {
        assert_eq!(bytes(0.0), "0 B");
        assert_eq!(bytes(1536.0), "1.5 KiB");
        assert_eq!(bytes(3.0 * 1024f64.powi(3)), "3.0 GiB");
        assert_eq!(number(0.01), "0.01");
        assert_eq!(number(-0.00001), "0");
        assert_eq!((number(12345.67), decimal(12345.67)), ("12,346".to_owned(), "12,345.67".to_owned()));
        assert_eq!(number(7.3), "7.3");
        let shown: Vec<_> =
            [164.16, 115.32, 99.5, 12345.6, -100.0, 0.01, 0.00001, -0.5, 0.0].map(decimal).to_vec();
        assert_eq!(shown, ["164.16", "115.32", "99.5", "12,345.6", "-100", "0.01", "0.00001", "-0.5", "0"]);
        assert_eq!(percent(0.955), "95.5 %");
        assert_eq!(count(1, "zone"), "1 zone");
        assert_eq!(count(1200, "zone"), "1,200 zones");
    }
}
