//! Rules: SQL files with a header. This module knows no rule by name.
//!
//! `rules/<category>/<id>.sql` holds a rule and `<id>.test.toml` beside it its cases. The id names
//! the fault, and is file name, documentation anchor and waiver key at once.

mod action;
mod case;
mod catalogue;
mod gap;
mod header;
mod message;
mod param;
mod runner;
mod single;
mod standalone;
mod unjudged;
mod waiver;

pub use action::Action;
pub use case::{CaseReport, run_cases};
pub use catalogue::{Catalogue, built_in};
pub use header::Header;
pub use message::Message;
pub use param::Param;
pub use runner::{FACTS, Facts, Findings, check};
pub use single::{Resource, judge};
pub use standalone::Dialect;

use polars::prelude::DataType;

use crate::config::TagConfig;
use crate::engine::Engine;
use crate::engine::constant;
use crate::engine::document::Document;
use crate::engine::gate;
use crate::engine::scope::{self, Scoped};
use crate::engine::spelling::{self, Spelling};
use crate::engine::statement::SelectStatement;
use crate::error::{Error, Result};
use crate::table::{self, Operation, Severity};
use crate::view::{self, View};

/// A rule that passed the loader.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its id, which names the fault: `orphaned-endpoint`.
    pub id: String,
    /// What it says of itself, with the configuration applied.
    pub header: Header,
    /// Whether the configuration leaves it on.
    pub enabled: bool,
    /// Its file, for errors.
    pub file: String,
    /// Its whole text.
    pub text: String,
    /// Its cases, as TOML text, and their file.
    pub cases: Option<(String, String)>,
    /// The statement as it stands in the file: errors name its lines.
    statement: SelectStatement,
    /// The statement with the views that it reads written before it.
    whole: SelectStatement,
}

/// Columns of a rule's answer that mean something to the engine. All others are evidence.
pub(crate) const VERDICT_COLUMNS: &[&str] = &[
    "resource_id",
    "account_id",
    "region",
    "status",
    "resource_type",
    "severity",
    "confidence",
    "variant",
    "monthly_cost",
    "monthly_saving",
    "cost_basis",
];

impl Rule {
    /// Reads a rule, checks it, and plans and runs it on empty tables.
    pub fn load(file: &str, text: &str, cases: Option<(String, String)>) -> Result<Rule> {
        let rule = Rule::read(file, text, cases)?;
        rule.rehearse()?;
        Ok(rule)
    }

    /// Reads a rule and checks what stands in it, without running it.
    pub(crate) fn read(file: &str, text: &str, cases: Option<(String, String)>) -> Result<Rule> {
        let document = Document::split(file, text)?;
        let id = id(file)?;
        let header = Header::parse(&document)?;
        let folder = file.rsplit(['/', '\\']).nth(1).unwrap_or_default();
        let misplaced =
            table::Category::from_word(folder).is_some_and(|category| category != header.category);
        if misplaced {
            return Err(Error::usage(format!(
                "the rule is about {} and lies in the folder `{folder}`",
                header.category
            ))
            .at(format!("{file}:1"))
            .hint(format!("move it to the folder `{}`, or change `category`", header.category)));
        }
        let views = view::all()?;
        let statement = gate::admit(document.sql, file, &|name| known(name) || views.contains_key(name))?;
        let whole = view::expanded(&statement)?;
        let unsaid = unsaid(&statement, &whole, &header.operations_of_views);
        if !unsaid.is_empty() {
            let named: Vec<_> = unsaid.iter().map(|operation| format!("\"{operation}\"")).collect();
            return Err(Error::usage("through views, the rule depends on operations that its own tables do not need")
                .at(format!("{file}:{}", statement.first_line().unwrap_or(1)))
                .hint(format!(
                    "where one of them fails, the rule will say `skip`: read tables instead, or say in the header \
                     `operations_of_views = [{}]`",
                    named.join(", ")
                )));
        }
        Ok(Rule {
            id,
            header,
            enabled: true,
            file: file.to_owned(),
            text: text.to_owned(),
            cases,
            statement,
            whole,
        })
    }

    /// The severity, as configured.
    pub fn severity(&self) -> Severity {
        self.header.severity
    }

    /// Its file, and the line on which its statement's `SELECT` stands, for errors.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.file, self.statement.first_line().unwrap_or(1))
    }

    /// The tables that it reads, itself and through views.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.whole.tables().iter().map(String::as_str)
    }

    /// The operations that must have succeeded in an account and Region for the rule to judge there.
    pub fn operations(&self) -> Vec<Operation> {
        scope::operations(&self.whole)
    }

    /// The whole statement for an engine: `source` gives what stands after `FROM` for a stored table.
    fn scoped(
        &self,
        statement: &SelectStatement,
        tags: &TagConfig,
        spelling: Spelling,
        source: &dyn Fn(&str) -> String,
    ) -> Scoped {
        let constants = [
            (param::PARAM.to_owned(), param::param_select(&self.header.params)),
            (param::REQUIRED_TAG.to_owned(), param::required_tag_select(&tags.required)),
            (param::ALLOWED_TAG.to_owned(), param::allowed_tag_select(&tags.allowed)),
        ];
        let thresholds = param::param_columns(&self.header.params);
        let statement = constant::inlined(statement, param::PARAM, &thresholds);
        scope::scoped(&spelling::spelled(&statement, spelling), &self.operations(), &constants, source)
    }

    /// The statement for the embedded engine, which knows the views that it reads.
    pub(crate) fn embedded(&self, tags: &TagConfig) -> Scoped {
        self.scoped(&self.statement, tags, Spelling::Written, &scope::stored)
    }

    /// The statement for the embedded engine with the views written into it, where it is asked of a few
    /// rows: a view that was computed has been computed for all.
    pub(crate) fn embedded_whole(&self, tags: &TagConfig) -> Scoped {
        self.scoped(&self.whole, tags, Spelling::Written, &scope::stored)
    }

    /// The views that it reads, itself or through others, each after those that it reads.
    pub(crate) fn views(&self) -> Result<Vec<&'static View>> {
        view::read_by(&self.statement)
    }

    /// The sentences that it may say.
    pub(crate) fn messages(&self) -> impl Iterator<Item = &Message> {
        std::iter::once(&self.header.message).chain(self.header.messages.values())
    }

    /// What it may say is to be done.
    fn actions(&self) -> impl Iterator<Item = &Action> {
        std::iter::once(&self.header.recommended_action).chain(self.header.actions.values())
    }

    /// Plans and runs the rule on empty tables, so that a wrong column or type is found before any
    /// call to AWS.
    pub(crate) fn rehearse(&self) -> Result<()> {
        let mut engine = Engine::default();
        for schema in self.tables().chain(["coverage"]).filter_map(table::schema) {
            engine.register(&scope::stored(schema.name), polars::prelude::IntoLazy::lazy(schema.empty()));
        }
        let sql = self.embedded_whole(&TagConfig::default());
        let columns = engine.plan_scoped(&sql).map_err(|error| self.locate(error))?;
        self.check_columns(&columns)?;
        engine.collect_scoped(&sql).map_err(|error| self.locate(error))?;
        Ok(())
    }

    /// Finds the line for an error of the engine, which names columns but no lines.
    fn locate(&self, error: Error) -> Error {
        let problem = error.problem().to_owned();
        let line = problem
            .split(['"', '`', '\''])
            .skip(1)
            .step_by(2)
            .find_map(|name| self.statement.line_of(name))
            .or_else(|| self.statement.first_line())
            .unwrap_or(1);
        Error::usage(format!("the rule's SQL cannot be run: {problem}"))
            .at(format!("{}:{line}", self.file))
            .hint("`plaudit schema` lists the tables and their columns")
    }

    fn check_columns(&self, columns: &[(String, DataType)]) -> Result<()> {
        let line = self.statement.first_line().unwrap_or(1);
        let place = format!("{}:{line}", self.file);
        let find = |name: &str| columns.iter().find(|(column, _)| column == name).map(|(_, kind)| kind);
        for name in ["resource_id", "account_id", "region", "status"] {
            if find(name).is_none() {
                return Err(Error::usage(format!("the rule's answer has no column `{name}`"))
                    .at(place)
                    .hint(
                        "select resource_id, account_id, region and status; every other column is evidence",
                    ));
            }
        }
        for (name, kind) in columns {
            let money = matches!(name.as_str(), "monthly_cost" | "monthly_saving");
            let fits = match (VERDICT_COLUMNS.contains(&name.as_str()), money) {
                (_, true) => kind.is_primitive_numeric() || *kind == DataType::Null,
                (true, false) => matches!(kind, DataType::String | DataType::Null),
                (false, false) => !kind.is_nested(),
            };
            if !fits {
                let wanted = if money {
                    "a number"
                } else if VERDICT_COLUMNS.contains(&name.as_str()) {
                    "text"
                } else {
                    "a single value"
                };
                return Err(Error::usage(format!(
                    "the column `{name}` of the rule's answer is {kind}, not {wanted}"
                ))
                .at(place)
                .hint("use CAST, or give the column another name"));
            }
        }
        let shown = self.messages().flat_map(Message::names).map(|name| ("message", name));
        let shown = shown.chain(self.actions().flat_map(Action::names).map(|name| ("action", name)));
        for (what, name) in shown {
            let known = find(name).is_some() || self.header.params.iter().any(|param| param.name() == name);
            if !known && name != runner::WINDOW_DAYS {
                return Err(Error::usage(format!(
                    "the {what} shows `{name}`, which is neither a column of the rule's answer nor a param"
                ))
                .at(place)
                .hint("select a column of that name"));
            }
        }
        let of_variants = [("messages", self.header.messages.len()), ("actions", self.header.actions.len())];
        if let Some((table, _)) =
            of_variants.iter().find(|(_, count)| *count > 0 && find("variant").is_none())
        {
            return Err(Error::usage(format!(
                "the header has [{table}], but the rule's answer has no column `variant` that picks one"
            ))
            .at(place)
            .hint(format!(
                "select a column `variant` that holds a key of [{table}], or leave [{table}] out"
            )));
        }
        Ok(())
    }
}

/// The operations that a statement takes in through views and of which its header does not speak.
fn unsaid(statement: &SelectStatement, whole: &SelectStatement, said: &[String]) -> Vec<Operation> {
    let own = scope::operations(statement);
    let mut through_views = scope::operations(whole);
    through_views
        .retain(|operation| !own.contains(operation) && !said.iter().any(|name| name == operation.name()));
    through_views
}

/// The id of a rule, which is the name of its file.
fn id(file: &str) -> Result<String> {
    let id = file.rsplit(['/', '\\']).next().unwrap_or(file).trim_end_matches(".sql");
    let fits = id.len() >= 3
        && id.starts_with(|c: char| c.is_ascii_lowercase())
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if fits {
        return Ok(id.to_owned());
    }
    Err(Error::usage(format!("`{id}` cannot be the id of a rule")).at(file).hint(
        "name the file after the fault, in lower-case letters, digits and hyphens: orphaned-endpoint.sql",
    ))
}

/// The tables that a rule may read. Results are not among them: a rule judges what AWS said.
fn known(name: &str) -> bool {
    name == param::PARAM
        || name == param::REQUIRED_TAG
        || name == param::ALLOWED_TAG
        || (table::schema(name).is_some() && !table::RESULTS.contains(&name))
}
