//! What nodes of scenarios with services say and tell, in words and in pictures.

use super::node::{Asked, HostMachine, Kept, Said as Message, ServiceNode, Told, Wish};
use crate::picture::{Class, Colour, Depicted, Emphasis, Mark, Said, State, Symbol, holder_learned, party_learned};
use crate::transcript::{Opinion, Worded, holder_tells, party_tells, token_in_words};
use alloc::format;
use alloc::string::{String, ToString};
use quorate::lease::Mode;
use quorate::lease::holder::Patience;
use quorate::{Epoch, Instant, NodeId};

impl Worded for ServiceNode {
    fn kind(message: &Message) -> &'static str {
        match message {
            Message::Host(message) => HostMachine::kind(message),
            Message::Write { .. } => "write",
            Message::Wrote { .. } => "answer",
        }
    }

    fn label(message: &Message) -> String {
        match message {
            Message::Host(message) => HostMachine::label(message),
            Message::Write { token, .. } => format!("write, token {}", token_in_words(*token)),
            Message::Wrote { refused: None, .. } => String::from("written"),
            Message::Wrote { refused: Some(_), .. } => String::from("fenced off"),
        }
    }

    fn says(message: &Message) -> String {
        match message {
            Message::Host(message) => HostMachine::says(message),
            Message::Write { resource, token, .. } => {
                format!("write this to {resource}, token {}", token_in_words(*token))
            }
            Message::Wrote { resource, refused: None, .. } => format!("it is written to {resource}"),
            Message::Wrote { resource, refused: Some(mark), .. } => {
                format!("not to {resource}: I have seen token {}", token_in_words(*mark))
            }
        }
    }

    fn is_routine(message: &Message) -> bool {
        match message {
            Message::Host(message) => HostMachine::is_routine(message),
            Message::Write { .. } | Message::Wrote { .. } => false,
        }
    }

    fn news(message: &Message) -> Option<u64> {
        match message {
            Message::Host(message) => HostMachine::news(message),
            Message::Write { .. } | Message::Wrote { .. } => None,
        }
    }

    fn tells(event: &Told) -> Option<String> {
        Some(match event {
            Told::Member(event) => return HostMachine::tells(event),
            Told::Holds { resource, event } => return holder_tells(resource.as_str(), event),
            Told::Attends { barrier, event } => return party_tells(barrier.as_str(), event),
            Told::Elsewhere { barrier } => format!("cannot arrive at {barrier}: it has a place at another barrier"),
            Told::NoToken { resource } => format!("cannot write to {resource}: it has never held it"),
            Told::Wrote { .. } | Told::Fenced { .. } | Told::LetIn { .. } => return None, // the messages say so
            Told::KeptOut { node, resource, token, .. } => {
                format!("KEEPS OUT what node {node} writes to {resource}, token {}", token_in_words(*token))
            }
        })
    }

    fn stores(record: &Kept) -> String {
        match record {
            Kept::Member(record) => HostMachine::stores(record),
            Kept::Store(marks) => {
                let marks = marks.iter().map(|(resource, mark)| format!("{resource} {}", token_in_words(*mark)));
                format!("writes down its marks: {}", marks.collect::<alloc::vec::Vec<_>>().join(", "))
            }
        }
    }

    fn asks(asked: &Asked) -> String {
        match asked {
            Asked::Member(command) => HostMachine::asks(command),
            Asked::Client(wish) => format!("is asked {}", wanted(wish)),
        }
    }

    fn leadership(&self) -> Option<(Epoch, Instant)> {
        self.member()?.leadership()
    }

    fn opinion(event: &Told) -> Option<(NodeId, Opinion)> {
        match event {
            Told::Member(event) => HostMachine::opinion(event),
            _ => None,
        }
    }
}

/// What the user of a client wants: `to acquire orders`.
pub(in crate::scenario) fn wanted(wish: &Wish) -> String {
    match wish {
        Wish::Acquire { resource, mode, patience } => {
            let how = match mode {
                Mode::Exclusive => format!("to acquire {resource}"),
                Mode::Shared => format!("to share {resource}"),
                Mode::Permits { .. } => format!("to acquire {mode} of {resource}"),
            };
            match patience {
                Patience::Try => how + ", without waiting",
                Patience::For(time) => format!("{how}, and to wait for {time:?} at most"),
                Patience::Forever => how,
            }
        }
        Wish::Cancel => String::from("to wait no longer"),
        Wish::Unlock => String::from("to give it back"),
        Wish::Drain => String::from("to give it back, and to take nothing more"),
        Wish::Write(resource) => format!("to write to {resource}, under the token that it had last"),
        Wish::Arrive { barrier, parties, patience, last } => {
            let last = if *last { " for the last time" } else { "" };
            let wait = patience.map_or_else(String::new, |time| format!(", and to wait for {time:?} at most"));
            format!("to arrive{last} at {barrier}, of {parties} parties{wait}")
        }
        Wish::Depart => String::from("to give its place up"),
    }
}

const WRITE: Class = Class { name: "write", colour: Colour::Blue, emphasis: Emphasis::Each };
const FENCED: Class = Class { name: "kept out", colour: Colour::Vermilion, emphasis: Emphasis::Each };

impl Depicted for ServiceNode {
    fn said(message: &Message) -> Said {
        match message {
            Message::Host(message) => HostMachine::said(message),
            Message::Write { token, .. } => Said::new(WRITE, format!("write, {}", token_in_words(*token))),
            Message::Wrote { refused: None, .. } => Said::new(WRITE, "written"),
            Message::Wrote { refused: Some(_), .. } => Said::new(FENCED, "too old"),
        }
    }

    fn states(&self, tell: &mut dyn FnMut(State)) {
        match self {
            Self::Member(host) => host.states(tell),
            Self::Client(client) => {
                client.holder.states(tell);
                if let Some(party) = &client.party {
                    party.states(tell);
                }
            }
            Self::Store(_) => {}
        }
    }

    fn learned(event: &Told) -> Option<Mark> {
        let text = Self::tells(event);
        match event {
            Told::Member(event) => HostMachine::learned(event),
            Told::Holds { event, .. } => holder_learned(event, text),
            Told::Attends { event, .. } => party_learned(event, text),
            Told::KeptOut { .. } => {
                Some(Mark { symbol: Symbol::Refusal, label: "kept out".to_string(), text: text.unwrap_or_default() })
            }
            _ => None,
        }
    }
}
