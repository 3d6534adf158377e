//! Takes what members answer.

use super::Inbound;
use super::link::Incoming;
use crate::Rejection;
use crate::locks::{Answers, MAX_AUTHORITIES};
use crate::transport::Origin;
use core::time::Duration;
use quorate::{Group, NodeId, To};
use quorate_wire::{Codec, Entry, Frame, Payload, Rejected, Window, protocol};
use std::sync::{Arc, OnceLock};
use tokio::time::{Instant, MissedTickBehavior, interval};

/// How long nobody may answer before names are looked up again.
const SILENCE: Duration = Duration::from_secs(3);

pub(super) struct Receiver {
    codec: Codec,
    me: NodeId,
    /// Of each member, which of its frames have arrived.
    windows: Vec<(NodeId, Window)>,
    inbound: Arc<Inbound>,
    incoming: Incoming,
}

impl Receiver {
    pub(super) fn new(codec: Codec, group: &Group<MAX_AUTHORITIES>, inbound: Arc<Inbound>, incoming: Incoming) -> Self {
        let windows = group.peers().iter().map(|member| (*member, Window::new())).collect();
        Self { codec, me: group.me(), windows, inbound, incoming }
    }

    /// Delivers what comes, until nothing can be received any more.
    pub(super) async fn run(mut self) {
        let mut buffer = vec![0; self.codec.limit().saturating_add(1)];
        let (mut heard, mut silence) = (Instant::now(), interval(SILENCE));
        silence.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let received = tokio::select! {
                biased;
                received = self.incoming.receive(&mut buffer) => received,
                _ = silence.tick() => {
                    if heard.elapsed() >= SILENCE {
                        self.inbound.link.look_up().await;
                    }
                    continue;
                }
            };
            match received {
                Ok((length, from)) => {
                    heard = Instant::now();
                    self.take(&mut buffer[..length], from);
                }
                Err(error) => {
                    tracing::error!(%error, "nothing can be received any more: what is held will be lost");
                    return;
                }
            }
        }
    }

    fn take(&mut self, datagram: &mut [u8], from: Origin) {
        let frame = match self.admit(datagram, from) {
            Ok(frame) => frame,
            Err(rejection) => return self.dropped(from, &rejection),
        };
        self.inbound.traffic.received();
        let sender = frame.header().sender;
        for entry in frame.entries() {
            let delivered = match entry.protocol {
                protocol::LEASE => deliver(&self.inbound.leases, sender, &entry),
                protocol::BARRIER => deliver(&self.inbound.barriers, sender, &entry),
                protocol => Err(Rejected::UnknownProtocol { protocol }),
            };
            if let Err(rejected) = delivered {
                self.dropped(from, &rejected.into());
            }
        }
    }

    /// The frame in a datagram, if it is a new one from a member. What members take for the list of members is not looked at: a
    /// client's list only says whom to ask.
    fn admit<'a>(&mut self, datagram: &'a mut [u8], from: Origin) -> Result<Frame<'a>, Rejection> {
        let frame = self.codec.open(datagram)?;
        let header = frame.header();
        let sender = header.sender;
        let known = self.windows.iter_mut().find(|(member, _)| *member == sender);
        let Some((_, window)) = known else { return Err(Rejected::UnknownSender { sender }.into()) };
        if !self.inbound.link.vouches(from, sender) {
            return Err(Rejection::WrongAddress { sender, expected: self.inbound.link.address(sender) });
        }
        match header.to {
            To::Node(recipient) if recipient != self.me => Err(Rejected::Misdirected { sender, recipient }.into()),
            _ => {
                window.admit(&header)?;
                Ok(frame)
            }
        }
    }

    fn dropped(&self, from: Origin, rejection: &Rejection) {
        self.inbound.traffic.dropped(rejection);
        tracing::debug!(%from, %rejection, "dropped a datagram");
    }
}

fn deliver<M: Payload>(answers: &OnceLock<Answers<M>>, from: NodeId, entry: &Entry<'_>) -> Result<(), Rejected> {
    let message = entry.decode::<M>()?;
    if let Some(answers) = answers.get() {
        answers.deliver(from, message);
    }
    Ok(())
}
