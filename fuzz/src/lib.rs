//! What must hold for every text that somebody gives as a rule. The fuzz targets and the bounded
//! tests in `tests/fuzz.rs` both hold texts against these functions, which panic where it does not.

use plaudit::engine::document::Document;
use plaudit::engine::gate;
use plaudit::rule::Header;
use plaudit::table;

/// The gate lets a statement through or refuses it with a place and a hint. What is let through
/// reads tables and nothing else, also after it was taken apart and written down again for an
/// engine. Says whether it was let through.
pub fn gate(text: &str) -> bool {
    let known = |name: &str| table::schema(name).is_some();
    match gate::admit(text, "query", &known) {
        Ok(statement) => {
            let (expressions, rest) = statement.parts();
            assert!(statement.tables().iter().all(|name| known(name)), "{text}");
            let again = gate::admit(&rest, "query", &|name| {
                known(name) || expressions.iter().any(|expression| expression.name == name)
            });
            assert!(again.is_ok(), "{text}\n{rest}\n{:?}", again.err());
            true
        }
        Err(error) => {
            assert!(error.place().is_some_and(|place| place.starts_with("query:")), "{error}");
            assert!(error.to_string().contains("\nhint: "), "{error}");
            false
        }
    }
}

/// A header is read, or refused with a line that the file has. Says whether it was read.
pub fn header(text: &str) -> bool {
    let read = Document::split("rules/cost/some.sql", text).and_then(|document| Header::parse(&document));
    if let Err(error) = &read {
        let lines = text.lines().count().max(1) + 1;
        let line: Option<usize> = error.place().and_then(|place| place.rsplit(':').next()?.parse().ok());
        assert!(line.is_some_and(|line| (1..=lines).contains(&line)), "{error}\n{text}");
    }
    read.is_ok()
}
