//! The clocks against what causality is: which event can be reached from which.

use core::cmp::Ordering;
use core::time::Duration;
use quorate::NodeId;
use quorate::clock::{
    Causality, HybridClock, HybridStamp, LamportClock, LamportStamp, VectorClock, VectorStamp, VersionClock,
    VersionVector, WallTime,
};

const PROCESSES: usize = 5;
/// As many as a set of events has bits.
const MOST: usize = 64;

/// All clocks of a process.
struct Clocks {
    lamport: LamportClock,
    vector: VectorClock<PROCESSES>,
    version: VersionClock<PROCESSES>,
    hybrid: HybridClock,
    wall: u64,
    /// Every event that happened before its next one.
    past: u64,
}

/// An event: its stamps, and everything that happened before it.
struct Event {
    process: usize,
    lamport: LamportStamp,
    vector: VectorStamp<PROCESSES>,
    version: VersionVector<PROCESSES>,
    hybrid: HybridStamp,
    past: u64,
}

/// One byte an event: the process, and whether it is local, or the receipt of an earlier event of another process as if that had been a
/// message, which a second byte picks. Then all pairs of events are compared (C1, C2, and that the walls' times are kept, C3).
pub fn causality(data: &[u8]) {
    let mut processes: Vec<Clocks> = (0..PROCESSES as u32).map(process).collect();
    let mut events: Vec<Event> = Vec::new();
    let mut bytes = data.iter().copied();
    while let Some(byte) = bytes.next()
        && events.len() < MOST
    {
        let place = usize::from(byte & 7) % PROCESSES;
        // The wall of each process is its own, and within a second of true time.
        let Some(process) = processes.get_mut(place) else { return };
        process.wall += u64::from(byte >> 4) << 8;
        let sent = if byte & 8 == 8 {
            let index = usize::from(bytes.next().unwrap_or(0));
            events.get(index % events.len().max(1)).filter(|event| event.process != place)
        } else {
            None
        };
        let event = happen(place, process, sent, events.len());
        events.push(event);
    }
    for (later, two) in events.iter().enumerate() {
        for (earlier, one) in events.iter().enumerate() {
            compare((earlier, one), (later, two));
        }
    }
}

fn process(place: u32) -> Clocks {
    let node = NodeId::new(place + 1);
    Clocks {
        lamport: LamportClock::new(node),
        vector: VectorClock::new(place).expect("it has a place"),
        version: VersionClock::new(node),
        hybrid: HybridClock::new(Duration::from_secs(3_600)),
        wall: 1_000_000_000 << 16,
        past: 0,
    }
}

fn happen(place: usize, process: &mut Clocks, sent: Option<&Event>, number: usize) -> Event {
    let wall = WallTime::new(process.wall).expect("2001");
    let past = process.past | sent.map_or(0, |event| event.past);
    process.past = past | 1 << number;
    let stamps = match sent {
        None => (process.lamport.tick(), process.vector.tick(), process.version.tick(), process.hybrid.tick(wall)),
        Some(event) => (
            process.lamport.observe(&event.lamport),
            process.vector.observe(&event.vector),
            process.version.observe(&event.version),
            process.hybrid.observe(&event.hybrid, wall),
        ),
    };
    let (Ok(lamport), Ok(vector), Ok(version), Ok(hybrid)) = stamps else {
        panic!("a stamp of an honest process was refused: {stamps:?}");
    };
    assert!(hybrid.physical() >= process.wall, "C3: a stamp is before the time on the wall");
    Event { process: place, lamport, vector, version, hybrid, past: process.past }
}

fn compare((earlier, one): (usize, &Event), (later, two): (usize, &Event)) {
    let causality = match (two.past >> earlier & 1 == 1, one.past >> later & 1 == 1) {
        (true, true) => Causality::Equal,
        (true, false) => Causality::Before,
        (false, true) => Causality::After,
        (false, false) => Causality::Concurrent,
    };
    assert_eq!(one.vector.compare(&two.vector), causality, "C2: vectors of events {earlier} and {later}");
    assert_eq!(one.version.compare(&two.version), causality, "C2: version vectors of events {earlier} and {later}");
    let order = match causality {
        Causality::Equal => Some(Ordering::Equal),
        Causality::Before => Some(Ordering::Less),
        Causality::After => Some(Ordering::Greater),
        Causality::Concurrent => None,
    };
    assert_eq!((one.vector.partial_cmp(&two.vector), one.version.partial_cmp(&two.version)), (order, order));
    if causality == Causality::Before {
        assert!(one.lamport < two.lamport, "C1: Lamport's stamps of events {earlier} and {later}");
        assert!(one.hybrid < two.hybrid, "C1: hybrid stamps of events {earlier} and {later}");
    }
}
