//! Whatever arrives: nothing panics, nothing altered is taken, and the reason given is the right one.

use crate::world::{GROUP, LIFE, ONE, TWO, beat, next, plain, roster, sealed, sender, three_beats};
use proptest::prelude::*;
use quorate::detector::Heartbeat;
use quorate::{To, election};
use quorate_wire::{
    Body, BodyError, CHECKSUM, Codec, Draft, GroupId, HEADER, MAX_DATAGRAM, Reader, Rejected, SendError, TAG, Writer,
};

/// A plain frame of these bytes behind a good header, with a good checksum.
fn forged(entries: &[u8]) -> Vec<u8> {
    let mut frame = next(&mut sender(ONE, LIFE), &plain(), To::Peers)[..HEADER].to_vec();
    frame.extend_from_slice(entries);
    let sum = crc32(&frame);
    frame.extend_from_slice(&sum.to_le_bytes());
    frame
}

/// Bit by bit, to compare with.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 })
    })
}

#[test]
fn every_truncation_is_refused() {
    for (codec, trailer) in [(plain(), CHECKSUM), (sealed(), TAG)] {
        let whole = three_beats(&codec);
        for found in 0..whole.len() {
            let mut cut = whole[..found].to_vec();
            let rejected = codec.open(&mut cut).unwrap_err();
            match rejected {
                Rejected::Truncated { needed, found: seen } => {
                    assert!(found < needed && seen == found, "{found}: {rejected}")
                }
                Rejected::BadChecksum { .. } => assert!(!codec.is_sealed() && found >= HEADER + trailer),
                Rejected::BadTag { key: 7 } => assert!(codec.is_sealed() && found >= HEADER + trailer),
                other => panic!("cut to {found} bytes: {other}"),
            }
            assert_eq!(cut, whole[..found], "a refused datagram is left as it came");
        }
    }
}

#[test]
fn every_flipped_bit_is_found() {
    for codec in [plain(), sealed()] {
        let whole = three_beats(&codec);
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let altered = flipped.clone();
            let rejected = codec.open(&mut flipped).unwrap_err();
            let right = match (bit / 8, codec.is_sealed()) {
                (0, _) => rejected == Rejected::UnknownVersion { version: altered[0] },
                (1, false) => rejected == Rejected::Sealed { key: altered[1] },
                (1, true) => rejected == Rejected::UnknownKey { key: altered[1] },
                (_, false) => matches!(rejected, Rejected::BadChecksum { .. }),
                (_, true) => rejected == Rejected::BadTag { key: 7 },
            };
            assert!(right, "bit {bit}: {rejected}");
            assert_eq!(flipped, altered, "a refused datagram is left as it came");
        }
    }
}

#[test]
fn plain_and_sealed_members_refuse_each_other() {
    let (mut open, mut closed) = (three_beats(&plain()), three_beats(&sealed()));
    assert_eq!(sealed().open(&mut open), Err(Rejected::Plain));
    assert_eq!(plain().open(&mut closed), Err(Rejected::Sealed { key: 7 }));
}

#[test]
fn a_foreign_group_is_named() {
    let found = GroupId::from_name("invoices");
    let mut frame = three_beats(&plain());
    assert_eq!(Codec::plain(found).open(&mut frame), Err(Rejected::WrongGroup { expected: found, found: GROUP }));
}

#[test]
fn a_datagram_over_the_limit_is_refused_unread() {
    let mut long = vec![1; MAX_DATAGRAM + 1];
    let too_large = Rejected::TooLarge { length: 1_201, limit: 1_200 };
    assert_eq!(plain().open(&mut long), Err(too_large));
    assert_eq!(sealed().open(&mut long), Err(too_large));
    assert_eq!(plain().with_limit(64).open(&mut long[..65]), Err(Rejected::TooLarge { length: 65, limit: 64 }));
}

#[test]
fn entries_must_fill_the_frame() {
    let open = |entries: &[u8]| plain().open(&mut forged(entries)).map(|frame| frame.entries().count());
    assert_eq!(open(&[]), Err(Rejected::Empty));
    assert_eq!(open(&[200, 0]), Err(Rejected::TrailingBytes { bytes: 2 }));
    assert_eq!(open(&[200, 0, 0]), Ok(1));
    assert_eq!(open(&[200, 0, 0, 200]), Err(Rejected::TrailingBytes { bytes: 1 }));
    assert_eq!(open(&[200, 3, 0, 1, 2]), Err(Rejected::EntryTruncated { protocol: 200, length: 3, left: 2 }));
    assert_eq!(open(&[200, 255, 255, 1, 2]), Err(Rejected::EntryTruncated { protocol: 200, length: 65_535, left: 2 }));
}

#[test]
fn an_entry_that_is_not_understood_leaves_the_others_alone() {
    let mut entries = vec![99, 1, 0, 42];
    entries.extend_from_slice(&three_beats(&plain())[HEADER..HEADER + 19]);
    let mut frame = forged(&entries);
    let frame = plain().open(&mut frame).map(|frame| frame.entries().map(|entry| entry.decode()).collect::<Vec<_>>());
    assert_eq!(frame, Ok(vec![Err(Rejected::UnknownProtocol { protocol: 99 }), Ok(beat(1))]));
}

#[test]
fn a_body_must_be_of_its_protocol_and_no_longer() {
    let decode = |body: &[u8]| {
        let length = body.len() as u8;
        let entry = [&[Heartbeat::PROTOCOL, length, 0], body].concat();
        let mut frame = forged(&entry);
        plain().open(&mut frame).unwrap().entries().next().unwrap().decode::<Heartbeat>()
    };
    let invalid = |error| Err(Rejected::InvalidBody { protocol: 1, error });
    assert_eq!(decode(&[0; 12]), invalid(BodyError::Truncated { needed: 8, left: 4 }));
    assert_eq!(decode(&[0; 18]), invalid(BodyError::Trailing { bytes: 2 }));
    assert!(decode(&[0; 16]).is_ok());
}

/// As many bytes as it says.
struct Filler(usize);

impl Body for Filler {
    const PROTOCOL: u8 = 255;

    fn encode(&self, writer: &mut Writer<'_>) {
        (0..self.0).for_each(|_| writer.u8(0xff));
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, BodyError> {
        let left = reader.left();
        reader.bytes(left).map(|bytes| Self(bytes.len()))
    }
}

#[test]
fn a_draft_says_what_does_not_fit_and_stays_as_it_was() {
    let most = MAX_DATAGRAM - HEADER - TAG - 3;
    for codec in [plain(), sealed()] {
        let mut buffer = [0; 2 * MAX_DATAGRAM];
        let mut draft = Draft::new(&mut buffer);
        assert_eq!(draft.push(&Filler(most + 1)), Err(SendError::TooLong { protocol: 255 }));
        assert!(draft.is_empty());
        draft.push(&Filler(most - 19)).unwrap();
        assert_eq!(draft.room(), 19);
        assert_eq!(draft.push(&Filler(17)), Err(SendError::Full { protocol: 255 }));
        draft.push(&beat(1)).unwrap();
        assert_eq!((draft.room(), draft.push(&Filler(0))), (0, Err(SendError::Full { protocol: 255 })));
        let mut frame = sender(ONE, LIFE).close(&codec, To::Peers, draft).unwrap().to_vec();
        assert!(frame.len() <= MAX_DATAGRAM);
        let lengths = codec.open(&mut frame).unwrap().entries().map(|entry| entry.body.len()).collect::<Vec<_>>();
        assert_eq!(lengths, [most - 19, 16]);
    }
}

#[test]
fn a_frame_that_cannot_be_made_uses_no_number() {
    let (mut one, mut buffer) = (sender(ONE, LIFE), [0; MAX_DATAGRAM]);
    assert_eq!(one.close(&plain(), To::Peers, Draft::new(&mut buffer)), Err(SendError::Empty));
    assert_eq!(one.frame(&plain(), To::Node(ONE), &beat(1), &mut buffer), Err(SendError::ToMyself { node: ONE }));
    let other = GroupId::from_name("invoices");
    assert_eq!(
        one.frame(&Codec::plain(other), To::Peers, &beat(1), &mut buffer),
        Err(SendError::OtherGroup { expected: GROUP, found: other })
    );
    for short in [0, 1, HEADER, HEADER + TAG, HEADER + TAG + 18] {
        let refused = one.frame(&plain(), To::Peers, &beat(1), &mut buffer[..short]);
        assert_eq!(refused, Err(SendError::TooLong { protocol: 1 }), "{short} bytes of buffer");
    }
    assert_eq!(one.sequence(), 0);
    assert!(one.frame(&plain(), To::Peers, &beat(1), &mut buffer[..HEADER + TAG + 19]).is_ok());
}

/// Opens, reads everything as everything, and says whether it was taken.
fn swallow(codec: &Codec, datagram: &mut [u8]) -> bool {
    match codec.open(datagram) {
        Ok(frame) => {
            for entry in frame.entries() {
                let _ = entry.decode::<Heartbeat>();
                let _ = entry.decode::<election::Message>();
            }
            true
        }
        Err(rejected) => {
            assert!(!rejected.to_string().is_empty());
            false
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_refused(mut bytes in proptest::collection::vec(any::<u8>(), 0..1_300)) {
        prop_assert!(!swallow(&plain(), &mut bytes));
        prop_assert!(!swallow(&sealed(), &mut bytes));
    }

    #[test]
    fn any_bytes_behind_a_header_are_refused(
        mut bytes in proptest::collection::vec(any::<u8>(), HEADER..200),
        key in prop_oneof![Just(0_u8), Just(7_u8), any::<u8>()],
    ) {
        bytes[..2].copy_from_slice(&[1, key]);
        bytes[2..10].copy_from_slice(&roster().get().to_le_bytes());
        bytes[10..18].copy_from_slice(&GROUP.get().to_le_bytes());
        prop_assert!(!swallow(&plain(), &mut bytes));
        prop_assert!(!swallow(&sealed(), &mut bytes));
    }

    #[test]
    fn any_entries_behind_a_good_checksum_are_read_without_harm(
        entries in proptest::collection::vec(prop_oneof![0_u8..12, any::<u8>()], 0..200),
    ) {
        swallow(&plain(), &mut forged(&entries));
    }

    #[test]
    fn any_alteration_is_found(
        seal in any::<bool>(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), 1_u8..), 1..4),
    ) {
        let codec = if seal { sealed() } else { plain() };
        let whole = three_beats(&codec);
        let mut altered = whole.clone();
        for (at, change) in changes {
            altered[at.index(whole.len())] ^= change;
        }
        prop_assume!(altered != whole);
        prop_assert!(!swallow(&codec, &mut altered));
    }

    #[test]
    fn what_is_sent_is_what_arrives(
        seal in any::<bool>(),
        to_all in any::<bool>(),
        beats in proptest::collection::vec(any::<u64>(), 1..50),
    ) {
        let codec = if seal { sealed() } else { plain() };
        let to = if to_all { To::Peers } else { To::Node(TWO) };
        let mut buffer = [0; MAX_DATAGRAM];
        let mut draft = Draft::new(&mut buffer);
        for &sequence in &beats {
            draft.push(&beat(sequence)).unwrap();
        }
        let mut datagram = sender(ONE, LIFE).close(&codec, to, draft).unwrap().to_vec();
        let frame = codec.open(&mut datagram).unwrap();
        prop_assert_eq!(frame.header().to, to);
        prop_assert!(frame.entries().map(|entry| entry.decode()).eq(beats.into_iter().map(beat).map(Ok)));
    }
}
