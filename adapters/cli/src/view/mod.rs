//! How the demonstration is shown while it runs.

mod live;

use crate::args::DemoArgs;
use crate::demo::Stage;
use crate::paint::Paint;
use live::Live;
use std::io::{IsTerminal, Write, stdout};

/// One way of showing.
#[derive(Debug)]
pub(crate) enum View {
    /// A picture on the terminal that is kept up to date.
    Live(Box<Live>),
    /// Lines.
    Plain(Paint),
    /// Nothing.
    Silent,
}

impl View {
    /// The way that the user asked for, or else the best one that is possible.
    pub(crate) fn open(args: &DemoArgs) -> Self {
        if args.json || args.quiet {
            return Self::Silent;
        }
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        if !args.plain
            && !dumb
            && stdout().is_terminal()
            && let Ok(live) = Live::open()
        {
            return Self::Live(Box::new(live));
        }
        Self::Plain(Paint::for_stream(&stdout()))
    }

    /// Whether a picture is to be kept up to date.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self, Self::Live(_))
    }

    /// Shows how things stand.
    pub(crate) fn draw(&mut self, stage: &Stage, now: u64) {
        if let Self::Live(live) = self {
            live.draw(stage, now);
        }
    }

    /// Tells what has just happened, `since` nanoseconds after the beginning.
    pub(crate) fn say(&mut self, since: u64, sentence: &str) {
        if let Self::Plain(paint) = self {
            let time = format!("{:>8.3} s", since as f64 / 1e9);
            // Nobody may be reading any more; the exit code still tells.
            let _ = writeln!(stdout(), "{}  {sentence}", paint.faint(time));
        }
    }

    /// Whether the user has asked to end, by a key.
    pub(crate) fn wants_to_end(&mut self) -> bool {
        match self {
            Self::Live(live) => live.wants_to_end(),
            _ => false,
        }
    }
}
