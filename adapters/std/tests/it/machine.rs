//! A machine that does as it is told. The tests of the drivers share it, for threads and for tokio.

use core::time::Duration;
use quorate::{Input, InputOf, Instant, Machine, NodeId, Output, Step, StepOf, To};
use quorate_wire::{Body, BodyError, Reader, Writer};

/// A word that nodes exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Word(pub(crate) u64);

impl Body for Word {
    const PROTOCOL: u8 = 200;

    fn encode(&self, writer: &mut Writer<'_>) {
        writer.u64(self.0);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        reader.u64().map(Self)
    }
}

pub(crate) type Out = Output<Word, u64, Told>;

#[derive(Clone, Debug)]
pub(crate) enum Order {
    /// Return these outputs.
    Do(Vec<Out>),
    /// Ring after so long.
    Alarm(Duration),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// As ordered.
    Said(u64),
    Heard(NodeId, Word),
    /// The alarm was due at the first time and rang at the second.
    Rang(Instant, Instant),
}

/// A node of as many as there are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Script {
    pub(crate) peers: Vec<NodeId>,
    pub(crate) alarm: Option<Instant>,
}

impl Machine for Script {
    type Command = Order;
    type Message = Word;
    type Record = u64;
    type Event = Told;

    fn step(&mut self, input: InputOf<Self>, now: Instant) -> StepOf<Self> {
        let mut step = Step::new();
        match input {
            Input::Command(Order::Do(outputs)) => outputs.into_iter().for_each(|output| step.push(output)),
            Input::Command(Order::Alarm(after)) => self.alarm = Some(now + after),
            Input::Receive { from, message } => step.event(Told::Heard(from, message)),
            Input::Tick => {
                if let Some(at) = self.alarm.take_if(|at| *at <= now) {
                    step.event(Told::Rang(at, now));
                }
            }
        }
        step
    }

    fn deadline(&self) -> Option<Instant> {
        self.alarm
    }

    fn peers(&self) -> &[NodeId] {
        &self.peers
    }
}

pub(crate) fn say(to: To, word: u64) -> Out {
    Output::Send { to, message: Word(word) }
}
