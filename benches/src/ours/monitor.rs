//! Quorate's monitor, as a driver leads it: whatever is due is ticked before it hears anything.

use super::detectors::phi_normal;
use super::driven::Driven;
use crate::Workload;
use crate::given::INTERVAL;
use core::hint::black_box;
use core::time::Duration;
use quorate::detector::{
    Detector, Event, Heartbeat, MAX_INTERVAL, Monitor, MonitorConfig, PhiNormal, Timeout, TimeoutConfig,
};
use quorate::{Group, Incarnation, Input, Instant, Machine, NodeId, Output};

fn monitor<D: Detector, const N: usize>(every: Duration, config: D::Config) -> Box<Monitor<D, N>> {
    let ids: Vec<NodeId> = (1..=N as u32).map(NodeId::new).collect();
    let group = Group::new(NodeId::new(0), &ids).expect("as many as there is room for");
    let settings = MonitorConfig::new(every).expect("an interval");
    Box::new(Monitor::new(settings, config, group, Incarnation::new(1), Instant::ORIGIN))
}

fn beat(sequence: u64) -> Heartbeat {
    Heartbeat { incarnation: Incarnation::new(1), sequence }
}

/// A heartbeat of one of `N` peers, who take turns, each once a second or so; with all ticks that come due meanwhile.
#[must_use]
pub fn heartbeat<const N: usize>() -> Workload {
    let every = Duration::from_nanos(INTERVAL);
    let mut driven = Driven::new(monitor::<PhiNormal<100>, N>(every, phi_normal()));
    let (mut place, mut sequence) = (0, 1);
    let mut random = quorate::Seed::new(11).random();
    // No more and no less than a second a round, so that after any number of rounds all are heard in time.
    let slot = INTERVAL / N as u64;
    let mut slot_begins = 0;
    Workload::new(move || {
        place += 1;
        if place > N as u32 {
            (place, sequence) = (1, sequence + 1);
        }
        slot_begins += slot;
        let jitter = random.below(slot.min(INTERVAL / 20));
        driven.advance_to(Instant::from_nanos(slot_begins + jitter));
        driven.step(Input::Receive { from: NodeId::new(place), message: beat(sequence) });
    })
}

/// A deadline at which one of `N` peers has to be suspected, so that all their deadlines are looked at; and the heartbeat with which
/// it comes back.
#[must_use]
pub fn deadline<const N: usize>() -> Workload {
    let timeout = Duration::from_secs(60);
    let config = TimeoutConfig::new(timeout).expect("a timeout");
    let mut monitor = monitor::<Timeout, N>(MAX_INTERVAL, config);
    let mut sequences = vec![1_u64; N + 1];
    // All are heard once, at different times within the timeout.
    let mut now = Instant::ORIGIN;
    let _ = monitor.step(Input::Tick, now);
    for place in 1..=N as u32 {
        now = now + timeout / (N as u32 + 1);
        let _ = monitor.step(Input::Receive { from: NodeId::new(place), message: beat(1) }, now);
    }
    Workload::new(move || {
        now = monitor.deadline().unwrap_or(now);
        let mut returning = None;
        for output in &monitor.step(Input::Tick, now) {
            if let Output::Event(Event::Suspected { peer, .. }) = output {
                returning = Some(*peer);
            }
        }
        let Some(from) = returning else { return };
        let sequence = &mut sequences[from.get() as usize];
        *sequence += 1;
        black_box(&monitor.step(Input::Receive { from, message: beat(*sequence) }, now));
    })
}

/// Whether any of `N` peers is suspected, one question for each.
#[must_use]
pub fn ask_all<const N: usize>() -> Workload {
    let monitor = monitor::<Timeout, N>(MAX_INTERVAL, TimeoutConfig::new(Duration::from_secs(60)).expect("a timeout"));
    Workload::new(move || {
        let monitor = black_box(&monitor);
        let suspected = monitor.healths().filter(|health| health.suspected).count();
        black_box(suspected);
    })
}

/// Bytes for one more peer, with a window of 100.
#[must_use]
pub const fn bytes_a_peer() -> usize {
    (size_of::<Monitor<PhiNormal<100>, 1_000>>() - size_of::<Monitor<PhiNormal<100>, 100>>()) / 900
}

/// A machine that nothing is due for.
#[must_use]
pub fn idle<const N: usize>() -> Workload {
    let mut monitor = monitor::<PhiNormal<100>, N>(Duration::from_nanos(INTERVAL), phi_normal());
    let _ = monitor.step(Input::Tick, Instant::ORIGIN);
    Workload::new(move || {
        black_box(&monitor.step(Input::Tick, black_box(Instant::from_millis(1))));
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_suspects_one_peer_and_it_comes_back() {
        let mut workload = deadline::<10>();
        workload.run(1_000);
        assert!(bytes_a_peer() > size_of::<PhiNormal<100>>());
    }
}
