//! Noise, strangers, and a storage that fails.

use crate::boards::{Node, agreed, beside, name};
use crate::bus::Bus;
use crate::time::{pass, run, within};
use core::time::Duration;
use quorate::To;
use quorate::lease::Mode;
use quorate::lease::holder::Patience;
use quorate_embassy::link::stream::{Receiving, Transmitting};
use quorate_embassy::link::{Receive, Transmit};
use quorate_embassy::storage::Storage;
use quorate_embassy::{Error, drive};
use quorate_wire::Reason;
use quorate_wire::stream::encoded_length;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn on_a_noisy_line_a_lock_goes_round_and_its_tokens_only_grow() {
    let bus = Bus::new(3);
    let boards = [1, 2, 3].map(|number| Node::new(number, 3));
    let [one, two, three] = &boards;
    run(beside(&[one, two, three], &bus, async {
        // One byte in 1,000: about one frame in ten.
        bus.noise(1_000);
        let mut token = 0;
        for round in 0..40 {
            let board = [one, two, three][round % 3];
            bus.disturb(&[0x55, 0xff, 0x00, 0x13]);
            let asked = board.member().lock(name("valve"), Mode::Exclusive, Patience::Forever);
            let lock = within(60 * SECOND, asked).await.expect("what is lost is said again").unwrap();
            assert!(lock.token().get() > token, "round {round}");
            token = lock.token().get();
            let _ = within(10 * SECOND, lock.release()).await.expect("it comes to an end");
        }
    }));
    let dropped: u64 = boards.iter().map(|board| board.state.traffic().dropped).sum();
    assert!(dropped > 0, "noise was to be dropped");
}

#[test]
fn a_board_without_the_key_gets_nowhere() {
    let bus = Bus::new(3);
    let (one, two) = (Node::new(1, 3).with_key(7), Node::new(2, 3).with_key(7));
    let (plain, wrong) = (Node::new(3, 3), Node::new(3, 3).with_key(8));
    run(beside(&[&one, &two], &bus, async {
        assert_eq!(within(10 * SECOND, agreed(&[&one, &two])).await.expect("a leader").id.get(), 2);
        for stranger in [&plain, &wrong] {
            beside(&[stranger], &bus, async {
                pass(20 * SECOND).await;
                assert_eq!(stranger.leader(), None, "the highest number, but no key");
                assert_eq!((one.leader(), two.leader()), (Some(2), Some(2)));
            })
            .await;
            assert!(stranger.state.traffic().dropped > 0);
        }
    }));
}

/// Nothing can be stored.
struct Broken;

impl<R> Storage<R> for Broken {
    type Error = &'static str;

    async fn persist(&mut self, _: &R) -> Result<(), &'static str> {
        Err("worn out")
    }
}

#[test]
fn what_follows_a_record_that_is_not_durable_is_never_said() {
    let bus = Bus::new(2);
    let (one, two) = (Node::new(1, 2), Node::new(2, 2));
    run(async {
        // Whoever of the two stands, board 1's vote has to be stored before it is given.
        let mut storage = Broken;
        let mut transmitting = Transmitting::<_, { encoded_length(256) }>::new(bus.tap(0));
        let mut receiving = Receiving::<_, 256>::new(bus.tap(0));
        let mut frames = one.frames();
        let driven = drive(&one.state, &mut frames, &mut receiving, &mut transmitting, &mut storage);
        let stopped = beside(&[&two], &bus, within(20 * SECOND, driven)).await.expect("it stops");
        assert_eq!(stopped.unwrap_err(), Error::Storage("worn out"));
        assert_ne!(two.leader(), Some(2), "it has no vote but its own");
    });
}

#[test]
fn a_line_that_is_broken_loses_a_frame_and_a_line_that_ends_is_an_error() {
    use embedded_io_async::{ErrorKind, ErrorType, Read};
    use quorate_wire::stream::encode;

    /// Hands out these pieces: bytes, or that the line is broken there.
    struct Pieces(Vec<Result<Vec<u8>, ErrorKind>>);

    impl ErrorType for Pieces {
        type Error = ErrorKind;
    }

    impl Read for Pieces {
        async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
            let Some(piece) = (!self.0.is_empty()).then(|| self.0.remove(0)) else { return Ok(0) };
            let piece = piece?;
            buffer[..piece.len()].copy_from_slice(&piece);
            Ok(piece.len())
        }
    }

    let mut buffer = [0; 70];
    let frame = encode(&[7; 60], &mut buffer).unwrap().to_vec();
    let whole = || frame.chunks(20).map(|part| Ok(part.to_vec()));
    let mut pieces: Vec<_> = whole().take(1).collect();
    pieces.push(Err(ErrorKind::Other));
    pieces.extend(whole().skip(1));
    pieces.extend(whole());
    let mut receiving = Receiving::<_, 256>::new(Pieces(pieces));
    run(async {
        assert_eq!(receiving.receive().await.unwrap().0, [7; 60]);
        assert!(receiving.receive().await.is_err());
    });
    let counters = receiving.counters();
    assert_eq!((counters.frames(), counters.discarded()), (1, 1));
}

#[test]
fn frames_of_others_are_dropped_and_counted_by_reason() {
    let bus = Bus::new(3);
    // Board 3 is told of three members, the others of two.
    let (one, two, three) = (Node::new(1, 2), Node::new(2, 2), Node::new(3, 3));
    run(beside(&[&one, &two, &three], &bus, pass(5 * SECOND)));
    let last = one.state.traffic().last.map(|rejected| rejected.reason());
    assert!(matches!(last, Some(Reason::UnknownSender | Reason::RosterMismatch)), "{last:?}");
    assert_eq!(one.leader(), Some(2));
    // Of quorate's frames nothing is sent to a transmitter with too little room.
    let mut short = Transmitting::<_, 40>::new(bus.tap(0));
    assert!(run(short.send(To::Peers, &[], &[7; 60])).is_err());
}
