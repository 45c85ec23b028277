//! `plaudit schema`

use std::sync::OnceLock;

use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::DONE;
use super::completed::schemas;
use super::console::{Console, pretty};
use crate::config::{self, DEFAULT_FILE};
use crate::error::{Error, Result};
use crate::format;
use crate::report::wrapped;
use crate::rule::{Catalogue, Rule};
use crate::table::{self, ColumnType, Operation, TableSchema};
use crate::view::{self, View};

/// Lists the tables, the views and their columns, from their definitions.
#[derive(Args)]
pub struct Schema {
    /// Only this table or view; `plaudit.toml` stands for the configuration, whose JSON Schema is printed
    #[arg(value_parser = schemas(), hide_possible_values = true)]
    table: Option<String>,

    /// How the schema is written
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal
    Text,
    /// For documentation
    Md,
    /// For programs
    Json,
}

impl Schema {
    pub fn run(self, console: &mut Console) -> Result<u8> {
        if self.table.as_deref() == Some(DEFAULT_FILE) {
            if self.format == Format::Md {
                return Err(Error::usage(
                    "the schema of plaudit.toml is a JSON Schema and has no other form",
                )
                .at("--format")
                .hint("leave --format out; plaudit.example.toml describes every key for people"));
            }
            console.json(&of_configuration()?)?;
            return Ok(DONE);
        }
        let mut tables: Vec<Described> = table::SCHEMAS.iter().map(|schema| of_table(schema)).collect();
        tables.extend(view::all()?.values().map(of_view).collect::<Result<Vec<_>>>()?);
        if let Some(name) = &self.table {
            let names: Vec<_> = tables.iter().map(|table| table.name).collect();
            let unknown = Error::usage(format!("there is no table or view `{name}`")).hint(
                match format::nearest(name, names.iter().copied().chain([DEFAULT_FILE])) {
                    Some(near) => format!("did you mean `{near}`? `plaudit schema` lists all"),
                    None => format!("there are: {}", names.join(", ")),
                },
            );
            tables.retain(|table| table.name == *name);
            if tables.is_empty() {
                return Err(unknown);
            }
        }
        let text = match self.format {
            Format::Text => tables
                .iter()
                .map(|table| plain(table, console.width().columns))
                .collect::<Vec<_>>()
                .join("\n"),
            Format::Md => markdown(&tables),
            Format::Json => pretty(&tables)?,
        };
        console.data(|out| writeln!(out, "{}", text.trim_end()))?;
        Ok(DONE)
    }
}

/// What has a schema: the tables, the views and the configuration.
pub fn names() -> Vec<&'static str> {
    static VIEWS: OnceLock<Vec<String>> = OnceLock::new();
    let views =
        VIEWS.get_or_init(|| view::all().map_or_else(|_| Vec::new(), |all| all.keys().cloned().collect()));
    let tables = table::SCHEMAS.iter().map(|schema| schema.name);
    tables.chain(views.iter().map(String::as_str)).chain([DEFAULT_FILE]).collect()
}

/// The JSON Schema of the configuration, with the settings that each built-in rule has.
fn of_configuration() -> Result<Value> {
    let mut schema = config::json_schema();
    let rules: Map<String, Value> = Catalogue::load(&[])?.iter().map(of_rule).collect();
    schema["properties"]["rules"]["properties"] = rules.into();
    Ok(schema)
}

fn of_rule(rule: &Rule) -> (String, Value) {
    let params = rule.header.params.iter().map(|param| {
        let schema = json!({ "type": param.json_type(), "default": param.value().to_json() });
        (param.name().to_owned(), schema)
    });
    let mut schema = config::rule_settings(params.collect());
    schema["description"] = rule.header.title.clone().into();
    schema["properties"]["enabled"]["default"] = true.into();
    schema["properties"]["severity"]["default"] = rule.header.severity.as_str().into();
    (rule.id.clone(), schema)
}

/// A table, or a view, which is read like one.
#[derive(Serialize)]
struct Described {
    name: &'static str,
    /// `table` is stored, `view` is computed from tables by whoever reads it.
    kind: &'static str,
    documentation: String,
    operations: Vec<Operation>,
    columns: Vec<DescribedColumn>,
}

#[derive(Serialize)]
struct DescribedColumn {
    name: &'static str,
    #[serde(rename = "type")]
    kind: ColumnType,
    nullable: bool,
    documentation: String,
}

fn of_table(schema: &'static TableSchema) -> Described {
    let columns = schema.columns.iter().map(|column| DescribedColumn {
        name: column.name,
        kind: column.kind,
        nullable: column.nullable,
        documentation: joined(column.documentation),
    });
    Described {
        name: schema.name,
        kind: "table",
        documentation: lines(schema.documentation).collect::<Vec<_>>().join("\n"),
        operations: schema.operations.to_vec(),
        columns: columns.collect(),
    }
}

fn of_view(view: &'static View) -> Result<Described> {
    let columns = view.columns.iter().map(|column| DescribedColumn {
        name: &column.name,
        kind: column.kind,
        nullable: true,
        documentation: column.documentation.clone(),
    });
    Ok(Described {
        name: &view.name,
        kind: "view",
        documentation: view.title.clone(),
        operations: view.operations()?,
        columns: columns.collect(),
    })
}

/// Documentation comments begin with a blank on every line.
fn lines(documentation: &str) -> impl Iterator<Item = &str> {
    documentation.trim_end().lines().map(|line| line.strip_prefix(' ').unwrap_or(line))
}

fn joined(documentation: &str) -> String {
    lines(documentation).collect::<Vec<_>>().join(" ")
}

fn kind(column: &DescribedColumn) -> String {
    format!("{}{}", column.kind.name(), if column.nullable { ", nullable" } else { "" })
}

/// The least room for what a column is, beside its name and type.
const LEAST: u16 = 30;

fn plain(table: &Described, columns: Option<u16>) -> String {
    let mut text = format!("{}\n", table.name);
    for paragraph in lines(&table.documentation).collect::<Vec<_>>().split(|line| line.is_empty()) {
        for line in wrapped(&paragraph.join(" "), columns, 2) {
            text.push_str(&format!("  {line}\n"));
        }
    }
    let width = table.columns.iter().map(|column| column.name.len()).max().unwrap_or(0);
    for column in &table.columns {
        let head = format!("    {:<width$}  {:<19} ", column.name, kind(column));
        let is_roomy = columns.is_none_or(|columns| usize::from(columns) >= head.len() + usize::from(LEAST));
        let margin = if is_roomy { head.len() } else { 8 };
        text.push_str(head.trim_end());
        for (index, line) in wrapped(&joined(&column.documentation), columns, margin).iter().enumerate() {
            let before = match index {
                0 if is_roomy => " ".repeat(margin - head.trim_end().len()),
                _ => format!("\n{}", " ".repeat(margin)),
            };
            text.push_str(&format!("{before}{line}"));
        }
        text.push('\n');
    }
    text
}

fn markdown(tables: &[Described]) -> String {
    let mut text = String::from(
        "# Tables\n\nGenerated by `plaudit schema --format md`. In a store, each table is a folder of Parquet files \
         partitioned by `snapshot_id`. A view is computed from tables by whoever reads it; its SQL is `views/<name>.sql`.\n",
    );
    for table in tables {
        text.push_str(&format!("\n## {}\n\n", table.name));
        for line in lines(&table.documentation) {
            text.push_str(line);
            text.push('\n');
        }
        if !table.operations.is_empty() {
            let operations: Vec<_> =
                table.operations.iter().map(|operation| format!("`{operation}`")).collect();
            let filled = if table.kind == "view" { "A view of what is filled by" } else { "Filled by" };
            text.push_str(&format!("\n{filled} {}.\n", operations.join(", ")));
        }
        text.push_str("\n| column | type | what it is |\n| --- | --- | --- |\n");
        for column in &table.columns {
            let documentation = joined(&column.documentation).replace('|', "\\|");
            text.push_str(&format!("| {} | {} | {documentation} |\n", column.name, kind(column)));
        }
    }
    text
}
