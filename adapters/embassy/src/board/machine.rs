//! The composite: it routes, and nothing else.

use super::message::{CommandOf, EventOf};
use super::serves::{APPLICATION, first, is_for_authorities, place};
use super::{Command, Event, Serves};
use core::fmt;
use heapless::Vec;
use quorate::barrier::{self, Party, PartyId, party};
use quorate::election::Record;
use quorate::host::Message;
use quorate::laws::Restart;
use quorate::lease::{self, ClaimId, Holder, holder};
use quorate::member::Profile;
use quorate::{
    Group, GroupError, Incarnation, Input, InputOf, Instant, Machine, Name, NodeId, Output, Random, Seed, Step, StepOf,
    To,
};

/// How much can be on its way from a board to itself.
const LOCAL: usize = 8;

/// A board. See the [module](super).
///
/// `M` is its member, of a cluster of at most `N` members with this one; it can hold `H` locks, and wait at `Q` barriers, at once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Board<M, const N: usize, const H: usize, const Q: usize> {
    member: M,
    me: NodeId,
    seats: [Holder<Name, N>; H],
    stalls: [Option<Party<Name, N>>; Q],
    /// What it says to itself.
    local: Vec<Message<Name>, LOCAL>,
    rules: Rules,
    group: Group<N>,
    /// The next party's number, but for its stall.
    next: u64,
    random: Random,
    latest: Instant,
}

/// The timings of a board's holders and parties, and where their randomness comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Rules {
    /// Of its locks.
    pub locks: holder::Timing,
    /// Of its barriers.
    pub barriers: party::Timing,
    /// Of the jitter of both.
    pub seed: Seed,
}

impl Rules {
    /// Those that go with a profile.
    ///
    /// ```
    /// use quorate::Seed;
    /// use quorate::member::Profile;
    /// use quorate_embassy::board::Rules;
    /// let rules = Rules::of(&Profile::BUS, Seed::new(1));
    /// assert_eq!(rules.locks.lease, Profile::BUS.leases().longest());
    /// ```
    #[must_use]
    pub const fn of(profile: &Profile, seed: Seed) -> Self {
        Self { locks: profile.holding(), barriers: profile.attending(), seed }
    }
}

/// Why there can be no such board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// All members together, with this one, are more than `N`.
    Group(GroupError),
    /// The timings of locks are not valid.
    Locks(holder::ConfigError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(error) => error.fmt(f),
            Self::Locks(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Error {}

impl<M: Serves, const N: usize, const H: usize, const Q: usize> Board<M, N, H, Q> {
    /// A board around this member, whose number is `me`, in this incarnation.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn new(member: M, me: NodeId, rules: Rules, incarnation: Incarnation, now: Instant) -> Result<Self, Error> {
        let mut group = Group::new(APPLICATION, member.peers()).map_err(Error::Group)?;
        group.add(me).map_err(Error::Group)?;
        let mut random = rules.seed.random();
        let config = holder::Config::new(rules.locks, rules.seed).map_err(Error::Locks)?;
        let life = incarnation.get();
        let seats = core::array::from_fn(|seat| {
            let config = config.with_seed(Seed::new(random.number()));
            Holder::new(config, group.clone(), ClaimId::new(first(seat, life)), None, now)
        });
        let stalls = core::array::from_fn(|_| None);
        let next = first(0, life);
        Ok(Self { member, me, seats, stalls, local: Vec::new(), rules, group, next, random, latest: now })
    }

    /// Its member.
    #[must_use]
    pub const fn member(&self) -> &M {
        &self.member
    }

    /// Its number.
    #[must_use]
    pub const fn me(&self) -> NodeId {
        self.me
    }

    /// The holders of its locks, seat by seat.
    #[must_use]
    pub const fn seats(&self) -> &[Holder<Name, N>; H] {
        &self.seats
    }

    /// Its parties at barriers, stall by stall.
    #[must_use]
    pub const fn stalls(&self) -> &[Option<Party<Name, N>>; Q] {
        &self.stalls
    }

    /// What a member says, to others and, if it answers its own board, to that.
    fn step_member(&mut self, input: InputOf<M>, now: Instant, step: &mut StepOf<Self>) {
        for output in self.member.step(input, now) {
            match output {
                Output::Persist(record) => step.persist(record),
                Output::Event(event) => step.event(Event::Member(event)),
                Output::Send { to, message } => self.send(to, M::say(message), step),
            }
        }
    }

    fn step_seat(
        &mut self,
        seat: usize,
        input: Input<holder::Command<Name>, lease::Message<Name>>,
        now: Instant,
        step: &mut StepOf<Self>,
    ) {
        let Some(holder) = self.seats.get_mut(seat) else { return };
        for output in holder.step(input, now) {
            match output {
                Output::Persist(never) => match never {},
                Output::Event(event) => step.event(Event::Lock(number(seat), event)),
                Output::Send { to, message } => self.send(to, Message::Lease(message), step),
            }
        }
    }

    fn step_stall(
        &mut self,
        stall: usize,
        input: Input<party::Command, barrier::Message<Name>>,
        now: Instant,
        step: &mut StepOf<Self>,
    ) {
        let Some(Some(party)) = self.stalls.get_mut(stall) else { return };
        for output in party.step(input, now) {
            match output {
                Output::Persist(never) => match never {},
                Output::Event(event) => step.event(Event::Meet(number(stall), event)),
                Output::Send { to, message } => self.send(to, Message::Barrier(message), step),
            }
        }
    }

    /// To others, to this board, or both. What there is no room for on the board is lost, as it can be on the network.
    fn send(&mut self, to: To, message: Message<Name>, step: &mut StepOf<Self>) {
        let is_service = !matches!(message, Message::Member(_));
        if is_service && to.includes(self.me) {
            let _ = self.local.push(message);
        }
        if to != To::Node(self.me) {
            step.send(to, message);
        }
    }

    fn receive(&mut self, from: NodeId, message: Message<Name>, now: Instant, step: &mut StepOf<Self>) {
        let heard = match message {
            Message::Member(message) => Some(M::hear(message)),
            Message::Lease(message) if is_for_authorities(&message) => M::hear_holder(message),
            Message::Barrier(message) if message.is_for_coordinators() => M::hear_party(message),
            Message::Lease(message) => {
                let seat = place(message.claim().get());
                return self.step_seat(seat, Input::Receive { from, message }, now, step);
            }
            Message::Barrier(message) => {
                let stall = place(message.party().get());
                return self.step_stall(stall, Input::Receive { from, message }, now, step);
            }
        };
        if let Some(message) = heard {
            self.step_member(Input::Receive { from, message }, now, step);
        }
    }

    fn command(&mut self, command: CommandOf<M>, now: Instant, step: &mut StepOf<Self>) {
        match command {
            Command::Member(command) => self.step_member(Input::Command(command), now, step),
            Command::Lock(seat, _) if usize::from(seat) >= H => step.event(Event::Refused(seat)),
            Command::Lock(seat, command) => self.step_seat(usize::from(seat), Input::Command(command), now, step),
            Command::Attend { stall, barrier, parties } => {
                let attends = self.attend(usize::from(stall), barrier, parties, now);
                if attends.is_none() {
                    step.event(Event::Refused(stall));
                }
            }
            Command::Meet(stall, command) => match self.stalls.get(usize::from(stall)) {
                Some(Some(_)) => self.step_stall(usize::from(stall), Input::Command(command), now, step),
                _ => step.event(Event::Refused(stall)),
            },
            Command::Leave(stall) => match self.stalls.get_mut(usize::from(stall)) {
                Some(place @ Some(_)) => *place = None,
                _ => step.event(Event::Refused(stall)),
            },
        }
    }

    fn attend(&mut self, stall: usize, barrier: Name, parties: u16, now: Instant) -> Option<()> {
        let place = self.stalls.get_mut(stall).filter(|place| place.is_none())?;
        let config = party::Config::new(parties, self.rules.barriers, Seed::new(self.random.number())).ok()?;
        self.next = self.next.wrapping_add(1);
        // All stalls count on together, and the uppermost byte is the stall's.
        let id = first(stall, 0) | (self.next & first(1, 0).wrapping_sub(1));
        *place = Some(Party::new(config, barrier, self.group.clone(), PartyId::new(id), None, now));
        Some(())
    }

    /// One part's outputs a tick, so that they fit. If another one is due too, its turn is next.
    fn tick(&mut self, now: Instant, step: &mut StepOf<Self>) {
        let is_due = |deadline: Option<Instant>| deadline.is_some_and(|deadline| deadline <= now);
        self.deliver(now, step);
        if step.is_empty() && is_due(self.member.deadline()) {
            self.step_member(Input::Tick, now, step);
        }
        for seat in 0..H {
            if step.is_empty() && self.seats.get(seat).is_some_and(|holder| is_due(holder.deadline())) {
                self.step_seat(seat, Input::Tick, now, step);
            }
        }
        for stall in 0..Q {
            let party = self.stalls.get(stall).and_then(Option::as_ref);
            if step.is_empty() && party.is_some_and(|party| is_due(party.deadline())) {
                self.step_stall(stall, Input::Tick, now, step);
            }
        }
        self.deliver(now, step);
    }

    /// Delivers what the board has said to itself, until something comes of it for others. One says to the other and is answered, so
    /// it ends after a few words.
    fn deliver(&mut self, now: Instant, step: &mut StepOf<Self>) {
        for _ in 0..4 * LOCAL {
            if !step.is_empty() {
                return;
            }
            let Some(message) = take_first(&mut self.local) else { return };
            self.receive(self.me, message, now, step);
        }
    }
}

impl<M: Serves, const N: usize, const H: usize, const Q: usize> Machine for Board<M, N, H, Q> {
    type Command = CommandOf<M>;
    type Message = Message<Name>;
    type Record = Record;
    type Event = EventOf<M>;

    fn step(&mut self, input: InputOf<Self>, now: Instant) -> StepOf<Self> {
        let mut step = Step::new();
        let now = now.max(self.latest);
        if matches!(input, Input::Tick) && self.deadline().is_none_or(|deadline| now < deadline) {
            return step;
        }
        self.latest = now;
        match input {
            Input::Tick => self.tick(now, &mut step),
            Input::Command(command) => self.command(command, now, &mut step),
            Input::Receive { from, message } => self.receive(from, message, now, &mut step),
        }
        step
    }

    fn deadline(&self) -> Option<Instant> {
        if !self.local.is_empty() {
            return Some(self.latest);
        }
        let seats = self.seats.iter().filter_map(Machine::deadline);
        let stalls = self.stalls.iter().flatten().filter_map(Machine::deadline);
        self.member.deadline().into_iter().chain(seats).chain(stalls).min()
    }

    fn peers(&self) -> &[NodeId] {
        self.member.peers()
    }
}

impl<M: Serves + Restart, const N: usize, const H: usize, const Q: usize> Restart for Board<M, N, H, Q> {
    fn restart(&self, record: Option<&Record>, now: Instant) -> Self {
        Self {
            member: self.member.restart(record, now),
            seats: self
                .seats
                .clone()
                .map(|holder| Holder::new(*holder.config(), self.group.clone(), holder.claim().next(), None, now)),
            stalls: core::array::from_fn(|_| None),
            local: Vec::new(),
            latest: now,
            ..self.clone()
        }
    }

    fn is_kept_by(&self, after: &Self, now: Instant) -> bool {
        self.member.is_kept_by(&after.member, now)
    }
}

/// A seat's or a stall's number in commands and events; there are fewer than 256 of both.
fn number(place: usize) -> u8 {
    u8::try_from(place).unwrap_or(u8::MAX)
}

/// What has waited for longest.
fn take_first<T: Clone, const N: usize>(queue: &mut Vec<T, N>) -> Option<T> {
    let first = queue.first().cloned()?;
    let mut number = 0_usize;
    queue.retain(|_| {
        number = number.saturating_add(1);
        number > 1
    });
    Some(first)
}
