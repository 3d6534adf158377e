//! All machines of one [`Barriers`](super::Barriers), and the mail between them. Nothing here waits or is shared.

use super::End;
use super::seat::Seat;
use crate::carrier::MAX_AUTHORITIES;
use crate::schedule::Schedule;
use crate::shared::Machines;
use crate::signal::Bell;
use crate::sync::{Bug, planted};
use core::time::Duration;
use quorate::barrier::coordinator::{self, Fixed};
use quorate::barrier::party::{Command, Config, Event, Party, Standing, Timing};
use quorate::barrier::{Message, PartyId};
use quorate::{Group, Input, InputOf, Instant, Machine, Name, NodeId, Output, Random, Seed, To};
use std::collections::VecDeque;
use std::sync::Arc;

/// How many barriers there can be among threads at once. A cluster's leader has its own number.
pub const MAX_BARRIERS: usize = if cfg!(any(loom, shuttle)) { 2 } else { 32 };
/// How many threads can meet at one barrier. A cluster's leader has its own number.
pub const MAX_PARTIES: usize = if cfg!(any(loom, shuttle)) { 8 } else { 64 };

/// How many bits of a party's number tell the parties of one place from each other; those above them are the place.
const SEQUENCE_BITS: u32 = 40;

/// As which node a coordinator among threads speaks, and as which its parties.
const COORDINATOR: NodeId = NodeId::new(1);
const PARTIES: NodeId = NodeId::new(2);

/// Among threads nothing is lost, and who goes says so: nobody has to say again and again that he is there.
const NEVER: Duration = coordinator::Config::LONGEST;
const AMONG_THREADS: Timing = Timing { retry: NEVER, repeat: NEVER, resolve: NEVER, jitter: Duration::ZERO };
const PATIENT: coordinator::Config = match coordinator::Config::new(NEVER, Duration::ZERO) {
    Ok(config) => config,
    Err(_) => panic!("a day is a valid lapse"),
};

type Attendee = Party<Name, MAX_AUTHORITIES>;

/// The machines.
pub(super) struct Arena {
    timing: Timing,
    group: Group<MAX_AUTHORITIES>,
    /// The coordinator, if it is in this process; otherwise it is elsewhere.
    coordinator: Option<Box<Fixed<Name, MAX_BARRIERS, MAX_PARTIES>>>,
    places: Vec<Option<Place>>,
    free: Vec<usize>,
    schedule: Schedule,
    /// To a coordinator in this process, and from it.
    mail: VecDeque<Mail>,
    outgoing: Vec<(To, Message<Name>)>,
    changed: Vec<Arc<Bell>>,
    next: u64,
    random: Random,
}

enum Mail {
    ToCoordinator(Message<Name>),
    ToParty(Message<Name>),
}

/// A party, and how its arrival stands.
struct Place {
    party: Attendee,
    seat: Arc<Seat>,
    arrived: u16,
    /// Nobody waits here any more.
    left: bool,
}

impl Arena {
    /// With a coordinator of its own.
    pub(super) fn alone(seed: Seed, now: Instant) -> Self {
        let group = Group::new(PARTIES, &[COORDINATOR]).unwrap_or(Group::alone(PARTIES));
        let coordinator = Some(Box::new(Fixed::new(PATIENT, None, now)));
        Self { coordinator, ..Self::among(AMONG_THREADS, group, seed) }
    }

    /// Parties that speak as this node, to coordinators that are elsewhere.
    pub(super) fn among(timing: Timing, group: Group<MAX_AUTHORITIES>, seed: Seed) -> Self {
        let mut random = seed.random();
        Self {
            timing,
            group,
            coordinator: None,
            places: Vec::new(),
            free: Vec::new(),
            schedule: Schedule::default(),
            mail: VecDeque::new(),
            outgoing: Vec::new(),
            changed: Vec::new(),
            next: random.below(1 << (SEQUENCE_BITS - 1)),
            random,
        }
    }

    pub(super) const fn timing(&self) -> Timing {
        self.timing
    }

    /// Makes a party of a barrier. Returns its place, and where it is told how arrivals end.
    pub(super) fn attend(&mut self, config: Config, name: Name, now: Instant) -> (usize, Arc<Seat>) {
        let index = self.free.pop().unwrap_or_else(|| {
            self.places.push(None);
            self.places.len() - 1
        });
        self.next = (self.next + 1) % (1 << SEQUENCE_BITS);
        let id = PartyId::new((index as u64) << SEQUENCE_BITS | self.next);
        let hint = self.coordinator.as_ref().map(|_| COORDINATOR);
        let config = config.with_seed(Seed::new(self.random.number()));
        let party = Party::new(config, name, self.group.clone(), id, hint, now);
        let neighbour = self.places.iter().flatten().find(|place| place.party.resource() == name);
        // All who wait at one barrier are told at once.
        let seat = Arc::new(Seat::new(neighbour.map_or_else(Arc::default, |place| place.seat.bell().clone())));
        self.places[index] = Some(Place { party, seat: seat.clone(), arrived: 0, left: false });
        (index, seat)
    }

    /// Arrives: from now on there is no end before the next one.
    pub(super) fn arrive(&mut self, index: usize, command: Command, now: Instant) {
        if let Some(place) = &mut self.places[index] {
            place.arrived = 0;
            place.seat.begin();
            self.step(index, Input::Command(command), now);
        }
    }

    /// Takes an arrival back that can be.
    pub(super) fn cancel(&mut self, index: usize, now: Instant) {
        self.step(index, Input::Command(Command::Cancel), now);
    }

    /// Nobody waits here any more. An arrival that can be taken back is, and the place is given up.
    pub(super) fn leave(&mut self, index: usize, now: Instant) {
        if let Some(place) = &mut self.places[index] {
            place.left = true;
            self.step(index, Input::Command(Command::Cancel), now);
        }
    }

    fn step(&mut self, index: usize, input: InputOf<Attendee>, now: Instant) {
        let Some(place) = &mut self.places[index] else { return };
        for output in place.party.step(input, now) {
            match output {
                Output::Send { to, message } => match self.coordinator {
                    Some(_) => self.mail.push_back(Mail::ToCoordinator(message)),
                    None => self.outgoing.push((to, message)),
                },
                Output::Persist(never) => match never {},
                Output::Event(Event::Waiting { arrived, .. }) => place.arrived = arrived,
                Output::Event(event) => {
                    if let Some(end) = End::of(&event) {
                        place.seat.settle(end, place.arrived);
                        let bell = place.seat.bell();
                        if !self.changed.iter().any(|told| Arc::ptr_eq(told, bell)) {
                            self.changed.push(bell.clone());
                        }
                    }
                }
            }
        }
        self.schedule.note(index, place.party.deadline());
        match place.party.standing() {
            Standing::Outside if place.left => {
                self.places[index] = None;
                self.free.push(index);
                if planted(Bug::DoubleRelease) {
                    self.free.push(index);
                }
            }
            // It could not be given up before, since all had arrived.
            Standing::Present if place.left => self.step(index, Input::Command(Command::Cancel), now),
            _ => {}
        }
    }

    fn step_coordinator(&mut self, input: InputOf<Fixed<Name, MAX_BARRIERS, MAX_PARTIES>>, now: Instant) {
        let Some(coordinator) = &mut self.coordinator else { return };
        for output in coordinator.step(input, now) {
            // Its record would be for a next life, and what it tells is what parties tell.
            if let Output::Send { message, .. } = output {
                self.mail.push_back(Mail::ToParty(message));
            }
        }
    }
}

impl Machines for Arena {
    type Message = Message<Name>;
    type Told = Bell;

    fn receive(&mut self, from: NodeId, message: Message<Name>, now: Instant) {
        let index = usize::try_from(message.party().get() >> SEQUENCE_BITS).unwrap_or(usize::MAX);
        let place = self.places.get(index).and_then(Option::as_ref);
        if place.is_some_and(|place| place.party.id() == message.party()) {
            self.step(index, Input::Receive { from, message }, now);
        }
    }

    fn settle(&mut self, now: Instant) {
        loop {
            if let Some(mail) = self.mail.pop_front() {
                match mail {
                    Mail::ToCoordinator(message) => {
                        self.step_coordinator(Input::Receive { from: PARTIES, message }, now);
                    }
                    Mail::ToParty(message) => self.receive(COORDINATOR, message, now),
                }
            } else if self.coordinator.as_ref().is_some_and(|there| there.deadline().is_some_and(|due| due <= now)) {
                self.step_coordinator(Input::Tick, now);
            } else if let Some(index) = self.schedule.take(now) {
                self.step(index, Input::Tick, now);
            } else {
                return;
            }
        }
    }

    fn is_idle(&self) -> bool {
        self.places.iter().all(Option::is_none)
    }

    fn due(&self) -> Option<Instant> {
        let coordinator = self.coordinator.as_ref().and_then(|coordinator| coordinator.deadline());
        self.schedule.next().into_iter().chain(coordinator).min()
    }

    fn changed(&mut self) -> Vec<Arc<Bell>> {
        core::mem::take(&mut self.changed)
    }

    fn outgoing(&mut self) -> Vec<(To, Message<Name>)> {
        core::mem::take(&mut self.outgoing)
    }
}
