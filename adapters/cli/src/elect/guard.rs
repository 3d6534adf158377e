//! `quorate guard`: runs a command and ends it in time, whatever becomes of the process that renews the lease.
//!
//! It talks with that process over a socket, which is its standard input: an [`Order`] a line comes in, a [`Report`] a line goes
//! out. That the other end is closed means [`Order::Stop`].

use super::plan::{Next, Plan};
use crate::args::GuardArgs;
use crate::failure::{Failure, Outcome};
use core::time::Duration;
use quorate::Instant;
use quorate_tokio::clock;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

/// How long it sleeps at most before it looks at the clock again, which timers do not follow through a suspend.
const LONGEST_SLEEP: Duration = Duration::from_millis(250);

/// Runs the command until it ends or has to.
pub(crate) async fn run(args: &GuardArgs) -> Outcome {
    let failure = |error: std::io::Error| Failure::new(format_args!("the guard of the command cannot work ({error})"));
    let socket = std::io::stdin().as_fd().try_clone_to_owned().map_err(failure)?;
    let socket = std::os::unix::net::UnixStream::from(socket);
    socket.set_nonblocking(true).map_err(failure)?;
    let (reader, mut writer) = UnixStream::from_std(socket).map_err(failure)?.into_split();
    let mut lines = BufReader::new(reader).lines();
    // Its owner's signals are for its owner; should one arrive here alone, it means the same.
    let mut asked = signal(SignalKind::terminate()).map_err(failure)?;
    let _ignored = (signal(SignalKind::interrupt()).map_err(failure)?, signal(SignalKind::hangup()).map_err(failure)?);

    let [margin, grace] = [args.margin_ns, args.grace_ns].map(Duration::from_nanos);
    let mut plan = Plan::new(clock::now(), Instant::from_nanos(args.until_ns), margin, grace);
    let (mut child, group) = start(args).map_err(failure)?;
    let started = Report::Started(group.as_raw_nonzero().get());
    let mut listening = writer.write_all(started.line().as_bytes()).await.is_ok();
    let ended = tokio::task::spawn_blocking(move || {
        // It is left a zombie, so that its number, which is its group's, belongs to nobody else before the group is gone.
        waitid(WaitId::Pid(group), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)
    });
    tokio::pin!(ended);
    let stopped = loop {
        let rest = match plan.next(clock::now()) {
            Next::Wait(until) => until.since(clock::now()).min(LONGEST_SLEEP),
            Next::Terminate => {
                let _ = kill_process_group(group, Signal::TERM);
                continue;
            }
            Next::Kill => {
                let _ = kill_process_group(group, Signal::KILL);
                LONGEST_SLEEP
            }
        };
        tokio::select! {
            _ = &mut ended => break plan.is_stopping(),
            line = lines.next_line(), if listening => match line.ok().flatten().as_deref().map(Order::parse) {
                Some(Some(Order::Until(until))) => plan.renewed(clock::now(), until),
                Some(Some(Order::Stop)) => plan.stop(clock::now()),
                Some(None) => {}
                None => {
                    listening = false;
                    plan.stop(clock::now());
                }
            },
            _ = asked.recv() => plan.stop(clock::now()),
            () = sleep(rest) => {}
        }
    };
    // Whatever it has left behind in its group ends with it.
    let _ = kill_process_group(group, Signal::KILL);
    let code = code(child.wait().map_err(failure)?);
    let _ = writer.write_all(Report::Ended { code, stopped }.line().as_bytes()).await;
    Ok(())
}

/// What the guard is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// The lease lasts until then.
    Until(Instant),
    /// The command is to stop.
    Stop,
}

impl Order {
    /// As a line, with its end.
    pub(super) fn line(self) -> String {
        match self {
            Self::Until(until) => format!("until {}\n", until.as_nanos()),
            Self::Stop => "stop\n".to_owned(),
        }
    }

    fn parse(line: &str) -> Option<Self> {
        match line.split_once(' ') {
            None if line == "stop" => Some(Self::Stop),
            Some(("until", nanos)) => nanos.parse().ok().map(|nanos| Self::Until(Instant::from_nanos(nanos))),
            _ => None,
        }
    }
}

/// What the guard tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Report {
    /// The command runs, as this process and process group.
    Started(i32),
    /// It has ended.
    Ended {
        /// With this code.
        code: u8,
        /// Because it was told to.
        stopped: bool,
    },
}

impl Report {
    fn line(self) -> String {
        match self {
            Self::Started(pid) => format!("started {pid}\n"),
            Self::Ended { code, stopped } => format!("ended {code} {}\n", if stopped { "stopped" } else { "alone" }),
        }
    }

    /// Of a line without its end.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let words: Vec<_> = line.split(' ').collect();
        match *words {
            ["started", pid] => pid.parse().ok().map(Self::Started),
            ["ended", code, how @ ("alone" | "stopped")] => {
                code.parse().ok().map(|code| Self::Ended { code, stopped: how == "stopped" })
            }
            _ => None,
        }
    }
}

/// Starts the command through `quorate run`, in a process group of its own.
fn start(args: &GuardArgs) -> std::io::Result<(Child, Pid)> {
    let child = Command::new(std::env::current_exe()?)
        .args(["run", "--parent", &std::process::id().to_string(), "--"])
        .args(&args.command)
        .stdin(Stdio::null())
        .process_group(0)
        .spawn()?;
    let group = Pid::from_child(&child);
    Ok((child, group))
}

/// What a shell would report.
fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_and_reports_are_read_as_written() {
        for order in [Order::Until(Instant::from_nanos(7)), Order::Stop] {
            assert_eq!(Order::parse(order.line().trim_end()), Some(order));
        }
        for report in
            [Report::Started(9), Report::Ended { code: 3, stopped: true }, Report::Ended { code: 0, stopped: false }]
        {
            assert_eq!(Report::parse(report.line().trim_end()), Some(report));
        }
        for line in ["", "until", "until x", "stop now", "ended 3", "ended 300 alone"] {
            assert_eq!((Order::parse(line), Report::parse(line)), (None, None), "{line}");
        }
    }

    #[test]
    fn codes_are_a_shells() {
        assert_eq!(code(ExitStatus::from_raw(3 << 8)), 3);
        assert_eq!(code(ExitStatus::from_raw(9)), 137);
    }
}
