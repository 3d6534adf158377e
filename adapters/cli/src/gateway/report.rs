//! What a gateway tells: for programs as JSON, for people as lines.

use super::Noise;
use super::routes::Astray;
use crate::paint::Paint;
use crate::printer::Lines;
use core::fmt;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::stdout;

/// One thing that happened. In JSON, `event` names it.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Report {
    /// It receives for these boards, and sends to these members.
    Started { boards: BTreeMap<u32, String>, peers: BTreeMap<u32, String> },
    /// A line is open.
    LineUp { line: String },
    /// A line is closed, or cannot be opened; it is tried again.
    LineDown { line: String, reason: String },
    /// How much was carried until now.
    Counters(Counters),
    /// The gateway was told to stop.
    Stopped(Counters),
}

/// How much was carried, and what was not, in frames.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Counters {
    from_network: u64,
    to_network: u64,
    /// The network took it not.
    unsent: u64,
    /// It is no frame of this version.
    unreadable: u64,
    /// Its sender cannot be where it came from.
    strangers: u64,
    /// Nobody knows where its recipient is.
    unknown: u64,
    lines: Vec<LineCounters>,
}

#[derive(Clone, Debug, Serialize)]
struct LineCounters {
    line: String,
    from_line: u64,
    to_line: u64,
    /// The line could not take so many at once.
    too_slow: u64,
    /// What was no frame, by its reason.
    noise: BTreeMap<&'static str, u64>,
}

impl Counters {
    pub(crate) fn new(lines: Vec<String>) -> Self {
        let line = |line| LineCounters { line, from_line: 0, to_line: 0, too_slow: 0, noise: BTreeMap::new() };
        let lines = lines.into_iter().map(line).collect();
        Self { from_network: 0, to_network: 0, unsent: 0, unreadable: 0, strangers: 0, unknown: 0, lines }
    }

    /// The line of this number, as it is named to people.
    pub(crate) fn name(&self, number: usize) -> String {
        self.lines.get(number).map(|line| line.line.clone()).unwrap_or_default()
    }

    pub(crate) fn heard_network(&mut self) {
        self.from_network += 1;
    }

    pub(crate) fn said_network(&mut self) {
        self.to_network += 1;
    }

    pub(crate) fn unsent(&mut self) {
        self.unsent += 1;
    }

    pub(crate) fn unreadable(&mut self) {
        self.unreadable += 1;
    }

    pub(crate) fn astray(&mut self, astray: Astray) {
        match astray {
            Astray::Stranger(_) => self.strangers += 1,
            Astray::Unknown(_) => self.unknown += 1,
        }
    }

    pub(crate) fn heard_line(&mut self, number: usize) {
        self.line(number, |line| line.from_line += 1);
    }

    pub(crate) fn said_line(&mut self, number: usize) {
        self.line(number, |line| line.to_line += 1);
    }

    pub(crate) fn too_slow(&mut self, number: usize) {
        self.line(number, |line| line.too_slow += 1);
    }

    pub(crate) fn noise(&mut self, number: usize, noise: Noise) {
        self.line(number, |line| line.noise = noise.by_reason().filter(|&(_, count)| count > 0).collect());
    }

    fn line(&mut self, number: usize, change: impl FnOnce(&mut LineCounters)) {
        if let Some(line) = self.lines.get_mut(number) {
            change(line);
        }
    }
}

/// Prints reports without making the gateway wait.
pub(crate) struct Printer(Lines<Report>);

impl Printer {
    pub(crate) fn new(json: bool) -> Self {
        let paint = Paint::for_stream(&stdout());
        Self(Lines::new(move |report: &Report| match json {
            true => serde_json::to_string(report).unwrap_or_default(),
            false => Human { report, paint }.to_string(),
        }))
    }

    /// `false` if nobody reads any more.
    pub(crate) fn print(&mut self, report: Report) -> bool {
        self.0.print(report).is_some()
    }

    /// Waits a while until everything has been printed.
    pub(crate) fn finish(self) {
        self.0.finish();
    }
}

struct Human<'a> {
    report: &'a Report,
    paint: Paint,
}

impl fmt::Display for Human<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { report, paint } = *self;
        match report {
            Report::Started { boards, peers } => {
                write!(f, "{} carries frames", paint.bold("gateway"))?;
                for (id, address) in boards {
                    write!(f, "\n  board {id} is reached at {address}")?;
                }
                for (id, address) in peers {
                    write!(f, "\n  member {id} is at {address}")?;
                }
                Ok(())
            }
            Report::LineUp { line } => write!(f, "{} {line}", paint.good("line up  ")),
            Report::LineDown { line, reason } => write!(f, "{} {line}: {reason}; trying again", paint.bad("line down")),
            Report::Counters(counters) => counters.fmt(f),
            Report::Stopped(counters) => write!(f, "stopped; {counters}"),
        }
    }
}

impl fmt::Display for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "network: {} frames in, {} out", self.from_network, self.to_network)?;
        for (count, what) in [
            (self.unsent, "not taken by the network"),
            (self.unreadable, "no frames of this version"),
            (self.strangers, "from somebody who cannot be there"),
            (self.unknown, "for somebody unknown"),
        ] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        for line in &self.lines {
            write!(f, "\n  {}: {} frames in, {} out", line.line, line.from_line, line.to_line)?;
            if line.too_slow > 0 {
                write!(f, ", {} more than the line could take", line.too_slow)?;
            }
            let noise: u64 = line.noise.values().sum();
            if noise > 0 {
                write!(f, ", {noise} times noise")?;
            }
        }
        Ok(())
    }
}
