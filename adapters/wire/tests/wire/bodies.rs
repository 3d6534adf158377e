//! What machines say, byte by byte and there and back.

use core::fmt::Debug;
use core::time::Duration;
use proptest::prelude::*;
use quorate::clock::{HybridStamp, LamportStamp, Message as Stamped, VectorStamp, VersionVector};
use quorate::detector::Heartbeat;
use quorate::election::{Message, Verdict};
use quorate::member;
use quorate::{Epoch, Incarnation, Instant, NodeId};
use quorate_wire::{BodyError, Payload, Rejected, Writer, protocol};

pub(crate) fn bytes<P: Payload>(message: &P) -> Vec<u8> {
    let mut room = [0; 512];
    let mut writer = Writer::new(&mut room);
    message.write(&mut writer);
    assert!(!writer.overflowed());
    let written = writer.written();
    room[..written].to_vec()
}

/// There and back, refused when a byte is missing or one too many is there, and never two spellings of one message.
pub(crate) fn round<P: Payload + PartialEq + Debug>(message: &P, altered: (prop::sample::Index, u8)) {
    let protocol = message.protocol();
    let body = bytes(message);
    assert_eq!(P::read(protocol, &body).as_ref(), Ok(message));
    for cut in 0..body.len() {
        let refused = P::read(protocol, &body[..cut]).unwrap_err();
        assert!(matches!(refused, Rejected::InvalidBody { .. }), "cut to {cut} bytes: {refused}");
    }
    let longer = [&body[..], &[0]].concat();
    assert_eq!(
        P::read(protocol, &longer),
        Err(Rejected::InvalidBody { protocol, error: BodyError::Trailing { bytes: 1 } })
    );
    assert_eq!(P::read(0, &body), Err(Rejected::UnknownProtocol { protocol: 0 }));

    let mut other = body.clone();
    other[altered.0.index(body.len())] = altered.1;
    if let Ok(message) = P::read(protocol, &other) {
        assert_eq!(bytes(&message), other, "two spellings of {message:?}");
    }
}

fn epoch() -> impl Strategy<Value = Epoch> {
    prop_oneof![Just(Epoch::ZERO), Just(Epoch::MAX), (0..=Epoch::MAX.get()).prop_map(Epoch::new)]
}

fn node() -> impl Strategy<Value = NodeId> {
    any::<u32>().prop_map(NodeId::new)
}

fn verdict() -> impl Strategy<Value = Verdict> {
    prop_oneof![
        Just(Verdict::Would),
        Just(Verdict::Granted),
        Just(Verdict::Higher),
        prop_oneof![Just(Duration::MAX), any::<Duration>()].prop_map(Verdict::Wait),
        epoch().prop_map(Verdict::Stale),
    ]
}

fn election() -> impl Strategy<Value = Message> {
    let sent = || any::<u64>().prop_map(Instant::from_nanos);
    prop_oneof![
        (epoch(), any::<u16>(), any::<bool>()).prop_map(|(epoch, priority, challenge)| Message::PreVote {
            epoch,
            priority,
            challenge
        }),
        (epoch(), any::<u16>()).prop_map(|(epoch, priority)| Message::Election { epoch, priority }),
        (epoch(), verdict()).prop_map(|(epoch, verdict)| Message::Answer { epoch, verdict }),
        (epoch(), any::<u16>(), sent()).prop_map(|(epoch, priority, sent)| Message::Coordinator {
            epoch,
            priority,
            sent
        }),
        (epoch(), sent(), any::<u16>(), any::<bool>())
            .prop_map(|(epoch, sent, priority, eligible)| Message::Acknowledge { epoch, sent, priority, eligible }),
        (epoch(), proptest::option::of(node())).prop_map(|(epoch, successor)| Message::Resign { epoch, successor }),
        epoch().prop_map(|epoch| Message::Challenge { epoch }),
        any::<u64>().prop_map(|nonce| Message::Recall { nonce }),
        (any::<u64>(), epoch(), any::<bool>()).prop_map(|(nonce, epoch, remembers)| Message::Recalled {
            nonce,
            epoch,
            remembers
        }),
    ]
}

proptest! {
    #[test]
    fn heartbeats(incarnation in any::<u64>(), sequence in any::<u64>(), altered in any::<(prop::sample::Index, u8)>()) {
        round(&Heartbeat { incarnation: Incarnation::new(incarnation), sequence }, altered);
    }

    #[test]
    fn elections(message in election(), altered in any::<(prop::sample::Index, u8)>()) {
        round(&message, altered);
    }

    #[test]
    fn members(message in election(), sequence in any::<u64>(), altered in any::<(prop::sample::Index, u8)>()) {
        round(&member::Message::Election(message), altered);
        let heartbeat = Heartbeat { incarnation: Incarnation::new(1), sequence };
        round(&member::Message::Heartbeat(heartbeat), altered);
        prop_assert_eq!(bytes(&member::Message::Election(message)), bytes(&message));
        prop_assert_eq!(Heartbeat::read(protocol::HEARTBEAT, &bytes(&member::Message::Heartbeat(heartbeat))), Ok(heartbeat));
    }

    #[test]
    fn stamped_messages(
        time in any::<u64>(),
        node in node(),
        counts in any::<[u64; 3]>(),
        entries in proptest::collection::btree_map(any::<u32>(), 1_u64.., 0..5),
        payload in any::<[u8; 5]>(),
        altered in any::<(prop::sample::Index, u8)>(),
    ) {
        let entries = entries.into_iter().map(|(node, count)| (NodeId::new(node), count)).collect::<Vec<_>>();
        round(&Stamped { stamp: LamportStamp { time, node }, payload: () }, altered);
        round(&Stamped { stamp: VectorStamp::new(counts), payload }, altered);
        round(&Stamped { stamp: HybridStamp::from_bits(time), payload: node }, altered);
        round(&Stamped { stamp: VersionVector::<5>::from_entries(&entries).unwrap(), payload }, altered);
    }
}

#[test]
fn each_message_has_its_bytes() {
    let (epoch, priority, sent) = (Epoch::new(0x0009_0807_0605), 0x0201, Instant::from_nanos(0x1817_1615_1413_1211));
    let e = [5, 6, 7, 8, 9, 0, 0, 0];
    let s = [0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18];
    let golden = |message: Message, parts: &[&[u8]]| {
        assert_eq!(message.protocol(), protocol::ELECTION);
        assert_eq!(bytes(&message), parts.concat(), "{message:?}");
    };
    golden(Message::PreVote { epoch, priority, challenge: true }, &[&[1], &e, &[1, 2], &[1]]);
    golden(Message::Election { epoch, priority }, &[&[2], &e, &[1, 2]]);
    golden(Message::Answer { epoch, verdict: Verdict::Would }, &[&[3], &e, &[1]]);
    golden(Message::Answer { epoch, verdict: Verdict::Granted }, &[&[3], &e, &[2]]);
    golden(Message::Answer { epoch, verdict: Verdict::Higher }, &[&[3], &e, &[3]]);
    let wait = Verdict::Wait(Duration::new(3, 0x0201_8100));
    let w = [3, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x81, 0x01, 0x02];
    golden(Message::Answer { epoch, verdict: wait }, &[&[3], &e, &[4], &w]);
    golden(Message::Answer { epoch, verdict: Verdict::Stale(epoch) }, &[&[3], &e, &[5], &e]);
    golden(Message::Coordinator { epoch, priority, sent }, &[&[4], &e, &[1, 2], &s]);
    golden(Message::Acknowledge { epoch, sent, priority, eligible: false }, &[&[5], &e, &s, &[1, 2], &[0]]);
    golden(Message::Resign { epoch, successor: None }, &[&[6], &e, &[0]]);
    golden(Message::Resign { epoch, successor: Some(NodeId::new(7)) }, &[&[6], &e, &[1, 7, 0, 0, 0]]);
    golden(Message::Challenge { epoch }, &[&[7], &e]);
    golden(Message::Recall { nonce: sent.as_nanos() }, &[&[8], &s]);
    golden(Message::Recalled { nonce: sent.as_nanos(), epoch, remembers: true }, &[&[9], &s, &e, &[1]]);

    let heartbeat = Heartbeat { incarnation: Incarnation::new(0x0605), sequence: sent.as_nanos() };
    assert_eq!(bytes(&heartbeat), [&[5, 6, 0, 0, 0, 0, 0, 0], &s[..]].concat());

    let lamport = Stamped { stamp: LamportStamp { time: 1, node: NodeId::new(2) }, payload: 3_u16 };
    assert_eq!((lamport.protocol(), bytes(&lamport)), (3, vec![1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 3, 0]));
    let version = Stamped { stamp: VersionVector::<2>::from_entries(&[(NodeId::new(2), 1)]).unwrap(), payload: () };
    assert_eq!((version.protocol(), bytes(&version)), (5, vec![1, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]));
}

#[test]
fn what_cannot_be_is_refused() {
    let election = |body: &[&[u8]]| Message::read(protocol::ELECTION, &body.concat());
    let invalid = |what, value| Err(Rejected::InvalidBody { protocol: 2, error: BodyError::Invalid { what, value } });
    let beyond = Epoch::MAX.get() + 1;
    assert_eq!(election(&[&[0]]), invalid("kind of election message", 0));
    assert_eq!(election(&[&[10]]), invalid("kind of election message", 10));
    assert_eq!(election(&[&[7], &beyond.to_le_bytes()]), invalid("epoch", beyond));
    assert_eq!(election(&[&[3], &[0; 8], &[6]]), invalid("verdict", 6));
    assert_eq!(election(&[&[1], &[0; 10], &[2]]), invalid("truth value", 2));
    assert_eq!(
        election(&[&[3], &[0; 8], &[4], &[0; 8], &1_000_000_000_u32.to_le_bytes()]),
        invalid("part of a second in nanoseconds", 1_000_000_000)
    );

    let version = |body: &[&[u8]]| Stamped::<VersionVector<2>, ()>::read(protocol::VERSION, &body.concat());
    let invalid = |what, value| Err(Rejected::InvalidBody { protocol: 5, error: BodyError::Invalid { what, value } });
    let entry = |node: u32, count: u64| [&node.to_le_bytes()[..], &count.to_le_bytes()].concat();
    assert!(version(&[&[2, 0], &entry(1, 1), &entry(2, 1)]).is_ok());
    assert_eq!(version(&[&[3, 0]]), invalid("number of entries in a version vector", 3));
    assert_eq!(version(&[&[1, 0], &entry(1, 0)]), invalid("count in a version vector", 0));
    let unsorted = "next node of a sorted version vector";
    assert_eq!(version(&[&[2, 0], &entry(2, 1), &entry(1, 1)]), invalid(unsorted, 1));
    assert_eq!(version(&[&[2, 0], &entry(1, 1), &entry(1, 1)]), invalid(unsorted, 1));
}
