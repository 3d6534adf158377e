//! What `elect` takes, and the two commands that it runs itself with.

use crate::config::Layer;
use crate::units;
use clap::Args;
use core::time::Duration;
use std::ffi::OsString;
use std::path::PathBuf;

/// Run a command only while this member leads
///
/// It waits until this member leads, and starts the command, in a process group of its own and without standard input, with
/// QUORATE_EPOCH, QUORATE_NODE, QUORATE_GROUP and QUORATE_VALID_FOR_MS (how long the lease holds at the start if nobody renews it)
/// in its environment.
///
/// When the renewal of the lease is overdue, or the leadership is to be given up, the group gets SIGTERM. Whoever is left of
/// it gets SIGKILL before the lease can end: --kill-margin before, or --grace after SIGTERM, whichever is earlier. Only then may
/// another member lead. A process of its own watches over that, so it holds also when this one is killed or paused. For what
/// may reach a resource late, hand QUORATE_EPOCH to the resource, and let it refuse lower ones.
///
/// If the command ends by itself, the leadership is given up, and this program ends with the command's code, or with 128 and the number of the
/// signal that ended it. If the leadership ends first, it ends with 75 (try again), as lock programs do; with --keep it waits to
/// lead again and starts the command anew. SIGINT and SIGTERM stop the command, and give its code.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  quorate elect --config /etc/quorate.toml -- nightly-job --verbose
  quorate elect --config /etc/quorate.toml --preempt never --profile wan -- settled-job
  quorate elect --keep --id 1 --listen 127.0.0.1:7401 \\
    --peer 2=127.0.0.1:7402 --peer 3=127.0.0.1:7403 -- \\
    sh -c 'while sleep 1; do echo \"node $QUORATE_NODE works in epoch $QUORATE_EPOCH\"; done'

Exit codes: the command's; 75 the leadership ended first; 126 and 127 the command cannot be run
or found; 1 the member had to stop; 2 wrong usage; 0 asked to stop before the command ran")]
pub(crate) struct ElectArgs {
    /// Settings from a TOML file (see `quorate node --help`)
    #[arg(long, short, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Wait to lead again after a leadership has ended, instead of ending with 75
    #[arg(long)]
    pub(crate) keep: bool,

    /// How long the command may take to stop after SIGTERM, as far as the lease allows
    #[arg(long, value_name = "DURATION", value_parser = units::duration, default_value = "10s")]
    pub(crate) grace: Duration,

    /// How long before the lease can end SIGKILL comes: for the system to carry it out
    #[arg(long, value_name = "DURATION", value_parser = units::duration, default_value = "50ms")]
    pub(crate) kill_margin: Duration,

    /// Say nothing but errors
    #[arg(long, short)]
    pub(crate) quiet: bool,

    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,

    #[command(flatten)]
    pub(crate) member: Layer,
}

/// Watch over a command for `elect`
#[derive(Args, Clone, Debug)]
pub(crate) struct GuardArgs {
    /// When the lease ends, in nanoseconds of the machine's clock
    #[arg(long)]
    pub(crate) until_ns: u64,

    /// How long before that to kill
    #[arg(long)]
    pub(crate) margin_ns: u64,

    /// How long after SIGTERM to kill
    #[arg(long)]
    pub(crate) grace_ns: u64,

    /// The command and its arguments
    #[arg(last = true, required = true)]
    pub(crate) command: Vec<OsString>,
}

/// Become a command that does not outlive the process that started it
#[derive(Args, Clone, Debug)]
pub(crate) struct RunArgs {
    /// The process that starts it
    #[arg(long)]
    pub(crate) parent: u32,

    /// The command and its arguments
    #[arg(last = true, required = true)]
    pub(crate) command: Vec<OsString>,
}
