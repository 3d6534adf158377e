//! Frames on a stream of bytes, and what noise does to them.

use crate::world::{LIFE, ONE, next, plain, sealed, sender, three_beats};
use proptest::prelude::*;
use quorate::To;
use quorate_wire::MAX_DATAGRAM;
use quorate_wire::stream::{Decoder, Fault, NoRoom, encode, encoded_length};

fn encoded(frame: &[u8]) -> Vec<u8> {
    let mut buffer = vec![0xee; encoded_length(frame.len())];
    encode(frame, &mut buffer).unwrap().to_vec()
}

fn decoded<const N: usize>(decoder: &mut Decoder<N>, bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes.iter().filter_map(|&byte| decoder.push(byte).map(|frame| frame.to_vec())).collect()
}

/// Any bytes of a frame's length, with many zeros among them, and long stretches without.
fn frames() -> impl Strategy<Value = Vec<u8>> {
    let few = proptest::collection::vec(prop_oneof![Just(0), Just(1), Just(255), any::<u8>()], 46..120);
    let many = proptest::collection::vec(1..=255_u8, 250..1_200);
    let mixed = (proptest::collection::vec(any::<u8>(), 46..1_200), 0_u8..4)
        .prop_map(|(bytes, zeros)| bytes.into_iter().map(|byte| if byte < zeros { 0 } else { byte }).collect());
    prop_oneof![few, many, mixed]
}

#[test]
fn the_bytes_are_those_of_the_literature() {
    let run = |to: u8| (1..=to).collect::<Vec<_>>();
    let framed = |blocks: &[&[u8]]| [&[0], blocks.concat().as_slice(), &[0]].concat();
    for (frame, expected) in [
        (vec![], framed(&[&[1]])),
        (vec![0], framed(&[&[1, 1]])),
        (vec![0, 0], framed(&[&[1, 1, 1]])),
        (vec![0x11, 0x22, 0, 0x33], framed(&[&[3, 0x11, 0x22, 2, 0x33]])),
        (vec![0x11, 0, 0, 0], framed(&[&[2, 0x11, 1, 1, 1]])),
        (run(254), framed(&[&[255], &run(254)])),
        ([vec![0], run(254)].concat(), framed(&[&[1, 255], &run(254)])),
        (run(255), framed(&[&[255], &run(254), &[2, 255]])),
        ([run(254), vec![0]].concat(), framed(&[&[255], &run(254), &[1, 1]])),
        ([run(253), vec![0]].concat(), framed(&[&[254], &run(253), &[1]])),
    ] {
        assert_eq!(encoded(&frame), expected, "{frame:?}");
    }
}

#[test]
fn a_buffer_of_the_length_that_is_told_is_enough_and_a_shorter_one_is_an_error() {
    for length in [0, 1, 46, 253, 254, 255, 508, 509, MAX_DATAGRAM] {
        let frame = vec![1; length];
        let needed = encoded_length(length);
        assert_eq!(encoded(&frame).len(), needed, "without a zero byte it takes all of it");
        for room in 0..needed {
            assert_eq!(encode(&frame, &mut vec![0; room]), Err(NoRoom { needed, room }));
        }
    }
}

#[test]
fn a_frame_may_be_as_long_as_the_decoder_has_room_and_no_longer() {
    let mut decoder = Decoder::<64>::new();
    assert_eq!(decoded(&mut decoder, &encoded(&[7; 64])), [[7; 64]]);
    assert!(decoded(&mut decoder, &encoded(&[7; 65])).is_empty());
    assert!(decoded(&mut decoder, &encoded(&[0; 65])).is_empty());
    assert_eq!(decoded(&mut decoder, &encoded(&[0; 64])), [[0; 64]]);
    assert_eq!((decoder.counters().frames(), decoder.counters().too_long()), (2, 2));
}

#[test]
fn what_is_no_frame_is_counted_by_kind() {
    let mut decoder = Decoder::<200>::new();
    let whole = encoded(&[7; 60]);
    // Of a frame that breaks off, of noise, of noise that never ends, and of a byte that the line could not make out.
    assert!(decoded(&mut decoder, &whole[..30]).is_empty());
    assert!(decoded(&mut decoder, &[0, 2, 9, 0, 1, 0]).is_empty());
    assert!(decoded(&mut decoder, &[255; 300]).is_empty());
    assert!(decoded(&mut decoder, &whole[..30]).is_empty());
    decoder.discard();
    decoder.discard();
    assert!(decoded(&mut decoder, &whole[30..]).is_empty(), "the rest of a frame that was given up is none");
    assert_eq!(decoded(&mut decoder, &whole), [[7; 60]]);
    let counters = decoder.counters();
    let of = |fault| counters.faults(fault);
    assert_eq!(Fault::ALL.map(of), [1, 2, 1, 1]);
    assert_eq!((counters.too_long(), counters.too_short(), counters.truncated(), counters.discarded()), (1, 2, 1, 1));
    assert_eq!(counters.frames(), 1);
}

#[test]
fn zero_bytes_between_frames_are_nothing() {
    let mut decoder = Decoder::<200>::new();
    let whole = encoded(&[7; 60]);
    let stream = [&[0; 9], whole.as_slice(), &[0; 9], &whole].concat();
    assert_eq!(decoded(&mut decoder, &stream).len(), 2);
    assert!(Fault::ALL.iter().all(|&fault| decoder.counters().faults(fault) == 0));
}

#[test]
fn a_frame_is_opened_where_it_lies() {
    for codec in [plain(), sealed()] {
        let mut decoder = Decoder::<MAX_DATAGRAM>::new();
        let mut found = 0;
        for byte in encoded(&three_beats(&codec)) {
            if let Some(frame) = decoder.push(byte) {
                found += codec.open(frame).unwrap().entries().count();
            }
        }
        assert_eq!(found, 3);
    }
}

proptest! {
    #[test]
    fn what_is_written_is_what_is_read(frames in proptest::collection::vec(frames(), 1..6)) {
        let stream: Vec<u8> = frames.iter().flat_map(|frame| encoded(frame)).collect();
        prop_assert_eq!(stream.iter().filter(|&&byte| byte == 0).count(), 2 * frames.len());
        prop_assert_eq!(decoded(&mut Decoder::<1_200>::new(), &stream), frames);
    }

    /// Noise is no frame of the group, so what is asked for is: which of the frames that were sent arrive?
    #[test]
    fn noise_between_frames_loses_none(
        frames in proptest::collection::vec(frames(), 1..6),
        noises in proptest::collection::vec(proptest::collection::vec(prop_oneof![1 => Just(0), 9 => any::<u8>()], 0..90), 7),
    ) {
        let mut stream = noises[0].clone();
        for (frame, noise) in frames.iter().zip(&noises[1..]) {
            stream.extend(encoded(frame));
            stream.extend(noise);
        }
        let found = decoded(&mut Decoder::<1_200>::new(), &stream);
        let mut found = found.iter();
        prop_assert!(frames.iter().all(|frame| found.any(|other| other == frame)));
    }

    /// Bytes lost, altered and invented, all at one place: the frames that the place is not in arrive.
    #[test]
    fn noise_in_frames_loses_those_that_it_touches(
        frames in proptest::collection::vec(frames(), 1..6),
        from in any::<proptest::sample::Index>(),
        lost in 0_usize..80,
        noise in proptest::collection::vec(any::<u8>(), 0..80),
    ) {
        let spans: Vec<Vec<u8>> = frames.iter().map(|frame| encoded(frame)).collect();
        let mut stream = spans.concat();
        let from = from.index(stream.len());
        let to = stream.len().min(from + lost);
        stream.splice(from..to, noise);
        let found = decoded(&mut Decoder::<1_200>::new(), &stream);
        let mut found = found.iter();
        let mut begin = 0;
        for (frame, span) in frames.iter().zip(&spans) {
            let end = begin + span.len();
            let untouched = end <= from || begin >= to && begin >= from;
            prop_assert!(!untouched || found.any(|other| other == frame), "lost by noise from {from} to {to}");
            begin = end;
        }
    }

    #[test]
    fn any_bytes_are_taken_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let mut decoder = Decoder::<100>::new();
        let mut frames = 0;
        for byte in bytes {
            if let Some(frame) = decoder.push(byte) {
                prop_assert!((46..=100).contains(&frame.len()));
                frames += 1;
            }
        }
        prop_assert_eq!(decoder.counters().frames(), frames);
    }

    /// Whatever chance makes of noise, the checksum finds that it is no frame of the group.
    #[test]
    fn only_frames_that_were_sent_are_opened(
        noise in proptest::collection::vec(prop_oneof![1 => Just(0), 60 => any::<u8>()], 0..600),
    ) {
        let (codec, mut one) = (plain(), sender(ONE, LIFE));
        let (first, second) = (next(&mut one, &codec, To::Peers), next(&mut one, &codec, To::Peers));
        let stream = [encoded(&first), noise, encoded(&second)].concat();
        let mut decoder = Decoder::<MAX_DATAGRAM>::new();
        let mut opened = Vec::new();
        for byte in stream {
            if let Some(frame) = decoder.push(byte) && let Ok(frame) = codec.open(frame) {
                opened.push(frame.header().sequence);
            }
        }
        prop_assert_eq!(opened, [1, 2]);
    }
}
