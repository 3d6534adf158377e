//! Joining a cluster.

use super::face::Face;
use super::{Member, Parts};
use crate::Driver;
use crate::membership::{JoinError, Life, Plan, State, Watcher};
use crate::storage::{Nowhere, StateDirectory, Storage, incarnation_from_clock};
use crate::transport::{Transport, Udp};
use quorate::NodeId;
use quorate::election::{Record, Start};
use std::net::ToSocketAddrs;
use std::sync::Arc;
use std::thread;

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

    crate::member_settings!();

    /// Joins the cluster over UDP: binds the socket, opens the state directory, and starts a thread that drives the member. Nobody else
    /// need be there yet.
    ///
    /// # Errors
    ///
    /// Why this member cannot be: nothing runs then.
    pub fn join(mut self) -> Result<Member, JoinError> {
        let plan = &mut self.plan;
        plan.check()?;
        let listen = plan.listens()?;
        let found = listen.to_socket_addrs().map(|mut found| found.next());
        let address = plan.found(listen, found)?;
        let state = plan.state.take().ok_or(JoinError::NoState)?;
        let mut transport = Udp::bind(address, plan.peers.clone())?;
        if plan.lenient {
            transport = transport.lenient();
        }
        match state {
            State::Nowhere => {
                let life = Life { incarnation: incarnation_from_clock(), start: Start::Forgetful };
                self.join_over(transport, Nowhere, life)
            }
            State::Directory(path) => {
                let directory = StateDirectory::<Record>::open(&path, plan.owner())?;
                let life = plan.life(&directory);
                self.join_over(transport, directory, life)
            }
        }
    }

    /// Joins over a transport and a storage of one's own, and starts a thread that drives the member. What the builder says of
    /// addresses and state directories is not used.
    ///
    /// # Errors
    ///
    /// As [`join`](Builder::join).
    pub fn join_over<T, S>(self, transport: T, storage: S, life: Life) -> Result<Member, JoinError>
    where
        T: Transport,
        S: Storage<Record>,
    {
        let prepared = self.plan.prepare(life, |peer| transport.address(peer))?;
        let (shared, local) = (prepared.shared, transport.local_addr());
        let face = Arc::new(Face::new(self.plan.events));
        let watcher = Watcher::new(shared.clone(), face.clone());
        let clock = self.plan.clock;
        let driver = Driver::new(*prepared.machine, prepared.frames, transport, storage, watcher, clock.clone());
        let handle = driver.handle();
        let span = tracing::info_span!("member", group = %shared.group, node = %shared.id);
        let run = move || {
            let _ = span.in_scope(|| driver.run()); // The handles say how it ended.
        };
        let name = format!("quorate-{}", shared.id);
        thread::Builder::new().name(name).spawn(run).map_err(JoinError::Runtime)?;
        let (incarnation, client) = (life.incarnation, prepared.client);
        Ok(Member { parts: Arc::new(Parts { handle, face, shared, local, incarnation, clock, client }) })
    }
}
