//! Any text as the file of a rule.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    plaudit_fuzz::header(text);
});
