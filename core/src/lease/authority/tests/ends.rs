//! How leases end (L1, L6): by expiry, with a lock-delay, by an administrator, at a cap.

use super::dialogue::*;
use crate::Machine;
use crate::lease::authority::ClaimState;
use crate::lease::authority::{Command, Freed};
use crate::lease::{Mode::Exclusive, Refusal};
use core::time::Duration;

#[test]
fn l6_what_a_crashed_holder_held_is_granted_to_the_next_when_its_lease_is_over() {
    let mut it = Dialogue::open(config());
    it.hear(1_000, 1, acquire(1, 0), &[to(1, granted(1, token(3, 1), 0)), holds(1, Exclusive, token(3, 1))]);
    it.hear(1_100, 1, renew(1, token(3, 1), 100), &[to(1, granted(1, token(3, 1), 100))]);
    it.hear(1_200, 2, acquire(2, 7), &[to(2, waiting(2, 0, 7))]);
    it.tick(
        2_100,
        &[freed(1, token(3, 1), Freed::Expired), to(2, granted(2, token(3, 2), 7)), holds(2, Exclusive, token(3, 2))],
    );
}

#[test]
fn a_lock_delay_follows_what_ran_out_and_not_what_was_released() {
    let mut it = Dialogue::open(config().with_lock_delay(Duration::from_millis(500)).unwrap());
    it.hear(1_500, 1, acquire(1, 0), &[to(1, granted(1, token(3, 1), 0)), holds(1, Exclusive, token(3, 1))]);
    it.hear(2_400, 2, acquire(2, 7), &[to(2, waiting(2, 0, 7))]);
    it.tick(2_500, &[freed(1, token(3, 1), Freed::Expired)]);
    let delayed = it.subject.claims(at(2_600)).find(|claim| claim.node == node(1)).unwrap();
    assert_eq!((delayed.state, delayed.left), (ClaimState::Delayed(token(3, 1)), Duration::from_millis(400)));
    // Its holder is told that it is over; and may not have it by asking again.
    it.hear(2_600, 1, renew(1, token(3, 1), 9), &[to(1, refused(1, Refusal::NotHeld, 9))]);
    it.hear(2_601, 1, acquire(1, 9), &[to(1, refused(1, Refusal::NotHeld, 9))]);
    it.tick(3_000, &[to(2, granted(2, token(3, 2), 7)), holds(2, Exclusive, token(3, 2))]);
    it.hear(3_001, 3, acquire(3, 7), &[to(3, waiting(3, 0, 7))]);
    it.hear(
        3_002,
        2,
        release(2, token(3, 2)),
        &[
            to(2, released(2)),
            freed(2, token(3, 2), Freed::Released),
            to(3, granted(3, token(3, 3), 7)),
            holds(3, Exclusive, token(3, 3)),
        ],
    );
}

#[test]
fn a_holder_that_says_it_is_done_ends_the_lock_delay() {
    let mut it = Dialogue::open(config().with_lock_delay(Duration::from_millis(500)).unwrap());
    it.hear(1_500, 1, acquire(1, 0), &[to(1, granted(1, token(3, 1), 0)), holds(1, Exclusive, token(3, 1))]);
    it.hear(2_400, 2, acquire(2, 7), &[to(2, waiting(2, 0, 7))]);
    it.tick(2_500, &[freed(1, token(3, 1), Freed::Expired)]);
    it.hear(
        2_600,
        1,
        release(1, token(3, 1)),
        &[to(1, released(1)), to(2, granted(2, token(3, 2), 7)), holds(2, Exclusive, token(3, 2))],
    );
}

#[test]
fn a_waiter_that_is_not_heard_of_any_more_stands_in_nobodys_way() {
    let mut it = Dialogue::open(config());
    it.hear(1_000, 1, acquire(1, 0), &[to(1, granted(1, token(3, 1), 0)), holds(1, Exclusive, token(3, 1))]);
    it.hear(1_001, 2, acquire(2, 0), &[to(2, waiting(2, 0, 0))]);
    it.hear(1_900, 1, renew(1, token(3, 1), 9), &[to(1, granted(1, token(3, 1), 9))]);
    it.hear(1_950, 3, acquire(3, 9), &[to(3, waiting(3, 1, 9))]);
    it.tick(2_001, &[]); // the second is taken out of the line
    it.hear(2_002, 3, acquire(3, 9), &[to(3, waiting(3, 0, 9))]);
}

#[test]
fn a_broken_lease_is_not_renewed_and_is_free_when_its_holder_confirms() {
    let mut it = Dialogue::open(config());
    it.hear(1_000, 1, acquire(1, 4), &[to(1, granted(1, token(3, 1), 4)), holds(1, Exclusive, token(3, 1))]);
    it.hear(1_001, 2, acquire(2, 0), &[to(2, waiting(2, 0, 0))]);
    it.ask(1_002, Command::Break(IT), &[to(1, refused(1, Refusal::Broken, 4))]);
    it.hear(1_003, 1, renew(1, token(3, 1), 9), &[to(1, refused(1, Refusal::Broken, 9))]);
    assert_eq!(it.subject.deadline(), Some(at(2_000)), "it may not have heard, and holds it until then");
    it.hear(
        1_004,
        1,
        release(1, token(3, 1)),
        &[
            to(1, released(1)),
            freed(1, token(3, 1), Freed::Released),
            to(2, granted(2, token(3, 2), 0)),
            holds(2, Exclusive, token(3, 2)),
        ],
    );
}

#[test]
fn a_cap_ends_what_is_renewed_for_ever() {
    let mut it = Dialogue::open(config().with_cap(Duration::from_millis(1_500)).unwrap());
    it.hear(1_000, 1, acquire(1, 0), &[to(1, granted(1, token(3, 1), 0)), holds(1, Exclusive, token(3, 1))]);
    it.hear(1_400, 1, renew(1, token(3, 1), 9), &[to(1, granted(1, token(3, 1), 9))]);
    it.hear(1_600, 1, renew(1, token(3, 1), 10), &[to(1, refused(1, Refusal::CapReached, 10))]);
    it.tick(2_400, &[freed(1, token(3, 1), Freed::Expired)]);
}
