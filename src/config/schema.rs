//! The JSON Schema of `plaudit.toml`: types and ranges from here, prose and defaults from
//! `plaudit.example.toml`.

use serde_json::{Map, Value, json};

use super::check::SMALLEST_SHARE;
use super::waiver::LONGEST_PATTERN;
use super::{ChargesFrom, MAX_CONCURRENCY, MAX_TIMEOUT_SECONDS, MAX_WINDOW_DAYS};
use crate::table::Severity;

/// The example, which documents every key.
const EXAMPLE: &str = include_str!("../../plaudit.example.toml");

/// The section that shows the settings of one rule.
const EXAMPLE_SECTION: &str = "rules.orphaned-endpoint";

/// Writes the schema. Sections, keys, types, ranges and words are those that the configuration takes; what a
/// JSON Schema cannot know, such as whether a folder exists, it lets pass.
pub fn json_schema() -> Value {
    let mut schema = skeleton();
    for entry in entries(EXAMPLE) {
        // What is said of one rule there holds for all.
        let section =
            if entry.section == EXAMPLE_SECTION && entry.key.is_none() { "rules" } else { &entry.section };
        let Some(key) = at(&mut schema, section, entry.key.as_deref()) else { continue };
        if !entry.documentation.is_empty() {
            key.insert("description".to_owned(), entry.documentation.into());
        }
        if let Some(default) = entry.default {
            key.insert("default".to_owned(), default);
        }
    }
    schema
}

/// The schema of one rule's settings. `params` are those that only this rule has, by name.
pub fn rule_settings(params: Map<String, Value>) -> Value {
    let mut schema = object(
        json!({ "enabled": { "type": "boolean" }, "severity": words(Severity::ALL, Severity::as_str) }),
    );
    for entry in entries(EXAMPLE).into_iter().filter(|entry| entry.section == EXAMPLE_SECTION) {
        if let Some(key) = entry.key.and_then(|key| schema["properties"].get_mut(key)) {
            key["description"] = entry.documentation.into();
        }
    }
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.extend(params);
    }
    schema
}

/// Everything but prose and defaults.
fn skeleton() -> Value {
    let text = json!({ "type": "string" });
    let account = json!({ "type": "string", "pattern": "^[0-9]{12}$" });
    let unit = json!({ "type": "string", "pattern": "^(ou-|r-)" });
    let session = json!({ "type": "string", "pattern": "^[A-Za-z0-9_+=,.@-]{2,64}$" });
    let owner = json!({ "type": "string", "pattern": "^([0-9]{12}|any)$" });
    let seconds = json!({ "type": "integer", "minimum": 1, "maximum": MAX_TIMEOUT_SECONDS });
    let own_tag = json!({ "type": "string", "minLength": 1, "not": { "pattern": "^aws:" } });
    let crawl = object(json!({
        "role_name": {
            "type": "string",
            "pattern": r"^(?!arn:)([A-Za-z0-9_+=,.@/-]|\{account_id\}|\{account_name\})+$",
            "maxLength": 512,
        },
        "external_id": text,
        "session_name": session,
        "source_identity": session,
        "session_policy": { "type": "boolean" },
        "regions": list(json!({ "type": "string", "pattern": "^[a-z]+(-[a-z]+)+-[0-9]+$" })),
        "accounts": list(account.clone()),
        "exclude_accounts": list(account),
        "organizational_units": list(unit.clone()),
        "exclude_organizational_units": list(unit),
        "account_tags": { "type": "object", "additionalProperties": pattern() },
        "profiles": list(text.clone()),
        "max_concurrency": { "type": "integer", "minimum": 1, "maximum": MAX_CONCURRENCY },
        "rate_share": { "type": "number", "minimum": SMALLEST_SHARE, "maximum": 1 },
        "attempt_timeout_seconds": seconds,
        "call_timeout_seconds": seconds,
    }));
    let charges = object(json!({
        "source": words(ChargesFrom::ALL, ChargesFrom::as_str),
        "bill": list(text.clone()),
        "expected_bucket_owner": owner,
        "role_arn": { "type": "string", "pattern": "^arn:[^:]*:iam::[^:]{12}:role/[^:]*$" },
    }));
    let tags = object(json!({
        "required": list(own_tag.clone()),
        "allowed": {
            "type": "object",
            "propertyNames": own_tag,
            "additionalProperties":
                list(json!({ "type": "string", "minLength": 1, "pattern": "^[^*]*[*]?[^*]*$" })),
        },
    }));
    let store = object(json!({
        "path": { "type": "string", "minLength": 1 },
        "shared": { "type": "boolean" },
        "expected_bucket_owner": owner,
        "kms_key_id": { "type": "string", "pattern": "^[!-~]+$" },
    }));
    let mut waiver = object(json!({
        "rule": text,
        "resource": pattern(),
        "account": pattern(),
        "region": pattern(),
        "tag": { "type": "string", "pattern": "^\\s*[^\\s=]" },
        "reason": { "type": "string", "pattern": "\\S" },
        "owner": { "type": "string", "pattern": "\\S" },
        // TOML's dates are text in JSON.
        "expires": { "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}" },
    }));
    waiver["required"] = json!(["rule", "reason", "owner", "expires"]);
    // A waiver covers less than everything.
    let narrow = |key: &str| json!({ "required": [key], "properties": { key: { "pattern": "[^*?]" } } });
    waiver["anyOf"] =
        json!([narrow("resource"), narrow("account"), narrow("region"), { "required": ["tag"] }]);
    let mut rule = rule_settings(Map::new());
    // A rule of the house has settings that only its header knows.
    rule["additionalProperties"] = json!({ "type": ["boolean", "integer", "number", "string"] });
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "plaudit.toml",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "crawl": crawl,
            "window": object(json!({ "days": { "type": "integer", "minimum": 1, "maximum": MAX_WINDOW_DAYS } })),
            "tags": tags,
            "charges": charges,
            "store": store,
            "check": object(json!({ "rules": list(json!({ "type": "string", "minLength": 1 })) })),
            "rules": { "type": "object", "additionalProperties": rule },
            "waiver": list(waiver),
        },
    })
}

/// A table that takes these keys and no others.
fn object(properties: Value) -> Value {
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

fn list(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

fn pattern() -> Value {
    json!({ "type": "string", "maxLength": LONGEST_PATTERN })
}

fn words<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Value {
    json!({ "enum": all.iter().map(|one| word(*one)).collect::<Vec<_>>() })
}

/// The part of the schema for a section or one of its keys.
fn at<'a>(schema: &'a mut Value, section: &str, key: Option<&str>) -> Option<&'a mut Map<String, Value>> {
    let mut part = schema;
    for name in section.split('.').chain(key) {
        let kind = if part["type"] == "array" { "items" } else { "properties" };
        part = match kind {
            "items" => part.get_mut("items")?.get_mut("properties")?.get_mut(name)?,
            _ => part.get_mut("properties")?.get_mut(name)?,
        };
    }
    part.as_object_mut()
}

/// What the example says of a section or of one of its keys.
#[derive(Debug, PartialEq)]
struct Entry {
    section: String,
    key: Option<String>,
    documentation: String,
    default: Option<Value>,
}

/// Reads the example. A comment belongs to the section or key that follows it, and a comment at a line's end
/// to that line. What follows `#: ` is a default.
fn entries(example: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut section = String::new();
    let mut comment: Vec<&str> = Vec::new();
    for line in example.lines() {
        let default = line.strip_prefix("#: ");
        let text = default.or_else(|| line.strip_prefix("# ")).unwrap_or_default();
        if let Some(name) = text.strip_prefix('[') {
            section = name.trim_matches(['[', ']']).to_owned();
            let documentation = std::mem::take(&mut comment).join(" ");
            entries.push(Entry { section: section.clone(), key: None, documentation, default: None });
        } else if let Some((key, value)) = assignment(text) {
            let (value, at_end) = value.split_once("  # ").or(value.split_once(" # ")).unwrap_or((value, ""));
            let mut documentation = std::mem::take(&mut comment).join(" ");
            if documentation.is_empty() {
                documentation = at_end.to_owned();
            }
            // Values of the example are JSON as they are TOML, but for dates, which have no default.
            let default = default.and_then(|_| serde_json::from_str(value).ok());
            entries.push(Entry {
                section: section.clone(),
                key: Some(key.to_owned()),
                documentation,
                default,
            });
        } else if text.is_empty() {
            comment.clear();
        } else {
            comment.push(text);
        }
    }
    entries
}

/// Splits `key = value`; `None` for prose.
fn assignment(text: &str) -> Option<(&str, &str)> {
    let (key, value) = text.split_once(" = ")?;
    let is_key = key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    is_key.then_some((key, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    /// The keys of a table that the parser names where it refuses an unknown one.
    fn known(text: &str) -> Vec<String> {
        let refused = Config::parse(text, "plaudit.toml").unwrap_err().to_string();
        let names = refused.split_once("expected").unwrap_or_else(|| panic!("{refused}")).1;
        names.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    fn keys(schema: &Value, pointer: &str) -> Vec<String> {
        let properties = schema.pointer(pointer).and_then(Value::as_object);
        let mut keys: Vec<String> = properties.expect(pointer).keys().cloned().collect();
        keys.sort();
        keys
    }

    #[test]
    fn every_key_that_is_taken_is_described_and_no_other() {
        let schema = json_schema();
        for (text, pointer) in [
            ("nosuch = 1", "/properties"),
            ("[crawl]\nnosuch = 1", "/properties/crawl/properties"),
            ("[charges]\nnosuch = 1", "/properties/charges/properties"),
            ("[window]\nnosuch = 1", "/properties/window/properties"),
            ("[tags]\nnosuch = 1", "/properties/tags/properties"),
            ("[store]\nnosuch = 1", "/properties/store/properties"),
            ("[check]\nnosuch = 1", "/properties/check/properties"),
            ("[[waiver]]\nnosuch = 1", "/properties/waiver/items/properties"),
        ] {
            let mut known = known(text);
            known.sort();
            assert_eq!(keys(&schema, pointer), known, "{pointer}");
            for (key, part) in schema.pointer(pointer).and_then(Value::as_object).unwrap() {
                let is_section = pointer == "/properties" && key != "waiver" && key != "rules";
                let is_told = part["description"].as_str().is_some_and(|text| text.len() > 10);
                assert!(is_section || key == "allowed" || is_told, "{pointer}/{key}: {part}");
            }
        }
    }

    #[test]
    fn defaults_are_those_of_the_example() {
        let schema = json_schema();
        for (pointer, default) in [
            ("/properties/window/properties/days/default", json!(90)),
            ("/properties/crawl/properties/rate_share/default", json!(0.5)),
            ("/properties/crawl/properties/regions/default", json!([])),
            ("/properties/tags/properties/required/default", json!(["service"])),
            ("/properties/store/properties/shared/default", json!(false)),
            ("/properties/charges/properties/source/default", json!("auto")),
        ] {
            assert_eq!(schema.pointer(pointer), Some(&default), "{pointer}");
        }
    }
}
