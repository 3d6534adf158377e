//! Using what a cluster offers, without being a member of it.

mod builder;
mod link;
mod receive;

pub use builder::ClientBuilder;
pub use quorate_std::client::ConnectError;

use crate::Locks;
use crate::barriers::Barriers;
use crate::driver::Counters;
use crate::locks::{Answers, Carrier, MAX_AUTHORITIES};
use core::fmt;
use link::{Incoming, Link};
use quorate::{Group, Name, NodeId, To, barrier, lease};
use quorate_std::client::{Plan, Post, Prepared};
use std::sync::Arc;
use tokio::task::AbortHandle;

/// A client of a cluster: it holds locks that the leader grants, and waits at barriers that the leader coordinates. It finds the
/// leader, and follows it when it changes. One socket serves however many locks and barriers. Clones are the same client.
///
/// Whom to ask it learns when it connects, and not again. Leaders among those members may come and go. If the list of members itself
/// is changed while a client runs, it finds the leader as long as that is one of those that it knows; connect anew to learn the others.
/// ([`status::directory`](crate::status::directory) says at any time who they are.)
///
/// It is a node with a number of its own, drawn at random at each start from [`NodeId::FIRST_CLIENT`] on, and a new incarnation,
/// so members can tell its frames apart and answer it where they heard it last.
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use quorate_tokio::Client;
///
/// let client = Client::builder("orders").ask("10.0.0.1:7400").ask("10.0.0.2:7400").connect().await?;
/// let guard = client.locks().acquire("invoices/2026").await?;
/// println!("held with the token {}", guard.token());
/// guard.release().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    way: Way,
    locks: Locks,
    barriers: Barriers,
}

impl Client {
    /// Begins to describe a client of the group of this name.
    pub fn builder(group: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(Plan::new(group.into()))
    }

    /// Opens a socket to the members that the plan names.
    pub(crate) async fn connect(plan: Plan) -> Result<Self, ConnectError> {
        let (link, incoming) = Link::udp(&plan.members).await.map_err(ConnectError::Socket)?;
        let id = plan.id();
        Ok(Self::over(plan.prepare(id)?, link, incoming))
    }

    fn over(prepared: Prepared, link: Link, incoming: Incoming) -> Self {
        let Prepared { group, codec, holding, meeting } = prepared;
        let link = Arc::new(link);
        let (post, intake) = Post::new(&codec, group, link.clone());
        let receiving = tokio::spawn(receive::receive(intake, link, incoming)).abort_handle();
        let way = Way(Arc::new(Shared { post, receiving }));
        let (locks, barriers) = (Locks::over(way.clone(), holding), Barriers::over(way.clone(), meeting));
        Self { way, locks, barriers }
    }

    /// As which node it speaks.
    #[must_use]
    pub fn id(&self) -> NodeId {
        self.way.0.post.group().me()
    }

    /// The members, as it was told or has learnt when it connected: a list that is changed later does not come here.
    #[must_use]
    pub fn members(&self) -> &[NodeId] {
        self.way.0.post.group().peers()
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
        self.way.0.post.counters()
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

/// Carries messages to the members and back.
#[derive(Clone, Debug)]
struct Way(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    post: Arc<Post>,
    /// Ends the task that receives.
    receiving: AbortHandle,
}

impl Carrier for Way {
    fn group(&self) -> Group<MAX_AUTHORITIES> {
        self.0.post.group().clone()
    }

    fn attach(&self, answers: Answers) {
        self.0.post.deliver_leases(Box::new(answers));
    }

    fn send(&self, to: To, message: lease::Message<Name>) {
        self.0.post.send(to, &message);
    }
}

impl Carrier<barrier::Message<Name>> for Way {
    fn group(&self) -> Group<MAX_AUTHORITIES> {
        self.0.post.group().clone()
    }

    fn attach(&self, answers: Answers<barrier::Message<Name>>) {
        self.0.post.deliver_barriers(Box::new(answers));
    }

    fn send(&self, to: To, message: barrier::Message<Name>) {
        self.0.post.send(to, &message);
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.receiving.abort();
    }
}
