//! Who is no member and is answered all the same.

use crate::transport::Origin;
use quorate::{Instant, NodeId};
use quorate_wire::{Header, Rejected, Window};
use std::collections::HashMap;

/// What is known of the clients that were heard lately: where each was heard last, and which of its frames have arrived.
#[derive(Debug)]
pub(super) struct Clients {
    capacity: usize,
    sessions: HashMap<NodeId, Session>,
}

#[derive(Debug)]
struct Session {
    window: Window,
    origin: Origin,
    heard: Instant,
}

impl Clients {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, sessions: HashMap::new() }
    }

    /// Takes a frame that is known to be unaltered, if it is a new one. When there is no room for another client, the one that
    /// was silent for longest is forgotten.
    pub(super) fn admit(&mut self, header: &Header, origin: Origin, now: Instant) -> Result<(), Rejected> {
        let sender = header.sender;
        if let Some(session) = self.sessions.get_mut(&sender) {
            session.window.admit(header)?;
            (session.origin, session.heard) = (origin, now);
            return Ok(());
        }
        let mut window = Window::new();
        window.admit(header)?;
        if self.sessions.len() >= self.capacity {
            let oldest = self.sessions.iter().min_by_key(|(_, session)| session.heard).map(|(client, _)| *client);
            if let Some(oldest) = oldest {
                tracing::debug!(client = %oldest, "forgotten, to make room for another client");
                self.sessions.remove(&oldest);
            }
        }
        self.sessions.insert(sender, Session { window, origin, heard: now });
        Ok(())
    }

    /// Where a client was heard last.
    pub(super) fn origin(&self, client: NodeId) -> Option<Origin> {
        self.sessions.get(&client).map(|session| session.origin)
    }

    /// How many are remembered.
    pub(super) fn len(&self) -> usize {
        self.sessions.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate::{Incarnation, To};
    use quorate_wire::{GroupId, Roster};

    fn header(client: u32, incarnation: u64, sequence: u64) -> Header {
        Header {
            key: 0,
            roster: Roster::NONE,
            group: GroupId::from_name("test"),
            sender: NodeId::new(client),
            incarnation: Incarnation::new(incarnation),
            to: To::Peers,
            sequence,
        }
    }

    fn from(port: u16) -> Origin {
        Origin::Address(([127, 0, 0, 1], port).into())
    }

    #[test]
    fn a_client_is_answered_where_it_was_heard_last_and_by_new_frames_only() {
        let mut clients = Clients::new(4);
        let now = Instant::ORIGIN;
        clients.admit(&header(9, 1, 1), from(1), now).unwrap();
        let replayed = clients.admit(&header(9, 1, 1), from(2), now);
        assert_eq!(replayed, Err(Rejected::Replay { sender: NodeId::new(9), sequence: 1 }));
        assert_eq!(clients.origin(NodeId::new(9)), Some(from(1)), "a copy does not lead the answers elsewhere");
        clients.admit(&header(9, 1, 2), from(2), now).unwrap();
        assert_eq!(clients.origin(NodeId::new(9)), Some(from(2)));
        clients.admit(&header(9, 2, 1), from(3), now).unwrap();
        assert!(matches!(clients.admit(&header(9, 1, 3), from(2), now), Err(Rejected::OlderIncarnation { .. })));
    }

    #[test]
    fn when_there_is_no_room_the_longest_silent_one_is_forgotten() {
        let mut clients = Clients::new(2);
        for (client, at) in [(1, 10), (2, 20), (1, 30), (3, 40)] {
            clients.admit(&header(client, 1, at), from(1), Instant::from_millis(at)).unwrap();
        }
        assert_eq!(clients.len(), 2);
        assert_eq!([1, 2, 3].map(|client| clients.origin(NodeId::new(client)).is_some()), [true, false, true]);
    }
}
