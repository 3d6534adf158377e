//! What a machine has to tell about itself to be drawn.

use crate::transcript::{Opinion, Worded};
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use quorate::Instant;

/// A machine that can be drawn.
///
/// All of quorate's own are. For a machine of yours that is [`Worded`] an empty `impl` is enough to begin with: it is drawn by its
/// words, a colour for each kind of message. Then say better what matters:
///
/// ```
/// use quorate_sim::picture::{Class, Colour, Depicted, Emphasis, Said};
/// use quorate_sim::transcript::Worded;
/// # use quorate::{Infallible, Input, InputOf, Instant, Machine, NodeId, Step, StepOf};
/// # #[derive(Clone, Debug, PartialEq, Eq, Hash)]
/// # struct Pinger;
/// # #[derive(Clone, Debug, PartialEq, Eq, Hash)]
/// # enum Ping { Ask, Answer }
/// # impl Machine for Pinger {
/// #     type Command = Infallible; type Message = Ping; type Record = Infallible; type Event = Infallible;
/// #     fn step(&mut self, _: InputOf<Self>, _: Instant) -> StepOf<Self> { Step::new() }
/// #     fn deadline(&self) -> Option<Instant> { None }
/// #     fn peers(&self) -> &[NodeId] { &[] }
/// # }
/// const ASK: Class = Class { name: "ping", colour: Colour::Blue, emphasis: Emphasis::Each };
/// const ANSWER: Class = Class { name: "pong", colour: Colour::Green, emphasis: Emphasis::Each };
///
/// impl Worded for Pinger {}
/// impl Depicted for Pinger {
///     fn said(message: &Ping) -> Said {
///         match message {
///             Ping::Ask => Said::new(ASK, "ping?"),
///             Ping::Answer => Said::new(ANSWER, "pong"),
///         }
///     }
/// }
/// ```
pub trait Depicted: Worded {
    /// What to call a message, and how to draw it. By default that follows from its [kind](Worded::kind), its
    /// [label](Worded::label), and whether it is [routine](Worded::is_routine).
    fn said(message: &Self::Message) -> Said {
        let name = Self::kind(message);
        let emphasis = if Self::is_routine(message) { Emphasis::Routine } else { Emphasis::Each };
        Said::new(Class { name, colour: Colour::of(name), emphasis }, Self::label(message))
    }

    /// What is true of the machine now, and lasts: that it leads, that it holds a lock. Each becomes a bar for as long as it
    /// is told after every step. By default that is its [leadership](Worded::leadership).
    fn states(&self, tell: &mut dyn FnMut(State)) {
        if let Some((epoch, until)) = self.leadership() {
            let until = Some(until).filter(|until| *until != Instant::FAR_FUTURE);
            tell(State { class: LEADERSHIP, label: format!("epoch {epoch}"), until });
        }
    }

    /// What to mark when the local user learns this; most events are nothing to be marked. By default only
    /// [opinions](Worded::opinion) are.
    fn learned(event: &Self::Event) -> Option<Mark> {
        let (peer, opinion) = Self::opinion(event)?;
        let (symbol, what) = match opinion {
            Opinion::Suspected => (Symbol::Suspicion, "suspects"),
            Opinion::Trusted => (Symbol::Trust, "trusts"),
        };
        let text = Self::tells(event).unwrap_or_else(|| format!("{what} node {peer}"));
        Some(Mark { symbol, label: peer.to_string(), text })
    }
}

const LEADERSHIP: Class = Class { name: "leads", colour: Colour::Blue, emphasis: Emphasis::Each };

/// Messages, or states, that are drawn alike and share a place in the legend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Class {
    /// As the legend calls them.
    pub name: &'static str,
    /// In which colour.
    pub colour: Colour,
    /// How much each of them matters.
    pub emphasis: Emphasis,
}

/// How much one message of a class matters. (All states matter alike.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Emphasis {
    /// They come all the time, as heartbeats do. They are faint, have no label, and are left out where they would be a fog.
    Routine,
    /// The first of its text that arrives on a link is news, and the first that is lost; those that say the same again are
    /// routine: the renewals of a lease.
    First,
    /// Each is news.
    Each,
}

/// The colours, which people tell apart who see few of them (after Okabe and Ito 2008, darker so that words can be read in them).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Colour {
    Grey,
    Blue,
    Sky,
    Green,
    Orange,
    Vermilion,
    Purple,
}

impl Colour {
    pub(super) const ALL: [Self; 7] =
        [Self::Grey, Self::Blue, Self::Sky, Self::Green, Self::Orange, Self::Vermilion, Self::Purple];

    /// Some colour, always the same for the same name, and never grey.
    fn of(name: &str) -> Self {
        let sum = name.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
        Self::ALL.get(1 + sum % (Self::ALL.len() - 1)).copied().unwrap_or(Self::Blue)
    }

    /// As SVG writes it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Grey => "#8b96a3",
            Self::Blue => "#0069a6",
            Self::Sky => "#3f94c8",
            Self::Green => "#00795a",
            Self::Orange => "#a86600",
            Self::Vermilion => "#c64500",
            Self::Purple => "#97407a",
        }
    }

    /// As identifiers have it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Grey => "grey",
            Self::Blue => "blue",
            Self::Sky => "sky",
            Self::Green => "green",
            Self::Orange => "orange",
            Self::Vermilion => "vermilion",
            Self::Purple => "purple",
        }
    }
}

/// What to call a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Said {
    /// How it is drawn.
    pub class: Class,
    /// What it says, in a word or two.
    pub text: Cow<'static, str>,
}

impl Said {
    /// A message of this class, in a word or two.
    pub fn new(class: Class, text: impl Into<Cow<'static, str>>) -> Self {
        Self { class, text: text.into() }
    }
}

/// Something that is true of a machine for a while.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// How it is drawn. States of one class are drawn on one track.
    pub class: Class,
    /// What tells it from other states of its class: `epoch 3`.
    pub label: String,
    /// Until when it holds unless it is renewed, by the machine's own clock: the end of a lease.
    pub until: Option<Instant>,
}

/// A small mark on a node's line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mark {
    /// Its shape.
    pub symbol: Symbol,
    /// A word beside it, if there is room.
    pub label: String,
    /// What it means, in a sentence.
    pub text: String,
}

/// The shape of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Symbol {
    /// Somebody is suspected: a triangle.
    Suspicion,
    /// Somebody is trusted again: the triangle, upside down and hollow.
    Trust,
    /// Something was refused: a square.
    Refusal,
    /// The clock was changed: a clock.
    Clock,
    /// Anything else: a dot.
    Point,
}
