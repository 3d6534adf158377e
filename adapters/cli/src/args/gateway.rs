//! What `gateway` takes.

use crate::config::Peer;
use crate::gateway::{Endpoint, Line};
use crate::units;
use clap::Args;
use core::time::Duration;

/// Join boards on serial lines to a cluster on UDP
///
/// Each board stands at an address of its own on this machine: there the other members reach it, and from there it speaks to them.
/// What comes from the boards is carried to the members and to the boards on other lines, and the other way round, frame by frame.
/// The gateway needs no key. It opens nothing, so it can neither read nor forge what is sealed.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  quorate gateway --board 3=10.0.0.9:7403 --serial /dev/ttyUSB0 --peer 1=10.0.0.1:7400 --peer 2=10.0.0.2:7400
      the board 3 at the first USB adapter, in a cluster with the members 1 and 2; these are started
      with --peer 3=10.0.0.9:7403
  quorate gateway --board 3=10.0.0.9:7403 --board 4=10.0.0.9:7404 --serial 3=/dev/ttyUSB0 --serial 4=/dev/ttyUSB1 \\
      --baud 57600 --peer 1=10.0.0.1:7400
      two boards on lines of their own
  quorate gateway --board 3=127.0.0.1:7403 --serial tcp://127.0.0.1:4555 --peer 1=127.0.0.1:7401
      a board in QEMU, started with -serial tcp:127.0.0.1:4555,server,nowait

A serial line is a device (/dev/ttyUSB0), or an endpoint where its bytes come and go:
  tcp://HOST:PORT             connects there, and again when the connection ends
  tcp-listen://HOST:PORT      waits for one connection at a time
  unix:///PATH                connects to a socket in the file system
  udp://HOST:PORT/LOCAL:PORT  exchanges datagrams of bytes with HOST:PORT, from LOCAL:PORT")]
pub(crate) struct GatewayArgs {
    /// A board, and the address on this machine where the members reach it
    #[arg(long = "board", value_name = "ID=HOST:PORT", value_parser = Peer::parse, required = true)]
    pub(crate) boards: Vec<Peer>,

    /// A serial line, and which boards are on it; without ids, all that no other line has
    #[arg(long = "serial", value_name = "[ID,…=]ENDPOINT", value_parser = Line::parse, required = true)]
    pub(crate) lines: Vec<Line>,

    /// A member on the network, and where it receives
    #[arg(long = "peer", value_name = "ID=HOST:PORT", value_parser = Peer::parse)]
    pub(crate) peers: Vec<Peer>,

    /// The speed of the serial devices, in bits a second
    #[arg(long, default_value_t = Endpoint::BAUD, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) baud: u32,

    /// Also the counters, this often
    #[arg(long, value_name = "DURATION", value_parser = units::duration)]
    pub(crate) report: Option<Duration>,

    /// A line of JSON for each thing that happens
    #[arg(long)]
    pub(crate) json: bool,
}
