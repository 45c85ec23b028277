//! `plaudit completions`

use clap::{Args, Command};
use clap_complete::Shell;

use super::DONE;
use super::console::Console;
use crate::error::Result;

/// Prints shell completions.
#[derive(Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub fn run(self, console: &mut Console, command: &mut Command) -> Result<u8> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, command, "plaudit", &mut text);
        console.data(|out| out.write_all(&text))?;
        Ok(DONE)
    }
}
