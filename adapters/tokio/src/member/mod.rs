//! A running member of a cluster.

mod builder;
mod leadership;

pub use builder::Builder;
pub use leadership::Leadership;
pub use quorate_std::membership::{
    CommandError, Event, JoinError, Leader, Life, MAX_BARRIERS, MAX_CLAIMS, MAX_CLIENTS, MAX_PARTIES, PeerHealth,
    Stamped, Status, Stop, StopReason, Why,
};

use crate::clock::{Clock, sleep_until};
use crate::driver::{Counters, Handle};
use crate::signal::Changes;
use crate::{Client, Closed, ConnectError, Error, Locks};
use core::fmt;
use core::net::{Ipv4Addr, SocketAddr};
use quorate::election::{Command, Standing};
use quorate::{Incarnation, NodeId, host};
use quorate_std::client::Plan;
use quorate_std::membership::{self, Machine, Shared, Show};
use std::sync::Arc;
use tokio::sync::{broadcast, watch};

/// A leadership that tasks look at.
type Tenure = membership::Tenure<Changes>;

/// Shows what a member is to tasks.
struct Face {
    events: broadcast::Sender<Stamped>,
    leader: watch::Sender<Option<Leader>>,
    tenure: watch::Sender<Option<Arc<Tenure>>>,
}

impl Show for Face {
    type Signal = Changes;

    fn happened(&self, stamped: Stamped) {
        let _ = self.events.send(stamped); // There may be nobody to tell.
    }

    fn leader(&self, leader: Option<Leader>) {
        self.leader.send_replace(leader);
    }

    fn tenure(&self, tenure: Option<Arc<Tenure>>) {
        self.tenure.send_replace(tenure);
    }
}

/// A running member of a cluster. Clones are handles to the same one.
///
/// It runs until [`shutdown`](Member::shutdown), or until the last handle and the last [`Leadership`] are dropped; then it
/// stops without a word, as if it had crashed.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use quorate::NodeId;
/// use quorate_tokio::Member;
///
/// # let directory = std::env::temp_dir().join(format!("quorate-doc-member-{}", std::process::id()));
/// // A cluster of one elects itself; name the others with `.peer(id, "host:port")`.
/// let member = Member::builder(NodeId::new(1)).listen("127.0.0.1:0").state_dir(&directory).join().await?;
/// let leadership = member.leadership().await?;
/// assert!(leadership.is_valid());
/// assert_eq!(member.leader().borrow().unwrap().id, NodeId::new(1));
/// leadership.release().await;
/// member.shutdown().await?;
/// # std::fs::remove_dir_all(&directory)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Member {
    parts: Arc<Parts>,
}

struct Parts {
    handle: Handle<Machine>,
    shared: Arc<Shared>,
    local: Option<SocketAddr>,
    incarnation: Incarnation,
    clock: Arc<dyn Clock>,
    /// What a client of the member's own cluster is to be.
    client: Plan,
    events: broadcast::WeakSender<Stamped>,
    leader: watch::Receiver<Option<Leader>>,
    tenure: watch::Receiver<Option<Arc<Tenure>>>,
}

impl Member {
    /// Begins to describe a member.
    pub fn builder(id: NodeId) -> Builder {
        Builder::new(id)
    }

    fn new(parts: Parts) -> Self {
        Self { parts: Arc::new(parts) }
    }

    /// Who it is.
    #[must_use]
    pub fn id(&self) -> NodeId {
        self.parts.shared.id
    }

    /// In which of its lives.
    #[must_use]
    pub fn incarnation(&self) -> Incarnation {
        self.parts.incarnation
    }

    /// Where it listens; `0.0.0.0:0` with a transport that has no address.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.parts.local.unwrap_or((Ipv4Addr::UNSPECIFIED, 0).into())
    }

    /// Who leads, this member or another, now and at every change.
    ///
    /// That another member leads is what this one has heard last. That it leads itself is known for certain by a
    /// [`Leadership`] only: this channel is written by the driver, which may be held up while a lease runs out.
    #[must_use]
    pub fn leader(&self) -> watch::Receiver<Option<Leader>> {
        self.parts.leader.clone()
    }

    /// Waits until this member leads. There is one guard for each leadership: who asks twice waits for the next one.
    ///
    /// Cancel-safe: a guard that is not returned is not taken.
    ///
    /// # Errors
    ///
    /// If the member has stopped.
    pub async fn leadership(&self) -> Result<Leadership, Closed> {
        let Parts { clock, handle, .. } = &*self.parts;
        let mut tenures = self.parts.tenure.clone();
        loop {
            let tenure = tenures.borrow_and_update().clone();
            if let Some(leadership) = tenure.and_then(|tenure| Leadership::claim(tenure, clock, handle)) {
                return Ok(leadership);
            }
            tenures.changed().await.map_err(|_| Closed)?;
        }
    }

    /// A client of this member's own cluster, for locks and barriers that whoever leads it grants and coordinates: this member or
    /// another. It has a socket of its own, so keep it, and hand out clones.
    ///
    /// # Errors
    ///
    /// If the cluster hosts nothing ([`Guarantee::PerPartition`](quorate::election::Guarantee::PerPartition)), or there is no socket to be
    /// had, or this member's transport has no address.
    pub async fn client(&self) -> Result<Client, ConnectError> {
        let Parts { handle, shared, local, client, .. } = &*self.parts;
        let plan = handle.inspect(|machine| client.clone().beside(machine, shared, *local))?;
        Client::connect(plan).await
    }

    /// The locks of this member's own cluster: those of a [`client`](Member::client).
    ///
    /// # Errors
    ///
    /// As [`client`](Member::client).
    pub async fn locks(&self) -> Result<Locks, ConnectError> {
        Ok(self.client().await?.locks().clone())
    }

    /// What happens from now on. A receiver that is more than 1,024 events late (or as the builder says) misses the oldest,
    /// and is told how many.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Stamped> {
        match self.parts.events.upgrade() {
            Some(events) => events.subscribe(),
            None => broadcast::channel(1).1, // It has stopped: nothing happens any more, and the receiver is told so.
        }
    }

    /// How the peers are.
    #[must_use]
    pub fn peers(&self) -> Vec<PeerHealth> {
        let Parts { handle, shared, clock, .. } = &*self.parts;
        handle.inspect(|machine| membership::peers(shared, machine, clock.now()))
    }

    /// What this member sees.
    #[must_use]
    pub fn status(&self) -> Status {
        let Parts { handle, shared, clock, .. } = &*self.parts;
        let counters = handle.counters();
        handle.inspect(|machine| membership::status(shared, machine, counters, clock.now()))
    }

    /// What the driver has counted.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.parts.handle.counters()
    }

    /// Gives the leadership up. Whoever holds the [`Leadership`] is told to stop, and when it is released or its lease
    /// has run out, another member leads. Returns as soon as that has begun.
    ///
    /// # Errors
    ///
    /// If this member does not lead, or has stopped.
    pub async fn resign(&self) -> Result<(), CommandError> {
        self.command(Command::Resign).await
    }

    /// Gives the leadership up in favour of `to`, otherwise like [`resign`](Member::resign).
    ///
    /// # Errors
    ///
    /// If this member does not lead, or has stopped, or `to` cannot lead.
    pub async fn transfer(&self, to: NodeId) -> Result<(), CommandError> {
        self.command(Command::Transfer(to)).await
    }

    /// Whether this member may lead. A leader that becomes ineligible resigns.
    ///
    /// # Errors
    ///
    /// If it is an observer, or has stopped.
    pub async fn set_eligible(&self, eligible: bool) -> Result<(), CommandError> {
        self.command(Command::SetEligible(eligible)).await
    }

    /// The priority from now on.
    ///
    /// # Errors
    ///
    /// If the member has stopped.
    pub async fn set_priority(&self, priority: u16) -> Result<(), CommandError> {
        self.command(Command::SetPriority(priority)).await
    }

    async fn command(&self, command: Command) -> Result<(), CommandError> {
        let events = self.parts.handle.command(host::Command::Election(command)).await?;
        membership::refused(events)
    }

    /// Stops in good order: gives the leadership up if it leads, waits until the holder of the [`Leadership`] has
    /// stopped or the lease has run out, then for the length of a lease at most until another member leads, and stops.
    ///
    /// # Errors
    ///
    /// If the member had to stop before that, and why.
    pub async fn shutdown(&self) -> Result<(), Error> {
        let Parts { handle, clock, .. } = &*self.parts;
        let (standing, lease) = handle.inspect(|machine| {
            let election = machine.member().election();
            (election.standing(), election.config().timing().lease)
        });
        if matches!(standing, Standing::Leading | Standing::Stopping) && handle.result().is_none() {
            let _ = self.resign().await; // It may be about to end already.
            let mut leader = self.leader();
            // The machine ends it when the lease does, if nobody says so earlier.
            let _ = leader.wait_for(|leader| leader.is_none_or(|leader| leader.id != self.id())).await;
            let until = clock.now() + lease;
            tokio::select! {
                _ = leader.wait_for(Option::is_some) => {}
                () = sleep_until(&**clock, until) => {}
            }
        }
        handle.stop();
        handle.closed().await
    }

    /// Waits until the member has stopped, for whatever reason.
    ///
    /// # Errors
    ///
    /// If it had to stop: a record could not be made durable, the socket is gone.
    pub async fn closed(&self) -> Result<(), Error> {
        self.parts.handle.closed().await
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member")
            .field("id", &self.id())
            .field("incarnation", &self.incarnation())
            .field("local_addr", &self.local_addr())
            .field("leader", &*self.parts.leader.borrow())
            .finish_non_exhaustive()
    }
}
