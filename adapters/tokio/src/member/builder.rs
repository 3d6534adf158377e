//! Joining a cluster.

use super::{Face, Leader, Member, Stamped};
use crate::driver::Driver;
use crate::storage::{Nowhere, StateDirectory, Storage, incarnation_from_clock};
use crate::transport::{Transport, Udp};
use quorate::NodeId;
use quorate::election::{Record, Start};
use quorate_std::membership::{JoinError, Life, Plan, State, Watcher};
use tokio::sync::{broadcast, watch};
use tracing::Instrument;

/// What a member is to be: see [`Member::builder`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it joins"]
pub struct Builder {
    plan: Plan,
}

impl Builder {
    pub(super) fn new(id: NodeId) -> Self {
        Self { plan: Plan::new(id) }
    }

    quorate_std::member_settings!();

    /// Joins the cluster over UDP: binds the socket, opens the state directory, and spawns the driver on the current
    /// runtime. Nobody else need be there yet.
    ///
    /// # Errors
    ///
    /// Why this member cannot be: nothing runs then.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with its I/O and time drivers.
    pub async fn join(mut self) -> Result<Member, JoinError> {
        let plan = &mut self.plan;
        plan.check()?;
        let listen = plan.listens()?;
        let found = tokio::net::lookup_host(&listen).await.map(|mut found| found.next());
        let address = plan.found(listen, found)?;
        let state = plan.state.take().ok_or(JoinError::NoState)?;
        let mut transport = Udp::bind(address, plan.peers.clone()).await?;
        if plan.lenient {
            transport = transport.lenient();
        }
        match state {
            State::Nowhere => {
                let life = Life { incarnation: incarnation_from_clock(), start: Start::Forgetful };
                self.join_over(transport, Nowhere, life)
            }
            State::Directory(path) => {
                let owner = plan.owner();
                let open = move || StateDirectory::<Record>::open(&path, owner);
                let opened = tokio::task::spawn_blocking(open).await;
                let directory = opened.map_err(|error| JoinError::Runtime(error.into()))??;
                let life = plan.life(&directory);
                self.join_over(transport, directory, life)
            }
        }
    }

    /// Joins over a transport and a storage of one's own, and spawns the driver on the current runtime. What the builder says
    /// of addresses and state directories is not used.
    ///
    /// # Errors
    ///
    /// As [`join`](Builder::join).
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with its time driver.
    pub fn join_over<T, S>(self, transport: T, storage: S, life: Life) -> Result<Member, JoinError>
    where
        T: Transport,
        S: Storage<Record>,
    {
        let prepared = self.plan.prepare(life, |peer| transport.address(peer))?;
        let (shared, local) = (prepared.shared, transport.local_addr());
        let (events, _) = broadcast::channel::<Stamped>(self.plan.events);
        let (leader, leader_seen) = watch::channel::<Option<Leader>>(None);
        let (tenure, tenure_seen) = watch::channel(None);
        let weak = events.downgrade();
        let watcher = Watcher::new(shared.clone(), Face { events, leader, tenure });
        let clock = self.plan.clock;
        let driver = Driver::new(*prepared.machine, prepared.frames, transport, storage, watcher, clock.clone());
        let (driver, handle) = driver;
        let span = tracing::info_span!("member", group = %shared.group, node = %shared.id);
        tokio::spawn(driver.run().instrument(span));
        Ok(Member::new(super::Parts {
            handle,
            shared,
            local,
            incarnation: life.incarnation,
            clock,
            client: prepared.client,
            events: weak,
            leader: leader_seen,
            tenure: tenure_seen,
        }))
    }
}
