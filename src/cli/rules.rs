//! `plaudit rules`

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::bounded::LimitOptions;
use super::completed::rules;
use super::console::Console;
use super::options::{Global, SnapshotOptions};
use super::{DONE, FAILED};
use crate::error::{Error, Result};
use crate::format;
use crate::report::{Column, wrapped, write_grid};
use crate::rule::{self, Catalogue, Dialect, Rule};

/// Lists, shows and tests rules.
#[derive(Subcommand)]
pub enum Rules {
    /// Lists all rules
    List(List),
    /// Shows what a rule looks for, why, and what to do
    Show(Show),
    /// Prints a rule as one statement for another engine that reads the store
    Sql(Sql),
    /// Runs the cases of rules
    Test(Test),
}

/// Lists all rules.
#[derive(Args)]
pub struct List {
    #[command(flatten)]
    house: House,

    /// How the list is written
    #[arg(long, value_enum, default_value_t = ListFormat::Table, value_name = "FORMAT")]
    format: ListFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ListFormat {
    /// For a terminal
    Table,
    /// For programs
    Json,
    /// For documentation: every rule's page
    Md,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ShowFormat {
    /// For a terminal
    Text,
    /// For programs
    Json,
    /// For documentation
    Md,
}

/// Shows a rule.
#[derive(Args)]
pub struct Show {
    /// The rule's id
    #[arg(value_parser = rules(), hide_possible_values = true)]
    id: String,

    /// Print the rule's file and its cases instead, to write one's own after
    #[arg(long, conflicts_with = "format")]
    source: bool,

    /// How the page is written
    #[arg(long, value_enum, default_value_t = ShowFormat::Text, value_name = "FORMAT")]
    format: ShowFormat,

    #[command(flatten)]
    house: House,
}

/// Prints a rule's statement.
#[derive(Args)]
pub struct Sql {
    /// The rule's id
    #[arg(value_parser = rules(), hide_possible_values = true)]
    id: String,

    /// The engine that reads the store; spark stands for Spark 4.0 and later, and for Sail
    #[arg(long, value_name = "ENGINE", default_value = "duckdb", value_parser = dialects())]
    dialect: Dialect,

    #[command(flatten)]
    snapshot: SnapshotOptions,

    #[command(flatten)]
    house: House,
}

/// Runs the cases of rules.
#[derive(Args)]
pub struct Test {
    /// A rule's file, or a folder [default: the built-in rules]
    path: Option<PathBuf>,

    #[command(flatten)]
    limits: LimitOptions,
}

/// Rules of one's own.
#[derive(Args)]
struct House {
    /// Folder with rules of your own, besides the built-in ones
    #[arg(long, value_name = "DIR")]
    rules: Vec<PathBuf>,

    #[command(flatten)]
    limits: LimitOptions,
}

impl Rules {
    /// What rules of the house may take, which are run on empty tables when they are loaded. Whether there
    /// are any, plaudit.toml may say.
    pub fn limits(&self) -> &LimitOptions {
        match self {
            Rules::List(List { house, .. })
            | Rules::Show(Show { house, .. })
            | Rules::Sql(Sql { house, .. }) => &house.limits,
            Rules::Test(Test { limits, .. }) => limits,
        }
    }
}

fn dialects() -> impl TypedValueParser<Value = Dialect> {
    PossibleValuesParser::new(Dialect::ALL.iter().map(|(name, _)| *name)).try_map(|name| dialect(&name))
}

fn dialect(text: &str) -> std::result::Result<Dialect, String> {
    let found = Dialect::ALL.iter().find(|(name, _)| *name == text);
    found.map(|(_, dialect)| *dialect).ok_or_else(|| {
        let names: Vec<_> = Dialect::ALL.iter().map(|(name, _)| *name).collect();
        format!("use {}", names.join(", "))
    })
}

impl Rules {
    pub async fn run(self, global: &Global, console: &mut Console) -> Result<u8> {
        match self {
            Rules::List(command) => command.run(global, console),
            Rules::Show(command) => command.run(global, console),
            Rules::Sql(command) => command.run(global, console).await,
            Rules::Test(command) => command.run(console),
        }
    }
}

impl List {
    fn run(self, global: &Global, console: &mut Console) -> Result<u8> {
        let catalogue = Catalogue::configured(&global.load()?, &self.house.rules)?;
        match self.format {
            ListFormat::Table => {
                let column = |heading: &str, read: fn(&Rule) -> String| {
                    Column::new(heading, catalogue.iter().map(read).collect())
                };
                let columns = [
                    column("category", |rule| rule.header.category.to_string()),
                    column("severity", |rule| rule.header.severity.to_string()),
                    column("rule", |rule| rule.id.clone()),
                    column("what it looks for", |rule| {
                        let off = if rule.enabled { "" } else { " (off)" };
                        format!("{}{off}", format::printable(&rule.header.title))
                    }),
                ];
                let width = console.width();
                console.data(|out| write_grid(&columns, columns.len(), width, out).map(drop))?;
            }
            ListFormat::Json => console.json(&catalogue.iter().map(as_json).collect::<Vec<_>>())?,
            ListFormat::Md => {
                let pages: Vec<_> = catalogue.iter().map(page).collect();
                let text = format!(
                    "# Rules\n\nGenerated by `plaudit rules list --format md`. `TABLES.md` lists the tables that rules read.\n\n{}",
                    pages.join("\n")
                );
                console.data(|out| write!(out, "{text}"))?;
            }
        }
        Ok(DONE)
    }
}

fn as_json(rule: &Rule) -> serde_json::Value {
    let header = &rule.header;
    let params: serde_json::Map<String, serde_json::Value> =
        header.params.iter().map(|param| (param.name().to_owned(), param.value().to_json())).collect();
    let actions: serde_json::Map<String, serde_json::Value> =
        header.actions.iter().map(|(variant, action)| (variant.clone(), action.to_string().into())).collect();
    json!({
        "id": rule.id,
        "title": header.title,
        "category": header.category,
        "severity": header.severity,
        "confidence": header.confidence,
        "resource": header.resource,
        "enabled": rule.enabled,
        "rationale": header.rationale,
        "recommended_action": header.recommended_action.to_string(),
        "actions": actions,
        "exceptions": header.exceptions,
        "references": header.references,
        "params": params,
        "tables": rule.tables().collect::<Vec<_>>(),
        "operations": rule.operations(),
    })
}

impl Show {
    fn run(self, global: &Global, console: &mut Console) -> Result<u8> {
        let catalogue = Catalogue::configured(&global.load()?, &self.house.rules)?;
        let rule = catalogue.get(&self.id)?;
        if !self.source {
            match self.format {
                ShowFormat::Json => console.json(&as_json(rule))?,
                ShowFormat::Md => console.data(|out| write!(out, "{}", page(rule)))?,
                ShowFormat::Text => {
                    let text = plain_page(rule, console.width().columns);
                    console.data(|out| write!(out, "{text}"))?;
                }
            }
            return Ok(DONE);
        }
        console.data(|out| {
            writeln!(out, "-- {}\n{}", rule.file, rule.text.trim_end())?;
            match &rule.cases {
                Some((file, cases)) => writeln!(out, "\n# {file}\n{}", cases.trim_end()),
                None => Ok(()),
            }
        })?;
        Ok(DONE)
    }
}

/// A rule's page for a terminal.
fn plain_page(rule: &Rule, columns: Option<u16>) -> String {
    let header = &rule.header;
    let mut text = String::new();
    let mut add = |margin: usize, first: &str, said: &str| {
        for (index, line) in wrapped(&format::printable(said), columns, margin).iter().enumerate() {
            let before = if index == 0 { first.to_owned() } else { " ".repeat(margin) };
            text.push_str(&format!("{before}{line}\n"));
        }
    };
    add(0, "", &format!("{}: {}", rule.id, header.title));
    add(
        0,
        "",
        &format!(
            "{}, severity {}, confidence {}, judges {}",
            header.category, header.severity, header.confidence, header.resource
        ),
    );
    add(0, "\n", &header.rationale);
    add(2, "\nWhat to do\n  ", &header.recommended_action.to_string());
    for (variant, action) in &header.actions {
        add(2, &format!("\nWhat to do ({variant})\n  "), &action.to_string());
    }
    for (index, exception) in header.exceptions.iter().enumerate() {
        add(4, if index == 0 { "\nNot accused\n  - " } else { "  - " }, exception);
    }
    for (index, param) in header.params.iter().enumerate() {
        let first = if index == 0 {
            format!("\nSettings in plaudit.toml\n  [rules.{}]\n  ", rule.id)
        } else {
            "  ".to_owned()
        };
        add(2, &first, &format!("{} = {}", param.name(), param.value().to_json()));
    }
    add(2, "\nReads\n  ", &rule.tables().collect::<Vec<_>>().join(", "));
    for (index, reference) in header.references.iter().enumerate() {
        add(2, if index == 0 { "\nSources\n  " } else { "  " }, reference);
    }
    text
}

/// A rule's page, in Markdown.
pub fn page(rule: &Rule) -> String {
    let header = &rule.header;
    let mut text = format!(
        "## {}\n\n{}\n\n{}, severity {}, confidence {}, judges `{}`\n\n",
        rule.id, header.title, header.category, header.severity, header.confidence, header.resource
    );
    text.push_str(&format!("{}\n\n**What to do.** {}\n", header.rationale, header.recommended_action));
    for (variant, action) in &header.actions {
        text.push_str(&format!("\n**What to do** (`{variant}`). {action}\n"));
    }
    if !header.exceptions.is_empty() {
        text.push_str("\n**Not accused:**\n");
        header.exceptions.iter().for_each(|exception| text.push_str(&format!("- {exception}\n")));
    }
    if !header.params.is_empty() {
        text.push_str(&format!("\n**Settings** in `plaudit.toml`:\n\n```toml\n[rules.{}]\n", rule.id));
        for param in &header.params {
            text.push_str(&format!("{} = {}\n", param.name(), param.value().to_json()));
        }
        text.push_str("```\n");
    }
    let tables: Vec<_> = rule.tables().map(|table| format!("`{table}`")).collect();
    text.push_str(&format!("\n**Reads** {}.\n", tables.join(", ")));
    if !header.references.is_empty() {
        text.push('\n');
        header.references.iter().for_each(|reference| text.push_str(&format!("- <{reference}>\n")));
    }
    text
}

impl Sql {
    async fn run(self, global: &Global, console: &mut Console) -> Result<u8> {
        let config = global.load()?;
        let catalogue = Catalogue::configured(&config, &self.house.rules)?;
        let rule = catalogue.get(&self.id)?;
        let (store, snapshot) = self.snapshot.open(&config).await?;
        let sql = rule.standalone(self.dialect, &store.address(), snapshot.id(), &config.tags)?;
        console.data(|out| writeln!(out, "{sql}"))?;
        Ok(DONE)
    }
}

impl Test {
    fn run(self, console: &mut Console) -> Result<u8> {
        let catalogue = match &self.path {
            Some(path) => Catalogue::load_only(path)?,
            None => Catalogue::load(&[])?,
        };
        if let (0, Some(path)) = (catalogue.iter().count(), &self.path) {
            return Err(Error::usage("the folder holds no rule").at(path.display()).hint(
                "a rule is a file such as wide-sandbox.sql, with its cases beside it in wide-sandbox.test.toml",
            ));
        }
        let mut failed = 0;
        let mut passed = 0;
        for rule in catalogue.iter() {
            let report = rule::run_cases(rule)?;
            passed += report.passed.len();
            failed += report.failed.len();
            console.data(|out| {
                writeln!(
                    out,
                    "{}: {} passed, {} failed",
                    report.rule_id,
                    report.passed.len(),
                    report.failed.len()
                )?;
                report.failed.iter().try_for_each(|error| writeln!(out, "  {error}"))
            })?;
        }
        console.note(format_args!("{passed} cases passed, {failed} failed"));
        Ok(if failed == 0 { DONE } else { FAILED })
    }
}
