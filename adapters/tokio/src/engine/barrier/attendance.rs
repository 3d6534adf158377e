//! Who has come to a barrier, as it is kept in an engine: what a coordinator knows, as a value.

use quorate::barrier::{Cause, Generation, Message, Outcome, PartyId, Refusal, Ticket};
use quorate::{Epoch, NodeId};
use std::collections::VecDeque;

/// A party of one client of the engine. No other one has or had this number, in any of its lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Attendee {
    /// The client's number.
    pub client: u64,
    /// The party's.
    pub party: PartyId,
}

impl Attendee {
    /// As which node it is known to the other parties.
    pub(super) const fn node(self) -> NodeId {
        node(self.client)
    }
}

/// As which node the parties of a client are known.
pub(super) const fn node(client: u64) -> NodeId {
    let number = client as u32 | NodeId::FIRST_CLIENT.get();
    NodeId::new(number)
}

/// The attendance of one barrier.
///
/// Whoever replaces it in its register has seen the latest, so one after the other changes it, as if it were one coordinator that
/// did so and wrote it down each time. Nobody is released before all have said that they are ready, as on a cluster: until then each
/// may take its arrival back without asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attendance {
    /// Of what it is the memory. Another one begins if the engine has lost it.
    pub(super) epoch: Epoch,
    /// The number of the generation that is not settled yet.
    pub(super) number: u32,
    pub(super) parties: u16,
    pub(super) places: Vec<Place>,
    /// How generations ended, the last at the end.
    pub(super) ended: VecDeque<Ended>,
}

/// A party that takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) who: Attendee,
    /// The number of its last arrival.
    pub(super) arrival: u32,
    pub(super) stands: Stands,
    /// Whether it gives its place up when that arrival is settled.
    pub(super) leaves: bool,
    /// The number of the generation in which an arrival of it was settled last; 0 if none was.
    pub(super) settled: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    /// It has not arrived in this generation.
    Present,
    /// It has, and may take that back.
    Arrived,
    /// It knows that all have, and has given its word.
    Ready,
}

/// How a generation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) number: u32,
    pub(super) outcome: Outcome,
    /// Who was in it and gave its place up, and by which of its arrivals.
    pub(super) left: Vec<(Attendee, u32)>,
}

/// For how many generations it is remembered how they ended. Who comes late to hear of an earlier one is told that nobody knows.
const REMEMBERED: usize = 32;
/// What fits into a value of any engine, and can be woken at once.
pub(super) const MOST_PARTIES: u16 = 1_024;

/// What is to be done after a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Heard {
    /// What to answer, if anything.
    pub(super) answer: Option<Message<quorate::Name>>,
    /// Whether the attendance is another one now, and has to be kept before the answer is given.
    pub(super) changed: bool,
    /// Whether those who wait have something to hear.
    pub(super) news: bool,
}

impl Attendance {
    /// Nobody has come.
    pub(super) const fn new(epoch: Epoch, parties: u16) -> Self {
        Self { epoch, number: 1, parties, places: Vec::new(), ended: VecDeque::new() }
    }

    /// Whether a party knows more than is known here, since the engine has gone back to what it was before.
    pub(super) fn is_behind<R>(&self, ticket: &Ticket<R>) -> bool {
        // Who has taken its arrival back knows before anybody else that the present generation breaks.
        let settled = if ticket.released { self.number } else { self.number.saturating_add(1) };
        let is_later = |learnt: Generation| learnt.epoch() == self.epoch && learnt.number() >= settled;
        ticket.epoch > self.epoch || ticket.learnt.is_some_and(is_later)
    }

    /// Takes what one of the parties says.
    pub(super) fn hear(&mut self, who: Attendee, message: &Message<quorate::Name>) -> Heard {
        let before = (self.number, self.all_have_arrived());
        let mut heard = match message {
            Message::Arrive { ticket, generation, leaves } => self.arrives(who, ticket, *generation, *leaves),
            Message::Ready { ticket, generation, leaves } => self.is_ready(who, ticket, *generation, *leaves),
            Message::Present { ticket } => self.is_present(who, ticket),
            Message::Leave { timed_out, .. } => self.leaves(who, *timed_out),
            // What coordinators say is not for them.
            _ => Heard::default(),
        };
        heard.news = before != (self.number, self.all_have_arrived());
        heard
    }

    /// Who has something to hear when the present generation is prepared, or the last one settled.
    pub(super) fn concerned(&self) -> impl Iterator<Item = Attendee> + '_ {
        let left = self.ended.back().map_or(&[][..], |ended| &ended.left);
        self.places.iter().map(|place| place.who).chain(left.iter().map(|(who, _)| *who))
    }

    /// The clients that have places.
    pub(super) fn clients(&self) -> Vec<u64> {
        let mut clients: Vec<_> = self.places.iter().map(|place| place.who.client).collect();
        clients.sort_unstable();
        clients.dedup();
        clients
    }

    /// Gives up the places of clients that are not there any more. Whether there were any.
    pub(super) fn evict(&mut self, is_there: impl Fn(u64) -> bool) -> bool {
        // Who has given its word is counted all the same: it may have been the last.
        let gone = |place: &Place| place.stands != Stands::Ready && !is_there(place.who.client);
        let Some(first) = self.places.iter().find(|place| gone(place)).map(|place| place.who) else { return false };
        self.break_generation(Cause::Lapsed(first.node()));
        self.places.retain(|place| !gone(place));
        true
    }

    fn arrives<R>(&mut self, who: Attendee, ticket: &Ticket<R>, counted: Option<Generation>, leaves: bool) -> Heard {
        let (party, arrival, epoch) = (who.party, ticket.arrival, self.epoch);
        let refused =
            |refusal| Heard { answer: Some(Message::Refused { party, arrival, epoch, refusal }), ..Heard::default() };
        if ticket.parties > MOST_PARTIES {
            return refused(Refusal::TooManyParties(MOST_PARTIES));
        }
        match self.places.iter().position(|place| place.who == who) {
            Some(at) if self.places[at].arrival >= ticket.arrival => match self.places[at].stands {
                Stands::Present => self.tells_unbound(who, ticket.arrival, self.places[at].settled),
                Stands::Arrived | Stands::Ready => self.counts(who, ticket.arrival),
            },
            place => {
                if place.is_none() {
                    let ended =
                        self.ended.iter().find(|ended| ended.left.contains(&(who, arrival))).map(|ended| ended.number);
                    let was_in = counted.filter(|was| was.epoch() == self.epoch && was.number() < self.number);
                    if let Some(number) = ended.or(was_in.map(Generation::number)) {
                        return self.tells_unbound(who, ticket.arrival, number);
                    }
                    if self.places.is_empty() {
                        self.parties = ticket.parties;
                    }
                }
                if ticket.parties != self.parties {
                    return refused(Refusal::OtherParties(self.parties));
                }
                let settled = place.map_or(0, |at| self.places[at].settled);
                let arrived = Place { who, arrival: ticket.arrival, stands: Stands::Arrived, leaves, settled };
                match place {
                    Some(at) => self.places[at] = arrived,
                    None if self.places.len() >= usize::from(self.parties) => {
                        return refused(Refusal::Full(self.parties));
                    }
                    None => self.places.push(arrived),
                }
                Heard { changed: true, ..self.counts(who, ticket.arrival) }
            }
        }
    }

    fn is_ready<R>(&mut self, who: Attendee, ticket: &Ticket<R>, bound: Generation, leaves: bool) -> Heard {
        if bound.epoch() != self.epoch || bound.number() > self.number {
            // The memory of that generation is lost, and with it how it ended.
            return self.settles(who, ticket.arrival, bound, Outcome::Unknown);
        }
        if bound.number() < self.number {
            return self.tells(who, ticket.arrival, bound.number());
        }
        let prepared = self.all_have_arrived();
        let Some(place) = self.places.iter_mut().find(|place| place.who == who && place.arrival == ticket.arrival)
        else {
            return self.settles(who, ticket.arrival, bound, Outcome::Unknown);
        };
        if !prepared || place.stands != Stands::Arrived {
            return self.notes(who, ticket.arrival);
        }
        (place.stands, place.leaves) = (Stands::Ready, leaves);
        if self.places.iter().all(|place| place.stands == Stands::Ready) {
            self.settle(Outcome::Released);
            return Heard { changed: true, ..self.tells(who, ticket.arrival, bound.number()) };
        }
        Heard { changed: true, ..self.notes(who, ticket.arrival) }
    }

    fn is_present<R>(&mut self, who: Attendee, ticket: &Ticket<R>) -> Heard {
        let stands = self.places.iter().find(|place| place.who == who).map(|place| place.stands);
        if stands == Some(Stands::Arrived) {
            // Its time to wait is over, and nobody can have been released without it.
            self.break_generation(Cause::TimedOut(who.node()));
            return Heard { changed: true, ..self.notes(who, ticket.arrival) };
        }
        self.notes(who, ticket.arrival)
    }

    fn leaves(&mut self, who: Attendee, timed_out: bool) -> Heard {
        let left = self.answers(Message::Left { party: who.party, epoch: self.epoch });
        let Some(at) = self.places.iter().position(|place| place.who == who) else { return left };
        if self.places[at].stands == Stands::Ready {
            // It has given its word, and does not wait for what becomes of it.
            let changed = !core::mem::replace(&mut self.places[at].leaves, true);
            return Heard { changed, ..left };
        }
        self.break_generation(if timed_out { Cause::TimedOut(who.node()) } else { Cause::Left(who.node()) });
        self.places.retain(|place| place.who != who);
        Heard { changed: true, ..left }
    }

    fn all_have_arrived(&self) -> bool {
        self.arrived() == self.parties
    }

    /// How many have arrived in the present generation.
    fn arrived(&self) -> u16 {
        let arrived = self.places.iter().filter(|place| place.stands != Stands::Present).count();
        u16::try_from(arrived).unwrap_or(u16::MAX)
    }

    /// Nobody is released from the present generation, if somebody has arrived in it.
    fn break_generation(&mut self, cause: Cause) {
        if self.arrived() > 0 {
            self.settle(Outcome::Broken(cause));
        }
    }

    fn settle(&mut self, outcome: Outcome) {
        let number = self.number;
        let mut left = Vec::new();
        self.places.retain_mut(|place| {
            if place.stands == Stands::Present {
                return true;
            }
            (place.stands, place.settled) = (Stands::Present, number);
            if place.leaves {
                left.push((place.who, place.arrival));
            }
            !place.leaves
        });
        self.ended.push_back(Ended { number, outcome, left });
        if self.ended.len() > REMEMBERED {
            self.ended.pop_front();
        }
        // With one generation a second it takes 136 years until the next one is of another epoch.
        match self.number.checked_add(1) {
            Some(next) => self.number = next,
            None => {
                (self.epoch, self.number) = (Epoch::new(self.epoch.get().saturating_add(1)), 1);
                self.ended.clear();
            }
        }
    }

    fn answers(&self, message: Message<quorate::Name>) -> Heard {
        Heard { answer: Some(message), ..Heard::default() }
    }

    /// That it is counted; and if all are, whether it is ready.
    fn counts(&self, who: Attendee, arrival: u32) -> Heard {
        match (self.all_have_arrived(), self.generation(self.number)) {
            (true, Some(generation)) => {
                self.answers(Message::Prepare { party: who.party, arrival, epoch: self.epoch, generation })
            }
            _ => self.notes(who, arrival),
        }
    }

    fn notes(&self, who: Attendee, arrival: u32) -> Heard {
        match self.generation(self.number) {
            Some(generation) => self.answers(Message::Noted {
                party: who.party,
                arrival,
                epoch: self.epoch,
                generation,
                arrived: self.arrived(),
            }),
            None => Heard::default(),
        }
    }

    /// How a generation ended, if that is still known.
    fn tells(&self, who: Attendee, arrival: u32, number: u32) -> Heard {
        self.tells_or(who, arrival, number, Outcome::Unknown)
    }

    /// How a generation ended in which this party never gave its word: so nobody was released from it.
    fn tells_unbound(&self, who: Attendee, arrival: u32, number: u32) -> Heard {
        self.tells_or(who, arrival, number, Outcome::Broken(Cause::Formerly))
    }

    fn tells_or(&self, who: Attendee, arrival: u32, number: u32, forgotten: Outcome) -> Heard {
        let ended = self.ended.iter().find(|ended| ended.number == number);
        match self.generation(number) {
            Some(generation) => self.settles(who, arrival, generation, ended.map_or(forgotten, |ended| ended.outcome)),
            None => Heard::default(),
        }
    }

    fn settles(&self, who: Attendee, arrival: u32, generation: Generation, outcome: Outcome) -> Heard {
        self.answers(Message::Settled { party: who.party, arrival, epoch: self.epoch, generation, outcome })
    }

    const fn generation(&self, number: u32) -> Option<Generation> {
        Generation::new(self.epoch, number)
    }
}
