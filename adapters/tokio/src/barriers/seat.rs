//! One party, and what is shared about it with whoever waits.

use super::{Carrier, Party};
use crate::clock::{Clock, LONGEST_SLEEP};
use core::pin::pin;
use core::time::Duration;
use quorate::barrier::Message;
use quorate::barrier::party::{Command, Event, Standing};
use quorate::{Input, Machine, Name, NodeId, Output};
use quorate_std::barriers::End;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

#[derive(Debug)]
pub(super) struct Seat {
    state: Mutex<State>,
    pub(super) changed: Notify,
    clock: Arc<dyn Clock>,
    carrier: Arc<dyn Carrier<Message<Name>>>,
}

#[derive(Debug)]
struct State {
    party: Party,
    end: Option<End>,
    arrived: u16,
    /// Nobody waits here any more.
    left: bool,
}

impl Seat {
    pub(super) fn new(party: Party, clock: Arc<dyn Clock>, carrier: Arc<dyn Carrier<Message<Name>>>) -> Arc<Self> {
        let state = Mutex::new(State { party, end: None, arrived: 0, left: false });
        Arc::new(Self { state, changed: Notify::new(), clock, carrier })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Arrives: from now on there is no end before the next one.
    pub(super) fn arrive(&self, command: Command) {
        (self.state().end, self.state().arrived) = (None, 0);
        self.step(Input::Command(command));
    }

    pub(super) fn receive(&self, from: NodeId, message: Message<Name>) {
        self.step(Input::Receive { from, message });
    }

    /// How the last arrival ended; `None` if that is not known yet.
    pub(super) fn end(&self) -> Option<End> {
        self.state().end
    }

    /// How many have arrived, as far as it was told.
    pub(super) fn arrived(&self) -> u16 {
        self.state().arrived
    }

    /// Nobody waits here any more. An arrival that can be taken back is, and the place is given up.
    pub(super) fn leave(&self) {
        self.state().left = true;
        self.step(Input::Command(Command::Cancel));
        self.changed.notify_waiters();
    }

    fn step(&self, input: Input<Command, Message<Name>>) {
        let mut state = self.state();
        let before = state.party.deadline();
        let outputs = state.party.step(input, self.clock.now());
        // Whoever looks after it sleeps until the old deadline, or for ever if there was none.
        let sooner = state.party.deadline().is_some_and(|after| before.is_none_or(|before| after < before));
        for event in outputs.events() {
            let name = state.party.resource();
            tracing::debug!(%name, ?event, "at a barrier");
            if let Event::Waiting { arrived, .. } = *event {
                state.arrived = arrived;
            }
            state.end = End::of(event).or(state.end);
        }
        drop(state);
        let mut told = sooner;
        for output in outputs {
            match output {
                // Not under the lock: the answer may come before this returns.
                Output::Send { to, message } => self.carrier.send(to, message),
                Output::Event(_) => told = true,
                Output::Persist(never) => match never {},
            }
        }
        if told {
            self.changed.notify_waiters();
        }
    }

    /// Ticks the party at its deadlines, until nobody waits here any more and its place is given up.
    pub(super) async fn look_after(self: Arc<Self>) {
        let mut sleep = pin!(tokio::time::sleep(Duration::ZERO));
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            self.step(Input::Tick);
            let (deadline, standing, left) = {
                let state = self.state();
                (state.party.deadline(), state.party.standing(), state.left)
            };
            match standing {
                Standing::Outside if left => return,
                // It could not be given up before, since all had arrived.
                Standing::Present if left => {
                    self.step(Input::Command(Command::Cancel));
                    continue;
                }
                _ => {}
            }
            let Some(deadline) = deadline else {
                changed.await;
                continue;
            };
            let left = deadline.since(self.clock.now()).min(LONGEST_SLEEP);
            sleep.as_mut().reset(tokio::time::Instant::now() + left);
            tokio::select! {
                () = changed => {}
                () = &mut sleep => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Virtual;
    use crate::locks::{Answers, MAX_AUTHORITIES};
    use core::sync::atomic::{AtomicUsize, Ordering};
    use quorate::barrier::PartyId;
    use quorate::barrier::party::{Config, Timing};
    use quorate::{Group, Seed, To};

    /// Loses what is said, and counts it.
    #[derive(Debug, Default)]
    struct Lossy(AtomicUsize);

    impl Lossy {
        fn group() -> Group<MAX_AUTHORITIES> {
            Group::new(NodeId::new(2), &[NodeId::new(1)]).unwrap()
        }
    }

    impl Carrier<Message<Name>> for Lossy {
        fn group(&self) -> Group<MAX_AUTHORITIES> {
            Self::group()
        }

        fn attach(&self, _: Answers<Message<Name>>) {}

        fn send(&self, _: To, _: Message<Name>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_arrives_after_somebody_looks_after_it_says_so_again_when_that_is_lost() {
        let (clock, carrier) = (Arc::new(Virtual::new()), Arc::new(Lossy::default()));
        let config = Config::new(2, Timing::LAN, Seed::new(1)).unwrap();
        let name = Name::new("step").unwrap();
        let party = Party::new(config, name, Lossy::group(), PartyId::new(1), None, clock.now());
        let seat = Seat::new(party, clock, carrier.clone());
        let looks_after = tokio::spawn(seat.clone().look_after());
        tokio::task::yield_now().await; // it has seen that nothing is due, and sleeps for ever
        seat.arrive(Command::Arrive { patience: None });
        tokio::time::sleep(2 * Timing::LAN.repeat).await;
        let said = carrier.0.load(Ordering::Relaxed);
        looks_after.abort();
        assert!(said > 1, "it was said {said} times");
    }
}
