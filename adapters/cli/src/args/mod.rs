//! What can be said on the command line.

mod demo;
mod elect;
mod gateway;
mod node;
mod services;
mod sim;
mod status;

pub(crate) use demo::DemoArgs;
pub(crate) use elect::{ElectArgs, GuardArgs, RunArgs};
pub(crate) use gateway::GatewayArgs;
pub(crate) use node::NodeArgs;
pub(crate) use services::{BarrierArgs, EngineArgs, FenceArgs, LockArgs, LocksArgs};
pub(crate) use sim::{ClocksArgs, DetectorsArgs, ExploreArgs, ScenarioArgs, SimArgs, SimCommand, SwarmArgs};
pub(crate) use status::StatusArgs;

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// A leader, locks and barriers among a few processes or machines, without another cluster to operate.
///
/// Members of a group find out by heartbeats who is alive, and elect the highest-ranked of them. With the
/// default guarantee there is at most one leader at any instant: it holds a lease that a majority renews.
#[derive(Debug, Parser)]
#[command(name = "quorate", version, after_help = EXAMPLES, subcommand_precedence_over_arg = true)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// Without a command, `demo` runs; these are its options.
    #[command(flatten)]
    pub(crate) demo: DemoArgs,
}

const EXAMPLES: &str = "\
Examples:
  quorate                         five members on this machine; their leaders are killed and paused
  quorate node --id 1 --listen 127.0.0.1:7401 --peer 2=127.0.0.1:7402 --peer 3=127.0.0.1:7403
  quorate elect --config /etc/quorate.toml -- /usr/local/bin/nightly-job
  quorate lock nightly -- /usr/local/bin/nightly-job   under a lock that the group grants
  quorate status 127.0.0.1:7401   what a member sees
  quorate sim paused-leader       a story of what can go wrong, simulated
  quorate key group.key           a secret for the group

Each command explains itself: quorate COMMAND --help";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(DemoArgs),
    Node(NodeArgs),
    Elect(ElectArgs),
    Lock(LockArgs),
    Locks(LocksArgs),
    Barrier(BarrierArgs),
    Fence(FenceArgs),
    Gateway(GatewayArgs),
    Status(StatusArgs),
    Sim(SimArgs),
    Key(KeyArgs),
    Completions(CompletionsArgs),
    #[command(hide = true)]
    Guard(GuardArgs),
    #[command(hide = true)]
    Run(RunArgs),
}

/// Make a key, or change the keys in a file
///
/// A group with a key encrypts and authenticates everything that its members say. A key file is text: a line is an identifier from
/// 1 to 255 and 64 hexadecimal digits. The first line is the key to send with, a second one is accepted too.
///
/// To change the key while the group runs, do three steps, each on every member before the next, and restart the members one
/// after another: --add (with the same resulting file everywhere), --swap, --retire.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  quorate key group.key           makes group.key, readable by you alone; it never overwrites one
  quorate key                     prints a key file instead
  quorate key group.key --add     adds a second key that is accepted, to change keys")]
pub(crate) struct KeyArgs {
    /// The key file; without it, a new one is printed
    pub(crate) file: Option<PathBuf>,

    /// Add a new key to the file, which is accepted and not yet sent with
    #[arg(long, requires = "file", conflicts_with_all = ["swap", "retire"])]
    pub(crate) add: bool,

    /// Send with the other key of the file from now on
    #[arg(long, requires = "file", conflicts_with = "retire")]
    pub(crate) swap: bool,

    /// Take the key that is not sent with out of the file
    #[arg(long, requires = "file")]
    pub(crate) retire: bool,
}

/// Print a script that completes this program's commands and options in a shell
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  source <(quorate completions bash)
  quorate completions fish > ~/.config/fish/completions/quorate.fish")]
pub(crate) struct CompletionsArgs {
    /// For which shell
    pub(crate) shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_grammar_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn nothing_means_demo_and_takes_its_options() {
        let cli = Cli::try_parse_from(["quorate", "--rounds", "2"]).unwrap();
        assert!(cli.command.is_none());
        assert_eq!(cli.demo.rounds(), 2);
        assert!(Cli::try_parse_from(["quorate", "--rounds", "2", "node"]).is_err());
    }

    #[test]
    fn every_command_shows_examples() {
        fn look(command: &clap::Command) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("Examples"), "{} has no examples", command.get_name());
            command.get_subcommands().filter(|command| !command.is_hide_set()).for_each(look);
        }
        look(&Cli::command());
    }
}
