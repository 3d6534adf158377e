//! A running member of a cluster.

mod builder;
mod events;
mod face;
mod leadership;

pub use builder::Builder;
pub use events::MemberEvents;
pub use leadership::{Leadership, LeadershipWatch};

use crate::client::Plan;
use crate::clock::{Clock, LONGEST_SLEEP};
use crate::driver::{Counters, Handle};
use crate::membership::{self, CommandError, Leader, Machine, PeerHealth, Shared, Status};
use crate::shared;
use crate::{Client, Closed, ConnectError, Error, Locks};
use core::fmt;
use core::net::{Ipv4Addr, SocketAddr};
use core::time::Duration;
use face::Face;
use quorate::election::{Command, Standing};
use quorate::{Incarnation, NodeId, host};
use std::sync::Arc;

/// A running member of a cluster. Clones are handles to the same one.
///
/// It runs on a thread of its own until [`shutdown`](Member::shutdown) or [`stop`](Member::stop), or until the last handle and the
/// last [`Leadership`] are dropped; then it stops without a word, as if it had crashed.
///
/// ```
/// use quorate::NodeId;
/// use quorate_std::Member;
///
/// # let directory = std::env::temp_dir().join(format!("quorate-std-doc-member-{}", std::process::id()));
/// // A cluster of one elects itself; name the others with `.peer(id, "host:port")`.
/// let member = Member::builder(NodeId::new(1)).listen("127.0.0.1:0").state_dir(&directory).join()?;
/// let leadership = member.leadership()?;
/// assert!(leadership.is_valid());
/// assert_eq!(member.leader().unwrap().id, NodeId::new(1));
/// leadership.release();
/// member.shutdown()?;
/// # std::fs::remove_dir_all(&directory)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Member {
    parts: Arc<Parts>,
}

struct Parts {
    handle: Handle<Machine>,
    face: Arc<Face>,
    shared: Arc<Shared>,
    local: Option<SocketAddr>,
    incarnation: Incarnation,
    clock: Arc<dyn Clock>,
    /// What a client of the member's own cluster is to be.
    client: Plan,
}

impl Member {
    /// Begins to describe a member.
    pub fn builder(id: NodeId) -> Builder {
        Builder::new(id)
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

    /// Who leads, this member or another, if that is known.
    ///
    /// That another member leads is what this one has heard last. That it leads itself is known for certain by a
    /// [`Leadership`] only: what is shown here is written by the driver, which may be held up while a lease runs out.
    #[must_use]
    pub fn leader(&self) -> Option<Leader> {
        self.parts.face.look(|seen| seen.leader)
    }

    /// Waits until `look` finds what it looks for in who leads, for so long at most; `None` is for as long as it takes. Returns nothing
    /// when the time is over, or the member has stopped.
    pub fn wait_for_leader<T>(
        &self,
        longest: Option<Duration>,
        mut look: impl FnMut(Option<Leader>) -> Option<T>,
    ) -> Option<T> {
        self.wait(longest, |face| face.look(|seen| look(seen.leader))).unwrap_or_default()
    }

    /// Waits until this member leads. There is one guard for each leadership: who asks twice waits for the next one.
    ///
    /// # Errors
    ///
    /// If the member has stopped.
    pub fn leadership(&self) -> Result<Leadership, Closed> {
        self.claim(None)?.ok_or(Closed)
    }

    /// Waits until this member leads, for so long at most. Returns nothing if it does not.
    ///
    /// # Errors
    ///
    /// If the member has stopped.
    pub fn leadership_within(&self, longest: Duration) -> Result<Option<Leadership>, Closed> {
        self.claim(Some(longest))
    }

    fn claim(&self, longest: Option<Duration>) -> Result<Option<Leadership>, Closed> {
        let Parts { handle, clock, .. } = &*self.parts;
        self.wait(longest, |face| {
            let tenure = face.look(|seen| seen.tenure.clone());
            tenure.and_then(|tenure| Leadership::claim(tenure, clock, handle))
        })
    }

    /// Waits until `look` finds what it looks for, for so long at most. Returns nothing if the time is over, and an error if the member
    /// has stopped.
    fn wait<T>(
        &self,
        longest: Option<Duration>,
        mut look: impl FnMut(&Face) -> Option<T>,
    ) -> Result<Option<T>, Closed> {
        let Parts { face, clock, .. } = &*self.parts;
        let end = shared::end(&**clock, longest);
        loop {
            let heard = face.changed.listen();
            let stopped = face.look(|seen| seen.stopped);
            if let Some(found) = look(face) {
                return Ok(Some(found));
            }
            if stopped {
                return Err(Closed);
            }
            let now = clock.now();
            if end.is_some_and(|end| end <= now) {
                return Ok(None);
            }
            face.changed.wait(heard, end.map(|end| end.since(now).min(LONGEST_SLEEP)));
        }
    }

    /// A client of this member's own cluster, for locks and barriers that whoever leads it grants and coordinates: this member or
    /// another. It has a socket and a thread of its own, so keep it, and hand out clones.
    ///
    /// # Errors
    ///
    /// If the cluster hosts nothing ([`Guarantee::PerPartition`](quorate::election::Guarantee::PerPartition)), or there is no socket to
    /// be had, or this member's transport has no address.
    pub fn client(&self) -> Result<Client, ConnectError> {
        let Parts { handle, shared, local, client, .. } = &*self.parts;
        Client::connect(handle.inspect(|machine| client.clone().beside(machine, shared, *local))?)
    }

    /// The locks of this member's own cluster: those of a [`client`](Member::client).
    ///
    /// # Errors
    ///
    /// As [`client`](Member::client).
    pub fn locks(&self) -> Result<Locks, ConnectError> {
        Ok(self.client()?.locks().clone())
    }

    /// What happens from now on. A receiver that is more than 1,024 events late (or as the builder says) misses the oldest,
    /// and is told how many.
    #[must_use]
    pub fn events(&self) -> MemberEvents {
        MemberEvents::new(self.parts.face.events.subscribe())
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
    pub fn resign(&self) -> Result<(), CommandError> {
        self.command(Command::Resign)
    }

    /// Gives the leadership up in favour of `to`, otherwise like [`resign`](Member::resign).
    ///
    /// # Errors
    ///
    /// If this member does not lead, or has stopped, or `to` cannot lead.
    pub fn transfer(&self, to: NodeId) -> Result<(), CommandError> {
        self.command(Command::Transfer(to))
    }

    /// Whether this member may lead. A leader that becomes ineligible resigns.
    ///
    /// # Errors
    ///
    /// If it is an observer, or has stopped.
    pub fn set_eligible(&self, eligible: bool) -> Result<(), CommandError> {
        self.command(Command::SetEligible(eligible))
    }

    /// The priority from now on.
    ///
    /// # Errors
    ///
    /// If the member has stopped.
    pub fn set_priority(&self, priority: u16) -> Result<(), CommandError> {
        self.command(Command::SetPriority(priority))
    }

    fn command(&self, command: Command) -> Result<(), CommandError> {
        membership::refused(self.parts.handle.command(host::Command::Election(command))?)
    }

    /// Stops in good order: gives the leadership up if it leads, waits until the holder of the [`Leadership`] has
    /// stopped or the lease has run out, then for the length of a lease at most until another member leads, and stops.
    ///
    /// # Errors
    ///
    /// If the member had to stop before that, and why.
    pub fn shutdown(&self) -> Result<(), Error> {
        let handle = &self.parts.handle;
        let (standing, lease) = handle.inspect(|machine| {
            let election = machine.member().election();
            (election.standing(), election.config().timing().lease)
        });
        if matches!(standing, Standing::Leading | Standing::Stopping) && handle.result().is_none() {
            let _ = self.resign(); // It may be about to end already.
            let me = self.id();
            // The machine ends it when the lease does, if nobody says so earlier.
            self.wait_for_leader(None, |leader| leader.is_none_or(|leader| leader.id != me).then_some(()));
            self.wait_for_leader(Some(lease), |leader| leader);
        }
        self.stop()
    }

    /// Stops at once, without a word, as if it had crashed, also if the driver waits for a datagram. Waits until the socket and the state
    /// directory are free.
    ///
    /// # Errors
    ///
    /// If the member had to stop before that, and why.
    pub fn stop(&self) -> Result<(), Error> {
        self.parts.handle.stop();
        self.closed()
    }

    /// Waits until the member has stopped, for whatever reason.
    ///
    /// # Errors
    ///
    /// If it had to stop: a record could not be made durable, the socket is gone.
    pub fn closed(&self) -> Result<(), Error> {
        self.parts.handle.closed()
    }

    /// Waits until the member has stopped, for so long at most; `None` is for as long as it takes. Returns `None` if it has not.
    #[must_use]
    pub fn closed_within(&self, longest: Option<Duration>) -> Option<Result<(), Error>> {
        self.parts.handle.closed_within(longest)
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member")
            .field("id", &self.id())
            .field("incarnation", &self.incarnation())
            .field("local_addr", &self.local_addr())
            .field("leader", &self.leader())
            .finish_non_exhaustive()
    }
}
