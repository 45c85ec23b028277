//! Why the gate refuses a statement.

use std::ops::ControlFlow::{self, Break};

use sqlparser::parser::ParserError;
use sqlparser::tokenizer::Span;

/// Lets a part of the statement through, or refuses all of it.
pub(super) type Verdict = ControlFlow<Refusal>;

/// Why a statement is refused, and where.
pub(super) struct Refusal {
    pub(super) problem: String,
    pub(super) line: u64,
    pub(super) hint: String,
}

/// Refuses a statement.
pub(super) fn refuse(problem: impl Into<String>, span: Span, hint: impl Into<String>) -> Verdict {
    Break(Refusal { problem: problem.into(), line: span.start.line, hint: hint.into() })
}

/// A parser's message without its position, and the line of that position.
pub(super) fn syntax(error: &ParserError) -> (String, u64) {
    let message = match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message.clone(),
        ParserError::RecursionLimitExceeded => "it is nested too deeply".to_owned(),
    };
    let Some(start) = message.rfind(" at Line: ") else {
        return (message, 1);
    };
    let line = message[start + " at Line: ".len()..]
        .chars()
        .take_while(char::is_ascii_digit)
        .collect::<String>()
        .parse()
        .unwrap_or(1);
    (message[..start].to_owned(), line)
}
