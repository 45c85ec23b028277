//! What to do about a finding: prose with commands, which carry the values of its row.

use std::fmt;

use serde_json::{Value as Json, json};

use super::message::Message;
use crate::engine::Value;
use crate::error::{Error, Result};

/// A template such as ``delete it: `aws ec2 delete-vpc-endpoints --vpc-endpoint-ids {resource_id}` ``.
///
/// Places are those of a [`Message`]. Between backticks stands a command, in which values are quoted for a
/// shell where they need it, and numbers stand without separators.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    text: String,
    /// In turn prose and command, prose first.
    parts: Vec<Message>,
}

impl Action {
    /// Reads a template.
    ///
    /// # Errors
    ///
    /// Where a place is broken, or a command does not end.
    pub fn parse(text: &str) -> Result<Action> {
        let parts: Vec<Message> = text.split('`').map(Message::parse).collect::<Result<_>>()?;
        if parts.len().is_multiple_of(2) {
            return Err(Error::usage(format!("the action `{text}` has a backtick without a second one"))
                .hint("write each command between two backticks"));
        }
        Ok(Action { text: text.to_owned(), parts })
    }

    /// The names that it shows.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().flat_map(Message::names)
    }

    /// Its commands, in order, with their places.
    pub fn commands(&self) -> impl Iterator<Item = &Message> {
        self.parts.iter().skip(1).step_by(2)
    }

    /// Fills in the values. A value that is not known stands as its name between angle brackets, which no
    /// shell takes for a value.
    pub fn render(&self, value: &dyn Fn(&str) -> Value) -> String {
        let mut text = String::new();
        for (index, part) in self.parts.iter().enumerate() {
            match index % 2 {
                0 => text.push_str(&part.render(value)),
                _ => text.extend(["`", &part.render_with(&|name, _| argument(name, &value(name))), "`"]),
            }
        }
        text
    }
}

/// The template, as it was written.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What to do, sentence by sentence, as JSON: a list of objects with `text` and its `commands`. `None` where
/// there is nothing to do.
pub(super) fn steps(action: &str) -> Option<String> {
    let mut sentences = vec![String::new()];
    let mut is_command = false;
    let mut letters = action.chars().peekable();
    while let Some(letter) = letters.next() {
        is_command ^= letter == '`';
        match sentences.last_mut() {
            Some(sentence) if !is_command && letter == '.' && letters.next_if_eq(&' ').is_some() => {
                sentence.push('.');
                sentences.push(String::new());
            }
            Some(sentence) => sentence.push(letter),
            None => {}
        }
    }
    let steps: Vec<Json> = sentences
        .iter()
        .filter(|sentence| !sentence.is_empty())
        .map(|sentence| json!({ "text": sentence, "commands": sentence.split('`').skip(1).step_by(2).collect::<Vec<_>>() }))
        .collect();
    (!steps.is_empty()).then(|| Json::Array(steps).to_string())
}

/// A value as a part of a shell's word.
fn argument(name: &str, value: &Value) -> String {
    let plain = match value {
        Value::Null => return format!("<{name}>"),
        value => crate::format::printable(&value.to_plain()),
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,=+@%".contains(c);
    if !plain.is_empty() && plain.chars().all(is_plain) {
        return plain;
    }
    // A backtick would end the command in Markdown; no id, name or zone of AWS's holds one.
    format!("'{}'", plain.replace('`', "\u{fffd}").replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(template: &str, value: Value) -> String {
        Action::parse(template).unwrap().render(&|_| value.clone())
    }

    #[test]
    fn a_command_carries_the_values_of_its_row() {
        let text = "open {port} first: `aws x --port {port}`, then look";
        assert_eq!(render(text, Value::Integer(9142)), "open 9,142 first: `aws x --port 9142`, then look");
        assert_eq!(render("`aws x --set Key=a,Value={v}`", Value::Null), "`aws x --set Key=a,Value=<v>`");
    }

    #[test]
    fn a_value_cannot_become_a_command_of_its_own() {
        let hostile = Value::Text("x; rm -rf `pwd` $(id) 'y'".into());
        assert_eq!(
            render("`aws x --name {name}`", hostile),
            r"`aws x --name 'x; rm -rf \u{fffd}pwd\u{fffd} $(id) '\''y'\'''`"
                .replace(r"\u{fffd}", "\u{fffd}")
        );
        assert_eq!(render("`aws x {name}`", Value::Text(String::new())), "`aws x ''`");
    }

    #[test]
    fn an_action_is_told_in_steps_with_their_commands() {
        let told =
            steps("Ask its owner. If nobody needs it: `aws ec2 x --dns a. b`, then look. `aws y` says why.");
        let parsed: Json = serde_json::from_str(&told.unwrap()).unwrap();
        assert_eq!(
            parsed,
            json!([
                { "text": "Ask its owner.", "commands": [] },
                { "text": "If nobody needs it: `aws ec2 x --dns a. b`, then look.", "commands": ["aws ec2 x --dns a. b"] },
                { "text": "`aws y` says why.", "commands": ["aws y"] },
            ])
        );
        assert_eq!(steps(""), None);
    }

    #[test]
    fn a_command_that_does_not_end_is_refused() {
        assert!(Action::parse("say `aws x").is_err());
        assert!(Action::parse("say `aws {x`").is_err());
    }
}
