//! Between holders or parties and whoever grants or coordinates: where their messages go, and where the answers come from.

use core::fmt;
use quorate::lease::Message;
use quorate::{Group, Name, NodeId, To};
use std::sync::Weak;

/// How many nodes there can be that may be the authority.
pub const MAX_AUTHORITIES: usize = 33;

#[cfg(not(any(loom, shuttle)))]
const _: () = assert!(MAX_AUTHORITIES == crate::driver::MAX_PEERS + 1, "any member, of the largest group");

/// Carries what holders say to whoever grants, or what parties say to whoever coordinates, and brings the answers. `M` is what is
/// carried.
///
/// Messages may be lost, repeated and reordered, in both directions: holders and parties ask again.
///
/// ```
/// use quorate::lease::{Message, Refusal};
/// use quorate::{Group, Name, NodeId, To};
/// use quorate::member::Profile;
/// use quorate_std::carrier::{Answers, Carrier, Inbox, MAX_AUTHORITIES};
/// use quorate_std::locks::{AcquireError, Locks, Rules};
/// use std::sync::OnceLock;
///
/// /// Plays an authority that never grants anything.
/// #[derive(Debug, Default)]
/// struct Stubborn {
///     answers: OnceLock<Answers<Message<Name>>>,
/// }
///
/// const AUTHORITY: NodeId = NodeId::new(1);
///
/// impl Carrier<Message<Name>> for Stubborn {
///     fn group(&self) -> Group<MAX_AUTHORITIES> {
///         Group::new(NodeId::new(2), &[AUTHORITY]).unwrap_or(Group::alone(NodeId::new(2)))
///     }
///
///     fn attach(&self, answers: Answers<Message<Name>>) {
///         let _ = self.answers.set(answers);
///     }
///
///     fn send(&self, _: To, message: Message<Name>) {
///         let (Some(answers), Message::Acquire { claim, sent, .. }) = (self.answers.get(), message) else { return };
///         answers.deliver(AUTHORITY, Message::Refused { claim, refusal: Refusal::Busy, sent });
///     }
/// }
///
/// let locks = Locks::over(Stubborn::default(), &Rules::new(Profile::LAN.holding())?)?;
/// assert_eq!(locks.acquire("orders/42").at_once().wait().unwrap_err(), AcquireError::Busy);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
pub trait Carrier<M = Message<Name>>: fmt::Debug + Send + Sync + 'static {
    /// As which node holders or parties speak, and the nodes that may be the authority or coordinate.
    fn group(&self) -> Group<MAX_AUTHORITIES>;

    /// Says where answers go from now on. Called once, before anything is sent.
    fn attach(&self, answers: Answers<M>);

    /// Takes a message, at once or not at all. Called on the thread of whoever acquires, renews, releases, arrives or leaves, so it
    /// must not block; it may [deliver](Inbox::deliver) the answer before it returns.
    fn send(&self, to: To, message: M);
}

/// Takes answers.
pub trait Inbox<M>: Send + Sync {
    /// Takes one, of this node. Never blocks. What is for nobody is dropped.
    fn deliver(&self, from: NodeId, message: M);
}

/// Where answers go: to the holder or the party that asked, on the thread of whoever [delivers](Inbox::deliver) them, without a queue
/// between. It keeps nobody alive who might want them.
pub struct Answers<M> {
    inbox: Weak<dyn Inbox<M>>,
}

impl<M> Answers<M> {
    pub(crate) fn new(inbox: Weak<dyn Inbox<M>>) -> Self {
        Self { inbox }
    }

    /// Whether nobody needs answers any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.inbox.strong_count() == 0
    }
}

impl<M> Inbox<M> for Answers<M> {
    fn deliver(&self, from: NodeId, message: M) {
        if let Some(inbox) = self.inbox.upgrade() {
            inbox.deliver(from, message);
        }
    }
}

impl<M> Clone for Answers<M> {
    fn clone(&self) -> Self {
        Self { inbox: self.inbox.clone() }
    }
}

impl<M> fmt::Debug for Answers<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answers").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}
