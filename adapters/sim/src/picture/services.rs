//! How locks and barriers are drawn: what is held and waited for as bars on the lines of those who do.

use super::{Class, Colour, Depicted, Emphasis, Mark, Said, State, Symbol};
use crate::transcript::{Worded, token_in_words};
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt::{Debug, Display};
use core::hash::Hash;
use quorate::barrier::coordinator::{self, Coordinator};
use quorate::barrier::party::{self, Party};
use quorate::barrier::{self, Outcome};
use quorate::detector::Detector;
use quorate::host::{Event, Host, Message};
use quorate::lease;
use quorate::lease::authority::{self, Authority};
use quorate::lease::holder::{self, Holder};
use quorate::member::Member;

const ACQUIRE: Class = Class { name: "acquire", colour: Colour::Orange, emphasis: Emphasis::First };
const GRANTED: Class = Class { name: "granted", colour: Colour::Green, emphasis: Emphasis::First };
const RENEW: Class = Class { name: "renewal", colour: Colour::Grey, emphasis: Emphasis::Routine };
const RELEASE: Class = Class { name: "release", colour: Colour::Purple, emphasis: Emphasis::First };
const REFUSED: Class = Class { name: "no", colour: Colour::Vermilion, emphasis: Emphasis::First };
const ARRIVE: Class = Class { name: "arrival", colour: Colour::Orange, emphasis: Emphasis::First };
const NOTED: Class = Class { name: "noted", colour: Colour::Grey, emphasis: Emphasis::Routine };
const PREPARE: Class = Class { name: "all are there", colour: Colour::Sky, emphasis: Emphasis::First };
const SETTLED: Class = Class { name: "how it ended", colour: Colour::Green, emphasis: Emphasis::First };

const HOLDS: Class = Class { name: "holds a lock", colour: Colour::Green, emphasis: Emphasis::Each };
const WAITS: Class = Class { name: "waits", colour: Colour::Orange, emphasis: Emphasis::Each };
const GRACE: Class = Class { name: "only takes back", colour: Colour::Sky, emphasis: Emphasis::Each };
/// All have arrived, and the outcome is on its way.
const BOUND: Class = Class { name: "is bound", colour: Colour::Purple, emphasis: Emphasis::Each };

fn lease_said<R: Display>(message: &lease::Message<R>) -> Said {
    use lease::Message::*;
    match message {
        Acquire { resource, .. } => Said::new(ACQUIRE, format!("acquire {resource}")),
        Renew { token, .. } => Said::new(RENEW, format!("renew, token {}", token_in_words(*token))),
        Release { token: Some(token), .. } => Said::new(RELEASE, format!("release {}", token_in_words(*token))),
        Release { token: None, .. } => Said::new(RELEASE, "no more"),
        Granted { token, .. } => Said::new(GRANTED, format!("token {}", token_in_words(*token))),
        Waiting { ahead, .. } => Said::new(RENEW, format!("{ahead} before you")),
        Refused { refusal: lease::Refusal::Elsewhere(Some(node)), .. } => Said::new(REFUSED, format!("ask {node}")),
        Refused { refusal, .. } => Said::new(REFUSED, format!("no: {refusal}")),
        Released { .. } => Said::new(RELEASE, "released"),
    }
}

fn barrier_said<R: Display>(message: &barrier::Message<R>) -> Said {
    use barrier::Message::*;
    match message {
        Arrive { ticket, .. } => Said::new(ARRIVE, format!("arrives, {}", ticket.arrival)),
        Ready { generation, .. } => Said::new(PREPARE, format!("ready, {generation}")),
        Present { .. } => Said::new(NOTED, "present"),
        Leave { .. } => Said::new(ARRIVE, "leaves"),
        Coordinates { epoch, .. } => Said::new(NOTED, format!("epoch {epoch}, where do you stand?")),
        Noted { arrived, .. } => Said::new(NOTED, format!("{arrived} are there")),
        Prepare { generation, .. } => Said::new(PREPARE, format!("ready? {generation}")),
        Settled { generation, outcome: Outcome::Released, .. } => Said::new(SETTLED, format!("go on, {generation}")),
        Settled { generation, outcome: Outcome::Broken(_), .. } => Said::new(REFUSED, format!("broken, {generation}")),
        Settled { generation, outcome: Outcome::Unknown, .. } => Said::new(REFUSED, format!("unknown, {generation}")),
        Refused { refusal: barrier::Refusal::Elsewhere(Some(node)), .. } => Said::new(REFUSED, format!("ask {node}")),
        Refused { refusal, .. } => Said::new(REFUSED, format!("no: {refusal}")),
        Left { .. } => Said::new(NOTED, "left"),
    }
}

fn mark(symbol: Symbol, label: &str, text: Option<String>) -> Option<Mark> {
    text.map(|text| Mark { symbol, label: label.into(), text })
}

impl<R: Copy + Eq + Hash + Debug + Display, const N: usize> Depicted for Authority<R, N> {
    fn said(message: &lease::Message<R>) -> Said {
        lease_said(message)
    }

    fn states(&self, tell: &mut dyn FnMut(State)) {
        if self.grace_until().is_some() {
            tell(State { class: GRACE, label: String::from("grace"), until: None });
        }
    }

    fn learned(event: &authority::Event<R>) -> Option<Mark> {
        let (symbol, label) = match event {
            authority::Event::Granted { reclaimed: true, node, .. } => (Symbol::Point, format!("keeps {node}'s")),
            authority::Event::Freed { why: authority::Freed::Expired, node, .. } => {
                (Symbol::Point, format!("{node}'s ran out"))
            }
            authority::Event::Rejected { .. } => (Symbol::Refusal, String::new()),
            _ => return None,
        };
        mark(symbol, &label, Self::tells(event))
    }
}

impl<R: Copy + Eq + Hash + Debug + Display, const N: usize> Depicted for Holder<R, N> {
    fn said(message: &lease::Message<R>) -> Said {
        lease_said(message)
    }

    fn states(&self, tell: &mut dyn FnMut(State)) {
        let Some((resource, _)) = self.wanted() else { return };
        match (self.standing(), self.token()) {
            (holder::Standing::Held | holder::Standing::Doubtful, Some(token)) => {
                let label = format!("{resource}, token {}", token_in_words(token));
                tell(State { class: HOLDS, label, until: self.valid_until() });
            }
            (holder::Standing::Acquiring | holder::Standing::Waiting, _) => {
                tell(State { class: WAITS, label: resource.to_string(), until: None });
            }
            _ => {}
        }
    }

    fn learned(event: &holder::Event) -> Option<Mark> {
        holder_learned(event, Self::tells(event))
    }
}

pub(crate) fn holder_learned(event: &holder::Event, text: Option<String>) -> Option<Mark> {
    match event {
        holder::Event::Doubtful { .. } => mark(Symbol::Point, "doubtful", text),
        holder::Event::Lost { .. } => mark(Symbol::Point, "lost", text),
        holder::Event::Failed { .. } => mark(Symbol::Refusal, "not acquired", text),
        holder::Event::Rejected { .. } => mark(Symbol::Refusal, "", text),
        _ => None,
    }
}

impl<R: Copy + Eq + Hash + Debug + Display, const B: usize, const P: usize> Depicted for Coordinator<R, B, P> {
    fn said(message: &barrier::Message<R>) -> Said {
        barrier_said(message)
    }

    fn learned(event: &coordinator::Event<R>) -> Option<Mark> {
        match event {
            coordinator::Event::Completed { resource, generation } => {
                let text = format!("generation {generation} of {resource} is complete");
                mark(Symbol::Point, "complete", Some(text))
            }
            coordinator::Event::Broken { .. } => mark(Symbol::Point, "broken", Self::tells(event)),
            coordinator::Event::Rejected { .. } => mark(Symbol::Refusal, "", Self::tells(event)),
            _ => None,
        }
    }
}

impl<R: Copy + Eq + Hash + Debug + Display, const N: usize> Depicted for Party<R, N> {
    fn said(message: &barrier::Message<R>) -> Said {
        barrier_said(message)
    }

    fn states(&self, tell: &mut dyn FnMut(State)) {
        let (resource, arrival) = (self.resource(), self.arrivals());
        match self.standing() {
            party::Standing::Arriving | party::Standing::Waiting => {
                tell(State { class: WAITS, label: format!("{resource}, arrival {arrival}"), until: None });
            }
            party::Standing::Bound => {
                tell(State { class: BOUND, label: format!("{resource}, arrival {arrival}"), until: None });
            }
            _ => {}
        }
    }

    fn learned(event: &party::Event) -> Option<Mark> {
        party_learned(event, Self::tells(event))
    }
}

pub(crate) fn party_learned(event: &party::Event, text: Option<String>) -> Option<Mark> {
    match event {
        party::Event::Released { .. } => mark(Symbol::Point, "goes on", text),
        party::Event::Broken { .. } => mark(Symbol::Refusal, "broke", text),
        party::Event::Unknown { .. } => mark(Symbol::Refusal, "unknown", text),
        party::Event::Rejected { .. } | party::Event::Failed { .. } => mark(Symbol::Refusal, "", text),
        _ => None,
    }
}

impl<D, R, const N: usize, const C: usize, const B: usize, const P: usize> Depicted for Host<D, R, N, C, B, P>
where
    D: Detector,
    R: Copy + Eq + Hash + Debug + Display,
{
    fn said(message: &Message<R>) -> Said {
        match message {
            Message::Member(message) => Member::<D, N>::said(message),
            Message::Lease(message) => lease_said(message),
            Message::Barrier(message) => barrier_said(message),
        }
    }

    fn states(&self, tell: &mut dyn FnMut(State)) {
        self.member().states(tell);
        self.authority().states(tell);
    }

    fn learned(event: &Event<R>) -> Option<Mark> {
        match event {
            Event::Member(event) => Member::<D, N>::learned(event),
            Event::Lease(event) => Authority::<R, C>::learned(event),
            Event::Barrier(event) => Coordinator::<R, B, P>::learned(event),
        }
    }
}
