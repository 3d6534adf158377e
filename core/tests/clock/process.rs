//! What a process says and writes, line by line.

use crate::node;
use core::time::Duration;
use quorate::clock::{
    Clock, ClockError, Command, CommandError, Config, Event, HybridClock, HybridStamp, LamportClock, LamportStamp,
    Message, Process, Rejection, VectorClock, VectorStamp, VersionClock, WallTime,
};
use quorate::{Group, Input, Instant, Machine, Output, Step, To};

type Said<S> = Output<Message<S, char>, S, Event<S, char>>;

fn outputs<S>(step: Step<Message<S, char>, S, Event<S, char>>) -> Vec<Said<S>> {
    step.into_iter().collect()
}

/// Node 2, with peers 1 and 3.
fn process<C: Clock>(
    clock: impl Fn(&Group<2>) -> C,
    reserve: u32,
    record: Option<&C::Stamp>,
    physical: C::Physical,
) -> Process<C, char, 2> {
    let group = Group::new(node(2), &[node(1), node(3)]).unwrap();
    let clock = clock(&group);
    Process::new(Config::new(group, clock, reserve).unwrap(), record, physical, Instant::ORIGIN)
}

const LOCAL: Command<char, ()> = Command::Local;
const NOW: Instant = Instant::from_secs(1);

fn stamp(time: u64, number: u32) -> LamportStamp {
    LamportStamp { time, node: node(number) }
}

#[test]
fn a_ceiling_is_written_before_the_first_stamp_and_then_once_for_as_many_as_are_reserved() {
    let mut process = process(|group| LamportClock::new(group.me()), 2, None, ());
    let mut local = || outputs(process.step(Input::Command(LOCAL), NOW));
    let event = |time| Output::Event(Event::Local { stamp: stamp(time, 2) });
    assert_eq!(local(), [Output::Persist(stamp(3, 2)), event(1)]);
    assert_eq!(local(), [event(2)]);
    assert_eq!(local(), [event(3)]);
    assert_eq!(local(), [Output::Persist(stamp(6, 2)), event(4)]);
    assert_eq!(local(), [event(5)]);
}

#[test]
fn a_send_is_stamped_and_a_receipt_comes_after_it() {
    let mut process = process(|group| LamportClock::new(group.me()), 100, None, ());
    let send = Command::Send { to: To::Peers, payload: 'x' };
    assert_eq!(
        outputs(process.step(Input::Command(send), NOW)),
        [
            Output::Persist(stamp(101, 2)),
            Output::Send { to: To::Peers, message: Message { stamp: stamp(1, 2), payload: 'x' } },
            Output::Event(Event::Sent { stamp: stamp(1, 2) }),
        ]
    );
    let message = Message { stamp: stamp(50, 3), payload: 'y' };
    assert_eq!(
        outputs(process.step(Input::Receive { from: node(3), message }, NOW)),
        [Output::Event(Event::Received { from: node(3), sent: stamp(50, 3), stamp: stamp(51, 2), payload: 'y' })]
    );
    // A leap beyond the ceiling needs a new one.
    let message = Message { stamp: stamp(500, 1), payload: 'z' };
    let step = outputs(process.step(Input::Receive { from: node(1), message }, NOW));
    assert_eq!(step[0], Output::Persist(stamp(601, 2)));
    assert_eq!(process.deadline(), None);
    assert_eq!(process.peers(), [node(1), node(3)]);
}

#[test]
fn what_is_wrong_comes_back_as_an_event_and_changes_nothing() {
    let mut process = process(|group| LamportClock::new(group.me()), 100, None, ());
    let untouched = process.clone();
    let mut only_event = |input| {
        let outputs = outputs(process.step(input, Instant::ORIGIN));
        assert_eq!(process, untouched);
        assert_eq!(outputs.len(), 1);
        outputs.into_iter().next().unwrap()
    };
    let send = |number| Input::Command(Command::Send { to: To::Node(node(number)), payload: 'x' });
    for number in [2, 9] {
        let refused = Event::Refused(CommandError::NotAPeer { node: node(number) });
        assert_eq!(only_event(send(number)), Output::Event(refused));
    }
    let receive = |from, stamp| Input::Receive { from: node(from), message: Message { stamp, payload: 'x' } };
    let rejected = |from, reason| Output::Event(Event::Rejected { from: node(from), reason });
    for stranger in [2, 9] {
        let stamp = stamp(1, stranger);
        assert_eq!(only_event(receive(stranger, stamp)), rejected(stranger, Rejection::NotAPeer));
    }
    let forged = Rejection::Clock(ClockError::Forged { from: node(1), named: node(3) });
    assert_eq!(only_event(receive(1, stamp(1, 3))), rejected(1, forged));
    let leap = Rejection::Clock(ClockError::Leap { entry: 1, ours: 0, theirs: u64::MAX });
    assert_eq!(only_event(receive(1, stamp(u64::MAX, 1))), rejected(1, leap));
}

#[test]
fn the_end_of_the_numbers_is_an_event() {
    let end = stamp(u64::MAX, 2);
    let mut process = process(|group| LamportClock::new(group.me()), 1, Some(&end), ());
    let before = process.clone();
    let refused = Event::Refused(CommandError::Clock(ClockError::Overflow { at: u64::MAX }));
    assert_eq!(outputs(process.step(Input::Command(LOCAL), Instant::ORIGIN)), [Output::Event(refused)]);
    assert_eq!(process, before);
}

#[test]
fn wall_time_goes_on_between_readings() {
    let wall = |units| WallTime::new(units).unwrap();
    let mut process = process(|_| HybridClock::new(Duration::from_secs(4)), 65_536, None, wall(1_000_000));
    let mut at = |millis, command| outputs(process.step(Input::Command(command), Instant::from_millis(millis)));
    let event = |l, c| Output::Event(Event::Local { stamp: HybridStamp::new(l, c) });

    assert_eq!(
        at(0, Command::Local),
        [
            Output::Persist(HybridStamp::new(1_065_536, u16::MAX)), // a second's worth
            event(1_000_000, 0)
        ]
    );
    assert_eq!(at(500, Command::Local), [event(1_032_768, 0)]);
    assert_eq!(at(400, Command::Local), [event(1_032_768, 1)]); // the driver's clock is clamped
    assert_eq!(at(1_000, Command::Physical(wall(1_001_000))), []); // somebody set the clock back
    assert_eq!(at(1_000, Command::Local), [event(1_032_768, 2)]);
    assert_eq!(
        at(2_000, Command::Local),
        [Output::Persist(HybridStamp::new(1_066_536 + 65_536, u16::MAX)), event(1_066_536, 0)]
    );
}

/// The stamps that a process gives to ten local events before and ten after it crashes and comes back from its record.
fn stamps_over_a_crash<C: Clock>(
    clock: impl Fn(&Group<2>) -> C,
    reserve: u32,
    physical: C::Physical,
) -> (Vec<C::Stamp>, usize) {
    let (mut stamps, mut record, mut writes) = (Vec::new(), None, 0);
    for _life in 0..2 {
        let mut process = process(&clock, reserve, record.as_ref(), physical);
        for _ in 0..10 {
            for output in process.step(Input::Command(Command::Local), Instant::ORIGIN) {
                match output {
                    Output::Persist(ceiling) => (record, writes) = (Some(ceiling), writes + 1),
                    Output::Event(Event::Local { stamp }) => stamps.push(stamp),
                    other => panic!("{other:?}"),
                }
            }
        }
    }
    (stamps, writes)
}

/// A restarted clock that began anew, or from a stamp that had been overtaken, issued stamps twice.
#[test]
fn trap_a_restored_clock_repeats_stamps() {
    fn strictly_rising<C: Clock>(clock: impl Fn(&Group<2>) -> C, physical: C::Physical) {
        for reserve in [0, 1, 4, 100] {
            let (stamps, writes) = stamps_over_a_crash(&clock, reserve, physical);
            assert_eq!(stamps.len(), 20);
            assert!(stamps.windows(2).all(|pair| pair[0] < pair[1]), "{stamps:?}");
            assert!(writes <= 2 * 10_usize.div_ceil(reserve as usize + 1), "{writes} writes");
        }
    }
    strictly_rising(|group| LamportClock::new(group.me()), ());
    strictly_rising(|group| VectorClock::<3>::of(group).unwrap(), ());
    strictly_rising(|group| VersionClock::<3>::new(group.me()), ());
    strictly_rising(|_| HybridClock::new(Duration::from_secs(1)), WallTime::new(1_000_000).unwrap());
}

/// Restart upon restart pushed a hybrid clock ahead by its reserve each time, until its peers rejected it.
#[test]
fn trap_a_crash_loop_drives_the_clock_into_the_future() {
    let physical = WallTime::new(1_000_000).unwrap();
    let mut record = None;
    for _crash in 0..100 {
        let mut process = process(|_| HybridClock::new(Duration::from_secs(1)), 30_000, record.as_ref(), physical);
        for output in process.step(Input::Command(Command::Local), Instant::ORIGIN) {
            if let Output::Persist(ceiling) = output {
                record = Some(ceiling);
            }
        }
    }
    assert_eq!(record.map(HybridStamp::physical), Some(1_000_000 + 30_000 + 100 - 1));
}

#[test]
fn a_vector_process_writes_down_what_it_learns_and_knows_it_after_a_crash() {
    let fresh = |record: Option<&_>| process(|group| VectorClock::<3>::of(group).unwrap(), 9, record, ());
    let mut process = fresh(None);
    let message = Message { stamp: VectorStamp::new([4, 0, 0]), payload: 'x' };
    let receive = |number| Input::Receive { from: node(number), message };
    let received = |stamp| Event::Received { from: node(1), sent: message.stamp, stamp, payload: 'x' };
    assert_eq!(
        outputs(process.step(receive(1), NOW)),
        [Output::Persist(VectorStamp::new([4, 10, 0])), Output::Event(received(VectorStamp::new([4, 1, 0]))),]
    );
    // The same once more teaches nothing, and costs no write.
    let again = Output::Event(received(VectorStamp::new([4, 2, 0])));
    assert_eq!(outputs(process.step(receive(1), NOW)), [again]);

    let restarted = fresh(Some(&VectorStamp::new([4, 10, 0])));
    assert_eq!(restarted.clock().latest(), &VectorStamp::new([4, 10, 0]));
    // One that lost its record is told so by the first peer that knew it.
    let mut amnesiac = fresh(None);
    let message = Message { stamp: VectorStamp::new([5, 2, 0]), payload: 'x' };
    let reason = Rejection::Clock(ClockError::Forgotten { entry: 1, ours: 0, theirs: 2 });
    let rejected = Output::Event(Event::Rejected { from: node(1), reason });
    assert_eq!(outputs(amnesiac.step(Input::Receive { from: node(1), message }, NOW)), [rejected]);
}
