//! Settings as far as one place gives them.

use super::{Detector, Guarantee, Preempt, Profile, Role};
use crate::units;
use clap::Args;
use core::time::Duration;
use std::path::PathBuf;

/// The settings that one place gives: the command line or a file. What it does not say is `None` or empty.
///
/// A file has the same names as the command line, without the dashes in front.
#[derive(Args, Clone, Debug, Default, PartialEq)]
pub(crate) struct Layer {
    /// This member's id: a number that no other member of the group has
    #[arg(long, value_name = "NUMBER")]
    pub(crate) id: Option<u32>,

    /// Where to receive: an address of this machine and a UDP port
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<String>,

    /// Another member that votes: its id, and where it receives. Once for each
    #[arg(long = "peer", value_name = "ID=HOST:PORT", value_parser = Peer::parse)]
    pub(crate) peers: Vec<Peer>,

    /// Another member that only learns who leads. Once for each
    #[arg(long = "observer", value_name = "ID=HOST:PORT", value_parser = Peer::parse)]
    pub(crate) observers: Vec<Peer>,

    /// The group's name; members of other groups are not listened to [default: quorate]
    #[arg(long, value_name = "NAME")]
    pub(crate) group: Option<String>,

    /// All timings together [default: lan]
    #[arg(long, value_enum)]
    pub(crate) profile: Option<Profile>,

    /// Rank in elections: the higher leads, and among equals the higher id [default: 0]
    #[arg(long, value_name = "0..65535")]
    pub(crate) priority: Option<u16>,

    /// What part this member takes [default: candidate]
    #[arg(long, value_enum)]
    pub(crate) role: Option<Role>,

    /// What the election promises; the same for all members [default: majority]
    #[arg(long, value_enum)]
    pub(crate) guarantee: Option<Guarantee>,

    /// Take over from a lower-ranked leader that does well: `never`, or after so long
    #[arg(long, value_name = "never|DURATION")]
    pub(crate) preempt: Option<Preempt>,

    /// How the silence of a peer is judged [default: the profile's]
    #[arg(long, value_enum)]
    pub(crate) detector: Option<Detector>,

    /// Where this member remembers its votes; it has to survive restarts [default: a folder below $STATE_DIRECTORY, $XDG_STATE_HOME or ~/.local/state]
    #[arg(long, value_name = "FOLDER", conflicts_with = "diskless")]
    pub(crate) state_dir: Option<PathBuf>,

    /// Remember nothing across restarts, and ask the others at each start
    #[arg(long)]
    pub(crate) diskless: bool,

    /// Start as if nothing was remembered, for a member whose state folder was lost or damaged: the others are asked first.
    /// Leave it out again at the next start
    #[arg(long)]
    pub(crate) forgetful: bool,

    /// The group's secret (see `quorate key`): frames are encrypted and authenticated with it
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,

    /// Listen beyond this machine without a key: anybody who can send datagrams can disturb the group
    #[arg(long)]
    pub(crate) insecure: bool,

    /// Where randomness comes from, to repeat a run [default: the operating system]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,

    #[command(flatten)]
    pub(crate) timings: Timings,
}

/// Single timings that replace the profile's. They are checked together.
#[derive(Args, Clone, Debug, Default, PartialEq)]
#[command(next_help_heading = "Timings instead of the profile's")]
pub(crate) struct Timings {
    /// How often a heartbeat is sent
    #[arg(long, value_name = "DURATION", value_parser = units::duration)]
    pub(crate) interval: Option<Duration>,

    /// After how much silence a peer is suspected
    #[arg(long, value_name = "DURATION", value_parser = units::duration)]
    pub(crate) detection: Option<Duration>,

    /// How long voters stand by a leader that they no longer hear; the same for all members
    #[arg(long, value_name = "DURATION", value_parser = units::duration)]
    pub(crate) lease: Option<Duration>,

    /// How often a leader renews its lease
    #[arg(long, value_name = "DURATION", value_parser = units::duration)]
    pub(crate) renew: Option<Duration>,

    /// How long an answer may take
    #[arg(long, value_name = "DURATION", value_parser = units::duration)]
    pub(crate) timeout: Option<Duration>,

    /// How long candidates wait at most, at random, before they stand
    #[arg(long, value_name = "DURATION", value_parser = units::duration)]
    pub(crate) jitter: Option<Duration>,

    /// By how much a leader cuts its own lease short
    #[arg(long, value_name = "DURATION", value_parser = units::duration)]
    pub(crate) margin: Option<Duration>,

    /// How far off any member's clock rate is, in parts per million; the same for all members
    #[arg(long, value_name = "NUMBER")]
    pub(crate) drift_ppm: Option<u32>,
}

impl Layer {
    /// These settings, and the ones of `file` where these say nothing.
    pub(crate) fn over(self, file: Self) -> Self {
        let stateful = self.state_dir.is_some();
        Self {
            id: self.id.or(file.id),
            listen: self.listen.or(file.listen),
            peers: if self.peers.is_empty() { file.peers } else { self.peers },
            observers: if self.observers.is_empty() { file.observers } else { self.observers },
            group: self.group.or(file.group),
            profile: self.profile.or(file.profile),
            priority: self.priority.or(file.priority),
            role: self.role.or(file.role),
            guarantee: self.guarantee.or(file.guarantee),
            preempt: self.preempt.or(file.preempt),
            detector: self.detector.or(file.detector),
            state_dir: if self.diskless { None } else { self.state_dir.or(file.state_dir) },
            diskless: self.diskless || (file.diskless && !stateful),
            forgetful: self.forgetful,
            key_file: self.key_file.or(file.key_file),
            insecure: self.insecure || file.insecure,
            seed: self.seed.or(file.seed),
            timings: Timings {
                interval: self.timings.interval.or(file.timings.interval),
                detection: self.timings.detection.or(file.timings.detection),
                lease: self.timings.lease.or(file.timings.lease),
                renew: self.timings.renew.or(file.timings.renew),
                timeout: self.timings.timeout.or(file.timings.timeout),
                jitter: self.timings.jitter.or(file.timings.jitter),
                margin: self.timings.margin.or(file.timings.margin),
                drift_ppm: self.timings.drift_ppm.or(file.timings.drift_ppm),
            },
        }
    }
}

/// Another member: its id and where it receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    pub(crate) id: u32,
    pub(crate) address: String,
}

impl Peer {
    /// `2=host:port`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (id, address) = text.split_once('=').ok_or_else(|| {
            format!("`{text}` does not say who is where; write an id and an address, such as 2=10.0.0.2:7400")
        })?;
        Self::new(id, address)
    }

    /// The member `id` at `address`, a name or an address with a port.
    pub(crate) fn new(id: &str, address: &str) -> Result<Self, String> {
        let id = id.trim().parse().map_err(|_| format!("`{id}` is no id; an id is a number from 0 to {}", u32::MAX))?;
        let address = address.trim();
        match address.rsplit_once(':') {
            Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port != 0) => {
                Ok(Self { id, address: address.to_owned() })
            }
            _ => Err(format!(
                "`{address}` is no address with a port from 1 to 65535, such as 10.0.0.2:7400 or b.example:7400"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_read() {
        let peer = |id, address: &str| Ok(Peer { id, address: address.to_owned() });
        assert_eq!(Peer::parse("2=10.0.0.2:7400"), peer(2, "10.0.0.2:7400"));
        assert_eq!(Peer::parse("3=[::1]:7400"), peer(3, "[::1]:7400"));
        assert_eq!(Peer::parse("3=b.example:1"), peer(3, "b.example:1"));
        for (text, says) in [
            ("10.0.0.2:7400", "does not say who is where"),
            ("x=10.0.0.2:7400", "`x` is no id"),
            ("2=10.0.0.2", "no address with a port"),
            ("2=:7400", "no address with a port"),
            ("2=b:0", "no address with a port"),
            ("2=b:70000", "no address with a port"),
        ] {
            assert!(Peer::parse(text).unwrap_err().contains(says), "{text}");
        }
    }

    #[test]
    fn the_command_line_goes_before_the_file() {
        let lease = |millis| Timings { lease: Some(Duration::from_millis(millis)), ..Timings::default() };
        let file = Layer {
            id: Some(1),
            peers: vec![Peer { id: 2, address: "a:1".into() }],
            diskless: true,
            timings: Timings { renew: Some(Duration::from_millis(9)), ..lease(400) },
            ..Layer::default()
        };
        let line = Layer { id: Some(7), state_dir: Some("/s".into()), timings: lease(800), ..Layer::default() };
        let both = line.over(file.clone());
        assert_eq!((both.id, both.peers.len(), both.diskless), (Some(7), 1, false));
        assert_eq!(both.timings, Timings { renew: Some(Duration::from_millis(9)), ..lease(800) });

        let stateful = Layer { state_dir: Some("/s".into()), ..Layer::default() };
        let both = Layer { diskless: true, ..Layer::default() }.over(stateful);
        assert!(both.diskless && both.state_dir.is_none());
    }
}
