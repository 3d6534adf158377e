//! The dissemination barrier, as dialogues and in small groups.

use super::{Command, Config, Dissemination, Event, Misuse, Progress, Reason, Signal, Standing};
use crate::{Group, Incarnation, Input, Instant, Machine, NodeId, Output, OutputOf, Random, Seed, To};
use core::time::Duration;
use std::vec::Vec;

type Subject = Dissemination<8>;

const RETRY: Duration = Duration::from_millis(50);

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn member(me: u32, size: u32, life: u64, now: Instant) -> Subject {
    let others: Vec<NodeId> = (1..=size).filter(|id| *id != me).map(NodeId::new).collect();
    let config = Config::new(RETRY, Seed::new(1)).unwrap().with_overdue(Duration::from_millis(120)).unwrap();
    Dissemination::new(config, Group::new(NodeId::new(me), &others).unwrap(), Incarnation::new(life), now)
}

fn progress(complete: u64, rounds: impl Into<Option<u8>>) -> Option<Progress> {
    Some(Progress { complete, rounds: rounds.into() })
}

/// What a member in its first life says, without asking.
fn says(progress: Option<Progress>) -> Signal {
    Signal { life: Incarnation::new(1), progress, answers: None, asks: false }
}

fn answers(progress: Option<Progress>) -> Signal {
    Signal { answers: Some(Incarnation::new(1)), ..says(progress) }
}

fn asks(progress: Option<Progress>) -> Signal {
    Signal { asks: true, ..says(progress) }
}

fn to(node: u32, message: Signal) -> OutputOf<Subject> {
    Output::Send { to: To::Node(NodeId::new(node)), message }
}

fn told(event: Event) -> OutputOf<Subject> {
    Output::Event(event)
}

fn hear(subject: &mut Subject, millis: u64, from: u32, message: Signal) -> Vec<OutputOf<Subject>> {
    subject.step(Input::Receive { from: NodeId::new(from), message }, at(millis)).into_iter().collect()
}

/// Member 1 of five, which has joined at 1 ms.
fn joined() -> Subject {
    let mut one = member(1, 5, 1, at(0));
    let hello: Vec<_> = one.step(Input::Tick, at(0)).into_iter().collect();
    assert_eq!(hello, [Output::Send { to: To::Peers, message: asks(None) }]);
    for other in 2..5 {
        assert_eq!(hear(&mut one, 1, other, answers(None)), []);
    }
    assert_eq!(one.standing(), Standing::Joining);
    assert_eq!(hear(&mut one, 1, 5, answers(None)), [told(Event::Joined { complete: 0 })]);
    one
}

#[test]
fn five_members_need_three_rounds() {
    let mut one = joined();
    let arrives: Vec<_> = one.step(Input::Command(Command::Arrive), at(10)).into_iter().collect();
    assert_eq!(arrives, [to(2, says(progress(0, 0)))]);
    assert_eq!((one.rounds(), one.waits_for()), (3, Some(NodeId::new(5))));
    assert_eq!(hear(&mut one, 11, 5, says(progress(0, 0))), [to(3, says(progress(0, 1)))]);
    // Of round 2 before round 1: it waits until that one is done.
    assert_eq!(hear(&mut one, 12, 2, says(progress(0, 2))), []);
    let last = [told(Event::Released { generation: 1 }), to(5, says(progress(1, None)))];
    assert_eq!(hear(&mut one, 13, 4, says(progress(0, 1))), last);
    assert_eq!((one.standing(), one.deadline()), (Standing::Present, None));
}

#[test]
fn b1_signals_of_the_generation_before_count_for_nothing() {
    let mut one = joined();
    let _ = one.step(Input::Command(Command::Arrive), at(10));
    let _ = hear(&mut one, 11, 5, says(progress(0, 3)));
    let _ = hear(&mut one, 11, 4, says(progress(0, 3)));
    let released = hear(&mut one, 11, 2, says(progress(0, 3)));
    assert!(released.contains(&told(Event::Released { generation: 1 })));
    let _ = one.step(Input::Command(Command::Arrive), at(20));
    // B3: copies.
    for other in [5, 4, 2] {
        assert_eq!(hear(&mut one, 21, other, says(progress(0, 3))), []);
    }
    assert_eq!((one.standing(), one.complete()), (Standing::Waiting, 1));
}

#[test]
fn b3_one_that_has_arrived_in_the_next_generation_proves_that_this_one_is_complete() {
    let mut one = joined();
    let _ = one.step(Input::Command(Command::Arrive), at(10));
    let released = hear(&mut one, 11, 3, says(progress(1, 0)));
    assert_eq!(released[0], told(Event::Released { generation: 1 }));
}

#[test]
fn b2_who_waits_asks_and_tells_whom_it_waits_for() {
    let mut one = joined();
    let _ = one.step(Input::Command(Command::Arrive), at(10));
    let mut tick = |millis| one.step(Input::Tick, at(millis)).into_iter().collect::<Vec<_>>();
    assert_eq!(tick(60), [to(5, asks(progress(0, 0)))]);
    assert_eq!(tick(110), [to(5, asks(progress(0, 0)))]);
    assert_eq!(tick(130), [told(Event::Overdue { generation: 1, member: NodeId::new(5) })]);
    // It is asked itself, and says how far it is.
    let answer = hear(&mut one, 140, 2, asks(progress(0, 0)));
    assert_eq!(answer, [to(2, answers(progress(0, 0)))]);
}

#[test]
fn one_that_starts_again_goes_on_behind_the_furthest() {
    let mut one = member(1, 3, 2, at(0));
    let _ = one.step(Input::Tick, at(0));
    let _ = one.step(Input::Command(Command::Arrive), at(1));
    // An answer to its former life is none.
    assert_eq!(hear(&mut one, 2, 2, answers(progress(56, None))), []);
    let fresh = |progress| Signal { answers: Some(Incarnation::new(2)), ..says(progress) };
    assert_eq!(hear(&mut one, 3, 2, fresh(progress(56, None))), []);
    let joins = hear(&mut one, 4, 3, fresh(progress(57, 0)));
    let said = Signal { life: Incarnation::new(2), ..says(progress(57, 0)) };
    // One that has arrived in generation 58 is known to have: one of the two rounds is done.
    let next = Signal { life: Incarnation::new(2), ..says(progress(57, 1)) };
    assert_eq!(joins, [told(Event::Joined { complete: 57 }), to(2, next), to(3, next)]);
    assert_ne!(said, next);
}

#[test]
fn trap_one_that_has_forgotten_is_not_released_once_for_each_generation_that_it_missed() {
    let mut one = joined();
    let _ = one.step(Input::Command(Command::Arrive), at(10));
    // The others are far ahead: it cannot have been without its arrival, so that was in a former life.
    let said = hear(&mut one, 11, 3, says(progress(9, None)));
    assert_eq!(said, [to(2, says(progress(9, 0)))]);
    assert_eq!((one.standing(), one.complete()), (Standing::Waiting, 9));
}

#[test]
fn what_is_wrong_changes_nothing() {
    let mut one = joined();
    let stranger = Event::Rejected { from: NodeId::new(9), reason: Reason::Stranger };
    assert_eq!(hear(&mut one, 10, 9, says(progress(3, None))), [told(stranger)]);
    let _ = hear(&mut one, 10, 2, Signal { life: Incarnation::new(4), ..says(progress(0, None)) });
    let reason = Reason::FormerLife { said: Incarnation::new(1), current: Incarnation::new(4) };
    let rejected = Event::Rejected { from: NodeId::new(2), reason };
    assert_eq!(hear(&mut one, 11, 2, says(progress(1, 0))), [told(rejected)]);
    let _ = one.step(Input::Command(Command::Arrive), at(12));
    let again: Vec<_> = one.step(Input::Command(Command::Arrive), at(13)).into_iter().collect();
    assert_eq!(again, [told(Event::Refused(Misuse::Waiting))]);
}

#[test]
fn one_alone_waits_for_nobody() {
    let mut one = member(1, 1, 1, at(0));
    let joins: Vec<_> = one.step(Input::Tick, at(0)).into_iter().collect();
    assert_eq!(joins, [told(Event::Joined { complete: 0 })]);
    for generation in 1..4 {
        let arrives: Vec<_> = one.step(Input::Command(Command::Arrive), at(1)).into_iter().collect();
        assert_eq!(arrives, [told(Event::Released { generation })]);
    }
}

/// Groups of all sizes, over links that lose, double and reorder: nobody is early, and all get through.
#[test]
fn groups_of_all_sizes_meet_twenty_times() {
    for size in 1..=9 {
        let mut members: Vec<Subject> = (1..=size).map(|id| member(id, size, 1, at(0))).collect();
        let mut random: Random = Seed::new(u64::from(size)).random();
        let (mut flying, mut arrived, mut released) = (Vec::new(), [0_u64; 9], [0_u64; 9]);
        let mut now = 0;
        while released[..size as usize].iter().any(|generation| *generation < 20) {
            now += 1;
            assert!(now < 200_000, "{size} members are stuck: {released:?}");
            for index in 0..members.len() {
                let input = if flying.iter().any(|(to, _, _)| *to == index) && random.below(2) == 0 {
                    let mine: Vec<usize> = (0..flying.len()).filter(|at| flying[*at].0 == index).collect();
                    let one = mine[random.below(mine.len() as u64) as usize];
                    let (_, from, message) = if random.below(8) == 0 { flying[one] } else { flying.swap_remove(one) };
                    Input::Receive { from, message }
                } else if arrived[index] == released[index] && random.below(8) == 0 {
                    arrived[index] += 1;
                    Input::Command(Command::Arrive)
                } else {
                    Input::Tick
                };
                let me = NodeId::new(index as u32 + 1);
                for output in members[index].step(input, at(now)) {
                    match output {
                        Output::Send { to, message } => {
                            let heard = (0..members.len()).filter(|other| *other != index);
                            let heard = heard.filter(|other| to.includes(NodeId::new(*other as u32 + 1)));
                            flying.extend(heard.filter(|_| random.below(3) > 0).map(|other| (other, me, message)));
                        }
                        Output::Event(Event::Released { generation }) => {
                            let all = arrived[..size as usize].iter().all(|arrived| *arrived >= generation);
                            assert!(all, "{me} of {size} is released from {generation}: {arrived:?}");
                            released[index] = generation;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
}
