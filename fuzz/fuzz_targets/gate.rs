//! Any text as the SQL of a rule, a report or a query.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    plaudit_fuzz::gate(text);
});
