//! What a crawl shows while it runs: a bar on a terminal, a line now and then elsewhere.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinHandle;

use super::console::Console;
use crate::crawl::{Counts, Tally};

/// How often the bar is drawn anew.
const REDRAW: Duration = Duration::from_millis(120);

/// How often a line is written where there is no terminal.
const LINE: Duration = Duration::from_secs(15);

/// Progress that is shown until it is finished.
pub struct Progress {
    task: Option<JoinHandle<()>>,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Begins to show counts.
    pub fn start(console: &Console, tally: Arc<Tally>) -> Progress {
        if console.is_quiet() {
            return Progress { task: None, bar: None };
        }
        if std::io::stderr().is_terminal() {
            let bar = ProgressBar::new(0);
            if let Ok(style) =
                ProgressStyle::with_template("{spinner} {wide_bar} {pos}/{len} accounts  {msg}")
            {
                bar.set_style(style);
            }
            let shown = bar.clone();
            let task = tokio::spawn(async move {
                loop {
                    let counts = tally.counts();
                    shown.set_length(counts.accounts);
                    shown.set_position(counts.accounts_done);
                    shown.set_message(rest(counts));
                    shown.tick();
                    tokio::time::sleep(REDRAW).await;
                }
            });
            return Progress { task: Some(task), bar: Some(bar) };
        }
        let mut console = console.clone();
        let task = tokio::spawn(async move {
            loop {
                tokio::time::sleep(LINE).await;
                let counts = tally.counts();
                console.note(format_args!(
                    "{} of {} accounts, {}",
                    counts.accounts_done,
                    counts.accounts,
                    rest(counts)
                ));
            }
        });
        Progress { task: Some(task), bar: None }
    }

    /// Begins to show that something goes on, of which no counts are known. Without a terminal there is nothing
    /// to see.
    pub fn spin(console: &Console, what: &'static str) -> Progress {
        if console.is_quiet() || !std::io::stderr().is_terminal() {
            return Progress { task: None, bar: None };
        }
        let bar = ProgressBar::new_spinner().with_message(what);
        bar.enable_steady_tick(REDRAW);
        Progress { task: None, bar: Some(bar) }
    }

    /// Takes the bar away.
    pub fn finish(self) {
        if let Some(task) = &self.task {
            task.abort();
        }
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn rest(counts: Counts) -> String {
    let throttled = match counts.throttles {
        0 => String::new(),
        number => format!(", {number} throttled"),
    };
    format!("{}/{} Regions, {} calls{throttled}", counts.regions_done, counts.regions, counts.requests)
}
