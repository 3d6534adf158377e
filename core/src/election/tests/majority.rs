//! Voting and standing under `Majority`: E1, E2's half that voters keep, E4, E5, E6.

use super::dialogue::*;
use crate::election::{Event, Gone, Message, Reason, Role, Standing, Start};
use crate::{Epoch, Input, Machine};
use core::time::Duration;

#[test]
fn three_members_start_and_the_first_to_ask_is_elected() {
    let mut three = Dialogue::new(majority(), 3, 3, Start::First);
    assert_eq!(three.subject.standing(), Standing::Leaderless);
    three.tick(120, &[all(pre_vote(1))]);
    assert_eq!(three.subject.standing(), Standing::PreVoting);
    three.hear(121, 2, would(1), &[]);
    three.hear(121, 1, would(1), &[vote(1, 3), all(election(1))]);
    assert_eq!(three.subject.standing(), Standing::Standing);
    let until = at(521); // 400 ms after the election was called, not after it was won
    three.hear(125, 1, granted(1), &[tells(Event::Elected { epoch: epoch(1), until }), all(coordinator(1, 125))]);
    assert_eq!(three.subject.standing(), Standing::Leading);
    assert_eq!(three.subject.time_left(at(125)), Duration::from_millis(396));
    three.hear(126, 2, granted(1), &[]); // a majority had it already
}

#[test]
fn e6_a_vote_is_durable_before_it_leaves() {
    let mut one = Dialogue::new(majority(), 1, 3, Start::First);
    one.hear(10, 3, election(1), &[vote(1, 3), to(3, granted(1))]);
}

#[test]
fn e1_nobody_votes_twice_in_an_epoch_but_may_repeat_itself() {
    let mut one = Dialogue::new(majority(), 1, 3, Start::First);
    one.hear(10, 3, election(1), &[vote(1, 3), to(3, granted(1))]);
    one.hear(20, 3, election(1), &[to(3, granted(1))]); // the same message again, or one repeated
    one.hear(30, 2, election(1), &[to(2, wait(1, 390))]);
    one.hear(500, 2, election(1), &[to(2, stale(1, 1))]); // free again, but not for this epoch
    one.hear(510, 2, election(2), &[vote(2, 2), to(2, granted(2))]);
}

#[test]
fn e2_a_voter_stands_by_a_leader_for_a_lease_after_it_heard_it() {
    let mut one = Dialogue::new(majority(), 1, 3, Start::First);
    let following = tells(Event::Following { leader: node(2), epoch: epoch(1) });
    one.hear(10, 2, coordinator(1, 5), &[vote(1, 2), following, to(2, acknowledge(1, 5))]);
    one.hear(200, 2, coordinator(1, 190), &[to(2, acknowledge(1, 190))]);
    one.hear(599, 3, pre_vote(2), &[to(3, wait(2, 1))]);
    one.hear(599, 3, election(2), &[to(3, wait(2, 1))]);
    one.tick(600, &[tells(Event::Leaderless { epoch: epoch(1), why: Gone::Silent })]);
    one.hear(600, 3, election(2), &[vote(2, 3), to(3, granted(2))]);
}

#[test]
fn e2_suspicion_alone_frees_no_voter() {
    let mut three = Dialogue::follower(majority());
    three.ask(100, crate::election::Command::Suspect(node(1)), &[]);
    three.tick(100, &[tells(Event::Leaderless { epoch: epoch(1), why: Gone::Suspected })]);
    three.tick(100, &[]); // would stand, but is bound until 450 ms
    three.hear(101, 2, election(2), &[to(2, wait(2, 349))]);
    three.tick(450, &[all(pre_vote(3))]); // above what the other stood for
}

#[test]
fn e4_a_member_that_missed_the_coordinator_message_hears_the_next() {
    let mut three = Dialogue::new(majority(), 3, 3, Start::First);
    three.hear(10, 2, election(1), &[to(2, higher(1))]);
    three.tick(10, &[all(pre_vote(2))]);
    let following = tells(Event::Following { leader: node(2), epoch: epoch(1) });
    // It is still asking when the leader, elected by others, repeats itself.
    three.hear(30, 2, coordinator(1, 25), &[vote(1, 2), following, to(2, acknowledge(1, 25))]);
    three.tick(430, &[tells(Event::Leaderless { epoch: epoch(1), why: Gone::Silent })]);
}

#[test]
fn trap_a_late_coordinator_of_an_old_epoch_is_rejected() {
    let mut three = Dialogue::follower(majority());
    let following = tells(Event::Following { leader: node(2), epoch: epoch(3) });
    three.hear(60, 2, coordinator(3, 55), &[vote(3, 2), following, to(2, acknowledge(3, 55))]);
    let reason = Reason::StaleEpoch { claimed: epoch(1), current: epoch(3) };
    let rejected = tells(Event::Rejected { from: node(1), reason });
    three.hear(70, 1, coordinator(1, 45), &[to(1, stale(1, 3)), rejected]);
    assert_eq!(three.subject.leader().map(|leader| leader.id), Some(node(2)));
}

#[test]
fn trap_a_coordinator_message_that_overtakes_the_resignation_is_rejected() {
    let mut three = Dialogue::follower(majority());
    let gone = tells(Event::Leaderless { epoch: epoch(1), why: Gone::Resigned });
    three.hear(60, 1, resign(1, None), &[gone]);
    let reason = Reason::StaleEpoch { claimed: epoch(1), current: epoch(1) };
    three.hear(61, 1, coordinator(1, 58), &[to(1, stale(1, 1)), tells(Event::Rejected { from: node(1), reason })]);
    assert_eq!(three.subject.leader(), None);
}

#[test]
fn a_second_leader_of_an_epoch_is_rejected() {
    let mut three = Dialogue::follower(majority());
    let reason = Reason::SecondLeader { epoch: epoch(1), leader: node(1) };
    three.hear(60, 2, coordinator(1, 55), &[tells(Event::Rejected { from: node(2), reason })]);
}

#[test]
fn a_resignation_frees_only_those_bound_to_that_candidate_in_that_epoch() {
    let mut one = Dialogue::new(majority(), 1, 3, Start::First);
    one.hear(10, 3, election(4), &[vote(4, 3), to(3, granted(4))]);
    one.hear(20, 3, resign(3, None), &[]); // late, of an earlier attempt
    one.hear(21, 2, election(5), &[to(2, wait(5, 389))]);
    one.hear(30, 2, resign(4, None), &[]); // not the one that it is bound to
    one.hear(31, 2, election(5), &[to(2, wait(5, 379))]);
    one.hear(40, 3, resign(4, None), &[]);
    one.hear(41, 2, election(5), &[vote(5, 2), to(2, granted(5))]);
}

#[test]
fn a_candidate_that_is_not_elected_in_time_says_so_and_asks_again() {
    let mut three = Dialogue::new(majority(), 3, 3, Start::First);
    three.tick(120, &[all(pre_vote(1))]);
    three.hear(121, 2, would(1), &[]);
    three.hear(121, 1, would(1), &[vote(1, 3), all(election(1))]);
    three.tick(181, &[all(resign(1, None))]);
    // An answer that comes now elects nobody: the voters have been told that they are free.
    three.hear(182, 1, granted(1), &[]);
    three.tick_within(211..272, &[all(pre_vote(2))]);
}

#[test]
fn a_candidate_that_must_wait_comes_back_when_the_voter_is_free() {
    let mut three = Dialogue::new(majority(), 3, 3, Start::First);
    three.tick(120, &[all(pre_vote(1))]);
    three.hear(121, 1, wait(1, 7), &[]);
    three.hear(122, 2, wait(1, 9), &[]);
    three.tick(129, &[all(pre_vote(1))]); // 7 ms after the last answer
}

#[test]
fn pre_votes_change_nothing_for_anybody() {
    let mut one = Dialogue::new(majority(), 1, 3, Start::First);
    let before = one.subject.record();
    one.hear(10, 3, pre_vote(40), &[to(3, would(40))]);
    assert_eq!(one.subject.record(), before);
    one.hear(20, 2, pre_vote(1), &[to(2, would(1))]);
}

#[test]
fn an_observer_follows_and_neither_votes_nor_stands() {
    let mut three = Dialogue::new(majority().with_role(Role::Observer), 3, 3, Start::First);
    assert_eq!(three.subject.deadline(), None);
    three.hear(5, 1, pre_vote(1), &[]);
    three.hear(6, 1, election(1), &[]);
    let following = tells(Event::Following { leader: node(1), epoch: epoch(1) });
    three.hear(10, 1, coordinator(1, 5), &[vote(1, 1), following]);
    three.tick(410, &[tells(Event::Leaderless { epoch: epoch(1), why: Gone::Silent })]);
    three.tick(410, &[]);
    assert_eq!(three.subject.deadline(), None);
    three.ask(
        420,
        crate::election::Command::SetEligible(true),
        &[tells(Event::Refused(crate::election::CommandError::Observer))],
    );
}

#[test]
fn an_observer_that_votes_is_rejected() {
    let group = crate::Group::new(node(3), &[node(1), node(2)]).unwrap();
    let observers = [node(1)];
    let subject = crate::election::Election::new(majority(), group, &observers, Start::First, at(0)).unwrap();
    let mut three = Dialogue { subject };
    assert!(three.subject.voters().eq([node(2)]));
    three.tick(120, &[all(pre_vote(1))]);
    three.hear(121, 1, would(1), &[tells(Event::Rejected { from: node(1), reason: Reason::NoVote })]);
    three.hear(121, 2, would(1), &[vote(1, 3), all(election(1))]);
}

#[test]
fn strangers_and_namesakes_are_rejected() {
    let mut three = Dialogue::new(majority(), 3, 3, Start::First);
    let rejected = |from, reason| tells(Event::Rejected { from: node(from), reason });
    three.hear(10, 9, election(1), &[rejected(9, Reason::Stranger)]);
    three.hear(10, 3, election(1), &[rejected(3, Reason::OwnIdentity)]);
}

#[test]
fn epochs_do_not_wrap_and_running_out_of_them_is_told() {
    let mut three = Dialogue::new(majority(), 3, 3, Start::First);
    let claimed = Epoch::new(Epoch::MAX.get() + 1);
    let rejected = tells(Event::Rejected { from: node(1), reason: Reason::InvalidEpoch { claimed } });
    three.hear(10, 1, Message::Election { epoch: claimed, priority: 0 }, &[rejected]);
    three.hear(
        11,
        1,
        stale(1, Epoch::MAX.get() + 7),
        &[tells(Event::Rejected {
            from: node(1),
            reason: Reason::InvalidEpoch { claimed: Epoch::new(Epoch::MAX.get() + 7) },
        })],
    );
    let last = Epoch::MAX.get();
    three.hear(
        20,
        1,
        coordinator(last, 15),
        &[vote(last, 1), tells(Event::Following { leader: node(1), epoch: Epoch::MAX }), to(1, acknowledge(last, 15))],
    );
    three.tick(420, &[tells(Event::Leaderless { epoch: Epoch::MAX, why: Gone::Silent })]);
    three.tick(420, &[tells(Event::Exhausted)]);
    assert_eq!(three.subject.deadline(), None);
}

#[test]
fn a_group_of_one_leads_itself_for_as_long_as_it_is_awake() {
    let mut one = Dialogue::new(majority(), 1, 1, Start::First);
    let until = at(520);
    one.tick(120, &[all(pre_vote(1)), vote(1, 1), tells(Event::Elected { epoch: epoch(1), until })]);
    one.tick(220, &[]);
    assert_eq!(one.subject.valid_until(), Some(at(620)));
    let lost = Event::Lost { epoch: epoch(1), why: crate::election::Why::LeaseExpired, until: at(620) };
    assert!(one.subject.step(Input::Tick, at(5_000)).events().eq([&lost]));
}
