//! Members that host services, for the laws.

use crate::{barrier, election, lease};
use proptest::prelude::*;
use quorate::detector::{MonitorConfig, Timeout, TimeoutConfig};
use quorate::election::{Guarantee, Start};
use quorate::host::{Command, Config, Host, Message};
use quorate::member::{self, Profile};
use quorate::{Group, Incarnation, Input, Instant};

/// Alone, so that it leads by and by and the services open; or with peers, whose messages the histories invent.
pub(crate) fn host(is_alone: bool) -> Host<Timeout, u8, 6, 6, 2, 3> {
    let config = member::Config {
        monitor: MonitorConfig::new(Profile::LAN.interval).unwrap(),
        detector: TimeoutConfig::new(Profile::LAN.detection).unwrap(),
        election: election::config(Guarantee::Majority),
    };
    let group = if is_alone { Group::alone(election::ME) } else { election::group() };
    let config = Config::new(config, Profile::LAN.leases(), Profile::LAN.barriers()).unwrap();
    Host::new(config, group, &[], Incarnation::new(1), Start::First, Instant::ORIGIN).unwrap()
}

pub(crate) fn inputs() -> BoxedStrategy<Input<Command<u8>, Message<u8>>> {
    let lift = |input: Input<quorate::election::Command, member::Message>| match input {
        Input::Tick => Input::Tick,
        Input::Command(command) => Input::Command(Command::Election(command)),
        Input::Receive { from, message } => Input::Receive { from, message: Message::Member(message) },
    };
    let leases = lease::authority_inputs().prop_map(|input| match input {
        Input::Receive { from, message } => Input::Receive { from, message: Message::Lease(message) },
        Input::Command(_) | Input::Tick => Input::Tick,
    });
    let barriers = barrier::coordinator_inputs().prop_map(|input| match input {
        Input::Receive { from, message } => Input::Receive { from, message: Message::Barrier(message) },
        Input::Command(_) | Input::Tick => Input::Tick,
    });
    prop_oneof![
        4 => election::member_inputs().prop_map(lift),
        3 => leases,
        3 => barriers,
        1 => (0_u8..3).prop_map(|resource| Input::Command(Command::Reset(resource))),
        1 => (0_u8..3).prop_map(|resource| Input::Command(Command::Break(resource))),
    ]
    .boxed()
}
