//! Between holders and whoever grants: where their messages go, and where the answers come from.

use core::fmt;
use quorate::lease::Message;
use quorate::{Group, Name, NodeId, To};
use quorate_std::carrier::Inbox;
use std::sync::Weak;
use tokio::sync::watch;

pub use quorate_std::carrier::MAX_AUTHORITIES;

/// Carries what holders say to whoever grants, and brings the answers: the network of a cluster, or an engine that plays the
/// authority by running commands.
///
/// Messages may be lost, repeated and reordered, in both directions: holders ask again. `M` is what is carried.
///
/// ```
/// use quorate::lease::{Message, Refusal};
/// use quorate::{Group, Name, NodeId, To};
/// use quorate_tokio::locks::{Answers, Carrier, MAX_AUTHORITIES};
/// use std::sync::OnceLock;
///
/// /// Plays an authority that never grants anything.
/// #[derive(Debug, Default)]
/// struct Stubborn {
///     answers: OnceLock<Answers>,
/// }
///
/// const AUTHORITY: NodeId = NodeId::new(1);
///
/// impl Carrier for Stubborn {
///     fn group(&self) -> Group<MAX_AUTHORITIES> {
///         Group::new(NodeId::new(2), &[AUTHORITY]).unwrap_or(Group::alone(NodeId::new(2)))
///     }
///
///     fn attach(&self, answers: Answers) {
///         let _ = self.answers.set(answers);
///     }
///
///     fn send(&self, _: To, message: Message<Name>) {
///         let (Some(answers), Message::Acquire { claim, sent, .. }) = (self.answers.get(), message) else { return };
///         answers.deliver(AUTHORITY, Message::Refused { claim, refusal: Refusal::Busy, sent });
///     }
/// }
/// ```
pub trait Carrier<M = Message<Name>>: fmt::Debug + Send + Sync + 'static {
    /// As which node holders speak, and the nodes that may be the authority. An engine that plays the authority makes up two
    /// numbers.
    fn group(&self) -> Group<MAX_AUTHORITIES>;

    /// Says where answers go from now on. Called once, before anything is sent.
    fn attach(&self, answers: Answers<M>);

    /// Takes a message, at once or not at all. Called in the task of whoever acquires, renews or releases, so it must not
    /// block; it may [deliver](Answers::deliver) the answer before it returns.
    fn send(&self, to: To, message: M);
}

/// Where answers go: to the holder that asked, in the task of whoever [delivers](Answers::deliver) them, without a queue
/// between.
pub struct Answers<M = Message<Name>> {
    inbox: Weak<dyn Inbox<M>>,
    open: watch::Receiver<()>,
}

impl<M> Answers<M> {
    pub(crate) fn new(inbox: Weak<dyn Inbox<M>>, open: watch::Receiver<()>) -> Self {
        Self { inbox, open }
    }

    /// Hands an answer of this node to the holder that it is for. Never blocks. What is for nobody is dropped.
    pub fn deliver(&self, from: NodeId, message: M) {
        if let Some(inbox) = self.inbox.upgrade() {
            inbox.deliver(from, message);
        }
    }

    /// Whether nobody needs answers any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.open.has_changed().is_err()
    }

    /// Waits until nobody needs answers any more. Cancel-safe.
    pub async fn closed(&self) {
        let mut open = self.open.clone();
        while open.changed().await.is_ok() {}
    }
}

impl<M> Inbox<M> for Answers<M> {
    fn deliver(&self, from: NodeId, message: M) {
        Answers::deliver(self, from, message);
    }
}

impl<M> Clone for Answers<M> {
    fn clone(&self) -> Self {
        Self { inbox: self.inbox.clone(), open: self.open.clone() }
    }
}

impl<M> fmt::Debug for Answers<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answers").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}
