//! What a member prints: one line for each thing that happens, for programs (JSON) or for people.

use crate::paint::Paint;
use crate::units::{brief, millis};
use core::fmt;
use core::time::Duration;
use quorate::election::{self, Gone, Why};
use quorate::{Epoch, Instant, detector};
use quorate_tokio::Event;
use serde::{Deserialize, Serialize};

/// One thing that happened at a member.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Line {
    /// When, in nanoseconds of the clock that all processes of the machine share.
    pub(crate) at_ns: u64,
    /// At which member.
    pub(crate) node: u32,
    #[serde(flatten)]
    pub(crate) what: What,
}

/// What happened. In JSON, `event` names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum What {
    /// The member takes part from now on.
    Started {
        incarnation: u64,
        listen: String,
        group: String,
        guarantee: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        state: Option<String>,
        pid: u32,
    },
    /// It leads. `until_ns` is when its lease ends unless it is renewed; absent without leases.
    Elected {
        epoch: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until_ns: Option<u64>,
    },
    /// The renewal of its lease is overdue.
    Doubtful {
        epoch: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until_ns: Option<u64>,
    },
    /// Its lease was renewed after doubt.
    Assured {
        epoch: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until_ns: Option<u64>,
    },
    /// Its leadership is to be given up.
    Stopping {
        epoch: u64,
        why: String,
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until_ns: Option<u64>,
    },
    /// It leads no longer; `until_ns` is the last time at which it did.
    Lost { epoch: u64, why: String, reason: String, until_ns: u64 },
    /// It follows a leader.
    Following { leader: u32, epoch: u64 },
    /// Its leader is gone.
    Leaderless { epoch: u64, why: String, reason: String },
    /// It has made up for its lack of memory.
    Recalled { epoch: u64 },
    /// It suspects that a peer has failed.
    Suspected { peer: u32, silence_ms: f64 },
    /// It hears of a peer again.
    Trusted { peer: u32, suspected_for_ms: f64 },
    /// A peer was started anew.
    Restarted { peer: u32, incarnation: u64 },
    /// It was itself held up.
    Paused { by_ms: f64 },
    /// A message was not acted on.
    Rejected { from: u32, reason: String },
    /// A command was not carried out.
    Refused { reason: String },
    /// There is no epoch left.
    Exhausted,
    /// Something else that an operator should know.
    Notice { text: String },
    /// In the demonstration, it holds the lock.
    LockAcquired { token: u64, waited_ms: f64 },
    /// It gives the lock up, after a write that the fence let through or not; `until_ns` is the last time at which it took
    /// the lock for its own.
    LockGivenUp { token: u64, until_ns: u64, written: bool },
    /// It waits at the barrier.
    Arrived { round: u32 },
    /// It goes on, for all have arrived.
    Met { round: u32, generation: u64 },
    /// It was not released from the barrier.
    NotMet { round: u32, reason: String },
    /// How things stand.
    Levels(Levels),
    /// The member has stopped.
    Stopped {
        graceful: bool,
        #[serde(flatten)]
        counters: Counters,
    },
}

/// How things stand at a member.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Levels {
    /// Who leads, as far as it knows; it may be itself.
    pub(crate) leader: Option<u32>,
    /// The highest epoch that it has taken part in.
    pub(crate) epoch: u64,
    /// How long its own leadership lasts at least; 0 if it does not lead.
    pub(crate) time_left_ms: u64,
    /// Each peer with its level of suspicion.
    pub(crate) peers: Vec<Level>,
    #[serde(flatten)]
    pub(crate) counters: Counters,
}

/// What a member has counted since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counters {
    /// Frames received and accepted.
    pub(crate) frames_in: u64,
    /// Frames sent.
    pub(crate) frames_out: u64,
    /// Frames dropped, for whatever reason.
    pub(crate) frames_dropped: u64,
    /// Processor time used, in nanoseconds.
    pub(crate) cpu_ns: u64,
}

/// How strongly a peer is suspected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Level {
    pub(crate) peer: u32,
    pub(crate) level: f64,
    pub(crate) suspected: bool,
    /// How long ago it was last heard of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_heard_ms: Option<f64>,
}

impl What {
    /// What a member's event says.
    pub(crate) fn new(event: Event) -> Option<Self> {
        Some(match event {
            Event::Monitor(event) => Self::from_monitor(event),
            Event::Election(event) => Self::from_election(event),
            Event::Notice(notice) => Self::Notice { text: notice.to_string() },
            _ => return None,
        })
    }

    fn from_monitor(event: detector::Event) -> Self {
        use detector::Event;
        let millis = |duration: Duration| duration.as_secs_f64() * 1e3;
        match event {
            Event::Suspected { peer, silence } => Self::Suspected { peer: peer.get(), silence_ms: millis(silence) },
            Event::Trusted { peer, suspected_for } => {
                Self::Trusted { peer: peer.get(), suspected_for_ms: millis(suspected_for) }
            }
            Event::Restarted { peer, incarnation } => {
                Self::Restarted { peer: peer.get(), incarnation: incarnation.get() }
            }
            Event::Paused { by } => Self::Paused { by_ms: millis(by) },
            Event::Rejected { from, reason } => Self::Rejected { from: from.get(), reason: reason.to_string() },
            Event::Refused(error) => Self::Refused { reason: error.to_string() },
        }
    }

    fn from_election(event: election::Event) -> Self {
        use election::Event;
        match event {
            Event::Elected { epoch, until } => Self::Elected { epoch: epoch.get(), until_ns: end(until) },
            Event::Doubtful { epoch, until } => Self::Doubtful { epoch: epoch.get(), until_ns: end(until) },
            Event::Assured { epoch, until } => Self::Assured { epoch: epoch.get(), until_ns: end(until) },
            Event::Stopping { epoch, why, until } => Self::Stopping {
                epoch: epoch.get(),
                why: why_name(why).to_owned(),
                reason: why.to_string(),
                until_ns: end(until),
            },
            Event::Lost { epoch, why, until } => Self::Lost {
                epoch: epoch.get(),
                why: why_name(why).to_owned(),
                reason: why.to_string(),
                until_ns: until.as_nanos(),
            },
            Event::Following { leader, epoch } => Self::Following { leader: leader.get(), epoch: epoch.get() },
            Event::Leaderless { epoch, why } => {
                Self::Leaderless { epoch: epoch.get(), why: gone_name(why).to_owned(), reason: why.to_string() }
            }
            Event::Recalled { epoch } => Self::Recalled { epoch: epoch.get() },
            Event::Rejected { from, reason } => Self::Rejected { from: from.get(), reason: reason.to_string() },
            Event::Refused(error) => Self::Refused { reason: error.to_string() },
            Event::Exhausted => Self::Exhausted,
        }
    }
}

/// `None` for what never ends.
fn end(until: Instant) -> Option<u64> {
    (until != Instant::FAR_FUTURE).then_some(until.as_nanos())
}

fn why_name(why: Why) -> &'static str {
    match why {
        Why::LeaseExpired => "lease_expired",
        Why::Resigned => "resigned",
        Why::Transferred(_) => "transferred",
        Why::Preempted(_) => "preempted",
        Why::Ineligible => "ineligible",
        Why::Superseded(_) => "superseded",
        Why::Merged(_) => "merged",
    }
}

fn gone_name(why: Gone) -> &'static str {
    match why {
        Gone::Suspected => "suspected",
        Gone::Silent => "silent",
        Gone::Resigned => "resigned",
        Gone::Removed => "removed",
    }
}

/// A line for people: the time of day, the member, and a sentence.
pub(crate) struct Human<'a> {
    pub(crate) line: &'a Line,
    /// Nanoseconds since 1970 at `line.at_ns`.
    pub(crate) unix_ns: u128,
    pub(crate) paint: Paint,
}

impl fmt::Display for Human<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, unix_ns, paint } = self;
        let millis = unix_ns / 1_000_000;
        let (seconds, millis) = (millis / 1_000 % 86_400, millis % 1_000);
        let time = format!("{:02}:{:02}:{:02}.{millis:03}Z", seconds / 3_600, seconds / 60 % 60, seconds % 60);
        write!(f, "{} {} ", paint.faint(time), paint.bold(format_args!("node {}", line.node)))?;
        let says = line.what.sentence(line.at_ns);
        match line.what {
            What::Elected { .. } | What::Assured { .. } => paint.good(says).fmt(f),
            What::Doubtful { .. } | What::Stopping { .. } | What::Suspected { .. } | What::Leaderless { .. } => {
                paint.warn(says).fmt(f)
            }
            What::Notice { .. } | What::Rejected { .. } | What::Paused { .. } => paint.warn(says).fmt(f),
            What::Lost { .. } | What::Refused { .. } | What::Exhausted => paint.bad(says).fmt(f),
            What::Levels(_) => paint.faint(says).fmt(f),
            _ => says.fmt(f),
        }
    }
}

impl What {
    /// What happened, in words, as seen at `at_ns`.
    pub(crate) fn sentence(&self, at_ns: u64) -> String {
        let left = |until_ns: &Option<u64>| match until_ns {
            Some(until) => format!("the lease holds for {}", brief(Duration::from_nanos(until.saturating_sub(at_ns)))),
            None => "no lease limits that".to_owned(),
        };
        match self {
            Self::Started { incarnation, listen, group, guarantee, state, pid } => {
                let state =
                    state.as_ref().map_or("remembers nothing".to_owned(), |state| format!("remembers in {state}"));
                format!(
                    "takes part in group `{group}` at {listen}, guarantee {guarantee}, incarnation {incarnation}, {state}, process {pid}"
                )
            }
            Self::Elected { epoch, until_ns } => format!("LEADS epoch {epoch}; {}", left(until_ns)),
            Self::Doubtful { epoch, until_ns } => {
                format!("doubts its leadership of epoch {epoch}: the renewal is overdue; {}", left(until_ns))
            }
            Self::Assured { epoch, until_ns } => format!("is sure of epoch {epoch} again; {}", left(until_ns)),
            Self::Stopping { epoch, reason, until_ns, .. } => {
                format!("is to give up epoch {epoch}: {reason}; {}", left(until_ns))
            }
            Self::Lost { epoch, reason, until_ns, .. } => {
                let ago = Duration::from_nanos(at_ns.saturating_sub(*until_ns));
                let when = if ago.as_millis() == 0 { String::new() } else { format!(", {} ago", brief(ago)) };
                format!("LEADS NO LONGER epoch {epoch}{when}: {reason}")
            }
            Self::Following { leader, epoch } => format!("follows node {leader} in epoch {epoch}"),
            Self::Leaderless { epoch, reason, .. } => format!("has no leader after epoch {epoch}: {reason}"),
            Self::Recalled { epoch } => {
                format!("has asked the others about its past, up to epoch {epoch}, and takes part")
            }
            Self::Suspected { peer, silence_ms } => {
                format!("suspects that node {peer} has failed, after {silence_ms:.0} ms of silence")
            }
            Self::Trusted { peer, suspected_for_ms } => {
                format!("hears node {peer} again, which it suspected for {suspected_for_ms:.0} ms")
            }
            Self::Restarted { peer, incarnation } => {
                format!("sees that node {peer} was started anew, incarnation {incarnation}")
            }
            Self::Paused { by_ms } => format!("was held up itself, for {by_ms:.0} ms"),
            Self::Rejected { from, reason } => format!("did not act on a message of node {from}: {reason}"),
            Self::Refused { reason } => format!("did not do what it was asked to: {reason}"),
            Self::Exhausted => format!("cannot stand for election: there is no epoch after {}", Epoch::MAX),
            Self::Notice { text } => text.clone(),
            Self::LockAcquired { token, waited_ms } => {
                format!("holds the lock with token {token}, after {waited_ms:.0} ms")
            }
            Self::LockGivenUp { token, written: true, .. } => {
                format!("has written with token {token}, and gives it up")
            }
            Self::LockGivenUp { token, written: false, .. } => {
                format!("WAS REFUSED BY THE FENCE: its token {token} is too old")
            }
            Self::Arrived { round } => format!("waits at the barrier, round {round}"),
            Self::Met { round, .. } => format!("passes the barrier, round {round}"),
            Self::NotMet { round, reason } => format!("did not pass the barrier in round {round}: {reason}"),
            Self::Levels(levels) => levels.sentence(),
            Self::Stopped { graceful, counters } => {
                let how = if *graceful { "has stopped" } else { "had to stop" };
                format!(
                    "{how}: {} frames in, {} out, {} dropped, {:.2} s of processor time",
                    counters.frames_in,
                    counters.frames_out,
                    counters.frames_dropped,
                    millis(counters.cpu_ns) / 1e3
                )
            }
        }
    }
}

impl Levels {
    fn sentence(&self) -> String {
        let leader =
            self.leader.map_or("nobody leads".to_owned(), |leader| format!("node {leader} leads epoch {}", self.epoch));
        let peers: Vec<_> = self
            .peers
            .iter()
            .map(|Level { peer, level, suspected, .. }| {
                format!("{peer}: {level:.1}{}", if *suspected { " suspected" } else { "" })
            })
            .collect();
        format!("{leader}; levels {}", peers.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate::election::{CommandError, Event, Reason};
    use quorate::{Incarnation, NodeId};

    fn json(what: What) -> String {
        let line = Line { at_ns: 5, node: 2, what };
        let text = serde_json::to_string(&line).unwrap();
        assert_eq!(serde_json::from_str::<Line>(&text).unwrap(), line, "{text}");
        text
    }

    #[test]
    fn lines_are_flat_objects_that_can_be_read_back() {
        let elected = What::from_election(Event::Elected { epoch: Epoch::new(3), until: Instant::from_nanos(9) });
        assert_eq!(json(elected), r#"{"at_ns":5,"node":2,"event":"elected","epoch":3,"until_ns":9}"#);
        let unlimited = What::from_election(Event::Elected { epoch: Epoch::new(3), until: Instant::FAR_FUTURE });
        assert_eq!(json(unlimited), r#"{"at_ns":5,"node":2,"event":"elected","epoch":3}"#);
        assert_eq!(
            json(What::from_election(Event::Lost {
                epoch: Epoch::new(3),
                why: Why::LeaseExpired,
                until: Instant::from_nanos(4)
            })),
            r#"{"at_ns":5,"node":2,"event":"lost","epoch":3,"why":"lease_expired","reason":"no majority renewed the lease in time","until_ns":4}"#
        );
        assert_eq!(json(What::Exhausted), r#"{"at_ns":5,"node":2,"event":"exhausted"}"#);
        let levels = Levels {
            leader: Some(1),
            epoch: 3,
            peers: vec![Level { peer: 1, level: 0.5, suspected: false, last_heard_ms: None }],
            ..Levels::default()
        };
        assert_eq!(
            json(What::Levels(levels)),
            r#"{"at_ns":5,"node":2,"event":"levels","leader":1,"epoch":3,"time_left_ms":0,"peers":[{"peer":1,"level":0.5,"suspected":false}],"frames_in":0,"frames_out":0,"frames_dropped":0,"cpu_ns":0}"#
        );
        json(What::Stopped { graceful: true, counters: Counters { frames_in: 7, ..Counters::default() } });
        json(What::Started {
            incarnation: 1,
            listen: "l".into(),
            group: "g".into(),
            guarantee: "majority".into(),
            state: None,
            pid: 4,
        });
        for event in [
            detector::Event::Suspected { peer: NodeId::new(1), silence: Duration::from_micros(400_500) },
            detector::Event::Trusted { peer: NodeId::new(1), suspected_for: Duration::from_secs(1) },
            detector::Event::Restarted { peer: NodeId::new(1), incarnation: Incarnation::new(3) },
            detector::Event::Paused { by: Duration::from_secs(1) },
        ] {
            json(What::new(quorate_tokio::Event::Monitor(event)).unwrap());
        }
        json(What::from_election(Event::Refused(CommandError::NotLeading)));
        json(What::from_election(Event::Rejected { from: NodeId::new(3), reason: Reason::Stranger }));
    }

    #[test]
    fn every_event_of_an_election_reads_as_a_sentence() {
        let (epoch, until) = (Epoch::new(3), Instant::from_millis(400));
        let say = |event| What::from_election(event).sentence(Instant::from_millis(100).as_nanos());
        assert_eq!(say(Event::Elected { epoch, until }), "LEADS epoch 3; the lease holds for 300 ms");
        assert_eq!(say(Event::Elected { epoch, until: Instant::FAR_FUTURE }), "LEADS epoch 3; no lease limits that");
        assert!(say(Event::Doubtful { epoch, until }).contains("renewal is overdue; the lease holds for 300 ms"));
        assert!(say(Event::Assured { epoch, until }).contains("sure of epoch 3 again"));
        let why = Why::Preempted(NodeId::new(5));
        assert!(
            say(Event::Stopping { epoch, why, until }).contains("node 5, which ranks higher, takes over; the lease")
        );
        let lost = |until| say(Event::Lost { epoch, why, until });
        assert_eq!(lost(Instant::from_millis(100)), "LEADS NO LONGER epoch 3: node 5, which ranks higher, takes over");
        assert!(lost(Instant::from_millis(40)).starts_with("LEADS NO LONGER epoch 3, 60 ms ago: "));
        assert_eq!(say(Event::Following { leader: NodeId::new(4), epoch }), "follows node 4 in epoch 3");
        assert!(say(Event::Leaderless { epoch, why: Gone::Silent }).contains("after epoch 3: it did not renew"));
        assert!(say(Event::Exhausted).contains("4294967295"));
    }

    #[test]
    fn lines_for_people_begin_with_the_time_of_day() {
        let line = Line { at_ns: 0, node: 2, what: What::Trusted { peer: 1, suspected_for_ms: 41.7 } };
        let unix_ns = 1_795_382_669_123_456_789;
        assert_eq!(
            Human { line: &line, unix_ns, paint: Paint::PLAIN }.to_string(),
            "21:24:29.123Z node 2 hears node 1 again, which it suspected for 42 ms"
        );
    }
}
