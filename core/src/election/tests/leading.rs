//! Leading under `Majority`: the leader's half of E2, giving up, and handing over.

use super::dialogue::*;
use crate::election::{Command, CommandError, Event, Message, Reason, Standing, Verdict, Why};
use crate::{Input, Machine};
use core::time::Duration;

#[test]
fn a_lease_is_renewed_by_a_majority() {
    let mut three = Dialogue::leader(majority());
    three.hear(130, 1, acknowledge(1, 122), &[]);
    assert_eq!(three.subject.valid_until(), Some(at(522)));
    three.tick(222, &[all(coordinator(1, 222))]);
    three.hear(230, 2, acknowledge(1, 222), &[]);
    assert_eq!(three.subject.valid_until(), Some(at(622)));
    three.hear(231, 1, acknowledge(1, 222), &[]);
    assert_eq!(three.subject.valid_until(), Some(at(622)));
}

#[test]
fn trap_a_lease_counts_from_when_the_message_was_sent_not_from_when_the_reply_arrived() {
    let mut three = Dialogue::leader(majority());
    three.tick(222, &[all(coordinator(1, 222))]);
    let doubtful = tells(Event::Doubtful { epoch: epoch(1), until: at(521) });
    three.tick(281, &[doubtful]);
    three.tick(322, &[all(coordinator(1, 322))]);
    three.tick(422, &[all(coordinator(1, 422))]);
    // The reply to the first message comes at last, nearly a lease later.
    three.hear(515, 1, acknowledge(1, 122), &[tells(Event::Assured { epoch: epoch(1), until: at(522) })]);
    assert_eq!(three.subject.time_left(at(515)), Duration::from_millis(7));
    // A lease of five hangs on the third-latest, whatever the order in which replies come.
    let mut five = Dialogue::new(majority(), 5, 5, crate::election::Start::First);
    five.tick(120, &[all(pre_vote(1))]);
    five.hear(121, 1, would(1), &[]);
    five.hear(121, 2, would(1), &[]); // a majority, but others may rank higher
    five.hear(121, 3, would(1), &[]);
    five.hear(121, 4, would(1), &[vote(1, 5), all(election(1))]);
    five.hear(122, 1, granted(1), &[]);
    let until = at(521);
    five.hear(122, 2, granted(1), &[tells(Event::Elected { epoch: epoch(1), until }), all(coordinator(1, 122))]);
    five.tick(222, &[all(coordinator(1, 222))]);
    five.hear(223, 1, acknowledge(1, 222), &[]);
    assert_eq!(five.subject.valid_until(), Some(at(521)), "one of four is no majority");
    five.hear(224, 3, acknowledge(1, 122), &[]);
    assert_eq!(five.subject.valid_until(), Some(at(522)), "the older of two counts");
    five.hear(225, 3, acknowledge(1, 222), &[]);
    assert_eq!(five.subject.valid_until(), Some(at(622)));
}

#[test]
fn e2_a_leader_that_nobody_answers_doubts_then_steps_down_before_voters_are_free() {
    let mut three = Dialogue::leader(majority());
    three.hear(130, 1, acknowledge(1, 122), &[]); // received, and so promised until 522 at the earliest
    three.tick(222, &[all(coordinator(1, 222))]);
    three.tick(282, &[tells(Event::Doubtful { epoch: epoch(1), until: at(522) })]);
    three.tick(322, &[all(coordinator(1, 322))]);
    three.tick(422, &[all(coordinator(1, 422))]);
    three.tick(522, &[tells(Event::Lost { epoch: epoch(1), why: Why::LeaseExpired, until: at(522) })]);
    assert_eq!(three.subject.time_left(at(522)), Duration::ZERO);
    assert_eq!(three.subject.standing(), Standing::Leaderless);
}

#[test]
fn trap_a_leader_that_slept_learns_of_its_end_before_anything_else() {
    let mut three = Dialogue::leader(majority());
    // Suspended from 130 to 9,000 ms. The first question after that is answered by the clock, before any step.
    assert_eq!(three.subject.time_left(at(9_000)), Duration::ZERO);
    let lost = tells(Event::Lost { epoch: epoch(1), why: Why::LeaseExpired, until: at(521) });
    // An acknowledgement waits in the socket. It revives nothing.
    three.hear(9_000, 1, acknowledge(1, 122), &[lost]);
    assert_eq!(three.subject.valid_until(), None);
}

#[test]
fn doubt_ends_with_the_next_answer() {
    let mut three = Dialogue::leader(majority());
    three.tick(222, &[all(coordinator(1, 222))]);
    three.tick(281, &[tells(Event::Doubtful { epoch: epoch(1), until: at(521) })]);
    three.hear(290, 2, acknowledge(1, 222), &[tells(Event::Assured { epoch: epoch(1), until: at(622) })]);
}

#[test]
fn an_acknowledgement_of_what_was_never_sent_is_rejected() {
    let mut three = Dialogue::leader(majority());
    for sent in [130, 120] {
        let rejected = Event::Rejected { from: node(1), reason: Reason::NeverSent { sent: at(sent) } };
        three.hear(125, 1, acknowledge(1, sent), &[tells(rejected)]);
    }
    three.hear(125, 1, acknowledge(7, 122), &[]); // of another leadership
    assert_eq!(three.subject.valid_until(), Some(at(521)));
}

#[test]
fn trap_the_work_is_told_to_stop_before_the_lease_is_released() {
    let mut three = Dialogue::leader(majority());
    three.hear(130, 1, acknowledge(1, 122), &[]);
    let stopping = Event::Stopping { epoch: epoch(1), why: Why::Resigned, until: at(522) };
    three.ask(140, Command::Resign, &[tells(stopping)]);
    assert_eq!(three.subject.standing(), Standing::Stopping);
    assert_eq!(three.subject.time_left(at(140)), Duration::from_millis(382));
    // Nothing has been said to the others, and the lease is not renewed, so it ends by itself at the latest.
    three.hear(150, 2, acknowledge(1, 122), &[]);
    let lost = Event::Lost { epoch: epoch(1), why: Why::Resigned, until: at(200) };
    three.ask(200, Command::Release, &[tells(lost), all(resign(1, None))]);
    assert_eq!(three.subject.standing(), Standing::Leaderless);
    // It stays aside for as long as another needs to be elected.
    three.tick(660, &[all(pre_vote(2))]);
}

#[test]
fn work_that_does_not_stop_keeps_the_lease_to_its_end_and_not_longer() {
    let mut three = Dialogue::leader(majority());
    let stopping = Event::Stopping { epoch: epoch(1), why: Why::Resigned, until: at(521) };
    three.ask(140, Command::Resign, &[tells(stopping)]);
    three.hear(141, 1, acknowledge(1, 122), &[]);
    let lost = Event::Lost { epoch: epoch(1), why: Why::Resigned, until: at(521) };
    three.tick(521, &[tells(lost), all(resign(1, None))]);
}

#[test]
fn trap_a_resignation_can_be_repeated() {
    let mut three = Dialogue::leader(majority());
    let refused = |error| tells(Event::Refused(error));
    three.ask(130, Command::Release, &[refused(CommandError::NotStopping)]);
    three.ask(130, Command::Transfer(node(1)), &[refused(CommandError::Ineligible(node(1)))]); // not heard of yet
    three.hear(131, 1, acknowledge(1, 122), &[]);
    let stopping = Event::Stopping { epoch: epoch(1), why: Why::Resigned, until: at(522) };
    three.ask(140, Command::Resign, &[tells(stopping)]);
    three.ask(150, Command::Resign, &[tells(stopping)]);
    let transferred = Event::Stopping { epoch: epoch(1), why: Why::Transferred(node(1)), until: at(522) };
    three.ask(160, Command::Transfer(node(1)), &[tells(transferred)]);
    let lost = Event::Lost { epoch: epoch(1), why: Why::Transferred(node(1)), until: at(170) };
    three.ask(170, Command::Release, &[tells(lost), all(resign(1, Some(1)))]);
    // Lost on the way: the voters' promises run out, and this member stands again like any other.
    three.ask(171, Command::Resign, &[refused(CommandError::NotLeading)]);
    three.tick(630, &[all(pre_vote(2))]);
}

#[test]
fn a_transfer_needs_a_successor_that_can_lead() {
    let mut three = Dialogue::leader(majority());
    let refused = |error| tells(Event::Refused(error));
    three.ask(130, Command::Transfer(node(9)), &[refused(CommandError::Unknown(node(9)))]);
    let vetoed = Message::Acknowledge { epoch: epoch(1), sent: at(122), priority: 0, eligible: false };
    three.hear(131, 1, vetoed, &[]);
    three.ask(132, Command::Transfer(node(1)), &[refused(CommandError::Ineligible(node(1)))]);
    three.hear(133, 2, acknowledge(1, 122), &[]);
    three.ask(134, Command::Suspect(node(2)), &[]);
    three.ask(135, Command::Transfer(node(2)), &[refused(CommandError::Suspected(node(2)))]);
    assert_eq!(three.subject.standing(), Standing::Leading);
}

#[test]
fn the_named_successor_stands_at_once_and_the_others_make_way() {
    let gone = tells(Event::Leaderless { epoch: epoch(1), why: crate::election::Gone::Resigned });
    let mut three = Dialogue::follower(majority());
    three.hear(60, 1, resign(1, Some(3)), &[gone]);
    three.tick(60, &[all(pre_vote(2))]);
    let mut other = Dialogue::follower(majority());
    other.hear(60, 1, resign(1, Some(2)), &[gone]);
    other.hear(61, 2, election(2), &[vote(2, 2), to(2, granted(2))]);
}

#[test]
fn a_leader_that_is_vetoed_stops() {
    let mut three = Dialogue::leader(majority());
    let stopping = Event::Stopping { epoch: epoch(1), why: Why::Ineligible, until: at(521) };
    three.ask(130, Command::SetEligible(false), &[tells(stopping)]);
    let lost = Event::Lost { epoch: epoch(1), why: Why::Ineligible, until: at(131) };
    three.ask(131, Command::Release, &[tells(lost), all(resign(1, None))]);
    three.tick(591, &[]); // does not stand
    assert_eq!(three.subject.deadline(), None);
    three.ask(600, Command::SetEligible(true), &[]);
    three.tick(600, &[all(pre_vote(2))]);
}

#[test]
fn a_leader_whose_voter_is_ahead_of_it_is_elected_anew_above_that() {
    let mut three = Dialogue::leader(majority());
    // Node 1 has voted in epoch 4, in an election that came to nothing, so it cannot follow epoch 1.
    let lost = tells(Event::Lost { epoch: epoch(1), why: Why::Superseded(epoch(4)), until: at(130) });
    three.hear(130, 1, stale(1, 4), &[lost]);
    three.tick(130, &[all(pre_vote(5))]);
}

#[test]
fn a_leader_does_not_vote_against_itself() {
    let mut three = Dialogue::leader(majority());
    three.hear(130, 1, pre_vote(2), &[to(1, wait(2, 391))]);
    three.hear(130, 1, election(2), &[to(1, wait(2, 391))]);
    three.hear(130, 1, answer(2, Verdict::Stale(epoch(2))), &[]); // about an epoch that it does not lead
    assert_eq!(three.subject.standing(), Standing::Leading);
}

#[test]
fn trap_validation_does_not_forget_the_retry() {
    use crate::election::{Config, ConfigError, Guarantee, Timing};
    let millis = Duration::from_millis;
    let new = |timing| Config::new(Guarantee::Majority, timing, crate::Seed::new(1));
    // 2 · renew + timeout = 260: the first renewal is lost, the second is answered at the last moment.
    assert!(new(Timing { lease: millis(261), ..TIMING }).is_ok());
    let error = new(Timing { lease: millis(260), ..TIMING }).unwrap_err();
    assert!(matches!(error, ConfigError::LeaseTooShort { validity, .. } if validity == millis(260)));
    let slow = Timing { drift: crate::DriftBound::new(100_000).unwrap(), lease: millis(300), ..TIMING };
    assert!(matches!(new(slow), Err(ConfigError::LeaseTooShort { .. })), "drift counts: 300 · 0.9 / 1.1 = 245");
    assert!(matches!(new(Timing { margin: millis(150), ..TIMING }), Err(ConfigError::LeaseTooShort { .. })));
    assert_eq!(new(Timing { renew: Duration::ZERO, ..TIMING }), Err(ConfigError::Zero { what: "renew" }));
    let day = Duration::from_secs(86_401);
    assert_eq!(new(Timing { lease: day, ..TIMING }), Err(ConfigError::TooLong { what: "lease", value: day }));
}

#[test]
fn an_early_tick_of_a_leader_is_nothing() {
    let mut three = Dialogue::leader(majority());
    let before = three.subject.clone();
    assert!(three.subject.step(Input::Tick, at(221)).is_empty());
    assert_eq!(three.subject, before);
}
