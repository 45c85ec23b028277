//! Values that shells complete, for arguments that take more than a fixed list.

use std::ffi::OsStr;
use std::sync::OnceLock;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command};

use super::options::{charges, fail_on, form};
use super::schema;
use crate::audit::FailOn;
use crate::config::ChargesFrom;
use crate::report::{self, Form};
use crate::rule;
use crate::table::Severity;

/// Parses with `parse`, and offers `values` to the shell. A value that is not offered is not refused for it:
/// rules of the house are known only once their folder is read.
#[derive(Clone)]
pub struct Completed<P> {
    parse: P,
    values: fn() -> Vec<&'static str>,
}

impl<P: TypedValueParser> TypedValueParser for Completed<P> {
    type Value = P::Value;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> std::result::Result<P::Value, clap::Error> {
        self.parse.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.values)().into_iter().map(PossibleValue::new)))
    }
}

/// Parses the form of a report.
pub fn forms() -> impl TypedValueParser<Value = Form> {
    Completed { parse: form, values: || Form::ALL.iter().map(|(name, _)| *name).collect() }
}

/// Parses the source of charges.
pub fn sources() -> impl TypedValueParser<Value = ChargesFrom> {
    Completed { parse: charges, values: || ChargesFrom::ALL.iter().map(|source| source.as_str()).collect() }
}

/// Parses the severity of `--fail-on`.
pub fn severities() -> impl TypedValueParser<Value = FailOn> {
    fn all() -> &'static [String] {
        static ALL: OnceLock<Vec<String>> = OnceLock::new();
        ALL.get_or_init(|| {
            let fail_on = |only_new| move |severity: &Severity| FailOn { severity: *severity, only_new };
            let any = Severity::ALL.iter().map(fail_on(false));
            any.chain(Severity::ALL.iter().map(fail_on(true))).map(|one| one.to_string()).collect()
        })
    }
    Completed { parse: fail_on, values: || all().iter().map(String::as_str).collect() }
}

/// Takes any text, and offers the reports.
pub fn reports() -> impl TypedValueParser<Value = String> {
    Completed { parse: StringValueParser::new(), values: report::names }
}

/// Takes any text, and offers the built-in rules.
pub fn rules() -> impl TypedValueParser<Value = String> {
    Completed { parse: StringValueParser::new(), values: rule::built_in }
}

/// Takes any text, and offers what has a schema.
pub fn schemas() -> impl TypedValueParser<Value = String> {
    Completed { parse: StringValueParser::new(), values: schema::names }
}
