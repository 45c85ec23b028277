//! Text that strangers wrote, made safe for Markdown.

/// An invisible character that keeps two others apart. GitHub and GitLab look for mentions, links and
/// emoji in the page that Markdown has become, where an entity or a backslash has left no trace; a
/// character between the two has.
const APART: &str = "&#8288;";

/// Text that Markdown, the HTML that it becomes, and what GitLab and GitHub make of that take for text.
///
/// For the cell of a table: one line, printable. Markup and HTML are escaped. Mentions (`@all`), links
/// (`https://`, `www.`), references (`#1`, `!1`, `~label`), emoji (`:smile:`) and mathematics (`$x$`) are
/// broken, and so are templates (`{{ }}`, `{% %}`) of the tools that make pages. What is read on the page
/// is the text itself. ARNs and e-mail addresses stay whole, so that they can be copied; the most that
/// becomes of one is a link to write to that address.
pub fn markdown(text: &str) -> String {
    let text = super::printable(text);
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    let mut dollars = 0;
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let before = &text[..text.len() - rest.len()];
        let after = &rest[c.len_utf8()..];
        let next = after.chars().next().unwrap_or(' ');
        rest = after;
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // A backslash before it would be read differently by different parsers of tables.
            '|' => out.push_str("&#124;"),
            '{' if "{%#+-:".contains(next) => out.push_str("&#123;"),
            '$' => {
                dollars += 1;
                // GitHub's guide "Writing mathematical expressions" asks for a span; GitLab reads the
                // backslash.
                out.push_str(if dollars == 1 { "\\$" } else { "<span>\\$</span>" });
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '~' | '!' | '^' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let in_word = before.ends_with(is_word);
        let is_apart = match c {
            '@' => !in_word,
            ':' => is_emoji(before, after),
            // Nobody makes a link of a file that a command is to read.
            '/' => next == '/' && !before.ends_with("file:"),
            'w' | 'W' => next == '.' && is_www(before),
            '#' | '!' | '~' | '%' | '^' => is_word(next) || next == '"',
            '&' => next.is_ascii_digit(),
            _ => false,
        };
        if is_apart {
            out.push_str(APART);
        }
    }
    out
}

/// Whether a colon begins the name of an emoji, all of which are lower-case. In an ARN it does not, nor in
/// the time of day.
fn is_emoji(before: &str, after: &str) -> bool {
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_+-".contains(c);
    let name = &after[..after.find(|c| !is_name(c)).unwrap_or(after.len())];
    let closed = after[name.len()..].starts_with(':');
    let is_number = name.len() <= 2 && name.bytes().all(|byte| byte.is_ascii_digit());
    let word =
        before.rfind(|c: char| !c.is_ascii_alphanumeric() && !"_+-:".contains(c)).map_or(before, |at| {
            let separator = before[at..].chars().next().map_or(0, char::len_utf8);
            &before[at + separator..]
        });
    let in_arn = word == "arn" || word.starts_with("arn:");
    closed && !name.is_empty() && !is_number && !in_arn
}

/// Whether what stands before the last letter of `www.` makes it the beginning of an address.
fn is_www(before: &str) -> bool {
    let Some(start) = before.len().checked_sub(2) else { return false };
    before.is_char_boundary(start)
        && before[start..].eq_ignore_ascii_case("ww")
        && !before[..start].ends_with(|c: char| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::markdown;

    #[test]
    fn text_from_aws_stays_text() {
        assert_eq!(markdown("<script>|[a](b)"), "&lt;script&gt;&#124;\\[a\\](b)");
        assert_eq!(markdown("@all, cc @a-b"), "@&#8288;all, cc @&#8288;a-b");
        assert_eq!(
            markdown("https://x.example www.x.example"),
            "https:/&#8288;/x.example www&#8288;.x.example"
        );
        assert_eq!(markdown("WWW.x.example awww.x"), "WWW&#8288;.x.example awww.x");
        assert_eq!(markdown(":smile: :+1: a:tada:b"), ":&#8288;smile: :&#8288;+1: a:&#8288;tada:b");
        assert_eq!(
            markdown("$x$ and $$y$$").matches('$').count(),
            markdown("$x$ and $$y$$").matches("\\$").count()
        );
        assert_eq!(markdown("{{x}} {% x %} {\"a\":1}"), "&#123;{x}} &#123;% x %} {\"a\":1}");
        assert_eq!(markdown("see #1, !2 and &3"), "see \\#&#8288;1, \\!&#8288;2 and &amp;&#8288;3");
        assert_eq!(markdown("a\u{1b}\nb\u{202e}"), "a\u{fffd} b\u{fffd}");
    }

    #[test]
    fn what_people_copy_stays_whole() {
        for text in [
            "arn:aws:iam::123456789012:root",
            "2026-11-22T06:19:00Z",
            "sts:AssumeRole: not authorized",
            "ops@bank.example",
            "--policy-document file://policy.json",
            "com.amazonaws.eu-west-1.s3",
            "25 % of 3 zones",
            "vpce-0123456789abcdef0",
            "{\"owner\":\"network\"}",
        ] {
            assert_eq!(markdown(text), text);
        }
        assert_eq!(markdown("$7.30 a month"), "\\$7.30 a month");
    }
}
