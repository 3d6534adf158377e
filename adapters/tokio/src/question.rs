//! Asking a member something from outside, and waiting for the answer.

use crate::status::AskError;
use core::net::SocketAddr;
use core::time::Duration;
use quorate_std::question::{AGAIN, Answer, Asking, Group, any_like, found, refused};
use quorate_wire::MAX_DATAGRAM;
use tokio::net::{ToSocketAddrs, UdpSocket, lookup_host};
use tokio::time::{Instant, timeout_at};

/// Puts a question to the member at `address`, again and again until `timeout` is over. Returns where the answer came from, too.
/// `what` stands behind version and number.
pub(crate) async fn put<A: Answer>(
    address: impl ToSocketAddrs,
    group: Group<'_>,
    what: &[u8],
    timeout: Duration,
) -> Result<(SocketAddr, A), AskError> {
    let end = Instant::now() + timeout;
    let address = found(lookup_host(address).await.map_err(AskError::Address)?)?;
    let socket = UdpSocket::bind(any_like(address)).await.map_err(AskError::Socket)?;
    // Connected, it takes answers from there only, and is told when nobody listens.
    socket.connect(address).await.map_err(AskError::Socket)?;

    let mut asking = Asking::<A>::new(group, what);
    let mut buffer = [0; MAX_DATAGRAM];
    while Instant::now() < end {
        let Ok(frame) = asking.frame() else { break };
        if let Err(error) = socket.send(frame).await {
            refused(error, address, false)?;
        }
        let again = end.min(Instant::now() + AGAIN);
        while let Ok(received) = timeout_at(again, socket.recv(&mut buffer)).await {
            match received {
                Ok(length) => {
                    if let Some(answer) = asking.hear(&mut buffer[..length]) {
                        return Ok((address, answer));
                    }
                }
                Err(error) => refused(error, address, true)?,
            }
        }
    }
    Err(asking.unanswered(address, timeout))
}
