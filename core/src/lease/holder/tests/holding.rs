//! How a holder keeps what it has, loses it, and gives it up (L1).

use std::vec;

use super::dialogue::*;
use crate::lease::holder::{Command, Event, Loss, Misuse, Patience, Standing};
use crate::lease::{Mode, Refusal};
use crate::{Input, Machine, NodeId};
use core::time::Duration;

#[test]
fn trap_a_lease_counts_from_when_it_was_asked_for_not_from_when_the_reply_arrived() {
    let mut it = Dialogue::holding();
    assert_eq!(it.subject.valid_until(), Some(at(900)));
    let asked = it.tick_within(175..201, |now| vec![to(1, renew(1, 5, now))]);
    it.hear(asked + 150, 1, granted(1, 5, asked), &[]);
    assert_eq!(it.subject.valid_until(), Some(at(asked + 900)));
    // What overtook it makes it no shorter.
    it.hear(asked + 151, 1, granted(1, 5, 0), &[]);
    assert_eq!(it.subject.valid_until(), Some(at(asked + 900)));
}

#[test]
fn l1_without_an_answer_it_doubts_then_it_has_lost() {
    let mut it = Dialogue::holding();
    let mut now = it.tick_within(175..201, |now| vec![to(1, renew(1, 5, now))]);
    let mut told = vec![];
    while now < 900 {
        let next = it.subject.deadline().unwrap();
        now = next.as_nanos().div_ceil(1_000_000);
        told.extend(it.subject.step(Input::Tick, next).events().map(|event| (now, *event)));
    }
    let doubtful = Event::Doubtful { left: Duration::from_millis(500) };
    let lost = Event::Lost { token: token(5), why: Loss::Expired };
    assert_eq!(told, [(400, doubtful), (900, lost)]);
    assert_eq!(it.subject.standing(), Standing::Idle);
    // It says nothing about it any more, whatever comes: its work may be under way still.
    it.hear(901, 1, granted(1, 5, 850), &[]);
}

#[test]
fn who_slept_through_the_end_knows_it_at_the_first_question() {
    let mut it = Dialogue::holding();
    assert_eq!(it.subject.time_left(at(899)), Duration::from_millis(1));
    assert!(!it.subject.is_valid(at(900)));
    // Whatever it hears first, what is over is over.
    let lost = tells(Event::Lost { token: token(5), why: Loss::Expired });
    it.hear(5_000, 1, granted(1, 5, 800), &[lost]);
}

#[test]
fn a_renewal_ends_the_doubt() {
    let mut it = Dialogue::holding();
    let mut asked = 0;
    while asked < 380 {
        let now = it.subject.deadline().unwrap();
        asked = now.as_nanos().div_ceil(1_000_000);
        let _ = it.subject.step(Input::Tick, now);
    }
    assert!(matches!(it.subject.standing(), Standing::Held | Standing::Doubtful));
    let doubt = Input::Tick;
    while it.subject.standing() == Standing::Held {
        let _ = it.subject.step(doubt, it.subject.deadline().unwrap());
    }
    it.hear(450, 1, granted(1, 5, 200), &[tells(Event::Sound { left: Duration::from_millis(650) })]);
    assert_eq!(it.subject.standing(), Standing::Held);
}

#[test]
fn trap_one_transient_error_drops_no_good_lease() {
    let mut it = Dialogue::holding();
    it.hear(20, 1, elsewhere(1, None, 0), &[]);
    it.hear(21, 2, refused(1, Refusal::Full(8), 0), &[]);
    it.hear(22, 2, refused(1, Refusal::Exhausted, 0), &[]);
    assert_eq!((it.subject.standing(), it.subject.token()), (Standing::Held, Some(token(5))));
    // The authority has gone, and another takes its word for what it holds.
    let asked = it.tick_within(175..201, |now| vec![all(renew(1, 5, now))]);
    it.hear(asked + 1, 2, elsewhere(1, Some(3), asked), &[]);
    it.hear(asked + 2, 3, granted(1, 5, asked), &[]);
    assert_eq!((it.subject.authority(), it.subject.valid_until()), (Some(NodeId::new(3)), Some(at(asked + 900))));
}

#[test]
fn it_believes_the_authority_that_it_is_over_unless_it_was_renewed_since() {
    let mut it = Dialogue::holding();
    let asked = it.tick_within(175..201, |now| vec![to(1, renew(1, 5, now))]);
    it.hear(asked + 1, 1, granted(1, 5, asked), &[]);
    it.hear(asked + 2, 1, refused(1, Refusal::NotHeld, asked - 1), &[]);
    let why = Loss::Ended(Refusal::NotHeld);
    it.hear(asked + 3, 1, refused(1, Refusal::NotHeld, asked + 1), &[tells(Event::Lost { token: token(5), why })]);
}

#[test]
fn a_broken_lease_is_confirmed_after_its_loss_was_told() {
    let mut it = Dialogue::holding();
    let why = Loss::Ended(Refusal::Broken);
    let said = [tells(Event::Lost { token: token(5), why }), to(1, release(1, 5))];
    it.hear(20, 1, refused(1, Refusal::Broken, 0), &said);
}

#[test]
fn at_the_cap_it_doubts_and_asks_no_more() {
    let mut it = Dialogue::holding();
    let asked = it.tick_within(175..201, |now| vec![to(1, renew(1, 5, now))]);
    let left = Duration::from_millis(900 - asked - 1);
    it.hear(asked + 1, 1, refused(1, Refusal::CapReached, asked), &[tells(Event::Doubtful { left })]);
    let why = Loss::Ended(Refusal::CapReached);
    it.tick(900, &[tells(Event::Lost { token: token(5), why })]);
}

#[test]
fn it_is_released_when_it_was_left_as_often_as_entered() {
    let mut it = Dialogue::holding();
    it.ask(20, wants(Patience::Forever), &[tells(Event::Entered { depth: 2 })]);
    let other = Command::Acquire { resource: IT, mode: Mode::Shared, patience: Patience::Forever };
    it.ask(21, other, &[misuse(Misuse::HoldsOther)]);
    it.ask(22, Command::Release, &[tells(Event::Entered { depth: 1 })]);
    it.ask(23, Command::Drain, &[]);
    it.ask(24, wants(Patience::Forever), &[misuse(Misuse::Draining)]);
    it.ask(25, Command::Release, &[to(1, release(1, 5))]);
    assert!(!it.subject.is_valid(at(25)), "not any more, whether or not the authority knows");
    it.ask(26, Command::Release, &[misuse(Misuse::UnderWay)]);
    it.hear(27, 1, released(1), &[tells(Event::Released { token: token(5), confirmed: true })]);
    it.ask(28, Command::Release, &[misuse(Misuse::NotHeld)]);
}

#[test]
fn trap_a_renewal_never_races_a_release() {
    let mut it = Dialogue::holding();
    let asked = it.tick_within(175..201, |now| vec![to(1, renew(1, 5, now))]);
    it.ask(asked + 1, Command::Release, &[to(1, release(1, 5))]);
    it.hear(asked + 2, 1, granted(1, 5, asked), &[]); // it had crossed
    // From here on nothing but the release is repeated, for as long as the lease can last.
    let mut said = vec![];
    while let Some(now) = it.subject.deadline() {
        said.extend(it.subject.step(Input::Tick, now));
    }
    let end = said.pop();
    assert_eq!(end, Some(tells(Event::Released { token: token(5), confirmed: false })));
    assert!(said.iter().all(|said| *said == to(1, release(1, 5)) || *said == all(release(1, 5))), "{said:?}");
    assert!(said.len() > 3);
}

/// A request from before came after the release, and was granted as if it were new.
#[test]
fn what_is_granted_anew_while_it_is_given_up_is_given_up_too() {
    let mut it = Dialogue::holding();
    it.ask(20, Command::Release, &[to(1, release(1, 5))]);
    it.hear(21, 1, granted(1, 5, 10), &[]); // the answer to a renewal
    it.hear(22, 1, granted(1, 6, 0), &[to(1, release(1, 6))]);
    it.hear(23, 1, released(1), &[tells(Event::Released { token: token(5), confirmed: true })]);
}
