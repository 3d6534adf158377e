//! Finding a cluster.

use super::{Client, ConnectError, Plan, Way};
use crate::status::{self, Directory};
use crate::sync::{Mailbox, Taken};
use crate::transport::Udp;
use crate::transport::channel::Network;
use std::sync::Arc;
use std::thread;

/// What a client is to be: see [`Client::builder`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it connects"]
pub struct ClientBuilder {
    plan: Plan,
}

impl ClientBuilder {
    pub(super) fn new(plan: Plan) -> Self {
        Self { plan }
    }

    crate::client_settings!();

    /// Finds the members, opens a socket to them, and starts a thread that receives.
    ///
    /// # Errors
    ///
    /// If nobody was named, nobody answers, or the group grants no locks.
    pub fn connect(mut self) -> Result<Client, ConnectError> {
        if self.plan.has_to_ask() {
            let directory = self.find()?;
            self.plan.learn(directory)?;
        }
        Client::connect(self.plan)
    }

    /// Opens a way to members in this process, which have been told by their ids, and starts a thread that receives.
    ///
    /// # Errors
    ///
    /// If nobody was named.
    pub fn connect_over(self, network: &Network) -> Result<Client, ConnectError> {
        let id = self.plan.id();
        let prepared = self.plan.prepare(id)?;
        let channel = network.join(id);
        let way = channel.outgoing();
        Client::over(prepared, channel, Arc::new(way))
    }

    /// What the first member says that answers.
    fn find(&self) -> Result<Directory, ConnectError> {
        let Plan { ask, group, keyring, patience, .. } = &self.plan;
        let answers = Arc::new(Mailbox::new(ask.len()));
        for address in ask {
            let (address, group, keyring, patience) = (address.clone(), group.clone(), keyring.clone(), *patience);
            let answer = answers.clone();
            let ask = move || {
                let said = status::directory(address, &group, keyring.as_ref(), patience);
                let _ = answer.try_put(said); // There is room for each.
            };
            thread::Builder::new().name("quorate-ask".to_owned()).spawn(ask).map_err(ConnectError::Thread)?;
        }
        let mut refused = ConnectError::NoAddress;
        for _ in ask {
            match answers.take(None) {
                Taken::Mail(Ok(directory)) => return Ok(directory),
                Taken::Mail(Err(error)) => refused = ConnectError::Ask(error),
                Taken::Woken | Taken::Elapsed | Taken::Closed => {}
            }
        }
        Err(refused)
    }
}

impl Client {
    /// Opens a socket to the members that the plan names.
    pub(crate) fn connect(plan: Plan) -> Result<Self, ConnectError> {
        let udp = Udp::towards(plan.members.clone()).map_err(|error| ConnectError::Socket(error.into()))?;
        let id = plan.id();
        let way: Arc<dyn Way> = udp.outgoing();
        Self::over(plan.prepare(id)?, udp, way)
    }
}
