//! What is read from outside is as canonical as what was made here.

use crate::{for_many_seeds, node};
use arbitrary::{Arbitrary, Unstructured};
use quorate::clock::{ClockError, HybridStamp, LamportStamp, VectorStamp, VersionVector, WallTime};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, MapDeserializer, SeqDeserializer, U64Deserializer};

fn sparse(entries: &[(u32, u64)]) -> Result<VersionVector<2>, Error> {
    VersionVector::deserialize(MapDeserializer::new(entries.iter().copied()))
}

#[test]
fn a_version_vector_is_read_in_any_order_and_stored_in_one() {
    let read = sparse(&[(7, 2), (3, 0), (1, 5), (7, 1)]).unwrap();
    assert_eq!(read, VersionVector::from_entries(&[(node(1), 5), (node(7), 2)]).unwrap());
    assert!(sparse(&[(1, 1), (2, 1), (3, 1)]).is_err(), "three nodes do not fit where two do");
}

#[test]
fn a_vector_stamp_is_read_whole_or_not_at_all() {
    let read = |counts: &[u64]| VectorStamp::<3>::deserialize(SeqDeserializer::<_, Error>::new(counts.iter().copied()));
    assert_eq!(read(&[1, 2, 3]), Ok(VectorStamp::new([1, 2, 3])));
    assert!(read(&[1, 2]).is_err());
}

#[test]
fn a_time_is_read_through_its_validation() {
    let read = |units: u64| WallTime::deserialize::<U64Deserializer<Error>>(units.into_deserializer());
    assert_eq!(read(5), Ok(WallTime::new(5).unwrap()));
    assert!(read(0).is_err() && read(1 << 48).is_err());
}

#[test]
fn what_a_fuzzer_makes_is_canonical() {
    for_many_seeds(|random| {
        let bytes: Vec<u8> = (0..200).map(|_| random.number() as u8).collect();
        let mut source = Unstructured::new(&bytes);
        let vector = VersionVector::<8>::arbitrary(&mut source).unwrap();
        assert!(vector.iter().all(|(_, count)| count > 0) && vector.iter().is_sorted_by_key(|(node, _)| node));
        let wall = WallTime::arbitrary(&mut source).unwrap();
        assert!(wall.get() > 0 && wall <= WallTime::MAX);
    });
}

#[test]
fn stamps_and_errors_are_shown_as_people_read_them() {
    assert_eq!(LamportStamp { time: 7, node: node(2) }.to_string(), "7@2");
    assert_eq!(HybridStamp::new((9 << 16) + (1 << 15), 4).to_string(), "9.500000+4");
    assert_eq!(VectorStamp::new([1, 0]).to_string(), "[1 0]");
    assert_eq!(sparse(&[(2, 1), (1, 9)]).unwrap().to_string(), "{1: 9, 2: 1}");

    let leap = ClockError::Leap { entry: 3, ours: 5, theirs: u64::MAX };
    let told = "count 18446744073709551615 of process 3 is more than 281474976710655 ahead of 5, what is known here";
    assert_eq!(leap.to_string(), told);
    let future = ClockError::FromTheFuture {
        stamp: HybridStamp::new((1_700_000_001 << 16) + (1 << 15), 0),
        physical: WallTime::new(1_700_000_000 << 16).unwrap(),
        most: 1 << 15,
    };
    let told = "stamp 1700000001.500000+0 is 1.500s ahead of this node's clock, which shows 1700000000.000000, and \
                0.500s is the most that is accepted: one of the two clocks is wrong";
    assert_eq!(future.to_string(), told);
}
