//! `plaudit explain`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::DONE;
use super::bounded::LimitOptions;
use super::console::Console;
use super::options::{Global, SnapshotOptions};
use crate::audit;
use crate::error::Result;
use crate::rule::Catalogue;

/// Shows all that is known of one endpoint or endpoint service, offline.
#[derive(Args)]
pub struct Explain {
    /// The endpoint (`vpce-...`) or the endpoint service (`vpce-svc-...`, or its name), or the ARN of
    /// either
    resource: String,

    /// How it is written
    #[arg(long, value_enum, default_value_t = ExplainFormat::Table, value_name = "FORMAT")]
    format: ExplainFormat,

    /// Folder with rules of your own, besides the built-in ones
    #[arg(long, value_name = "DIR")]
    rules: Vec<PathBuf>,

    #[command(flatten)]
    snapshot: SnapshotOptions,

    #[command(flatten)]
    pub(super) limits: LimitOptions,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ExplainFormat {
    /// A page for a terminal
    Table,
    /// One object for programs
    Json,
}

impl Explain {
    pub async fn run(self, global: &Global, console: &mut Console) -> Result<u8> {
        let config = global.load()?;
        let catalogue = Catalogue::configured(&config, &self.rules)?;
        let (_, snapshot) = self.snapshot.open(&config).await?;
        let explanation = audit::explain(&snapshot, &catalogue, &config, self.resource.trim()).await?;
        match self.format {
            ExplainFormat::Table => {
                let width = console.width();
                console.data(|out| explanation.write(width, out))?;
            }
            ExplainFormat::Json => console.json(&explanation.to_json())?,
        }
        Ok(DONE)
    }
}
