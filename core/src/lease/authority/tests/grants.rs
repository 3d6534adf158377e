//! Who is granted what, and in which order (L2, L4, L5).

use super::dialogue::*;
use crate::lease::authority::{Command, Event, Freed, Misuse, Reason};
use crate::lease::{ClaimId, Message, Mode, Refusal};
use crate::{Epoch, FencingToken, Machine};
use Mode::{Exclusive, Shared};
use core::time::Duration;

#[test]
fn l5_waiters_are_served_in_the_order_in_which_they_came() {
    let mut it = Dialogue::open(config());
    it.hear(1_000, 1, acquire(1, 990), &[to(1, granted(1, token(3, 1), 990)), holds(1, Exclusive, token(3, 1))]);
    it.hear(1_010, 2, acquire(2, 10), &[to(2, waiting(2, 0, 10))]);
    it.hear(1_020, 3, acquire(3, 20), &[to(3, waiting(3, 1, 20))]);
    it.hear(
        1_100,
        1,
        release(1, token(3, 1)),
        &[
            to(1, released(1)),
            freed(1, token(3, 1), Freed::Released),
            to(2, granted(2, token(3, 2), 10)),
            holds(2, Exclusive, token(3, 2)),
        ],
    );
    // Who was third is first now, and keeps its place by saying that it is still there.
    it.hear(1_200, 3, acquire(3, 200), &[to(3, waiting(3, 0, 200))]);
    it.hear(
        1_300,
        2,
        release(2, token(3, 2)),
        &[
            to(2, released(2)),
            freed(2, token(3, 2), Freed::Released),
            to(3, granted(3, token(3, 3), 200)),
            holds(3, Exclusive, token(3, 3)),
        ],
    );
}

#[test]
fn who_does_not_want_to_wait_is_refused_and_leaves_no_trace() {
    let mut it = Dialogue::open(config());
    it.hear(1_000, 1, acquire(1, 0), &[to(1, granted(1, token(3, 1), 0)), holds(1, Exclusive, token(3, 1))]);
    let busy = to(2, refused(2, Refusal::Busy, 5));
    it.hear(1_010, 2, wants(2, Exclusive, false, 5), core::slice::from_ref(&busy));
    it.hear(1_020, 2, wants(2, Shared, false, 5), &[busy]);
    assert_eq!(it.subject.claims(at(1_020)).count(), 1);
}

#[test]
fn readers_share_and_a_writer_in_line_is_not_passed_by_later_readers() {
    let mut it = Dialogue::open(config());
    let reads = |claim| wants(claim, Shared, true, 0);
    it.hear(1_000, 1, reads(1), &[to(1, granted(1, token(3, 1), 0)), holds(1, Shared, token(3, 1))]);
    it.hear(1_001, 2, reads(2), &[to(2, granted(2, token(3, 2), 0)), holds(2, Shared, token(3, 2))]);
    it.hear(1_002, 3, acquire(3, 0), &[to(3, waiting(3, 0, 0))]);
    it.hear(1_003, 4, reads(4), &[to(4, waiting(4, 1, 0))]);
    it.hear(1_004, 4, wants(5, Shared, false, 0), &[to(4, refused(5, Refusal::Busy, 0))]);
    it.hear(1_100, 1, release(1, token(3, 1)), &[to(1, released(1)), freed(1, token(3, 1), Freed::Released)]);
    it.hear(
        1_101,
        2,
        release(2, token(3, 2)),
        &[
            to(2, released(2)),
            freed(2, token(3, 2), Freed::Released),
            to(3, granted(3, token(3, 3), 0)),
            holds(3, Exclusive, token(3, 3)),
        ],
    );
}

#[test]
fn permits_are_taken_up_to_their_number_and_everybody_has_to_know_the_same_number() {
    let mut it = Dialogue::open(config());
    let takes = |claim, take, of| wants(claim, permits(take, of), true, 0);
    let (two, one) = (permits(2, 3), permits(1, 3));
    it.hear(1_000, 1, takes(1, 2, 3), &[to(1, granted(1, token(3, 1), 0)), holds(1, two, token(3, 1))]);
    it.hear(1_001, 2, takes(2, 2, 3), &[to(2, waiting(2, 0, 0))]);
    // There is one left, but who came first is served first.
    it.hear(1_002, 3, takes(3, 1, 3), &[to(3, waiting(3, 1, 0))]);
    it.hear(1_003, 4, takes(4, 1, 4), &[to(4, refused(4, Refusal::OtherPermits(3), 0))]);
    it.hear(
        1_100,
        1,
        release(1, token(3, 1)),
        &[
            to(1, released(1)),
            freed(1, token(3, 1), Freed::Released),
            to(2, granted(2, token(3, 2), 0)),
            holds(2, two, token(3, 2)),
        ],
    );
    // The step was full: the next leaves at once, at the same time.
    it.tick(1_100, &[to(3, granted(3, token(3, 3), 0)), holds(3, one, token(3, 3))]);
}

#[test]
fn l4_an_acquisition_that_is_repeated_is_granted_once() {
    let mut it = Dialogue::open(config());
    it.hear(1_000, 1, acquire(1, 0), &[to(1, granted(1, token(3, 1), 0)), holds(1, Exclusive, token(3, 1))]);
    // The reply was lost. What it asks again for later is kept longer.
    it.hear(1_500, 1, acquire(1, 500), &[to(1, granted(1, token(3, 1), 500))]);
    assert_eq!(it.subject.deadline(), Some(at(2_500)));
    // What overtook it does not make it shorter.
    it.hear(1_510, 1, acquire(1, 0), &[to(1, granted(1, token(3, 1), 0))]);
    assert_eq!(it.subject.deadline(), Some(at(2_510)));
}

#[test]
fn trap_a_stale_release_never_ends_the_lease_of_a_successor() {
    let mut it = Dialogue::open(config());
    it.hear(1_000, 1, acquire(1, 0), &[to(1, granted(1, token(3, 1), 0)), holds(1, Exclusive, token(3, 1))]);
    it.hear(1_001, 1, release(1, token(3, 1)), &[to(1, released(1)), freed(1, token(3, 1), Freed::Released)]);
    it.hear(
        1_002,
        1,
        acquire(2, 2),
        &[
            to(1, granted(2, token(3, 2), 2)),
            tells(Event::Granted {
                resource: IT,
                node: node(1),
                claim: ClaimId::new(2),
                token: token(3, 2),
                mode: Exclusive,
                reclaimed: false,
            }),
        ],
    );
    // The same node's release of before comes again; and somebody else's, with a token that is guessed right.
    it.hear(1_003, 1, release(1, token(3, 1)), &[to(1, released(1))]);
    it.hear(1_004, 2, release(2, token(3, 2)), &[to(2, released(2))]);
    it.hear(1_005, 1, release(2, token(3, 1)), &[to(1, released(2))]);
    assert_eq!(it.subject.claims(at(1_005)).count(), 1);
}

#[test]
fn who_gives_up_leaves_the_line_and_what_it_was_granted_meanwhile() {
    let mut it = Dialogue::open(config());
    it.hear(1_000, 1, acquire(1, 0), &[to(1, granted(1, token(3, 1), 0)), holds(1, Exclusive, token(3, 1))]);
    it.hear(1_001, 2, acquire(2, 0), &[to(2, waiting(2, 0, 0))]);
    it.hear(1_002, 3, acquire(3, 0), &[to(3, waiting(3, 1, 0))]);
    it.hear(1_003, 2, cancel(2), &[to(2, released(2))]);
    it.hear(
        1_004,
        1,
        release(1, token(3, 1)),
        &[
            to(1, released(1)),
            freed(1, token(3, 1), Freed::Released),
            to(3, granted(3, token(3, 2), 0)),
            holds(3, Exclusive, token(3, 2)),
        ],
    );
    // The grant and the cancellation crossed.
    it.hear(1_005, 3, cancel(3), &[to(3, released(3)), freed(3, token(3, 2), Freed::Released)]);
}

#[test]
fn a_full_authority_says_so_and_keeps_what_it_has() {
    let mut it = Dialogue::open(config());
    it.hear(1_000, 1, acquire(1, 0), &[to(1, granted(1, token(3, 1), 0)), holds(1, Exclusive, token(3, 1))]);
    for waiter in 2..=8 {
        it.hear(1_000, waiter, acquire(waiter.into(), 0), &[to(waiter, waiting(waiter.into(), waiter - 2, 0))]);
    }
    it.hear(1_001, 9, acquire(9, 0), &[to(9, refused(9, Refusal::Full(8), 0))]);
    it.hear(1_002, 5, cancel(5), &[to(5, released(5))]);
    it.hear(1_003, 9, acquire(9, 0), &[to(9, waiting(9, 7, 0))]);
}

#[test]
fn a_longer_lease_than_the_longest_is_cut_and_a_shorter_one_is_given() {
    let mut it = Dialogue::open(config());
    let asks = |claim, lease| Message::Acquire {
        claim: ClaimId::new(claim),
        resource: claim as u8,
        mode: Exclusive,
        wait: true,
        lease,
        sent: at(0),
    };
    for (claim, asked, given) in [(1, 5_000, 1_000), (2, 300, 300)] {
        let said: std::vec::Vec<Said> = it
            .subject
            .step(
                crate::Input::Receive { from: node(1), message: asks(claim, Duration::from_millis(asked)) },
                at(1_000),
            )
            .into_iter()
            .collect();
        let lease = Duration::from_millis(given);
        let message = Message::Granted { claim: ClaimId::new(claim), token: token(3, claim), lease, sent: at(0) };
        assert_eq!(said.first(), Some(&to(1, message)));
    }
    assert_eq!(it.subject.deadline(), Some(at(1_300)));
}

#[test]
fn garbage_is_rejected_with_its_reason_and_changes_nothing() {
    let mut it = Dialogue::open(config());
    let before = it.subject.clone();
    let none = Message::Acquire {
        claim: ClaimId::new(1),
        resource: IT,
        mode: Exclusive,
        wait: true,
        lease: Duration::ZERO,
        sent: at(0),
    };
    it.hear(1_000, 1, none, &[rejected(1, Reason::NoLease)]);
    it.hear(1_000, 1, granted(1, token(3, 1), 0), &[rejected(1, Reason::NotForAuthorities)]);
    let zero = FencingToken::ZERO;
    it.hear(1_000, 1, renew(1, zero, 0), &[rejected(1, Reason::InvalidToken(zero))]);
    let beyond = FencingToken::from_number(u64::MAX);
    it.hear(1_000, 1, release(1, beyond), &[rejected(1, Reason::InvalidToken(beyond))]);
    assert_eq!(it.subject, before);
    it.hear(1_000, 1, acquire(1, 0), &[to(1, granted(1, token(3, 1), 0)), holds(1, Exclusive, token(3, 1))]);
    let other = wants(1, Shared, true, 0);
    it.hear(1_000, 1, other, &[rejected(1, Reason::OtherClaim(ClaimId::new(1)))]);
}

#[test]
fn the_last_token_of_an_epoch_is_followed_by_no_other() {
    let mut it = Dialogue::open(config());
    it.subject.sequence = FencingToken::LAST_SEQUENCE - 1;
    let last = token(3, FencingToken::LAST_SEQUENCE);
    it.hear(1_000, 1, acquire(1, 0), &[to(1, granted(1, last, 0)), holds(1, Exclusive, last)]);
    it.hear(1_001, 2, acquire(2, 0), &[to(2, waiting(2, 0, 0))]);
    let exhausted = tells(Event::Exhausted { epoch: Epoch::new(3) });
    it.hear(1_002, 1, release(1, last), &[to(1, released(1)), freed(1, last, Freed::Released), exhausted]);
    let message = Message::Acquire {
        claim: ClaimId::new(3),
        resource: 9,
        mode: Exclusive,
        wait: true,
        lease: LEASE,
        sent: at(0),
    };
    it.hear(1_003, 3, message, &[to(3, refused(3, Refusal::Exhausted, 0))]);
    assert_eq!(it.subject.claims(at(1_003)).count(), 1); // who waits, waits for the next epoch
}

#[test]
fn an_authority_opens_in_later_epochs_only() {
    let mut it = Dialogue::open(config());
    let misuse = |asked| Misuse::Epoch { asked: Epoch::new(asked), last: Epoch::new(3) };
    it.ask(1_000, Command::Open { epoch: Epoch::new(3) }, &[tells(Event::Refused(misuse(3)))]);
    it.ask(1_000, Command::Close { leader: Some(node(2)) }, &[tells(Event::Closed { epoch: Epoch::new(3) })]);
    it.hear(1_001, 1, acquire(1, 0), &[to(1, refused(1, Refusal::Elsewhere(Some(node(2))), 0))]);
    it.ask(1_002, Command::Open { epoch: Epoch::new(2) }, &[tells(Event::Refused(misuse(2)))]);
    it.ask(1_003, Command::Break(IT), &[tells(Event::Refused(Misuse::NotHeld))]);
}

/// Found by fuzzing: the number of permits that somebody had waited for stayed with a lock that another one held.
#[test]
fn how_many_permits_there_are_is_forgotten_with_the_last_who_said_so() {
    let mut it = Dialogue::open(config());
    it.hear(1_000, 1, acquire(1, 0), &[to(1, granted(1, token(3, 1), 0)), holds(1, Exclusive, token(3, 1))]);
    it.hear(1_001, 2, wants(2, permits(1, 3), true, 0), &[to(2, waiting(2, 0, 0))]);
    it.hear(1_002, 2, cancel(2), &[to(2, released(2))]);
    it.hear(1_003, 3, wants(3, permits(1, 4), true, 0), &[to(3, waiting(3, 0, 0))]);
}
