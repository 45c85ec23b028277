//! Errors for the person who must act: the problem, where, and a hint.

use std::fmt;

use crate::format::{printable, printable_lines};

/// What the exit status says about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The work could not be done: exit status 1.
    Failed,
    /// The command line, the configuration, a rule, a report or a query is wrong: exit status 2.
    Usage,
    /// Nothing could be audited: exit status 3.
    NothingAudited,
}

/// A problem, where it is, and what to do about it.
///
/// Printed as:
///
/// ```text
/// error: the problem
///   at account 111122223333, eu-west-1, ec2:DescribeVpcEndpoints
/// hint: what to grant, set or mend
/// ```
#[derive(Clone, Debug)]
pub struct Error {
    kind: Kind,
    problem: String,
    place: Option<String>,
    hint: Option<String>,
}

/// A result whose error tells what to do.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The work could not be done.
    pub fn failed(problem: impl fmt::Display) -> Error {
        Error::new(Kind::Failed, problem)
    }

    /// What the user gave is wrong.
    pub fn usage(problem: impl fmt::Display) -> Error {
        Error::new(Kind::Usage, problem)
    }

    /// Nothing could be audited.
    pub fn nothing_audited(problem: impl fmt::Display) -> Error {
        Error::new(Kind::NothingAudited, problem)
    }

    fn new(kind: Kind, problem: impl fmt::Display) -> Error {
        Error { kind, problem: problem.to_string(), place: None, hint: None }
    }

    /// Says where: an account, Region and operation, or a file and line.
    pub fn at(mut self, place: impl fmt::Display) -> Error {
        self.place = Some(place.to_string());
        self
    }

    /// Says where, unless that has been said.
    pub fn at_least(mut self, place: impl fmt::Display) -> Error {
        self.place.get_or_insert_with(|| place.to_string());
        self
    }

    /// Says what to do.
    pub fn hint(mut self, hint: impl fmt::Display) -> Error {
        self.hint = Some(hint.to_string());
        self
    }

    /// What kind of error it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The problem alone.
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// The place alone, where it is known.
    pub fn place(&self) -> Option<&str> {
        self.place.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A problem may quote what strangers wrote. Its further lines are indented, so that none of them
        // passes for a place or a hint.
        for (index, line) in printable_lines(self.problem.trim_end()).split('\n').enumerate() {
            let margin = match index {
                0 => "",
                _ if line.starts_with("    ") => "\n",
                _ => "\n    ",
            };
            write!(formatter, "{margin}{line}")?;
        }
        if let Some(place) = &self.place {
            write!(formatter, "\n  at {}", printable(place))?;
        }
        if let Some(hint) = &self.hint {
            write!(formatter, "\nhint: {}", printable(hint))?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::Error;

    #[test]
    fn what_an_error_quotes_cannot_pass_for_a_place_or_a_hint() {
        let error = Error::failed("AWS said: no\nhint: run \u{1b}[31mthis\u{9b}")
            .at("bill\u{7}.csv\n  at home")
            .hint("read it\u{202e}");
        assert_eq!(
            error.to_string(),
            "AWS said: no\n    hint: run \u{fffd}[31mthis\u{fffd}\n  at bill\u{fffd}.csv   at home\nhint: read it\u{fffd}"
        );
    }
}
