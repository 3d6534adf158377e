//! What a member keeps over a restart, with storage and without.

use super::dialogue::*;
use crate::election::{Event, Message, Record, Standing, Start};
use crate::{Epoch, Input, Machine, NodeId, Output};
use core::time::Duration;

fn recovered(epoch: u64, vote: u32) -> Start {
    Start::Recovered(Record { epoch: Epoch::new(epoch), vote: Some(NodeId::new(vote)) })
}

#[test]
fn trap_a_restart_within_one_epoch_does_not_vote_twice() {
    let mut one = Dialogue::from(majority(), 1, 3, recovered(4, 3), 1_000);
    one.hear(1_010, 2, election(4), &[to(2, wait(4, 390))]);
    one.hear(1_500, 2, election(4), &[to(2, stale(4, 4))]);
    one.hear(1_501, 3, election(4), &[to(3, granted(4))]); // the one that it voted for
}

#[test]
fn trap_a_restart_forgets_no_promise_to_a_leader() {
    // Its former self may have acknowledged a leader a moment before it stopped.
    let mut one = Dialogue::from(majority(), 1, 3, recovered(4, 3), 1_000);
    one.hear(1_001, 2, pre_vote(5), &[to(2, wait(5, 399))]);
    one.hear(1_399, 2, election(5), &[to(2, wait(5, 1))]);
    one.hear(1_400, 2, election(5), &[vote(5, 2), to(2, granted(5))]);
}

#[test]
fn a_recovered_member_acknowledges_a_leader_at_once() {
    let mut one = Dialogue::from(majority(), 1, 3, recovered(4, 3), 1_000);
    let following = tells(Event::Following { leader: node(3), epoch: epoch(4) });
    one.hear(1_010, 3, coordinator(4, 1_005), &[following, to(3, acknowledge(4, 1_005))]);
}

#[test]
fn trap_a_former_leader_does_not_lead_its_epoch_again() {
    let mut three = Dialogue::from(majority(), 3, 3, recovered(4, 3), 1_000);
    three.hear(1_001, 1, granted(4), &[]); // late answers to its former self
    three.hear(1_002, 2, granted(4), &[]);
    assert_eq!(three.subject.standing(), Standing::Leaderless);
    three.tick(1_120, &[]);
    three.tick(1_400, &[all(pre_vote(5))]);
}

#[test]
fn e5_epochs_go_on_from_the_record() {
    let mut three = Dialogue::from(majority(), 3, 3, recovered(41, 1), 0);
    three.tick(120, &[]);
    three.tick(400, &[all(pre_vote(42))]);
}

/// The number that a recall asks with.
fn nonce(dialogue: &mut Dialogue, millis: u64) -> u64 {
    let step = dialogue.subject.step(Input::Tick, at(millis));
    match step.into_iter().next() {
        Some(Output::Send { message: Message::Recall { nonce }, .. }) => nonce,
        other => panic!("a recall was expected, not {other:?}"),
    }
}

#[test]
fn without_memory_a_member_waits_out_its_former_promises_then_asks_a_majority_of_the_others() {
    let mut five = Dialogue::new(majority(), 5, 5, Start::Forgetful);
    assert_eq!(five.subject.standing(), Standing::Recalling);
    five.hear(10, 1, pre_vote(8), &[to(1, wait(8, 60))]);
    five.hear(11, 1, election(8), &[to(1, wait(8, 60))]);
    assert_eq!(five.subject.deadline(), Some(at(400)));
    let nonce = nonce(&mut five, 400);
    let recalled = |epoch, remembers| Message::Recalled { nonce, epoch: Epoch::new(epoch), remembers };
    five.hear(401, 1, Message::Recalled { nonce: nonce ^ 1, epoch: epoch(9), remembers: true }, &[]); // to another life
    five.hear(402, 1, recalled(7, true), &[]);
    five.hear(403, 2, recalled(8, true), &[]);
    assert_eq!(five.subject.standing(), Standing::Recalling, "two of four others may both have missed a vote of three");
    five.hear(404, 3, recalled(6, false), &[]);
    five.hear(405, 4, recalled(6, true), &[tells(Event::Recalled { epoch: epoch(8) })]);
    // It may have voted in epoch 8 itself.
    five.hear(406, 1, election(8), &[to(1, higher(8))]);
    five.tick(406, &[all(pre_vote(9))]);
}

#[test]
fn without_memory_a_member_follows_but_does_not_acknowledge() {
    let mut three = Dialogue::new(majority(), 3, 3, Start::Forgetful);
    let following = tells(Event::Following { leader: node(1), epoch: epoch(4) });
    three.hear(10, 1, coordinator(4, 5), &[vote(4, 1), following]);
    three.hear(110, 1, coordinator(4, 105), &[]);
    let nonce = nonce(&mut three, 400);
    for sent in [205, 305] {
        three.hear(401, 1, coordinator(4, sent), &[]);
    }
    three.hear(402, 1, Message::Recalled { nonce, epoch: epoch(4), remembers: true }, &[]);
    let ready = tells(Event::Recalled { epoch: epoch(4) });
    three.hear(403, 2, Message::Recalled { nonce, epoch: epoch(4), remembers: true }, &[ready]);
    three.hear(410, 1, coordinator(4, 405), &[to(1, acknowledge(4, 405))]);
}

/// Found by the swarm: the link to the last voter that it has to ask stays cut for longer than the stable time.
#[test]
fn e3_without_memory_a_member_takes_over_however_long_it_recalls() {
    let mut three = Dialogue::new(preempting(), 3, 3, Start::Forgetful);
    let following = tells(Event::Following { leader: node(1), epoch: epoch(4) });
    three.hear(10, 1, coordinator(4, 5), &[vote(4, 1), following]);
    let mut asked = 0;
    for now in (50..1_500).step_by(50) {
        three.hear(now, 1, coordinator(4, now), &[]);
        while three.subject.deadline().is_some_and(|due| due <= at(now)) {
            match three.subject.step(Input::Tick, at(now)).into_iter().next() {
                Some(Output::Send { message: Message::Recall { nonce }, .. }) => asked = nonce,
                said => assert_eq!(said, None, "it does not challenge while it recalls"),
            }
        }
    }
    for from in [1, 2] {
        let message = Message::Recalled { nonce: asked, epoch: epoch(4), remembers: true };
        let _ = three.subject.step(Input::Receive { from: node(from), message }, at(1_500));
    }
    assert_eq!(three.subject.standing(), Standing::Following);
    let challenged = (1_550..3_000).step_by(50).find_map(|now| {
        let _ = three.subject.step(Input::Receive { from: node(1), message: coordinator(4, now) }, at(now));
        let step = three.subject.step(Input::Tick, at(now));
        step.into_iter().next().map(|said| (now, said))
    });
    assert_eq!(challenged, Some((2_600, all(challenging_pre_vote(5)))));
}

#[test]
fn a_group_that_starts_without_any_memory_begins() {
    let mut three = Dialogue::new(majority(), 3, 3, Start::Forgetful);
    three.hear(
        10,
        1,
        Message::Recall { nonce: 7 },
        &[to(1, Message::Recalled { nonce: 7, epoch: Epoch::ZERO, remembers: false })],
    );
    let nonce = nonce(&mut three, 400);
    let recalled = Message::Recalled { nonce, epoch: Epoch::ZERO, remembers: false };
    three.hear(401, 1, recalled, &[]);
    three.hear(402, 2, recalled, &[tells(Event::Recalled { epoch: Epoch::ZERO })]);
    three.tick(402, &[all(pre_vote(1))]);
    assert_eq!(three.subject.time_left(at(402)), Duration::ZERO);
}
