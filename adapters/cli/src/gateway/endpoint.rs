//! Where the bytes of a serial line come and go.

use core::fmt;
use serial2_tokio::SerialPort;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};
use tokio::net::{TcpListener, TcpStream, UdpSocket, UnixStream};

/// Where the bytes of a serial line come and go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// A serial device.
    Device(PathBuf),
    /// A connection that is made, and made again.
    Tcp(String),
    /// A connection that is waited for.
    TcpListen(String),
    /// A socket in the file system that is connected to.
    Unix(PathBuf),
    /// Datagrams that hold pieces of the stream, to one address from another.
    Udp { remote: String, local: String },
}

impl Endpoint {
    /// How fast serial devices are unless it is said, in bits a second.
    pub(crate) const BAUD: u32 = 115_200;

    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return match text {
                "" => Err(
                    "a serial line needs a device, such as /dev/ttyUSB0, or an endpoint, such as tcp://127.0.0.1:4555"
                        .to_owned(),
                ),
                path => Ok(Self::Device(path.into())),
            };
        };
        match scheme {
            "tcp" => address(rest).map(Self::Tcp),
            "tcp-listen" => address(rest).map(Self::TcpListen),
            "unix" if rest.starts_with('/') => Ok(Self::Unix(rest.into())),
            "unix" => Err(format!("`{text}` names no file; write unix:///run/board.sock, with three slashes")),
            "udp" => match rest.split_once('/') {
                Some((remote, local)) => Ok(Self::Udp { remote: address(remote)?, local: address(local)? }),
                None => Err(format!(
                    "`{text}` names one address; write udp://HOST:PORT/LOCAL:PORT, where to send and where to receive"
                )),
            },
            _ => Err(format!(
                "`{scheme}://` is no kind of endpoint; there are tcp, tcp-listen, unix and udp, and devices by their path"
            )),
        }
    }

    /// The stream, once it is there.
    pub(crate) async fn open(&self, baud: u32) -> io::Result<(Reader, Writer)> {
        Ok(match self {
            Self::Device(path) => halves(SerialPort::open(path, baud)?),
            Self::Tcp(address) => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                halves(stream)
            }
            Self::TcpListen(address) => {
                let (stream, _) = TcpListener::bind(address).await?.accept().await?;
                stream.set_nodelay(true)?;
                halves(stream)
            }
            Self::Unix(path) => halves(UnixStream::connect(path).await?),
            Self::Udp { remote, local } => {
                let socket = UdpSocket::bind(local).await?;
                socket.connect(remote).await?;
                let socket = Arc::new(socket);
                (Reader::Datagrams(Arc::clone(&socket)), Writer::Datagrams(socket))
            }
        })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(path) => path.display().fmt(f),
            Self::Tcp(address) => write!(f, "tcp://{address}"),
            Self::TcpListen(address) => write!(f, "tcp-listen://{address}"),
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Udp { remote, local } => write!(f, "udp://{remote}/{local}"),
        }
    }
}

fn address(text: &str) -> Result<String, String> {
    match text.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port != 0) => {
            Ok(text.to_owned())
        }
        _ => Err(format!("`{text}` is no address with a port from 1 to 65535, such as 127.0.0.1:4555")),
    }
}

fn halves(stream: impl AsyncRead + AsyncWrite + Send + 'static) -> (Reader, Writer) {
    let (reader, writer) = split(stream);
    (Reader::Stream(Box::new(reader)), Writer::Stream(Box::new(writer)))
}

/// From where bytes come.
pub(crate) enum Reader {
    Stream(Box<dyn AsyncRead + Send + Unpin>),
    Datagrams(Arc<UdpSocket>),
}

impl Reader {
    /// The next bytes; none, if the stream has ended.
    pub(crate) async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Stream(stream) => stream.read(buffer).await,
            Self::Datagrams(socket) => loop {
                match socket.recv(buffer).await {
                    // Nobody receives there yet, or a datagram without bytes: neither ends anything.
                    Ok(0) => {}
                    Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
                    other => return other,
                }
            },
        }
    }
}

/// Where bytes go.
pub(crate) enum Writer {
    Stream(Box<dyn AsyncWrite + Send + Unpin>),
    Datagrams(Arc<UdpSocket>),
}

impl Writer {
    /// Writes all of them.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Stream(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
            Self::Datagrams(socket) => match socket.send(bytes).await {
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
                other => other.map(drop),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_printed_as_they_are_read() {
        let texts = [
            "/dev/ttyUSB0",
            "tcp://127.0.0.1:1",
            "tcp-listen://[::1]:4555",
            "unix:///run/board.sock",
            "udp://a.example:1/0.0.0.0:2",
        ];
        for text in texts {
            assert_eq!(Endpoint::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_endpoint_is_refused_with_a_sentence_that_helps() {
        for (text, says) in [
            ("", "/dev/ttyUSB0"),
            ("tcp://127.0.0.1", "port"),
            ("tcp://:80", "port"),
            ("unix://run/board.sock", "three slashes"),
            ("udp://127.0.0.1:5", "where to receive"),
            ("http://127.0.0.1:5", "tcp-listen"),
        ] {
            let error = Endpoint::parse(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
