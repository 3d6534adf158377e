//! Locks over a carrier in this process, on a clock that jumps.

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use core::time::Duration;
use quorate::lease::authority::{self, Fixed};
use quorate::lease::holder::{Loss, Misuse, Timing};
use quorate::lease::{Message, Refusal};
use quorate::{DriftBound, Group, Input, Machine, Name, NodeId, Output, Seed, To};
use quorate_tokio::Locks;
use quorate_tokio::clock::{Clock, Virtual};
use quorate_tokio::locks::{AcquireError, Answers, Carrier, DoubtReason, MAX_AUTHORITIES, ReleaseError, Rules};
use std::sync::{Arc, Mutex, OnceLock};

const AUTHORITY: NodeId = NodeId::new(1);
const ME: NodeId = NodeId::new(1 << 31);
const LEASE: Duration = Duration::from_secs(3);

/// An authority in this process, and the way to it, which can be cut.
#[derive(Clone, Debug)]
struct Near(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    authority: Mutex<Fixed<Name, 16>>,
    answers: OnceLock<Answers>,
    clock: Virtual,
    /// Nothing goes there; nothing comes back.
    deaf: AtomicBool,
    dumb: AtomicBool,
    sent: AtomicUsize,
}

impl Near {
    fn new(clock: Virtual) -> Self {
        let config = authority::Config::new(LEASE, DriftBound::QUARTZ).unwrap();
        let near = Self(Arc::new(Inner {
            authority: Mutex::new(Fixed::new(config, None, clock.now())),
            answers: OnceLock::new(),
            clock,
            deaf: AtomicBool::new(false),
            dumb: AtomicBool::new(false),
            sent: AtomicUsize::new(0),
        }));
        let ticked = near.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(10)).await;
                ticked.step(Input::Tick);
            }
        });
        near
    }

    fn step(&self, input: Input<authority::Command<Name>, Message<Name>>) {
        let outputs = self.0.authority.lock().unwrap().step(input, self.0.clock.now());
        for output in outputs {
            let Output::Send { message, .. } = output else { continue };
            if !self.0.dumb.load(Ordering::Relaxed) {
                self.0.answers.get().unwrap().deliver(AUTHORITY, message);
            }
        }
    }

    fn cut(&self, deaf: bool, dumb: bool) {
        self.0.deaf.store(deaf, Ordering::Relaxed);
        self.0.dumb.store(dumb, Ordering::Relaxed);
    }

    fn sent(&self) -> usize {
        self.0.sent.load(Ordering::Relaxed)
    }

    fn claims(&self) -> usize {
        self.0.authority.lock().unwrap().claims(self.0.clock.now()).count()
    }
}

impl Carrier for Near {
    fn group(&self) -> Group<MAX_AUTHORITIES> {
        Group::new(ME, &[AUTHORITY]).unwrap()
    }

    fn attach(&self, answers: Answers) {
        self.0.answers.set(answers).unwrap();
    }

    fn send(&self, _: To, message: Message<Name>) {
        self.0.sent.fetch_add(1, Ordering::Relaxed);
        if !self.0.deaf.load(Ordering::Relaxed) {
            self.step(Input::Receive { from: ME, message });
        }
    }
}

fn locks() -> (Locks, Near, Virtual) {
    let clock = Virtual::new();
    let near = Near::new(clock);
    let rules = Rules::new(Timing::for_lease(LEASE, DriftBound::QUARTZ)).unwrap();
    let rules = rules.with_seed(Seed::new(7)).with_clock(Arc::new(clock));
    (Locks::over(near.clone(), rules), near, clock)
}

async fn pass(millis: u64) {
    tokio::time::sleep(Duration::from_millis(millis)).await;
}

#[tokio::test(start_paused = true)]
async fn a_lock_goes_from_guard_to_guard_in_order_and_its_tokens_grow() {
    let (locks, near, _) = locks();
    let first = locks.acquire("a").await.unwrap();
    assert_eq!((first.name().as_str(), first.is_valid()), ("a", true));
    assert_eq!(near.sent(), 1, "one message for an acquisition that nobody disputes");
    assert_eq!(locks.acquire("a").at_once().await.unwrap_err(), AcquireError::Busy);
    let waiting = async {
        let guard = locks.acquire("a").await.unwrap();
        guard.token()
    };
    let releasing = async {
        pass(20_000).await; // renewed all the while
        assert!(first.is_valid());
        let token = first.token();
        first.release().await.unwrap();
        token
    };
    let (second, first) = tokio::join!(waiting, releasing);
    assert!(second > first, "{second} after {first}");
    pass(1).await;
    assert_eq!(near.claims(), 0, "a dropped guard has released");
    assert!(locks.acquire("a").at_once().await.is_ok());
    let error = locks.acquire("").await.unwrap_err();
    assert_eq!(error.to_string(), "the name is empty");
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_in_time_and_leaves_no_claim() {
    let (locks, near, clock) = locks();
    let held = locks.acquire("a").await.unwrap();
    let before = clock.now();
    let error = locks.acquire("a").within(Duration::from_millis(700)).await.unwrap_err();
    assert_eq!(error, AcquireError::TimedOut);
    assert_eq!(clock.now().since(before), Duration::from_millis(700));
    let dropped = tokio::time::timeout(Duration::from_millis(50), locks.acquire("a")).await;
    assert!(dropped.is_err());
    assert_eq!(near.claims(), 1, "who gave up is not in line");
    drop(held);
    assert_eq!(near.claims(), 0);
}

#[tokio::test(start_paused = true)]
async fn shared_locks_and_permits_are_side_by_side_as_far_as_there_are() {
    let (locks, _, _) = locks();
    let readers = [locks.shared("a").await.unwrap(), locks.shared("a").await.unwrap()];
    assert_eq!(locks.acquire("a").at_once().await.unwrap_err(), AcquireError::Busy);
    drop(readers);
    assert!(locks.acquire("a").at_once().await.is_ok());

    let two = locks.semaphore("s", 3).permits(2).await.unwrap();
    let one = locks.semaphore("s", 3).await.unwrap();
    assert_eq!(locks.semaphore("s", 3).at_once().await.unwrap_err(), AcquireError::Busy);
    let other = locks.semaphore("s", 5).at_once().await.unwrap_err();
    assert_eq!(other, AcquireError::Refused(Refusal::OtherPermits(3)));
    let error = locks.semaphore("s", 3).permits(4).await.unwrap_err();
    assert_eq!(
        (error, error.to_string().as_str()),
        (AcquireError::Permits { take: 4, of: 3 }, "4 permits cannot be taken of 3")
    );
    drop((one, two));
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_cannot_be_renewed_is_doubtful_and_then_lost_and_another_one_is_granted_later() {
    let (locks, near, clock) = locks();
    let guard = locks.acquire("a").await.unwrap();
    let granted = clock.now();
    near.cut(false, true);
    let doubt = guard.doubtful().await;
    assert_eq!(doubt.reason, DoubtReason::RenewalOverdue);
    assert!(guard.is_valid() && !doubt.left.is_zero());
    near.cut(false, false);
    pass(2_000).await;
    assert!(guard.is_valid(), "the doubt has passed");

    near.cut(true, true);
    let before = guard.valid_until();
    assert_eq!(guard.lost().await, Loss::Expired);
    assert!(!guard.is_valid() && guard.time_left().is_zero());
    assert!(clock.now().since(before) <= Duration::from_millis(1), "told as it ends");
    assert!(clock.now().since(granted) > LEASE);
    assert_eq!(guard.enter().unwrap_err(), Misuse::NotHeld);
    near.cut(false, false);
    let old = guard.token();
    let next = locks.acquire("a").await.unwrap();
    assert!(next.token() > old);
    let error = guard.release().await.unwrap_err();
    assert_eq!(error, ReleaseError::Lost { token: old, why: Loss::Expired });
    assert!(next.is_valid(), "a stale release ends nobody else's lease");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_loses_nothing() {
    let (locks, near, _) = locks();
    near.cut(false, true);
    let mend = async {
        pass(500).await;
        near.cut(false, false);
    };
    let (guard, ()) = tokio::join!(locks.acquire("a"), mend);
    let guard = guard.unwrap();
    assert!(guard.is_valid());
    assert_eq!(near.claims(), 1);

    near.cut(true, true);
    let mend = async {
        pass(500).await;
        near.cut(false, false);
    };
    let (released, ()) = tokio::join!(guard.release(), mend);
    released.unwrap();
    assert_eq!(near.claims(), 0);

    let guard = locks.acquire("a").await.unwrap();
    let token = guard.token();
    near.cut(true, true);
    assert_eq!(guard.release().await.unwrap_err(), ReleaseError::Unconfirmed { token });
}

#[tokio::test(start_paused = true)]
async fn what_is_entered_twice_is_held_until_it_is_left_twice() {
    let (locks, near, _) = locks();
    let outer = locks.acquire("a").await.unwrap();
    let inner = outer.enter().unwrap();
    assert_eq!(inner.token(), outer.token());
    outer.release().await.unwrap();
    assert!(inner.is_valid());
    pass(10_000).await;
    assert!(inner.is_valid() && near.claims() == 1, "it is renewed for who is left");
    inner.release().await.unwrap();
    assert_eq!(near.claims(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_shuts_down_drains_and_then_releases() {
    let (locks, near, clock) = locks();
    let guard = locks.acquire("a").await.unwrap();
    let waiter = tokio::spawn(locks.acquire("a").into_future());
    pass(1).await;
    let start = clock.now();
    let work = async {
        pass(5_000).await; // longer than a lease
        assert!(guard.is_valid());
        assert_eq!(guard.enter().unwrap_err(), Misuse::Draining);
        drop(guard);
    };
    tokio::join!(locks.shutdown(), work);
    assert_eq!(clock.now().since(start), Duration::from_secs(5));
    assert_eq!(waiter.await.unwrap().unwrap_err(), AcquireError::ShuttingDown);
    assert_eq!(locks.acquire("b").await.unwrap_err(), AcquireError::ShuttingDown);
    assert_eq!(near.claims(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_dropped_last_is_still_released() {
    let (locks, near, _) = locks();
    let guard = locks.acquire("a").await.unwrap();
    let answers = near.0.answers.get().unwrap().clone();
    near.cut(true, false);
    drop((guard, locks));
    pass(200).await;
    assert!(near.claims() == 1 && !answers.is_closed(), "nobody has heard of it yet");
    near.cut(false, false);
    answers.closed().await;
    assert_eq!(near.claims(), 0);
}

#[tokio::test(start_paused = true)]
async fn holders_are_used_again_and_only_as_many_are_made_as_hold_at_once() {
    let (locks, near, _) = locks();
    for turn in 0..1_000 {
        let guard = locks.acquire("a").await.unwrap();
        guard.release().await.unwrap();
        assert_eq!(near.sent(), 2 * (turn + 1), "one message to acquire, one to release");
    }
    let mut guards = Vec::new();
    for name in ["a", "b", "c", "d"] {
        guards.push(locks.acquire(name).await.unwrap());
    }
    pass(30_000).await;
    assert!(guards.iter().all(|guard| guard.is_valid()));
    assert!(format!("{locks:?}").contains("under_way: 4"), "{locks:?}");
}
