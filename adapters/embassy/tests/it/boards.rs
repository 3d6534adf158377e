//! Boards of a group on a bus, each of which hosts the services while it leads.

use crate::bus::{Bus, Tap};
use core::convert::Infallible;
use core::future::{Future, poll_fn};
use core::task::Poll;
use embassy_futures::select::{Either, select};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use quorate::detector::AnyDetector;
use quorate::election::{Guarantee, Leader, Start};
use quorate::host::{Config, Host};
use quorate::member::{DetectorKind, Profile};
use quorate::{Group, Incarnation, Name, NodeId, Seed};
use quorate_embassy::board::{Board, Rules};
use quorate_embassy::link::stream::{Ended, Receiving, Transmitting};
use quorate_embassy::storage::Forgetful;
use quorate_embassy::{Desk, Error, Frames, Member, Shared, drive, now};
use quorate_wire::stream::encoded_length;
use quorate_wire::{GroupId, Key, Keyring};

pub(crate) const PROFILE: Profile = Profile::BUS;

pub(crate) type Services = Host<AnyDetector<8>, Name, 4, 8, 2, 4>;
pub(crate) type Machine = Board<Services, 4, 2, 2>;
pub(crate) type State = Shared<NoopRawMutex, Machine, Desk<2, 2>, 2, 8, 1>;

pub(crate) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// The machine of one of so many boards.
pub(crate) fn machine(number: u32, of: u32, life: u64, start: Start) -> Machine {
    let me = NodeId::new(number);
    let peers: Vec<NodeId> = (1..=of).filter(|peer| *peer != number).map(NodeId::new).collect();
    let member =
        PROFILE.config(DetectorKind::Bertier, Guarantee::Majority, Seed::new(u64::from(number) + life)).unwrap();
    let config = Config::new(member, PROFILE.leases(), PROFILE.barriers()).unwrap();
    let incarnation = Incarnation::new(life);
    let group = Group::new(me, &peers).unwrap();
    let host = Host::new(config, group, &[], incarnation, start, now()).unwrap();
    Board::new(host, me, Rules::of(&PROFILE, Seed::new(u64::from(number))), incarnation, now()).unwrap()
}

/// A board that is driven for as long as the future is polled.
pub(crate) struct Node {
    pub(crate) state: State,
    number: u32,
    life: u64,
    of: u32,
    key: Option<Key>,
}

impl Node {
    pub(crate) fn new(number: u32, of: u32) -> Self {
        Self::again(number, of, 1, Start::First)
    }

    pub(crate) fn again(number: u32, of: u32, life: u64, start: Start) -> Self {
        Self { state: State::new(machine(number, of, life, start)), number, life, of, key: None }
    }

    pub(crate) fn with_key(self, key: u8) -> Self {
        Self { key: Some(Key::new([key; 32])), ..self }
    }

    pub(crate) fn member(&self) -> Member<'_> {
        Member::of(&self.state)
    }

    pub(crate) fn leader(&self) -> Option<u32> {
        self.member().leader().map(|leader| leader.id.get())
    }

    pub(crate) fn frames(&self) -> Frames<4, 256, ()> {
        let peers: Vec<NodeId> = (1..=self.of).filter(|peer| *peer != self.number).map(NodeId::new).collect();
        let (group, life) = (GroupId::from_name("plant"), Incarnation::new(self.life));
        let frames = Frames::new(group, NodeId::new(self.number), life, &peers, ()).unwrap();
        match &self.key {
            Some(key) => frames.with_keys(&Keyring::new(1, key.clone()).unwrap()),
            None => frames,
        }
    }

    pub(crate) async fn drive(&self, bus: &Bus) -> Result<Infallible, Error<Ended, Infallible>> {
        let end = self.number as usize - 1;
        let mut receiving = Receiving::<Tap, 256>::new(bus.tap(end));
        let mut transmitting = Transmitting::<Tap, { encoded_length(256) }>::new(bus.tap(end));
        drive(&self.state, &mut self.frames(), &mut receiving, &mut transmitting, &mut Forgetful).await
    }
}

/// What comes first: the test's end, or that a board stops, which none does.
pub(crate) async fn beside<T>(boards: &[&Node], bus: &Bus, test: impl Future<Output = T>) -> T {
    let mut driven: Vec<_> = boards.iter().map(|board| Box::pin(board.drive(bus))).collect();
    let driven = poll_fn(|context| {
        let stopped = driven.iter_mut().find_map(|board| match board.as_mut().poll(context) {
            Poll::Ready(Err(error)) => Some(error),
            Poll::Pending => None,
        });
        stopped.map_or(Poll::Pending, Poll::Ready)
    });
    match select(driven, test).await {
        Either::First(error) => panic!("a board stopped: {error}"),
        Either::Second(output) => output,
    }
}

/// Waits until all of these follow the same leader, and it itself leads.
pub(crate) async fn agreed(boards: &[&Node]) -> Leader {
    loop {
        let leader = boards[0].member().leader();
        if let Some(leader) = leader
            && boards.iter().all(|board| board.member().leader().is_some_and(|other| other.id == leader.id))
        {
            return leader;
        }
        crate::time::pass(core::time::Duration::from_millis(10)).await;
    }
}
