//! SQL runs in a process of its own, within limits of memory and time.
//!
//! Rules and queries may come from strangers, and snapshots too. No look at a statement tells what it will
//! take, and whoever runs out of memory cannot say so. So plaudit starts itself once more with the same
//! arguments, watches that process, and says what became of it. It ends when plaudit ends, however that
//! happens: its standard input is a pipe, which closes then.

use std::ffi::OsString;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;
use tokio::process::{Child, Command};
use tokio::time::MissedTickBehavior;

use crate::error::{Error, Result};
use crate::format;

/// The flag that tells the process that does the work from the one that watches it.
const WITHIN_LIMITS: &str = "--within-limits";

/// How often the process's memory is looked at. Memory is filled at a few gigabytes a second.
const LOOK: Duration = Duration::from_millis(10);

/// Address space beyond the limit, in bytes: the stacks of the gate and of the engine, and what the
/// allocator sets aside. Only what is used counts against the limit itself.
#[cfg(target_os = "linux")]
const ALLOWANCE: u64 = 4 << 30;

/// What SQL may take.
#[derive(Args, Clone, Copy, Debug)]
pub struct LimitOptions {
    /// Most memory that rules, reports and queries may take, as 512MiB or 16GiB, or none. On Linux; other
    /// systems do not limit it
    #[arg(long, value_name = "SIZE", default_value = "8GiB", help_heading = "Limits")]
    pub memory_limit: MemoryLimit,

    /// Most time that they may take, as 90s or 1h, or none
    #[arg(long, value_name = "TIME", default_value = "10m", help_heading = "Limits")]
    pub time_limit: TimeLimit,
}

/// A number of bytes, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryLimit(Option<u64>);

/// A time, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLimit(Option<Duration>);

impl FromStr for MemoryLimit {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<MemoryLimit, String> {
        let wrong = || "give a size such as 512MiB or 4GiB, or `none`".to_owned();
        if text == "none" {
            return Ok(MemoryLimit(None));
        }
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let factor: u64 = match unit.trim_start().to_ascii_lowercase().as_str() {
            "kib" => 1 << 10,
            "mib" => 1 << 20,
            "gib" => 1 << 30,
            "tib" => 1 << 40,
            "kb" => 1_000,
            "mb" => 1_000_000,
            "gb" => 1_000_000_000,
            "tb" => 1_000_000_000_000,
            _ => return Err(wrong()),
        };
        let bytes = number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
        match bytes.filter(|bytes| *bytes >= 64 << 20) {
            Some(bytes) => Ok(MemoryLimit(Some(bytes))),
            None => Err("give 64MiB or more, or `none`: plaudit itself takes that much".to_owned()),
        }
    }
}

impl fmt::Display for MemoryLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(bytes) => formatter.write_str(&format::bytes(bytes as f64)),
            None => formatter.write_str("none"),
        }
    }
}

impl FromStr for TimeLimit {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<TimeLimit, String> {
        if text == "none" {
            return Ok(TimeLimit(None));
        }
        let time = text.parse::<SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
        match time.filter(|time| *time >= Duration::from_secs(1)) {
            Some(time) => Ok(TimeLimit(Some(time))),
            None => Err("give a time of a second or more, such as 90s or 10m, or `none`".to_owned()),
        }
    }
}

impl fmt::Display for TimeLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.and_then(|time| SignedDuration::try_from(time).ok()) {
            Some(time) => write!(formatter, "{time:#}"),
            None => formatter.write_str("none"),
        }
    }
}

impl LimitOptions {
    /// The flags that say the same.
    pub fn arguments(&self) -> [OsString; 2] {
        let memory =
            self.memory_limit.0.map_or_else(|| "none".to_owned(), |bytes| format!("{}kib", bytes >> 10));
        let time =
            self.time_limit.0.map_or_else(|| "none".to_owned(), |time| format!("{}ms", time.as_millis()));
        [format!("--memory-limit={memory}").into(), format!("--time-limit={time}").into()]
    }

    /// Whether anything is limited.
    pub fn are_none(&self) -> bool {
        self.memory_limit.0.is_none() && self.time_limit.0.is_none()
    }

    /// Runs plaudit with these arguments within the limits, and gives its exit status. `work` says in errors
    /// what it is that took too much.
    pub async fn run(&self, work: &str, arguments: Vec<OsString>, stdout: Stdio) -> Result<u8> {
        // Before anything is begun that a signal would have to end.
        let mut signal = pin!(signal()?);
        let mut child = start(arguments, stdout)?;
        // Closed when this ends, which the process waits for.
        let _pipe = child.stdin.take();
        let mut over = pin!(sleep(self.time_limit.0));
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let error = loop {
            tokio::select! {
                status = child.wait() => return self.ended(work, status),
                status = &mut signal => {
                    let _ = child.kill().await;
                    return Ok(status);
                }
                () = &mut over => break self.took(work, format!("longer than {}", self.time_limit), "--time-limit"),
                _ = looks.tick() => {
                    if self.memory_limit.0.is_some_and(|limit| memory(&child) > limit) {
                        break self.took_memory(work);
                    }
                }
            }
        };
        let _ = child.kill().await;
        Err(error)
    }

    /// What became of it.
    fn ended(&self, work: &str, status: io::Result<ExitStatus>) -> Result<u8> {
        let status = status.map_err(|error| broken(work, &error))?;
        if let Some(code) = status.code() {
            return Ok(u8::try_from(code).unwrap_or(super::FAILED));
        }
        #[cfg(unix)]
        if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
            return match signal {
                // Ctrl-C goes to both, and so does a terminal's end.
                1 | 2 | 15 => Ok(128 + signal as u8),
                // How a program ends that is given no memory.
                6 => Err(self.took_memory(work)),
                9 => Err(broken(work, &"it was killed, perhaps because the machine has no memory left")),
                _ => Err(broken(work, &format!("signal {signal}"))),
            };
        }
        Err(broken(work, &status))
    }

    fn took_memory(&self, work: &str) -> Error {
        let much = match self.memory_limit.0 {
            Some(_) => format!("more memory than {}", self.memory_limit),
            None => "more memory than there is".to_owned(),
        };
        self.took(work, much, "--memory-limit")
    }

    fn took(&self, work: &str, much: String, flag: &str) -> Error {
        Error::failed(format!("{work} took {much}")).at(flag).hint(format!(
            "-vv logs what was at work: mend or leave out that rule or query, or raise {flag} if it deserves more"
        ))
    }
}

/// Begins the work itself. It ends with the process that watches it.
pub fn begin(limits: &LimitOptions) {
    let watched = std::thread::Builder::new().name("watched".to_owned()).spawn(|| {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        std::process::exit(i32::from(super::FAILED));
    });
    if let Err(error) = watched {
        tracing::warn!(target: "plaudit", "this process may outlive the one that started it: {error}");
    }
    restrict(limits);
}

/// The watching process is quick enough for what grows; what is asked for at once is refused here.
#[cfg(target_os = "linux")]
fn restrict(limits: &LimitOptions) {
    use rlimit::{Resource, setrlimit};
    let Some(limit) = limits.memory_limit.0 else { return };
    let most = limit.saturating_mul(2).saturating_add(ALLOWANCE);
    // What was in memory does not go to disk when it ends.
    for (resource, most) in [(Resource::DATA, most), (Resource::CORE, 0)] {
        if let Err(error) = setrlimit(resource, most, most) {
            tracing::debug!(target: "plaudit", "no limit could be set: {error}");
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn restrict(_: &LimitOptions) {}

fn start(arguments: Vec<OsString>, stdout: Stdio) -> Result<Child> {
    let failed = |error: io::Error| {
        Error::failed(format!("the process that runs SQL could not be started: {error}"))
            .hint("give `--memory-limit none --time-limit none` to do without one")
    };
    // On Linux this is the program that runs, even if its file has been replaced since.
    let own = std::path::Path::new("/proc/self/exe");
    let program = match cfg!(target_os = "linux") && own.exists() {
        true => own.to_path_buf(),
        false => std::env::current_exe().map_err(failed)?,
    };
    let mut command = Command::new(program);
    #[cfg(unix)]
    command.arg0("plaudit");
    command.arg(WITHIN_LIMITS).args(arguments).stdin(Stdio::piped()).stdout(stdout).kill_on_drop(true);
    command.spawn().map_err(failed)
}

/// The memory of a process in bytes, without the files that it maps.
fn memory(child: &Child) -> u64 {
    let Some(id) = child.id() else { return 0 };
    // There is no such file on other systems.
    let Ok(status) = std::fs::read_to_string(format!("/proc/{id}/status")) else { return 0 };
    let kibibytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim_start_matches(':').trim_end_matches("kB").trim().parse::<u64>().ok()
    };
    let used = kibibytes("RssAnon").unwrap_or_default() + kibibytes("VmSwap").unwrap_or_default();
    used << 10
}

async fn sleep(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}

fn broken(work: &str, error: &dyn fmt::Display) -> Error {
    Error::failed(format!("{work} broke off: {error}"))
        .hint("-vv logs what was at work: simplify it until it passes, and please report what did not")
}

/// Waits for the next signal that ends a program, and gives the exit status that it stands for. From this
/// call on, the process does not end by itself at one.
pub fn signal() -> Result<impl Future<Output = u8>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let failed = |error: io::Error| Error::failed(format!("signals cannot be caught: {error}"));
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        let mut hangup =
            if ends_with_its_terminal() { Some(signal(SignalKind::hangup()).map_err(failed)?) } else { None };
        Ok(async move {
            let hung_up = async {
                match &mut hangup {
                    Some(hangup) => drop(hangup.recv().await),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = terminate.recv() => 143,
                _ = interrupt.recv() => 130,
                () = hung_up => 129,
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        // Where they cannot be caught the process simply ends.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        130
    })
}

/// Whether SIGHUP ends this process. `nohup` has it ignored, and catching it would undo that. Only Linux says
/// so without unsafe code; elsewhere SIGHUP is left as it is.
#[cfg(unix)]
fn ends_with_its_terminal() -> bool {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return false };
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_units() {
        let read = |text: &str| text.parse::<MemoryLimit>();
        assert_eq!(read("4GiB"), Ok(MemoryLimit(Some(4 << 30))));
        assert_eq!(read("512 mib"), Ok(MemoryLimit(Some(512 << 20))));
        assert_eq!(read("1GB"), Ok(MemoryLimit(Some(1_000_000_000))));
        assert_eq!(read("none"), Ok(MemoryLimit(None)));
        for wrong in ["", "4", "GiB", "-1GiB", "1.5GiB", "99999999999TiB", "1MiB", "4 gibs"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn limits_are_passed_on_as_they_are() {
        for (memory, time) in [("4GiB", "10m"), ("none", "1h 30m"), ("100MiB", "none")] {
            let limits =
                LimitOptions { memory_limit: memory.parse().unwrap(), time_limit: time.parse().unwrap() };
            let [memory, time] = limits.arguments().map(|flag| flag.into_string().unwrap());
            let value = |flag: &str| flag.split_once('=').unwrap().1.to_owned();
            assert_eq!(value(&memory).parse(), Ok(limits.memory_limit));
            assert_eq!(value(&time).parse(), Ok(limits.time_limit));
        }
        assert!("0s".parse::<TimeLimit>().is_err() && "-5m".parse::<TimeLimit>().is_err());
    }
}
