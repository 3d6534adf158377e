//! Around the machine that does as it is told: a transport that writes everything down, and a storage that can be held up.

use crate::machine::Out;
pub(crate) use crate::machine::{Order, Script, Told, Word, say};
use crate::node;
use quorate::{Instant, NodeId};
use quorate_tokio::storage::{Storage, StorageError};
use quorate_tokio::transport::{Incoming, Origin, Transport};
use quorate_tokio::{Driver, Events, Frames, Handle, Happened};
use quorate_wire::GroupId;
use std::io;
use std::sync::{Arc, Mutex};
use tokio::sync::{broadcast, mpsc, watch};

/// What a [`Tape`] has been given to send.
pub(crate) type Sent = Arc<Mutex<Vec<(NodeId, Vec<u8>)>>>;

/// Writes down what is sent, and receives what the test feeds it. From whom that comes is taken on trust.
#[derive(Debug)]
pub(crate) struct Tape {
    pub(crate) sent: Sent,
    pub(crate) incoming: mpsc::Receiver<io::Result<(Origin, Vec<u8>)>>,
    pub(crate) full: bool,
}

impl Transport for Tape {
    fn send(&mut self, to: NodeId, datagram: &[u8]) -> io::Result<()> {
        if self.full {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.sent.lock().unwrap().push((to, datagram.to_vec()));
        Ok(())
    }

    async fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Incoming> {
        let Some(received) = self.incoming.recv().await else { core::future::pending().await };
        let (from, datagram) = received?;
        let length = datagram.len().min(buffer.len());
        buffer[..length].copy_from_slice(&datagram[..length]);
        Ok(Incoming::Datagram { length, from })
    }
}

/// Writes down what is persisted, when the gate is open.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) open: watch::Receiver<bool>,
    pub(crate) fails: bool,
    pub(crate) kept: Arc<Mutex<Vec<u64>>>,
}

impl Storage<u64> for Gate {
    async fn persist(&mut self, record: u64) -> Result<(), StorageError> {
        self.open.wait_for(|open| *open).await.unwrap();
        if self.fails {
            let error = io::ErrorKind::StorageFull.into();
            return Err(StorageError::Io { doing: "write", path: "record".into(), error });
        }
        self.kept.lock().unwrap().push(record);
        Ok(())
    }
}

/// A driven script, and everything around it in the test's hands.
pub(crate) struct Stage {
    pub(crate) handle: Handle<Script>,
    pub(crate) events: broadcast::Receiver<(Instant, Happened<Told>)>,
    pub(crate) sent: Sent,
    pub(crate) feed: mpsc::Sender<io::Result<(Origin, Vec<u8>)>>,
    pub(crate) gate: watch::Sender<bool>,
    pub(crate) kept: Arc<Mutex<Vec<u64>>>,
    pub(crate) run: tokio::task::JoinHandle<Result<(), quorate_tokio::Error>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) fails: bool,
    pub(crate) full: bool,
    pub(crate) events: usize,
    pub(crate) clock: Arc<dyn quorate_tokio::clock::Clock>,
}

impl Default for Setup {
    fn default() -> Self {
        Self { fails: false, full: false, events: 1_024, clock: Arc::new(quorate_tokio::clock::Virtual::new()) }
    }
}

pub(crate) const GROUP: GroupId = GroupId::from_name("script");

impl Stage {
    /// Node 1 with the peers 2 to 4, and an open gate.
    pub(crate) fn set(setup: Setup) -> Self {
        let peers = vec![node(2), node(3), node(4)];
        let frames = Frames::new(GROUP, node(1), 1.into(), &peers).unwrap();
        let (sent, kept): (Sent, Arc<Mutex<Vec<u64>>>) = Default::default();
        let (feed, incoming) = mpsc::channel(1_024);
        let (gate, open) = watch::channel(true);
        let (observer, events) = Events::new(setup.events);
        let tape = Tape { sent: sent.clone(), incoming, full: setup.full };
        let storage = Gate { open, fails: setup.fails, kept: kept.clone() };
        let script = Script { peers, alarm: None };
        let (driver, handle) = Driver::new(script, frames, tape, storage, observer, setup.clock);
        Self { handle, events, sent, feed, gate, kept, run: tokio::spawn(driver.run()) }
    }

    pub(crate) async fn order(&self, outputs: impl Into<Vec<Out>>) -> Result<Vec<Told>, quorate_tokio::Closed> {
        self.handle.command(Order::Do(outputs.into())).await
    }

    /// The next event of the machine.
    pub(crate) async fn told(&mut self) -> Told {
        loop {
            if let (_, Happened::Event(event)) = self.events.recv().await.unwrap() {
                return event;
            }
        }
    }

    /// The words that were sent, to whom, in order.
    pub(crate) fn words(&self) -> Vec<(u32, Vec<u64>)> {
        let codec = quorate_wire::Codec::plain(GROUP);
        let words = |datagram: &[u8]| {
            let mut datagram = datagram.to_vec();
            let frame = codec.open(&mut datagram).unwrap();
            frame.entries().map(|entry| entry.decode::<Word>().unwrap().0).collect()
        };
        self.sent.lock().unwrap().iter().map(|(to, datagram)| (to.get(), words(datagram))).collect()
    }
}
