//! Machines that threads share at seats.

use super::{Manual, check, others, thread};
use crate::local::Exchange;
use core::sync::atomic::Ordering;
use quorate::{Input, InputOf, Instant, Machine, NodeId, Output, Step, StepOf, To};
use std::sync::Arc;

/// Counts what it hears, and rings when it is time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Bell {
    peers: Vec<NodeId>,
    heard: u32,
    due: Option<Instant>,
    rang: bool,
}

impl Machine for Bell {
    type Command = ();
    type Message = ();
    type Record = u32;
    type Event = u32;

    fn step(&mut self, input: InputOf<Self>, now: Instant) -> StepOf<Self> {
        let mut step = Step::new();
        match input {
            Input::Command(()) => step.push(Output::Send { to: To::Peers, message: () }),
            Input::Receive { .. } => {
                self.heard += 1;
                step.persist(self.heard);
                step.event(self.heard);
            }
            Input::Tick => self.rang |= self.due.take_if(|due| *due <= now).is_some(),
        }
        step
    }

    fn deadline(&self) -> Option<Instant> {
        self.due
    }

    fn peers(&self) -> &[NodeId] {
        &self.peers
    }
}

const ONE: NodeId = NodeId::new(1);
const TWO: NodeId = NodeId::new(2);

/// Some threads ring at one seat, and some wait at the other one until all has been heard.
fn seats(ringing: usize, waiting: usize, preemptions: Option<usize>) {
    check("two seats of an exchange", preemptions, move || {
        let (exchange, clock) = (Exchange::new(), Arc::new(Manual::default()));
        let bell = |peer| Bell { peers: vec![peer], ..Bell::default() };
        let one = exchange.join(ONE, bell(TWO), clock.clone());
        let two = exchange.join(TWO, bell(ONE), clock);
        let all = u32::try_from(ringing).unwrap();
        let heard = move |bell: &Bell, _| (bell.heard == all).then_some(());
        let ringing: Vec<_> = (0..ringing)
            .map(|_| {
                let one = one.clone();
                thread::spawn(move || {
                    one.command(());
                })
            })
            .collect();
        let waiting: Vec<_> = (1..waiting)
            .map(|_| {
                let two = two.clone();
                thread::spawn(move || two.wait_for(None, heard).unwrap())
            })
            .collect();
        two.wait_for(None, heard).unwrap();
        ringing.into_iter().chain(waiting).for_each(|thread| thread.join().unwrap());
        assert_eq!((two.record(), two.lost()), (Some(all), 0));
        let events: Vec<u32> = (0..all).map(|_| two.next(None).unwrap().1).collect();
        assert!(events.into_iter().eq(1..=all), "in order");
    });
}

#[test]
fn who_waits_at_a_seat_hears_of_what_another_thread_sent() {
    seats(1, 1, None);
}

#[test]
fn everybody_who_waits_at_a_seat_hears_of_it() {
    seats(others(2) / 2, others(2) / 2 + 1, Some(3));
}

#[test]
fn who_waits_at_a_seat_sees_its_deadline_pass() {
    check("a seat and a clock", None, || {
        let clock = Arc::new(Manual::default());
        let bell = Bell { due: Some(Instant::from_millis(5)), ..Bell::default() };
        let seat = Exchange::new().join(ONE, bell, clock.clone());
        let ticking = seat.clone();
        let thread = thread::spawn(move || {
            clock.0.store(5, Ordering::Relaxed);
            ticking.wake();
        });
        seat.wait_for(None, |bell, _| bell.rang.then_some(())).unwrap();
        thread.join().unwrap();
    });
}

#[test]
fn who_serves_a_seat_goes_when_it_is_closed() {
    check("a seat that is closed", None, || {
        let seat = Exchange::new().join(ONE, Bell::default(), Arc::new(Manual::default()));
        let serving = seat.clone();
        let thread = thread::spawn(move || serving.serve());
        seat.close();
        thread.join().unwrap();
    });
}
