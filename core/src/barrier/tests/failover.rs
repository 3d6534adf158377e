//! Another coordinator takes over, which knows nothing.

use super::dialogue::*;
use crate::Machine;
use crate::barrier::coordinator::Event;
use crate::barrier::party::{self, Standing};
use crate::barrier::{Cause, Message, Outcome};
use core::time::Duration;

#[test]
fn while_somebody_is_missing_a_failover_costs_nothing() {
    let mut office = Office::open(2);
    let (old, new) = (generation(1, 5), generation(2, 6));
    // What was said in another epoch may not be so any more.
    office.hear(10, 11, counted(ticket(1, 1), old), &[Said::To(11, coordinates(2, 0))]);
    office.hear(11, 11, counted(ticket(2, 1), old), &[Said::To(11, noted(1, new, 1))]);
    office.hear(12, 12, counted(ticket(2, 1), old), &[Said::To(12, noted(1, new, 2))]);
    // Who never took part waits for those who may come back.
    office.hear(13, 14, arrive(ticket(2, 1)), &[Said::To(14, coordinates(2, 0))]);
    let ask = [11, 12, 13].map(|to| Said::To(to, prepare(1, new)));
    office.hear(14, 13, counted(ticket(2, 1), old), &ask);
}

#[test]
fn one_that_is_not_bound_frees_those_that_are() {
    let mut office = Office::open(2);
    let (old, new) = (generation(1, 1), generation(2, 2));
    office.hear(
        10,
        11,
        ready(ticket(2, 1), old),
        &[Said::To(
            11,
            Message::Noted {
                party: ID,
                arrival: 1,
                epoch: epoch(2),
                generation: old, // not free yet
                arrived: 0,
            },
        )],
    );
    // Node 12 never said that it is ready, so nobody was released.
    let free = [Said::To(11, noted(1, new, 2)), Said::To(12, noted(1, new, 2))];
    office.hear(20, 12, counted(ticket(2, 1), old), &free);
}

#[test]
fn b3_one_that_went_on_proves_that_all_were_released() {
    let mut office = Office::open(2);
    let old = generation(1, 1);
    let doubt =
        |of| Said::To(of, Message::Noted { party: ID, arrival: 1, epoch: epoch(2), generation: old, arrived: 0 });
    office.hear(10, 11, ready(ticket(2, 1), old), &[doubt(11)]);
    office.hear(11, 12, ready(ticket(2, 1), old), &[doubt(12)]);
    let free = |to| Said::To(to, settled(2, 1, old, Outcome::Released));
    let next = arrive(knowing(2, 2, old, true));
    office.hear(12, 13, next, &[free(11), free(12), Said::To(13, noted(2, generation(2, 2), 1))]);
}

#[test]
fn b4_one_that_was_told_that_it_broke_proves_that() {
    let mut office = Office::open(2);
    let old = generation(1, 1);
    let doubt = Message::Noted { party: ID, arrival: 1, epoch: epoch(2), generation: old, arrived: 0 };
    office.hear(10, 11, ready(ticket(2, 1), old), &[Said::To(11, doubt)]);
    let broke = Said::To(11, settled(2, 1, old, Outcome::Broken(Cause::Formerly)));
    let present = Message::Present { ticket: knowing(2, 1, old, false) };
    office.hear(11, 13, present, &[broke, Said::To(13, noted(1, generation(2, 2), 0))]);
}

#[test]
fn if_all_are_bound_all_are_released() {
    let mut office = Office::open(2);
    let old = generation(1, 1);
    let doubt =
        |of| Said::To(of, Message::Noted { party: ID, arrival: 1, epoch: epoch(2), generation: old, arrived: 0 });
    office.hear(10, 11, ready(ticket(2, 1), old), &[doubt(11)]);
    office.hear(11, 12, ready(ticket(2, 1), old), &[doubt(12)]);
    // The same ones again are not more.
    office.hear(12, 11, ready(ticket(2, 1), old), &[doubt(11)]);
    let free = [11, 12, 13].map(|to| Said::To(to, settled(2, 1, old, Outcome::Released)));
    office.hear(13, 13, ready(ticket(2, 1), old), &free);
}

#[test]
fn b4_what_nobody_can_tell_is_unknown_and_no_guess() {
    let mut office = Office::open(2);
    let old = generation(1, 1);
    let doubt =
        |of| Said::To(of, Message::Noted { party: ID, arrival: 1, epoch: epoch(2), generation: old, arrived: 0 });
    let unknown = |of| Said::To(of, settled(2, 1, old, Outcome::Unknown));
    office.hear(100, 11, ready(ticket(2, 1), old), &[doubt(11)]);
    office.hear(200, 12, ready(ticket(2, 1), old), &[doubt(12)]);
    office.tick(600, &[unknown(11)]);
    office.tick(700, &[unknown(12)]);
    // It has missed that, and asks again.
    office.hear(800, 11, ready(ticket(2, 1), old), &[unknown(11)]);
    // Then it goes on.
    office.hear(900, 11, arrive(ticket(2, 2)), &[Said::To(11, noted(2, generation(2, 2), 1))]);
}

#[test]
fn who_comes_back_bound_and_finds_no_place_is_told_what_is_known() {
    let mut office = Office::preparing();
    let lost = generation(1, 9);
    // In this epoch it would have had a place, so its generation is long over.
    office.hear(1_300, 14, ready(ticket(1, 1), lost), &[Said::To(14, settled(1, 1, lost, Outcome::Unknown))]);
}

#[test]
fn a_party_that_is_freed_waits_on_with_the_patience_that_it_had() {
    let mut party = Guest::bound(Some(Duration::from_millis(400)));
    let (old, new) = (generation(1, 1), generation(2, 2));
    party.hear(100, 2, coordinates(2, 0), &[Said::To(2, ready(ticket(2, 1), old))]);
    // The new coordinator has it in doubt, and says so.
    let doubt = Message::Noted { party: ID, arrival: 1, epoch: epoch(2), generation: old, arrived: 0 };
    party.hear(101, 2, doubt, &[]);
    assert_eq!(party.subject.standing(), Standing::Bound);
    let waits = party::Event::Waiting { generation: new, arrived: 2 };
    party.hear(150, 2, noted(1, new, 2), &[Said::Tells(waits)]);
    assert_eq!(party.subject.standing(), Standing::Waiting);
    party.tick(301, &[Said::To(2, counted(ticket(2, 1), new))]);
    party.tick(351, &[Said::ToAll(counted(ticket(2, 1), new))]);
    let broken = party::Event::Broken { generation: Some(new), cause: Cause::TimedOut(node(11)) };
    let present = Message::Present { ticket: knowing(2, 1, new, false) };
    party.tick(400, &[Said::Tells(broken), Said::ToAll(present)]);
}

#[test]
fn a_generation_of_its_own_epoch_frees_nobody() {
    let mut party = Guest::bound(None);
    // It comes late: the coordinator counted it in another one before it asked.
    party.hear(20, 1, noted(1, generation(1, 2), 1), &[]);
    assert_eq!(party.subject.standing(), Standing::Bound);
}

#[test]
fn trap_who_has_missed_that_it_is_free_is_told_again() {
    let mut office = Office::open(2);
    let (old, new) = (generation(1, 1), generation(2, 2));
    let doubt = Message::Noted { party: ID, arrival: 1, epoch: epoch(2), generation: old, arrived: 0 };
    office.hear(10, 11, ready(ticket(2, 1), old), &[Said::To(11, doubt)]);
    let free = [Said::To(11, noted(1, new, 2)), Said::To(12, noted(1, new, 2))];
    office.hear(20, 12, counted(ticket(2, 1), old), &free);
    // It has not heard that, and says again what it is bound to.
    office.hear(30, 11, ready(ticket(2, 1), old), &[Said::To(11, noted(1, new, 2))]);
    let ask = [11, 12, 13].map(|to| Said::To(to, prepare(1, new)));
    office.hear(40, 13, counted(ticket(2, 1), old), &ask);
    office.hear(50, 11, ready(ticket(2, 1), old), &[Said::To(11, prepare(1, new))]);
}

#[test]
fn trap_a_bound_party_that_is_freed_and_asked_at_once_is_ready() {
    // The last that came back was never bound, so all are free, and all have arrived.
    let mut party = Guest::bound(None);
    let (old, new) = (generation(1, 1), generation(2, 2));
    party.hear(100, 2, coordinates(2, 0), &[Said::To(2, ready(ticket(2, 1), old))]);
    party.hear(110, 2, prepare(1, new), &[Said::To(2, ready(ticket(2, 1), new))]);
    assert_eq!((party.subject.standing(), party.subject.generation()), (Standing::Bound, Some(new)));
}

#[test]
fn trap_an_old_arrival_is_no_proof_that_its_party_was_never_bound() {
    let mut office = Office::open(2);
    let old = generation(1, 1);
    let doubt = Message::Noted { party: ID, arrival: 1, epoch: epoch(2), generation: old, arrived: 0 };
    office.hear(10, 11, ready(ticket(2, 1), old), &[Said::To(11, doubt)]);
    // Node 12 said this before it was asked whether it is ready, and then it was released. It comes late.
    office.hear(20, 12, counted(ticket(1, 1), old), &[Said::To(12, coordinates(2, 0))]);
    assert!(office.subject.places(at(20)).all(|place| place.node == node(11)));
    office.tick(510, &[Said::To(11, settled(2, 1, old, Outcome::Unknown))]);
}

#[test]
fn trap_a_second_coordinator_of_an_earlier_epoch_releases_nobody_without_all() {
    // It does not know that it is deposed. One party has turned to the next one, and does not answer it any more.
    let mut office = Office::preparing();
    let g = generation(1, 1);
    office.hear(1_201, 11, ready(ticket(1, 1), g), &[Said::To(11, noted(1, g, 3))]);
    office.hear(1_202, 12, ready(ticket(1, 1), g), &[Said::To(12, noted(1, g, 3))]);
    let later = crate::barrier::coordinator::Reason::LaterEpoch(epoch(2));
    let rejected = Event::Rejected { from: node(13), reason: later };
    office.hear(1_203, 13, ready(ticket(2, 1), g), &[Said::Tells(rejected)]);
    let cause = Cause::Lapsed(node(13));
    let breaks = Said::Tells(Event::Broken { resource: 7, generation: g, cause });
    office.tick(2_200, &[breaks, Said::To(11, broken(1, g, cause)), Said::To(12, broken(1, g, cause))]);
    assert!(office.subject.deadline().is_some());
}
