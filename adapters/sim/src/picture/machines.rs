//! How quorate's own machines are drawn.

use super::{Class, Colour, Depicted, Emphasis, Mark, Said, State, Symbol};
use crate::transcript::Worded;
use crate::world::Either;
use alloc::format;
use alloc::string::String;
use quorate::detector::{self, Detector, Monitor};
use quorate::election::{self, Election, Verdict};
use quorate::member::{self, Member};

const HEARTBEAT: Class = Class { name: "heartbeat", colour: Colour::Grey, emphasis: Emphasis::Routine };
const PRE_VOTE: Class = Class { name: "pre-vote", colour: Colour::Orange, emphasis: Emphasis::First };
const ELECTION: Class = Class { name: "election", colour: Colour::Vermilion, emphasis: Emphasis::First };
const ANSWER: Class = Class { name: "answer", colour: Colour::Green, emphasis: Emphasis::First };
const COORDINATOR: Class = Class { name: "coordinator", colour: Colour::Blue, emphasis: Emphasis::First };
const ACKNOWLEDGE: Class = Class { name: "acknowledgement", colour: Colour::Sky, emphasis: Emphasis::First };
const HANDOVER: Class = Class { name: "handover", colour: Colour::Purple, emphasis: Emphasis::Each };
const RECALL: Class = Class { name: "recall", colour: Colour::Purple, emphasis: Emphasis::Each };

fn election_said(message: &election::Message) -> Said {
    use election::Message::*;
    match *message {
        PreVote { epoch, challenge: false, .. } => Said::new(PRE_VOTE, format!("pre-vote {epoch}")),
        PreVote { epoch, challenge: true, .. } => Said::new(PRE_VOTE, format!("pre-vote {epoch}, to take over")),
        Election { epoch, .. } => Said::new(ELECTION, format!("election {epoch}")),
        Answer { epoch, verdict } => Said::new(
            ANSWER,
            match verdict {
                Verdict::Would => format!("would vote {epoch}"),
                Verdict::Granted => format!("vote {epoch}"),
                Verdict::Higher => format!("I rank higher ({epoch})"),
                Verdict::Wait(_) => format!("wait ({epoch})"),
                Verdict::Stale(known) => format!("stale, {known} is over"),
            },
        ),
        Coordinator { epoch, .. } => Said::new(COORDINATOR, format!("coordinator {epoch}")),
        Acknowledge { epoch, .. } => Said::new(ACKNOWLEDGE, format!("acknowledged {epoch}")),
        Resign { epoch, successor: None } => Said::new(HANDOVER, format!("resigns {epoch}")),
        Resign { epoch, successor: Some(next) } => Said::new(HANDOVER, format!("resigns {epoch} for {next}")),
        Challenge { epoch } => Said::new(HANDOVER, format!("challenge {epoch}")),
        Recall { .. } => Said::new(RECALL, "recall"),
        Recalled { epoch, .. } => Said::new(RECALL, format!("recalls {epoch}")),
    }
}

fn election_learned(event: &election::Event, text: Option<String>) -> Option<Mark> {
    use election::Event::*;
    let (symbol, label) = match event {
        Doubtful { .. } => (Symbol::Point, "doubtful"),
        Stopping { .. } => (Symbol::Point, "stopping"),
        Lost { .. } => (Symbol::Point, ""),
        Recalled { .. } => (Symbol::Point, "recalled"),
        Rejected { .. } => (Symbol::Refusal, ""),
        Exhausted => (Symbol::Refusal, "no epoch left"),
        _ => return None,
    };
    text.map(|text| Mark { symbol, label: label.into(), text })
}

impl<const N: usize> Depicted for Election<N> {
    fn said(message: &election::Message) -> Said {
        election_said(message)
    }

    fn learned(event: &election::Event) -> Option<Mark> {
        election_learned(event, Self::tells(event))
    }
}

impl<D: Detector, const N: usize> Depicted for Monitor<D, N> {
    fn said(_: &detector::Heartbeat) -> Said {
        Said::new(HEARTBEAT, "heartbeat")
    }
}

impl<D: Detector, const N: usize> Depicted for Member<D, N> {
    fn said(message: &member::Message) -> Said {
        match message {
            member::Message::Heartbeat(heartbeat) => Monitor::<D, N>::said(heartbeat),
            member::Message::Election(message) => election_said(message),
        }
    }

    fn learned(event: &member::Event) -> Option<Mark> {
        match event {
            member::Event::Monitor(event) => Monitor::<D, N>::learned(event),
            member::Event::Election(event) => Election::<N>::learned(event),
        }
    }
}

impl<A: Depicted, B: Depicted> Depicted for Either<A, B> {
    fn said(message: &Self::Message) -> Said {
        match message {
            Either::A(message) => A::said(message),
            Either::B(message) => B::said(message),
        }
    }

    fn states(&self, tell: &mut dyn FnMut(State)) {
        match self {
            Self::A(machine) => machine.states(tell),
            Self::B(machine) => machine.states(tell),
        }
    }

    fn learned(event: &Self::Event) -> Option<Mark> {
        match event {
            Either::A(event) => A::learned(event),
            Either::B(event) => B::learned(event),
        }
    }
}
