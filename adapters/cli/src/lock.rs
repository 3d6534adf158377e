//! `quorate lock`: runs a command only while a lock is held.

use crate::args::LockArgs;
use crate::elect::{Ended, LEASE_ENDED, Lease, Watched};
use crate::engine::Grantor;
use crate::failure::{Failure, Outcome};
use crate::member::StopSignals;
use crate::units::brief;
use core::time::Duration;
use quorate::Instant;
use quorate_tokio::locks::{Acquire, AcquireError, Guard, Locks};
use std::process::ExitCode;

impl Lease for Guard {
    fn valid_until(&self) -> Instant {
        self.valid_until()
    }

    fn time_left(&self) -> Duration {
        self.time_left()
    }
}

/// Acquires, and runs the command meanwhile.
pub(crate) async fn run(args: LockArgs) -> Outcome<ExitCode> {
    let mut signals = StopSignals::catch()?;
    let grantor = Grantor::connect(&args.engine, "lock").await?;
    let code = hold(&args, grantor.locks(), &mut signals).await;
    tokio::select! {
        // Who waits next is spared the wait for the lease to run out.
        () = grantor.locks().shutdown() => {}
        () = signals.recv() => {}
    }
    code.map(ExitCode::from)
}

/// What is asked for.
fn acquire(args: &LockArgs, locks: &Locks) -> Acquire {
    let acquire = match args.permits {
        Some(of) => locks.semaphore(&args.name, of).permits(args.take),
        None if args.shared => locks.shared(&args.name),
        None => locks.acquire(&args.name),
    };
    match args.wait {
        Some(time) => acquire.within(time),
        None if args.r#try => acquire.at_once(),
        None => acquire,
    }
}

async fn hold(args: &LockArgs, locks: &Locks, signals: &mut StopSignals) -> Outcome<u8> {
    let lease = locks.timing().lease;
    if args.kill_margin >= lease / 2 {
        return Err(Failure::usage(format_args!(
            "--kill-margin of {} is not less than half of the lease, which is {}, so no command could run for long",
            brief(args.kill_margin),
            brief(lease)
        ))
        .advise("Make it shorter."));
    }
    let guard = tokio::select! {
        guard = acquire(args, locks) => guard,
        () = signals.recv() => return Ok(0),
    };
    let guard = match guard {
        Ok(guard) => guard,
        Err(error) => return Err(refused(args, &error)),
    };
    let (ended, cause) = watch(args, &guard, signals).await?;
    match guard.release().await {
        Ok(()) => {}
        Err(error) => tell(args, format_args!("could not release `{}` in good order: {error}", args.name)),
    }
    match cause {
        _ if !ended.stopped => Ok(ended.code),
        Some(Cause::Asked) => Ok(ended.code),
        _ => Ok(LEASE_ENDED),
    }
}

fn refused(args: &LockArgs, error: &AcquireError) -> Failure {
    let name = &args.name;
    match error {
        AcquireError::Busy => Failure::new(format_args!("`{name}` is held by somebody else")).with_code(LEASE_ENDED),
        AcquireError::TimedOut => {
            let failure = Failure::new(format_args!("`{name}` was not granted in time")).with_code(LEASE_ENDED);
            failure.advise("See who holds it with `quorate locks`.")
        }
        AcquireError::Grace(left) => Failure::new(format_args!(
            "a new leader grants nothing new for another {}, so that holders can come back",
            brief(*left)
        ))
        .with_code(LEASE_ENDED),
        AcquireError::Name(_) | AcquireError::Permits { .. } => Failure::usage(error),
        _ => Failure::new(error).of(format_args!("`{name}`")),
    }
}

/// Why the command was told to stop.
#[derive(Clone, Copy, Debug)]
enum Cause {
    /// Somebody asked this program to stop.
    Asked,
    /// The lease may end.
    Doubt,
}

fn tell(args: &LockArgs, what: impl core::fmt::Display) {
    if !args.quiet {
        eprintln!("quorate: {what}.");
    }
}

/// Runs the command for as long as the lock is held at most.
async fn watch(args: &LockArgs, guard: &Guard, signals: &mut StopSignals) -> Outcome<(Ended, Option<Cause>)> {
    let name = args.command.first().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    tell(args, format_args!("holds `{}` with token {} and runs `{name}`", args.name, guard.token()));
    let environment = [("QUORATE_LOCK", args.name.clone()), ("QUORATE_TOKEN", guard.token().to_string())];
    let mut watched = Watched::start(&args.command, [args.kill_margin, args.grace], &environment, guard)?;
    let mut cause = None;
    loop {
        tokio::select! {
            ended = watched.ended(guard) => {
                let ended = ended?;
                match (ended.stopped, cause) {
                    (true, None) => tell(args, "was held up for so long that the command had to be ended"),
                    (true, Some(Cause::Doubt)) => tell(args, format_args!("the command was ended before `{}` could be lost", args.name)),
                    _ => {}
                }
                return Ok((ended, cause));
            }
            doubt = guard.doubtful(), if cause.is_none() => {
                tell(args, format_args!("stops the command: {doubt}"));
                watched.stop().await;
                cause = Some(Cause::Doubt);
            }
            () = signals.recv(), if !matches!(cause, Some(Cause::Asked)) => {
                tell(args, "stops the command, as it was asked to");
                watched.stop().await;
                cause = Some(Cause::Asked);
            }
        }
    }
}
