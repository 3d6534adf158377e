//! What `status` takes.

use crate::units;
use clap::Args;
use core::time::Duration;
use std::path::PathBuf;

/// Ask a member what it sees
///
/// The answer is that one member's view: whom it takes for the leader, how its peers do, and what it has counted.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  quorate status 127.0.0.1:7401
  quorate status 10.0.0.2:7400 --group billing --key-file group.key --json")]
pub(crate) struct StatusArgs {
    /// Where the member receives
    #[arg(value_name = "HOST:PORT")]
    pub(crate) address: String,

    /// The group that it belongs to
    #[arg(long, value_name = "NAME", default_value = "quorate")]
    pub(crate) group: String,

    /// The group's secret, if it has one
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,

    /// How long to wait for an answer
    #[arg(long, value_name = "DURATION", value_parser = units::duration, default_value = "2s")]
    pub(crate) timeout: Duration,

    /// One object of JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}
