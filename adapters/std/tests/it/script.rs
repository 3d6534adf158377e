//! Around the machine that does as it is told: a transport that writes everything down, and a storage that can be held up.

pub(crate) use crate::machine::{Order, Script, Told, Word, say};
use crate::node;
use core::time::Duration;
use quorate::{Incarnation, NodeId};
use quorate_std::driver::Receiver;
use quorate_std::storage::{Storage, StorageError};
use quorate_std::transport::{Incoming, Link, Origin, Transport, Waker};
use quorate_std::{Driver, Events, Frames, Handle, Mailbox, Taken, clock};
use quorate_wire::{Codec, GroupId};
use std::io;
use std::sync::{Arc, Mutex};

pub(crate) const GROUP: GroupId = GroupId::from_name("script");

/// What was done, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    Sent(NodeId, Vec<u64>),
    Kept(u64),
}

pub(crate) type Journal = Arc<Mutex<Vec<Done>>>;

/// Writes down what is sent, and receives what the test feeds it. From whom that comes is taken on trust.
#[derive(Debug)]
pub(crate) struct Tape {
    journal: Journal,
    feed: Feed,
}

type Feed = Arc<Mailbox<io::Result<(Origin, Vec<u8>)>>>;

impl Link for Tape {
    fn send(&mut self, to: NodeId, datagram: &[u8]) -> io::Result<()> {
        let mut datagram = datagram.to_vec();
        let codec = Codec::plain(GROUP);
        let frame = codec.open(&mut datagram).map_err(|error| io::Error::other(error.to_string()))?;
        let words = frame.entries().map(|entry| entry.decode::<Word>().unwrap().0).collect();
        self.journal.lock().unwrap().push(Done::Sent(to, words));
        Ok(())
    }
}

impl Transport for Tape {
    fn receive(&mut self, buffer: &mut [u8], longest: Duration) -> io::Result<Option<Incoming>> {
        let Taken::Mail(received) = self.feed.take(Some(longest)) else { return Ok(None) };
        let (from, datagram) = received?;
        let length = datagram.len().min(buffer.len());
        buffer[..length].copy_from_slice(&datagram[..length]);
        Ok(Some(Incoming::Datagram { length, from }))
    }

    fn waker(&self) -> Waker {
        let feed = self.feed.clone();
        Waker::new(move || feed.wake())
    }
}

/// Writes down what is persisted, when it is let.
#[derive(Debug)]
pub(crate) struct Kept {
    journal: Journal,
    gate: Arc<Mailbox<Result<(), StorageError>>>,
    gated: bool,
}

impl Storage<u64> for Kept {
    fn persist(&mut self, record: u64) -> Result<(), StorageError> {
        if self.gated {
            match self.gate.take(None) {
                Taken::Mail(result) => result?,
                other => panic!("{other:?}"),
            }
        }
        self.journal.lock().unwrap().push(Done::Kept(record));
        Ok(())
    }
}

/// Node 1 of four on a stage.
pub(crate) struct Stage {
    pub(crate) handle: Handle<Script>,
    pub(crate) journal: Journal,
    pub(crate) feed: Feed,
    pub(crate) gate: Arc<Mailbox<Result<(), StorageError>>>,
    pub(crate) events: Receiver<Told>,
}

impl Stage {
    pub(crate) fn set(gated: bool) -> Self {
        let (journal, feed) = (Journal::default(), Arc::new(Mailbox::new(16)));
        let gate = Arc::new(Mailbox::new(1));
        let peers = vec![node(2), node(3), node(4)];
        let frames = Frames::new(GROUP, node(1), Incarnation::new(1), &peers).unwrap();
        let events = Events::new(64);
        let receiver = events.subscribe();
        let tape = Tape { journal: journal.clone(), feed: feed.clone() };
        let kept = Kept { journal: journal.clone(), gate: gate.clone(), gated };
        let driver = Driver::new(Script { peers, alarm: None }, frames, tape, kept, events, Arc::new(clock::System));
        Self { handle: driver.spawn("script").unwrap(), journal, feed, gate, events: receiver }
    }

    pub(crate) fn done(&self) -> Vec<Done> {
        self.journal.lock().unwrap().clone()
    }
}
