//! rpc-v2-cbor: the same trees as JSON, with moments under tag 1.

use ciborium::Value as Cbor;
use serde_json::{Map, Number, Value};

/// Members that hold moments, in seconds since 1970.
const MOMENTS: &[&str] = &["Timestamps", "StartTime", "EndTime"];

/// Reads a body; an empty one is an empty object.
pub fn read(body: &[u8]) -> Option<Value> {
    if body.is_empty() {
        return Some(Value::Object(Map::new()));
    }
    Some(to_json(ciborium::from_reader(body).ok()?))
}

/// Writes a value.
pub fn write(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing to a Vec cannot fail.
    let _ = ciborium::into_writer(&to_cbor(value, false), &mut bytes);
    bytes
}

fn to_json(value: Cbor) -> Value {
    match value {
        Cbor::Integer(number) => i64::try_from(number).map_or(Value::Null, Value::from),
        Cbor::Float(number) => Number::from_f64(number).map_or(Value::Null, Value::Number),
        Cbor::Text(text) => Value::String(text),
        Cbor::Bool(value) => Value::Bool(value),
        Cbor::Array(list) => Value::Array(list.into_iter().map(to_json).collect()),
        Cbor::Map(entries) => Value::Object(
            entries
                .into_iter()
                .filter_map(|(key, value)| Some((key.into_text().ok()?, to_json(value))))
                .collect(),
        ),
        Cbor::Tag(_, inner) => to_json(*inner),
        _ => Value::Null,
    }
}

fn to_cbor(value: &Value, moment: bool) -> Cbor {
    match value {
        Value::Null => Cbor::Null,
        Value::Bool(value) => Cbor::Bool(*value),
        Value::Number(number) if moment => {
            Cbor::Tag(1, Box::new(Cbor::Float(number.as_f64().unwrap_or(0.0))))
        }
        Value::Number(number) => match number.as_i64() {
            Some(number) => Cbor::Integer(number.into()),
            None => Cbor::Float(number.as_f64().unwrap_or(0.0)),
        },
        Value::String(text) => Cbor::Text(text.clone()),
        Value::Array(list) => Cbor::Array(list.iter().map(|item| to_cbor(item, moment)).collect()),
        Value::Object(map) => Cbor::Map(
            map.iter()
                .map(|(key, value)| {
                    (Cbor::Text(key.clone()), to_cbor(value, MOMENTS.contains(&key.as_str())))
                })
                .collect(),
        ),
    }
}
