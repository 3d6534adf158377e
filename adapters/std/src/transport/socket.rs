//! What every UDP socket of an adapter has in common.

use core::fmt;
use core::net::SocketAddr;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;

/// A UDP socket that listens there and never blocks, on port 0 at any that is free. One for all addresses of IPv6 takes those of
/// IPv4, too.
///
/// # Errors
///
/// If the address cannot be listened on: it is in use, or not one of this machine.
///
/// ```
/// use quorate_std::transport::open;
/// let first = open("127.0.0.1:0".parse()?)?;
/// let taken = first.local_addr()?;
/// let error = open(taken).unwrap_err();
/// assert!(error.to_string().contains(&taken.to_string()), "{error}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn open(listen: SocketAddr) -> Result<std::net::UdpSocket, BindError> {
    bind(listen).map_err(|error| BindError::new(listen, error))
}

fn bind(listen: SocketAddr) -> io::Result<std::net::UdpSocket> {
    let socket = Socket::new(Domain::for_address(listen), Type::DGRAM, Some(Protocol::UDP))?;
    if listen.is_ipv6() && listen.ip().is_unspecified() {
        socket.set_only_v6(false)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&listen.into())?;
    Ok(socket.into())
}

/// Whether an error on receipt is a late answer to something that was sent (a peer that does not run, a network that is
/// down), and the socket is well.
#[must_use]
pub fn is_about_one_datagram(error: &io::Error) -> bool {
    use io::ErrorKind::*;
    crate::sys::is_cut_off(error)
        || matches!(
            error.kind(),
            ConnectionRefused | ConnectionReset | HostUnreachable | NetworkUnreachable | NetworkDown | Interrupted
        )
}

/// An address that cannot be listened on.
#[derive(Debug)]
pub struct BindError {
    address: SocketAddr,
    error: io::Error,
}

impl BindError {
    /// That this address cannot be listened on, and why.
    #[must_use]
    pub fn new(address: SocketAddr, error: io::Error) -> Self {
        Self { address, error }
    }

    /// The address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, error } = self;
        match error.kind() {
            io::ErrorKind::AddrInUse => write!(
                f,
                "cannot listen on {address}: the port is in use, by another member perhaps; choose another one or stop \
                 whoever has it"
            ),
            io::ErrorKind::AddrNotAvailable => {
                write!(f, "cannot listen on {address}: it is not an address of this machine")
            }
            io::ErrorKind::PermissionDenied => {
                write!(f, "cannot listen on {address}: permission denied; ports below 1024 often need a privilege")
            }
            _ => write!(f, "cannot listen on {address}: {error}"),
        }
    }
}

impl From<BindError> for io::Error {
    fn from(error: BindError) -> Self {
        Self::new(error.error.kind(), error)
    }
}

impl core::error::Error for BindError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.error)
    }
}
