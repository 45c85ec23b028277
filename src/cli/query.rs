//! `plaudit query`

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::DONE;
use super::bounded::LimitOptions;
use super::completed::forms;
use super::console::Console;
use super::options::{Global, SnapshotOptions, check_target};
use crate::error::{Error, Result};
use crate::report::{self, Form};

/// Longer than any statement that is admitted, in bytes.
const LONGEST: u64 = 1 << 17;

/// Runs a read-only SQL query over a snapshot.
#[derive(Args)]
pub struct Query {
    /// One SELECT over the tables that `plaudit schema` lists; `-` reads it from stdin
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    sql: Option<String>,

    /// Read the SELECT from a file
    #[arg(long, short, value_name = "FILE")]
    file: Option<PathBuf>,

    /// table, csv, json, ndjson, md or parquet
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = forms(), hide_possible_values = true)]
    format: Form,

    /// Write to a file instead of stdout
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    snapshot: SnapshotOptions,

    #[command(flatten)]
    pub(super) limits: LimitOptions,
}

/// Reads a statement. The gate takes none that is nearly so long.
fn read(from: &mut dyn Read, name: &str) -> Result<String> {
    let mut sql = String::new();
    from.take(LONGEST).read_to_string(&mut sql).map_err(|error| unreadable(&error, name))?;
    Ok(sql)
}

fn unreadable(error: &std::io::Error, name: impl Display) -> Error {
    Error::usage(format!("the query could not be read: {error}"))
        .at(name)
        .hint("name a UTF-8 file with one SELECT")
}

/// The command's arguments with the statement in place of a `-`. The process that runs it has no stdin of its
/// own.
pub fn with_statement(arguments: Vec<OsString>) -> Result<Vec<OsString>> {
    if !arguments.iter().any(|argument| argument == "-") {
        return Ok(arguments);
    }
    // A blank keeps a comment at the beginning from being taken for a flag.
    let sql = OsString::from(format!(" {}", read(&mut std::io::stdin().lock(), "stdin")?));
    Ok(arguments.into_iter().map(|one| if one == "-" { sql.clone() } else { one }).collect())
}

impl Query {
    pub async fn run(self, global: &Global, console: &mut Console) -> Result<u8> {
        check_target(self.format, self.output.as_ref())?;
        let config = global.load()?;
        let (_, snapshot) = self.snapshot.open(&config).await?;
        let sql = match (self.sql, &self.file) {
            (Some(sql), _) if sql == "-" => read(&mut std::io::stdin().lock(), "stdin")?,
            (Some(sql), _) => sql,
            (None, file) => {
                let path = file.as_deref().unwrap_or(Path::new(""));
                let mut file =
                    std::fs::File::open(path).map_err(|error| unreadable(&error, path.display()))?;
                read(&mut file, &path.display().to_string())?
            }
        };
        let query = report::Query::admit(&sql)?;
        let tables = snapshot.tables(query.tables()).await?;
        let sheet = query.run(&mut report::engine(&tables, snapshot.id()))?;
        let width = if self.output.is_some() { console.unlimited() } else { console.width() };
        let write = |out: &mut dyn Write| self.format.write(&sheet, width, out);
        console.data_to(self.format, self.output.as_deref(), write)?;
        Ok(DONE)
    }
}
