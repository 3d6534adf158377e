//! What a party does while it waits.

use super::dialogue::*;
use crate::barrier::party::{Command, Event, Misuse, Reason, Standing};
use crate::barrier::{Cause, Outcome, Refusal};
use crate::{Input, Machine};
use core::time::Duration;

#[test]
fn a_party_finds_the_coordinator_and_is_released() {
    let mut party = Guest::bound(None);
    let g = generation(1, 1);
    party.hear(20, 1, released(1, g), &[Said::Tells(Event::Released { generation: g })]);
    assert_eq!((party.subject.standing(), party.subject.learnt()), (Standing::Present, Some((g, true))));
    // B3: that is said again, and nothing comes of it.
    party.hear(21, 1, released(1, g), &[]);
    // Its next arrival says what it knows.
    let next = arrive(knowing(1, 2, g, true));
    party.ask(500, Command::Arrive { patience: None }, &[Said::To(1, next)]);
}

#[test]
fn it_asks_everybody_at_first_and_goes_where_it_is_sent() {
    let mut party = Guest::new();
    let hello = arrive(ticket(0, 1));
    party.ask(0, Command::Arrive { patience: None }, &[Said::ToAll(hello)]);
    party.hear(1, 2, refused(0, 1, Refusal::Elsewhere(Some(node(3)))), &[Said::To(3, hello)]);
    // The others send it there, too: it is on its way already.
    party.hear(2, 1, refused(0, 1, Refusal::Elsewhere(Some(node(3)))), &[]);
    // Node 3 is silent, so everybody is asked again, after longer and longer times up to the usual.
    party.tick(101, &[Said::ToAll(hello)]);
    party.tick(301, &[Said::ToAll(hello)]);
    party.tick(501, &[Said::ToAll(hello)]);
}

#[test]
fn two_that_send_it_to_each_other_do_not_keep_it_busy() {
    let mut party = Guest::new();
    let hello = arrive(ticket(0, 1));
    party.ask(0, Command::Arrive { patience: None }, &[Said::ToAll(hello)]);
    let elsewhere = |leader| refused(0, 1, Refusal::Elsewhere(Some(node(leader))));
    party.hear(1, 1, elsewhere(2), &[Said::To(2, hello)]);
    party.hear(2, 2, elsewhere(1), &[Said::To(1, hello)]);
    party.hear(3, 1, elsewhere(2), &[Said::To(2, hello)]);
    party.hear(4, 2, elsewhere(1), &[]);
}

#[test]
fn it_takes_its_arrival_back_by_itself_when_its_patience_ends() {
    let mut party = Guest::waiting(Some(Duration::from_millis(100)));
    let g = generation(1, 1);
    let present = crate::barrier::Message::Present { ticket: knowing(1, 1, g, false) };
    let broken = Event::Broken { generation: Some(g), cause: Cause::TimedOut(node(11)) };
    party.tick(100, &[Said::Tells(broken), Said::To(1, present)]);
    // All had arrived after all, but this one does not count any more, and says so at once.
    party.hear(101, 1, prepare(1, g), &[Said::To(1, present)]);
    assert_eq!(party.subject.standing(), Standing::Present);
}

#[test]
fn its_patience_ends_before_what_comes_in_at_the_same_time() {
    let mut party = Guest::waiting(Some(Duration::from_millis(100)));
    let g = generation(1, 1);
    let input = Input::Receive { from: node(1), message: prepare(1, g) };
    let events: std::vec::Vec<Event> = party.subject.step(input, at(100)).events().copied().collect();
    assert_eq!(events, [Event::Broken { generation: Some(g), cause: Cause::TimedOut(node(11)) }]);
    assert_eq!(party.subject.standing(), Standing::Present);
}

#[test]
fn one_that_is_bound_cannot_take_its_arrival_back() {
    let mut party = Guest::bound(Some(Duration::from_millis(100)));
    let g = generation(1, 1);
    party.ask(50, Command::Cancel, &[Said::Tells(Event::Refused(Misuse::AllArrived(g)))]);
    // Nor when its patience ends: it asks for the outcome, until there is no hope.
    let mut asked = 0;
    loop {
        let now = party.subject.deadline().unwrap();
        let step = party.subject.step(Input::Tick, now);
        if let Some(event) = step.events().next() {
            assert_eq!((*event, now), (Event::Unknown { generation: g }, at(3_010)));
            break;
        }
        asked += 1;
    }
    assert!(asked >= 14, "asked {asked} times only");
}

#[test]
fn b1_it_is_not_released_before_it_was_asked_whether_it_is_ready() {
    let mut party = Guest::waiting(None);
    let g = generation(1, 1);
    let rejected = Event::Rejected { from: node(1), reason: Reason::NotReady(g) };
    party.hear(5, 1, released(1, g), &[Said::Tells(rejected)]);
    assert_eq!(party.subject.standing(), Standing::Waiting);
    // Nor from another generation than the one that it is bound to.
    let mut party = Guest::bound(None);
    let other = generation(1, 2);
    let rejected = Event::Rejected { from: node(1), reason: Reason::OtherGeneration(other) };
    party.hear(20, 1, released(1, other), &[Said::Tells(rejected)]);
}

#[test]
fn b4_it_obeys_no_coordinator_of_an_epoch_that_is_over() {
    let mut party = Guest::waiting(None);
    let g = generation(1, 1);
    party.hear(10, 2, coordinates(2, 0), &[Said::To(2, counted(ticket(2, 1), g))]);
    let stale = |said| Reason::StaleEpoch { said: epoch(said), current: epoch(2) };
    for late in [prepare(1, g), broken(1, g, Cause::Reset), coordinates(1, 0)] {
        party.hear(11, 1, late, &[Said::Tells(Event::Rejected { from: node(1), reason: stale(1) })]);
    }
    assert_eq!(party.subject.coordinator(), Some(node(2)));
}

#[test]
fn b5_what_cannot_be_is_told_with_the_numbers() {
    let mut party = Guest::waiting(None);
    let full = Refusal::Full(3);
    party.hear(5, 1, refused(1, 1, full), &[Said::Tells(Event::Failed { why: full })]);
    assert_eq!((party.subject.standing(), party.subject.deadline()), (Standing::Outside, None));
    assert_eq!(std::format!("{full}"), "the barrier has 3 parties, and they are all there");
}

#[test]
fn a_last_arrival_ends_with_the_place_given_up() {
    let mut party = Guest::new();
    let g = generation(1, 1);
    let leaving = |ticket| crate::barrier::Message::Arrive { ticket, generation: None, leaves: true };
    party.ask(0, Command::Leave { patience: None }, &[Said::ToAll(leaving(ticket(0, 1)))]);
    party.hear(1, 1, coordinates(1, 0), &[Said::To(1, leaving(ticket(1, 1)))]);
    let bound = crate::barrier::Message::Ready { ticket: ticket(1, 1), generation: g, leaves: true };
    party.hear(2, 1, prepare(1, g), &[Said::To(1, bound)]);
    let leave = crate::barrier::Message::Leave { ticket: knowing(1, 1, g, true), timed_out: false };
    party.hear(3, 1, released(1, g), &[Said::Tells(Event::Released { generation: g }), Said::To(1, leave)]);
    party.tick(53, &[Said::ToAll(leave)]);
    let left = crate::barrier::Message::Left { party: ID, epoch: epoch(1) };
    party.hear(60, 1, left, &[Said::Tells(Event::Left)]);
    assert_eq!((party.subject.standing(), party.subject.deadline()), (Standing::Outside, None));
    // Whoever still counts it hears once that it takes no part.
    party.hear(70, 1, noted(1, generation(1, 2), 1), &[Said::To(1, leave)]);
}

#[test]
fn a_wait_that_is_cancelled_ends_without_an_outcome() {
    let mut party = Guest::waiting(None);
    let g = generation(1, 1);
    let leave = crate::barrier::Message::Leave { ticket: knowing(1, 1, g, false), timed_out: false };
    party.ask(30, Command::Cancel, &[Said::Tells(Event::Cancelled { generation: Some(g) }), Said::To(1, leave)]);
    party.hear(31, 1, broken(1, g, Cause::Left(node(11))), &[]);
    party.ask(32, Command::Cancel, &[Said::Tells(Event::Refused(Misuse::NotTakingPart))]);
}

#[test]
fn what_the_user_or_others_do_wrong_changes_nothing() {
    let mut party = Guest::waiting(None);
    let before = party.subject.clone();
    let g = generation(1, 1);
    let waits = Said::Tells(Event::Refused(Misuse::Waiting));
    party.ask(2, Command::Arrive { patience: None }, &[waits]);
    let rejected = |from, reason| Said::Tells(Event::Rejected { from: node(from), reason });
    party.hear(2, 9, released(1, g), &[rejected(9, Reason::Stranger)]);
    party.hear(2, 1, arrive(ticket(1, 1)), &[rejected(1, Reason::NotForParties)]);
    let other = crate::barrier::Message::Left { party: crate::barrier::PartyId::new(2), epoch: epoch(1) };
    party.hear(2, 1, other, &[rejected(1, Reason::OtherParty)]);
    let beyond = crate::barrier::Message::Left { party: ID, epoch: epoch(1 << 32) };
    party.hear(2, 1, beyond, &[rejected(1, Reason::InvalidEpoch(epoch(1 << 32)))]);
    // An outcome of an arrival that is long over, or is to come.
    party.hear(2, 1, settled(1, 2, g, Outcome::Unknown), &[]);
    assert_eq!(party.subject, before);
}

#[test]
fn trap_a_reset_that_overtakes_the_wait_does_not_strand_it() {
    // An old count comes after a newer one: the newer one stays.
    let mut party = Guest::waiting(None);
    let (first, second) = (generation(1, 1), generation(1, 2));
    let waits = Event::Waiting { generation: second, arrived: 2 };
    party.hear(5, 1, noted(1, second, 2), &[Said::Tells(waits)]);
    party.hear(6, 1, noted(1, first, 1), &[]);
    assert_eq!(party.subject.generation(), Some(second));
    party.hear(7, 1, prepare(1, first), &[]);
    assert_eq!(party.subject.standing(), Standing::Waiting);
}
