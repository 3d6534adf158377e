//! How a holder gets what it wants (L4, L5), and how it does not.

use std::vec;

use super::dialogue::*;
use crate::lease::holder::{Command, Event, Failure, Misuse, Patience, Reason, Standing};
use crate::lease::{Message, Mode, Refusal};
use crate::{FencingToken, NodeId};
use core::time::Duration;

#[test]
fn it_asks_everybody_until_it_knows_the_authority_and_then_only_that_one() {
    let mut it = Dialogue::new();
    it.ask(0, wants(Patience::Forever), &[all(acquire(1, true, 0))]);
    it.hear(1, 2, elsewhere(1, Some(1), 0), &[]); // the one that it names was asked, too
    it.hear(2, 1, waiting(1, 2, 0), &[tells(Event::Waiting { ahead: 2 })]);
    let repeated = it.tick_within(175..201, |now| vec![to(1, acquire(1, true, now))]);
    it.hear(repeated + 1, 1, waiting(1, 2, repeated), &[]);
    it.hear(repeated + 2, 1, waiting(1, 0, repeated), &[tells(Event::Waiting { ahead: 0 })]);
    it.hear(repeated + 3, 1, granted(1, 5, repeated), &[tells(Event::Acquired { token: token(5) })]);
    assert_eq!(it.subject.valid_until(), Some(at(repeated + 900)));
}

#[test]
fn an_authority_that_does_not_answer_is_looked_for_with_growing_patience() {
    let mut it = Dialogue::new();
    it.ask(0, wants(Patience::Forever), &[all(acquire(1, true, 0))]);
    it.hear(1, 1, waiting(1, 0, 0), &[tells(Event::Waiting { ahead: 0 })]);
    let mut last = it.tick_within(175..201, |now| vec![to(1, acquire(1, true, now))]);
    for most in [40, 80, 160, 200, 200] {
        last = it.tick_within(last + most * 3 / 4..last + most + 2, |now| vec![all(acquire(1, true, now))]);
    }
}

#[test]
fn it_follows_a_redirection_at_once_but_not_round_in_circles() {
    let mut it = Dialogue::holding();
    it.ask(20, Command::Release, &[to(1, release(1, 5))]);
    it.hear(21, 1, elsewhere(1, Some(2), 0), &[to(2, release(1, 5))]);
    it.hear(22, 2, elsewhere(1, Some(3), 0), &[to(3, release(1, 5))]);
    it.hear(23, 3, elsewhere(1, Some(1), 0), &[to(1, release(1, 5))]);
    it.hear(24, 1, elsewhere(1, Some(2), 0), &[]); // enough: after a while it asks by itself
    let _ = it.tick_within(50..61, |_| vec![all(release(1, 5))]);
    it.hear(70, 2, released(1), &[tells(Event::Released { token: token(5), confirmed: true })]);
    // A hint to who cannot be the authority is none.
    it.ask(80, wants(Patience::Forever), &[to(2, acquire(2, true, 80))]);
    it.hear(81, 2, elsewhere(2, Some(44), 80), &[]);
    assert_eq!(it.subject.authority(), None);
}

#[test]
fn try_takes_no_for_an_answer_and_none_for_one_after_a_lease() {
    let mut it = Dialogue::new();
    it.ask(0, wants(Patience::Try), &[all(acquire(1, false, 0))]);
    it.hear(1, 1, refused(1, Refusal::Busy, 0), &[tells(Event::Failed { why: Failure::Refused(Refusal::Busy) })]);
    assert_eq!(it.subject.standing(), Standing::Idle);
    it.ask(10, wants(Patience::Try), &[to(1, acquire(2, false, 10))]);
    let mut now = 10;
    while now < 1_000 {
        now = it.subject_ticks();
    }
    assert_eq!((now, it.subject.standing()), (1_010, Standing::Idle));
}

impl Dialogue {
    /// Its deadline comes, whatever it says then.
    fn subject_ticks(&mut self) -> u64 {
        use crate::{Input, Machine};
        let now = self.subject.deadline().expect("there is a deadline");
        let _ = self.subject.step(Input::Tick, now);
        now.as_nanos().div_ceil(1_000_000)
    }
}

#[test]
fn it_gives_up_in_time_and_returns_what_comes_too_late() {
    let mut it = Dialogue::new();
    it.ask(0, wants(Patience::For(Duration::from_millis(100))), &[all(acquire(1, true, 0))]);
    it.hear(1, 1, waiting(1, 0, 0), &[tells(Event::Waiting { ahead: 0 })]);
    it.tick(100, &[to(1, cancel(1)), tells(Event::Failed { why: Failure::TimedOut })]);
    // The grant and the cancellation crossed.
    it.hear(101, 1, granted(1, 5, 0), &[to(1, release(1, 5))]);
    assert_eq!(it.subject.token(), None);
}

#[test]
fn what_is_cancelled_is_not_waited_for() {
    let mut it = Dialogue::new();
    it.ask(0, Command::Cancel, &[misuse(Misuse::NotWaiting)]);
    it.ask(0, wants(Patience::Forever), &[all(acquire(1, true, 0))]);
    it.ask(5, wants(Patience::Forever), &[misuse(Misuse::UnderWay)]);
    it.ask(6, Command::Cancel, &[all(cancel(1)), tells(Event::Failed { why: Failure::Cancelled })]);
    it.ask(7, wants(Patience::Forever), &[all(acquire(2, true, 7))]);
}

#[test]
fn trap_granted_on_a_dead_lease() {
    // The grant was on its way for so long that little of it is left.
    let mut it = Dialogue::new();
    it.ask(0, wants(Patience::Forever), &[all(acquire(1, true, 0))]);
    it.hear(1, 1, waiting(1, 0, 0), &[tells(Event::Waiting { ahead: 0 })]);
    it.hear(850, 1, granted(1, 5, 0), &[to(1, acquire(1, true, 850))]);
    assert!(!it.subject.is_valid(at(850)));
    it.hear(860, 1, granted(1, 5, 850), &[tells(Event::Acquired { token: token(5) })]);
    assert_eq!(it.subject.valid_until(), Some(at(1_750)));

    // It was over before it arrived, and somebody else has it: the holder waits again, as another claim.
    let mut it = Dialogue::new();
    it.ask(0, wants(Patience::Forever), &[all(acquire(1, true, 0))]);
    it.hear(2_000, 1, granted(1, 5, 0), &[to(1, acquire(1, true, 2_000))]);
    it.hear(2_001, 1, refused(1, Refusal::NotHeld, 2_000), &[to(1, acquire(2, true, 2_001))]);
}

/// Between the late grant and the answer to what was asked then, the authority can have gone, and others have held it since. To
/// the next one a renewal would be a reclaim: of a token below theirs.
#[test]
fn trap_who_was_granted_too_late_reclaims_nothing() {
    let mut it = Dialogue::new();
    it.ask(0, wants(Patience::Forever), &[all(acquire(1, true, 0))]);
    it.hear(2_000, 1, granted(1, 5, 0), &[to(1, acquire(1, true, 2_000))]);
    let asked = it.tick_within(2_030..2_042, |now| vec![all(acquire(1, true, now))]);
    it.hear(asked + 1, 2, waiting(1, 0, asked), &[tells(Event::Waiting { ahead: 0 })]);
    it.hear(asked + 2, 2, granted(1, 9, asked), &[tells(Event::Acquired { token: token(9) })]);
}

#[test]
fn a_wait_that_ends_exactly_when_it_is_granted_ends() {
    let mut it = Dialogue::new();
    it.ask(0, wants(Patience::For(Duration::from_millis(100))), &[all(acquire(1, true, 0))]);
    it.hear(1, 1, waiting(1, 0, 0), &[tells(Event::Waiting { ahead: 0 })]);
    it.hear(100, 1, granted(1, 5, 0), &[tells(Event::Acquired { token: token(5) })]);
    it.ask(100, Command::Cancel, &[misuse(Misuse::NotWaiting)]);
}

#[test]
fn garbage_is_rejected_with_its_reason() {
    let mut it = Dialogue::new();
    it.ask(0, wants(Patience::Forever), &[all(acquire(1, true, 0))]);
    let rejected = |from, reason| tells(Event::Rejected { from: NodeId::new(from), reason });
    it.hear(1, 4, granted(1, 5, 0), &[rejected(4, Reason::Stranger)]);
    it.hear(1, 1, acquire(1, true, 0), &[rejected(1, Reason::NotForHolders)]);
    it.hear(1, 1, granted(1, 5, 2), &[rejected(1, Reason::FromTheFuture)]);
    let zero = FencingToken::ZERO;
    let nothing = Message::Granted { claim: it.subject.claim(), token: zero, lease: LEASE, sent: at(0) };
    it.hear(1, 1, nothing, &[rejected(1, Reason::InvalidToken(zero))]);
    let lease = Duration::from_millis(100);
    let short = Message::Granted { claim: it.subject.claim(), token: token(5), lease, sent: at(0) };
    it.hear(1, 1, short, &[rejected(1, Reason::TooShort(lease))]);
    assert_eq!(it.subject.standing(), Standing::Acquiring);
    let nobody = Mode::Permits { take: 3.try_into().unwrap(), of: 2.try_into().unwrap() };
    let mut it = Dialogue::new();
    let command = Command::Acquire { resource: IT, mode: nobody, patience: Patience::Try };
    it.ask(0, command, &[misuse(Misuse::InvalidMode(nobody))]);
}
