//! Finding a cluster.

use super::link::{Incoming, Link};
use super::{Client, Way};
use crate::barriers;
use crate::clock::{self, Clock};
use crate::driver::ASKER;
use crate::locks::{MAX_AUTHORITIES, Rules};
use crate::question::{self, random};
use crate::status::{self, AskError, Directory};
use crate::storage::incarnation_from_clock;
use crate::transport::channel::Network;
use core::fmt;
use core::net::SocketAddr;
use core::time::Duration;
use quorate::barrier::party;
use quorate::lease::holder::{ConfigError, Timing};
use quorate::member::Profile;
use quorate::{Group, GroupError, NodeId, Seed};
use quorate_wire::Keyring;
use std::io;
use std::sync::Arc;
use tokio::task::JoinSet;

/// How long it takes at most to find a member, unless set otherwise.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a client is to be: see [`Client::builder`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it connects"]
pub struct ClientBuilder {
    group: String,
    ask: Vec<String>,
    members: Vec<(NodeId, String)>,
    keyring: Option<Keyring>,
    timing: Option<Timing>,
    attending: Option<party::Timing>,
    patience: Duration,
    clock: Arc<dyn Clock>,
    seed: Option<Seed>,
}

impl ClientBuilder {
    pub(super) fn new(group: String) -> Self {
        Self {
            group,
            ask: Vec::new(),
            members: Vec::new(),
            keyring: None,
            timing: None,
            attending: None,
            patience: PATIENCE,
            clock: Arc::new(clock::System),
            seed: None,
        }
    }

    /// Asks the member at this address, `host:port`, who the others are. Who names several asks all of them, and goes by who
    /// answers first.
    pub fn ask(mut self, address: impl ToString) -> Self {
        self.ask.push(address.to_string());
        self
    }

    /// Tells it a member, and where that listens. Who tells it any tells it all, and then nobody is asked; unless told otherwise,
    /// the [timing](ClientBuilder::timing) is that of [`Profile::LAN`] then.
    pub fn member(mut self, id: NodeId, address: impl ToString) -> Self {
        self.members.push((id, address.to_string()));
        self
    }

    /// Seals what it says with these keys, which a group has whose members do.
    pub fn keyring(mut self, keys: Keyring) -> Self {
        self.keyring = Some(keys);
        self
    }

    /// How it holds locks; unless set, it asks for the longest lease that the group grants, and renews it four times in that.
    pub fn timing(mut self, timing: Timing) -> Self {
        self.timing = Some(timing);
        self
    }

    /// How it waits at barriers; unless set, as it goes with the group's timings.
    pub fn attending(mut self, timing: party::Timing) -> Self {
        self.attending = Some(timing);
        self
    }

    /// How long it takes at most to find a member; 5 s unless set.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The clock to go by; [`clock::System`] unless set.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Where its randomness comes from; the operating system's unless set.
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Finds the members, and opens a socket to them.
    ///
    /// # Errors
    ///
    /// If nobody was named, nobody answers, or the group grants no locks.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with its I/O and time drivers.
    pub async fn connect(mut self) -> Result<Client, ConnectError> {
        if self.members.is_empty() {
            let directory = self.find().await?;
            let Some(longest) = directory.longest_lease else {
                return Err(ConnectError::NoServices { group: self.group, id: directory.id });
            };
            self.timing.get_or_insert(Timing::for_lease(longest, directory.drift));
            if let Some(lapse) = directory.lapse {
                self.attending.get_or_insert(party::Timing::for_lapse(lapse));
            }
            let known = |(member, address): (NodeId, Option<SocketAddr>)| Some((member, address?.to_string()));
            self.members = directory.members.into_iter().filter_map(known).collect();
        }
        let (link, incoming) = Link::udp(&self.members).await.map_err(ConnectError::Socket)?;
        self.over(link, incoming)
    }

    /// Opens a way to members in this process, which have been told by their ids.
    ///
    /// # Errors
    ///
    /// If nobody was named.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with its time driver.
    pub fn connect_over(self, network: &Network) -> Result<Client, ConnectError> {
        let id = self.id();
        let (outgoing, incoming) = network.join(id).split();
        self.over_as(id, Link::Channel(outgoing), Incoming::Channel(incoming))
    }

    fn over(self, link: Link, incoming: Incoming) -> Result<Client, ConnectError> {
        let id = self.id();
        self.over_as(id, link, incoming)
    }

    /// A number that no other client has, most probably.
    fn id(&self) -> NodeId {
        let numbers = u64::from(ASKER.get() - NodeId::FIRST_CLIENT.get());
        let drawn = self.seed.map_or_else(random, |seed| seed.random().number()) % numbers;
        NodeId::new(NodeId::FIRST_CLIENT.get() + u32::try_from(drawn).unwrap_or_default())
    }

    fn over_as(self, id: NodeId, link: Link, incoming: Incoming) -> Result<Client, ConnectError> {
        if self.members.is_empty() {
            return Err(ConnectError::NoAddress);
        }
        let members: Vec<NodeId> = self.members.iter().map(|(member, _)| *member).collect();
        let group = Group::<MAX_AUTHORITIES>::new(id, &members).map_err(ConnectError::Members)?;
        let timing = self.timing.unwrap_or(Profile::LAN.holding());
        let clock = self.clock;
        let mut rules = Rules::new(timing).map_err(ConnectError::Timing)?.with_clock(clock.clone());
        if let Some(seed) = self.seed {
            rules = rules.with_seed(seed);
        }
        let meeting = self.attending.unwrap_or(Profile::LAN.attending());
        let meeting = barriers::Rules::new(meeting).map_err(ConnectError::Meeting)?.with_clock(clock);
        let codec = question::Group { name: &self.group, keyring: self.keyring.as_ref() }.codec();
        let way = Way::start(&codec, incarnation_from_clock(), group, link, incoming);
        Ok(Client::new(way, rules, meeting))
    }

    /// What the first member says that answers.
    async fn find(&self) -> Result<Directory, ConnectError> {
        let mut asked = JoinSet::new();
        for address in &self.ask {
            let (address, group, keyring) = (address.clone(), self.group.clone(), self.keyring.clone());
            let patience = self.patience;
            asked.spawn(async move { status::directory(address, &group, keyring.as_ref(), patience).await });
        }
        let mut refused = ConnectError::NoAddress;
        while let Some(answer) = asked.join_next().await {
            match answer {
                Ok(Ok(directory)) => return Ok(directory),
                Ok(Err(error)) => refused = ConnectError::Ask(error),
                Err(error) => refused = ConnectError::Socket(error.into()),
            }
        }
        Err(refused)
    }
}

/// Why a client cannot be.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectError {
    /// Nobody was named who could be asked.
    NoAddress,
    /// Nobody answers. This is what the last one said.
    Ask(AskError),
    /// The group grants no locks: its guarantee is not `Majority`.
    NoServices {
        /// The group.
        group: String,
        /// Who was asked.
        id: NodeId,
    },
    /// The members do not make a group.
    Members(GroupError),
    /// The timings do not go together.
    Timing(ConfigError),
    /// The timings at barriers do not go together.
    Meeting(party::ConfigError),
    /// There is no socket to be had.
    Socket(io::Error),
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAddress => f.write_str("it was not said where any member is"),
            Self::Ask(error) => error.fmt(f),
            Self::NoServices { group, id } => write!(
                f,
                "node {id} says that the group `{group}` grants no locks: that takes the guarantee `majority`"
            ),
            Self::Members(error) => error.fmt(f),
            Self::Timing(error) => error.fmt(f),
            Self::Meeting(error) => error.fmt(f),
            Self::Socket(error) => write!(f, "cannot open a socket: {error}"),
        }
    }
}

impl core::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Ask(error) => Some(error),
            Self::Members(error) => Some(error),
            Self::Timing(error) => Some(error),
            Self::Meeting(error) => Some(error),
            Self::Socket(error) => Some(error),
            Self::NoAddress | Self::NoServices { .. } => None,
        }
    }
}
