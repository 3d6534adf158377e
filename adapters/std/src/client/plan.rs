//! What a client is to be.

use super::ConnectError;
use crate::barriers;
use crate::carrier::MAX_AUTHORITIES;
use crate::clock::{self, Clock};
use crate::driver::ASKER;
use crate::locks;
use crate::membership::{Directory, Machine, Shared};
use crate::question::{self, random};
use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use core::time::Duration;
use quorate::barrier::party;
use quorate::lease::holder::Timing;
use quorate::member::Profile;
use quorate::{Group, NodeId, Seed};
use quorate_wire::{Codec, Keyring};
use std::sync::Arc;

/// How long it takes at most to find a member, unless set otherwise.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a client is to be, as a builder gathers it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The group's name.
    pub group: String,
    /// Whom to ask who the members are.
    pub ask: Vec<String>,
    /// The members, if they are known.
    pub members: Vec<(NodeId, String)>,
    /// What is said is sealed with these.
    pub keyring: Option<Keyring>,
    /// How it holds locks; as the group says unless set.
    pub timing: Option<Timing>,
    /// How it waits at barriers; as the group says unless set.
    pub attending: Option<party::Timing>,
    /// How long it takes at most to find a member.
    pub patience: Duration,
    /// What it goes by.
    pub clock: Arc<dyn Clock>,
    /// Where its randomness comes from; the operating system's unless set.
    pub seed: Option<Seed>,
}

/// A client that is ready to be connected.
#[derive(Debug)]
pub struct Prepared {
    /// Who it is, and who the members are.
    pub group: Group<MAX_AUTHORITIES>,
    /// What its frames are made with.
    pub codec: Codec,
    /// How it holds locks.
    pub holding: locks::Rules,
    /// How it waits at barriers.
    pub meeting: barriers::Rules,
}

impl Plan {
    /// A client of this group with nothing set.
    #[must_use]
    pub fn new(group: String) -> Self {
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

    /// The group, for who asks its members something.
    #[must_use]
    pub fn asks(&self) -> question::Group<'_> {
        question::Group { name: &self.group, keyring: self.keyring.as_ref() }
    }

    /// Whether a member has to be asked who the others are.
    #[must_use]
    pub fn has_to_ask(&self) -> bool {
        self.members.is_empty()
    }

    /// Takes what a member has answered.
    ///
    /// # Errors
    ///
    /// If the group grants no locks.
    pub fn learn(&mut self, directory: Directory) -> Result<(), ConnectError> {
        let Some(longest) = directory.longest_lease else {
            return Err(ConnectError::NoServices { group: self.group.clone(), id: directory.id });
        };
        self.timing.get_or_insert(Timing::for_lease(longest, directory.drift));
        if let Some(lapse) = directory.lapse {
            self.attending.get_or_insert(party::Timing::for_lapse(lapse));
        }
        let known = |(member, address): (NodeId, Option<SocketAddr>)| Some((member, address?.to_string()));
        self.members = directory.members.into_iter().filter_map(known).collect();
        Ok(())
    }

    /// The same as a client of the cluster that this machine is a member of, which listens there.
    ///
    /// # Errors
    ///
    /// If the cluster hosts nothing, or the member has no address.
    pub fn beside(
        mut self,
        machine: &Machine,
        shared: &Shared,
        local: Option<SocketAddr>,
    ) -> Result<Self, ConnectError> {
        if !machine.hosts() {
            return Err(ConnectError::NoServices { group: shared.group.clone(), id: shared.id });
        }
        let mut here = local.ok_or(ConnectError::NoAddress)?;
        if here.ip().is_unspecified() {
            let loopback = if here.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
            here.set_ip(loopback);
        }
        let (leases, lapse) = (machine.authority().config(), machine.coordinator().config().lapse());
        self.members.push((shared.id, here.to_string()));
        self.timing = Some(Timing::for_lease(leases.longest(), leases.drift()));
        self.attending = Some(party::Timing::for_lapse(lapse));
        Ok(self)
    }

    /// A number that no other client has, most probably.
    #[must_use]
    pub fn id(&self) -> NodeId {
        let numbers = u64::from(ASKER.get() - NodeId::FIRST_CLIENT.get());
        let drawn = self.seed.map_or_else(random, |seed| seed.random().number()) % numbers;
        NodeId::new(NodeId::FIRST_CLIENT.get() + u32::try_from(drawn).unwrap_or_default())
    }

    /// All that it takes to connect as the client of this number.
    ///
    /// # Errors
    ///
    /// If no member is known, or timings cannot be.
    pub fn prepare(self, id: NodeId) -> Result<Prepared, ConnectError> {
        if self.members.is_empty() {
            return Err(ConnectError::NoAddress);
        }
        let members: Vec<NodeId> = self.members.iter().map(|(member, _)| *member).collect();
        let group = Group::<MAX_AUTHORITIES>::new(id, &members).map_err(ConnectError::Members)?;
        let codec = self.asks().codec();
        let (timing, clock) = (self.timing.unwrap_or(Profile::LAN.holding()), self.clock);
        let mut holding = locks::Rules::new(timing).map_err(ConnectError::Timing)?.with_clock(clock.clone());
        if let Some(seed) = self.seed {
            holding = holding.with_seed(seed);
        }
        let meeting = self.attending.unwrap_or(Profile::LAN.attending());
        let meeting = barriers::Rules::new(meeting).map_err(ConnectError::Meeting)?.with_clock(clock);
        Ok(Prepared { group, codec, holding, meeting })
    }
}
