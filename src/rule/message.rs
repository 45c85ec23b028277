//! A rule's sentence: text with places for the values of a row.

use crate::engine::Value;
use crate::error::{Error, Result};
use crate::format;

/// A template such as `no bytes in {window_days} days, {zones:count zone} still billed`.
///
/// A place names a column of the rule's answer or one of its params, and may say how the value is
/// shown: `{x:money}`, `{x:bytes}`, `{x:percent}`, `{x:count zone}`. `{{` and `}}` are braces themselves.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    Value { name: String, style: Style },
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Style {
    Plain,
    Money,
    Bytes,
    Percent,
    Count(String),
}

impl Message {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Message> {
        let wrong = |problem: String| {
            Error::usage(problem).hint(
                "write {column}, or {column:money}, {column:bytes}, {column:percent}, {column:count noun}",
            )
        };
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find(['{', '}']) {
            let (before, after) = rest.split_at(open);
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            if let Some(tail) = after.strip_prefix("{{").or_else(|| after.strip_prefix("}}")) {
                parts.push(Part::Text(after[..1].to_owned()));
                rest = tail;
                continue;
            }
            let inner = after
                .strip_prefix('{')
                .ok_or_else(|| wrong(format!("the message `{text}` has a `}}` without `{{`")))?;
            let (place, tail) = inner
                .split_once('}')
                .ok_or_else(|| wrong(format!("the message `{text}` has a `{{` without `}}`")))?;
            let (name, style) = place.split_once(':').unwrap_or((place, ""));
            let style = match style.split_once(' ').unwrap_or((style, "")) {
                ("", "") => Style::Plain,
                ("money", "") => Style::Money,
                ("bytes", "") => Style::Bytes,
                ("percent", "") => Style::Percent,
                ("count", noun) if !noun.is_empty() => Style::Count(noun.to_owned()),
                _ => {
                    return Err(wrong(format!(
                        "the message `{text}` shows `{name}` in an unknown way, `{style}`"
                    )));
                }
            };
            if name.is_empty() {
                return Err(wrong(format!("the message `{text}` has a place without a name")));
            }
            parts.push(Part::Value { name: name.to_owned(), style });
            rest = tail;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Message { parts })
    }

    /// The names that it shows.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Value { name, .. } => Some(name.as_str()),
        })
    }

    /// Fills in the values.
    pub fn render(&self, value: &dyn Fn(&str) -> Value) -> String {
        self.render_with(&|name, style| show(&value(name), style))
    }

    /// Fills in what `shown` makes of each place.
    pub(super) fn render_with(&self, shown: &dyn Fn(&str, &Style) -> String) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Value { name, style } => shown(name, style),
            })
            .collect()
    }
}

fn show(value: &Value, style: &Style) -> String {
    let styled = match (style, value.as_f64()) {
        (Style::Money, Some(amount)) => Some(format::money(amount)),
        (Style::Bytes, Some(count)) => Some(format::bytes(count)),
        (Style::Percent, Some(share)) => Some(format::percent(share)),
        (Style::Count(noun), Some(number)) => Some(format::count(number as i64, noun)),
        _ => None,
    };
    styled.unwrap_or_else(|| match value {
        Value::Null => "unknown".to_owned(),
        Value::Integer(number) => format::integer(*number),
        Value::Float(number) => format::number(*number),
        other => format::printable(&other.to_plain()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(template: &str, value: Value) -> String {
        Message::parse(template).unwrap().render(&|_| value.clone())
    }

    #[test]
    fn values_are_shown_as_the_place_says() {
        assert_eq!(render("{zones:count zone} billed", Value::Integer(3)), "3 zones billed");
        assert_eq!(render("{cost:money} a month", Value::Float(21.9)), "$21.90 a month");
        assert_eq!(render("{b:bytes}", Value::Float(2048.0)), "2.0 KiB");
        assert_eq!(render("last seen {date}", Value::Null), "last seen unknown");
        assert_eq!(render("{name}", Value::Text("a\u{1b}b".into())), "a\u{fffd}b");
        assert_eq!(render("{{{name}}}", Value::Text("a".into())), "{a}");
    }

    #[test]
    fn a_broken_template_is_refused() {
        for template in ["{a", "a}", "{}", "{a:colour}", "{a:count}"] {
            assert!(Message::parse(template).is_err(), "{template}");
        }
    }
}
