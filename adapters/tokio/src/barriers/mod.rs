//! Barriers: nobody goes on before all have arrived.
//!
//! | kind | how |
//! |---|---|
//! | single | [`barrier`](Barriers::barrier): everybody waits once, and that is it |
//! | cyclic | [`cyclic`](Barriers::cyclic): the same parties meet again and again |
//! | double | [`double`](Barriers::double): they begin together, and end together |
//!
//! What is promised, and what is assumed, is said at [`quorate::barrier`].

mod seat;

pub use quorate_std::barriers::{BarrierError, Rules};

use crate::locks::{Answers, Carrier, Inbox, MAX_AUTHORITIES};
use core::fmt;
use core::pin::pin;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use quorate::barrier::party::{self, Command, Config};
use quorate::barrier::{Generation, Message, PartyId};
use quorate::{Group, Name, NodeId, Seed};
use quorate_std::question::random;
use seat::Seat;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::{Notify, watch};

type Party = party::Party<Name, MAX_AUTHORITIES>;

/// Meets others at barriers. Clones meet at the same ones.
#[derive(Clone)]
pub struct Barriers {
    hall: Arc<Hall>,
}

/// Every party of this node.
#[derive(Debug)]
struct Hall {
    carrier: Arc<dyn Carrier<Message<Name>>>,
    group: Group<MAX_AUTHORITIES>,
    rules: Rules,
    seats: Mutex<HashMap<PartyId, Weak<Seat>>>,
    next: AtomicU64,
    /// Somebody has no place any more.
    left: Notify,
    _open: watch::Sender<()>,
}

impl Inbox<Message<Name>> for Hall {
    fn deliver(&self, from: NodeId, message: Message<Name>) {
        let seat = {
            let seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
            seats.get(&message.party()).and_then(Weak::upgrade)
        };
        match seat {
            Some(seat) => seat.receive(from, message),
            None => tracing::debug!(%from, party = %message.party(), "an answer for nobody"),
        }
    }
}

impl Barriers {
    /// Barriers that are coordinated by whoever is behind `carrier`.
    pub fn over(carrier: impl Carrier<Message<Name>>, rules: Rules) -> Self {
        let (open, is_open) = watch::channel(());
        let hall = Arc::new(Hall {
            group: carrier.group(),
            carrier: Arc::new(carrier),
            rules,
            seats: Mutex::default(),
            next: AtomicU64::new(random()),
            left: Notify::new(),
            _open: open,
        });
        let weak = Arc::downgrade(&hall);
        let inbox: Weak<dyn Inbox<Message<Name>>> = weak;
        hall.carrier.attach(Answers::new(inbox, is_open));
        Self { hall }
    }

    /// A barrier of so many parties, at which each of them waits once.
    ///
    /// ```no_run
    /// # async fn example(barriers: quorate_tokio::Barriers) -> Result<(), Box<dyn std::error::Error>> {
    /// barriers.barrier("deployed", 3).wait().await?;
    /// println!("all three have come this far");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// When it is waited at outside of a tokio runtime with its time driver.
    pub fn barrier(&self, name: &str, parties: u16) -> Barrier {
        Barrier { place: self.place(name, parties), patience: None }
    }

    /// A barrier of so many parties, at which the same ones wait again and again. This party has its place from its first wait on,
    /// until this is dropped.
    ///
    /// ```no_run
    /// # async fn example(barriers: quorate_tokio::Barriers) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut steps = barriers.cyclic("step", 3);
    /// for step in 0..100 {
    ///     // … this step's work …
    ///     let generation = steps.wait().await?;
    ///     println!("all three have done step {step}, in generation {generation}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn cyclic(&self, name: &str, parties: u16) -> CyclicBarrier {
        CyclicBarrier { place: self.place(name, parties), patience: None, attended: None }
    }

    /// A barrier of so many parties, which begin together and end together.
    ///
    /// ```no_run
    /// # async fn example(barriers: quorate_tokio::Barriers) -> Result<(), Box<dyn std::error::Error>> {
    /// let entered = barriers.double("batch", 3).enter().await?; // all three have come
    /// // … work …
    /// entered.leave().await?; // all three have finished
    /// # Ok(())
    /// # }
    /// ```
    pub fn double(&self, name: &str, parties: u16) -> DoubleBarrier {
        DoubleBarrier { place: self.place(name, parties), patience: None }
    }

    /// Waits until no party of this node has a place at any barrier: until whoever coordinates knows of each that was given up, or
    /// will have noticed. For programs that end: the others need not find out by themselves. Cancel-safe.
    pub async fn drained(&self) {
        loop {
            let mut left = pin!(self.hall.left.notified());
            left.as_mut().enable();
            if self.hall.seats.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
                return;
            }
            left.await;
        }
    }

    fn place(&self, name: &str, parties: u16) -> Place {
        Place { hall: self.hall.clone(), name: Name::new(name).map_err(BarrierError::Name), parties }
    }
}

impl fmt::Debug for Barriers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barriers").field("rules", &self.hall.rules).finish_non_exhaustive()
    }
}

/// Where to meet.
#[derive(Clone, Debug)]
struct Place {
    hall: Arc<Hall>,
    name: Result<Name, BarrierError>,
    parties: u16,
}

impl Place {
    /// Becomes a party.
    fn attend(&self) -> Result<Attended, BarrierError> {
        let name = self.name?;
        let Hall { rules, group, carrier, seats, next, .. } = &*self.hall;
        let config = Config::new(self.parties, rules.timing(), Seed::new(random())).map_err(BarrierError::Config)?;
        let id = PartyId::new(next.fetch_add(1, Ordering::Relaxed));
        let party = Party::new(config, name, group.clone(), id, None, rules.clock().now());
        let seat = Seat::new(party, rules.clock().clone(), carrier.clone());
        seats.lock().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::downgrade(&seat));
        let (looked_after, hall) = (seat.clone(), self.hall.clone());
        tokio::spawn(async move {
            looked_after.look_after().await;
            hall.seats.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
            hall.left.notify_waiters();
        });
        Ok(Attended { seat, name, parties: self.parties })
    }
}

/// A party's place. Dropped, it is given up.
#[derive(Debug)]
struct Attended {
    seat: Arc<Seat>,
    name: Name,
    parties: u16,
}

impl Attended {
    /// Arrives, and waits for the others.
    async fn wait(&self, command: Command) -> Result<Generation, BarrierError> {
        self.seat.arrive(command);
        loop {
            let mut changed = pin!(self.seat.changed.notified());
            changed.as_mut().enable();
            if let Some(end) = self.seat.end() {
                return end.result(self.name, self.parties, self.seat.arrived());
            }
            changed.await;
        }
    }
}

impl Drop for Attended {
    fn drop(&mut self) {
        self.seat.leave();
    }
}

/// A barrier at which each of its parties waits once: see [`Barriers::barrier`].
#[derive(Clone, Debug)]
#[must_use = "nobody arrives before it is waited at"]
pub struct Barrier {
    place: Place,
    patience: Option<Duration>,
}

impl Barrier {
    /// Waits for so long at most. Then the generation is broken, for all.
    pub fn within(mut self, time: Duration) -> Self {
        self.patience = Some(time);
        self
    }

    /// Arrives, and waits until all have. If this is cancelled, the arrival is taken back, unless all have arrived by then.
    ///
    /// # Errors
    ///
    /// If this party is not released: see [`BarrierError`].
    pub async fn wait(self) -> Result<Generation, BarrierError> {
        let Self { place, patience } = self;
        place.attend()?.wait(Command::Leave { patience }).await
    }
}

/// A barrier at which the same parties wait again and again: see [`Barriers::cyclic`].
#[derive(Debug)]
pub struct CyclicBarrier {
    place: Place,
    patience: Option<Duration>,
    attended: Option<Attended>,
}

impl CyclicBarrier {
    /// Waits for so long at most, each time. Then that generation is broken, for all, and this party's place is given up.
    #[must_use]
    pub fn within(mut self, time: Duration) -> Self {
        self.patience = Some(time);
        self
    }

    /// Arrives, and waits until all have. If this is cancelled, the place is given up, and the generation is broken for the others
    /// unless all have arrived by then.
    ///
    /// # Errors
    ///
    /// If this party is not released: see [`BarrierError`]. It has its place all the same, and may wait again, unless it was
    /// refused one.
    pub async fn wait(&mut self) -> Result<Generation, BarrierError> {
        let attended = match self.attended.take() {
            Some(attended) => attended,
            None => self.place.attend()?,
        };
        let ended = attended.wait(Command::Arrive { patience: self.patience }).await;
        self.attended = Some(attended);
        ended
    }
}

/// A barrier whose parties begin together and end together: see [`Barriers::double`].
#[derive(Clone, Debug)]
#[must_use = "nobody arrives before it is entered"]
pub struct DoubleBarrier {
    place: Place,
    patience: Option<Duration>,
}

impl DoubleBarrier {
    /// Waits for so long at most, to enter and to leave.
    pub fn within(mut self, time: Duration) -> Self {
        self.patience = Some(time);
        self
    }

    /// Arrives, and waits until all have.
    ///
    /// # Errors
    ///
    /// If this party is not released: see [`BarrierError`].
    pub async fn enter(self) -> Result<Entered, BarrierError> {
        let attended = self.place.attend()?;
        let generation = attended.wait(Command::Arrive { patience: self.patience }).await?;
        Ok(Entered { attended, patience: self.patience, generation })
    }
}

/// All have entered. To drop it is to leave without waiting for the others, who learn that the generation broke.
#[derive(Debug)]
pub struct Entered {
    attended: Attended,
    patience: Option<Duration>,
    generation: Generation,
}

impl Entered {
    /// The generation in which all have entered.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// Has finished, and waits until all have.
    ///
    /// # Errors
    ///
    /// If this party is not released: see [`BarrierError`].
    pub async fn leave(self) -> Result<Generation, BarrierError> {
        self.attended.wait(Command::Leave { patience: self.patience }).await
    }
}
