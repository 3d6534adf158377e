//! An authority that is always the same node.

use super::dialogue::{LEASE, at, config, node};
use crate::lease::authority::{Command, Event, Fixed, Misuse, Record};
use crate::lease::{ClaimId, Message, Mode};
use crate::{Epoch, FencingToken, Input, Machine, Output, OutputOf};
use std::vec::Vec;

type Subject = Fixed<u8, 4>;

fn step(subject: &mut Subject, input: Input<Command<u8>, Message<u8>>, millis: u64) -> Vec<OutputOf<Subject>> {
    subject.step(input, at(millis)).into_iter().collect()
}

fn acquire(claim: u64) -> Input<Command<u8>, Message<u8>> {
    let (claim, mode) = (ClaimId::new(claim), Mode::Exclusive);
    let message = Message::Acquire { claim, resource: 1, mode, wait: true, lease: LEASE, sent: at(0) };
    Input::Receive { from: node(1), message }
}

fn token_in(said: &[OutputOf<Subject>]) -> Option<FencingToken> {
    said.iter().find_map(|output| match output {
        Output::Send { message: Message::Granted { token, .. }, .. } => Some(*token),
        _ => None,
    })
}

#[test]
fn its_first_life_stores_its_epoch_and_grants_at_once() {
    let mut first = Subject::new(config(), None, at(0));
    let said = step(&mut first, acquire(1), 0);
    assert_eq!(said[0], Output::Persist(Record { epoch: Epoch::new(1) }), "before anything else");
    assert_eq!(token_in(&said), FencingToken::new(Epoch::new(1), 1));
}

#[test]
fn l2_a_later_life_waits_and_grants_higher_tokens() {
    let record = Record { epoch: Epoch::new(1) };
    let mut second = Subject::new(config(), Some(record), at(0));
    let epoch = Epoch::new(2);
    let grace = config().grace();
    let opening = [Output::Persist(Record { epoch }), Output::Event(Event::Opening { epoch, grace })];
    assert_eq!(step(&mut second, Input::Tick, 0), opening);
    assert_eq!(token_in(&step(&mut second, acquire(1), 1)), None);
    assert_eq!(token_in(&step(&mut second, Input::Tick, 1_000)), FencingToken::new(epoch, 1));
}

#[test]
fn it_is_not_opened_and_closed_by_hand_and_ends_with_its_epochs() {
    let mut it = Subject::new(config(), Some(Record { epoch: Epoch::MAX }), at(0));
    let said = step(&mut it, Input::Tick, 0);
    assert_eq!(said, [Output::Event(Event::Exhausted { epoch: Epoch::MAX })]);
    let said = step(&mut it, Input::Command(Command::Close { leader: None }), 0);
    assert_eq!(said, [Output::Event(Event::Refused(Misuse::Fixed))]);
    assert_eq!(token_in(&step(&mut it, acquire(1), 1)), None);
}
