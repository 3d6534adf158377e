//! Looking up where peers are, in tasks of their own.

use crate::{Notice, clock};
use core::net::SocketAddr;
use quorate::NodeId;
use quorate_std::transport::Places;
use std::io;
use tokio::sync::mpsc;

/// How many answers may wait. One lookup a peer runs at a time, so more never do with that many peers.
const ANSWERS: usize = 64;

/// The addresses of all peers.
#[derive(Debug)]
pub(super) struct Resolver {
    places: Places,
    answers: mpsc::Receiver<(NodeId, io::Result<Vec<SocketAddr>>)>,
    answer: mpsc::Sender<(NodeId, io::Result<Vec<SocketAddr>>)>,
}

impl Resolver {
    pub(super) fn new(peers: impl IntoIterator<Item = (NodeId, String)>, v4: bool) -> Self {
        let (answer, answers) = mpsc::channel(ANSWERS);
        Self { places: Places::new(peers, v4), answers, answer }
    }

    /// Where `peer` is at present.
    pub(super) fn address(&self, peer: NodeId) -> Option<SocketAddr> {
        self.places.address(peer)
    }

    /// Looks up every peer that has a name.
    pub(super) fn look_up_all(&mut self) {
        let peers: Vec<NodeId> = self.places.peers().collect();
        for peer in peers {
            self.look_up(peer);
        }
    }

    /// Looks up a peer, unless that was done a moment ago or is being done.
    pub(super) fn look_up(&mut self, peer: NodeId) {
        let Some(name) = self.places.look_up(peer, clock::now()) else { return };
        let answer = self.answer.clone();
        // A lookup can block for long; this task lives for just one of them.
        tokio::spawn(async move {
            let found = tokio::net::lookup_host(name).await.map(Iterator::collect);
            let _ = answer.send((peer, found)).await;
        });
    }

    /// Waits for a lookup that has something to tell. Cancel-safe.
    pub(super) async fn changed(&mut self) -> Notice {
        loop {
            // `self.answer` is one sender, so there is always another answer to wait for.
            let Some((peer, found)) = self.answers.recv().await else { core::future::pending().await };
            if let Some(notice) = self.places.settle(peer, found) {
                return notice;
            }
        }
    }
}
