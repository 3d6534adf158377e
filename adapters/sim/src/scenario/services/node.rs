//! A node of a scenario with services: one of three kinds.

use super::client::Client;
use super::store::{Marks, Store};
use core::time::Duration;
use quorate::detector::AnyDetector;
use quorate::host::{self, Host};
use quorate::lease::Mode;
use quorate::lease::holder::{self, Patience};
use quorate::{FencingToken, Input, InputOf, Instant, Machine, Name, NodeId, Output, Step, StepOf, barrier, election};

/// The members that play in scenarios with services.
pub(in crate::scenario) type HostMachine = Host<AnyDetector<16>, Name, 8, 32, 4, 8>;

/// A node that plays in scenarios with services.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::large_enum_variant, reason = "a scenario has few of them")]
pub enum ServiceNode {
    /// A member, which hosts the services while it leads.
    Member(HostMachine),
    /// One that wants locks, and meets others at barriers.
    Client(Client),
    /// One that is written to.
    Store(Store),
}

/// What is asked at a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asked {
    /// At a member.
    Member(host::Command<Name>),
    /// At a client.
    Client(Wish),
}

/// What the user of a client wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wish {
    /// To hold this.
    Acquire {
        /// What.
        resource: Name,
        /// Beside whom.
        mode: Mode,
        /// How long to wait.
        patience: Patience,
    },
    /// To wait for it no longer.
    Cancel,
    /// To give it back.
    Unlock,
    /// To give it back when all have left.
    Drain,
    /// To write, under the token that it had last.
    Write(Name),
    /// To meet the others.
    Arrive {
        /// Where.
        barrier: Name,
        /// How many they are.
        parties: u16,
        /// How long to wait.
        patience: Option<Duration>,
        /// Whether it is for the last time.
        last: bool,
    },
    /// To meet nobody any more.
    Depart,
}

/// What nodes say to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Said {
    /// Among members, or about locks and barriers.
    Host(host::Message<Name>),
    /// Client to store.
    Write {
        /// What is written to.
        resource: Name,
        /// Under which token.
        token: FencingToken,
        /// Which write of this client's.
        number: u32,
    },
    /// Store to client.
    Wrote {
        /// What was written to.
        resource: Name,
        /// Under which token.
        token: FencingToken,
        /// The mark of the fence, if it refused.
        refused: Option<FencingToken>,
    },
}

/// What is kept on disks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Kept {
    /// A member's.
    Member(election::Record),
    /// A store's.
    Store(Marks),
}

/// What nodes tell their users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Told {
    /// A member.
    Member(host::Event<Name>),
    /// A client, of a lock.
    Holds {
        /// Which.
        resource: Name,
        /// What.
        event: holder::Event,
    },
    /// A client, of a barrier.
    Attends {
        /// Which.
        barrier: Name,
        /// What.
        event: barrier::party::Event,
    },
    /// A client has a place at another barrier.
    Elsewhere {
        /// Where it was to arrive.
        barrier: Name,
    },
    /// A client has never had a token for what it is to write to.
    NoToken {
        /// What that is.
        resource: Name,
    },
    /// It is written.
    Wrote {
        /// What was written to.
        resource: Name,
        /// Under which token.
        token: FencingToken,
    },
    /// The fence has refused it.
    Fenced {
        /// What was to be written to.
        resource: Name,
        /// Under which token.
        token: FencingToken,
        /// The highest token that the fence has seen.
        mark: FencingToken,
    },
    /// A store lets a write in.
    LetIn {
        /// Whose.
        node: NodeId,
        /// To what.
        resource: Name,
        /// Under which token.
        token: FencingToken,
    },
    /// A store keeps a write out.
    KeptOut {
        /// Whose.
        node: NodeId,
        /// From what.
        resource: Name,
        /// Its token.
        token: FencingToken,
        /// The highest token that the fence has seen.
        mark: FencingToken,
    },
}

pub(super) type Own = Step<Said, Kept, Told>;

impl ServiceNode {
    /// The member, if it is one.
    pub(in crate::scenario) const fn member(&self) -> Option<&HostMachine> {
        match self {
            Self::Member(host) => Some(host),
            Self::Client(_) | Self::Store(_) => None,
        }
    }

    fn hosted(outputs: StepOf<HostMachine>) -> Own {
        let mut own = Step::new();
        for output in outputs {
            own.push(match output {
                Output::Persist(record) => Output::Persist(Kept::Member(record)),
                Output::Send { to, message } => Output::Send { to, message: Said::Host(message) },
                Output::Event(event) => Output::Event(Told::Member(event)),
            });
        }
        own
    }
}

impl Machine for ServiceNode {
    type Command = Asked;
    type Message = Said;
    type Record = Kept;
    type Event = Told;

    fn step(&mut self, input: InputOf<Self>, now: Instant) -> StepOf<Self> {
        match (self, input) {
            (Self::Member(host), Input::Tick) => Self::hosted(host.step(Input::Tick, now)),
            (Self::Member(host), Input::Command(Asked::Member(command))) => {
                Self::hosted(host.step(Input::Command(command), now))
            }
            (Self::Member(host), Input::Receive { from, message: Said::Host(message) }) => {
                Self::hosted(host.step(Input::Receive { from, message }, now))
            }
            (Self::Client(client), Input::Tick) => client.tick(now),
            (Self::Client(client), Input::Command(Asked::Client(wish))) => client.wish(wish, now),
            (Self::Client(client), Input::Receive { from, message }) => client.receive(from, message, now),
            (Self::Store(store), Input::Receive { from, message: Said::Write { resource, token, .. } }) => {
                let mut own = Step::new();
                let refused = match store.admit(resource, token) {
                    Ok(raised) => {
                        if raised {
                            own.persist(Kept::Store(store.marks()));
                        }
                        own.event(Told::LetIn { node: from, resource, token });
                        None
                    }
                    Err(stale) => {
                        own.event(Told::KeptOut { node: from, resource, token, mark: stale.mark });
                        Some(stale.mark)
                    }
                };
                own.send_to(from, Said::Wrote { resource, token, refused });
                own
            }
            _ => Step::new(),
        }
    }

    fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Member(host) => host.deadline(),
            Self::Client(client) => client.deadline(),
            Self::Store(_) => None,
        }
    }

    fn peers(&self) -> &[NodeId] {
        match self {
            Self::Member(host) => host.peers(),
            Self::Client(client) => client.peers(),
            Self::Store(_) => &[],
        }
    }
}
