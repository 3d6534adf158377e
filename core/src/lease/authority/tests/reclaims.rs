//! A new authority: what it takes back, and from whom.

use super::dialogue::*;
use crate::lease::authority::{Command, Event, Freed, Reason};
use crate::lease::{Mode::Exclusive, Mode::Shared, Refusal};
use crate::{Epoch, Machine};
use core::time::Duration;

#[test]
fn nothing_new_is_granted_before_the_longest_lease_is_over_and_then_in_order() {
    let mut it = Dialogue::opening(config(), 3);
    let grace = Refusal::Grace(Duration::from_millis(990));
    it.hear(10, 1, wants(1, Exclusive, false, 0), &[to(1, refused(1, grace, 0))]);
    it.hear(20, 2, acquire(2, 5), &[to(2, waiting(2, 0, 5))]);
    it.hear(30, 3, acquire(3, 5), &[to(3, waiting(3, 1, 5))]);
    it.tick(
        1_000,
        &[
            tells(Event::Opened { epoch: Epoch::new(3) }),
            to(2, granted(2, token(3, 1), 5)),
            holds(2, Exclusive, token(3, 1)),
        ],
    );
}

#[test]
fn a_holder_keeps_its_lease_and_its_token_through_a_failover() {
    let mut it = Dialogue::opening(config(), 3);
    let kept = token(2, 9);
    it.hear(10, 1, renew(1, kept, 5), &[to(1, granted(1, kept, 5)), reclaims(1, Exclusive, kept)]);
    it.hear(20, 2, acquire(2, 5), &[to(2, waiting(2, 0, 5))]);
    it.hear(900, 1, renew(1, kept, 895), &[to(1, granted(1, kept, 895))]);
    it.hear(950, 2, acquire(2, 945), &[to(2, waiting(2, 0, 945))]);
    it.tick(1_000, &[tells(Event::Opened { epoch: Epoch::new(3) })]);
    it.hear(
        1_100,
        1,
        release(1, kept),
        &[
            to(1, released(1)),
            freed(1, kept, Freed::Released),
            to(2, granted(2, token(3, 1), 945)),
            holds(2, Exclusive, token(3, 1)),
        ],
    );
}

#[test]
fn trap_a_reclaim_that_was_on_its_way_for_long_gives_way_to_the_later_holder() {
    // 1 held it with (2, 4), lost it, and 2 was granted it with (2, 5). The reclaim of 1 arrives first.
    let mut it = Dialogue::opening(config(), 3);
    let (early, late) = (token(2, 4), token(2, 5));
    it.hear(10, 1, renew(1, early, 0), &[to(1, granted(1, early, 0)), reclaims(1, Exclusive, early)]);
    it.hear(20, 2, renew(2, late, 15), &[to(2, granted(2, late, 15)), reclaims(2, Exclusive, late)]);
    it.tick(20, &[freed(1, early, Freed::Superseded)]);
    it.hear(30, 1, renew(1, early, 25), &[to(1, refused(1, Refusal::NotHeld, 25))]);
    // And the other way round.
    let mut it = Dialogue::opening(config(), 3);
    it.hear(10, 2, renew(2, late, 0), &[to(2, granted(2, late, 0)), reclaims(2, Exclusive, late)]);
    it.hear(20, 1, renew(1, early, 15), &[to(1, refused(1, Refusal::NotHeld, 15))]);
}

#[test]
fn readers_reclaim_side_by_side_and_a_later_writer_shows_that_they_are_over() {
    let mut it = Dialogue::opening(config(), 3);
    for (reader, sequence) in [(1, 4), (2, 5)] {
        let its = token(2, sequence);
        let said = [to(reader, granted(reader.into(), its, 0)), reclaims(reader, Shared, its)];
        it.hear(10, reader, renew_as(reader.into(), Shared, its, 0), &said);
    }
    let writes = token(2, 6);
    it.hear(20, 3, renew(3, writes, 0), &[to(3, granted(3, writes, 0)), reclaims(3, Exclusive, writes)]);
    let over = [freed(1, token(2, 4), Freed::Superseded), freed(2, token(2, 5), Freed::Superseded)];
    it.tick(20, &over);
    assert_eq!(it.subject.claims(at(20)).count(), 1);
}

/// 1 holds a permit, 2 gave its back, and 3 was granted that one. The last renewal of 2 arrives here nevertheless: of three
/// permits, of which there are two, one has been given back, and it is not that with the lowest token.
#[test]
fn trap_of_too_many_permits_nobody_knows_which_was_given_back() {
    let mut it = Dialogue::opening(config(), 3);
    let one = permits(1, 2);
    for (holder, sequence) in [(1, 4), (2, 6), (3, 7)] {
        let its = token(2, sequence);
        let said = [to(holder, granted(holder.into(), its, 0)), reclaims(holder, one, its)];
        it.hear(10, holder, renew_as(holder.into(), one, its, 0), &said);
    }
    it.hear(900, 1, renew_as(1, one, token(2, 4), 895), &[to(1, granted(1, token(2, 4), 895))]);
    it.hear(901, 3, renew_as(3, one, token(2, 7), 895), &[to(3, granted(3, token(2, 7), 895))]);
    it.hear(902, 4, wants(4, one, true, 0), &[to(4, waiting(4, 0, 0))]);
    it.tick(1_000, &[tells(Event::Opened { epoch: Epoch::new(3) })]);
    // The one that was given back runs out, and now two are taken.
    it.tick(1_010, &[freed(2, token(2, 6), Freed::Expired)]);
    let next = [
        to(1, released(1)),
        freed(1, token(2, 4), Freed::Released),
        to(4, granted(4, token(3, 1), 0)),
        holds(4, one, token(3, 1)),
    ];
    it.hear(1_100, 1, release(1, token(2, 4)), &next);
}

#[test]
fn trap_nothing_is_reclaimed_after_the_grace_period_or_out_of_its_own_epoch() {
    let mut it = Dialogue::opening(config(), 3);
    it.hear(10, 1, renew(1, token(3, 1), 0), &[to(1, refused(1, Refusal::NotHeld, 0))]);
    it.tick(1_000, &[tells(Event::Opened { epoch: Epoch::new(3) })]);
    it.hear(1_000, 1, renew(1, token(2, 9), 0), &[to(1, refused(1, Refusal::NotHeld, 0))]);
}

#[test]
fn who_shows_a_later_epoch_is_sent_elsewhere_by_a_leader_that_is_none_any_more() {
    let mut it = Dialogue::open(config());
    let said = [rejected(1, Reason::LaterEpoch(Epoch::new(4))), to(1, refused(1, Refusal::Elsewhere(None), 0))];
    it.hear(1_000, 1, renew(1, token(4, 1), 0), &said);
}

#[test]
fn who_waits_here_and_hears_that_it_was_granted_by_a_predecessor_reclaims_it() {
    let mut it = Dialogue::opening(config(), 3);
    it.hear(10, 1, acquire(1, 0), &[to(1, waiting(1, 0, 0))]);
    let kept = token(2, 9);
    it.hear(20, 1, renew(1, kept, 15), &[to(1, granted(1, kept, 15)), reclaims(1, Exclusive, kept)]);
    it.hear(30, 2, acquire(2, 0), &[to(2, waiting(2, 0, 0))]);
}

#[test]
fn the_grace_period_is_as_long_as_the_longest_lease_and_lock_delay_by_the_slowest_clock() {
    let drift = crate::DriftBound::new(100_000).unwrap();
    let config = crate::lease::authority::Config::new(LEASE, drift).unwrap();
    let config = config.with_lock_delay(Duration::from_millis(100)).unwrap();
    assert_eq!(config.grace().as_micros(), 1_344_444); // 1.1 s · 1.1 / 0.9
    let mut it = Dialogue::opening(config, 3);
    it.ask(5, Command::Close { leader: None }, &[tells(Event::Closed { epoch: Epoch::new(3) })]);
    assert_eq!(it.subject.deadline(), None);
}
