//! Every property, one of them in each run: seven programs would take as long to link as the gate has for
//! fuzzing. `PLAUDIT_FUZZ` names it: `.ci/fuzz` does.

#![no_main]

use std::io::Write;
use std::path::Path;
use std::sync::LazyLock;

use plaudit_fuzz::{bill, configuration, gate, header, journal, manifest, policy};

static PROPERTY: LazyLock<fn(&[u8]) -> bool> = LazyLock::new(|| {
    forgive_libraries();
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

/// Ends the run at a panic in this workspace only. Polars panics at some files, which plaudit catches and
/// turns into an error; where nobody catches it, the run ends all the same.
fn forgive_libraries() {
    let show = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // Paths of this workspace's files begin at its root.
        if panic.location().is_none_or(|place| Path::new(place.file()).is_relative()) {
            show(panic);
        } else {
            let _ = writeln!(std::io::stderr(), "{panic}");
        }
    }));
}

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
