//! What clocks tell about order.
//!
//! Two servers hold copies of a shopping list, and the clock of the first is fast. It updates an entry, the second gets the update,
//! shows it to somebody, and that person deletes the entry. The delete comes after the update, and because of it. By the clocks on the
//! walls it comes before: both servers, asked to keep the later of two writes, keep the update. The entry is back.
//!
//! Meanwhile the first server has made a backup that neither caused the delete nor was caused by it. There is no truth about which
//! of the two was first, and of the four clocks only the vector says so.
//!
//! ```
//! use quorate::clock::Causality;
//! use quorate_sim::lesson::clocks;
//! use core::time::Duration;
//!
//! let lesson = clocks::replay(Duration::from_secs(5));
//! let [wall, lamport, vector, hybrid] = &lesson.verdicts;
//! assert_eq!(lesson.truth.delete_after_update, Causality::After);
//! assert_eq!(wall.delete_after_update, Causality::Before);
//! assert!(!wall.is_right && lamport.is_right && vector.is_right && hybrid.is_right);
//! println!("{lesson}");
//! ```

use super::table::Table;
use crate::check::{Event, Graph};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;
use quorate::clock::{
    Causality, ClockError, HybridClock, HybridStamp, LamportClock, LamportStamp, VectorClock, VectorStamp, WallTime,
};
use quorate::{Instant, NodeId};

/// The whole story, and what each clock makes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Lesson {
    /// How fast the first server's clock is (serialised in seconds).
    #[cfg_attr(feature = "serde", serde(rename = "apart_seconds", serialize_with = "super::seconds"))]
    pub apart: Duration,
    /// What happened, in the order in which it truly did.
    pub events: Vec<Told>,
    /// What is true.
    pub truth: Verdict,
    /// What the clocks on the walls, Lamport's, the vector and the hybrid clocks say, in this order.
    pub verdicts: [Verdict; 4],
}

/// One event with its stamps.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Told {
    /// When it truly was (serialised in nanoseconds).
    pub at: Instant,
    /// At which server, 1 or 2.
    pub server: NodeId,
    /// What it was.
    pub what: What,
    /// What the clock on the wall there showed.
    pub wall: WallTime,
    /// Lamport's stamp.
    pub lamport: LamportStamp,
    /// The vector.
    pub vector: VectorStamp<2>,
    /// The hybrid stamp.
    pub hybrid: HybridStamp,
}

/// What happens in the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum What {
    /// The first server updates the entry and tells the second.
    Update,
    /// The second receives that.
    UpdateReceived,
    /// The first makes a backup, of which nobody is told.
    Backup,
    /// The second deletes the entry and tells the first.
    Delete,
    /// The first receives that.
    DeleteReceived,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Update => "updates \"milk\", and sends it",
            Self::UpdateReceived => "receives the update",
            Self::Backup => "makes a backup",
            Self::Delete => "deletes \"milk\", and sends it",
            Self::DeleteReceived => "receives the delete",
        })
    }
}

/// What somebody says about the order of events.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Verdict {
    /// Who: a kind of clock, or the truth.
    pub by: &'static str,
    /// All events in that order, as positions in the story. Those that are not ordered stand in the order in which they happened.
    pub order: Vec<usize>,
    /// How the delete stands to the update.
    pub delete_after_update: Causality,
    /// How the delete stands to the backup.
    pub delete_after_backup: Causality,
    /// How many pairs of events, of which one happened before the other, stand the other way round.
    pub inverted: usize,
    /// How many pairs of events are ordered though neither happened before the other.
    pub invented: usize,
    /// Whether no pair is inverted.
    pub is_right: bool,
    /// Whether the entry is deleted in the end, if the later of two writes counts.
    pub deleted: bool,
}

/// When the clocks on the walls show noon: 1 January 2026.
const NOON: u64 = 1_767_268_800;

/// Tells the story, with the first server's clock `apart` fast (at most an hour).
///
/// From an eighth of a second on the clocks on the walls have effects before their causes; from a second on the delete is lost.
#[must_use]
pub fn replay(apart: Duration) -> Lesson {
    let apart = apart.min(Duration::from_secs(3_600));
    // Eighths of a second have no remainder in any clock.
    let script = [
        (0, 0, What::Update),
        (1, 1, What::UpdateReceived),
        (4, 0, What::Backup),
        (8, 1, What::Delete),
        (9, 0, What::DeleteReceived),
    ];
    let mut servers = [0, 1].map(|place| Server::new(place, apart));
    let mut graph = Graph::new(2, script.len());
    let mut events: Vec<Told> = Vec::new();
    let mut known: Vec<Event> = Vec::new();
    for (eighths, place, what) in script {
        let at = Instant::from_millis(125 * eighths);
        let cause = match what {
            What::UpdateReceived => events.iter().find(|event| event.what == What::Update),
            What::DeleteReceived => events.iter().find(|event| event.what == What::Delete),
            What::Update | What::Backup | What::Delete => None,
        };
        let event = match cause {
            Some(sent) => graph.receives(place, u64::from(sent.server.get()), ()),
            None => Some(graph.happens(place, ())),
        };
        if matches!(what, What::Update | What::Delete) {
            graph.sends(place, place as u64 + 1);
        }
        if let (Some(event), Ok(told)) = (event, servers[place].stamp(at, what, cause)) {
            known.push(event);
            events.push(told);
        }
    }
    let truth = |a: usize, b: usize| {
        let before = |a: usize, b: usize| graph.happened_before(known[a], known[b]) == Some(true);
        match (a == b, before(a, b), before(b, a)) {
            (true, ..) => Causality::Equal,
            (_, true, _) => Causality::Before,
            (_, _, true) => Causality::After,
            _ => Causality::Concurrent,
        }
    };
    let by = |name, relation: &dyn Fn(&Told, &Told) -> Causality| {
        Verdict::new(name, &events, &truth, &|a, b| relation(&events[a], &events[b]))
    };
    let verdicts = [
        by("wall clock", &|a, b| a.wall.cmp(&b.wall).into()),
        by("Lamport", &|a, b| a.lamport.cmp(&b.lamport).into()),
        by("vector", &|a, b| a.vector.compare(&b.vector)),
        by("hybrid", &|a, b| (a.hybrid, a.server).cmp(&(b.hybrid, b.server)).into()),
    ];
    Lesson { apart, truth: Verdict::new("the truth", &events, &truth, &truth), events, verdicts }
}

/// One server's clocks.
struct Server {
    place: usize,
    fast: Duration,
    lamport: LamportClock,
    vector: Option<VectorClock<2>>,
    hybrid: HybridClock,
}

impl Server {
    fn new(place: usize, apart: Duration) -> Self {
        Self {
            place,
            fast: if place == 0 { apart } else { Duration::ZERO },
            lamport: LamportClock::new(NodeId::new(place as u32 + 1)),
            vector: VectorClock::new(place as u32).ok(),
            // It accepts stamps that are that far ahead, and a little more.
            hybrid: HybridClock::new(apart + Duration::from_secs(1)),
        }
    }

    fn stamp(&mut self, at: Instant, what: What, cause: Option<&Told>) -> Result<Told, ClockError> {
        let shown = Duration::from_secs(NOON) + at.since(Instant::ORIGIN) + self.fast;
        let wall = WallTime::since_1970(shown).unwrap_or(WallTime::MAX);
        let mut vector = self.vector.ok_or(ClockError::Outside { position: self.place as u32, size: 2 })?;
        let stamps = match cause {
            None => (self.lamport.tick()?, vector.tick()?, self.hybrid.tick(wall)?),
            Some(sent) => (
                self.lamport.observe(&sent.lamport)?,
                vector.observe(&sent.vector)?,
                self.hybrid.observe(&sent.hybrid, wall)?,
            ),
        };
        self.vector = Some(vector);
        let (lamport, vector, hybrid) = stamps;
        Ok(Told { at, server: NodeId::new(self.place as u32 + 1), what, wall, lamport, vector, hybrid })
    }
}

impl Verdict {
    fn new(
        by: &'static str,
        events: &[Told],
        truth: &dyn Fn(usize, usize) -> Causality,
        says: &dyn Fn(usize, usize) -> Causality,
    ) -> Self {
        let place = |what| events.iter().position(|event| event.what == what).unwrap_or(0);
        let (update, backup, delete) = (place(What::Update), place(What::Backup), place(What::Delete));
        // Take, again and again, the first of those that nothing left is before.
        let mut left: Vec<usize> = (0..events.len()).collect();
        let mut order = Vec::new();
        while !left.is_empty() {
            let is_first = |a: &usize| left.iter().all(|b| says(*b, *a) != Causality::Before);
            let first = left.iter().position(is_first).unwrap_or(0);
            order.push(left.remove(first));
        }
        let pairs = (0..events.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
        let is_inverted =
            |&(a, b): &(usize, usize)| truth(a, b) != Causality::Concurrent && says(a, b) == truth(a, b).reverse();
        let is_invented =
            |&(a, b): &(usize, usize)| truth(a, b) == Causality::Concurrent && says(a, b) != Causality::Concurrent;
        let inverted = pairs.clone().filter(is_inverted).count();
        Self {
            by,
            order,
            delete_after_update: says(delete, update),
            delete_after_backup: says(delete, backup),
            inverted,
            invented: pairs.filter(is_invented).count(),
            is_right: inverted == 0,
            deleted: says(delete, update) != Causality::Before,
        }
    }
}

/// The time of day.
fn of_day(since_1970: Duration) -> String {
    let secs = since_1970.as_secs() % 86_400;
    format!("{:02}:{:02}:{:02}.{:03}", secs / 3_600, secs / 60 % 60, secs % 60, since_1970.subsec_millis())
}

impl fmt::Display for Lesson {
    /// Two tables and what follows from them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "The clock of server 1 is {} s fast.\n", self.apart.as_secs_f64())?;
        let mut story = Table::new(&["", ">true time", "server", "what", "wall clock", ">Lamport", "vector", "hybrid"]);
        for (number, told) in self.events.iter().enumerate() {
            let wall = HybridStamp::new(told.wall.get(), 0).since_1970();
            story.row([
                letter(number),
                told.at.to_string(),
                told.server.to_string(),
                told.what.to_string(),
                of_day(wall),
                told.lamport.to_string(),
                told.vector.to_string(),
                format!("{}+{}", of_day(told.hybrid.since_1970()), told.hybrid.counter()),
            ]);
        }
        writeln!(f, "{story}")?;
        let mut table =
            Table::new(&["", "order", "the delete comes", "and", "the entry is", ">pairs wrong", ">made up"]);
        for verdict in core::iter::once(&self.truth).chain(&self.verdicts) {
            table.row([
                verdict.by.into(),
                self.order(verdict),
                format!("{} the update", relation(verdict.delete_after_update)),
                format!("{} the backup", relation(verdict.delete_after_backup)),
                String::from(if verdict.deleted { "deleted" } else { "back again" }),
                verdict.inverted.to_string(),
                verdict.invented.to_string(),
            ]);
        }
        writeln!(f, "{table}")?;
        let [wall, ..] = &self.verdicts;
        if wall.is_right {
            writeln!(f, "So little apart, the clocks on the walls were lucky. They promise nothing.")?;
        } else {
            writeln!(
                f,
                "Whoever keeps the later of two writes by the clocks on the walls brings a deleted entry back."
            )?;
        }
        f.write_str(
            "Lamport's and hybrid clocks never contradict what caused what, but order what is unrelated, too.\n\
             Hybrid stamps stay close to the time of day. Only vectors tell what is concurrent, at one count a server.\n",
        )
    }
}

impl Lesson {
    /// The events by letter: `a < b`, and `c ∥ d` where a verdict does not order neighbours.
    fn order(&self, verdict: &Verdict) -> String {
        let mut text = String::new();
        let mut before: Option<usize> = None;
        for &event in &verdict.order {
            if let Some(before) = before {
                text.push_str(if self.are_ordered(verdict, before, event) { " < " } else { " ∥ " });
            }
            text.push_str(&letter(event));
            before = Some(event);
        }
        text
    }

    fn are_ordered(&self, verdict: &Verdict, a: usize, b: usize) -> bool {
        let exact = verdict.by == self.truth.by || verdict.invented == 0;
        !exact || self.events[a].vector.compare(&self.events[b].vector) != Causality::Concurrent
    }
}

fn letter(event: usize) -> String {
    char::from(b'a' + u8::try_from(event % 26).unwrap_or(0)).to_string()
}

fn relation(causality: Causality) -> &'static str {
    match causality {
        Causality::Before => "before",
        Causality::After => "after",
        Causality::Equal => "together with",
        Causality::Concurrent => "independently of",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_on_walls_bring_the_entry_back_and_the_others_do_not() {
        let lesson = replay(Duration::from_secs(5));
        let [wall, lamport, vector, hybrid] = &lesson.verdicts;
        assert_eq!(lesson.truth.delete_after_update, Causality::After);
        assert_eq!(lesson.truth.delete_after_backup, Causality::Concurrent);
        assert_eq!((wall.delete_after_update, wall.deleted, wall.is_right), (Causality::Before, false, false));
        assert_eq!((lamport.delete_after_update, lamport.inverted), (Causality::After, 0));
        assert_eq!((hybrid.delete_after_update, hybrid.inverted), (Causality::After, 0));
        // What is concurrent only vectors know.
        assert_eq!((vector.inverted, vector.invented), (0, 0));
        assert_eq!(vector.delete_after_backup, Causality::Concurrent);
        assert!(lamport.invented > 0 && hybrid.invented > 0);
        assert_eq!((vector.order.clone(), vector.delete_after_update), (lesson.truth.order.clone(), Causality::After));
        assert_eq!(wall.order, [1, 3, 0, 2, 4]);
    }

    #[test]
    fn the_stamps_are_those_that_one_writes_down_by_hand() {
        let lesson = replay(Duration::from_secs(5));
        let lamport: Vec<u64> = lesson.events.iter().map(|event| event.lamport.time).collect();
        assert_eq!(lamport, [1, 2, 2, 3, 4]);
        let vectors: Vec<_> = lesson.events.iter().map(|event| *event.vector.counts()).collect();
        assert_eq!(vectors, [[1, 0], [1, 1], [2, 0], [1, 2], [3, 2]]);
        // The second server's hybrid clock follows the fast one, and counts.
        let hybrids: Vec<_> = lesson.events.iter().map(|event| event.hybrid.counter()).collect();
        assert_eq!(hybrids, [0, 1, 0, 2, 0]);
        assert_eq!(lesson.events[3].hybrid.physical(), lesson.events[0].hybrid.physical());
    }

    #[test]
    fn clocks_that_agree_are_right_by_luck() {
        let wall = |millis| replay(Duration::from_millis(millis)).verdicts[0].clone();
        assert!([0, 120].into_iter().all(|millis| wall(millis).is_right));
        // A receipt stands before its send, but the entry is lost only when the delete stands before the update.
        assert_eq!((wall(500).is_right, wall(500).deleted), (false, true));
        assert!(wall(990).deleted && !wall(1_010).deleted);
        assert!(replay(Duration::MAX).verdicts.iter().skip(1).all(|verdict| verdict.is_right));
    }

    #[test]
    #[cfg(feature = "serde")]
    fn programs_can_read_it() {
        let json = serde_json::to_value(replay(Duration::from_secs(5))).expect("plain data");
        assert_eq!(json["apart_seconds"], 5.0);
        assert_eq!(json["events"][3]["what"], "delete");
        assert_eq!(json["events"][3]["vector"], serde_json::json!([1, 2]));
        assert_eq!(json["verdicts"][0]["by"], "wall clock");
        assert_eq!(json["verdicts"][0]["deleted"], false);
    }

    #[test]
    fn people_can_read_it() {
        let text = replay(Duration::from_secs(5)).to_string();
        assert!(text.contains("12:00:05.000"), "{text}");
        assert!(text.contains("back again"), "{text}");
        assert!(text.contains("independently of the backup"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 120), "{text}");
    }
}
