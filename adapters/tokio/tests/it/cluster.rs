//! Locks that a cluster grants: on virtual time over channels, and over real sockets.

use crate::{node, soon, until};
use core::time::Duration;
use quorate::election::{Preempt, Start};
use quorate::lease::authority::ClaimState;
use quorate::lease::holder::Loss;
use quorate::lease::{ClaimId, Message, Mode};
use quorate::member::Profile;
use quorate::{FencingToken, Incarnation, Instant, Name, NodeId, Seed, To};
use quorate_tokio::administration::{self, Ordered};
use quorate_tokio::clock::{Clock, Virtual};
use quorate_tokio::locks::{AcquireError, ReleaseError};
use quorate_tokio::storage::Nowhere;
use quorate_tokio::transport::Transport;
use quorate_tokio::transport::channel::Network;
use quorate_tokio::{Client, ConnectError, Life, Member, status};
use quorate_wire::{Codec, GroupId, Key, Keyring, MAX_DATAGRAM, Roster, Sender};
use std::sync::Arc;
use tokio::time::sleep;

const LEASE: Duration = Profile::LAN.leases().longest();

/// Three members and a client, on one clock and one network.
pub(crate) struct Cluster {
    pub(crate) network: Network,
    pub(crate) clock: Virtual,
    members: Vec<Member>,
}

impl Cluster {
    pub(crate) fn start() -> Self {
        let (network, clock) = (Network::new(), Virtual::new());
        let member = |id: u32| {
            let builder = Member::builder(node(id)).clock(clock).seed(Seed::new(7).for_node(node(id)));
            let peers = (1..=3).filter(|&peer| peer != id);
            let builder = peers.fold(builder.preempt(Preempt::Never), |builder, peer| builder.peer(node(peer), ""));
            let life = Life { incarnation: Incarnation::new(1), start: Start::First };
            builder.join_over(network.join(node(id)), Nowhere, life).unwrap()
        };
        Self { members: (1..=3).map(member).collect(), network, clock }
    }

    pub(crate) fn client(&self, seed: u64) -> Client {
        let builder = Client::builder("quorate").clock(Arc::new(self.clock)).seed(Seed::new(seed));
        let builder = (1..=3).fold(builder, |builder, member| builder.member(node(member), ""));
        builder.timing(Profile::LAN.holding()).connect_over(&self.network).unwrap()
    }

    pub(crate) async fn leader(&self) -> NodeId {
        self.members[0].leader().wait_for(Option::is_some).await.unwrap().unwrap().id
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_finds_the_leader_and_its_lock_outlives_the_leader() {
    let cluster = Cluster::start();
    let (client, other) = (cluster.client(1), cluster.client(2));
    let guard = client.locks().acquire("a").await.unwrap();
    let token = guard.token();
    let first = cluster.leader().await;

    cluster.network.isolate(first, true); // as good as dead, and nobody says so
    let rival = tokio::spawn(other.locks().acquire("a").within(4 * LEASE).into_future());
    let lost = tokio::time::timeout(2 * LEASE, guard.lost()).await;
    assert!(lost.is_err() && guard.is_valid(), "kept through the failover");
    assert_eq!(guard.token(), token);
    assert!(!rival.is_finished());
    let reclaimed = |member: &Member| member.status().tallies.locks_reclaimed;
    assert_eq!(cluster.members.iter().map(reclaimed).sum::<u64>(), 1, "the next leader took it over");

    guard.release().await.unwrap();
    let next = rival.await.unwrap().unwrap();
    assert!(next.token() > token && next.token().epoch() > token.epoch(), "{} after {token}", next.token());
}

#[tokio::test(start_paused = true)]
async fn who_is_cut_off_knows_that_it_has_lost_before_the_next_one_is_granted() {
    let cluster = Cluster::start();
    let (client, other) = (cluster.client(1), cluster.client(2));
    let guard = client.locks().acquire("a").await.unwrap();
    cluster.network.isolate(client.id(), true);
    let lost = async { (guard.lost().await, cluster.clock.now()) };
    let next = async { (other.locks().acquire("a").await.unwrap(), cluster.clock.now()) };
    let ((why, lost), (next, granted)) = tokio::join!(lost, next);
    assert_eq!(why, Loss::Expired);
    assert!(lost < granted, "lost at {lost}, granted at {granted}");
    assert!(next.token() > guard.token());
}

#[tokio::test(start_paused = true)]
async fn what_a_client_held_that_crashed_is_free_after_its_lease() {
    let cluster = Cluster::start();
    let (client, other) = (cluster.client(1), cluster.client(2));
    let guard = client.locks().acquire("a").await.unwrap();
    cluster.network.isolate(client.id(), true); // never heard again
    core::mem::forget(guard);
    let crashed = cluster.clock.now();
    let _next = other.locks().acquire("a").await.unwrap();
    let waited = cluster.clock.now().since(crashed);
    assert!(waited > LEASE * 9 / 10 && waited < LEASE + Duration::from_millis(100), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn two_hundred_contend_over_one_socket_and_all_are_served_in_turn() {
    let cluster = Cluster::start();
    let client = cluster.client(1);
    let first = client.locks().acquire("a").await.unwrap();
    let mut tasks = Vec::new();
    for _ in 0..200 {
        let acquire = client.locks().acquire("a");
        tasks.push(tokio::spawn(async move {
            let guard = acquire.await.unwrap();
            let token = guard.token();
            guard.release().await.unwrap();
            token
        }));
        tokio::task::yield_now().await; // each asks before the next one does
    }
    first.release().await.unwrap();
    let mut tokens: Vec<FencingToken> = Vec::new();
    for task in tasks {
        tokens.push(task.await.unwrap());
    }
    assert!(tokens.is_sorted_by(|one, next| one < next), "first come, first served");
}

fn keys() -> Keyring {
    Keyring::new(1, Key::new([7; 32])).unwrap()
}

async fn alone(directory: &std::path::Path) -> Member {
    let builder = Member::builder(node(1)).group("locks").listen("127.0.0.1:0").state_dir(directory);
    builder.keyring(keys()).join().await.unwrap()
}

#[tokio::test]
async fn over_sockets_and_under_keys_a_client_learns_the_members_and_the_list_shows_who_holds_what() {
    let directory = tempfile::tempdir().unwrap();
    let member = alone(directory.path()).await;
    let address = member.local_addr();
    let client = Client::builder("locks").ask("127.0.0.1:9").ask(address).keyring(keys()).connect();
    let client = soon("a client", client).await.unwrap();
    assert_eq!(client.members(), [node(1)]);
    assert_eq!(client.locks().timing().lease, LEASE);

    let held = soon("a grant", client.locks().acquire("orders/1")).await.unwrap();
    let mut waiting = client.locks().acquire("orders/1");
    let waits = tokio::time::timeout(Duration::from_millis(50), &mut waiting).await;
    assert!(waits.is_err());
    assert_eq!(waiting.ahead(), Some(0));
    let mine = soon("locks of the member's own", member.locks()).await.unwrap();
    let permit = soon("a permit", mine.semaphore("pool", 3).permits(2)).await.unwrap();

    let claims = status::claims(address, "locks", Some(&keys()), Duration::from_secs(5)).await.unwrap();
    assert_eq!((claims.total, claims.claims.len(), claims.epoch.is_some()), (3, 3, true));
    let shown: Vec<_> = claims.claims.iter().map(|claim| (claim.name.as_str(), claim.state)).collect();
    let expected = [
        ("orders/1", ClaimState::Holding(held.token())),
        ("orders/1", ClaimState::Waiting(0)),
        ("pool", ClaimState::Holding(permit.token())),
    ];
    assert_eq!(shown, expected);
    assert_eq!(claims.claims[0].node, client.id());
    assert!(claims.claims.iter().all(|claim| claim.address.is_some() && claim.left_ms > 0));
    assert_eq!(claims.claims[2].mode, Mode::permits(2, 3).unwrap());

    drop(held);
    let next = soon("the next grant", waiting).await.unwrap();
    next.release().await.unwrap();
    let tallies = member.status().tallies;
    assert_eq!((tallies.locks_granted, tallies.locks_expired), (3, 0));
    assert!(client.counters().dropped.is_empty());
    drop(permit);
    member.shutdown().await.unwrap();
}

#[tokio::test]
async fn an_administrator_ends_what_is_named_and_nothing_that_came_since() {
    let directory = tempfile::tempdir().unwrap();
    let member = alone(directory.path()).await;
    let address = member.local_addr();
    let (keys, second) = (keys(), Duration::from_secs(5));
    let client = Client::builder("locks").ask(address).keyring(keys.clone()).connect();
    let client = soon("a client", client).await.unwrap();
    let name = Name::new("orders").unwrap();
    let break_at = |token| administration::break_leases(address, "locks", Some(&keys), name, token, second);

    let held = soon("a grant", client.locks().acquire("orders")).await.unwrap();
    let token = held.token();
    assert_eq!(break_at(token).await.unwrap(), Ordered::Done);
    let why = soon("the loss", held.lost()).await;
    assert!(why.to_string().contains("an administrator broke the lease"), "{why}");
    let next = soon("the next grant", client.locks().acquire("orders")).await.unwrap();
    assert!(next.token() > token);
    assert_eq!(break_at(token).await.unwrap(), Ordered::Later, "the same again ends nothing");
    next.release().await.unwrap();
    assert_eq!(break_at(token).await.unwrap(), Ordered::Nothing);

    let start = Name::new("start").unwrap();
    let state = || administration::barrier(address, "locks", Some(&keys), start, second);
    assert_eq!(state().await.unwrap(), None);
    let waits = tokio::spawn(client.barriers().barrier("start", 2).wait());
    let state = loop {
        match state().await.unwrap() {
            Some(state) if state.arrived == 1 => break state,
            _ => tokio::time::sleep(Duration::from_millis(60)).await,
        }
    };
    assert_eq!((state.parties, state.present), (2, 1));
    let reset = || administration::reset(address, "locks", Some(&keys), start, state.generation, second);
    assert_eq!(reset().await.unwrap(), Ordered::Done);
    let ended = soon("the end", waits).await.unwrap().unwrap_err();
    assert!(ended.to_string().contains("the barrier was reset"), "{ended}");
    assert_ne!(reset().await.unwrap(), Ordered::Done, "the same again ends nothing");
    member.shutdown().await.unwrap();
}

#[tokio::test]
async fn without_the_key_nothing_is_granted_and_without_a_majority_there_are_no_locks() {
    let directory = tempfile::tempdir().unwrap();
    let member = alone(directory.path()).await;
    let stranger = Client::builder("locks").member(node(1), member.local_addr()).connect().await.unwrap();
    let error = stranger.locks().acquire("a").within(Duration::from_millis(300)).await.unwrap_err();
    assert_eq!(error, AcquireError::TimedOut);
    until("it is counted", || member.counters().dropped.get("plain").is_some_and(|count| *count > 0)).await;

    let other = Member::builder(node(1)).group("each").listen("127.0.0.1:0").diskless();
    let other = other.guarantee(quorate::election::Guarantee::PerPartition).join().await.unwrap();
    let error = Client::builder("each").ask(other.local_addr()).connect().await.unwrap_err();
    assert!(matches!(&error, ConnectError::NoServices { group, .. } if group == "each"), "{error}");
    assert!(matches!(other.locks().await, Err(ConnectError::NoServices { .. })));
    let error = Client::builder("each").connect().await.unwrap_err();
    assert_eq!(error.to_string(), "it was not said where any member is");
}

#[tokio::test(start_paused = true)]
async fn a_copy_of_a_clients_frame_and_one_for_somebody_else_are_dropped() {
    let cluster = Cluster::start();
    let leader = cluster.leader().await;
    let member = &cluster.members[leader.get() as usize - 1];
    let client = node(NodeId::FIRST_CLIENT.get() + 5);
    let mut way = cluster.network.join(client);
    let codec = Codec::plain(GroupId::from_name("quorate"));
    let mut sender = Sender::new(&codec, Roster::NONE, client, Incarnation::new(1));
    let resource = Name::new("a").unwrap();
    let message = Message::Renew {
        claim: ClaimId::new(1),
        resource,
        mode: Mode::Exclusive,
        token: FencingToken::from_number(3),
        lease: LEASE,
        sent: Instant::ORIGIN,
    };
    let mut buffer = [0; MAX_DATAGRAM];
    let frame = sender.frame(&codec, To::Node(leader), &message, &mut buffer).unwrap().to_vec();
    for _ in 0..2 {
        way.send(leader, &frame).unwrap();
    }
    let other = sender.frame(&codec, To::Node(node(77)), &message, &mut buffer).unwrap().to_vec();
    way.send(leader, &other).unwrap();
    sleep(Duration::from_millis(10)).await;
    let dropped = member.counters().dropped;
    assert_eq!((dropped.get("replay"), dropped.get("misdirected")), (Some(&1), Some(&1)), "{dropped:?}");
}

#[tokio::test]
async fn a_guard_that_is_released_when_nobody_is_there_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let member = alone(directory.path()).await;
    let client = Client::builder("locks").ask(member.local_addr()).keyring(keys()).connect().await.unwrap();
    let guard = soon("a grant", client.locks().acquire("a")).await.unwrap();
    let token = guard.token();
    member.shutdown().await.unwrap();
    let error = soon("the end of the lease", guard.release()).await.unwrap_err();
    assert_eq!(error, ReleaseError::Unconfirmed { token });
}
