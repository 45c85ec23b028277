//! What a rule is told besides the tables: its thresholds, and the keys that tags must have.
//! Both are written into the statement, so that it is complete in itself on any engine.

use crate::config::AllowedTag;
use crate::engine::Value;
use crate::error::{Error, Result};

/// The one-row table of a rule's thresholds.
pub const PARAM: &str = "param";

/// The table of the keys that every resource must be tagged with; its one column is `tag_key`.
pub const REQUIRED_TAG: &str = "required_tag";

/// The table of the values that tags may have, by key: `tag_key`, `prefix`, `suffix` and `is_exact`,
/// which is 1 where the value is to be `prefix` and nothing else.
pub const ALLOWED_TAG: &str = "allowed_tag";

/// A threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    name: String,
    value: Value,
}

impl Param {
    /// A threshold with its default.
    pub fn new(name: String, value: toml::Value) -> Result<Param> {
        let plain = !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !plain {
            return Err(Error::usage(format!("`{name}` cannot be the name of a param"))
                .hint("use lower-case letters, digits and underscores"));
        }
        let value = scalar(&value).ok_or_else(|| {
            Error::usage(format!("the param `{name}` is neither number nor text nor boolean"))
                .hint("a param is one value; lists belong into a table")
        })?;
        Ok(Param { name, value })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its value.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The type of its values in JSON Schema.
    pub fn json_type(&self) -> &'static str {
        match self.value {
            Value::Integer(_) => "integer",
            Value::Float(_) => "number",
            Value::Boolean(_) => "boolean",
            _ => "string",
        }
    }

    /// Replaces the default by what the user configured, which must be of the same kind.
    pub fn set(&mut self, value: &toml::Value) -> Result<()> {
        let given = scalar(value);
        self.value = match (&self.value, given) {
            (Value::Float(_), Some(Value::Integer(number))) => Value::Float(number as f64),
            (old, Some(new)) if std::mem::discriminant(old) == std::mem::discriminant(&new) => new,
            (old, _) => {
                let kind = match old {
                    Value::Integer(_) => "a whole number",
                    Value::Float(_) => "a number",
                    Value::Boolean(_) => "true or false",
                    _ => "text",
                };
                return Err(Error::usage(format!("`{}` takes {kind}, not `{value}`", self.name))
                    .hint(format!("its default is {}", old.to_plain())));
            }
        };
        Ok(())
    }
}

fn scalar(value: &toml::Value) -> Option<Value> {
    match value {
        toml::Value::Integer(number) => Some(Value::Integer(*number)),
        toml::Value::Float(number) if number.is_finite() => Some(Value::Float(*number)),
        toml::Value::Boolean(value) => Some(Value::Boolean(*value)),
        toml::Value::String(text) => Some(Value::Text(text.clone())),
        _ => None,
    }
}

/// The `SELECT` that is the table `param`.
pub fn param_select(params: &[Param]) -> String {
    if params.is_empty() {
        return "SELECT 0 AS no_params".to_owned();
    }
    let columns = param_columns(params).into_iter().map(|(name, value)| format!("{value} AS {name}"));
    format!("SELECT {}", columns.collect::<Vec<_>>().join(", "))
}

/// The columns of the table `param`, with their values as SQL.
pub fn param_columns(params: &[Param]) -> Vec<(String, String)> {
    params.iter().map(|param| (param.name.clone(), literal(&param.value))).collect()
}

/// The `SELECT` that is the table `required_tag`.
pub fn required_tag_select(keys: &[String]) -> String {
    let rows: Vec<_> = keys.iter().map(|key| format!("SELECT {} AS tag_key", quoted(key))).collect();
    if rows.is_empty() {
        // An empty table that every engine understands.
        return "SELECT tag_key FROM (SELECT 'none' AS tag_key) AS nothing WHERE tag_key <> 'none'"
            .to_owned();
    }
    rows.join(" UNION ALL ")
}

/// The `SELECT` that is the table `allowed_tag`.
pub fn allowed_tag_select(allowed: &[AllowedTag]) -> String {
    let row = |key: &str, prefix: &str, suffix: &str, is_exact: u8| {
        let (key, prefix, suffix) = (quoted(key), quoted(prefix), quoted(suffix));
        format!("SELECT {key} AS tag_key, {prefix} AS prefix, {suffix} AS suffix, {is_exact} AS is_exact")
    };
    let rows: Vec<_> = allowed
        .iter()
        .map(|tag| {
            let suffix = tag.suffix.as_deref();
            row(&tag.key, &tag.prefix, suffix.unwrap_or_default(), u8::from(suffix.is_none()))
        })
        .collect();
    if rows.is_empty() {
        let none = row("none", "", "", 1);
        return format!(
            "SELECT tag_key, prefix, suffix, is_exact FROM ({none}) AS nothing WHERE tag_key <> 'none'"
        );
    }
    rows.join(" UNION ALL ")
}

fn literal(value: &Value) -> String {
    match value {
        Value::Integer(number) => number.to_string(),
        // A decimal point keeps whole floats floats in every dialect.
        Value::Float(number) => format!("CAST({number} AS DOUBLE)"),
        Value::Boolean(value) => value.to_string().to_uppercase(),
        other => quoted(&other.to_plain()),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_a_tag_key_stays_text() {
        assert_eq!(required_tag_select(&["o'clock".to_owned()]), "SELECT 'o''clock' AS tag_key");
    }

    #[test]
    fn a_param_keeps_its_kind() {
        let mut days = Param::new("min_age_days".into(), toml::Value::Integer(90)).unwrap();
        assert!(
            days.set(&toml::Value::String("60".into())).unwrap_err().to_string().contains("whole number")
        );
        days.set(&toml::Value::Integer(60)).unwrap();
        assert_eq!(param_select(&[days]), "SELECT 60 AS min_age_days");
    }
}
