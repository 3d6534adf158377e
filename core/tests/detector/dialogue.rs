//! A monitor in a conversation with time stamps: whoever drives it ticks it at its deadlines, unless told to fall asleep.

use core::fmt::Debug;
use core::time::Duration;
use quorate::detector::{Command, Detector, Event, Heartbeat, Monitor, MonitorConfig, Rejection};
use quorate::{Group, Incarnation, Input, Instant, Machine, NodeId, Output, To};

pub(crate) const ME: NodeId = NodeId::new(1);
pub(crate) const ANN: NodeId = NodeId::new(2);
pub(crate) const BOB: NodeId = NodeId::new(3);

/// All times in the dialogues are in milliseconds.
pub(crate) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(crate) const fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

pub(crate) fn beat(incarnation: u64, sequence: u64) -> Heartbeat {
    Heartbeat { incarnation: Incarnation::new(incarnation), sequence }
}

pub(crate) fn suspected(peer: NodeId, silence: u64) -> Event {
    Event::Suspected { peer, silence: ms(silence) }
}

pub(crate) fn trusted(peer: NodeId, suspected_for: u64) -> Event {
    Event::Trusted { peer, suspected_for: ms(suspected_for) }
}

pub(crate) fn restarted(peer: NodeId, incarnation: u64) -> Event {
    Event::Restarted { peer, incarnation: Incarnation::new(incarnation) }
}

pub(crate) fn rejected(from: NodeId, reason: Rejection) -> Event {
    Event::Rejected { from, reason }
}

pub(crate) fn paused(by: u64) -> Event {
    Event::Paused { by: ms(by) }
}

/// A monitor that sends a heartbeat each second, and everything that it has said but nobody has looked at.
#[derive(Clone, Debug)]
pub(crate) struct Dialogue<D: Detector, const N: usize = 8> {
    pub(crate) monitor: Monitor<D, N>,
    events: Vec<(u64, Event)>,
    sent: Vec<(u64, Heartbeat)>,
}

impl<D: Detector, const N: usize> Dialogue<D, N> {
    pub(crate) fn new(config: D::Config, peers: &[NodeId]) -> Self {
        Self::with(MonitorConfig::new(ms(1_000)).expect("a good interval"), config, peers)
    }

    pub(crate) fn with(settings: MonitorConfig, config: D::Config, peers: &[NodeId]) -> Self {
        let group = Group::new(ME, peers).expect("a good group");
        let monitor = Monitor::new(settings, config, group, Incarnation::new(1), at(0));
        Self { monitor, events: Vec::new(), sent: Vec::new() }
    }

    fn step(&mut self, input: Input<Command, Heartbeat>, now: Instant) {
        let millis = u64::try_from(now.since(Instant::ORIGIN).as_millis()).expect("a time within reach");
        for output in self.monitor.step(input, now) {
            match output {
                Output::Event(event) => self.events.push((millis, event)),
                Output::Send { to: To::Peers, message } => self.sent.push((millis, message)),
                other => panic!("a monitor does not say {other:?}"),
            }
        }
    }

    /// Time passes until so many milliseconds, and the monitor is ticked whenever it asks.
    pub(crate) fn until(&mut self, millis: u64) -> &mut Self {
        while let Some(deadline) = self.monitor.deadline().filter(|deadline| *deadline <= at(millis)) {
            self.step(Input::Tick, deadline);
        }
        self
    }

    /// Time passes, and then a heartbeat arrives.
    pub(crate) fn hears(&mut self, millis: u64, from: NodeId, message: Heartbeat) -> &mut Self {
        self.until(millis).finds(millis, from, message)
    }

    /// The driver comes back from a sleep and finds a heartbeat waiting.
    pub(crate) fn finds(&mut self, millis: u64, from: NodeId, message: Heartbeat) -> &mut Self {
        self.step(Input::Receive { from, message }, at(millis));
        self
    }

    /// The driver comes back from a sleep, and ticks.
    pub(crate) fn wakes(&mut self, millis: u64) -> &mut Self {
        self.step(Input::Tick, at(millis));
        self
    }

    pub(crate) fn is_told(&mut self, millis: u64, command: Command) -> &mut Self {
        self.until(millis);
        self.step(Input::Command(command), at(millis));
        self
    }

    /// Looks at the events since the last look.
    #[track_caller]
    pub(crate) fn reports(&mut self, events: &[(u64, Event)]) -> &mut Self {
        assert_eq!(self.take_events(), events);
        self
    }

    pub(crate) fn take_events(&mut self) -> Vec<(u64, Event)> {
        core::mem::take(&mut self.events)
    }

    /// Looks at the heartbeats since the last look: when each was sent, and its number.
    #[track_caller]
    pub(crate) fn has_sent(&mut self, heartbeats: &[(u64, u64)]) -> &mut Self {
        let sent: Vec<_> = self.sent.drain(..).map(|(millis, message)| (millis, message.sequence)).collect();
        assert_eq!(sent, heartbeats);
        self
    }

    #[track_caller]
    pub(crate) fn suspects(&mut self, peers: &[NodeId]) -> &mut Self {
        let suspected: Vec<_> =
            self.monitor.healths().filter(|health| health.suspected).map(|health| health.peer).collect();
        assert_eq!(suspected, peers);
        self
    }

    /// Heartbeats of one peer, numbered from `first`, at the given times.
    pub(crate) fn hears_all(
        &mut self,
        from: NodeId,
        incarnation: u64,
        first: u64,
        times: impl IntoIterator<Item = u64>,
    ) -> &mut Self {
        for (sequence, millis) in (first..).zip(times) {
            self.hears(millis, from, beat(incarnation, sequence));
        }
        self
    }
}
