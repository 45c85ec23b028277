//! `plaudit rules`

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::console::Console;
use super::options::{Global, SnapshotOptions};
use super::{DONE, FAILED};
use crate::error::{Error, Result};
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
}

/// Shows a rule.
#[derive(Args)]
pub struct Show {
    /// The rule's id
    id: String,

    #[command(flatten)]
    house: House,
}

/// Prints a rule's statement.
#[derive(Args)]
pub struct Sql {
    /// The rule's id
    id: String,

    /// duckdb, spark, athena or trino
    #[arg(long, value_name = "ENGINE", default_value = "duckdb", value_parser = dialect)]
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
}

/// Rules of one's own.
#[derive(Args)]
struct House {
    /// Folder with rules of your own, besides the built-in ones
    #[arg(long, value_name = "DIR")]
    rules: Vec<PathBuf>,
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
        let catalogue = Catalogue::load(&self.house.rules)?.configure(&global.load()?)?;
        match self.format {
            ListFormat::Table => console.data(|out| {
                catalogue.iter().try_for_each(|rule| {
                    let off = if rule.enabled { "" } else { " (off)" };
                    writeln!(
                        out,
                        "{:<11} {:<8} {:<34} {}{off}",
                        rule.header.category, rule.header.severity, rule.id, rule.header.title
                    )
                })
            })?,
            ListFormat::Json => {
                let list: Vec<_> = catalogue.iter().map(as_json).collect();
                let text = serde_json::to_string_pretty(&list)
                    .map_err(|error| Error::failed(format!("the list cannot be written: {error}")))?;
                console.data(|out| writeln!(out, "{text}"))?;
            }
        }
        Ok(DONE)
    }
}

fn as_json(rule: &Rule) -> serde_json::Value {
    let header = &rule.header;
    let params: serde_json::Map<String, serde_json::Value> =
        header.params.iter().map(|param| (param.name().to_owned(), param.value().to_json())).collect();
    json!({
        "id": rule.id,
        "title": header.title,
        "category": header.category,
        "severity": header.severity,
        "confidence": header.confidence,
        "resource": header.resource,
        "enabled": rule.enabled,
        "rationale": header.rationale,
        "recommended_action": header.recommended_action,
        "exceptions": header.exceptions,
        "references": header.references,
        "params": params,
        "tables": rule.tables().collect::<Vec<_>>(),
        "operations": rule.operations(),
    })
}

impl Show {
    fn run(self, global: &Global, console: &mut Console) -> Result<u8> {
        let catalogue = Catalogue::load(&self.house.rules)?.configure(&global.load()?)?;
        let rule = catalogue.get(&self.id)?;
        console.data(|out| write!(out, "{}", page(rule)))?;
        Ok(DONE)
    }
}

/// A rule's page, in Markdown.
pub fn page(rule: &Rule) -> String {
    let header = &rule.header;
    let mut text = format!(
        "## {}\n\n{}\n\n{}, severity {}, confidence {}, judges `{}`\n\n",
        rule.id, header.title, header.category, header.severity, header.confidence, header.resource
    );
    text.push_str(&format!("{}\n\n**What to do.** {}\n", header.rationale, header.recommended_action));
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
        let catalogue = Catalogue::load(&self.house.rules)?.configure(&config)?;
        let rule = catalogue.get(&self.id)?;
        let (store, snapshot) = self.snapshot.open(&config).await?;
        let sql = rule.standalone(self.dialect, &store.address(), snapshot.id(), &config.required_tags)?;
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
        let mut failed = 0;
        let mut passed = 0;
        for rule in catalogue.iter() {
            let report = rule::run_cases(rule)?;
            passed += report.passed.len();
            failed += report.failed.len();
            console.data(|out| {
                writeln!(out, "{}: {} passed, {} failed", report.rule_id, report.passed.len(), report.failed.len())?;
                report.failed.iter().try_for_each(|error| writeln!(out, "  {error}"))
            })?;
        }
        console.note(format_args!("{passed} cases passed, {failed} failed"));
        Ok(if failed == 0 { DONE } else { FAILED })
    }
}
