//! Who is no member and is answered all the same.

use quorate::{Instant, NodeId};
use quorate_wire::{Header, Rejected, Window};

/// Remembers the clients that were heard lately: where, and which of their frames have arrived.
///
/// `()` remembers nobody, and answers nobody; `[None; 4]` is a [table](Session) of four.
pub trait Clients<O> {
    /// Takes a frame that is known to be unaltered, if it is a new one. When there is no room for another client, the one that was
    /// silent for longest is forgotten.
    ///
    /// # Errors
    ///
    /// If it is not, or clients are not answered.
    fn admit(&mut self, header: &Header, origin: O, now: Instant) -> Result<(), Rejected>;

    /// Where a client was heard last.
    fn origin(&self, client: NodeId) -> Option<O>;
}

impl<O> Clients<O> for () {
    fn admit(&mut self, header: &Header, _: O, _: Instant) -> Result<(), Rejected> {
        Err(Rejected::UnknownSender { sender: header.sender })
    }

    fn origin(&self, _: NodeId) -> Option<O> {
        None
    }
}

/// What is known of one client.
#[derive(Clone, Copy, Debug)]
pub struct Session<O> {
    client: NodeId,
    window: Window,
    origin: O,
    heard: Instant,
}

impl<O: Copy, const K: usize> Clients<O> for [Option<Session<O>>; K] {
    fn admit(&mut self, header: &Header, origin: O, now: Instant) -> Result<(), Rejected> {
        let client = header.sender;
        if let Some(session) = self.iter_mut().flatten().find(|session| session.client == client) {
            session.window.admit(header)?;
            (session.origin, session.heard) = (origin, now);
            return Ok(());
        }
        let mut window = Window::new();
        window.admit(header)?;
        // An empty place was heard before all others.
        let oldest = self.iter_mut().min_by_key(|place| place.as_ref().map(|session| session.heard));
        match oldest {
            Some(place) => *place = Some(Session { client, window, origin, heard: now }),
            None => return Err(Rejected::UnknownSender { sender: client }),
        }
        Ok(())
    }

    fn origin(&self, client: NodeId) -> Option<O> {
        self.iter().flatten().find(|session| session.client == client).map(|session| session.origin)
    }
}
