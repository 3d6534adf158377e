//! Frames are made and taken without an allocation: a counting allocator shows it.

use quorate::detector::Heartbeat;
use quorate::election::Message;
use quorate::{Epoch, Group, Incarnation, NodeId, To};
use quorate_wire::{Codec, Draft, GroupId, Key, Keyring, MAX_DATAGRAM, Receiver, Rejected, Roster, Sender};

#[test]
fn frames_are_made_and_taken_without_an_allocation() {
    let (one, two) = (NodeId::new(1), NodeId::new(2));
    let group = GroupId::from_name("orders");
    let mut codec = Codec::plain(group);
    let ring = Keyring::new(1, Key::new([7; 32])).unwrap();

    let counted = allocation_counter::measure(|| {
        for round in 1..=200 {
            if round == 100 {
                codec.replace_keys(&ring);
            }
            let mut sender = Sender::new(&codec, Roster::NONE, one, Incarnation::new(round));
            let mut receiver = Receiver::<8>::new(Group::new(two, &[one]).unwrap(), Roster::NONE);
            let heartbeat = Heartbeat { incarnation: Incarnation::new(round), sequence: round };
            let stand = Message::Election { epoch: Epoch::new(round), priority: 1 };
            let mut buffer = [0; MAX_DATAGRAM];
            let mut draft = Draft::new(&mut buffer);
            draft.push(&heartbeat).unwrap();
            draft.push(&stand).unwrap();
            let datagram = sender.close(&codec, To::Peers, draft).unwrap();
            let (mut first, mut again) = ([0; 128], [0; 128]);
            let length = datagram.len();
            first[..length].copy_from_slice(datagram);
            again[..length].copy_from_slice(datagram);

            let (frame, _) = receiver.receive(&codec, &mut first[..length]).unwrap();
            let mut entries = frame.entries();
            assert_eq!(entries.next().unwrap().decode(), Ok(heartbeat));
            assert_eq!(entries.next().unwrap().decode(), Ok(stand));
            let replayed = receiver.receive(&codec, &mut again[..length]);
            assert_eq!(replayed.unwrap_err(), Rejected::Replay { sender: one, sequence: 1 });
            assert!(receiver.receive(&codec, &mut [0; 70]).is_err());
        }
    });
    assert_eq!(counted.count_total, 0);
    assert!(
        allocation_counter::measure(|| drop(core::hint::black_box(Box::new(1)))).count_total > 0,
        "the counter counts"
    );
}
