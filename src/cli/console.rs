//! Where output goes: data on stdout, everything else on stderr. All that people read passes through
//! [`format::Printable`], so that no terminal obeys what strangers wrote.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::panic::PanicHookInfo;
use std::path::Path;
use std::process::ExitCode;

use owo_colors::OwoColorize;

use super::options::{Global, LogFormat};
use crate::error::{Error, Result};
use crate::format::{self, Printable};
use crate::report::{self, Form, Width};
use crate::store::{Readers, replace_file};

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

    /// Writes a page or a document to stdout, as text that a terminal does not obey. A reader that has
    /// seen enough and closed the pipe is no error.
    pub fn data(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        self.stdout(true, write)
    }

    /// Writes a document as JSON, in which what a terminal would obey is escaped.
    pub fn json(&mut self, document: &impl serde::Serialize) -> Result<()> {
        let text = pretty(document)?;
        self.data(|out| writeln!(out, "{text}"))
    }

    /// Writes a sheet to a file, or to stdout where none is named. CSV and Parquet keep the data as it is,
    /// except for CSV on a terminal.
    pub fn data_to(
        &mut self,
        form: Form,
        file: Option<&Path>,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<()> {
        let keeps_data = matches!(form, Form::Csv | Form::Parquet);
        let Some(path) = file else {
            return self.stdout(!keeps_data || io::stdout().is_terminal(), write);
        };
        let write = |out: &mut dyn Write| match keeps_data {
            true => write(out),
            false => printed(out, false, write),
        };
        let written = match is_stream(path) {
            true => {
                std::fs::OpenOptions::new().write(true).open(path).map(BufWriter::new).and_then(|mut out| {
                    write(&mut out)?;
                    out.flush()
                })
            }
            // What it holds is as much its owner's as the store is.
            false => replace_file(path, Readers::Owner, write),
        };
        written.map_err(|error| {
            Error::failed(format!("the file could not be written: {error}"))
                .at(path.display())
                .hint("check the folder's permissions and the free space")
        })
    }

    fn stdout(&mut self, is_text: bool, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        let mut out = BufWriter::new(io::stdout().lock());
        let written = match is_text {
            true => printed(&mut out, self.width().colour, write),
            false => write(&mut out).and_then(|()| out.flush()),
        };
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
        let _ = writeln!(io::stderr().lock(), "{}", shown(text));
    }

    /// Warns of something that the person should know, also when they asked for quiet.
    pub fn warn(&mut self, text: impl Display) {
        if self.json {
            tracing::warn!(target: "plaudit", "{text}");
            return;
        }
        let label = colour_on_stderr().then(|| "warning:".yellow().bold().to_string());
        say("warning:", label, text);
    }

    /// Reports the error that ends the run.
    pub fn error(&mut self, error: &Error) {
        if self.json {
            tracing::error!(target: "plaudit", "{error}");
            return;
        }
        let label = colour_on_stderr().then(|| "error:".red().bold().to_string());
        say("error:", label, error);
    }

    /// Whether the person asked for quiet.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// How much room stdout has.
    pub fn width(&self) -> Width {
        Width { columns: columns(&io::stdout()), colour: colour_on_stdout() }
    }

    /// The room of a file, which has room for all.
    pub fn unlimited(&self) -> Width {
        Width { columns: None, colour: false }
    }
}

/// A document as JSON in many lines.
pub fn pretty(document: &impl serde::Serialize) -> Result<String> {
    let text = serde_json::to_string_pretty(document)
        .map_err(|error| Error::failed(format!("the document cannot be written: {error}")))?;
    Ok(format::escaped_json(&text).into_owned())
}

/// Ends the program as clap wants it to: with help on stdout, or with what is wrong about the command
/// line on stderr.
pub fn show_usage(error: &clap::Error) -> ExitCode {
    // An argument that is quoted may hold a style of its own.
    let is_plain = std::env::args().all(|argument| format::is_all_printable(&argument));
    let terminal = if error.use_stderr() { colour_on_stderr() } else { colour_on_stdout() };
    let colours = terminal && is_plain;
    let text = match colours {
        true => error.render().ansi().to_string(),
        false => error.render().to_string(),
    };
    // Where nobody listens there is nobody to tell.
    let _ = match error.use_stderr() {
        true => printed(&mut io::stderr().lock(), colours, |out| out.write_all(text.as_bytes())),
        false => printed(&mut io::stdout().lock(), colours, |out| out.write_all(text.as_bytes())),
    };
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(super::USAGE))
}

/// Says that the program has come upon a mistake of its own, with the text that is part of it made
/// printable.
pub fn show_panic(panic: &PanicHookInfo) {
    let trace = Backtrace::capture();
    let _ = writeln!(io::stderr().lock(), "{}", shown(panic));
    if trace.status() == BacktraceStatus::Captured {
        let _ = writeln!(io::stderr().lock(), "{trace}");
    }
}

/// Writes text that a terminal does not obey.
fn printed(
    out: &mut dyn Write,
    colours: bool,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = Printable::new(out, colours);
    write(&mut out)?;
    out.flush()
}

/// The width of an output: what COLUMNS says, else that of the terminal, if it is one.
fn columns(output: &impl IsTerminal) -> Option<u16> {
    match std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()) {
        Some(columns) => Some(columns),
        None if output.is_terminal() => terminal_size::terminal_size().map(|(width, _)| width.0),
        None => None,
    }
}

/// Writes a message to stderr, in lines that fit the terminal. Where stderr is closed there is nobody to tell.
fn say(label: &str, coloured: Option<String>, message: impl Display) {
    let columns = columns(&io::stderr()).filter(|_| io::stderr().is_terminal());
    let mut text = String::new();
    for line in shown(format_args!("{label} {message}")).split('\n') {
        let words = line.trim_start();
        let margin = line.len() - words.len();
        // Further lines stand below the first one's words, not below `hint:`.
        let hanging = margin + if margin == 0 { 2 } else { 0 };
        for (index, part) in report::wrapped(words, columns, hanging).iter().enumerate() {
            text.push_str(&format!("{}{part}\n", " ".repeat(if index == 0 { margin } else { hanging })));
        }
    }
    if let Some(coloured) = coloured {
        text = text.replacen(label, &coloured, 1);
    }
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

fn shown(text: impl Display) -> String {
    format::printable_lines(&text.to_string())
}

/// Where logs go: stderr, one event at a time.
#[derive(Clone, Copy)]
pub struct LogWriter {
    /// Whether events are JSON.
    pub json: bool,
}

impl Write for LogWriter {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let mut stderr = io::stderr().lock();
        if self.json {
            stderr.write_all(format::escaped_json(&text).as_bytes())?;
        } else {
            // Further lines are indented, so that none of them passes for another event.
            let text = text.trim_end_matches('\n').replace('\n', "\n    ");
            let mut out = Printable::new(stderr, colour_on_stderr());
            writeln!(out, "{text}")?;
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Whether a file is a device or a pipe, `/dev/stdout` say, and so cannot be replaced by a file.
fn is_stream(path: &Path) -> bool {
    path.starts_with("/dev") || std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// <https://no-color.org>
fn colour_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

fn colour_on_stdout() -> bool {
    io::stdout().is_terminal() && colour_wanted()
}

/// Whether messages may be coloured.
pub fn colour_on_stderr() -> bool {
    io::stderr().is_terminal() && colour_wanted()
}
