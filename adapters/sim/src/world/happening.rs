//! What can be seen of a world, and who looks.

use super::{Fate, LocalClock, Loss, Simulated};
use crate::check::Violation;
use quorate::{Incarnation, InputOf, Instant, NodeId};

/// One thing that happened, as those see it who watch.
#[derive(Debug)]
pub struct Happening<'a, M: Simulated> {
    /// When, in true time.
    pub at: Instant,
    /// Where, from 0.
    pub place: usize,
    /// The identity of the node there.
    pub node: NodeId,
    /// What.
    pub what: What<'a, M>,
}

impl<M: Simulated> Clone for Happening<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<M: Simulated> Copy for Happening<'_, M> {}

/// What can happen at a node.
///
/// A step is seen as [`Took`](What::Took), then each output as it is carried out, then [`Became`](What::Became). A crash
/// between two outputs shows as [`Crashed`](What::Crashed) in their midst.
#[derive(Debug)]
pub enum What<'a, M: Simulated> {
    /// It started; no step of this life has been taken.
    Started {
        /// Which life.
        incarnation: Incarnation,
        /// Whether it found what its former life stored.
        recovered: bool,
        /// What its clock shows.
        local: Instant,
        /// As it was made.
        machine: &'a M,
    },
    /// It is down from now on.
    Crashed,
    /// It does nothing until then. What arrives waits.
    Paused {
        /// In true time.
        until: Instant,
    },
    /// Its clock was set or runs at another rate.
    Clock {
        /// Its clock, as it goes from now on.
        clock: &'a LocalClock,
        /// The machine, if the node is up.
        machine: Option<&'a M>,
    },
    /// It is about to step with this input.
    Took {
        /// The input.
        input: &'a InputOf<M>,
        /// The number of the copy of the message, if it is one.
        copy: Option<u64>,
        /// What its clock shows.
        local: Instant,
    },
    /// A record became durable.
    Persisted(&'a M::Record),
    /// A message left for one node.
    Sent {
        /// A number for this copy, unique in the run.
        copy: u64,
        /// To whom.
        to: NodeId,
        /// At which place.
        to_place: usize,
        /// What was said; a liar may have said something else than its machine did.
        message: &'a M::Message,
        /// What becomes of it.
        fate: Fate,
    },
    /// A message that was on its way, or waiting, will not be taken after all.
    Dropped {
        /// Its number.
        copy: u64,
        /// Why.
        why: Loss,
    },
    /// The local user was told something.
    Told(&'a M::Event),
    /// It has stepped, and all its outputs were carried out.
    Became {
        /// As it is now.
        machine: &'a M,
        /// Its clock.
        clock: &'a LocalClock,
    },
    /// The link from here to that place was cut, or it was healed.
    Link {
        /// The other end.
        to_place: usize,
        /// Whether it is cut now.
        cut: bool,
    },
}

impl<M: Simulated> Clone for What<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<M: Simulated> Copy for What<'_, M> {}

/// Somebody who watches a world: a checker, a recorder, a count of interesting states.
///
/// Several can watch as a tuple, and `()` sees nothing.
pub trait Observer<M: Simulated> {
    /// Sees what happened.
    ///
    /// # Errors
    ///
    /// The promise that is broken. The run ends there.
    fn see(&mut self, happening: Happening<'_, M>) -> Result<(), Violation>;

    /// Hears a few words of whoever tells the story, such as a scenario: what is going to happen now, and why.
    /// By default it does not listen.
    fn note(&mut self, at: Instant, text: &str) {
        let _ = (at, text);
    }
}

impl<M: Simulated> Observer<M> for () {
    #[inline]
    fn see(&mut self, _: Happening<'_, M>) -> Result<(), Violation> {
        Ok(())
    }
}

impl<M: Simulated, O: Observer<M> + ?Sized> Observer<M> for &mut O {
    #[inline]
    fn see(&mut self, happening: Happening<'_, M>) -> Result<(), Violation> {
        (**self).see(happening)
    }
    fn note(&mut self, at: Instant, text: &str) {
        (**self).note(at, text);
    }
}

impl<M: Simulated, O: Observer<M>> Observer<M> for Option<O> {
    #[inline]
    fn see(&mut self, happening: Happening<'_, M>) -> Result<(), Violation> {
        self.as_mut().map_or(Ok(()), |observer| observer.see(happening))
    }
    fn note(&mut self, at: Instant, text: &str) {
        if let Some(observer) = self {
            observer.note(at, text);
        }
    }
}

macro_rules! together {
    ($($observer:ident)+) => {
        impl<M: Simulated, $($observer: Observer<M>),+> Observer<M> for ($($observer,)+) {
            #[inline]
            fn see(&mut self, happening: Happening<'_, M>) -> Result<(), Violation> {
                #[allow(non_snake_case)]
                let ($($observer,)+) = self;
                $($observer.see(happening)?;)+
                Ok(())
            }
            fn note(&mut self, at: Instant, text: &str) {
                #[allow(non_snake_case)]
                let ($($observer,)+) = self;
                $($observer.note(at, text);)+
            }
        }
    };
}

together!(A);
together!(A B);
together!(A B C);
together!(A B C D);
together!(A B C D E);
together!(A B C D E F);
