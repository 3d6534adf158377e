//! The way between a client and its servers, on which things go wrong.

use core::net::SocketAddr;
use core::time::Duration;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

/// How a link is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct State {
    /// Nothing gets through, in either direction, and nobody is told.
    cut: bool,
    /// What servers say is lost, and nobody is told.
    loses_replies: bool,
    /// How long everything takes, in each direction.
    delay: Duration,
}

/// The way from one client to its servers, for TCP or UDP. Dropped, it is gone, and what went over it is closed.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use quorate_services::conformance::Link;
/// # let server = tokio::net::TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
/// let link = Link::tcp(server).await?;
/// let address = link.addresses()[0]; // for the client, instead of the server's own
/// # let _ = address;
/// link.cut();
/// // …
/// link.heal();
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Link {
    state: watch::Sender<State>,
    addresses: Vec<SocketAddr>,
    tasks: Vec<AbortHandle>,
}

impl Link {
    /// A way to a server that listens for TCP.
    ///
    /// # Errors
    ///
    /// If there is no port for it.
    pub async fn tcp(server: SocketAddr) -> io::Result<Self> {
        let (state, watched) = watch::channel(State::default());
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addresses = vec![listener.local_addr()?];
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(connection(client, server, watched.clone()));
            }
        });
        Ok(Self { state, addresses, tasks: vec![task.abort_handle()] })
    }

    /// Ways to servers that listen for UDP, one for each.
    ///
    /// # Errors
    ///
    /// If there are no ports for it.
    pub async fn udp(servers: &[SocketAddr]) -> io::Result<Self> {
        let (state, watched) = watch::channel(State::default());
        let (mut addresses, mut tasks) = (Vec::new(), Vec::new());
        for server in servers {
            let (near, far) = (UdpSocket::bind("127.0.0.1:0").await?, UdpSocket::bind("127.0.0.1:0").await?);
            far.connect(server).await?;
            addresses.push(near.local_addr()?);
            tasks.push(tokio::spawn(datagrams(Arc::new(near), Arc::new(far), watched.clone())).abort_handle());
        }
        Ok(Self { state, addresses, tasks })
    }

    /// Where the client finds its servers, in the order in which they were given.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// From now on nothing gets through, and nobody is told: a cable that was pulled.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.cut = true);
    }

    /// From now on what the client says arrives, and what is answered does not.
    pub fn lose_replies(&self) {
        self.state.send_modify(|state| state.loses_replies = true);
    }

    /// From now on everything takes so much longer, in each direction.
    pub fn delay(&self, delay: Duration) {
        self.state.send_modify(|state| state.delay = delay);
    }

    /// All is well again. What was lost stays so: connections on which something is missing are closed.
    pub fn heal(&self) {
        self.state.send_replace(State::default());
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

async fn connection(client: TcpStream, server: SocketAddr, mut state: watch::Receiver<State>) {
    if state.borrow().cut {
        let _ = state.wait_for(|state| !state.cut).await;
        return; // what was asked meanwhile is lost
    }
    let Ok(server) = TcpStream::connect(server).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        _ = pump(from_client, to_server, state.clone(), |state| state.cut) => {}
        _ = pump(from_server, to_client, state, |state| state.cut || state.loses_replies) => {}
    }
}

/// Carries bytes until the connection ends, or until bytes are missing and all is well again.
async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<State>,
    loses: fn(&State) -> bool,
) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        let now = *state.borrow_and_update();
        if loses(&now) {
            while loses(&state.borrow_and_update()) {
                tokio::select! {
                    changed = state.changed() => if changed.is_err() { return Ok(()) },
                    length = from.read(&mut buffer) => if length? == 0 { return Ok(()) },
                }
            }
            return Ok(());
        }
        if !now.delay.is_zero() {
            tokio::time::sleep(now.delay).await;
        }
        to.write_all(&buffer[..length]).await?;
    }
}

async fn datagrams(near: Arc<UdpSocket>, far: Arc<UdpSocket>, state: watch::Receiver<State>) {
    let (mut question, mut answer) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    let mut client = None;
    loop {
        tokio::select! {
            asked = near.recv_from(&mut question) => {
                let Ok((length, from)) = asked else { continue };
                client = Some(from);
                let now = *state.borrow();
                if !now.cut {
                    let (far, bytes) = (Arc::clone(&far), question[..length].to_vec());
                    later(now.delay, async move { far.send(&bytes).await.map(drop) }).await;
                }
            }
            answered = far.recv(&mut answer) => {
                let (Ok(length), Some(to)) = (answered, client) else { continue };
                let now = *state.borrow();
                if !now.cut && !now.loses_replies {
                    let (near, bytes) = (Arc::clone(&near), answer[..length].to_vec());
                    later(now.delay, async move { near.send_to(&bytes, to).await.map(drop) }).await;
                }
            }
        }
    }
}

/// Sends at once, or later in a task of its own. A datagram that cannot be sent is lost, as datagrams may be.
async fn later(delay: Duration, send: impl Future<Output = io::Result<()>> + Send + 'static) {
    if delay.is_zero() {
        let _ = send.await;
    } else {
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            let _ = send.await;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    let _ = tokio::io::copy(&mut from, &mut to).await;
                });
            }
        });
        address
    }

    async fn asks(stream: &mut TcpStream, byte: u8) -> Option<u8> {
        stream.write_all(&[byte]).await.ok()?;
        let answer = tokio::time::timeout(Duration::from_millis(100), stream.read_u8()).await;
        answer.ok()?.ok()
    }

    #[tokio::test]
    async fn what_is_lost_on_a_connection_closes_it_when_all_is_well_again() {
        let link = Link::tcp(echo().await).await.unwrap();
        for breaks in [Link::cut, Link::lose_replies] {
            let mut stream = TcpStream::connect(link.addresses()[0]).await.unwrap();
            assert_eq!(asks(&mut stream, 1).await, Some(1));
            breaks(&link);
            assert_eq!(asks(&mut stream, 2).await, None, "nothing comes back, and nothing is closed");
            link.heal();
            assert_eq!(stream.read(&mut [0]).await.unwrap_or(0), 0, "closed");
        }
    }

    #[tokio::test]
    async fn datagrams_are_lost_one_by_one() {
        let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let link = Link::udp(&[server.local_addr().unwrap()]).await.unwrap();
        let client = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        client.connect(link.addresses()[0]).await.unwrap();
        let mut buffer = [0; 8];
        link.cut();
        client.send(&[1]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        link.heal();
        client.send(&[2]).await.unwrap();
        let (_, from) = server.recv_from(&mut buffer).await.unwrap();
        assert_eq!(buffer[0], 2);
        link.lose_replies();
        server.send_to(&[3], from).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        link.heal();
        server.send_to(&[4], from).await.unwrap();
        client.recv(&mut buffer).await.unwrap();
        assert_eq!(buffer[0], 4);
    }
}
