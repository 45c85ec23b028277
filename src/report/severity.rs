//! Severities in order and in colour.

use owo_colors::OwoColorize;

/// The rank of the column `severity`, in SQL: 0 for the worst.
pub const RANK: &str = "CASE severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 WHEN 'low' THEN 3 ELSE 4 END";

/// The severity of a rank.
pub fn ranked(rank: i64) -> &'static str {
    match rank {
        0 => "critical",
        1 => "high",
        2 => "medium",
        3 => "low",
        _ => "info",
    }
}

/// A severity in its colour, or other text.
pub fn painted(text: &str, severity: &str) -> String {
    match severity {
        "critical" => text.magenta().bold().to_string(),
        "high" => text.red().to_string(),
        "medium" => text.yellow().to_string(),
        "low" => text.blue().to_string(),
        _ => text.to_owned(),
    }
}
