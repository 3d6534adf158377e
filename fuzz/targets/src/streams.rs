//! Frames and noise on a stream of bytes.

use crate::frames::{GROUP, plain_frame};
use quorate_wire::stream::{Decoder, Fault, encode, encoded_length};
use quorate_wire::{Codec, MAX_DATAGRAM};

/// What the bytes put on the stream: a frame, noise as it is, or a frame with some of its bytes altered.
enum Piece<'a> {
    Frame { number: u64, bytes: Vec<u8> },
    Noise(&'a [u8]),
    Harmed(Vec<u8>),
}

/// Takes up to so many pieces out of the bytes, each after a byte that says how long it is and one that says what it is.
fn pieces(mut data: &[u8]) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    while let Some((&[length, kind], rest)) = data.split_first_chunk::<2>()
        && pieces.len() < 32
    {
        let (content, rest) = rest.split_at(rest.len().min(usize::from(length) * 2));
        data = rest;
        let number = pieces.len() as u64 + 1;
        let mut bytes = encoded(&plain_frame(number, content));
        pieces.push(match kind % 3 {
            0 => Piece::Frame { number, bytes },
            1 => Piece::Noise(content),
            _ => {
                for change in content.chunks_exact(3) {
                    let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % bytes.len();
                    bytes[at] ^= change[2];
                }
                bytes.truncate(bytes.len() - usize::from(kind / 3) % bytes.len());
                Piece::Harmed(bytes)
            }
        });
    }
    pieces
}

fn encoded(frame: &[u8]) -> Vec<u8> {
    let mut buffer = vec![0; encoded_length(frame.len())];
    let encoded = encode(frame, &mut buffer).expect("there is room");
    assert_eq!((encoded.first(), encoded.last()), (Some(&0), Some(&0)));
    assert!(!encoded[1..encoded.len() - 1].contains(&0), "a zero byte within");
    encoded.to_vec()
}

/// Frames that no noise touches arrive, in their order, whatever comes before, between and after them, and whatever is taken for a
/// frame is one of the group or is refused. Each stretch between two zero bytes is counted once at most.
pub fn stream(data: &[u8]) {
    let codec = Codec::plain(GROUP);
    let mut decoder = Decoder::<MAX_DATAGRAM>::new();
    let (mut sent, mut arrived) = (Vec::new(), Vec::new());
    let (mut found, mut zeros) = (0, 1);
    for piece in pieces(data) {
        let bytes = match &piece {
            Piece::Frame { number, bytes } => {
                sent.push(*number);
                bytes.as_slice()
            }
            Piece::Noise(bytes) => *bytes,
            Piece::Harmed(bytes) => bytes.as_slice(),
        };
        for &byte in bytes {
            zeros += u64::from(byte == 0);
            let Some(frame) = decoder.push(byte) else { continue };
            found += 1;
            assert!((46..=MAX_DATAGRAM).contains(&frame.len()));
            if let Ok(frame) = codec.open(frame) {
                arrived.push(frame.header().sequence);
            }
        }
    }
    let counters = decoder.counters();
    assert_eq!(counters.frames(), found);
    let stretches = Fault::ALL.map(|fault| counters.faults(fault)).iter().sum::<u64>() + found;
    assert!(stretches <= zeros, "{stretches} stretches between {zeros} zero bytes");
    let mut rest = arrived.iter();
    assert!(sent.iter().all(|number| rest.any(|other| other == number)), "sent {sent:?}, and only {arrived:?} came");
}
