//! The chain as a tree of lines.

use std::io::{self, Write};

use owo_colors::OwoColorize;
use unicode_width::UnicodeWidthStr;

use super::node::Node;
use crate::format;
use crate::report::fold::wrapped;
use crate::report::terminal::Width;

/// Links behind one link that are shown one by one, those that are broken or unseen first.
const SHOWN: usize = 12;

/// Writes a tree, indented.
pub fn write(root: &Node, margin: usize, width: Width, out: &mut dyn Write) -> io::Result<()> {
    let margin = " ".repeat(margin);
    branch(root, &margin, &margin, width, out)
}

/// Writes a link and what is behind it; `first` stands before its first line and `rest` before all
/// further ones.
fn branch(node: &Node, first: &str, rest: &str, width: Width, out: &mut dyn Write) -> io::Result<()> {
    let trunk = if node.behind.is_empty() { "  " } else { "│ " };
    let mut first = first;
    let further = format!("{rest}{trunk}");
    let head = std::iter::once(format!("{} {}", node.what, node.name)).chain(node.facts.iter().cloned());
    let head = head.collect::<Vec<_>>().join(", ");
    for line in wrapped(&format::printable(&head), width.columns, further.width()) {
        writeln!(out, "{first}{line}")?;
        first = &further;
    }
    for (mark, why) in [("✗ broken: ", &node.broken), ("? not seen: ", &node.not_seen)] {
        let Some(why) = why else { continue };
        for line in wrapped(&format!("{mark}{}", format::printable(why)), width.columns, further.width()) {
            let painted = match (width.colour, mark.starts_with('✗')) {
                (false, _) => line,
                (true, true) => line.red().to_string(),
                (true, false) => line.yellow().to_string(),
            };
            writeln!(out, "{further}{painted}")?;
        }
    }
    let mut behind: Vec<&Node> = node.behind.iter().collect();
    behind.sort_by_key(|next| match (next.breaks().is_empty(), next.blind_spots().is_empty()) {
        (false, _) => 0,
        (true, false) => 1,
        (true, true) => 2,
    });
    let left_out = behind.len().saturating_sub(SHOWN);
    let shown = behind.len() - left_out;
    for (index, next) in behind.iter().take(shown).enumerate() {
        let last = index + 1 == shown && left_out == 0;
        let (corner, line) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        branch(next, &format!("{rest}{corner}"), &format!("{rest}{line}"), width, out)?;
    }
    if left_out > 0 {
        writeln!(out, "{rest}└─ and {} more: --format json shows all", format::integer(left_out as i64))?;
    }
    Ok(())
}
