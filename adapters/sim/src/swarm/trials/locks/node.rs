//! A node of the trials of leases: one that grants, one whose user wants locks, one that stands behind the fence, or one that meets
//! others at a barrier.

use super::attending::Attending;
use super::client::Client;
use super::store::{Shelves, Store};
use crate::world::Simulated;
use quorate::lease::authority::{self, Authority};
use quorate::lease::{self, ClaimId, Mode};
use quorate::{FencingToken, Infallible, Input, InputOf, Instant, Machine, NodeId, Output, Step, StepOf, barrier};

/// How many resources there are: a lock that is only ever held alone, one that is also shared, and a semaphore.
pub const RESOURCES: usize = 3;
/// How many claims an authority has room for: now and then there are more.
pub const CLAIMS: usize = 8;

/// A machine that grants.
pub trait Grants: Simulated {
    /// Whether one of several nodes is the authority, and which one changes.
    const HOSTED: bool;
    /// A message of a holder, or for one, as this machine exchanges it.
    fn wrapped(message: lease::Message<u8>) -> Self::Message;
    /// A message of a party, or for one, as this machine exchanges it; `None` if it hosts no barriers.
    fn wrapped_meeting(message: barrier::Message<u8>) -> Option<Self::Message>;
    /// What a message says of barriers.
    fn meets(message: &Self::Message) -> Option<&barrier::Message<u8>>;
    /// What a message says of leases.
    fn says(message: &Self::Message) -> Option<&lease::Message<u8>>;
    /// What an event says of leases.
    fn about(event: &Self::Event) -> Option<&authority::Event<u8>>;
    /// Of which resource a command breaks all leases.
    fn breaks(command: &Self::Command) -> Option<u8>;
    /// The authority in it.
    fn authority(&self) -> &Authority<u8, CLAIMS>;
}

/// A node: one of four kinds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::large_enum_variant)]
pub enum Node<A> {
    /// Grants.
    Granting(A),
    /// Wants, and works.
    Client(Client),
    /// Is worked at.
    Store(Store),
    /// Meets others.
    Party(Attending),
}

/// What is asked at a node from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ask<C> {
    /// Of who grants.
    Granting(C),
    /// That a client gives up what it has.
    Drain,
    /// That a party waits for as long as it takes from now on.
    BePatient,
}

/// What nodes say to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Said<M> {
    /// About leases, or among those who grant.
    Granting(M),
    /// Party to coordinator, before it is said in the terms of those who grant.
    Meeting(barrier::Message<u8>),
    /// Client to store: "do this".
    Do {
        /// The resource.
        resource: u8,
        /// The number of the deed: a client's grow.
        number: u64,
        /// What.
        deed: Deed,
    },
    /// Store to client.
    Did {
        /// The number of the deed.
        number: u64,
        /// What came of it.
        answer: Answer,
    },
}

/// What a client does at a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deed {
    /// Writes this, under this token.
    Write {
        /// The token that it held, perhaps a while ago.
        token: FencingToken,
        /// The value: each is written once.
        value: u64,
    },
    /// Reads.
    Read,
}

/// What a store answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// It is written.
    Done,
    /// It is not: the token, or the deed, is too old.
    Refused,
    /// What was read.
    Value(u64),
}

/// What nodes keep on their disks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kept<R> {
    /// Who grants.
    Granting(R),
    /// The resources.
    Store(Shelves),
}

/// What nodes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Told<E> {
    /// Who grants.
    Granting(E),
    /// A client's holder.
    Holder(lease::holder::Event),
    /// A client wishes for something.
    Wishes {
        /// The claim.
        claim: ClaimId,
        /// What it wants.
        resource: u8,
        /// How.
        mode: Mode,
    },
    /// A client has left a lock for the last time, and its holder gives it up.
    Leaves,
    /// A client does something.
    Begins {
        /// The resource.
        resource: u8,
        /// The number of the deed.
        number: u64,
        /// What.
        deed: Deed,
    },
    /// A client has heard what came of a deed.
    Ends {
        /// The number of the deed.
        number: u64,
        /// What came of it.
        answer: Answer,
    },
    /// At a store something was written.
    Wrote {
        /// The resource.
        resource: u8,
        /// Under which token.
        token: FencingToken,
    },
    /// At a store something was not written.
    Refused,
    /// A party.
    Attends(barrier::party::Event),
}

pub(super) type OutputsOf<A> =
    Step<Said<<A as Machine>::Message>, Kept<<A as Machine>::Record>, Told<<A as Machine>::Event>>;

/// What a client or a store does in a step, before it is said in the terms of those who grant.
pub(super) type Own = Step<Said<lease::Message<u8>>, Kept<Infallible>, Told<Infallible>>;

impl<A: Grants> Node<A> {
    fn own(own: Own, step: &mut OutputsOf<A>) {
        for output in own {
            step.push(match output {
                Output::Persist(Kept::Store(shelves)) => Output::Persist(Kept::Store(shelves)),
                Output::Persist(Kept::Granting(never)) => match never {},
                Output::Send { to, message } => match said::<A>(message) {
                    Some(message) => Output::Send { to, message },
                    None => continue,
                },
                Output::Event(event) => Output::Event(match event {
                    Told::Granting(never) => match never {},
                    Told::Holder(event) => Told::Holder(event),
                    Told::Wishes { claim, resource, mode } => Told::Wishes { claim, resource, mode },
                    Told::Leaves => Told::Leaves,
                    Told::Begins { resource, number, deed } => Told::Begins { resource, number, deed },
                    Told::Ends { number, answer } => Told::Ends { number, answer },
                    Told::Wrote { resource, token } => Told::Wrote { resource, token },
                    Told::Refused => Told::Refused,
                    Told::Attends(event) => Told::Attends(event),
                }),
            });
        }
    }

    fn granting(outputs: StepOf<A>, step: &mut OutputsOf<A>) {
        for output in outputs {
            step.push(match output {
                Output::Persist(record) => Output::Persist(Kept::Granting(record)),
                Output::Send { to, message } => Output::Send { to, message: Said::Granting(message) },
                Output::Event(event) => Output::Event(Told::Granting(event)),
            });
        }
    }
}

fn said<A: Grants>(message: Said<lease::Message<u8>>) -> Option<Said<A::Message>> {
    Some(match message {
        Said::Granting(message) => Said::Granting(A::wrapped(message)),
        Said::Meeting(message) => Said::Granting(A::wrapped_meeting(message)?),
        Said::Do { resource, number, deed } => Said::Do { resource, number, deed },
        Said::Did { number, answer } => Said::Did { number, answer },
    })
}

impl<A: Grants> Machine for Node<A> {
    type Command = Ask<A::Command>;
    type Message = Said<A::Message>;
    type Record = Kept<A::Record>;
    type Event = Told<A::Event>;

    fn step(&mut self, input: InputOf<Self>, now: Instant) -> StepOf<Self> {
        let mut step = Step::new();
        match self {
            Self::Granting(machine) => {
                let input = match input {
                    Input::Tick => Input::Tick,
                    Input::Command(Ask::Granting(command)) => Input::Command(command),
                    Input::Receive { from, message: Said::Granting(message) } => Input::Receive { from, message },
                    Input::Command(_) | Input::Receive { .. } => return step,
                };
                let outputs = machine.step(input, now);
                if !outputs.is_empty() {
                    Self::granting(outputs, &mut step);
                }
            }
            Self::Client(client) => {
                let own = match input {
                    Input::Tick => client.tick(now),
                    Input::Command(Ask::Drain) => client.drain(now),
                    Input::Receive { from, message: Said::Granting(message) } => match A::says(&message) {
                        Some(message) => client.receive(from, *message, now),
                        None => return step,
                    },
                    Input::Receive { message: Said::Did { number, answer }, .. } => {
                        client.answered(number, answer, now)
                    }
                    Input::Command(_) | Input::Receive { .. } => return step,
                };
                Self::own(own, &mut step);
            }
            Self::Party(attending) => {
                let own = match input {
                    Input::Tick => attending.tick(now),
                    Input::Command(Ask::BePatient) => attending.be_patient(now),
                    Input::Receive { from, message: Said::Granting(message) } => match A::meets(&message) {
                        Some(message) => attending.receive(from, *message, now),
                        None => return step,
                    },
                    Input::Command(_) | Input::Receive { .. } => return step,
                };
                Self::own(own, &mut step);
            }
            Self::Store(store) => {
                let Input::Receive { from, message: Said::Do { resource, number, deed } } = input else { return step };
                let Some((answer, is_new)) = store.does(resource, number, deed) else { return step };
                if is_new {
                    step.persist(Kept::Store(store.shelves));
                }
                match deed {
                    Deed::Write { token, .. } if is_new => step.event(Told::Wrote { resource, token }),
                    Deed::Write { .. } if answer == Answer::Refused => step.event(Told::Refused),
                    Deed::Write { .. } | Deed::Read => {}
                }
                step.send_to(from, Said::Did { number, answer });
            }
        }
        step
    }

    fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Granting(machine) => machine.deadline(),
            Self::Client(client) => client.deadline(),
            Self::Party(attending) => attending.deadline(),
            Self::Store(_) => None,
        }
    }

    fn peers(&self) -> &[NodeId] {
        match self {
            Self::Granting(machine) => machine.peers(),
            Self::Client(client) => client.holder.peers(),
            Self::Party(attending) => attending.party.peers(),
            Self::Store(_) => &[],
        }
    }
}
