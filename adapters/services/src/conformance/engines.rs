//! The engines of this crate, with servers of their own.

use super::servers::NoServer;
#[cfg(any(feature = "redis", feature = "etcd"))]
use super::servers::{Kind, Server};
use super::{Client, Engine, Link};
use crate::Settings;
#[cfg(feature = "cluster")]
use core::net::SocketAddr;
use core::time::Duration;
#[cfg(feature = "cluster")]
use quorate::{NodeId, member::Profile};
#[cfg(feature = "cluster")]
use quorate_tokio::Member;
#[cfg(feature = "cluster")]
use std::path::PathBuf;

fn settings(lease: Duration, label: &str) -> Settings {
    Settings { lease: Some(lease), label: label.into(), ..Settings::default() }
}

/// What a client needs to be cut off and come back, on a loaded machine.
const TO_SPARE: Duration = Duration::from_millis(500);

#[cfg(feature = "redis")]
mod redis {
    use super::*;

    const LEASE: Duration = Duration::from_secs(2);

    async fn client(server: &Server, label: &str) -> Client<crate::Redis> {
        let link = Link::tcp(server.address()).await.expect("a port");
        let url = format!("redis://{}", link.addresses()[0]);
        let services = crate::Redis::connect(&url, settings(LEASE, label)).await.expect("a client");
        Client { services, link }
    }

    /// A server that writes everything down before it answers.
    #[derive(Debug)]
    pub struct Redis(Server);

    /// A server that knows nothing when it comes back.
    #[derive(Debug)]
    pub struct ForgetfulRedis(Server);

    macro_rules! engine {
        ($engine:ident, $kind:expr, $keeps:expr) => {
            impl Engine for $engine {
                type Services = crate::Redis;

                async fn start() -> Result<Self, NoServer> {
                    Server::start($kind).map(Self)
                }

                async fn client(&self, label: &str) -> Client<crate::Redis> {
                    client(&self.0, label).await
                }

                fn url(&self) -> String {
                    format!("redis://{}", self.0.address())
                }

                async fn connect(url: &str, lease: Duration) -> crate::Redis {
                    crate::Redis::connect(url, settings(lease, "")).await.expect("a client")
                }

                async fn restart(&mut self) {
                    self.0.run().expect("a server that starts again");
                }

                fn lease(&self) -> Duration {
                    LEASE
                }

                fn promptness(&self) -> Duration {
                    TO_SPARE
                }

                fn keeps_locks(&self) -> bool {
                    $keeps
                }
            }
        };
    }

    engine!(Redis, Kind::Redis, true);
    // To a server that knows nothing holders bring back what they hold, unless somebody who waits is faster.
    engine!(ForgetfulRedis, Kind::ForgetfulRedis, false);
}

#[cfg(feature = "redis")]
pub use redis::{ForgetfulRedis, Redis};

/// An etcd cluster of one.
#[cfg(feature = "etcd")]
#[derive(Debug)]
pub struct Etcd(Server);

#[cfg(feature = "etcd")]
impl Engine for Etcd {
    type Services = crate::Etcd;

    async fn start() -> Result<Self, NoServer> {
        Server::start(Kind::Etcd).map(Self)
    }

    async fn client(&self, label: &str) -> Client<crate::Etcd> {
        let link = Link::tcp(self.0.address()).await.expect("a port");
        let endpoints = [link.addresses()[0].to_string()];
        let services = crate::Etcd::connect(&endpoints, None, settings(self.lease(), label)).await.expect("a client");
        Client { services, link }
    }

    fn url(&self) -> String {
        self.0.address().to_string()
    }

    async fn connect(url: &str, lease: Duration) -> crate::Etcd {
        crate::Etcd::connect(&[url.to_owned()], None, settings(lease, "")).await.expect("a client")
    }

    async fn restart(&mut self) {
        self.0.run().expect("a server that starts again");
    }

    fn lease(&self) -> Duration {
        Duration::from_secs(5)
    }

    fn promptness(&self) -> Duration {
        // It looks for leases that are over twice a second, and gives out at most a step more than was asked for.
        Duration::from_secs(2) + TO_SPARE
    }

    fn keeps_locks(&self) -> bool {
        true
    }
}

/// A cluster of quorate's own: three members in this process, with their state on files.
#[cfg(feature = "cluster")]
#[derive(Debug)]
pub struct Cluster {
    members: Vec<Member>,
    addresses: Vec<SocketAddr>,
    state: PathBuf,
}

#[cfg(feature = "cluster")]
impl Cluster {
    const GROUP: &str = "conformance";

    fn member(&self, place: usize) -> quorate_tokio::Builder {
        let id = |place: usize| NodeId::new(place as u32 + 1);
        let builder = Member::builder(id(place)).group(Self::GROUP).listen(self.addresses[place]);
        let peers = self.addresses.iter().enumerate().filter(|(peer, _)| *peer != place);
        let builder = peers.fold(builder, |builder, (peer, address)| builder.peer(id(peer), address));
        builder.state_dir(self.state.join(place.to_string()))
    }

    /// Starts all members, and waits until one leads.
    async fn join(&mut self) {
        for place in 0..self.addresses.len() {
            let member = tokio::time::timeout(Duration::from_secs(60), async {
                loop {
                    match self.member(place).join().await {
                        Ok(member) => break member,
                        // Its former self, which was dropped, has not let go of its port and its directory yet.
                        Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                    }
                }
            });
            self.members.push(member.await.expect("a member that starts"));
        }
        let mut leads = self.members[0].leader();
        let led = tokio::time::timeout(Duration::from_secs(60), leads.wait_for(Option::is_some)).await;
        led.expect("a leader").expect("a member that goes on");
    }
}

#[cfg(feature = "cluster")]
impl Engine for Cluster {
    type Services = crate::Cluster;

    async fn start() -> Result<Self, NoServer> {
        let ports = super::servers::free_ports::<3>().expect("ports for the members");
        let addresses: Vec<_> = ports.into_iter().map(|port| SocketAddr::from(([127, 0, 0, 1], port))).collect();
        let state =
            std::env::temp_dir().join(format!("quorate-cluster-{}-{}", std::process::id(), addresses[0].port()));
        let mut cluster = Self { members: Vec::new(), addresses, state };
        cluster.join().await;
        Ok(cluster)
    }

    async fn client(&self, _: &str) -> Client<crate::Cluster> {
        let link = Link::udp(&self.addresses).await.expect("ports");
        let members = (1..).zip(link.addresses()).map(|(id, address)| (Some(id), address.to_string()));
        let members: Vec<_> = members.collect();
        let services = crate::Cluster::connect(&members, Self::GROUP, None, settings(self.lease(), "")).await;
        Client { services: services.expect("a client"), link }
    }

    fn url(&self) -> String {
        let addresses: Vec<String> = self.addresses.iter().map(SocketAddr::to_string).collect();
        addresses.join(",")
    }

    async fn connect(url: &str, lease: Duration) -> crate::Cluster {
        let members: Vec<_> = (1..).zip(url.split(',')).map(|(id, address)| (Some(id), address.to_owned())).collect();
        crate::Cluster::connect(&members, Self::GROUP, None, settings(lease, "")).await.expect("a client")
    }

    async fn restart(&mut self) {
        // Not shut down in good order, but dropped, as by a crash.
        self.members.clear();
        self.join().await;
    }

    fn lease(&self) -> Duration {
        Profile::LAN.leases().longest()
    }

    fn promptness(&self) -> Duration {
        TO_SPARE
    }

    fn keeps_locks(&self) -> bool {
        false // who holds is not written down: its holder brings it back, if a leader is found in time
    }
}

#[cfg(feature = "cluster")]
impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.state);
    }
}
