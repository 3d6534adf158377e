//! Who has a place, and who gets none.

use super::dialogue::*;
use crate::barrier::coordinator::{self, Coordinator, Event, Fixed, PlaceState, Reason, Record};
use crate::barrier::{Cause, Message, Refusal, Ticket};
use crate::{Input, Machine, Output};
use core::time::Duration;
use std::vec::Vec;

#[test]
fn who_coordinates_no_longer_says_who_does() {
    let mut office = Office::closed();
    office.hear(10, 11, arrive(ticket(0, 1)), &[Said::To(11, refused(0, 1, Refusal::Elsewhere(None)))]);
    office.ask(20, coordinator::Command::Close { leader: Some(node(2)) }, &[]);
    office.hear(30, 11, arrive(ticket(0, 1)), &[Said::To(11, refused(0, 1, Refusal::Elsewhere(Some(node(2)))))]);
    let mut office = Office::preparing();
    let closed = Said::Tells(Event::Closed { epoch: epoch(1) });
    office.ask(1_300, coordinator::Command::Close { leader: None }, &[closed]);
    assert_eq!((office.subject.barriers().count(), office.subject.deadline()), (0, None));
}

#[test]
fn b5_a_party_too_many_and_one_that_counts_otherwise_are_refused() {
    let mut office = Office::open(1);
    for from in [11, 12] {
        let g = generation(1, 1);
        office.hear(1_000, from, arrive(ticket(1, 1)), &[Said::To(from, noted(1, g, from as u16 - 10))]);
    }
    let four = Ticket { parties: 4, ..ticket(1, 1) };
    office.hear(1_010, 14, arrive(four), &[Said::To(14, refused(1, 1, Refusal::OtherParties(3)))]);
    let ask = [11, 12, 13].map(|to| Said::To(to, prepare(1, generation(1, 1))));
    office.hear(1_020, 13, arrive(ticket(1, 1)), &ask);
    office.hear(1_030, 14, arrive(ticket(1, 1)), &[Said::To(14, refused(1, 1, Refusal::Full(3)))]);
    for parties in [0, 5, u16::MAX] {
        let odd = Ticket { resource: 8, parties, ..ticket(1, 1) };
        office.hear(1_040, 14, arrive(odd), &[Said::To(14, refused(1, 1, Refusal::TooManyParties(4)))]);
    }
}

#[test]
fn there_is_room_for_so_many_barriers_and_it_is_free_again() {
    let mut office = Office::open(1);
    let at_barrier = |resource| arrive(Ticket { resource, parties: 2, ..ticket(1, 1) });
    for resource in [1, 2] {
        office.hear(1_000, 11, at_barrier(resource), &[Said::To(11, noted(1, generation(1, 1), 1))]);
    }
    office.hear(1_001, 11, at_barrier(3), &[Said::To(11, refused(1, 1, Refusal::TooManyBarriers(2)))]);
    let leave = Message::Leave { ticket: Ticket { resource: 1, parties: 2, ..ticket(1, 1) }, timed_out: true };
    let cause = Cause::TimedOut(node(11));
    let breaks = Event::Broken { resource: 1, generation: generation(1, 1), cause };
    let left = Message::Left { party: ID, epoch: epoch(1) };
    office.hear(1_002, 11, leave, &[Said::Tells(breaks), Said::To(11, left)]);
    // Numbers go on, for no generation of an epoch may come twice.
    office.hear(1_003, 12, at_barrier(1), &[Said::To(12, coordinates(1, 1))]);
    let again = arrive(Ticket { resource: 1, parties: 2, visit: 1, ..ticket(1, 1) });
    office.hear(1_004, 12, again, &[Said::To(12, noted(1, generation(1, 3), 1))]);
    // Leaving twice is answered twice.
    office.hear(1_005, 11, leave, &[Said::To(11, left)]);
}

#[test]
fn trap_a_party_that_has_started_again_is_not_one_too_many() {
    let mut office = Office::open(1);
    for from in [11, 12, 13] {
        let message = Message::Present { ticket: knowing(1, 1, generation(1, 1), true) };
        office.hear(1_000, from, message, &[Said::To(from, noted(1, generation(1, 2), 0))]);
    }
    // Node 13 crashed, and another party of it comes; its former life still has the last place.
    let next = Ticket { party: crate::barrier::PartyId::new(2), ..ticket(1, 1) };
    let later = Message::Coordinates { party: next.party, epoch: epoch(1), visit: 0 };
    let full = Message::Refused { party: next.party, arrival: 1, epoch: epoch(1), refusal: Refusal::Full(3) };
    office.hear(1_400, 13, arrive(next), &[Said::To(13, full)]);
    // While that may still be alive it is one too many; when it has been silent for long, it may get the place.
    for from in [11, 12] {
        let message = Message::Present { ticket: knowing(1, 1, generation(1, 1), true) };
        office.hear(1_700, from, message, &[Said::To(from, noted(1, generation(1, 2), 0))]);
    }
    office.hear(1_800, 13, arrive(next), &[Said::To(13, later)]);
    office.tick(2_000, &[]);
    let again = Ticket { visit: 1, ..next };
    let counted =
        Message::Noted { party: next.party, arrival: 1, epoch: epoch(1), generation: generation(1, 2), arrived: 1 };
    office.hear(2_100, 13, arrive(again), &[Said::To(13, counted)]);
}

#[test]
fn trap_what_was_said_before_its_party_left_takes_no_place() {
    let mut office = Office::open(1);
    office.hear(1_000, 11, arrive(ticket(1, 1)), &[Said::To(11, noted(1, generation(1, 1), 1))]);
    let leave = Message::Leave { ticket: ticket(1, 1), timed_out: false };
    let left = Message::Left { party: ID, epoch: epoch(1) };
    let breaks = Event::Broken { resource: 7, generation: generation(1, 1), cause: Cause::Left(node(11)) };
    office.hear(1_100, 11, leave, &[Said::Tells(breaks), Said::To(11, left)]);
    // A copy of the arrival has taken its time. It would be counted, never answer, and break the others' generation.
    office.hear(1_200, 11, arrive(ticket(1, 1)), &[Said::To(11, coordinates(1, 1))]);
    assert_eq!(office.subject.barriers().count(), 0);
}

#[test]
fn one_who_is_about_to_leave_does_not_break_what_begins_after_it() {
    let mut office = Office::open(1);
    let (g, next) = (generation(1, 1), generation(1, 2));
    let arrives = |ticket| Message::Arrive { ticket, generation: None, leaves: true };
    let bound = |ticket| Message::Ready { ticket, generation: g, leaves: true };
    let two = |arrival| Ticket { parties: 2, ..ticket(1, arrival) };
    office.hear(1_000, 11, arrives(two(1)), &[Said::To(11, noted(1, g, 1))]);
    office.hear(1_001, 12, arrives(two(1)), &[Said::To(11, prepare(1, g)), Said::To(12, prepare(1, g))]);
    office.hear(1_002, 11, bound(two(1)), &[Said::To(11, noted(1, g, 2))]);
    let completed = Said::Tells(Event::Completed { resource: 7, generation: g });
    let all = [completed, Said::To(11, released(1, g)), Said::To(12, released(1, g))];
    office.hear(1_003, 12, bound(two(1)), &all);
    // The next ones come at once. There is no place, but they are not too many: those before are about to leave.
    office.hear(1_004, 13, arrives(two(1)), &[Said::To(13, coordinates(1, 0))]);
    let left = Message::Left { party: ID, epoch: epoch(1) };
    let leave = Message::Leave { ticket: two(1), timed_out: false };
    office.hear(1_005, 11, leave, &[Said::To(11, left)]);
    let visits = |visit| Ticket { visit, ..two(1) };
    office.hear(1_006, 13, arrives(visits(1)), &[Said::To(13, noted(1, next, 1))]);
    office.hear(1_007, 12, leave, &[Said::To(12, left)]);
    office.hear(1_008, 14, arrives(visits(2)), &[Said::To(13, prepare(1, next)), Said::To(14, prepare(1, next))]);
}

#[test]
fn a_look_at_it_shows_who_waits() {
    let office = Office::preparing();
    let barriers: Vec<_> = office.subject.barriers().collect();
    let [barrier] = barriers[..] else { panic!("{barriers:?}") };
    assert_eq!((barrier.resource, barrier.parties, barrier.present, barrier.arrived), (7, 3, 3, 3));
    let places: Vec<_> =
        office.subject.places(at(1_500)).map(|place| (place.node.get(), place.state, place.silent)).collect();
    let silent = |millis| (PlaceState::Arrived, Duration::from_millis(millis));
    assert_eq!(
        places,
        [(11, silent(500)), (12, silent(400)), (13, silent(300))].map(|(node, (state, silent))| (node, state, silent))
    );
}

#[test]
fn what_is_not_for_it_changes_nothing() {
    let mut office = Office::preparing();
    let before = office.subject.clone();
    let rejected = |reason| [Said::Tells(Event::Rejected { from: node(11), reason })];
    let g = generation(1, 1);
    office.hear(1_200, 11, prepare(1, g), &rejected(Reason::NotForCoordinators));
    office.hear(1_200, 11, arrive(ticket(2, 1)), &rejected(Reason::LaterEpoch(epoch(2))));
    office.hear(1_200, 11, ready(ticket(1, 1), generation(3, 1)), &rejected(Reason::LaterEpoch(epoch(3))));
    let knows = knowing(1, 1, generation(4, 1), true);
    office.hear(1_200, 11, arrive(knows), &rejected(Reason::LaterEpoch(epoch(4))));
    assert_eq!(office.subject, before);
}

#[test]
fn a_fixed_coordinator_stores_its_epoch_before_it_says_anything() {
    let config = coordinator::Config::new(LAPSE, GRACE).unwrap();
    let mut fixed = Fixed::<u8, 2, 4>::new(config, None, at(0));
    let first: Vec<_> = fixed.step(Input::Tick, at(0)).into_iter().collect();
    let record = Record { epoch: epoch(1) };
    assert_eq!(first, [Output::Persist(record), Output::Event(Event::Opened { epoch: epoch(1) })]);
    // It is the first of its kind, so there is nobody to wait for.
    let hello = Input::Receive { from: node(11), message: arrive(ticket(1, 1)) };
    let answer = fixed.step(hello, at(1)).into_iter().next();
    let expected = noted(1, generation(1, 1), 1);
    assert_eq!(answer, Some(Output::Send { to: crate::To::Node(node(11)), message: expected }));

    let mut next = Fixed::<u8, 2, 4>::new(config, Some(record), at(2_000));
    assert!(
        matches!(next.step(hello, at(2_000)).into_iter().next(), Some(Output::Persist(Record { epoch })) if epoch.get() == 2)
    );
    let used_up = Some(Record { epoch: crate::Epoch::MAX });
    let mut last = Fixed::<u8, 2, 4>::new(config, used_up, at(0));
    let said: Vec<_> = last.step(Input::Tick, at(0)).into_iter().collect();
    assert_eq!(said, [Output::Event(Event::Exhausted { epoch: crate::Epoch::MAX })]);
}

#[test]
fn one_party_alone_meets_itself() {
    let config = coordinator::Config::new(LAPSE, Duration::ZERO).unwrap();
    let mut alone = Coordinator::<u8, 1, 1>::new(config, at(0));
    let _ = alone.step(Input::Command(coordinator::Command::Open { epoch: epoch(1) }), at(0));
    let g = generation(1, 1);
    let one = Ticket { parties: 1, ..ticket(1, 1) };
    let mut hear = |message| alone.step(Input::Receive { from: node(11), message }, at(1)).into_iter().last();
    let to_11 = |message| Some(Output::Send { to: crate::To::Node(node(11)), message });
    assert_eq!(hear(arrive(one)), to_11(prepare(1, g)));
    assert_eq!(hear(ready(one, g)), to_11(released(1, g)));
}
