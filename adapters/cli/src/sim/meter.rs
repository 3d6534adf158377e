//! A line on the terminal that says how far something is.

use core::time::Duration;
use std::io::{IsTerminal, Write, stderr};
use std::sync::Mutex;
use std::time::Instant;

/// How often the line changes.
const PERIOD: Duration = Duration::from_millis(100);

/// A line on the terminal that says how far something is, and goes away in the end. Where standard error is no terminal there is none.
#[derive(Debug)]
pub(super) struct Meter {
    on: bool,
    begun: Instant,
    shown: Mutex<Option<Instant>>,
}

impl Meter {
    /// For something that begins now.
    pub(super) fn new() -> Self {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        Self { on: stderr().is_terminal() && !dumb, begun: Instant::now(), shown: Mutex::new(None) }
    }

    /// Shows a text of one line, which is asked for only when it is time for a new one. It is told how long this has taken.
    pub(super) fn show(&self, text: impl FnOnce(Duration) -> String) {
        if !self.on {
            return;
        }
        let Ok(mut shown) = self.shown.lock() else { return };
        let now = Instant::now();
        if shown.is_none_or(|shown| now.duration_since(shown) >= PERIOD) {
            *shown = Some(now);
            // On a narrow terminal it is cut off at the edge, instead of filling line after line. That it cannot be shown is nobody's loss.
            let _ = write!(stderr(), "\r\x1b[?7l{}\x1b[K\x1b[?7h", text(now.duration_since(self.begun)));
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if self.shown.get_mut().is_ok_and(|shown| shown.is_some()) {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}
