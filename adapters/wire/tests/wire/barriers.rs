//! What parties and coordinators say, byte by byte and there and back.

use crate::bodies::{bytes, round};
use proptest::prelude::*;
use quorate::barrier::dissemination::{Progress, Signal};
use quorate::barrier::{Cause, Generation, Message, Outcome, PartyId, Refusal, Ticket};
use quorate::{Epoch, Incarnation, Name, NodeId};
use quorate_wire::{BodyError, Payload, Rejected, protocol};

fn epoch() -> impl Strategy<Value = Epoch> {
    (0..=Epoch::MAX.get()).prop_map(Epoch::new)
}

fn generation() -> impl Strategy<Value = Generation> {
    (epoch(), 1..=u32::MAX).prop_map(|(epoch, number)| Generation::new(epoch, number).unwrap())
}

fn node() -> impl Strategy<Value = NodeId> {
    any::<u32>().prop_map(NodeId::new)
}

fn party() -> impl Strategy<Value = PartyId> {
    any::<u64>().prop_map(PartyId::new)
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Released),
        Just(Outcome::Unknown),
        node().prop_map(|node| Outcome::Broken(Cause::TimedOut(node))),
        node().prop_map(|node| Outcome::Broken(Cause::Lapsed(node))),
        node().prop_map(|node| Outcome::Broken(Cause::Left(node))),
        Just(Outcome::Broken(Cause::Reset)),
        Just(Outcome::Broken(Cause::Formerly)),
    ]
}

fn refusal() -> impl Strategy<Value = Refusal> {
    prop_oneof![
        proptest::option::of(node()).prop_map(Refusal::Elsewhere),
        any::<u16>().prop_map(Refusal::Full),
        any::<u16>().prop_map(Refusal::OtherParties),
        any::<u16>().prop_map(Refusal::TooManyParties),
        any::<u32>().prop_map(Refusal::TooManyBarriers),
        Just(Refusal::Exhausted),
    ]
}

fn ticket() -> impl Strategy<Value = Ticket<Name>> {
    let name = prop_oneof![Just("x".repeat(Name::LONGEST)), "[a-z/ é]{1,20}"];
    let learnt = proptest::option::of(generation());
    (name, any::<u16>(), party(), any::<u32>(), epoch(), any::<u32>(), learnt, any::<bool>()).prop_map(
        |(name, parties, party, arrival, epoch, visit, learnt, released)| {
            let resource = Name::new(&name).unwrap();
            Ticket { resource, parties, party, arrival, epoch, visit, learnt, released }
        },
    )
}

fn message() -> impl Strategy<Value = Message<Name>> {
    let answered = || (party(), any::<u32>(), epoch(), generation());
    prop_oneof![
        (ticket(), proptest::option::of(generation()), any::<bool>())
            .prop_map(|(ticket, generation, leaves)| Message::Arrive { ticket, generation, leaves }),
        (ticket(), generation(), any::<bool>()).prop_map(|(ticket, generation, leaves)| Message::Ready {
            ticket,
            generation,
            leaves
        }),
        ticket().prop_map(|ticket| Message::Present { ticket }),
        (ticket(), any::<bool>()).prop_map(|(ticket, timed_out)| Message::Leave { ticket, timed_out }),
        (party(), epoch(), any::<u32>()).prop_map(|(party, epoch, visit)| Message::Coordinates { party, epoch, visit }),
        (answered(), any::<u16>()).prop_map(|((party, arrival, epoch, generation), arrived)| Message::Noted {
            party,
            arrival,
            epoch,
            generation,
            arrived
        }),
        answered().prop_map(|(party, arrival, epoch, generation)| Message::Prepare {
            party,
            arrival,
            epoch,
            generation
        }),
        (answered(), outcome()).prop_map(|((party, arrival, epoch, generation), outcome)| Message::Settled {
            party,
            arrival,
            epoch,
            generation,
            outcome
        }),
        (party(), any::<u32>(), epoch(), refusal()).prop_map(|(party, arrival, epoch, refusal)| Message::Refused {
            party,
            arrival,
            epoch,
            refusal
        }),
        (party(), epoch()).prop_map(|(party, epoch)| Message::Left { party, epoch }),
    ]
}

proptest! {
    #[test]
    fn messages(message in message(), altered in any::<(prop::sample::Index, u8)>()) {
        round(&message, altered);
    }
}

proptest! {
    #[test]
    fn signals(
        (life, answers) in (any::<u64>(), proptest::option::of(any::<u64>())),
        progress in proptest::option::of((any::<u64>(), proptest::option::of(any::<u8>()))),
        asks in any::<bool>(),
        altered in any::<(prop::sample::Index, u8)>(),
    ) {
        let progress = progress.map(|(complete, rounds)| Progress { complete, rounds });
        let (life, answers) = (Incarnation::new(life), answers.map(Incarnation::new));
        round(&Signal { life, progress, answers, asks }, altered);
    }
}

#[test]
fn each_signal_has_its_bytes() {
    let life = Incarnation::new(0x0201);
    let joining = Signal { life, progress: None, answers: None, asks: true };
    assert_eq!(joining.protocol(), protocol::DISSEMINATION);
    assert_eq!(bytes(&joining), [1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    let progress = Some(Progress { complete: 0x0605, rounds: Some(3) });
    let answer = Signal { life, progress, answers: Some(Incarnation::new(9)), asks: false };
    let parts: [&[u8]; 5] =
        [&[1, 2, 0, 0, 0, 0, 0, 0], &[1, 5, 6, 0, 0, 0, 0, 0, 0], &[1, 3], &[1, 9, 0, 0, 0, 0, 0, 0, 0], &[0]];
    assert_eq!(bytes(&answer), parts.concat());
}

#[test]
fn each_message_has_its_bytes() {
    let (party, epoch) = (PartyId::new(0x0807_0605_0403_0201), Epoch::new(0x1413_1211));
    let (arrival, visit) = (0x2423_2221, 0x3231);
    let generation = Generation::new(Epoch::new(0x44), 0x0000_4241).unwrap();
    let resource = Name::new("orders/é").unwrap();
    let learnt = Some(Generation::new(Epoch::new(0x54), 0x5251).unwrap());
    let ticket = Ticket { resource, parties: 0x0603, party, arrival, epoch, visit, learnt, released: true };
    let h = [1, 2, 3, 4, 5, 6, 7, 8, 0x11, 0x12, 0x13, 0x14, 0, 0, 0, 0];
    let n = [9, b'o', b'r', b'd', b'e', b'r', b's', b'/', 0xc3, 0xa9];
    let a = [0x21, 0x22, 0x23, 0x24];
    let g = [0x41, 0x42, 0, 0, 0x44, 0, 0, 0];
    let rest = [&n[..], &[3, 6], &a, &[0x31, 0x32, 0, 0], &[1, 0x51, 0x52, 0, 0, 0x54, 0, 0, 0], &[1]].concat();
    let golden = |message: Message<Name>, parts: &[&[u8]]| {
        assert_eq!(message.protocol(), protocol::BARRIER);
        assert_eq!(bytes(&message), parts.concat(), "{message:?}");
    };
    golden(Message::Arrive { ticket, generation: None, leaves: true }, &[&[1], &h, &rest, &[0], &[1]]);
    let arrive = Message::Arrive { ticket, generation: Some(generation), leaves: false };
    golden(arrive, &[&[1], &h, &rest, &[1], &g, &[0]]);
    golden(Message::Ready { ticket, generation, leaves: false }, &[&[2], &h, &rest, &g, &[0]]);
    golden(Message::Present { ticket }, &[&[3], &h, &rest]);
    golden(Message::Leave { ticket, timed_out: true }, &[&[4], &h, &rest, &[1]]);
    golden(Message::Coordinates { party, epoch, visit }, &[&[5], &h, &[0x31, 0x32, 0, 0]]);
    golden(Message::Noted { party, arrival, epoch, generation, arrived: 0x0201 }, &[&[6], &h, &a, &g, &[1, 2]]);
    golden(Message::Prepare { party, arrival, epoch, generation }, &[&[7], &h, &a, &g]);
    let settled = |outcome| Message::Settled { party, arrival, epoch, generation, outcome };
    let node = NodeId::new(7);
    golden(settled(Outcome::Released), &[&[8], &h, &a, &g, &[1]]);
    golden(settled(Outcome::Broken(Cause::TimedOut(node))), &[&[8], &h, &a, &g, &[2, 7, 0, 0, 0]]);
    golden(settled(Outcome::Broken(Cause::Lapsed(node))), &[&[8], &h, &a, &g, &[3, 7, 0, 0, 0]]);
    golden(settled(Outcome::Broken(Cause::Left(node))), &[&[8], &h, &a, &g, &[4, 7, 0, 0, 0]]);
    golden(settled(Outcome::Broken(Cause::Reset)), &[&[8], &h, &a, &g, &[5]]);
    golden(settled(Outcome::Broken(Cause::Formerly)), &[&[8], &h, &a, &g, &[6]]);
    golden(settled(Outcome::Unknown), &[&[8], &h, &a, &g, &[7]]);
    let refused = |refusal| Message::Refused { party, arrival, epoch, refusal };
    golden(refused(Refusal::Elsewhere(None)), &[&[9], &h, &a, &[1, 0]]);
    golden(refused(Refusal::Elsewhere(Some(node))), &[&[9], &h, &a, &[1, 1, 7, 0, 0, 0]]);
    golden(refused(Refusal::Full(0x0201)), &[&[9], &h, &a, &[2, 1, 2]]);
    golden(refused(Refusal::OtherParties(3)), &[&[9], &h, &a, &[3, 3, 0]]);
    golden(refused(Refusal::TooManyParties(3)), &[&[9], &h, &a, &[4, 3, 0]]);
    golden(refused(Refusal::TooManyBarriers(3)), &[&[9], &h, &a, &[5, 3, 0, 0, 0]]);
    golden(refused(Refusal::Exhausted), &[&[9], &h, &a, &[6]]);
    golden(Message::Left { party, epoch }, &[&[10], &h]);
}

#[test]
fn what_cannot_be_is_refused() {
    let read = |body: &[&[u8]]| Message::<Name>::read(protocol::BARRIER, &body.concat());
    let invalid = |what, value| {
        Err(Rejected::InvalidBody { protocol: protocol::BARRIER, error: BodyError::Invalid { what, value } })
    };
    assert_eq!(read(&[&[0], &[0; 16]]), invalid("kind of barrier message", 0));
    assert_eq!(read(&[&[11], &[0; 16]]), invalid("kind of barrier message", 11));
    let no_number = 7_u64 << 32;
    assert_eq!(read(&[&[7], &[0; 20], &no_number.to_le_bytes()]), invalid("generation", no_number));
    assert_eq!(read(&[&[8], &[0; 20], &[1, 0, 0, 0, 0, 0, 0, 0], &[8]]), invalid("outcome at a barrier", 8));
    assert_eq!(read(&[&[9], &[0; 20], &[7]]), invalid("refusal at a barrier", 7));
    let beyond = Epoch::MAX.get() + 1;
    assert_eq!(read(&[&[10], &[0; 8], &beyond.to_le_bytes()]), invalid("epoch", beyond));
}
