//! Using what a cluster offers, without being a member of it.

mod builder;
mod error;
mod line;
mod plan;
mod post;
mod settings;

pub use builder::ClientBuilder;
pub use error::ConnectError;
pub use plan::{Plan, Prepared};
pub use post::{Intake, Post, Way};

use crate::driver::Counters;
use crate::transport::Transport;
use crate::{Barriers, Locks};
use core::fmt;
use line::Line;
use quorate::NodeId;
use std::sync::Arc;

/// A client of a cluster: it holds locks that the leader grants, and waits at barriers that the leader coordinates. It finds the
/// leader, and follows it when it changes. One socket and one thread serve however many locks and barriers. Clones are the same
/// client.
///
/// It is a node with a number of its own, drawn at random at each start from [`NodeId::FIRST_CLIENT`] on, and a new incarnation,
/// so members can tell its frames apart and answer it where they heard it last.
///
/// When the last clone, lock and barrier is dropped, what is still being given up is seen to, and then the thread ends.
///
/// ```no_run
/// use quorate_std::Client;
///
/// let client = Client::builder("orders").ask("10.0.0.1:7400").ask("10.0.0.2:7400").connect()?;
/// let guard = client.locks().acquire("invoices/2026").wait()?;
/// println!("held with the token {}", guard.token());
/// guard.release()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Client {
    post: Arc<Post>,
    locks: Locks,
    barriers: Barriers,
}

impl Client {
    /// Begins to describe a client of the group of this name.
    pub fn builder(group: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(Plan::new(group.into()))
    }

    /// Receives over this transport, on a thread, and sends by `way`.
    fn over(prepared: Prepared, transport: impl Transport, way: Arc<dyn Way>) -> Result<Self, ConnectError> {
        let Prepared { group, codec, holding, meeting } = prepared;
        let (post, intake) = Post::new(&codec, group, way);
        let line = Line::new(post.clone());
        let locks = line.locks(&holding, transport.waker());
        let barriers = line.barriers(&meeting, transport.waker());
        line::start(transport, intake, &locks, &barriers).map_err(ConnectError::Thread)?;
        Ok(Self { post, locks, barriers })
    }

    /// As which node it speaks.
    #[must_use]
    pub fn id(&self) -> NodeId {
        self.post.group().me()
    }

    /// The members, as it was told or has learnt when it connected.
    #[must_use]
    pub fn members(&self) -> &[NodeId] {
        self.post.group().peers()
    }

    /// The locks that the cluster grants.
    #[must_use]
    pub fn locks(&self) -> &Locks {
        &self.locks
    }

    /// The barriers that the cluster coordinates.
    #[must_use]
    pub fn barriers(&self) -> &Barriers {
        &self.barriers
    }

    /// What was sent, received and dropped.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.post.counters()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("id", &self.id())
            .field("members", &self.members())
            .field("locks", &self.locks)
            .finish_non_exhaustive()
    }
}
