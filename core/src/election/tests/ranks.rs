//! The bully's property, E3: who makes way for whom, who takes over, and when not.

use super::dialogue::*;
use crate::election::{Command, Event, Message, Preempt, Standing, Start, Why};
use crate::{Input, Machine};
use core::time::Duration;

#[test]
fn the_higher_ranked_answers_and_stands_itself() {
    let mut three = Dialogue::new(majority(), 3, 3, Start::First);
    three.hear(10, 1, pre_vote(1), &[to(1, higher(1))]);
    three.tick(10, &[all(pre_vote(1))]);
}

#[test]
fn the_lower_ranked_makes_way_and_follows() {
    let mut one = Dialogue::new(majority(), 1, 3, Start::First);
    one.tick(120, &[all(pre_vote(1))]);
    one.hear(121, 3, higher(1), &[]);
    assert_eq!(one.subject.standing(), Standing::Leaderless);
    one.hear(125, 3, election(1), &[vote(1, 3), to(3, granted(1))]);
    let following = tells(Event::Following { leader: node(3), epoch: epoch(1) });
    one.hear(130, 3, coordinator(1, 128), &[following, to(3, acknowledge(1, 128))]);
}

#[test]
fn who_has_made_way_sends_lower_ranks_the_same_way_and_does_not_stand_for_it() {
    let mut two = Dialogue::new(majority(), 2, 3, Start::First);
    two.tick(120, &[all(pre_vote(1))]);
    two.hear(121, 3, higher(1), &[]);
    two.hear(122, 1, pre_vote(1), &[to(1, higher(1))]);
    assert_eq!(two.subject.deadline(), Some(at(301)));
    assert_eq!(two.subject.standing(), Standing::Leaderless);
}

#[test]
fn a_candidate_waits_for_those_who_may_rank_higher_but_not_for_the_dead() {
    let mut two = Dialogue::new(majority(), 2, 4, Start::First);
    let following = tells(Event::Following { leader: node(4), epoch: epoch(1) });
    two.hear(10, 4, coordinator(1, 5), &[vote(1, 4), following, to(4, acknowledge(1, 5))]);
    let gone = Event::Leaderless { epoch: epoch(1), why: crate::election::Gone::Silent };
    two.tick(410, &[tells(gone)]);
    two.tick(410, &[all(pre_vote(2))]);
    two.hear(411, 1, would(2), &[]);
    // Node 3 may rank higher; node 4 has led, and is silent.
    two.hear(412, 3, would(2), &[vote(2, 2), all(election(2))]);

    let mut one = Dialogue::new(majority(), 1, 4, Start::First);
    one.tick(120, &[all(pre_vote(1))]);
    one.hear(121, 2, would(1), &[]);
    one.hear(121, 3, would(1), &[]);
    one.tick(180, &[vote(1, 1), all(election(1))]); // long enough
}

#[test]
fn priority_goes_before_id() {
    let mut one = Dialogue::new(majority().with_priority(5), 1, 3, Start::First);
    one.hear(10, 3, pre_vote(1), &[to(3, higher(1))]);
    one.hear(11, 2, Message::PreVote { epoch: epoch(1), priority: 6, challenge: false }, &[to(2, would(1))]);
}

#[test]
fn trap_a_one_way_link_to_the_top_node_is_no_veto() {
    // Node 3 hears node 1, and answers, but reaches nobody else: node 1 makes way for it once.
    let mut one = Dialogue::new(majority(), 1, 3, Start::First);
    one.tick(120, &[all(pre_vote(1))]);
    one.hear(121, 3, higher(1), &[]);
    one.tick(301, &[all(pre_vote(1))]);
    one.hear(302, 3, higher(1), &[]);
    one.hear(303, 2, would(1), &[vote(1, 1), all(election(1))]);
}

#[test]
fn trap_a_top_node_that_reaches_no_majority_stops_answering_as_higher() {
    let mut five = Dialogue::new(majority(), 5, 5, Start::First);
    five.tick(120, &[all(pre_vote(1))]);
    five.hear(121, 1, would(1), &[]); // only one of the two that it needs
    five.tick(180, &[]);
    let next = five.tick_within(210..272, &[all(pre_vote(1))]);
    // In between, and while it asks again, a lower-ranked one that may do better is not in its way.
    five.hear(next + 1, 1, pre_vote(1), &[to(1, would(1))]);
    five.hear(next + 2, 1, election(1), &[vote(1, 1), to(1, granted(1))]);
}

#[test]
fn a_voter_that_may_not_lead_answers_nobody_as_higher() {
    let mut three = Dialogue::new(voter(), 3, 3, Start::First);
    three.hear(10, 1, pre_vote(1), &[to(1, would(1))]);
    three.tick(120, &[]);
    assert_eq!(three.subject.deadline(), None);
    three.hear(130, 1, election(1), &[vote(1, 1), to(1, granted(1))]);
}

#[test]
fn two_candidates_at_once_the_lower_withdraws() {
    let mut one = Dialogue::new(majority(), 1, 3, Start::First);
    one.tick(120, &[all(pre_vote(1))]);
    one.hear(121, 3, would(1), &[]);
    one.hear(121, 2, would(1), &[vote(1, 1), all(election(1))]);
    one.hear(122, 3, election(1), &[all(resign(1, None)), to(3, stale(1, 1))]);
    one.hear(123, 3, election(2), &[vote(2, 3), to(3, granted(2))]);
}

#[test]
fn a_higher_ranked_follower_takes_over_after_a_stable_time() {
    let mut three = Dialogue::follower(preempting());
    for sent in (140..=1_040).step_by(100) {
        three.hear(sent + 10, 1, coordinator(1, sent), &[to(1, acknowledge(1, sent))]);
    }
    let now = three.tick_within(1_050..1_111, &[all(challenging_pre_vote(2))]);
    three.hear(now + 1, 1, would(2), &[to(1, Message::Challenge { epoch: epoch(1) })]);
    assert_eq!(three.subject.standing(), Standing::Following);
    let gone = tells(Event::Leaderless { epoch: epoch(1), why: crate::election::Gone::Resigned });
    three.hear(now + 5, 1, resign(1, Some(3)), &[gone]);
    three.tick(now + 5, &[all(pre_vote(2))]);
}

#[test]
fn a_challenged_leader_lets_its_work_stop_before_it_hands_over() {
    let mut two = Dialogue::new(preempting(), 2, 3, Start::First);
    two.tick(120, &[all(pre_vote(1))]);
    two.hear(121, 3, would(1), &[]);
    two.hear(121, 1, would(1), &[vote(1, 2), all(election(1))]);
    two.hear(
        122,
        1,
        granted(1),
        &[tells(Event::Elected { epoch: epoch(1), until: at(521) }), all(coordinator(1, 122))],
    );
    two.hear(130, 3, challenging_pre_vote(2), &[to(3, would(2))]);
    two.hear(131, 3, pre_vote(2), &[to(3, wait(2, 390))]); // without a challenge, a leader is in its place
    two.hear(132, 3, Message::Challenge { epoch: epoch(1) }, &[]); // it has not said yet that it would lead
    two.hear(133, 3, acknowledge(1, 122), &[]);
    two.hear(134, 1, acknowledge(1, 122), &[]);
    two.hear(135, 1, Message::Challenge { epoch: epoch(1) }, &[]); // ranks lower
    let stopping = Event::Stopping { epoch: epoch(1), why: Why::Preempted(node(3)), until: at(522) };
    two.hear(136, 3, Message::Challenge { epoch: epoch(1) }, &[tells(stopping)]);
    let lost = Event::Lost { epoch: epoch(1), why: Why::Preempted(node(3)), until: at(140) };
    two.ask(140, Command::Release, &[tells(lost), all(resign(1, Some(3)))]);
}

#[test]
fn trap_a_top_node_that_keeps_returning_does_not_make_the_leader_flap() {
    // The stable time begins anew with every loss of the leader, and with every start.
    let mut three = Dialogue::follower(preempting());
    three.hear(450, 1, coordinator(1, 440), &[to(1, acknowledge(1, 440))]);
    three.tick(850, &[tells(Event::Leaderless { epoch: epoch(1), why: crate::election::Gone::Silent })]);
    let following = tells(Event::Following { leader: node(1), epoch: epoch(1) });
    three.hear(850, 1, coordinator(1, 840), &[following, to(1, acknowledge(1, 840))]);
    for sent in (940..=1_840).step_by(100) {
        three.hear(sent + 10, 1, coordinator(1, sent), &[to(1, acknowledge(1, sent))]);
    }
    three.tick_within(1_850..1_911, &[all(challenging_pre_vote(2))]);
}

#[test]
fn who_never_preempts_follows_a_lower_rank_for_ever() {
    let mut three = Dialogue::follower(majority().with_preempt(Preempt::Never));
    three.tick(450, &[tells(Event::Leaderless { epoch: epoch(1), why: crate::election::Gone::Silent })]);
    let mut leader = Dialogue::leader(majority());
    leader.hear(130, 1, acknowledge(1, 122), &[]);
    leader.hear(131, 1, Message::Challenge { epoch: epoch(1) }, &[]);
    assert_eq!(leader.subject.standing(), Standing::Leading);
}

#[test]
fn a_priority_that_rises_starts_the_stable_time() {
    let mut one = Dialogue::new(preempting(), 1, 3, Start::First);
    let following = tells(Event::Following { leader: node(2), epoch: epoch(1) });
    one.hear(10, 2, coordinator(1, 5), &[vote(1, 2), following, to(2, acknowledge(1, 5))]);
    one.ask(20, Command::SetPriority(9), &[]);
    let answer = Message::Acknowledge { epoch: epoch(1), sent: at(100), priority: 9, eligible: true };
    for sent in (100..=1_000).step_by(100) {
        let answer = match answer {
            Message::Acknowledge { epoch, priority, eligible, .. } => {
                Message::Acknowledge { epoch, sent: at(sent), priority, eligible }
            }
            other => other,
        };
        one.hear(sent + 5, 2, coordinator(1, sent), &[to(2, answer)]);
    }
    let challenge = Message::PreVote { epoch: epoch(2), priority: 9, challenge: true };
    one.tick_within(1_020..1_082, &[all(challenge)]);
    assert_eq!(one.subject.time_left(at(1_081)), Duration::ZERO);
}

/// Found by the swarm, at a slow member: two timers are due at one tick, and neither has anything to say.
#[test]
fn law_4_a_late_tick_with_nothing_to_say_moves_the_deadline() {
    let mut three = Dialogue::follower(majority().with_preempt(Preempt::After(Duration::from_millis(220))));
    // The leader stands again, and this member makes way until 330 ms for that.
    three.hear(150, 1, election(2), &[vote(2, 1), to(1, granted(2))]);
    let asked = three.tick_within(271..330, &[all(challenging_pre_vote(3))]);
    let due = three.subject.deadline();
    assert_eq!(due, Some(at(330)), "no answer is waited for longer than to {} ms", asked + 60);
    assert!(three.subject.step(Input::Tick, at(asked + 61)).is_empty());
    assert!(three.subject.deadline() > due);
}
