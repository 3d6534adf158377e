//! What a member is to be.

use super::wire::LONGEST_NAME;
use super::{AnyDetector, DETECTOR_WINDOW, JoinError, MAX_CLIENTS, Machine, Shared, is_reserved};
use crate::client;
use crate::clock::{self, Clock};
use crate::driver::{Frames, MAX_PEERS};
use crate::question::random;
use crate::storage::{Owner, StateDirectory};
use core::net::SocketAddr;
use quorate::election::{Guarantee, Record, Role, Start};
use quorate::lease::authority;
use quorate::member::{DetectorKind, Profile};
use quorate::{Group, Incarnation, NodeId, Seed, host};
use quorate_wire::{GroupId, Keyring, Roster};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// How many events the slowest receiver may be late before it misses some, unless set otherwise.
const EVENTS: usize = 1_024;

/// What a member is to be, as a builder gathers it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The member.
    pub id: NodeId,
    /// The group's name.
    pub group: String,
    /// Where to listen, `host:port`.
    pub listen: Option<String>,
    /// The others, and where each listens.
    pub peers: Vec<(NodeId, String)>,
    /// Which of them do not vote.
    pub observers: Vec<NodeId>,
    /// All timings.
    pub profile: Profile,
    /// What the election promises.
    pub guarantee: Guarantee,
    /// This member's part.
    pub role: Role,
    /// Its priority.
    pub priority: u16,
    /// How failures are detected.
    pub detector: DetectorKind,
    /// What is to survive a restart.
    pub state: Option<State>,
    /// Whether it starts as if nothing was remembered.
    pub forgetful: bool,
    /// What is said is sealed with these.
    pub keyring: Option<Keyring>,
    /// Whether it may listen on other addresses than loopback without a key.
    pub insecure: bool,
    /// Whether every address may speak for every member.
    pub lenient: bool,
    /// The rules of its locks; those of the profile unless set.
    pub leases: Option<authority::Config>,
    /// Where its randomness comes from; the operating system's unless set.
    pub seed: Option<Seed>,
    /// How many events a receiver may be late.
    pub events: usize,
    /// What it goes by.
    pub clock: Arc<dyn Clock>,
}

/// Where a member keeps what must survive a restart.
#[derive(Clone, Debug)]
pub enum State {
    /// In this directory.
    Directory(PathBuf),
    /// Nowhere: it makes up for that each time it starts.
    Nowhere,
}

/// What a member knows of its former lives when it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// The one that begins: it must never have been used before.
    pub incarnation: Incarnation,
    /// What it remembers.
    pub start: Start,
}

/// A member that is ready to be driven.
#[derive(Debug)]
pub struct Prepared {
    /// The machine, which is large.
    pub machine: Box<Machine>,
    /// How it speaks.
    pub frames: Frames,
    /// For its [watcher](super::Watcher) and its handles.
    pub shared: Arc<Shared>,
    /// What a client of its own cluster is to be.
    pub client: client::Plan,
}

impl Plan {
    /// A member with nothing set.
    #[must_use]
    pub fn new(id: NodeId) -> Self {
        Self {
            id,
            group: "quorate".to_owned(),
            listen: None,
            peers: Vec::new(),
            observers: Vec::new(),
            profile: Profile::LAN,
            guarantee: Guarantee::Majority,
            role: Role::Candidate,
            priority: 0,
            detector: DetectorKind::default(),
            state: None,
            forgetful: false,
            keyring: None,
            insecure: false,
            lenient: false,
            leases: None,
            seed: None,
            events: EVENTS,
            clock: Arc::new(clock::System),
        }
    }

    /// Checks what can be checked without touching anything.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), JoinError> {
        self.machine_config()?;
        self.membership()?;
        Ok(())
    }

    /// Where to listen, by name.
    ///
    /// # Errors
    ///
    /// If that was not said.
    pub fn listens(&self) -> Result<String, JoinError> {
        self.listen.clone().ok_or(JoinError::NoAddress)
    }

    /// Where to listen, by what was found under that name.
    ///
    /// # Errors
    ///
    /// If nothing was found, or others than this machine could take part there, without a key.
    pub fn found(&self, name: String, found: io::Result<Option<SocketAddr>>) -> Result<SocketAddr, JoinError> {
        let found = found.and_then(|found| found.ok_or(io::ErrorKind::NotFound.into()));
        let address = found.map_err(|error| JoinError::Address { name, error })?;
        if !address.ip().is_loopback() && self.keyring.is_none() && !self.insecure {
            return Err(JoinError::Insecure { address });
        }
        Ok(address)
    }

    /// Whose a state directory is to be.
    #[must_use]
    pub fn owner(&self) -> Owner {
        Owner { group: self.group.clone(), node: self.id }
    }

    /// The life that begins with what this directory remembers.
    #[must_use]
    pub fn life(&self, directory: &StateDirectory<Record>) -> Life {
        let start = match directory.record() {
            _ if self.forgetful => Start::Forgetful,
            Some(record) => Start::Recovered(*record),
            None => Start::First,
        };
        Life { incarnation: directory.incarnation(), start }
    }

    /// Makes the machine and all that it takes to drive it. `address` says where a peer is thought to be.
    ///
    /// # Errors
    ///
    /// As [`check`](Plan::check).
    pub fn prepare(&self, life: Life, address: impl Fn(NodeId) -> Option<SocketAddr>) -> Result<Prepared, JoinError> {
        let (config, group) = (self.machine_config()?, self.membership()?);
        let mut frames = Frames::new(GroupId::from_name(&self.group), self.id, life.incarnation, group.peers())?
            .with_roster(self.roster())
            .with_clients(MAX_CLIENTS);
        let mut client = client::Plan::new(self.group.clone());
        if let Some(keys) = &self.keyring {
            frames = frames.with_keys(keys);
            client.keyring = Some(keys.clone());
        }
        client.members.clone_from(&self.peers);
        client.clock = self.clock.clone();
        let now = self.clock.now();
        let shared = Shared::new(self.id, self.group.clone(), now);
        shared.place(group.peers().iter().map(|&peer| (peer, address(peer))));
        let machine = Box::new(Machine::new(config, group, &self.observers, life.incarnation, life.start, now)?);
        Ok(Prepared { machine, frames, shared: Arc::new(shared), client })
    }

    fn machine_config(&self) -> Result<host::Config<AnyDetector>, JoinError> {
        let seed = self.seed.unwrap_or_else(|| Seed::new(random()));
        let mut config = self.profile.config::<DETECTOR_WINDOW>(self.detector, self.guarantee, seed)?;
        config.election = config.election.with_role(self.role).with_priority(self.priority);
        Ok(match self.guarantee {
            Guarantee::Majority => {
                host::Config::new(config, self.leases.unwrap_or(self.profile.leases()), self.profile.barriers())?
            }
            Guarantee::PerPartition => host::Config::without_services(config),
        })
    }

    fn membership(&self) -> Result<Group<MAX_PEERS>, JoinError> {
        if self.group.is_empty() || self.group.len() > LONGEST_NAME {
            return Err(JoinError::GroupName { name: self.group.clone() });
        }
        let peers: Vec<NodeId> = self.peers.iter().map(|(peer, _)| *peer).collect();
        if let Some(&id) = peers.iter().chain([&self.id]).find(|&&id| is_reserved(id)) {
            return Err(JoinError::ReservedId { id });
        }
        Ok(Group::new(self.id, &peers)?)
    }

    fn roster(&self) -> Roster {
        let peers = self.peers.iter().map(|(peer, _)| (*peer, !self.observers.contains(peer)));
        Roster::digest(peers.chain([(self.id, self.role != Role::Observer)]))
    }
}
