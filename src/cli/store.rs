//! `plaudit store`

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::DONE;
use super::completed::forms;
use super::console::Console;
use super::options::{Global, StoreOptions, check_target};
use crate::error::{Error, Result};
use crate::format::{self, count, printable};
use crate::report::{Form, Sheet, Width, wrapped};
use crate::store::{FileCheck, FileState};

/// Looks after a store.
#[derive(Subcommand)]
pub enum StoreCommand {
    /// Checks every file of the snapshots against its manifest: rows, bytes and SHA-256
    ///
    /// Also lists files that lie where a snapshot's files lie, and that no manifest names: other programs
    /// would read them. As a table it shows what does not fit; the other formats have one row per file.
    /// Exits with 1 if something does not fit. A snapshot of a version that recorded no SHA-256 fits when
    /// rows and bytes do.
    Verify(Verify),
}

/// Checks every file against its manifest.
#[derive(Args)]
pub struct Verify {
    #[command(flatten)]
    store: StoreOptions,

    /// Snapshot to check [default: all]
    #[arg(long, value_name = "ID")]
    snapshot: Option<String>,

    /// table, csv, json, ndjson, md or parquet
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = forms(), hide_possible_values = true)]
    format: Form,

    /// Write to a file instead of stdout
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl StoreCommand {
    pub async fn run(self, global: &Global, console: &mut Console) -> Result<u8> {
        let StoreCommand::Verify(verify) = self;
        verify.run(global, console).await
    }
}

impl Verify {
    async fn run(self, global: &Global, console: &mut Console) -> Result<u8> {
        check_target(self.format, self.output.as_ref())?;
        let config = global.load()?;
        let store = self.store.open(&config).await?;
        let checks = store.verify(self.snapshot.as_deref()).await?;
        let output = self.output.as_deref();
        if self.format == Form::Table {
            let width = if output.is_some() { console.unlimited() } else { console.width() };
            let page = page(&checks, width);
            console.data_to(Form::Table, output, |out| out.write_all(page.as_bytes()))?;
        } else {
            let sheet = FileCheck::frame(&checks)
                .map(Sheet::from_frame)
                .map_err(|error| Error::failed(format!("what was found cannot be shown: {error}")))?;
            let width = console.unlimited();
            console.data_to(self.format, output, |out| self.format.write(&sheet, width, out))?;
        }
        let faults = checks.iter().filter(|check| !check.state.fits()).count();
        if faults > 0 {
            return Err(Error::failed(format!(
                "{} of {} do{} not fit what was recorded",
                format::integer(faults as i64),
                count(checks.len() as i64, "file"),
                if faults == 1 { "es" } else { "" }
            ))
            .at(store.address())
            .hint(
                "restore the files from a copy, or take a new snapshot; remove those that no manifest names",
            ));
        }
        Ok(DONE)
    }
}

/// A paragraph for each snapshot: how much there is of it, and what does not fit.
fn page(checks: &[FileCheck], width: Width) -> String {
    let mut page = String::new();
    for files in checks.chunk_by(|left, right| left.snapshot_id == right.snapshot_id) {
        let name = match files.first().map(|file| file.snapshot_id.as_str()) {
            None | Some("") => "No snapshot",
            Some(id) => id,
        };
        let having = |state: FileState| files.iter().filter(|file| file.state == state).count() as i64;
        let (ok, old, stray) =
            (having(FileState::Ok), having(FileState::NotRecorded), having(FileState::Stray));
        let other = files.len() as i64 - ok - old - stray;
        let bytes: u64 = files.iter().filter_map(|file| file.found.bytes).sum();
        let told = [
            (ok, "ok"),
            (old, "ok by rows and bytes (SHA-256 not recorded)"),
            (other, if other == 1 { "does not fit" } else { "do not fit" }),
            (stray, "in no manifest"),
        ];
        let told: Vec<String> = told
            .iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, text)| format!("{} {text}", format::integer(*number)))
            .collect();
        page.push_str(&format!(
            "{}  {}, {}: {}\n",
            printable(name),
            count(files.len() as i64, "file"),
            format::bytes(bytes as f64),
            told.join(", ")
        ));
        for file in files.iter().filter(|file| !file.state.fits()) {
            let problem = file.problem.as_deref().unwrap_or("does not fit");
            page.push_str(&format!("  {}\n", printable(&file.file)));
            for line in wrapped(&printable(problem), width.columns, 4) {
                page.push_str(&format!("    {line}\n"));
            }
        }
    }
    page
}
