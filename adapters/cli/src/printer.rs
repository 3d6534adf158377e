//! Prints lines without ever making the member wait: a terminal that is stopped, or a reader that is slow, must not cost it its
//! leadership.

use crate::line::{Human, Line, What};
use crate::paint::Paint;
use core::time::Duration;
use quorate_tokio::clock;
use std::io::{Write, stdout};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{JoinHandle, spawn};
use std::time::{SystemTime, UNIX_EPOCH};

/// How many lines may wait for whoever reads them; more are left out, and that is said.
const WAITING: usize = 4_096;

/// How long lines that still wait are waited for at the end.
const PATIENCE: Duration = Duration::from_millis(500);

/// Prints lines in a thread of its own.
#[derive(Debug)]
pub(crate) struct Lines<T> {
    lines: SyncSender<T>,
    thread: JoinHandle<()>,
}

impl<T: Send + 'static> Lines<T> {
    /// Prints each line as `text` writes it.
    pub(crate) fn new(text: impl Fn(&T) -> String + Send + 'static) -> Self {
        let (lines, receiver) = sync_channel(WAITING);
        let thread = spawn(move || print(&receiver, text));
        Self { lines, thread }
    }

    /// Prints a line soon: `Some(true)`. `Some(false)` if too many wait already, and this one is left out; `None` if nobody reads any
    /// more.
    pub(crate) fn print(&self, line: T) -> Option<bool> {
        match self.lines.try_send(line) {
            Ok(()) => Some(true),
            Err(TrySendError::Full(_)) => Some(false),
            Err(TrySendError::Disconnected(_)) => None,
        }
    }

    /// Waits a while until everything has been printed.
    pub(crate) fn finish(self) {
        drop(self.lines);
        let end = clock::now() + PATIENCE;
        while !self.thread.is_finished() && clock::now() < end {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn print<T>(lines: &Receiver<T>, text: impl Fn(&T) -> String) {
    while let Ok(line) = lines.recv() {
        // Nobody reads: the receiver is dropped, which the other side notices.
        if writeln!(stdout(), "{}", text(&line)).is_err() {
            return;
        }
    }
}

/// Prints what happens at a member.
#[derive(Debug)]
pub(crate) struct Printer {
    lines: Lines<Line>,
    node: u32,
    left_out: u64,
}

impl Printer {
    /// Prints what happens at `node`, as JSON or for people.
    pub(crate) fn new(node: u32, json: bool) -> Self {
        let paint = Paint::for_stream(&stdout());
        let text =
            move |line: &Line| if json { serde_json::to_string(line).unwrap_or_default() } else { human(line, paint) };
        Self { lines: Lines::new(text), node, left_out: 0 }
    }

    /// Prints a line soon. `false` if nobody reads any more.
    pub(crate) fn print(&mut self, at_ns: u64, what: What) -> bool {
        let Self { node, left_out, .. } = *self;
        if left_out > 0 {
            let text = format!("{left_out} lines were left out, since they were not read in time");
            match self.lines.print(Line { at_ns, node, what: What::Notice { text } }) {
                Some(true) => self.left_out = 0,
                Some(false) => {}
                None => return false,
            }
        }
        match self.lines.print(Line { at_ns, node, what }) {
            Some(true) => true,
            Some(false) => {
                self.left_out += 1;
                true
            }
            None => false,
        }
    }

    /// Waits a while until everything has been printed.
    pub(crate) fn finish(self) {
        self.lines.finish();
    }
}

fn human(line: &Line, paint: Paint) -> String {
    let ago = u128::from(clock::now().as_nanos().saturating_sub(line.at_ns));
    let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    Human { line, unix_ns: unix.saturating_sub(ago), paint }.to_string()
}
