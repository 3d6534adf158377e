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
pub(crate) struct Printer {
    lines: SyncSender<Line>,
    node: u32,
    left_out: u64,
    thread: JoinHandle<()>,
}

impl Printer {
    /// Prints what happens at `node`, as JSON or for people.
    pub(crate) fn new(node: u32, json: bool) -> Self {
        let (sender, receiver) = sync_channel(WAITING);
        let thread = spawn(move || print(&receiver, json));
        Self { lines: sender, node, left_out: 0, thread }
    }

    /// Prints a line soon. `false` if nobody reads any more.
    pub(crate) fn print(&mut self, at_ns: u64, what: What) -> bool {
        let Self { node, left_out, .. } = *self;
        if left_out > 0 {
            let text = format!("{left_out} lines were left out, since they were not read in time");
            match self.lines.try_send(Line { at_ns, node, what: What::Notice { text } }) {
                Ok(()) => self.left_out = 0,
                Err(TrySendError::Full(_)) => {}
                Err(TrySendError::Disconnected(_)) => return false,
            }
        }
        match self.lines.try_send(Line { at_ns, node, what }) {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => {
                self.left_out += 1;
                true
            }
            Err(TrySendError::Disconnected(_)) => false,
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

fn print(lines: &Receiver<Line>, json: bool) {
    let paint = Paint::for_stream(&stdout());
    while let Ok(line) = lines.recv() {
        let text = if json { serde_json::to_string(&line).unwrap_or_default() } else { human(&line, paint) };
        // Nobody reads: the receiver is dropped, which the other side notices.
        if writeln!(stdout(), "{text}").is_err() {
            return;
        }
    }
}

fn human(line: &Line, paint: Paint) -> String {
    let ago = u128::from(clock::now().as_nanos().saturating_sub(line.at_ns));
    let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    Human { line, unix_ns: unix.saturating_sub(ago), paint }.to_string()
}
