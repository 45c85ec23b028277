//! Every property, one of them in each run: seven programs would take as long to link as the gate has for
//! fuzzing. `PLAUDIT_FUZZ` names it: `.ci/fuzz` does.

#![no_main]

use std::sync::LazyLock;

use plaudit_fuzz::{bill, configuration, gate, header, journal, manifest, policy};

static PROPERTY: LazyLock<fn(&[u8]) -> bool> = LazyLock::new(|| {
    let name = std::env::var("PLAUDIT_FUZZ").unwrap_or_default();
    match name.as_str() {
        "bill" => bill,
        "configuration" => |bytes| configuration(text(bytes)),
        "gate" => |bytes| gate(text(bytes)),
        "header" => |bytes| header(text(bytes)),
        "journal" => journal,
        "manifest" => manifest,
        "policy" => |bytes| policy(text(bytes)),
        _ => panic!("PLAUDIT_FUZZ names no target: `{name}`"),
    }
});

/// As much of an input as is text.
fn text(bytes: &[u8]) -> &str {
    let valid = match std::str::from_utf8(bytes) {
        Ok(text) => return text,
        Err(error) => error.valid_up_to(),
    };
    std::str::from_utf8(&bytes[..valid]).unwrap_or_default()
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    PROPERTY(bytes);
});
