//! What threads share, under a model checker: `.ci/loom.sh` runs these tests with loom (every interleaving of two threads, and of
//! three with at most three preemptions) and with shuttle (many of larger groups).
//!
//! No wait ever elapses here. Where time is to pass, one more thread sets the clock and wakes who waits.

use crate::clock::Clock;
use crate::local::Exchange;
use crate::locks::{self, Locks};
use crate::sync::{Mailbox, Taken};
use core::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use core::time::Duration;
use quorate::lease::holder::Timing;
use quorate::{DriftBound, Input, InputOf, Instant, Machine, NodeId, Output, Step, StepOf, To};
use std::sync::Arc;

#[cfg(loom)]
use loom::thread;
#[cfg(shuttle)]
use shuttle::thread;

/// How many interleavings of a larger group shuttle tries of each model.
#[cfg(shuttle)]
const SCHEDULES: usize = 3_000;

/// Every interleaving, or every one with so many preemptions.
#[cfg(loom)]
fn check(what: &str, preemptions: Option<usize>, model: impl Fn() + Send + Sync + 'static) {
    let executions = Arc::new(AtomicUsize::new(0));
    let counted = executions.clone();
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    builder.max_branches = 100_000;
    // Where these are set, loom ends without a word before it has tried everything.
    (builder.max_duration, builder.max_permutations) = (None, None);
    builder.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        model();
    });
    let bound = preemptions.map_or("unbounded".to_owned(), |bound| format!("{bound} preemptions"));
    println!("loom: {what}: {} executions, {bound}, complete", executions.load(Ordering::Relaxed));
}

#[cfg(shuttle)]
fn check(what: &str, _: Option<usize>, model: impl Fn() + Send + Sync + 'static) {
    let executions = Arc::new(AtomicUsize::new(0));
    let counted = executions.clone();
    let model = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        model();
    };
    let model = Arc::new(model);
    let again = model.clone();
    shuttle::check_random(move || model(), SCHEDULES);
    shuttle::check_pct(move || again(), SCHEDULES, 3);
    let tried = executions.load(Ordering::Relaxed);
    assert_eq!(tried, 2 * SCHEDULES);
    println!("shuttle: {what}: {tried} executions");
}

/// How many threads there are beside the one that the model begins in: as many as loom bears, or as make a group for shuttle.
const fn others(few: usize) -> usize {
    if cfg!(loom) { few } else { 6 }
}

fn mailbox(producers: usize, preemptions: Option<usize>) {
    check("a mailbox with room for one", preemptions, move || {
        let mailbox = Arc::new(Mailbox::new(1));
        let putting = |from| {
            let mailbox = mailbox.clone();
            thread::spawn(move || {
                mailbox.put(from).unwrap();
            })
        };
        let threads: Vec<_> = (0..producers).map(putting).collect();
        let mut taken: Vec<usize> = (0..producers)
            .map(|_| match mailbox.take(None) {
                Taken::Mail(mail) => mail,
                other => panic!("{other:?} instead of mail"),
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        taken.sort_unstable();
        assert!(taken.into_iter().eq(0..producers), "each exactly once");
        assert!(mailbox.is_empty());
    });
}

#[test]
fn a_mailbox_loses_and_repeats_nothing_between_two_threads() {
    mailbox(1, None);
}

#[test]
fn a_mailbox_loses_and_repeats_nothing_between_more() {
    mailbox(others(2), Some(3));
}

#[test]
fn whoever_takes_is_woken_by_mail_or_by_name_or_by_the_end() {
    check("mail, then a wake-up, then the end", None, || {
        let mailbox = Arc::new(Mailbox::new(1));
        let other = mailbox.clone();
        let thread = thread::spawn(move || {
            other.try_put(7).unwrap();
            other.wake();
            other.close();
        });
        let (mut mail, mut woken) = (0, 0);
        loop {
            match mailbox.take(None) {
                Taken::Mail(7) => mail += 1,
                Taken::Woken => woken += 1,
                Taken::Closed => break,
                other => panic!("{other:?}"),
            }
        }
        thread.join().unwrap();
        assert_eq!((mail, woken), (1, 1));
    });
}

/// Counts what it hears, and rings when it is time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Bell {
    peers: Vec<NodeId>,
    heard: u32,
    due: Option<Instant>,
    rang: bool,
}

impl Machine for Bell {
    type Command = ();
    type Message = ();
    type Record = u32;
    type Event = u32;

    fn step(&mut self, input: InputOf<Self>, now: Instant) -> StepOf<Self> {
        let mut step = Step::new();
        match input {
            Input::Command(()) => step.push(Output::Send { to: To::Peers, message: () }),
            Input::Receive { .. } => {
                self.heard += 1;
                step.persist(self.heard);
                step.event(self.heard);
            }
            Input::Tick => self.rang |= self.due.take_if(|due| *due <= now).is_some(),
        }
        step
    }

    fn deadline(&self) -> Option<Instant> {
        self.due
    }

    fn peers(&self) -> &[NodeId] {
        &self.peers
    }
}

/// A clock that a thread sets.
#[derive(Debug, Default)]
struct Manual(AtomicU64);

impl Clock for Manual {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.load(Ordering::Relaxed))
    }
}

const ONE: NodeId = NodeId::new(1);
const TWO: NodeId = NodeId::new(2);

/// Some threads ring at one seat, and some wait at the other one until all has been heard.
fn seats(ringing: usize, waiting: usize, preemptions: Option<usize>) {
    check("two seats of an exchange", preemptions, move || {
        let (exchange, clock) = (Exchange::new(), Arc::new(Manual::default()));
        let bell = |peer| Bell { peers: vec![peer], ..Bell::default() };
        let one = exchange.join(ONE, bell(TWO), clock.clone());
        let two = exchange.join(TWO, bell(ONE), clock);
        let all = u32::try_from(ringing).unwrap();
        let heard = move |bell: &Bell, _| (bell.heard == all).then_some(());
        let ringing: Vec<_> = (0..ringing)
            .map(|_| {
                let one = one.clone();
                thread::spawn(move || {
                    one.command(());
                })
            })
            .collect();
        let waiting: Vec<_> = (1..waiting)
            .map(|_| {
                let two = two.clone();
                thread::spawn(move || two.wait_for(None, heard).unwrap())
            })
            .collect();
        two.wait_for(None, heard).unwrap();
        ringing.into_iter().chain(waiting).for_each(|thread| thread.join().unwrap());
        assert_eq!((two.record(), two.lost()), (Some(all), 0));
        let events: Vec<u32> = (0..all).map(|_| two.next(None).unwrap().1).collect();
        assert!(events.into_iter().eq(1..=all), "in order");
    });
}

#[test]
fn who_waits_at_a_seat_hears_of_what_another_thread_sent() {
    seats(1, 1, None);
}

#[test]
fn everybody_who_waits_at_a_seat_hears_of_it() {
    seats(others(2) / 2, others(2) / 2 + 1, Some(3));
}

#[test]
fn who_waits_at_a_seat_sees_its_deadline_pass() {
    check("a seat and a clock", None, || {
        let clock = Arc::new(Manual::default());
        let bell = Bell { due: Some(Instant::from_millis(5)), ..Bell::default() };
        let seat = Exchange::new().join(ONE, bell, clock.clone());
        let ticking = seat.clone();
        let thread = thread::spawn(move || {
            clock.0.store(5, Ordering::Relaxed);
            ticking.wake();
        });
        seat.wait_for(None, |bell, _| bell.rang.then_some(())).unwrap();
        thread.join().unwrap();
    });
}

#[test]
fn who_serves_a_seat_goes_when_it_is_closed() {
    check("a seat that is closed", None, || {
        let seat = Exchange::new().join(ONE, Bell::default(), Arc::new(Manual::default()));
        let serving = seat.clone();
        let thread = thread::spawn(move || serving.serve());
        seat.close();
        thread.join().unwrap();
    });
}

fn local_locks() -> Locks {
    let timing = Timing::for_lease(Duration::from_secs(60), DriftBound::QUARTZ);
    locks::without_clock_thread(timing, Arc::new(Manual::default()))
}

/// Every thread acquires the same lock and gives it up; whoever holds it is alone, and has the highest token so far.
fn one_at_a_time(threads: usize, preemptions: Option<usize>) {
    check("one lock", preemptions, move || {
        let locks = local_locks();
        let (inside, last) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        // What was given up once serves the next one, and no more than one.
        locks.acquire("lock").wait().unwrap().release().unwrap();
        let hold = move |locks: &Locks, inside: &AtomicBool, last: &AtomicU64| {
            let guard = locks.acquire("lock").wait().unwrap();
            assert!(!inside.swap(true, Ordering::Relaxed), "two hold it at once");
            thread::yield_now();
            assert!(last.swap(guard.token().get(), Ordering::Relaxed) < guard.token().get(), "tokens grow");
            assert!(guard.is_valid(), "what is held is valid");
            inside.store(false, Ordering::Relaxed);
            guard.release().unwrap();
        };
        let spawned: Vec<_> = (1..threads)
            .map(|_| {
                let (locks, inside, last) = (locks.clone(), inside.clone(), last.clone());
                thread::spawn(move || hold(&locks, &inside, &last))
            })
            .collect();
        hold(&locks, &inside, &last);
        spawned.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn a_lock_is_held_by_one_of_two_threads_at_a_time() {
    one_at_a_time(2, None);
}

#[test]
fn a_lock_is_held_by_one_of_more_threads_at_a_time() {
    one_at_a_time(others(2) + 1, Some(3));
}

#[test]
fn a_semaphore_lets_in_as_many_as_it_has_permits() {
    check("a semaphore of two", Some(3), || {
        let locks = local_locks();
        let inside = Arc::new(AtomicUsize::new(0));
        let enter = |locks: &Locks, inside: &AtomicUsize| {
            let guard = locks.semaphore("permits", 2).wait().unwrap();
            assert!(inside.fetch_add(1, Ordering::Relaxed) < 2, "three have a permit of two");
            thread::yield_now();
            inside.fetch_sub(1, Ordering::Relaxed);
            drop(guard);
        };
        let spawned: Vec<_> = (0..others(2))
            .map(|_| {
                let (locks, inside) = (locks.clone(), inside.clone());
                thread::spawn(move || enter(&locks, &inside))
            })
            .collect();
        enter(&locks, &inside);
        spawned.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

/// Runs one of these tests in a process of its own with a bug planted, and returns what it said before it failed.
fn with_planted(bug: &str, test: &str) -> String {
    let mut process = std::process::Command::new(std::env::current_exe().unwrap());
    process.args(["--exact", &format!("threads::{test}"), "--nocapture"]).env("QUORATE_PLANT", bug);
    let output = process.output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(!output.status.success(), "{test} does not find the planted {bug}: {said}");
    said
}

#[test]
fn a_planted_lost_wakeup_is_found() {
    for test in
        ["a_mailbox_that_is_put_into_at_once_wakes_who_takes", "who_waits_at_a_seat_hears_of_what_another_thread_sent"]
    {
        let said = with_planted("lost-wakeup", test);
        assert!(said.contains("deadlock"), "{test} fails otherwise: {said}");
        println!("the planted lost wake-up is found: {test} ends in a deadlock");
    }
}

#[test]
fn a_mailbox_that_is_put_into_at_once_wakes_who_takes() {
    check("a mailbox with room", None, || {
        let mailbox = Arc::new(Mailbox::new(2));
        let other = mailbox.clone();
        let thread = thread::spawn(move || other.try_put(7).unwrap());
        assert_eq!(mailbox.take(None), Taken::Mail(7));
        thread.join().unwrap();
    });
}

#[test]
fn a_planted_double_release_is_found() {
    for test in ["a_lock_is_held_by_one_of_two_threads_at_a_time", "a_lock_is_held_by_one_of_more_threads_at_a_time"] {
        let said = with_planted("double-release", test);
        // Two threads hold the same lock, or one waits for what another one was given in its stead.
        let signs = ["two hold it at once", "what is held is valid", "deadlock"];
        let found = signs.iter().any(|sign| said.contains(sign));
        assert!(found, "{test} fails otherwise: {said}");
        println!("the planted double release is found: {test}");
    }
}
