//! The members of the demonstration: real processes of this very program.

use crate::args::DemoArgs;
use crate::contend::Order;
use crate::failure::{Failure, Outcome};
use crate::line::Line;
use clap::ValueEnum;
use core::net::{Ipv4Addr, SocketAddr};
use quorate_tokio::clock;
use rustix::process::{Pid, Signal, kill_process};
use std::net::UdpSocket;
use std::path::PathBuf;
use std::process::Stdio;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// What a member's process gave to hear.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) node: u32,
    pub(crate) said: Said,
}

/// See [`Heard`].
#[derive(Debug)]
pub(crate) enum Said {
    /// An event.
    Line(Line),
    /// Something that is no event: an error for people.
    Text(String),
    /// Its output has ended: it has.
    End,
}

/// The processes, and what they need. Dropping it ends them all.
#[derive(Debug)]
pub(crate) struct Cluster {
    processes: Vec<Process>,
    addresses: Vec<SocketAddr>,
    options: Vec<String>,
    folder: TempDir,
    sender: Sender<Heard>,
}

#[derive(Debug, Default)]
struct Process {
    /// `None` while it is dead. Its standard input stays open as long as this lives, and ends it otherwise.
    child: Option<Child>,
    paused: bool,
}

impl Cluster {
    /// Prepares a group of members on free ports, none of which runs yet.
    pub(crate) fn new(args: &DemoArgs, seed: u64, levels: &str) -> Outcome<(Self, Receiver<Heard>)> {
        let failure = |error| Failure::new(format_args!("the members have no place to live ({error})"));
        let folder = tempfile::Builder::new().prefix("quorate-demo-").tempdir().map_err(failure)?;
        let addresses = free_addresses(args.nodes)
            .map_err(|error| Failure::new(format_args!("there are no free UDP ports on 127.0.0.1 ({error})")))?;
        let profile = args.profile.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
        // A member that comes back does not take over later, so that each election has one cause.
        let options = ["node", "--json", "--until-stdin-closes", "--levels", levels, "--profile", &profile]
            .into_iter()
            .chain(["--preempt", "never", "--group", "demo", "--seed", &seed.to_string()])
            .map(str::to_owned)
            .collect();
        let (sender, receiver) = channel(1_024);
        let processes = addresses.iter().map(|_| Process::default()).collect();
        Ok((Self { processes, addresses, options, folder, sender }, receiver))
    }

    fn process(&mut self, node: u32) -> Outcome<&mut Process> {
        let index = (node as usize).wrapping_sub(1);
        self.processes.get_mut(index).ok_or_else(|| Failure::new(format_args!("there is no node {node}")))
    }

    /// Starts a member, for the first time or anew.
    pub(crate) fn start(&mut self, node: u32) -> Outcome {
        let failure = |error: std::io::Error| Failure::new(format_args!("node {node} cannot be started ({error})"));
        let program = std::env::current_exe().map_err(failure)?;
        let mut command = Command::new(program);
        command.args(&self.options).args(["--id", &node.to_string()]);
        for (id, address) in (1..).zip(&self.addresses) {
            match id == node {
                true => command.args(["--listen", &address.to_string()]),
                false => command.args(["--peer", &format!("{id}={address}")]),
            };
        }
        command.arg("--contend").arg(self.file());
        command.arg("--state-dir").arg(self.folder.path().join(node.to_string()));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        // What is typed at the terminal is for the demonstration, not for its members.
        command.process_group(0);
        let mut child = command.spawn().map_err(failure)?;
        let sender = self.sender.clone();
        let process = self.process(node)?;
        process.paused = false;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        process.child = Some(child);
        tokio::spawn(async move {
            let lines = read(stdout, &sender, node, true);
            let errors = read(stderr, &sender, node, false);
            tokio::join!(lines, errors);
            let _ = sender.send(Heard { node, said: Said::End }).await;
        });
        Ok(())
    }

    /// Where holders of the lock write.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("fenced")
    }

    /// Asks something of a member.
    pub(crate) async fn order(&mut self, node: u32, order: Order) -> Outcome {
        let stdin = self.process(node)?.child.as_mut().and_then(|child| child.stdin.as_mut());
        let Some(stdin) = stdin else {
            return Err(Failure::new(format_args!("node {node} has ended by itself")));
        };
        let failure = |error| Failure::new(format_args!("node {node} cannot be asked anything ({error})"));
        stdin.write_all(order.line().as_bytes()).await.map_err(failure)
    }

    /// Sends a signal to a member, and says when it was sent.
    fn signal(&mut self, node: u32, signal: Signal) -> Outcome<u64> {
        let process = self.process(node)?;
        let pid = process.child.as_ref().and_then(Child::id).and_then(|pid| Pid::from_raw(pid.cast_signed()));
        let pid = pid.ok_or_else(|| Failure::new(format_args!("node {node} has ended by itself")))?;
        let at = clock::now().as_nanos();
        kill_process(pid, signal)
            .map_err(|error| Failure::new(format_args!("node {node} cannot be sent {signal:?} ({error})")))?;
        process.paused = match signal {
            Signal::STOP => true,
            Signal::CONT => false,
            _ => process.paused,
        };
        Ok(at)
    }

    /// Kills a member; [`Said::End`] follows, and then [`reap`](Self::reap).
    pub(crate) fn kill(&mut self, node: u32) -> Outcome<u64> {
        self.signal(node, Signal::KILL)
    }

    /// Stops a member in its tracks.
    pub(crate) fn pause(&mut self, node: u32) -> Outcome<u64> {
        self.signal(node, Signal::STOP)
    }

    /// Lets it go on.
    pub(crate) fn resume(&mut self, node: u32) -> Outcome<u64> {
        self.signal(node, Signal::CONT)
    }

    /// Takes note that a member's process has ended.
    pub(crate) async fn reap(&mut self, node: u32) -> Outcome {
        if let Some(mut child) = self.process(node)?.child.take() {
            let _ = child.wait().await;
        }
        Ok(())
    }

    /// Ends all members, and waits until they are gone.
    pub(crate) async fn end(mut self) {
        for process in &mut self.processes {
            if let Some(child) = &mut process.child {
                let _ = child.kill().await;
            }
        }
    }

    /// The members whose processes run, and are not paused.
    pub(crate) fn running(&self) -> Vec<u32> {
        let running = |process: &&Process| process.child.is_some() && !process.paused;
        (1..).zip(&self.processes).filter(|(_, process)| running(process)).map(|(id, _)| id).collect()
    }

    /// Whether a member's process is there, running or paused.
    pub(crate) fn is_alive(&self, node: u32) -> bool {
        self.processes.get((node as usize).wrapping_sub(1)).is_some_and(|process| process.child.is_some())
    }
}

/// Addresses that nobody listens at: each is held until all are known.
fn free_addresses(count: u32) -> std::io::Result<Vec<SocketAddr>> {
    let sockets: Vec<_> = (0..count).map(|_| UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))).collect::<Result<_, _>>()?;
    sockets.iter().map(UdpSocket::local_addr).collect()
}

/// Passes on what a process prints, until it prints no more.
async fn read(stream: Option<impl AsyncRead + Unpin>, sender: &Sender<Heard>, node: u32, events: bool) {
    let Some(stream) = stream else { return };
    let mut lines = BufReader::new(stream).lines();
    while let Ok(Some(text)) = lines.next_line().await {
        let said = match serde_json::from_str(&text) {
            Ok(line) if events => Said::Line(line),
            _ => Said::Text(text),
        };
        if sender.send(Heard { node, said }).await.is_err() {
            return;
        }
    }
}
