//! Joining a cluster.

use super::watcher::{Shared, Watcher};
use super::{DETECTOR_WINDOW, Leader, Machine, Member, Stamped};
use crate::Client;
use crate::clock::{self, Clock};
use crate::driver::{Driver, Frames, MAX_PEERS};
use crate::status::is_reserved;
use crate::storage::{Nowhere, Owner, StateDirectory, Storage, StorageError, incarnation_from_clock};
use crate::transport::{BindError, Transport, Udp};
use core::fmt;
use core::hash::{BuildHasher, Hasher};
use core::net::SocketAddr;
use quorate::election::{Guarantee, Preempt, Record, Role, Start};
use quorate::lease::authority;
use quorate::member::{ConfigError, DetectorKind, Profile};
use quorate::{Group, GroupError, Incarnation, NodeId, Seed, host};
use quorate_wire::{GroupId, Keyring, Roster};
use std::collections::hash_map::RandomState;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{broadcast, watch};
use tracing::Instrument;

/// How many clients a member remembers: where each was heard last, and which of its frames have arrived.
pub const MAX_CLIENTS: usize = 4_096;

/// How many events the slowest receiver may be late before it misses some, unless set otherwise.
const EVENTS: usize = 1_024;

/// What a member is to be: see [`Member::builder`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it joins"]
pub struct Builder {
    id: NodeId,
    group: String,
    listen: Option<String>,
    peers: Vec<(NodeId, String)>,
    observers: Vec<NodeId>,
    profile: Profile,
    guarantee: Guarantee,
    role: Role,
    priority: u16,
    detector: DetectorKind,
    state: Option<State>,
    forgetful: bool,
    keyring: Option<Keyring>,
    insecure: bool,
    lenient: bool,
    leases: Option<authority::Config>,
    seed: Option<Seed>,
    events: usize,
    clock: Arc<dyn Clock>,
}

#[derive(Clone, Debug)]
enum State {
    Directory(PathBuf),
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

impl Builder {
    pub(super) fn new(id: NodeId) -> Self {
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

    /// The group's name, at most 64 bytes; `quorate` unless set. Groups of different names do not hear each other.
    pub fn group(mut self, name: impl Into<String>) -> Self {
        self.group = name.into();
        self
    }

    /// Where to listen: an address, or `host:port`. On port 0, any that is free.
    pub fn listen(mut self, address: impl ToString) -> Self {
        self.listen = Some(address.to_string());
        self
    }

    /// Another member, and where it listens: an address, or `host:port`, which is looked up again when it stops answering.
    pub fn peer(mut self, id: NodeId, address: impl ToString) -> Self {
        self.peers.push((id, address.to_string()));
        self
    }

    /// Another member that does not vote.
    pub fn observer_peer(mut self, id: NodeId, address: impl ToString) -> Self {
        self.observers.push(id);
        self.peer(id, address)
    }

    /// All timings together; [`Profile::LAN`] unless set.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// What the election promises; [`Guarantee::Majority`] unless set. It has to be the same on all members.
    pub fn guarantee(mut self, guarantee: Guarantee) -> Self {
        self.guarantee = guarantee;
        self
    }

    /// This member's part; [`Role::Candidate`] unless set. Its peers have to name an observer with
    /// [`observer_peer`](Builder::observer_peer).
    pub fn role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }

    /// This member's priority, 0 unless set. Rank is (priority, id): the higher leads.
    pub fn priority(mut self, priority: u16) -> Self {
        self.priority = priority;
        self
    }

    /// Whether a higher-ranked member takes over from a leader that does well; as the profile has it unless set. Set it after
    /// the profile.
    pub fn preempt(mut self, preempt: Preempt) -> Self {
        self.profile.preempt = preempt;
        self
    }

    /// How failures are detected; [`DetectorKind::Timeout`] unless set.
    pub fn detector(mut self, kind: DetectorKind) -> Self {
        self.detector = kind;
        self
    }

    /// The rules of the locks that it grants while it leads, which have to be the same on all members; those that go with the
    /// [profile](Profile::leases) unless set. Under [`Guarantee::PerPartition`] it grants none.
    pub fn leases(mut self, leases: authority::Config) -> Self {
        self.leases = Some(leases);
        self
    }

    /// Keeps what must survive a restart in this directory, which is created if need be. It belongs to this member alone.
    pub fn state_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.state = Some(State::Directory(path.into()));
        self
    }

    /// Keeps nothing. The member takes no part for the length of a lease after each start, and then asks the others how
    /// far they got ([`Start::Forgetful`]): a majority of them has to remember, or all have to start together. Its incarnation
    /// comes from the [wall clock](incarnation_from_clock), which should not be set back by more than restarts take.
    pub fn diskless(mut self) -> Self {
        self.state = Some(State::Nowhere);
        self
    }

    /// Starts as if nothing was remembered, whatever the state directory holds, and keeps records there from now on: for a
    /// member whose directory was lost or damaged. Leave it on until the member has been told how far the others got
    /// ([`Recalled`](quorate::election::Event::Recalled)).
    pub fn forgetful(mut self) -> Self {
        self.forgetful = true;
        self
    }

    /// Seals what members say to each other with these keys, so that only who has one can take part or listen.
    pub fn keyring(mut self, keys: Keyring) -> Self {
        self.keyring = Some(keys);
        self
    }

    /// Allows to listen on other addresses than loopback without a key: anybody who can reach them can take part.
    pub fn insecure(mut self) -> Self {
        self.insecure = true;
        self
    }

    /// Lets every address speak for every member, for networks that change addresses on the way. See [`Udp::lenient`].
    pub fn lenient_addresses(mut self) -> Self {
        self.lenient = true;
        self
    }

    /// Where this member's randomness comes from; the operating system's unless set.
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = Some(seed);
        self
    }

    /// How many events a receiver may be late before it misses some; 1,024 unless set.
    pub fn event_capacity(mut self, events: usize) -> Self {
        self.events = events.max(1);
        self
    }

    /// The clock to go by; [`clock::System`] unless set.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Checks what can be checked without touching anything.
    ///
    /// # Errors
    ///
    /// What is wrong with it, before anything was opened, bound or stored.
    pub fn check(&self) -> Result<(), JoinError> {
        self.machine_config()?;
        self.membership()?;
        Ok(())
    }

    fn machine_config(&self) -> Result<host::Config<super::AnyDetector>, JoinError> {
        let seed = self.seed.unwrap_or_else(|| Seed::new(RandomState::new().build_hasher().finish()));
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
        if self.group.is_empty() || self.group.len() > super::wire::LONGEST_NAME {
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

    /// Joins the cluster over UDP: binds the socket, opens the state directory, and spawns the driver on the current
    /// runtime. Nobody else need be there yet.
    ///
    /// # Errors
    ///
    /// Why this member cannot be: nothing runs then.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with its I/O and time drivers.
    pub async fn join(mut self) -> Result<Member, JoinError> {
        self.check()?;
        let listen = self.listen.clone().ok_or(JoinError::NoAddress)?;
        let unknown = |error| JoinError::Address { name: listen.clone(), error };
        let address = tokio::net::lookup_host(&listen).await.map_err(unknown)?.next();
        let address = address.ok_or_else(|| unknown(io::ErrorKind::NotFound.into()))?;
        if !address.ip().is_loopback() && self.keyring.is_none() && !self.insecure {
            return Err(JoinError::Insecure { address });
        }
        let state = self.state.take().ok_or(JoinError::NoState)?;
        let mut transport = Udp::bind(address, self.peers.clone()).await?;
        if self.lenient {
            transport = transport.lenient();
        }
        match state {
            State::Nowhere => {
                let life = Life { incarnation: incarnation_from_clock(), start: Start::Forgetful };
                self.join_over(transport, Nowhere, life)
            }
            State::Directory(path) => {
                let owner = Owner { group: self.group.clone(), node: self.id };
                let open = move || StateDirectory::<Record>::open(&path, owner);
                let opened = tokio::task::spawn_blocking(open).await;
                let directory = opened.map_err(|error| JoinError::Runtime(error.into()))??;
                let start = match directory.record() {
                    _ if self.forgetful => Start::Forgetful,
                    Some(record) => Start::Recovered(*record),
                    None => Start::First,
                };
                let life = Life { incarnation: directory.incarnation(), start };
                self.join_over(transport, directory, life)
            }
        }
    }

    /// Joins over a transport and a storage of one's own, and spawns the driver on the current runtime. What the builder says
    /// of addresses and state directories is not used.
    ///
    /// # Errors
    ///
    /// As [`join`](Builder::join).
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with its time driver.
    pub fn join_over<T, S>(self, transport: T, storage: S, life: Life) -> Result<Member, JoinError>
    where
        T: Transport,
        S: Storage<Record>,
    {
        let (config, group) = (self.machine_config()?, self.membership()?);
        let mut frames = Frames::new(GroupId::from_name(&self.group), self.id, life.incarnation, group.peers())?
            .with_roster(self.roster())
            .with_clients(MAX_CLIENTS);
        if let Some(keys) = &self.keyring {
            frames = frames.with_keys(keys);
        }
        let mut client = Client::builder(&self.group);
        for (peer, address) in &self.peers {
            client = client.member(*peer, address);
        }
        if let Some(keys) = &self.keyring {
            client = client.keyring(keys.clone());
        }
        let now = self.clock.now();
        let shared = Arc::new(Shared::new(self.id, self.group, now));
        shared.place(group.peers().iter().map(|&peer| (peer, transport.address(peer))));
        let local = transport.local_addr();
        let machine = Machine::new(config, group, &self.observers, life.incarnation, life.start, now)?;

        let (events, _) = broadcast::channel::<Stamped>(self.events);
        let (leader, leader_seen) = watch::channel::<Option<Leader>>(None);
        let (tenure, tenure_seen) = watch::channel(None);
        let weak = events.downgrade();
        let watcher = Watcher { shared: shared.clone(), events, leader, tenure, resigned: None };
        let (driver, handle) = Driver::new(machine, frames, transport, storage, watcher, self.clock.clone());
        let span = tracing::info_span!("member", group = %shared.group, node = %self.id);
        tokio::spawn(driver.run().instrument(span));
        Ok(Member::new(super::Parts {
            handle,
            shared,
            local,
            incarnation: life.incarnation,
            clock: self.clock,
            client,
            events: weak,
            leader: leader_seen,
            tenure: tenure_seen,
        }))
    }
}

/// Why a member cannot join.
#[derive(Debug)]
#[non_exhaustive]
pub enum JoinError {
    /// The timings do not go together.
    Config(ConfigError),
    /// What it is to host does not go with the rest.
    Host(host::ConfigError),
    /// The members do not make a group.
    Group(GroupError),
    /// The group's name is empty or too long.
    GroupName {
        /// The name.
        name: String,
    },
    /// No member can have this id.
    ReservedId {
        /// The id.
        id: NodeId,
    },
    /// It was not said where to listen.
    NoAddress,
    /// It was not said what is to survive a restart.
    NoState,
    /// The address to listen on cannot be found.
    Address {
        /// What was given.
        name: String,
        /// Why not.
        error: io::Error,
    },
    /// The address cannot be listened on.
    Bind(BindError),
    /// Others than this machine could take part, without a key.
    Insecure {
        /// The address to listen on.
        address: SocketAddr,
    },
    /// The state directory cannot be used.
    Storage(StorageError),
    /// The runtime is shutting down.
    Runtime(io::Error),
}

macro_rules! from {
    ($($error:ty => $variant:ident),*) => {$(
        impl From<$error> for JoinError {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        }
    )*};
}
from!(ConfigError => Config, host::ConfigError => Host, GroupError => Group, BindError => Bind, StorageError => Storage);

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Host(error) => error.fmt(f),
            Self::Group(error) => error.fmt(f),
            Self::GroupName { name } if name.is_empty() => f.write_str("the group needs a name"),
            Self::GroupName { name } => write!(
                f,
                "the group's name has {} bytes, more than the {} that a name can have",
                name.len(),
                super::wire::LONGEST_NAME
            ),
            Self::ReservedId { id } => write!(
                f,
                "no member can have the id {id}: those from {} on are clients', who draw them at random",
                NodeId::FIRST_CLIENT
            ),
            Self::NoAddress => f.write_str("it was not said where to listen"),
            Self::NoState => f.write_str(
                "it was not said what is to survive a restart: give a state directory, or say that there is none \
                 (diskless)",
            ),
            Self::Address { name, error } => write!(f, "cannot find the address `{name}` to listen on: {error}"),
            Self::Bind(error) => error.fmt(f),
            Self::Insecure { address } => write!(
                f,
                "listening on {address} without a key would let anybody who can reach it take part: give all members \
                 a key, or allow it explicitly (insecure)"
            ),
            Self::Storage(error) => error.fmt(f),
            Self::Runtime(error) => write!(f, "the runtime is shutting down: {error}"),
        }
    }
}

impl core::error::Error for JoinError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Config(error) => Some(error),
            Self::Host(error) => Some(error),
            Self::Group(error) => Some(error),
            Self::Address { error, .. } | Self::Runtime(error) => Some(error),
            Self::Bind(error) => Some(error),
            Self::Storage(error) => Some(error),
            Self::GroupName { .. }
            | Self::ReservedId { .. }
            | Self::NoAddress
            | Self::NoState
            | Self::Insecure { .. } => None,
        }
    }
}
