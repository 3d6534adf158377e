//! `quorate elect`: runs a command only while this member leads.

mod guard;
mod plan;
mod run;
mod watched;

pub(crate) use run::{exec, run as become_command};
pub(crate) use watched::{Ended, Lease, Watched};

use crate::args::{ElectArgs, GuardArgs};
use crate::config::Settings;
use crate::failure::{Failure, Outcome};
use crate::member::StopSignals;
use crate::units::brief;
use quorate_tokio::{Leadership, Member, Stop, StopReason, Why};
use std::process::ExitCode;

/// The exit code when the lease ended before the command did: a temporary failure, as in `sysexits.h`.
pub(crate) const LEASE_ENDED: u8 = 75;

/// Watches over a command, as the process of its own that `elect` starts for that.
pub(crate) async fn guard(args: &GuardArgs) -> Outcome<ExitCode> {
    guard::run(args).await.map(|()| ExitCode::SUCCESS)
}

/// Leads, and runs the command meanwhile.
pub(crate) async fn run(args: ElectArgs) -> Outcome<ExitCode> {
    let settings = Settings::new(args.member.clone(), args.config.as_deref())?;
    check_margin(&args, &settings)?;
    let mut signals = StopSignals::catch()?;
    if !args.quiet {
        settings.warn();
    }
    let member = settings.join().await?;
    let mut elect = Elect { args, settings, member, signals: &mut signals };
    let code = elect.lead().await;
    let member = elect.member;
    tokio::select! {
        // A graceful end spares the others the wait for the lease to run out.
        _ = member.shutdown() => {}
        () = signals.recv() => {}
    }
    code.map(ExitCode::from)
}

/// A command that would have to be killed before it is started cannot be run.
fn check_margin(args: &ElectArgs, settings: &Settings) -> Outcome {
    let timing = settings.profile()?.timing;
    let validity = timing.drift.holder(timing.lease).saturating_sub(timing.margin);
    if args.kill_margin >= validity {
        return Err(Failure::usage(format_args!(
            "--kill-margin of {} is not less than the {} that a leader can rely on its lease, so no command could run",
            brief(args.kill_margin),
            brief(validity)
        ))
        .advise("Make it shorter, or the lease longer."));
    }
    Ok(())
}

struct Elect<'a> {
    args: ElectArgs,
    settings: Settings,
    member: Member,
    signals: &'a mut StopSignals,
}

/// Why the command was told to stop.
#[derive(Clone, Copy, Debug)]
enum Cause {
    /// Somebody asked this program to stop.
    Asked,
    /// The leadership ends, or may.
    Leadership(Stop),
}

impl Elect<'_> {
    fn tell(&self, what: impl core::fmt::Display) {
        if !self.args.quiet {
            eprintln!("quorate: node {} {what}.", self.settings.id);
        }
    }

    /// Runs the command once for each leadership, until it ends by itself or may not go on. The code to end with.
    async fn lead(&mut self) -> Outcome<u8> {
        loop {
            self.tell(format_args!("waits until it leads group `{}`", self.settings.group));
            let leadership = tokio::select! {
                leadership = self.member.leadership() => leadership,
                () = self.signals.recv() => return Ok(0),
            };
            let Ok(leadership) = leadership else {
                return Err(self.stopped().await);
            };
            if leadership.time_left() <= self.args.kill_margin {
                leadership.release().await; // It is over before it has begun.
                continue;
            }
            let (ended, cause) = self.run(&leadership).await?;
            leadership.release().await;
            match cause {
                _ if !ended.stopped => {
                    self.tell(format_args!("gave up the leadership: the command has ended with code {}", ended.code));
                    return Ok(ended.code);
                }
                Some(Cause::Asked) => return Ok(ended.code),
                Some(Cause::Leadership(Stop { reason: StopReason::Lost(Why::Stopped), .. })) => {
                    return Err(self.stopped().await);
                }
                _ if self.args.keep => {}
                _ => return Ok(LEASE_ENDED),
            }
        }
    }

    /// Runs the command for as long as this leadership lasts at most.
    async fn run(&mut self, leadership: &Leadership) -> Outcome<(Ended, Option<Cause>)> {
        let name = self.args.command.first().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        self.tell(format_args!("leads epoch {} and runs `{name}`", leadership.epoch()));
        let environment = [
            ("QUORATE_EPOCH", leadership.epoch().to_string()),
            ("QUORATE_NODE", self.settings.id.to_string()),
            ("QUORATE_GROUP", self.settings.group.clone()),
        ];
        let Self { args, .. } = self;
        let mut watched = Watched::start(&args.command, [args.kill_margin, args.grace], &environment, leadership)?;
        let mut cause = None;
        loop {
            tokio::select! {
                ended = watched.ended(leadership) => {
                    let ended = ended?;
                    if ended.stopped && cause.is_none() {
                        self.tell("was held up for so long that the command had to be ended");
                    }
                    return Ok((ended, cause));
                }
                stop = leadership.doubtful(), if cause.is_none() => {
                    self.tell(format_args!("stops the command: {stop}"));
                    watched.stop().await;
                    cause = Some(Cause::Leadership(stop));
                }
                () = self.signals.recv(), if !matches!(cause, Some(Cause::Asked)) => {
                    self.tell("stops the command, as it was asked to");
                    watched.stop().await;
                    cause = Some(Cause::Asked);
                }
            }
        }
    }

    /// Why the member runs no longer.
    async fn stopped(&self) -> Failure {
        match self.member.closed().await {
            Err(error) => Failure::new(format_args!("node {} {error}", self.settings.id)),
            Ok(()) => Failure::new(format_args!("node {} has stopped", self.settings.id)),
        }
    }
}
