//! Generations, one after the other.

use super::dialogue::*;
use crate::barrier::coordinator::{Command, Event, Misuse};
use crate::barrier::{Cause, Message};
use crate::{Epoch, Machine};

fn completed(number: u32) -> Said<Event<u8>> {
    Said::Tells(Event::Completed { resource: 7, generation: generation(1, number) })
}

fn breaks(number: u32, cause: Cause) -> Said<Event<u8>> {
    Said::Tells(Event::Broken { resource: 7, generation: generation(1, number), cause })
}

#[test]
fn b1_nobody_is_released_before_all_have_said_that_they_are_ready() {
    let mut office = Office::preparing();
    let g = generation(1, 1);
    office.hear(1_201, 11, ready(ticket(1, 1), g), &[Said::To(11, noted(1, g, 3))]);
    office.hear(1_202, 12, ready(ticket(1, 1), g), &[Said::To(12, noted(1, g, 3))]);
    // Node 13 has not got the question, and says again that it is there: it is asked again.
    office.hear(1_400, 13, counted(ticket(1, 1), g), &[Said::To(13, prepare(1, g))]);
    let all = [completed(1), Said::To(11, released(1, g)), Said::To(12, released(1, g)), Said::To(13, released(1, g))];
    office.hear(1_401, 13, ready(ticket(1, 1), g), &all);
}

#[test]
fn b2_who_has_missed_that_it_was_released_is_told_again() {
    let mut office = Office::preparing();
    let g = generation(1, 1);
    for (millis, from) in [(1_201, 11), (1_202, 12)] {
        office.hear(millis, from, ready(ticket(1, 1), g), &[Said::To(from, noted(1, g, 3))]);
    }
    let all = [completed(1), Said::To(11, released(1, g)), Said::To(12, released(1, g)), Said::To(13, released(1, g))];
    office.hear(1_203, 13, ready(ticket(1, 1), g), &all);
    // Two have arrived again by the time at which the third asks.
    let next = generation(1, 2);
    office.hear(1_300, 11, arrive(knowing(1, 2, g, true)), &[Said::To(11, noted(2, next, 1))]);
    office.hear(1_301, 12, arrive(knowing(1, 2, g, true)), &[Said::To(12, noted(2, next, 2))]);
    office.hear(1_400, 13, ready(ticket(1, 1), g), &[Said::To(13, released(1, g))]);
    let ask = [11, 12, 13].map(|to| Said::To(to, prepare(2, next)));
    office.hear(1_401, 13, arrive(knowing(1, 2, g, true)), &ask);
}

#[test]
fn b3_an_arrival_that_comes_twice_or_late_counts_once() {
    let mut office = Office::open(1);
    let g = generation(1, 1);
    office.hear(1_000, 11, arrive(ticket(1, 1)), &[Said::To(11, noted(1, g, 1))]);
    office.hear(1_001, 11, arrive(ticket(1, 1)), &[Said::To(11, noted(1, g, 1))]);
    office.hear(1_002, 11, arrive(ticket(1, 1)), &[Said::To(11, noted(1, g, 1))]);
    // It has taken that back since, and a copy of the arrival comes late.
    let present = Message::Present { ticket: knowing(1, 1, g, false) };
    let back = [breaks(1, Cause::TimedOut(node(11))), Said::To(11, noted(1, generation(1, 2), 0))];
    office.hear(1_003, 11, present, &back);
    office.hear(1_004, 11, arrive(ticket(1, 1)), &[]);
    assert!(office.subject.barriers().all(|barrier| barrier.arrived == 0));
}

#[test]
fn b4_when_one_takes_its_arrival_back_all_learn_it_also_who_arrives_later() {
    let mut office = Office::preparing();
    let (g, next) = (generation(1, 1), generation(1, 2));
    let cause = Cause::TimedOut(node(13));
    // Two are bound, the third was not when its patience ended.
    office.hear(1_201, 11, ready(ticket(1, 1), g), &[Said::To(11, noted(1, g, 3))]);
    office.hear(1_202, 12, ready(ticket(1, 1), g), &[Said::To(12, noted(1, g, 3))]);
    let all = [breaks(1, cause), Said::To(11, broken(1, g, cause)), Said::To(12, broken(1, g, cause))];
    let present = Message::Present { ticket: knowing(1, 1, g, false) };
    office.hear(1_203, 13, present, &[&all[..], &[Said::To(13, noted(1, next, 0))]].concat());
    // Its word comes late: it was given for a generation that is over.
    office.hear(1_204, 13, ready(ticket(1, 1), g), &[]);
    // The next generation breaks while node 13 works: its next arrival is for that one.
    office.hear(1_300, 11, arrive(knowing(1, 2, g, false)), &[Said::To(11, noted(2, next, 1))]);
    let reset = [breaks(2, Cause::Reset), Said::To(11, broken(2, next, Cause::Reset))];
    office.ask(1_301, Command::Reset(7), &reset);
    office.hear(1_400, 13, arrive(knowing(1, 2, g, false)), &[Said::To(13, broken(2, next, Cause::Reset))]);
    // And then all are in step.
    let third = generation(1, 3);
    office.hear(1_500, 13, arrive(knowing(1, 3, next, false)), &[Said::To(13, noted(3, third, 1))]);
    office.hear(1_501, 11, arrive(knowing(1, 3, next, false)), &[Said::To(11, noted(3, third, 2))]);
}

#[test]
fn b4_one_that_falls_silent_breaks_the_generation() {
    let mut office = Office::open(1);
    let g = generation(1, 1);
    office.hear(1_000, 11, arrive(ticket(1, 1)), &[Said::To(11, noted(1, g, 1))]);
    office.hear(1_600, 12, arrive(ticket(1, 1)), &[Said::To(12, noted(1, g, 2))]);
    let cause = Cause::Lapsed(node(11));
    office.tick(2_000, &[breaks(1, cause), Said::To(12, broken(1, g, cause))]);
    // It was only cut off: its place is gone, and it learns why.
    office.hear(2_100, 11, counted(ticket(1, 1), g), &[Said::To(11, coordinates(1, 1))]);
    let again = crate::barrier::Ticket { visit: 1, ..ticket(1, 1) };
    office.hear(2_101, 11, counted(again, g), &[Said::To(11, broken(1, g, cause))]);
}

#[test]
fn one_that_falls_silent_when_it_is_bound_does_not_hold_the_others_up() {
    let mut office = Office::preparing();
    let g = generation(1, 1);
    office.hear(1_201, 11, ready(ticket(1, 1), g), &[Said::To(11, noted(1, g, 3))]);
    for millis in [1_900, 2_500] {
        office.hear(millis, 12, counted(ticket(1, 1), g), &[Said::To(12, prepare(1, g))]);
        office.hear(millis, 13, counted(ticket(1, 1), g), &[Said::To(13, prepare(1, g))]);
    }
    office.hear(2_501, 12, ready(ticket(1, 1), g), &[Said::To(12, noted(1, g, 3))]);
    let all = [completed(1), Said::To(11, released(1, g)), Said::To(12, released(1, g)), Said::To(13, released(1, g))];
    office.hear(2_502, 13, ready(ticket(1, 1), g), &all);
    // Then its place is free. Nobody has arrived since, so nothing breaks.
    office.tick(2_201, &[]);
    assert_eq!(office.subject.barriers().map(|barrier| barrier.present).collect::<std::vec::Vec<_>>(), [2]);
}

#[test]
fn a_reset_of_what_nobody_waits_for_is_refused() {
    let mut office = Office::open(1);
    office.ask(1_000, Command::Reset(7), &[Said::Tells(Event::Refused(Misuse::NobodyWaits))]);
    let stale = Misuse::Epoch { asked: epoch(1), last: epoch(1) };
    office.ask(1_000, Command::Open { epoch: epoch(1) }, &[Said::Tells(Event::Refused(stale))]);
    let beyond = Misuse::Epoch { asked: epoch(1 << 32), last: epoch(1) };
    office.ask(1_000, Command::Open { epoch: epoch(1 << 32) }, &[Said::Tells(Event::Refused(beyond))]);
}

#[test]
fn the_last_number_of_an_epoch_is_no_number_to_go_on_from() {
    let mut office = Office::open(2);
    let last = crate::barrier::Generation::new(Epoch::new(1), u32::MAX).unwrap();
    // What parties claim counts up to the half of them.
    let first = generation(2, (1 << 31) + 1);
    office.hear(100, 11, arrive(knowing(2, 1, last, true)), &[Said::To(11, noted(1, first, 1))]);
    assert_eq!(office.subject.deadline(), Some(at(1_100)));
}
