//! A client: a holder of locks, and a party of barriers.

use super::node::{Own, Said, Told, Wish};
use quorate::barrier::party::{self, Party};
use quorate::barrier::{self, PartyId};
use quorate::host;
use quorate::lease::{self, ClaimId, Holder, holder};
use quorate::member::Profile;
use quorate::{
    FencingToken, Group, Incarnation, Input, Instant, Machine, Name, NodeId, Output, Seed, Step, StepOf, To,
};

type Holding = Holder<Name, 8>;
type Attending = Party<Name, 8>;

/// A node whose user wants locks, one at a time, and meets others at barriers, one at a time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Client {
    pub(super) holder: Holding,
    pub(super) party: Option<Attending>,
    /// The members.
    group: Group<8>,
    timing: party::Timing,
    seed: Seed,
    store: Option<NodeId>,
    /// What it was granted last, which it still remembers when it holds it no more.
    granted: Option<(Name, FencingToken)>,
    /// The number of its next party.
    next: u64,
    writes: u32,
}

impl Client {
    pub(super) fn new(
        profile: &Profile,
        holding: holder::Timing,
        group: Group<8>,
        store: Option<NodeId>,
        incarnation: Incarnation,
        seed: Seed,
        now: Instant,
    ) -> Option<Self> {
        let first = u64::from(group.me().get()) << 48 | incarnation.get() << 32;
        let holding = holder::Config::new(holding, seed).ok()?;
        Some(Self {
            holder: Holder::new(holding, group.clone(), ClaimId::new(first), None, now),
            party: None,
            group,
            timing: profile.attending(),
            seed,
            store,
            granted: None,
            next: first,
            writes: 0,
        })
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let party = self.party.as_ref().and_then(Machine::deadline);
        [self.holder.deadline(), party].into_iter().flatten().min()
    }

    pub(super) fn peers(&self) -> &[NodeId] {
        self.group.peers()
    }

    pub(super) fn tick(&mut self, now: Instant) -> Own {
        let mut own = Step::new();
        if self.holder.deadline().is_some_and(|deadline| deadline <= now) {
            self.hold(Input::Tick, now, &mut own);
        } else if self.party.is_some() {
            self.attend(Input::Tick, now, &mut own);
        }
        own
    }

    pub(super) fn receive(&mut self, from: NodeId, message: Said, now: Instant) -> Own {
        let mut own = Step::new();
        match message {
            Said::Host(host::Message::Lease(message)) => self.hold(Input::Receive { from, message }, now, &mut own),
            Said::Host(host::Message::Barrier(message)) => self.attend(Input::Receive { from, message }, now, &mut own),
            Said::Wrote { resource, token, refused } => own.event(match refused {
                None => Told::Wrote { resource, token },
                Some(mark) => Told::Fenced { resource, token, mark },
            }),
            Said::Host(host::Message::Member(_)) | Said::Write { .. } => {}
        }
        own
    }

    pub(super) fn wish(&mut self, wish: Wish, now: Instant) -> Own {
        let mut own = Step::new();
        match wish {
            Wish::Acquire { resource, mode, patience } => {
                let command = holder::Command::Acquire { resource, mode, patience };
                self.hold(Input::Command(command), now, &mut own);
            }
            Wish::Cancel => self.hold(Input::Command(holder::Command::Cancel), now, &mut own),
            Wish::Unlock => self.hold(Input::Command(holder::Command::Release), now, &mut own),
            Wish::Drain => self.hold(Input::Command(holder::Command::Drain), now, &mut own),
            Wish::Write(resource) => self.write(resource, &mut own),
            Wish::Arrive { barrier, parties, patience, last } => {
                if self.party.as_ref().is_none_or(|party| party.standing() == party::Standing::Outside) {
                    self.next += 1;
                    let made = party::Config::new(parties, self.timing, self.seed);
                    self.party = made.ok().map(|config| {
                        let id = PartyId::new(self.next);
                        Party::new(config, barrier, self.group.clone(), id, self.holder.authority(), now)
                    });
                }
                if self.party.as_ref().is_some_and(|party| party.resource() != barrier) {
                    own.event(Told::Elsewhere { barrier });
                    return own;
                }
                let command =
                    if last { party::Command::Leave { patience } } else { party::Command::Arrive { patience } };
                self.attend(Input::Command(command), now, &mut own);
            }
            Wish::Depart => self.attend(Input::Command(party::Command::Cancel), now, &mut own),
        }
        own
    }

    /// Writes under the token that it was granted last, whether or not it still holds it: whoever has been stopped in between does so.
    fn write(&mut self, resource: Name, own: &mut Own) {
        let token = self.granted.filter(|(granted, _)| *granted == resource).map(|(_, token)| token);
        let (Some(token), Some(store)) = (token, self.store) else {
            own.event(Told::NoToken { resource });
            return;
        };
        self.writes += 1;
        own.send(To::Node(store), Said::Write { resource, token, number: self.writes });
    }

    fn hold(&mut self, input: Input<holder::Command<Name>, lease::Message<Name>>, now: Instant, own: &mut Own) {
        let wanted = self.holder.wanted();
        let outputs: StepOf<Holding> = self.holder.step(input, now);
        let Some((resource, _)) = wanted.or(self.holder.wanted()) else { return };
        for output in outputs {
            match output {
                Output::Persist(never) => match never {},
                Output::Send { to, message } => own.send(to, Said::Host(host::Message::Lease(message))),
                Output::Event(event) => {
                    if let holder::Event::Acquired { token } = event {
                        self.granted = Some((resource, token));
                    }
                    own.event(Told::Holds { resource, event });
                }
            }
        }
    }

    fn attend(&mut self, input: Input<party::Command, barrier::Message<Name>>, now: Instant, own: &mut Own) {
        let Some(party) = &mut self.party else { return };
        let barrier = party.resource();
        let outputs: StepOf<Attending> = party.step(input, now);
        for output in outputs {
            match output {
                Output::Persist(never) => match never {},
                Output::Send { to, message } => own.send(to, Said::Host(host::Message::Barrier(message))),
                Output::Event(event) => own.event(Told::Attends { barrier, event }),
            }
        }
    }
}
