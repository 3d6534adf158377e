//! Finding a cluster.

use super::Client;
use super::link::{Incoming, Link};
use crate::status;
use crate::transport::channel::Network;
use quorate_std::client::{ConnectError, Plan};
use quorate_std::status::Directory;
use tokio::task::JoinSet;

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

    quorate_std::client_settings!();

    /// Finds the members, and opens a socket to them.
    ///
    /// # Errors
    ///
    /// If nobody was named, nobody answers, or the group grants no locks.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with its I/O and time drivers.
    pub async fn connect(mut self) -> Result<Client, ConnectError> {
        if self.plan.has_to_ask() {
            let directory = self.find().await?;
            self.plan.learn(directory)?;
        }
        Client::connect(self.plan).await
    }

    /// Opens a way to members in this process, which have been told by their ids.
    ///
    /// # Errors
    ///
    /// If nobody was named.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with its time driver.
    pub fn connect_over(self, network: &Network) -> Result<Client, ConnectError> {
        let id = self.plan.id();
        let prepared = self.plan.prepare(id)?;
        let (outgoing, incoming) = network.join(id).split();
        Ok(Client::over(prepared, Link::Channel(outgoing), Incoming::Channel(incoming)))
    }

    /// What the first member says that answers.
    async fn find(&self) -> Result<Directory, ConnectError> {
        let mut asked = JoinSet::new();
        let Plan { ask, group, keyring, patience, .. } = &self.plan;
        for address in ask {
            let (address, group, keyring, patience) = (address.clone(), group.clone(), keyring.clone(), *patience);
            asked.spawn(async move { status::directory(address, &group, keyring.as_ref(), patience).await });
        }
        let mut refused = ConnectError::NoAddress;
        while let Some(answer) = asked.join_next().await {
            match answer {
                Ok(Ok(directory)) => return Ok(directory),
                Ok(Err(error)) => refused = ConnectError::Ask(error),
                Err(error) => refused = ConnectError::Socket(error.into()),
            }
        }
        Err(refused)
    }
}
