//! What holders and authorities say, byte by byte and there and back.

use crate::bodies::{bytes, round};
use core::num::NonZeroU16;
use core::time::Duration;
use proptest::prelude::*;
use quorate::lease::{ClaimId, Message, Mode, Refusal};
use quorate::{FencingToken, Instant, Name, NodeId};
use quorate_wire::{BodyError, Payload, Reader, Rejected, Writer, protocol};

fn name() -> impl Strategy<Value = Name> {
    prop_oneof![Just("x".repeat(Name::LONGEST)), "[a-z/ é]{1,20}"].prop_map(|text| Name::new(&text).unwrap())
}

fn mode() -> impl Strategy<Value = Mode> {
    let permits = || any::<NonZeroU16>();
    prop_oneof![
        Just(Mode::Exclusive),
        Just(Mode::Shared),
        (permits(), permits()).prop_map(|(take, of)| Mode::Permits { take, of }),
    ]
}

fn refusal() -> impl Strategy<Value = Refusal> {
    prop_oneof![
        proptest::option::of(any::<u32>().prop_map(NodeId::new)).prop_map(Refusal::Elsewhere),
        Just(Refusal::Busy),
        any::<Duration>().prop_map(Refusal::Grace),
        any::<u32>().prop_map(Refusal::Full),
        any::<u16>().prop_map(Refusal::OtherPermits),
        Just(Refusal::NotHeld),
        Just(Refusal::Broken),
        Just(Refusal::CapReached),
        Just(Refusal::Exhausted),
    ]
}

fn message() -> impl Strategy<Value = Message<Name>> {
    let claim = || any::<u64>().prop_map(ClaimId::new);
    let token = || any::<u64>().prop_map(FencingToken::from_number);
    let sent = || any::<u64>().prop_map(Instant::from_nanos);
    prop_oneof![
        (claim(), name(), mode(), any::<bool>(), any::<Duration>(), sent()).prop_map(
            |(claim, resource, mode, wait, lease, sent)| Message::Acquire { claim, resource, mode, wait, lease, sent }
        ),
        (claim(), name(), mode(), token(), any::<Duration>(), sent()).prop_map(
            |(claim, resource, mode, token, lease, sent)| Message::Renew { claim, resource, mode, token, lease, sent }
        ),
        (claim(), proptest::option::of(token())).prop_map(|(claim, token)| Message::Release { claim, token }),
        (claim(), token(), any::<Duration>(), sent()).prop_map(|(claim, token, lease, sent)| Message::Granted {
            claim,
            token,
            lease,
            sent
        }),
        (claim(), any::<u32>(), sent()).prop_map(|(claim, ahead, sent)| Message::Waiting { claim, ahead, sent }),
        (claim(), refusal(), sent()).prop_map(|(claim, refusal, sent)| Message::Refused { claim, refusal, sent }),
        claim().prop_map(|claim| Message::Released { claim }),
    ]
}

proptest! {
    #[test]
    fn messages(message in message(), altered in any::<(prop::sample::Index, u8)>()) {
        round(&message, altered);
    }
}

#[test]
fn each_message_has_its_bytes() {
    let claim = ClaimId::new(0x0807_0605_0403_0201);
    let resource = Name::new("orders/é").unwrap();
    let token = FencingToken::from_number(0x2827_2625_2423_2221);
    let (lease, sent) = (Duration::new(3, 0x0201_8100), Instant::from_nanos(0x1817_1615_1413_1211));
    let c = [1, 2, 3, 4, 5, 6, 7, 8];
    let n = [9, b'o', b'r', b'd', b'e', b'r', b's', b'/', 0xc3, 0xa9];
    let t = [0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28];
    let l = [3, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x81, 0x01, 0x02];
    let s = [0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18];
    let golden = |message: Message<Name>, parts: &[&[u8]]| {
        assert_eq!(message.protocol(), protocol::LEASE);
        assert_eq!(bytes(&message), parts.concat(), "{message:?}");
    };
    let acquire = |mode, wait| Message::Acquire { claim, resource, mode, wait, lease, sent };
    golden(acquire(Mode::Exclusive, true), &[&[1], &c, &n, &[1], &[1], &l, &s]);
    golden(acquire(Mode::Shared, false), &[&[1], &c, &n, &[2], &[0], &l, &s]);
    golden(acquire(Mode::permits(2, 0x0105).unwrap(), true), &[&[1], &c, &n, &[3, 2, 0, 5, 1], &[1], &l, &s]);
    let renew = Message::Renew { claim, resource, mode: Mode::Exclusive, token, lease, sent };
    golden(renew, &[&[2], &c, &n, &[1], &t, &l, &s]);
    golden(Message::Release { claim, token: None }, &[&[3], &c, &[0]]);
    golden(Message::Release { claim, token: Some(token) }, &[&[3], &c, &[1], &t]);
    golden(Message::Granted { claim, token, lease, sent }, &[&[4], &c, &t, &l, &s]);
    golden(Message::Waiting { claim, ahead: 0x0102, sent }, &[&[5], &c, &[2, 1, 0, 0], &s]);
    let refused = |refusal| Message::Refused { claim, refusal, sent };
    golden(refused(Refusal::Elsewhere(None)), &[&[6], &c, &[1, 0], &s]);
    golden(refused(Refusal::Elsewhere(Some(NodeId::new(7)))), &[&[6], &c, &[1, 1, 7, 0, 0, 0], &s]);
    golden(refused(Refusal::Busy), &[&[6], &c, &[2], &s]);
    golden(refused(Refusal::Grace(lease)), &[&[6], &c, &[3], &l, &s]);
    golden(refused(Refusal::Full(0x0403)), &[&[6], &c, &[4, 3, 4, 0, 0], &s]);
    golden(refused(Refusal::OtherPermits(0x0605)), &[&[6], &c, &[5, 5, 6], &s]);
    golden(refused(Refusal::NotHeld), &[&[6], &c, &[6], &s]);
    golden(refused(Refusal::Broken), &[&[6], &c, &[7], &s]);
    golden(refused(Refusal::CapReached), &[&[6], &c, &[8], &s]);
    golden(refused(Refusal::Exhausted), &[&[6], &c, &[9], &s]);
    golden(Message::Released { claim }, &[&[7], &c]);
}

#[test]
fn what_cannot_be_is_refused() {
    let read = |body: &[&[u8]]| Message::<Name>::read(protocol::LEASE, &body.concat());
    let invalid = |what, value| {
        Err(Rejected::InvalidBody { protocol: protocol::LEASE, error: BodyError::Invalid { what, value } })
    };
    assert_eq!(read(&[&[0], &[0; 8]]), invalid("kind of lease message", 0));
    assert_eq!(read(&[&[8], &[0; 8]]), invalid("kind of lease message", 8));
    assert_eq!(read(&[&[1], &[0; 8], &[1, b'a'], &[4]]), invalid("mode of a lease", 4));
    assert_eq!(read(&[&[1], &[0; 8], &[1, b'a'], &[3, 0, 0, 1, 0]]), invalid("number of permits", 0));
    assert_eq!(read(&[&[1], &[0; 8], &[1, b'a'], &[1], &[2]]), invalid("truth value", 2));
    assert_eq!(read(&[&[6], &[0; 8], &[10], &[0; 8]]), invalid("refusal", 10));
}

/// Whatever its length says, no text that is no name is taken for one.
#[test]
fn what_is_no_name_is_refused() {
    let read = |bytes: &[u8]| Reader::new(bytes).get::<Name>();
    let (length, byte) = ("length of a name", "byte of a name's text");
    assert_eq!(read(&[0]), Err(BodyError::Invalid { what: length, value: 0 }));
    assert_eq!(read(&[48]), Err(BodyError::Invalid { what: length, value: 48 }));
    assert_eq!(read(&[2, b'a']), Err(BodyError::Truncated { needed: 2, left: 1 }));
    assert_eq!(read(&[2, b'a', 0xff]), Err(BodyError::Invalid { what: byte, value: 0xff }));
    assert_eq!(read(&[3, b'a', b'\n', b'b']), Err(BodyError::Invalid { what: byte, value: 10 }));
    let longest = Name::new(&"x".repeat(Name::LONGEST)).unwrap();
    let mut room = [0; 48];
    let mut writer = Writer::new(&mut room);
    writer.put(&longest);
    assert!(!writer.overflowed());
    assert_eq!(read(&room), Ok(longest));
}
