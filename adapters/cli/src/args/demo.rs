//! What `demo` takes.

use crate::config::Profile;
use clap::Args;

/// Start a group on this machine, kill and pause its leaders, and check what was promised
///
/// The members are real processes that talk over UDP on the loopback interface. In each round the leader is killed (SIGKILL), and
/// started anew later, or paused for longer than its lease (SIGSTOP, SIGCONT), in turn.
///
/// Detection is the time from the kill or pause until the first other member suspects the leader or knows that it has none.
/// Failover is the time until another member is elected and a majority of all members, itself among them, follows it.
/// A leadership lasts from the time at which a member was elected until its lease ended, as its own log says, or until it was killed.
/// All processes read the same clock, so leaderships are compared in true time.
///
/// The exit code is 1 if a promise was broken: two leaders in one epoch, two leaderships that overlap, no agreement in time.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  quorate demo
  quorate demo --nodes 3 --rounds 2 --seed 7
  quorate demo --json | jq .failover_ms")]
pub(crate) struct DemoArgs {
    /// How many members
    #[arg(long, value_name = "NUMBER", default_value_t = 5, value_parser = clap::value_parser!(u32).range(3..=9))]
    pub(crate) nodes: u32,

    /// How often the leader fails [default: 5, and 3 with the profile wan; either takes less than 30 seconds]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) rounds: Option<u32>,

    /// All timings together
    #[arg(long, value_enum, default_value_t)]
    pub(crate) profile: Profile,

    /// Where the members' randomness comes from, to repeat a run [default: the operating system]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,

    /// One object of JSON at the end, and nothing else
    #[arg(long)]
    pub(crate) json: bool,

    /// Only the table at the end
    #[arg(long, short, conflicts_with = "json")]
    pub(crate) quiet: bool,

    /// Lines instead of the live view, also on a terminal
    #[arg(long, conflicts_with_all = ["json", "quiet"])]
    pub(crate) plain: bool,
}

impl DemoArgs {
    /// How often the leader fails.
    pub(crate) fn rounds(&self) -> u32 {
        self.rounds.unwrap_or(match self.profile {
            Profile::Lan | Profile::Bus => 5,
            Profile::Wan => 3,
        })
    }
}
