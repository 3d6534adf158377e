//! On quorate's own cluster.

use crate::service::election;
use crate::{
    BarrierService, ConnectError, ElectionService, ExactFencing, Guarantees, Leader, Linearizable, LockService,
    Service, ServiceError, Settings, key_file,
};
use core::time::Duration;
use quorate::NodeId;
use quorate::lease::authority::ClaimState;
use quorate::lease::holder::Timing;
use quorate_tokio::{Barriers, Client, Locks, status};
use quorate_wire::Keyring;
use std::path::Path;
use std::sync::Arc;

/// Services that the leader of a cluster of quorate's own hosts: see [`quorate_tokio::Client`].
#[derive(Clone, Debug)]
pub struct Cluster {
    client: Client,
    known: Arc<Known>,
}

/// What it takes to ask members.
#[derive(Debug)]
struct Known {
    addresses: Vec<String>,
    group: String,
    keyring: Option<Keyring>,
    answer_within: Duration,
}

impl Cluster {
    /// Connects to the group of this name, as a client. Members without numbers are asked who the others are.
    ///
    /// # Errors
    ///
    /// If no member answers, the group grants no locks, there can be no lease of this length, or something is set that is not the
    /// client's to say: [`ConnectError::Setting`].
    pub async fn connect(
        members: &[(Option<u32>, String)],
        group: &str,
        key_file: Option<&Path>,
        settings: Settings,
    ) -> Result<Self, ConnectError> {
        // Whoever sets these relies on them.
        if !settings.lock_delay.is_zero() {
            let instead =
                "its members are told, by the configuration of their leases (`quorate_tokio::Builder::leases`)";
            return Err(ConnectError::Setting { setting: "lock_delay", instead });
        } else if settings.prefix.is_some() {
            let instead = "each group is for itself, so use one of its own";
            return Err(ConnectError::Setting { setting: "prefix", instead });
        }
        let keyring = key_file.map(key_file::read).transpose()?;
        let mut builder = Client::builder(group);
        for (number, address) in members {
            builder = match number {
                Some(number) => builder.member(NodeId::new(*number), address),
                None => builder.ask(address),
            };
        }
        if let Some(keys) = &keyring {
            builder = builder.keyring(keys.clone());
        }
        if let Some(lease) = settings.lease {
            builder = builder.timing(Timing::for_lease(lease, settings.drift));
        }
        let client = builder.connect().await.map_err(ConnectError::Cluster)?;
        let addresses = members.iter().map(|(_, address)| address.clone()).collect();
        let known = Known { addresses, group: group.to_owned(), keyring, answer_within: settings.answer_within };
        Ok(Self { client, known: Arc::new(known) })
    }

    /// The client.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }
}

impl Service for Cluster {
    fn guarantees(&self) -> Guarantees {
        Guarantees::CLUSTER
    }
}

impl Linearizable for Cluster {}
impl ExactFencing for Cluster {}

impl LockService for Cluster {
    fn locks(&self) -> &Locks {
        self.client.locks()
    }
}

impl BarrierService for Cluster {
    fn barriers(&self) -> &Barriers {
        self.client.barriers()
    }
}

impl ElectionService for Cluster {
    async fn leader(&self, name: &str) -> Result<Option<Leader>, ServiceError> {
        let name = election(name)?;
        let Known { addresses, group, keyring, answer_within } = &*self.known;
        let mut failed = None;
        for address in addresses {
            match status::claims(address, group, keyring.as_ref(), *answer_within).await {
                Ok(claims) => {
                    let holds = claims.claims.iter().find_map(|claim| match claim.state {
                        ClaimState::Holding(token) if claim.name == name => Some((claim.node, token)),
                        _ => None,
                    });
                    return Ok(holds.map(|(node, token)| Leader { label: node.to_string(), token }));
                }
                Err(error) => failed = Some(error),
            }
        }
        Err(failed.map_or_else(|| ServiceError::engine(quorate_tokio::ConnectError::NoAddress), ServiceError::engine))
    }
}
