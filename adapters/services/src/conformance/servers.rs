//! Servers of one's own: each on a free port of the loopback interface, with its data in a directory that goes with it.

use core::fmt;
use core::net::SocketAddr;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Why there is no server.
#[derive(Debug)]
#[non_exhaustive]
pub enum NoServer {
    /// The program is not on this machine. Tests are skipped then, by name.
    NotInstalled {
        /// The program.
        program: &'static str,
    },
    /// It could not be started.
    NotStarted {
        /// The program.
        program: &'static str,
        /// Why.
        source: io::Error,
    },
    /// It was started, and does not answer.
    Silent {
        /// The program.
        program: &'static str,
        /// For how long it was waited for.
        waited: Duration,
    },
}

impl fmt::Display for NoServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInstalled { program } => write!(f, "no {program} on this machine"),
            Self::NotStarted { program, source } => write!(f, "{program} could not be started: {source}"),
            Self::Silent { program, waited } => write!(f, "{program} did not answer within {waited:?}"),
        }
    }
}

impl core::error::Error for NoServer {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::NotStarted { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// How long a server may take until it can be connected to.
const PATIENCE: Duration = Duration::from_secs(20);

/// Which server, and how it is told where to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `redis-server`, which has every command on the disk before it answers, and so comes back with what it knew.
    Redis,
    /// `redis-server` that keeps nothing, and comes back empty.
    ForgetfulRedis,
    /// `etcd`, one member.
    Etcd,
}

impl Kind {
    /// The name of the program.
    #[must_use]
    pub const fn program(self) -> &'static str {
        match self {
            Self::Redis | Self::ForgetfulRedis => "redis-server",
            Self::Etcd => "etcd",
        }
    }

    fn command(self, port: u16, second_port: u16, data: &Path) -> Command {
        let mut command = Command::new(self.program());
        match self {
            Self::Redis | Self::ForgetfulRedis => {
                let keeps = self == Self::Redis;
                command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--dir"]).arg(data);
                command.args(["--appendonly", if keeps { "yes" } else { "no" }, "--appendfsync", "always"]);
            }
            Self::Etcd => {
                let client = format!("http://127.0.0.1:{port}");
                let peer = format!("http://127.0.0.1:{second_port}");
                command.args(["--name", "one", "--log-level", "error", "--data-dir"]).arg(data);
                command.args(["--listen-client-urls", &client, "--advertise-client-urls", &client]);
                command.args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer]);
                command.args(["--initial-cluster", &format!("one={peer}")]);
            }
        }
        command
    }

    /// Whether what listens there has read its data, and takes commands.
    fn serves(self, address: SocketAddr) -> io::Result<bool> {
        let (question, answer): (&[u8], &str) = match self {
            Self::Redis | Self::ForgetfulRedis => (b"PING\r\n", "+PONG"),
            Self::Etcd => (b"GET /health HTTP/1.0\r\n\r\n", r#""health":"true""#),
        };
        const AT_ONCE: Duration = Duration::from_millis(500);
        let mut stream = TcpStream::connect_timeout(&address, AT_ONCE)?;
        stream.set_read_timeout(Some(AT_ONCE))?;
        stream.write_all(question)?;
        let mut heard = [0; 1024];
        let mut length = 0;
        while length < heard.len() {
            let more = stream.read(&mut heard[length..])?;
            length += more;
            let is_served = String::from_utf8_lossy(&heard[..length]).contains(answer);
            if is_served || more == 0 || heard[..length].starts_with(b"-") {
                return Ok(is_served);
            }
        }
        Ok(false)
    }
}

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct Server {
    kind: Kind,
    port: u16,
    second_port: u16,
    data: PathBuf,
    process: Option<Child>,
}

impl Server {
    /// Starts one, with its data on a file system in memory where there is one, and waits until it can be connected to.
    ///
    /// # Errors
    ///
    /// If the program is not there, cannot be started, or does not answer.
    pub fn start(kind: Kind) -> Result<Self, NoServer> {
        let program = kind.program();
        let not_started = |source| NoServer::NotStarted { program, source };
        let [port, second_port] = free_ports::<2>().map_err(not_started)?;
        let parent = Some(PathBuf::from("/dev/shm")).filter(|path| path.is_dir()).unwrap_or_else(std::env::temp_dir);
        let data = parent.join(format!("quorate-{program}-{}-{port}", std::process::id()));
        std::fs::create_dir_all(&data).map_err(not_started)?;
        let mut server = Self { kind, port, second_port, data, process: None };
        server.run()?;
        Ok(server)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// The number of its process; `None` while it is killed.
    #[must_use]
    pub fn process(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    /// Kills it. What it had not written is lost.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill(); // fails only if it has ended already
            let _ = process.wait();
        }
    }

    /// Starts it again after [`kill`](Self::kill), on the same port and with the same data.
    ///
    /// # Errors
    ///
    /// If it cannot be started, or does not answer.
    pub fn run(&mut self) -> Result<(), NoServer> {
        self.kill();
        let program = self.kind.program();
        let mut command = self.kind.command(self.port, self.second_port, &self.data);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.process = Some(command.spawn().map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => NoServer::NotInstalled { program },
            _ => NoServer::NotStarted { program, source },
        })?);
        let started = std::time::Instant::now();
        while !self.kind.serves(self.address()).unwrap_or(false) {
            if started.elapsed() > PATIENCE {
                self.kill();
                return Err(NoServer::Silent { program, waited: PATIENCE });
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

/// Ports that nobody listens on. Another process can take one before it is used; then the server does not answer, which is told.
pub(super) fn free_ports<const N: usize>() -> io::Result<[u16; N]> {
    static TRIED: AtomicU32 = AtomicU32::new(0);
    let mut ports = [0; N];
    for found in &mut ports {
        // Not of those that are given to whoever asks for any (from 32,768 on), or another test may be given it in between.
        let first = std::process::id().wrapping_mul(61);
        let tried =
            (0..20_000).map(|_| 10_000 + (first.wrapping_add(TRIED.fetch_add(1, Ordering::Relaxed)) % 20_000) as u16);
        let is_free = |port: &u16| {
            TcpListener::bind(("127.0.0.1", *port)).is_ok() && UdpSocket::bind(("127.0.0.1", *port)).is_ok()
        };
        *found = tried.into_iter().find(is_free).ok_or(io::ErrorKind::AddrInUse)?;
    }
    Ok(ports)
}
