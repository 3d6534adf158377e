//! What `node` takes.

use crate::config::Layer;
use crate::units;
use clap::Args;
use core::time::Duration;
use std::path::PathBuf;

/// Be a member, and print what happens
///
/// It runs until it is told to stop: at SIGINT or SIGTERM it gives up its leadership, if it has it, so that the others need
/// not wait for it, and ends.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples, in three terminals:
  quorate node --id 1 --listen 127.0.0.1:7401 --peer 2=127.0.0.1:7402 --peer 3=127.0.0.1:7403
  quorate node --id 2 --listen 127.0.0.1:7402 --peer 1=127.0.0.1:7401 --peer 3=127.0.0.1:7403
  quorate node --id 3 --listen 127.0.0.1:7403 --peer 1=127.0.0.1:7401 --peer 2=127.0.0.1:7402

Examples, with a file (any option below can stand in it; the command line goes before the file):
  quorate node --config /etc/quorate.toml

  # /etc/quorate.toml; paths are relative to this file
  id = 1
  listen = \"10.0.0.1:7400\"
  key-file = \"group.key\"
  profile = \"lan\"
  [peers]
  2 = \"10.0.0.2:7400\"
  3 = \"c.example:7400\"
  [timings]            # instead of the profile's
  lease = \"800ms\"")]
pub(crate) struct NodeArgs {
    /// Settings from a TOML file
    #[arg(long, short, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) member: Layer,

    #[command(flatten)]
    pub(crate) print: PrintArgs,
}

/// What is printed.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Output")]
pub(crate) struct PrintArgs {
    /// A line of JSON for each event; at_ns counts on a clock that all processes of this machine share
    #[arg(long)]
    pub(crate) json: bool,

    /// Also the levels of suspicion and the counters, this often
    #[arg(long, value_name = "DURATION", value_parser = units::duration)]
    pub(crate) levels: Option<Duration>,

    /// End when standard input is closed, or the process that started this one ends
    #[arg(long, hide = true)]
    pub(crate) until_stdin_closes: bool,

    /// Contend for a lock, write to this file, and meet at a barrier, as standard input says: for the demonstration
    #[arg(long, hide = true, value_name = "FILE", requires = "until_stdin_closes")]
    pub(crate) contend: Option<PathBuf>,
}
