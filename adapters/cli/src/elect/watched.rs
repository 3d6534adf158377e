//! A command with its guard, as seen by whoever renews the lease.

use super::guard::{Order, Report};
use crate::failure::{Failure, Outcome};
use core::time::Duration;
use quorate::Instant;
use quorate_tokio::Leadership;
use rustix::process::{Pid, Signal, kill_process_group};
use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::{Child, Command};
use tokio::time::sleep;

/// What a command runs under, and may not outlive.
pub(crate) trait Lease {
    /// When it ends unless it is renewed.
    fn valid_until(&self) -> Instant;

    /// How long it is valid yet.
    fn time_left(&self) -> Duration;
}

impl Lease for Leadership {
    fn valid_until(&self) -> Instant {
        self.valid_until()
    }

    fn time_left(&self) -> Duration {
        self.time_left()
    }
}

/// How the command has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    /// Its code, or 128 and the signal.
    pub(crate) code: u8,
    /// Whether it had been told to stop.
    pub(crate) stopped: bool,
}

/// A running command. Dropping it ends the command, as the guard then hears nothing any more.
#[derive(Debug)]
pub(crate) struct Watched {
    guard: Child,
    orders: OwnedWriteHalf,
    reports: Lines<BufReader<OwnedReadHalf>>,
    /// The command's process group, once it is known.
    group: Option<Pid>,
    /// How the command has ended, if it has: kept, for the wait for the guard's own end may be cancelled.
    ended: Option<Ended>,
    /// Until when the guard thinks that the lease lasts.
    until: Instant,
    /// How often it is told.
    pace: Duration,
}

impl Watched {
    /// Starts the command under a lease, with this in its environment. It is killed `margin` before the lease can end, or `grace`
    /// after it was told to stop.
    pub(crate) fn start(
        command: &[OsString],
        [margin, grace]: [Duration; 2],
        environment: &[(&str, String)],
        lease: &impl Lease,
    ) -> Outcome<Self> {
        let failure = |error: std::io::Error| Failure::new(format_args!("the command cannot be guarded ({error})"));
        let (until, left) = (lease.valid_until(), lease.time_left());
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().map_err(failure)?;
        ours.set_nonblocking(true).map_err(failure)?;
        let (reader, orders) = UnixStream::from_std(ours).map_err(failure)?.into_split();
        let nanos = |duration: Duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX).to_string();
        let guard = Command::new(std::env::current_exe().map_err(failure)?)
            .args(["guard", "--until-ns", &until.as_nanos().to_string()])
            .args(["--margin-ns", &nanos(margin), "--grace-ns", &nanos(grace), "--"])
            .args(command)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .env("QUORATE_VALID_FOR_MS", left.as_millis().to_string())
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            // What is typed at the terminal is for this program, which then says what is to be done.
            .process_group(0)
            .spawn()
            .map_err(failure)?;
        let pace = (left / 8).clamp(Duration::from_millis(5), Duration::from_secs(1));
        Ok(Self { guard, orders, reports: BufReader::new(reader).lines(), group: None, ended: None, until, pace })
    }

    /// Tells the command to stop.
    pub(crate) async fn stop(&mut self) {
        // If the guard is gone, the command is, too, and `ended` tells.
        let _ = self.orders.write_all(Order::Stop.line().as_bytes()).await;
    }

    /// Keeps the guard informed of the lease until the command has ended. Cancel-safe.
    pub(crate) async fn ended(&mut self, lease: &impl Lease) -> Outcome<Ended> {
        loop {
            if let Some(ended) = self.ended {
                let _ = self.guard.wait().await;
                return Ok(ended);
            }
            tokio::select! {
                line = self.reports.next_line() => match line.ok().flatten().as_deref().map(Report::parse) {
                    Some(Some(Report::Started(pid))) => self.group = Pid::from_raw(pid),
                    Some(Some(Report::Ended { code, stopped })) => self.ended = Some(Ended { code, stopped }),
                    Some(None) => {}
                    None => return Err(self.unguarded().await),
                },
                () = sleep(self.pace) => {
                    let until = lease.valid_until();
                    if until > self.until {
                        self.until = until;
                        let _ = self.orders.write_all(Order::Until(until).line().as_bytes()).await;
                    }
                }
            }
        }
    }

    /// The guard has ended without a word: somebody killed it, and the command dies with it. What it has started may not.
    async fn unguarded(&mut self) -> Failure {
        if let Some(group) = self.group {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let how = self.guard.wait().await.map_or_else(|error| error.to_string(), |status| status.to_string());
        Failure::new(format_args!("the process that guarded the command has ended ({how}), and so has the command"))
    }
}
