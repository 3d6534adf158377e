//! The words of members that host services: those of their parts.

use super::Worded;
use super::worded::Opinion;
use alloc::format;
use alloc::string::String;
use core::fmt::{Debug, Display};
use core::hash::Hash;
use quorate::barrier::coordinator::{self, Coordinator};
use quorate::detector::Detector;
use quorate::election::Record;
use quorate::host::{Command, Event, Host, Message};
use quorate::lease::Authority;
use quorate::member::Member;
use quorate::{Epoch, Instant, NodeId};

/// The part that a message is of speaks.
macro_rules! of_part {
    ($message:ident, $word:ident) => {
        match $message {
            Message::Member(message) => Member::<D, N>::$word(message),
            Message::Lease(message) => Authority::<R, C>::$word(message),
            Message::Barrier(message) => Coordinator::<R, B, P>::$word(message),
        }
    };
}

impl<D, R, const N: usize, const C: usize, const B: usize, const P: usize> Worded for Host<D, R, N, C, B, P>
where
    D: Detector,
    R: Copy + Eq + Hash + Debug + Display,
{
    fn kind(message: &Message<R>) -> &'static str {
        of_part!(message, kind)
    }

    fn label(message: &Message<R>) -> String {
        of_part!(message, label)
    }

    fn says(message: &Message<R>) -> String {
        of_part!(message, says)
    }

    fn is_routine(message: &Message<R>) -> bool {
        of_part!(message, is_routine)
    }

    fn news(message: &Message<R>) -> Option<u64> {
        of_part!(message, news)
    }

    fn tells(event: &Event<R>) -> Option<String> {
        match event {
            Event::Member(event) => Member::<D, N>::tells(event),
            Event::Lease(event) => Authority::<R, C>::tells(event),
            // Both services open and close together, and the authority says so.
            Event::Barrier(coordinator::Event::Opened { .. } | coordinator::Event::Closed { .. }) => None,
            Event::Barrier(event) => Coordinator::<R, B, P>::tells(event),
        }
    }

    fn stores(record: &Record) -> String {
        Member::<D, N>::stores(record)
    }

    fn asks(command: &Command<R>) -> String {
        match command {
            Command::Election(command) => Member::<D, N>::asks(command),
            Command::Break(resource) => format!("is asked to break all leases of {resource}"),
            Command::Reset(resource) => format!("is asked to reset {resource}"),
        }
    }

    fn leadership(&self) -> Option<(Epoch, Instant)> {
        self.member().leadership()
    }

    fn opinion(event: &Event<R>) -> Option<(NodeId, Opinion)> {
        match event {
            Event::Member(event) => Member::<D, N>::opinion(event),
            Event::Lease(_) | Event::Barrier(_) => None,
        }
    }
}
