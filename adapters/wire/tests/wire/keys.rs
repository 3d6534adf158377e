//! Keys: foreign ones, and changing them while a group runs.

use crate::world::{GROUP, LIFE, ONE, key, next, plain, roster, sealed, sender, three_beats};
use quorate::To;
use quorate_wire::{Codec, GroupId, HEADER, Key, KeyError, Keyring, Rejected, Sender};

fn new_key() -> Key {
    Key::new([0xaa; 32])
}

fn codec(keys: Keyring) -> Codec {
    Codec::sealed(GROUP, &keys)
}

#[test]
fn a_foreign_key_is_refused_under_its_own_number_and_under_ours() {
    let mut other_number = three_beats(&codec(Keyring::new(8, key()).unwrap()));
    assert_eq!(sealed().open(&mut other_number), Err(Rejected::UnknownKey { key: 8 }));
    let mut other_key = three_beats(&codec(Keyring::new(7, new_key()).unwrap()));
    assert_eq!(sealed().open(&mut other_key), Err(Rejected::BadTag { key: 7 }));
}

#[test]
fn keys_change_member_by_member_without_a_frame_lost() {
    let old = || Keyring::new(7, key()).unwrap();
    let ready = || old().accept(8, new_key()).unwrap();
    let moved = || Keyring::new(8, new_key()).unwrap().accept(7, key()).unwrap();
    let new = || Keyring::new(8, new_key()).unwrap();

    // Every pair of members at most one stage apart understands each other, both ways.
    let stages = [old(), ready(), moved(), new()].map(codec);
    for (left, right) in stages.iter().zip(stages.iter().skip(1)) {
        for (from, to) in [(left, right), (right, left)] {
            let mut frame = next(&mut sender(ONE, LIFE), from, To::Peers);
            assert!(to.open(&mut frame).is_ok());
        }
    }
    assert_eq!(codec(new()).open(&mut three_beats(&codec(old()))), Err(Rejected::UnknownKey { key: 7 }));

    let mut running = codec(old());
    running.replace_keys(&moved());
    assert_eq!(three_beats(&running)[1], 8);
    assert!(running.open(&mut three_beats(&codec(old()))).is_ok());
    running.replace_keys(&new());
    assert!(running.open(&mut three_beats(&codec(old()))).is_err());
}

#[test]
fn groups_that_share_a_key_do_not_share_a_key_stream() {
    let other = Codec::sealed(GroupId::from_name("invoices"), &Keyring::new(7, key()).unwrap());
    let ours = three_beats(&sealed());
    let theirs = next(&mut Sender::new(&other, roster(), ONE, LIFE), &other, To::Peers);
    // The same node, incarnation and number, and the same first 19 bytes of plain text.
    assert_ne!(ours[HEADER..HEADER + 19], theirs[HEADER..HEADER + 19]);
    assert_eq!(sealed().open(&mut theirs.clone()), Err(Rejected::BadTag { key: 7 }));
}

#[test]
fn equal_messages_look_different_each_time() {
    let mut one = sender(ONE, LIFE);
    let mut buffers = [[0; 128]; 2];
    let [a, b] = buffers
        .each_mut()
        .map(|buffer| one.frame(&sealed(), To::Peers, &crate::world::beat(1), buffer).unwrap().to_vec());
    assert_ne!(a[HEADER..], b[HEADER..]);
}

#[test]
fn no_key_shows_up_in_what_is_printed() {
    let ring = Keyring::new(7, Key::new([0xab; 32])).unwrap().accept(8, Key::new([0xcd; 32])).unwrap();
    for shown in [format!("{ring:?}"), format!("{:?}", codec(ring.clone())), format!("{:#?}", Key::new([0xab; 32]))] {
        for trace in ["ab, ab", "171", "0xab", "abab", "205", "cdcd"] {
            assert!(!shown.contains(trace), "{shown}");
        }
    }
    assert!(format!("{:?}", codec(ring)).contains("seals_with: Some(7)"));
}

#[test]
fn rings_and_spellings_that_cannot_be_are_refused() {
    assert_eq!(Keyring::new(0, key()).unwrap_err(), KeyError::ZeroId);
    assert_eq!(Keyring::new(1, key()).unwrap().accept(0, key()).unwrap_err(), KeyError::ZeroId);
    assert_eq!(Keyring::new(1, key()).unwrap().accept(1, key()).unwrap_err(), KeyError::SameId { id: 1 });
    let ring = Keyring::new(1, key()).unwrap().accept(2, key()).unwrap();
    assert!(ring.opens(1) && ring.opens(2) && !ring.opens(3) && ring.seals_with() == 1);

    let digits = "00".repeat(32);
    assert!(Key::from_hex(&digits).is_ok());
    assert_eq!(Key::from_hex(&digits[1..]).unwrap_err(), KeyError::Length { found: 63 });
    assert_eq!(Key::from_hex(&(digits.clone() + "0")).unwrap_err(), KeyError::Length { found: 65 });
    for (position, wrong) in [(0, "g"), (31, "\0"), (63, " ")] {
        let mut digits = digits.clone();
        digits.replace_range(position..=position, wrong);
        assert_eq!(Key::from_hex(&digits).unwrap_err(), KeyError::Digit { position });
    }
    assert!(plain().open(&mut []).is_err());
}

#[test]
fn a_spelt_key_is_the_key() {
    let spelt = Key::from_hex("000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F").unwrap();
    let frame = three_beats(&codec(Keyring::new(7, spelt).unwrap()));
    assert_eq!(frame, three_beats(&sealed()));
}
