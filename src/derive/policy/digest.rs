//! What a policy says, whatever its spelling.

use std::fmt::Write;

use ring::digest::{SHA256, digest};
use serde_json::Value;

/// The same text for policies that say the same: white space, the order of elements, statements and listed
/// values, and names of statements mean nothing to IAM. `None` for what is no JSON.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>
pub fn policy_digest(document: &str) -> Option<String> {
    let mut policy: Value = serde_json::from_str(document).ok()?;
    // The versions differ in whether they know variables.
    if !document.contains("${")
        && let Some(policy) = policy.as_object_mut()
    {
        policy.retain(|key, _| !key.eq_ignore_ascii_case("Version"));
    }
    let mut text = String::new();
    for byte in &digest(&SHA256, canonical(&policy).as_bytes()).as_ref()[..16] {
        write!(text, "{byte:02x}").ok()?;
    }
    Some(text)
}

fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            // Everybody has two spellings.
            if let Some(names) = map.get("AWS").filter(|_| map.len() == 1).map(canonical)
                && names == r#""*""#
            {
                return names;
            }
            let named = map.iter().filter(|(key, _)| !["sid", "id"].contains(&&*key.to_ascii_lowercase()));
            let mut parts: Vec<String> = named
                .map(|(key, value)| format!("{}:{}", Value::String(key.clone()), canonical(value)))
                .collect();
            parts.sort();
            format!("{{{}}}", parts.join(","))
        }
        Value::Array(list) => {
            let mut parts: Vec<String> = list.iter().map(canonical).collect();
            parts.sort();
            parts.dedup();
            match &parts[..] {
                [one] => one.clone(),
                many => format!("[{}]", many.join(",")),
            }
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_that_say_the_same_have_one_digest() {
        let written = policy_digest(
            r#"{"Statement":[{"Sid":"a","Effect":"Allow","Principal":"*","Action":["a:B","c:D"],"Resource":"*"}]}"#,
        );
        let other = policy_digest(
            r#"{ "Statement": { "Action": ["c:D", "a:B"], "Effect": "Allow",
                 "Principal": { "AWS": ["*"] }, "Resource": ["*"] } }"#,
        );
        assert!(written.is_some() && written == other, "{written:?} {other:?}");
        assert_ne!(
            written,
            policy_digest(
                r#"{"Statement":[{"Effect":"Deny","Principal":"*","Action":["a:B","c:D"],"Resource":"*"}]}"#
            )
        );
        assert_eq!(policy_digest("{"), None);
    }
}
