//! How frames travel.
//!
//! A link has two halves, so that what is received can be looked at while something is sent. [`stream`] is a link over anything that
//! reads and writes bytes; with the feature `udp` there is one over `embassy-net`. One of your own is two short implementations: a CAN
//! bus with a transport protocol, a radio, a mailbox between two cores.

pub mod stream;
#[cfg(feature = "udp")]
pub mod udp;

use quorate::{NodeId, To};

/// The half that hears.
#[allow(async_fn_in_trait, reason = "a driver is one task of one executor, and names no bounds")]
pub trait Receive {
    /// Where a frame came from, as far as the link can tell: `()` on a bus.
    type Origin: Copy;
    /// Why it hears nothing any more.
    type Error;

    /// Waits for the next datagram or frame, whoever sent it. It may be altered in place.
    ///
    /// It can be dropped while it waits, and nothing is lost by that.
    ///
    /// # Errors
    ///
    /// If there will never be another one. The driver stops with this error. What only a single frame suffers from is none: it is
    /// dropped and counted.
    async fn receive(&mut self) -> Result<(&mut [u8], Self::Origin), Self::Error>;
}

/// The half that speaks.
#[allow(async_fn_in_trait, reason = "a driver is one task of one executor, and names no bounds")]
pub trait Transmit {
    /// Where a frame can come from.
    type Origin: Copy;
    /// Why a frame was not sent. It is counted, and protocols repeat what matters.
    type Error;

    /// Sends a frame to this node, or to all of these peers: on a bus that is once.
    ///
    /// # Errors
    ///
    /// If it was not sent.
    async fn send(&mut self, to: To, peers: &[NodeId], frame: &[u8]) -> Result<(), Self::Error>;

    /// Sends a frame to where another one came from.
    ///
    /// # Errors
    ///
    /// If it was not sent.
    async fn reply(&mut self, origin: Self::Origin, frame: &[u8]) -> Result<(), Self::Error>;

    /// Whether what comes from there may be from this member. On a bus everybody speaks for everybody.
    fn vouches(&self, origin: Self::Origin, member: NodeId) -> bool {
        let _ = (origin, member);
        true
    }
}
