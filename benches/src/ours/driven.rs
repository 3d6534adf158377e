//! Machines in steady states, stepped as drivers step them.

use core::hint::black_box;
use quorate::{Input, InputOf, Instant, Machine, Output, StepOf};

/// A machine and its time. It is ticked when it is due.
#[derive(Clone, Debug)]
pub struct Driven<M> {
    /// The machine.
    pub machine: Box<M>,
    /// The time.
    pub now: Instant,
}

impl<M: Machine> Driven<M> {
    /// At the beginning of time, with its first ticks behind it.
    pub fn new(machine: Box<M>) -> Self {
        let mut driven = Self { machine, now: Instant::ORIGIN };
        driven.advance_to(Instant::ORIGIN);
        driven
    }

    /// Lets time pass, and ticks the machine whenever it is due; what it puts out goes nowhere.
    #[inline]
    pub fn advance_to(&mut self, now: Instant) {
        while let Some(deadline) = self.machine.deadline().filter(|deadline| *deadline <= now) {
            self.now = deadline.max(self.now);
            black_box(&self.machine.step(Input::Tick, self.now));
        }
        self.now = now;
    }

    /// Steps it now, and ticks it while there is more to say; what it puts out goes nowhere.
    #[inline]
    pub fn step(&mut self, input: InputOf<M>) {
        self.say(input, |message| {
            black_box(&message);
        });
    }

    /// Steps it now, ticks it while there is more to say, and hands out the messages that it sends.
    #[inline]
    pub fn say(&mut self, input: InputOf<M>, mut hear: impl FnMut(M::Message)) {
        Self::carry_out(self.machine.step(input, self.now), &mut hear);
        while self.machine.deadline().is_some_and(|deadline| deadline <= self.now) {
            Self::carry_out(self.machine.step(Input::Tick, self.now), &mut hear);
        }
    }

    #[inline]
    fn carry_out(step: StepOf<M>, hear: &mut impl FnMut(M::Message)) {
        for output in step {
            match output {
                Output::Send { message, .. } => hear(message),
                other => {
                    black_box(&other);
                }
            }
        }
    }
}
