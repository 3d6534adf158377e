//! The kinds of barriers: single, cyclic and double.

use super::BarrierError;
use super::attended::{Attended, Place, Terms};
use crate::cancel::Cancel;
use core::time::Duration;
use quorate::barrier::Generation;

macro_rules! terms {
    ($within:literal) => {
        #[doc = $within]
        pub fn within(mut self, time: Duration) -> Self {
            self.terms.patience = Some(time);
            self
        }

        /// Takes the arrival back when that is cancelled, unless all have arrived by then: [`BarrierError::Cancelled`].
        pub fn unless(mut self, cancel: &Cancel) -> Self {
            self.terms.cancel = Some(cancel.clone());
            self
        }
    };
}

/// A barrier at which each of its parties waits once: see [`Barriers::barrier`](super::Barriers::barrier).
#[derive(Clone, Debug)]
#[must_use = "nobody arrives before it is waited at"]
pub struct Barrier {
    place: Place,
    terms: Terms,
}

impl Barrier {
    pub(super) fn new(place: Place) -> Self {
        Self { place, terms: Terms::default() }
    }

    terms!("Waits for so long at most. Then the generation is broken, for all.");

    /// Arrives, and waits until all have.
    ///
    /// # Errors
    ///
    /// If this party is not released: see [`BarrierError`].
    pub fn wait(self) -> Result<Generation, BarrierError> {
        self.place.attend()?.leave(&self.terms)
    }
}

/// A barrier at which the same parties wait again and again: see [`Barriers::cyclic`](super::Barriers::cyclic).
#[derive(Debug)]
#[must_use = "nobody arrives before it is waited at"]
pub struct CyclicBarrier {
    place: Place,
    terms: Terms,
    attended: Option<Attended>,
}

impl CyclicBarrier {
    pub(super) fn new(place: Place) -> Self {
        Self { place, terms: Terms::default(), attended: None }
    }

    terms!("Waits for so long at most, each time. Then that generation is broken, for all.");

    /// Arrives, and waits until all have.
    ///
    /// # Errors
    ///
    /// If this party is not released: see [`BarrierError`]. It may wait again, and if it took part, it has its place yet.
    pub fn wait(&mut self) -> Result<Generation, BarrierError> {
        let attended = match self.attended.take() {
            Some(attended) => attended,
            None => self.place.attend()?,
        };
        let ended = attended.arrive(&self.terms);
        self.attended = Some(attended);
        ended
    }
}

/// A barrier whose parties begin together and end together: see [`Barriers::double`](super::Barriers::double).
#[derive(Clone, Debug)]
#[must_use = "nobody arrives before it is entered"]
pub struct DoubleBarrier {
    place: Place,
    terms: Terms,
}

impl DoubleBarrier {
    pub(super) fn new(place: Place) -> Self {
        Self { place, terms: Terms::default() }
    }

    terms!("Waits for so long at most, to enter and to leave.");

    /// Arrives, and waits until all have.
    ///
    /// # Errors
    ///
    /// If this party is not released: see [`BarrierError`].
    pub fn enter(self) -> Result<Entered, BarrierError> {
        let Self { place, terms } = self;
        let attended = place.attend()?;
        let generation = attended.arrive(&terms)?;
        Ok(Entered { attended, terms, generation })
    }
}

/// All have entered. To drop it is to leave without waiting for the others: those who wait by then learn that the generation broke.
#[derive(Debug)]
pub struct Entered {
    attended: Attended,
    terms: Terms,
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
    pub fn leave(self) -> Result<Generation, BarrierError> {
        self.attended.leave(&self.terms)
    }
}
