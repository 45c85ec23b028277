//! Where output goes: data on stdout, everything else on stderr.

use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use owo_colors::OwoColorize;

use super::options::{Global, LogFormat};
use crate::error::{Error, Result};
use crate::report::Width;

/// The two outputs of the program.
#[derive(Clone)]
pub struct Console {
    quiet: bool,
    json: bool,
}

impl Console {
    /// Looks at the flags.
    pub fn new(global: &Global) -> Console {
        Console { quiet: global.quiet, json: global.log_format == LogFormat::Json }
    }

    /// Writes data to stdout. A reader that has seen enough and closed the pipe is no error.
    pub fn data(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        let mut out = BufWriter::new(io::stdout().lock());
        let written = write(&mut out).and_then(|()| out.flush());
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                // What is left in the buffer has nowhere to go.
                let _ = out.into_parts();
                Ok(())
            }
            Err(error) => Err(Error::failed(format!("the output could not be written: {error}"))
                .at("stdout")
                .hint("check the free space, or what reads the pipe")),
            Ok(()) => Ok(()),
        }
    }

    /// Writes data to a file, or to stdout where none is named.
    pub fn data_to(
        &mut self,
        file: Option<&Path>,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<()> {
        let Some(path) = file else {
            return self.data(write);
        };
        let file = std::fs::File::create(path).map(BufWriter::new);
        let written = file.and_then(|mut out| {
            write(&mut out)?;
            out.flush()
        });
        written.map_err(|error| {
            Error::failed(format!("the file could not be written: {error}"))
                .at(path.display())
                .hint("check the folder's permissions and the free space")
        })
    }

    /// Says something to the person who waits, unless they asked for quiet.
    pub fn note(&mut self, text: impl Display) {
        if self.quiet {
            return;
        }
        if self.json {
            tracing::info!(target: "plaudit", "{text}");
            return;
        }
        // Where stderr is closed there is nobody to tell.
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// Warns of something that the person should know, also when they asked for quiet.
    pub fn warn(&mut self, text: impl Display) {
        if self.json {
            tracing::warn!(target: "plaudit", "{text}");
            return;
        }
        let label =
            if colour_on_stderr() { "warning:".yellow().bold().to_string() } else { "warning:".to_owned() };
        let _ = writeln!(io::stderr().lock(), "{label} {text}");
    }

    /// Reports the error that ends the run.
    pub fn error(&mut self, error: &Error) {
        if self.json {
            tracing::error!(target: "plaudit", "{error}");
            return;
        }
        let label = if colour_on_stderr() { "error:".red().bold().to_string() } else { "error:".to_owned() };
        let _ = writeln!(io::stderr().lock(), "{label} {error}");
    }

    /// Whether the person asked for quiet.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// How much room stdout has.
    pub fn width(&self) -> Width {
        let terminal = io::stdout().is_terminal();
        let columns = match std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()) {
            Some(columns) => Some(columns),
            None if terminal => terminal_size::terminal_size().map(|(width, _)| width.0),
            None => None,
        };
        Width { columns, colour: terminal && colour_wanted() }
    }

    /// The room of a file, which has room for all.
    pub fn unlimited(&self) -> Width {
        Width { columns: None, colour: false }
    }
}

/// <https://no-color.org>
fn colour_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Whether messages may be coloured.
pub fn colour_on_stderr() -> bool {
    io::stderr().is_terminal() && colour_wanted()
}
