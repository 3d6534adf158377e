//! Members, their leaderships, and what their cluster hosts, on threads.

use crate::{PATIENCE, node, until};
use core::net::SocketAddr;
use core::time::Duration;
use quorate::election::{CommandError as Refusal, Guarantee, Record, Start, Why as Ended};
use quorate::lease::authority::ClaimState;
use quorate::{NodeId, Seed};
use quorate_std::locks::{AcquireError, ReleaseError};
use quorate_std::membership::Leader;
use quorate_std::status::{self, AskError};
use quorate_std::storage::{Storage, StorageError};
use quorate_std::transport::channel::Network;
use quorate_std::{Builder, Client, CommandError, ConnectError, Event, JoinError, Life, Member, StopReason, Why};
use quorate_wire::{Key, Keyring};
use std::net::UdpSocket;
use std::sync::{Arc, Mutex};
use std::thread;

/// Survives the member that uses it.
#[derive(Clone, Debug, Default)]
struct Memory(Arc<Mutex<Option<Record>>>);

impl Storage<Record> for Memory {
    fn persist(&mut self, record: Record) -> Result<(), StorageError> {
        *self.0.lock().unwrap() = Some(record);
        Ok(())
    }
}

/// Three members on threads of this process, joined by channels.
pub(crate) struct Cluster {
    pub(crate) network: Network,
    pub(crate) members: Vec<Member>,
}

impl Cluster {
    pub(crate) fn start() -> Self {
        let network = Network::new();
        let members = (1..=3).map(|id| Self::member(&network, id)).collect();
        Self { network, members }
    }

    fn member(network: &Network, id: u32) -> Member {
        let peers = (1..=3).filter(|&peer| peer != id);
        let builder = Member::builder(node(id)).seed(Seed::new(id.into()));
        let builder = peers.fold(builder, |builder, peer| builder.peer(node(peer), ""));
        let life = Life { incarnation: 1.into(), start: Start::First };
        builder.join_over(network.join(node(id)), Memory::default(), life).unwrap()
    }

    pub(crate) fn client(&self, seed: u64) -> Client {
        let client = Client::builder("quorate").seed(Seed::new(seed));
        let client = (1..=3).fold(client, |client, member| client.member(node(member), ""));
        client.connect_over(&self.network).unwrap()
    }

    /// Whom all of these follow.
    pub(crate) fn leader_of(&self, ids: &[u32]) -> Leader {
        let mut agreed = None;
        until("agreement", || {
            let mut named = ids.iter().map(|&id| self.members[id as usize - 1].leader());
            agreed = named.next().flatten();
            agreed.is_some_and(|leader| ids.contains(&leader.id.get())) && named.all(|leader| leader == agreed)
        });
        agreed.unwrap()
    }

    pub(crate) fn leader(&self) -> Leader {
        self.leader_of(&[1, 2, 3])
    }

    fn leading(&self) -> &Member {
        &self.members[self.leader().id.get() as usize - 1]
    }
}

#[test]
fn three_elect_one_of_them_and_only_that_one_hands_out_a_guard() {
    let cluster = Cluster::start();
    let leader = cluster.leader();
    let leading = cluster.leading();
    let mut events = leading.events();
    let leadership = leading.leadership_within(PATIENCE).unwrap().unwrap();
    assert_eq!(leadership.epoch(), leader.epoch);
    assert!(leadership.is_valid() && leadership.lost(Some(Duration::from_millis(5))).is_none());
    assert!(leading.leadership_within(Duration::from_millis(5)).unwrap().is_none(), "there is one guard");
    let other = cluster.members.iter().find(|member| member.id() != leader.id).unwrap();
    assert!(other.leadership_within(Duration::from_millis(5)).unwrap().is_none());
    assert_eq!(other.resign(), Err(CommandError::Refused(Refusal::NotLeading)));

    let status = leading.status();
    assert_eq!((status.leader, status.epoch, status.peers.len()), (Some(leader.id), leader.epoch, 2));
    assert_eq!(leading.peers().len(), 2);
    assert!(leading.counters().frames_in > 0);

    // Who watches on another thread is told to stop, and then that it is over.
    leading.resign().unwrap();
    let watch = leadership.watch();
    let told = thread::spawn(move || (watch.doubtful(Some(PATIENCE)).unwrap().reason, watch.lost(Some(PATIENCE))));
    thread::sleep(Duration::from_millis(20));
    leadership.release();
    let (reason, lost) = told.join().unwrap();
    assert_eq!(reason, StopReason::Ending(Ended::Resigned));
    assert_eq!(lost, Some(Why::Election(Ended::Resigned)));
    let happened = core::iter::from_fn(|| events.next(Some(PATIENCE)).ok());
    let mut elections = happened.filter(|stamped| matches!(stamped.event, Event::Election(_)));
    assert!(elections.next().is_some());
}

#[test]
fn a_leader_that_is_cut_off_knows_it_and_another_one_leads_after_it() {
    let cluster = Cluster::start();
    let before = cluster.leader();
    let leadership = cluster.leading().leadership().unwrap();
    cluster.network.isolate(before.id, true);
    let stop = leadership.doubtful(Some(PATIENCE)).unwrap();
    assert!(matches!(stop.reason, StopReason::RenewalOverdue | StopReason::Lost(_)), "{stop}");
    assert_eq!(leadership.lost(Some(PATIENCE)), Some(Why::Election(Ended::LeaseExpired)));
    assert!(!leadership.is_valid());
    let others: Vec<u32> = (1..=3).filter(|&id| node(id) != before.id).collect();
    let after = cluster.leader_of(&others);
    assert!(after.epoch > before.epoch);
}

#[test]
fn whoever_waits_for_a_member_returns_when_it_stops_although_its_driver_waits_in_a_socket() {
    let directory = tempfile::tempdir().unwrap();
    // Its peer never speaks, so it never leads, and its driver waits for datagrams.
    let member = || {
        let builder = Member::builder(node(1)).listen("127.0.0.1:0").state_dir(directory.path());
        builder.peer(node(2), "127.0.0.1:9").peer(node(3), "127.0.0.1:9").join().unwrap()
    };
    let first = member();
    let address = first.local_addr();
    let [leadership, leader, event] = [0, 1, 2].map(|what| {
        let (member, mut events) = (first.clone(), first.events());
        thread::spawn(move || match what {
            0 => member.leadership().is_err(),
            1 => member.wait_for_leader(None, |leader| leader).is_none(),
            _ => core::iter::repeat_with(|| events.next(None)).find(Result::is_err).is_some(),
        })
    });
    thread::sleep(Duration::from_millis(50));
    let start = std::time::Instant::now();
    first.stop().unwrap();
    for waiting in [leadership, leader, event] {
        assert!(waiting.join().unwrap());
    }
    assert!(start.elapsed() < PATIENCE / 4, "{:?}", start.elapsed());
    assert!(UdpSocket::bind(address).is_ok(), "and the socket is free");

    // Dropped, it stops, too, and its directory is free soon.
    drop(member());
    until("the directory", || {
        let builder = Member::builder(node(1)).listen("127.0.0.1:0").state_dir(directory.path());
        builder.join().is_ok()
    });
}

fn keys() -> Keyring {
    Keyring::new(1, Key::new([7; 32])).unwrap()
}

fn alone(directory: &std::path::Path) -> Member {
    let builder = Member::builder(node(1)).group("locks").listen("127.0.0.1:0").state_dir(directory);
    builder.keyring(keys()).join().unwrap()
}

#[test]
fn over_sockets_and_under_keys_a_client_learns_the_members_locks_and_is_seen() {
    let directory = tempfile::tempdir().unwrap();
    let member = alone(directory.path());
    let address = member.local_addr();
    let client = Client::builder("locks").ask("127.0.0.1:9").ask(address).keyring(keys()).connect().unwrap();
    assert_eq!(client.members(), [node(1)]);
    let held = client.locks().acquire("orders/1").within(PATIENCE).wait().unwrap();
    let mine = member.locks().unwrap();
    let permit = mine.semaphore("pool", 3).permits(2).within(PATIENCE).wait().unwrap();
    assert_eq!(mine.acquire("orders/1").at_once().wait().unwrap_err(), AcquireError::Busy);

    let claims = status::claims(address, "locks", Some(&keys()), PATIENCE).unwrap();
    let shown: Vec<_> = claims.claims.iter().map(|claim| (claim.name.as_str(), claim.state)).collect();
    assert_eq!(shown, [("orders/1", ClaimState::Holding(held.token())), ("pool", ClaimState::Holding(permit.token()))]);
    assert_eq!(claims.claims[0].node, client.id());
    let status = status::ask(address, "locks", Some(&keys()), PATIENCE).unwrap();
    assert_eq!((status.id, status.leader), (node(1), Some(node(1))));

    let (first, watch) = (held.token(), held.watch());
    thread::scope(|scope| {
        let next = scope.spawn(|| mine.acquire("orders/1").within(PATIENCE).wait().map(|guard| guard.token()));
        held.release().unwrap();
        assert!(next.join().unwrap().unwrap() > first);
    });
    assert!(!watch.is_valid() && watch.lost(None).is_none(), "given up is not lost");
    permit.release().unwrap();
    assert!(client.counters().dropped.is_empty(), "{:?}", client.counters());
    member.shutdown().unwrap();
    let error = status::ask(address, "locks", None, PATIENCE).unwrap_err();
    assert!(matches!(error, AskError::NobodyListens { address: asked } if asked == address), "{error}");
}

#[test]
fn without_the_key_nothing_is_granted_and_without_a_majority_there_are_no_locks() {
    let directory = tempfile::tempdir().unwrap();
    let member = alone(directory.path());
    let stranger = Client::builder("locks").member(node(1), member.local_addr()).connect().unwrap();
    let error = stranger.locks().acquire("a").within(Duration::from_millis(200)).wait().unwrap_err();
    assert_eq!(error, AcquireError::TimedOut);
    until("it is counted", || member.counters().dropped.get("plain").is_some_and(|count| *count > 0));

    let other = Member::builder(node(1)).group("each").listen("127.0.0.1:0").diskless();
    let other = other.guarantee(Guarantee::PerPartition).join().unwrap();
    let error = Client::builder("each").ask(other.local_addr()).connect().unwrap_err();
    assert!(matches!(&error, ConnectError::NoServices { group, .. } if group == "each"), "{error}");
    assert!(matches!(other.locks(), Err(ConnectError::NoServices { .. })));
    let error = Client::builder("each").connect().unwrap_err();
    assert_eq!(error.to_string(), "it was not said where any member is");
}

#[test]
fn a_guard_that_is_released_when_nobody_is_there_says_so_and_one_that_is_kept_is_lost() {
    let directory = tempfile::tempdir().unwrap();
    let member = alone(directory.path());
    let client = Client::builder("locks").ask(member.local_addr()).keyring(keys()).connect().unwrap();
    let [released, kept] = ["a", "b"].map(|name| client.locks().acquire(name).within(PATIENCE).wait().unwrap());
    let token = released.token();
    member.stop().unwrap();
    assert_eq!(released.release(), Err(ReleaseError::Unconfirmed { token }));
    assert!(kept.lost(Some(PATIENCE)).is_some() && kept.time_left().is_zero());
}

#[test]
fn what_is_wrong_is_said_before_anything_is_touched() {
    let error = Member::builder(node(1)).join().unwrap_err();
    assert!(matches!(error, JoinError::NoAddress), "{error}");
    let error = Member::builder(node(1)).listen("127.0.0.1:0").join().unwrap_err();
    assert!(matches!(error, JoinError::NoState), "{error}");
    let error = Member::builder(node(1)).listen("0.0.0.0:0").diskless().join().unwrap_err();
    assert!(matches!(error, JoinError::Insecure { .. }), "{error}");
    let error = Member::builder(NodeId::FIRST_CLIENT).check().unwrap_err();
    assert!(matches!(error, JoinError::ReservedId { .. }), "{error}");
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let socket = UdpSocket::bind(taken).unwrap();
    let error = builder_at(taken).join().unwrap_err();
    assert!(matches!(error, JoinError::Bind(_)) && error.to_string().contains(&taken.to_string()), "{error}");
    drop(socket);
}

fn builder_at(address: SocketAddr) -> Builder {
    Member::builder(node(1)).listen(address).diskless()
}
