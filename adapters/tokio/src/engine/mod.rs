//! For who puts another engine behind locks: a database, a coordination service.
//!
//! The clockwork of holding stays the same for all engines: a [`Holder`](quorate::lease::holder::Holder) counts its lease from when it
//! asked, renews it, doubts it, and knows that it is lost before anybody else can be granted it. What an engine has to do is what an
//! authority does, by whatever commands it has: three functions, [`acquire`](Engine::acquire), [`renew`](Engine::renew) and
//! [`release`](Engine::release). A [`Desk`] stands between: it takes what holders say, runs one command at a time for each claim, asks
//! again when it may be a waiter's turn, and delivers the answers.
//!
//! # What an engine promises
//!
//! * A claim that is granted stays granted for its lease at least, counted from when the command arrives. That is all that L1 rests
//!   on.
//! * Tokens grow with each grant of a resource (L2).
//! * A claim that asks again is granted what it was granted before, and a release ends the claim that it names and no other (L4).
//!   Claims of two desks are never the same: an engine has to tell the desks apart, by a number that is drawn at random.
//!
//! An error is as good as no answer. The holder asks again, and knows when it must not rely on its lease any more.

pub mod barrier;
mod claims;
#[cfg(test)]
mod tests;

use crate::clock;
use crate::locks::{Answers, Carrier, MAX_AUTHORITIES};
use claims::{Claims, Taken};
use core::fmt;
use core::pin::Pin;
use core::time::Duration;
use quorate::lease::{ClaimId, Message, Mode, Refusal};
use quorate::{FencingToken, Group, Instant, Name, NodeId, To};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::sync::{Notify, mpsc};

/// What plays the authority, by running commands.
pub trait Engine: fmt::Debug + Send + Sync + 'static {
    /// What it keeps for a claim from one command to the next, such as a session.
    type Kept: Default + Send + fmt::Debug;
    /// Why a command was not answered.
    type Error: core::error::Error;

    /// To hold a resource, or to stand in line for it, or neither.
    fn acquire(&self, kept: &mut Self::Kept, wish: Wish) -> impl Future<Output = Result<Answer, Self::Error>> + Send;

    /// To hold it longer. `None` if this claim does not hold it with this token; otherwise for how long after the command was sent it
    /// does, at least.
    fn renew(
        &self,
        kept: &mut Self::Kept,
        wish: Wish,
        token: FencingToken,
    ) -> impl Future<Output = Result<Option<Duration>, Self::Error>> + Send;

    /// To hold it no longer, and to leave the line. Without a token, whatever the claim has.
    fn release(
        &self,
        kept: &mut Self::Kept,
        claim: ClaimId,
        resource: Name,
        mode: Mode,
        token: Option<FencingToken>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// What a claim wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The claim.
    pub claim: ClaimId,
    /// The resource.
    pub resource: Name,
    /// Beside whom the holder bears others.
    pub mode: Mode,
    /// Whether it stays in line.
    pub wait: bool,
    /// For how long.
    pub lease: Duration,
    /// When its holder said so. What is granted is counted from here, on [`clock::now`].
    pub sent: Instant,
}

/// How an engine answers to a claim that wants something.
pub enum Answer {
    /// It holds the resource.
    Granted {
        /// What to show at the resource.
        token: FencingToken,
        /// For how long after [`Wish::sent`], at least.
        lease: Duration,
    },
    /// It is in line.
    Waiting {
        /// How many are before it.
        ahead: u32,
        /// Ends when it may be the claim's turn, so that it is worth asking again. Its holder asks again now and then in any case.
        turn: Turn,
    },
    /// No.
    Refused(Refusal),
}

/// Ends when it may be a claim's turn. It is polled by one task, and dropped when the claim does not need it any more.
pub type Turn = Pin<Box<dyn Future<Output = ()> + Send>>;

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Granted { token, lease } => {
                f.debug_struct("Granted").field("token", token).field("lease", lease).finish()
            }
            Self::Waiting { ahead, .. } => f.debug_struct("Waiting").field("ahead", ahead).finish_non_exhaustive(),
            Self::Refused(refusal) => f.debug_tuple("Refused").field(refusal).finish(),
        }
    }
}

/// An engine in the authority's place.
///
/// Cloning it makes another handle to the same desk.
#[derive(Debug)]
pub struct Desk<E: Engine> {
    shared: Arc<Shared<E>>,
}

impl<E: Engine> Clone for Desk<E> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

#[derive(Debug)]
struct Shared<E: Engine> {
    engine: Arc<E>,
    claims: Mutex<Claims<E::Kept>>,
    sink: OnceLock<Sink>,
}

/// Where answers go.
#[derive(Debug)]
enum Sink {
    Holders(Answers),
    Channel(mpsc::UnboundedSender<Message<Name>>),
}

/// An engine has one authority, itself, and one who speaks to it.
const AUTHORITY: NodeId = NodeId::new(1);
const HOLDERS: NodeId = NodeId::new(2);

impl<E: Engine> Desk<E> {
    /// A desk for this engine. It is not used before it is [attached](Carrier::attach), or [listened](Self::listen) to.
    #[must_use]
    pub fn new(engine: Arc<E>) -> Self {
        Self { shared: Arc::new(Shared { engine, claims: Mutex::default(), sink: OnceLock::new() }) }
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Arc<E> {
        &self.shared.engine
    }

    /// Has the answers come here and not to a [`Locks`](crate::Locks): for tests of an engine. `None` if they go somewhere already.
    #[must_use]
    pub fn listen(&self) -> Option<mpsc::UnboundedReceiver<Message<Name>>> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.shared.sink.set(Sink::Channel(sender)).ok().map(|()| receiver)
    }

    /// Takes what a holder says. Never blocks; what is to be done is done in a task of its own.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn take(&self, message: Message<Name>) {
        let claim = message.claim();
        let taken = self.shared.claims().take(message, clock::now());
        match taken {
            Taken::Start(kept, said) => {
                let shared = Arc::clone(&self.shared);
                tokio::spawn(shared.serve(claim, kept, said));
            }
            Taken::Queued => {}
            Taken::Unknown => self.shared.deliver(Message::Released { claim }),
        }
    }
}

impl<E: Engine> Carrier for Desk<E> {
    fn group(&self) -> Group<MAX_AUTHORITIES> {
        Group::new(HOLDERS, &[AUTHORITY]).unwrap_or(Group::alone(HOLDERS))
    }

    fn attach(&self, answers: Answers) {
        let _ = self.shared.sink.set(Sink::Holders(answers)); // it is attached already
    }

    fn send(&self, _: To, message: Message<Name>) {
        self.take(message);
    }
}

/// How a claim stands after a command.
enum Standing {
    /// The engine may know something of it, and there is nothing to do unless its holder says something.
    Known,
    /// The engine knows nothing of it.
    Unknown,
    /// It is in line.
    Waits {
        /// What its holder last asked for, to be asked again.
        wish: Wish,
        /// When to ask again.
        turn: Turn,
    },
}

impl<E: Engine> Shared<E> {
    fn claims(&self) -> MutexGuard<'_, Claims<E::Kept>> {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn deliver(&self, message: Message<Name>) {
        match self.sink.get() {
            Some(Sink::Holders(answers)) => answers.deliver(AUTHORITY, message),
            Some(Sink::Channel(channel)) => drop(channel.send(message)), // nobody listens any more
            None => {}
        }
    }

    /// Ends when nobody needs answers any more.
    async fn closed(&self) {
        match self.sink.get() {
            Some(Sink::Holders(answers)) => answers.closed().await,
            Some(Sink::Channel(channel)) => channel.closed().await,
            None => {}
        }
    }

    /// Does what is to be done for a claim, until nothing is left.
    ///
    /// One thing after the other: an acquisition that is repeated must not overtake the release that follows it.
    async fn serve(self: Arc<Self>, claim: ClaimId, mut kept: E::Kept, said: Arc<Notify>) {
        let mut standing = Standing::Known;
        loop {
            let next = match &mut standing {
                Standing::Waits { wish, turn } => {
                    let next = self.claims().next(claim);
                    match next {
                        Some(message) => message,
                        None => {
                            // Dropped if its holder says something first, and made anew by the answer to that.
                            tokio::select! {
                                () = said.notified() => continue,
                                () = once(turn) => acquire(*wish),
                                () = self.closed() => return,
                            }
                        }
                    }
                }
                Standing::Known | Standing::Unknown => {
                    let next = match standing {
                        Standing::Unknown => self.claims().next_or_forget(claim, kept),
                        _ => self.claims().next_or_keep(claim, kept),
                    };
                    let Some((message, still)) = next else { return };
                    kept = still;
                    message
                }
            };
            match self.perform(&mut kept, next).await {
                Ok(now) => standing = now,
                // As good as no answer: whoever waits goes on waiting, and whatever else this was, its holder says it again.
                Err(error) => tracing::debug!(%claim, %error, "an engine did not answer"),
            }
        }
    }

    /// Runs one command, and delivers what comes of it.
    async fn perform(&self, kept: &mut E::Kept, message: Message<Name>) -> Result<Standing, E::Error> {
        match message {
            Message::Acquire { claim, resource, mode, wait, lease, sent } => {
                let wish = Wish { claim, resource, mode, wait, lease, sent };
                let (answer, standing) = match self.engine.acquire(kept, wish).await? {
                    Answer::Granted { token, lease } => {
                        (Message::Granted { claim, token, lease, sent }, Standing::Known)
                    }
                    Answer::Waiting { ahead, turn } => {
                        (Message::Waiting { claim, ahead, sent }, Standing::Waits { wish, turn })
                    }
                    Answer::Refused(refusal) => (Message::Refused { claim, refusal, sent }, Standing::Unknown),
                };
                self.deliver(answer);
                Ok(standing)
            }
            Message::Renew { claim, resource, mode, token, lease, sent } => {
                let wish = Wish { claim, resource, mode, wait: false, lease, sent };
                match self.engine.renew(kept, wish, token).await? {
                    Some(lease) => {
                        self.deliver(Message::Granted { claim, token, lease, sent });
                        Ok(Standing::Known)
                    }
                    None => {
                        self.deliver(Message::Refused { claim, refusal: Refusal::NotHeld, sent });
                        Ok(Standing::Unknown)
                    }
                }
            }
            Message::Release { claim, token } => {
                let about = self.claims().about(claim);
                if let Some((resource, mode)) = about {
                    self.engine.release(kept, claim, resource, mode, token).await?;
                }
                self.deliver(Message::Released { claim });
                Ok(Standing::Unknown)
            }
            // What authorities say is not for them.
            Message::Granted { .. } | Message::Waiting { .. } | Message::Refused { .. } | Message::Released { .. } => {
                Ok(Standing::Known)
            }
        }
    }
}

fn acquire(wish: Wish) -> Message<Name> {
    let Wish { claim, resource, mode, wait, lease, sent } = wish;
    Message::Acquire { claim, resource, mode, wait, lease, sent }
}

/// Ends when the turn comes, and never again after that.
async fn once(turn: &mut Turn) {
    turn.as_mut().await;
    *turn = Box::pin(core::future::pending());
}
