//! What a picture is made of: plain data, whoever has it.

use super::{Class, Mark};
use crate::world::Loss;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use quorate::Instant;

/// What happened within a stretch of time, ready to be drawn.
///
/// A [`Recorder`](super::Recorder) makes one of a run in a world. It can also be written by hand, from a log for example:
///
/// ```
/// use quorate::Instant;
/// use quorate_sim::picture::{self, Class, Colour, Emphasis, End, Flight, Lane, Options, Recording};
///
/// let class = Class { name: "letter", colour: Colour::Blue, emphasis: Emphasis::Each };
/// let at = Instant::from_millis;
/// let letter = Flight { copy: 1, from: 0, to: 1, class, text: "hello".into(), sent: at(100), end: End::Arrives(at(400)) };
/// let recording = Recording {
///     title: "A letter".into(),
///     until: at(500),
///     lanes: vec![Lane::new("Ann"), Lane::new("Bob")],
///     flights: vec![letter],
///     ..Recording::default()
/// };
/// assert!(picture::space_time(&recording, &Options::default()).contains("hello"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// What it is about, in a line.
    pub title: String,
    /// A further line, smaller: the seed, the settings.
    pub subtitle: String,
    /// When it begins, in true time.
    pub from: Instant,
    /// When it ends.
    pub until: Instant,
    /// What the axis of time shows.
    pub scale: Scale,
    /// The nodes, by place.
    pub lanes: Vec<Lane>,
    /// The messages, by [`copy`](Flight::copy).
    pub flights: Vec<Flight>,
    /// Links that were cut.
    pub cuts: Vec<Cut>,
    /// What there is to say about an instant.
    pub notes: Vec<Note>,
    /// How many messages, states, marks and so on happened within the time and are not among these, for there were too many.
    pub left_out: u64,
}

/// What the axis of time shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scale {
    /// Seconds of true time.
    #[default]
    Time,
    /// Steps: the first is that from [`Instant::ORIGIN`] to a second later.
    Steps,
}

/// A node, and what happened there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lane {
    /// What the node is called.
    pub name: String,
    /// When it was up: from its start to its crash, if it had one.
    pub lives: Vec<(Instant, Option<Instant>)>,
    /// When it did nothing.
    pub pauses: Vec<(Instant, Instant)>,
    /// What was true of it for a while.
    pub spans: Vec<Span>,
    /// What is to be marked.
    pub marks: Vec<(Instant, Mark)>,
}

impl Lane {
    /// A node of this name, that is up from the beginning and to which nothing happens.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), lives: Vec::from([(Instant::ORIGIN, None)]), ..Self::default() }
    }
}

/// Something that was true of a node for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// How it is drawn.
    pub class: Class,
    /// What it was.
    pub label: String,
    /// From when on.
    pub from: Instant,
    /// When the node stopped telling so; `None` if it has not.
    pub closed: Option<Instant>,
    /// Until when it was valid, in true time, by the last word that the node had on it; `None` if it had no end.
    pub until: Option<Instant>,
    /// Whether the node crashed over it, so that the others have to wait for its end.
    pub crashed: bool,
}

/// One copy of a message, on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flight {
    /// Its number: each has its own, and they grow.
    pub copy: u64,
    /// From which place.
    pub from: usize,
    /// To which place.
    pub to: usize,
    /// How it is drawn.
    pub class: Class,
    /// What it says.
    pub text: Cow<'static, str>,
    /// When it was sent.
    pub sent: Instant,
    /// What became of it.
    pub end: End,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It arrives then.
    Arrives(Instant),
    /// It was lost on the way.
    Lost(Loss),
    /// It arrived, and was not taken.
    Dropped {
        /// When that was clear.
        at: Instant,
        /// Why.
        why: Loss,
    },
}

impl Flight {
    /// Whether it was lost on the way, or not taken.
    #[must_use]
    pub const fn is_lost(&self) -> bool {
        !matches!(self.end, End::Arrives(_))
    }

    /// When it was over, if that is known.
    #[must_use]
    pub const fn ended(&self) -> Option<Instant> {
        match self.end {
            End::Arrives(at) | End::Dropped { at, .. } => Some(at),
            End::Lost(_) => None,
        }
    }
}

/// The time for which a link was cut, one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// From which place.
    pub from: usize,
    /// To which place.
    pub to: usize,
    /// From when on.
    pub since: Instant,
    /// When it was healed; `None` if it was not.
    pub until: Option<Instant>,
}

/// What there is to say about an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// When.
    pub at: Instant,
    /// What: a few words.
    pub text: String,
}
