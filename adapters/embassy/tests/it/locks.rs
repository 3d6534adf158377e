//! Locks and barriers of boards.

use crate::boards::{Node, agreed, beside, name};
use crate::bus::Bus;
use crate::time::{pass, run, within};
use core::time::Duration;
use embassy_futures::join::join3;
use quorate::barrier::Generation;
use quorate::lease::Mode;
use quorate::lease::Refusal;
use quorate::lease::holder::{Failure, Loss, Patience};
use quorate_embassy::{AttendError, BarrierError, LockError};

const SECOND: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(30);

fn three() -> (Bus, [Node; 3]) {
    (Bus::new(3), [1, 2, 3].map(|number| Node::new(number, 3)))
}

#[test]
fn a_lock_goes_from_board_to_board_whoever_hosts_it() {
    let (bus, boards) = three();
    let [one, two, three] = &boards;
    run(beside(&[one, two, three], &bus, async {
        let mut token = 0;
        // Board 3 leads, so its own locks never leave it.
        for board in [one, three, two, three, one] {
            let asked = board.member().lock(name("valve"), Mode::Exclusive, Patience::Forever);
            let lock = within(LONG, asked).await.expect("it is free").unwrap();
            assert!(lock.token().get() > token && lock.is_valid());
            token = lock.token().get();
            assert!(within(SECOND, lock.release()).await.expect("it is given up"), "the authority says so");
        }
    }));
}

#[test]
fn who_waits_has_it_when_the_guard_is_dropped_and_who_does_not_wait_is_refused() {
    let (bus, boards) = three();
    let [one, two, three] = &boards;
    run(beside(&[one, two, three], &bus, async {
        let mode = Mode::Exclusive;
        let held = within(LONG, one.member().lock(name("valve"), mode, Patience::Forever)).await.unwrap().unwrap();
        let busy = two.member().lock(name("valve"), mode, Patience::Try).await.unwrap_err();
        assert_eq!(busy, LockError::Failed(Failure::Refused(Refusal::Busy)));
        let late = two.member().lock(name("valve"), mode, Patience::For(SECOND)).await.unwrap_err();
        assert_eq!(late, LockError::Failed(Failure::TimedOut));

        let waits = two.member().lock(name("valve"), mode, Patience::Forever);
        let drops = async {
            pass(SECOND).await;
            let token = held.token();
            drop(held);
            token
        };
        let (lock, token) = within(LONG, embassy_futures::join::join(waits, drops)).await.unwrap();
        assert!(lock.unwrap().token() > token);
    }));
}

#[test]
fn a_wait_that_is_dropped_leaves_its_seat_and_takes_nothing_with_it() {
    let (bus, boards) = three();
    let [one, two, three] = &boards;
    run(beside(&[one, two, three], &bus, async {
        let (member, mode) = (two.member(), Mode::Exclusive);
        let held = within(LONG, one.member().lock(name("valve"), mode, Patience::Forever)).await.unwrap().unwrap();
        for _ in 0..5 {
            // There are two seats, so a seat that is not left would be missed by the third.
            assert!(within(SECOND, member.lock(name("valve"), mode, Patience::Forever)).await.is_none());
            pass(SECOND).await;
        }
        let first = member.lock(name("a"), mode, Patience::Forever).await.unwrap();
        let second = member.lock(name("b"), mode, Patience::Forever).await.unwrap();
        assert_eq!(member.lock(name("c"), mode, Patience::Forever).await.unwrap_err(), LockError::NoSeat);
        drop((first, second, held));
        let asked = three.member().lock(name("valve"), mode, Patience::Forever);
        let _ = within(SECOND, asked).await.expect("nobody waits before it").unwrap();
    }));
}

#[test]
fn a_lock_outlives_the_leader_that_granted_it_and_nobody_else_has_it_meanwhile() {
    let (bus, boards) = three();
    let [one, two, three] = &boards;
    run(beside(&[one, two], &bus, async {
        let (mode, valve) = (Mode::Exclusive, name("valve"));
        let lock = beside(&[three], &bus, async {
            assert_eq!(agreed(&[one, two, three]).await.id.get(), 3);
            within(LONG, one.member().lock(valve, mode, Patience::Forever)).await.unwrap().unwrap()
        })
        .await;
        // Board 3 is driven no longer, as if it had lost its power.
        let rival = two.member().lock(valve, mode, Patience::Forever);
        assert!(within(LONG, rival).await.is_none(), "it is held");
        assert_eq!(two.leader(), Some(2));
        assert!(lock.is_valid(), "it was reclaimed from the new leader");
        let token = lock.token();
        lock.release().await;
        let rival = within(LONG, two.member().lock(valve, mode, Patience::Forever)).await.unwrap().unwrap();
        assert!(rival.token() > token);
    }));
}

#[test]
fn a_board_that_is_cut_off_loses_its_lock_before_another_has_it() {
    let (bus, boards) = three();
    let [one, two, three] = &boards;
    run(beside(&[one, two, three], &bus, async {
        let (mode, valve) = (Mode::Exclusive, name("valve"));
        let lock = within(LONG, one.member().lock(valve, mode, Patience::Forever)).await.unwrap().unwrap();
        bus.cut(0, true);
        let rival = async {
            let rival = two.member().lock(valve, mode, Patience::Forever).await.unwrap();
            assert!(!lock.is_valid(), "two hold it");
            rival.token()
        };
        let lost = async {
            let left = lock.doubtful().await;
            assert!(left > Duration::ZERO && lock.is_valid());
            lock.lost().await
        };
        let (token, why) = within(LONG, embassy_futures::join::join(rival, lost)).await.unwrap();
        assert!(token > lock.token());
        assert_eq!(why, Loss::Expired);
    }));
}

#[test]
fn three_boards_meet_again_and_again_and_a_fourth_has_no_place() {
    let (bus, boards) = three();
    let [one, two, three] = &boards;
    run(beside(&[one, two, three], &bus, async {
        let meet = async |board: &Node, late: u64| {
            let mut step = board.member().attend(name("step"), 3).await.unwrap();
            let mut generations = Vec::new();
            for _ in 0..3 {
                pass(Duration::from_millis(late)).await;
                generations.push(step.arrive(None).await.unwrap());
            }
            generations.push(step.leave(None).await.unwrap());
            generations
        };
        let (a, b, c) = within(LONG, join3(meet(one, 0), meet(two, 300), meet(three, 900))).await.expect("all come");
        assert_eq!((&a, &a), (&b, &c), "all are released from the same generations");
        assert!(a.is_sorted() && a.len() == 4, "{a:?}");
    }));
}

#[test]
fn a_barrier_that_not_all_come_to_breaks_for_all() {
    let (bus, boards) = three();
    let [one, two, three] = &boards;
    run(beside(&[one, two, three], &bus, async {
        // Who runs out of patience before there is a coordinator that counted it breaks nothing.
        agreed(&[one, two, three]).await;
        pass(10 * SECOND).await;
        let (a, b) = (one.member(), two.member());
        let waits =
            embassy_futures::join::join(a.barrier(name("go"), 3, None), b.barrier(name("go"), 3, Some(2 * SECOND)));
        let (first, second): (Result<Generation, _>, _) = within(LONG, waits).await.expect("it breaks");
        assert!(matches!(first, Err(BarrierError::Broken { arrived: 2, .. })), "{first:?}");
        assert!(matches!(second, Err(BarrierError::Broken { .. })), "{second:?}");
        pass(SECOND).await;
        let stalls = (one.member().attend(name("x"), 2).await, one.member().attend(name("y"), 2).await);
        assert!(stalls.0.is_ok() && stalls.1.is_ok(), "both stalls are free again");
        assert_eq!(one.member().attend(name("z"), 2).await.unwrap_err(), AttendError::NoStall);
    }));
}

#[test]
fn a_seat_and_a_stall_that_were_left_can_be_taken_at_once() {
    let (bus, one) = (Bus::new(1), Node::new(1, 1));
    run(beside(&[&one], &bus, async {
        for _ in 0..6 {
            let asked = one.member().lock(name("valve"), Mode::Exclusive, Patience::Forever);
            let lock = within(LONG, asked).await.expect("nobody else has it").unwrap();
            assert!(lock.release().await);
            within(LONG, one.member().barrier(name("go"), 1, None)).await.expect("it is alone").unwrap();
            // Dropped before anything came of it.
            drop(one.member().attend(name("go"), 2).await.unwrap());
        }
    }));
}

#[test]
fn a_board_that_is_alone_asks_itself() {
    let (bus, one) = (Bus::new(1), Node::new(1, 1));
    run(beside(&[&one], &bus, async {
        let asked = one.member().lock(name("valve"), Mode::Exclusive, Patience::Forever);
        let lock = within(LONG, asked).await.expect("nobody else has it").unwrap();
        pass(LONG).await;
        assert!(lock.is_valid(), "it is renewed");
        assert!(lock.release().await);
    }));
}
