//! The JSON protocols: moments are seconds since 1970.

use serde_json::Value;

/// Writes a value.
pub fn write(value: &Value) -> Vec<u8> {
    // A value of this kind can always be written.
    serde_json::to_vec(value).unwrap_or_default()
}
