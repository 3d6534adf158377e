//! The words of mixtures.

use super::worded::{Opinion, Worded};
use crate::world::Either;
use alloc::string::String;
use quorate::{Epoch, Instant, NodeId};

/// One of the two speaks.
macro_rules! of_either {
    ($value:ident, $word:ident) => {
        match $value {
            Either::A(one) => A::$word(one),
            Either::B(one) => B::$word(one),
        }
    };
}

impl<A: Worded, B: Worded> Worded for Either<A, B> {
    fn kind(message: &Self::Message) -> &'static str {
        of_either!(message, kind)
    }

    fn label(message: &Self::Message) -> String {
        of_either!(message, label)
    }

    fn says(message: &Self::Message) -> String {
        of_either!(message, says)
    }

    fn is_routine(message: &Self::Message) -> bool {
        of_either!(message, is_routine)
    }

    fn news(message: &Self::Message) -> Option<u64> {
        of_either!(message, news)
    }

    fn tells(event: &Self::Event) -> Option<String> {
        of_either!(event, tells)
    }

    fn stores(record: &Self::Record) -> String {
        of_either!(record, stores)
    }

    fn asks(command: &Self::Command) -> String {
        of_either!(command, asks)
    }

    fn leadership(&self) -> Option<(Epoch, Instant)> {
        of_either!(self, leadership)
    }

    fn opinion(event: &Self::Event) -> Option<(NodeId, Opinion)> {
        of_either!(event, opinion)
    }
}
