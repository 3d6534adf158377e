//! Whole machines on real sockets and on channels: members elect one of them, and another one when that is gone.

use crate::{PATIENCE, node};
use core::time::Duration;
use quorate::detector::AnyDetector;
use quorate::election::{Event as Elections, Guarantee, Start};
use quorate::member::{DetectorKind, Event, Member, Profile};
use quorate::{Epoch, Group, Incarnation, NodeId, Seed};
use quorate_std::driver::{MAX_PEERS, Receiver};
use quorate_std::storage::{Owner, StateDirectory};
use quorate_std::transport::channel::Network;
use quorate_std::transport::{Transport, Udp};
use quorate_std::{Driver, Events, Frames, Handle, Happened, clock};
use quorate_wire::GroupId;
use std::path::Path;
use std::sync::Arc;

type Machine = Member<AnyDetector<8>, MAX_PEERS>;

struct Running {
    id: NodeId,
    handle: Handle<Machine>,
    events: Receiver<Event>,
}

fn start(id: NodeId, transport: impl Transport, directory: &Path) -> Running {
    let owner = Owner { group: "sockets".to_owned(), node: id };
    let storage = StateDirectory::open(&directory.join(id.to_string()), owner).unwrap();
    let others: Vec<NodeId> = (1..=3).map(node).filter(|&other| other != id).collect();
    let config = Profile::LAN.config(DetectorKind::Timeout, Guarantee::Majority, Seed::new(id.get().into())).unwrap();
    let (incarnation, now) = (storage.incarnation(), clock::now());
    let start = storage.record().map_or(Start::First, |record| Start::Recovered(*record));
    let group = Group::new(id, &others).unwrap();
    let machine = Machine::new(config, group, &[], incarnation, start, now).unwrap();
    let frames = Frames::new(GroupId::from_name("sockets"), id, Incarnation::new(incarnation.get()), &others).unwrap();
    let events = Events::new(1_024);
    let receiver = events.subscribe();
    let driver = Driver::new(machine, frames, transport, storage, events, Arc::new(clock::System));
    Running { id, handle: driver.spawn("member").unwrap(), events: receiver }
}

impl Running {
    /// Whom it elects or follows, once that is another epoch than this.
    fn leader_after(&mut self, epoch: Epoch) -> (NodeId, Epoch) {
        loop {
            match self.events.next(Some(PATIENCE)).expect("a leader in time").1 {
                Happened::Event(Event::Election(Elections::Elected { epoch: new, .. })) if new > epoch => {
                    return (self.id, new);
                }
                Happened::Event(Event::Election(Elections::Following { leader, epoch: new })) if new > epoch => {
                    return (leader, new);
                }
                _ => {}
            }
        }
    }
}

/// Three agree; the leader goes; the others agree on another one.
fn agree_and_fail_over(mut members: Vec<Running>) {
    let leaders: Vec<_> = members.iter_mut().map(|member| member.leader_after(Epoch::ZERO)).collect();
    let first = *leaders.iter().max_by_key(|(_, epoch)| *epoch).unwrap();
    let place = members.iter().position(|member| member.id == first.0).unwrap();
    let gone = members.remove(place);
    gone.handle.stop();
    gone.handle.closed().unwrap();
    for member in &mut members {
        let (leader, epoch) = member.leader_after(first.1);
        assert!(leader != gone.id && epoch > first.1);
        assert!(member.handle.counters().persisted > 0, "it voted, durably");
    }
    for member in members {
        member.handle.stop();
        assert!(matches!(member.handle.closed_within(Some(PATIENCE)), Some(Ok(()))));
    }
}

#[test]
fn three_members_agree_and_fail_over_on_sockets() {
    let directory = tempfile::tempdir().unwrap();
    // Ports are known once all are bound; they are free for a moment in between.
    let sockets: Vec<_> = (0..3).map(|_| std::net::UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
    let addresses: Vec<_> = sockets.iter().map(|socket| socket.local_addr().unwrap()).collect();
    drop(sockets);
    let places: Vec<_> = (1..).map(node).zip(addresses.iter().map(ToString::to_string)).collect();
    let members = places.iter().zip(&addresses).map(|((id, _), address)| {
        let peers = places.iter().filter(|(peer, _)| peer != id).cloned();
        start(*id, Udp::bind(*address, peers).unwrap(), directory.path())
    });
    agree_and_fail_over(members.collect());
}

#[test]
fn three_members_agree_and_fail_over_on_channels() {
    let (directory, network) = (tempfile::tempdir().unwrap(), Network::new());
    let members = (1..=3).map(node).map(|id| start(id, network.join(id), directory.path()));
    agree_and_fail_over(members.collect());
}

#[test]
fn a_socket_is_free_and_a_directory_is_unlocked_when_the_driver_has_stopped() {
    let directory = tempfile::tempdir().unwrap();
    let udp = Udp::bind("127.0.0.1:0".parse().unwrap(), []).unwrap();
    let address = udp.local_addr().unwrap();
    for _ in 0..3 {
        let running = start(node(1), Udp::bind("127.0.0.1:0".parse().unwrap(), []).unwrap(), directory.path());
        running.handle.stop();
        running.handle.closed().unwrap();
    }
    let running = start(node(1), udp, directory.path());
    running.handle.stop();
    running.handle.closed().unwrap();
    assert_eq!(Udp::bind(address, []).unwrap().local_addr(), Some(address));
}

#[test]
fn a_name_is_looked_up_on_the_side_and_one_that_is_none_is_told() {
    let mut udp = Udp::bind(
        "127.0.0.1:0".parse().unwrap(),
        [(node(2), "localhost:7".to_owned()), (node(3), "no such host:7".to_owned())],
    )
    .unwrap();
    let mut buffer = [0; 16];
    let mut notices = Vec::new();
    let start = std::time::Instant::now();
    while notices.len() < 2 {
        assert!(start.elapsed() < PATIENCE, "{notices:?}");
        match udp.receive(&mut buffer, Duration::from_millis(100)).unwrap() {
            Some(quorate_std::transport::Incoming::Notice(notice)) => notices.push(notice.to_string()),
            Some(other) => panic!("{other:?}"),
            None => {}
        }
    }
    notices.sort();
    assert!(notices[0].starts_with("cannot look up `no such host:7`"), "{notices:?}");
    assert_eq!(notices[1], "node 2 is at 127.0.0.1:7");
}

#[test]
fn who_waits_for_a_datagram_is_woken_from_another_thread() {
    let mut udp = Udp::bind("127.0.0.1:0".parse().unwrap(), []).unwrap();
    let waker = udp.waker();
    let start = std::time::Instant::now();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        waker.wake();
    });
    assert!(udp.receive(&mut [0; 16], PATIENCE).unwrap().is_none());
    assert!(start.elapsed() < PATIENCE / 2);
    thread.join().unwrap();
}
