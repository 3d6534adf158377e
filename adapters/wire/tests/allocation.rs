//! Frames are made and taken without an allocation: a counting allocator shows it.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use quorate::detector::Heartbeat;
use quorate::election::Message;
use quorate::{Epoch, Group, Incarnation, NodeId, To};
use quorate_wire::{Codec, Draft, GroupId, Key, Keyring, MAX_DATAGRAM, Receiver, Rejected, Roster, Sender};
use std::alloc::System;

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: everything is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract that this call needs.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract that this call needs.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn frames_are_made_and_taken_without_an_allocation() {
    let (one, two) = (NodeId::new(1), NodeId::new(2));
    let group = GroupId::from_name("orders");
    let mut codec = Codec::plain(group);
    let ring = Keyring::new(1, Key::new([7; 32])).unwrap();

    let before = ALLOCATIONS.get();
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
    assert_eq!(ALLOCATIONS.get() - before, 0);
    let counted = Box::new(1);
    assert!(ALLOCATIONS.get() > before, "the counter counts: {counted}");
}
