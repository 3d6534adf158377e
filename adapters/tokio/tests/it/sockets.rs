//! Members on real sockets, on loopback.

use crate::{node, soon, until};
use core::net::SocketAddr;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use quorate::NodeId;
use quorate_tokio::status::{AskError, ask};
use quorate_tokio::transport::{Incoming, Transport, Udp};
use quorate_tokio::{Builder, JoinError, Member, Notice};
use quorate_wire::{Key, Keyring};
use tokio::net::UdpSocket;

const ASK: Duration = Duration::from_secs(5);

/// Ports that were free a moment ago.
pub(crate) async fn free_ports<const N: usize>() -> [SocketAddr; N] {
    static TRIED: AtomicU32 = AtomicU32::new(0);
    let mut sockets = Vec::new();
    while sockets.len() < N {
        // Not of those that are given to whoever asks for any (from 32,768 on), or another test may be given it in between.
        let number = std::process::id().wrapping_mul(61).wrapping_add(TRIED.fetch_add(1, Ordering::Relaxed));
        let port = 10_000 + (number % 20_000) as u16;
        sockets.extend(UdpSocket::bind(("127.0.0.1", port)).await.ok());
    }
    core::array::from_fn(|n| sockets[n].local_addr().unwrap())
}

pub(crate) fn keyring(id: u8, byte: u8) -> Keyring {
    Keyring::new(id, Key::new([byte; Key::LENGTH])).unwrap()
}

/// Members 1, 2 …, each in its own directory.
struct Cluster {
    addresses: Vec<SocketAddr>,
    directories: Vec<tempfile::TempDir>,
}

impl Cluster {
    async fn new() -> Self {
        let directories = (0..3).map(|_| tempfile::tempdir().unwrap()).collect();
        Self { addresses: free_ports::<3>().await.to_vec(), directories }
    }

    fn builder(&self, id: u32) -> Builder {
        let place = id as usize - 1;
        let builder = Member::builder(node(id)).listen(self.addresses[place]).state_dir(self.directories[place].path());
        let peers = (1..).zip(&self.addresses).filter(|(peer, _)| *peer != id);
        peers.fold(builder, |builder, (peer, address)| builder.peer(node(peer), address))
    }
}

fn leader_of(member: &Member) -> Option<NodeId> {
    member.leader().borrow().map(|leader| leader.id)
}

async fn agreement(members: &[&Member]) -> NodeId {
    let mut agreed = None;
    until("agreement", || {
        agreed = leader_of(members[0]);
        agreed.is_some() && members.iter().all(|member| leader_of(member) == agreed)
    })
    .await;
    agreed.unwrap()
}

#[tokio::test]
async fn three_agree_fail_over_and_take_back_a_restarted_one() {
    let cluster = Cluster::new().await;
    let keys = || keyring(1, 7);
    let join = async |id| cluster.builder(id).keyring(keys()).join().await.unwrap();
    let (one, two, three) = (join(1).await, join(2).await, join(3).await);
    assert_eq!(one.local_addr(), cluster.addresses[0]);
    agreement(&[&one, &two, &three]).await;

    // As if it had crashed: without a word.
    drop(three);
    until("the failover", || {
        leader_of(&one).is_some_and(|leader| leader != node(3)) && leader_of(&one) == leader_of(&two)
    })
    .await;
    let before = one.leader().borrow().unwrap();
    let mut back = None;
    for _ in 0..1_000 {
        // The old one's directory is free as soon as its driver has noticed that nobody is left.
        match cluster.builder(3).keyring(keys()).join().await {
            Ok(member) => back = Some(member),
            Err(JoinError::Bind(_) | JoinError::Storage(_)) => tokio::time::sleep(Duration::from_millis(2)).await,
            Err(error) => panic!("{error}"),
        }
        if back.is_some() {
            break;
        }
    }
    let three = back.unwrap();
    agreement(&[&one, &two, &three]).await;
    assert!(three.leader().borrow().unwrap().epoch >= before.epoch);

    // What it says from outside, under the same key and under none.
    let status = ask(one.local_addr(), "quorate", Some(&keys()), ASK).await.unwrap();
    assert_eq!((status.id, status.incarnation, status.group.as_str()), (node(1), one.incarnation(), "quorate"));
    assert_eq!(
        status.peers.iter().map(|peer| peer.address).collect::<Vec<_>>(),
        [1, 2].map(|n| Some(cluster.addresses[n]))
    );
    assert!(status.counters.frames_in > 0 && status.tallies.leader_changes > 0, "{status:?}");
    let error = ask(one.local_addr(), "quorate", None, Duration::from_millis(300)).await.unwrap_err();
    assert!(matches!(error, AskError::NoAnswer { refused: None, .. }), "{error}");
    let error = ask(one.local_addr(), "other", Some(&keys()), Duration::from_millis(300)).await.unwrap_err();
    assert!(matches!(error, AskError::NoAnswer { .. }), "{error}");

    for member in [&three, &two, &one] {
        soon("the shutdown", member.shutdown()).await.unwrap();
    }
    let error = ask(cluster.addresses[0], "quorate", None, ASK).await.unwrap_err();
    assert!(matches!(error, AskError::NobodyListens { address } if address == cluster.addresses[0]), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_without_disks_start_together() {
    let cluster = Cluster::new().await;
    let join = async |id| cluster.builder(id).diskless().join().await.unwrap();
    let (one, two, three) = (join(1).await, join(2).await, join(3).await);
    agreement(&[&one, &two, &three]).await;
    assert!(cluster.directories.iter().all(|directory| directory.path().read_dir().unwrap().next().is_none()));
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let cluster = Cluster::new().await;
    let _taken = UdpSocket::bind(cluster.addresses[0]).await.unwrap();
    let error = cluster.builder(1).join().await.unwrap_err();
    assert!(matches!(error, JoinError::Bind(_)), "{error}");
    let said = error.to_string();
    assert!(said.contains(&cluster.addresses[0].to_string()) && said.contains("in use"), "{said}");
    assert!(cluster.directories[0].path().read_dir().unwrap().next().is_none(), "and no life was begun");
}

#[tokio::test]
async fn questions_are_answered_only_so_often() {
    let cluster = Cluster::new().await;
    let member = cluster.builder(1).join().await.unwrap();
    let asked = (0..60).map(|_| tokio::spawn(ask(cluster.addresses[0], "quorate", None, ASK)));
    let asked: Vec<_> = asked.collect();
    until("a refusal", || member.counters().dropped.contains_key("too_many_questions")).await;
    for asked in asked {
        soon("an answer", asked).await.unwrap().unwrap(); // Who asks again is answered all the same.
    }
}

#[tokio::test]
async fn a_name_is_looked_up_and_a_nameless_peer_is_reported() {
    let [here, there] = free_ports::<2>().await;
    let names = [(node(2), format!("localhost:{}", there.port())), (node(3), "no.such.host.invalid:7".to_owned())];
    let mut udp = Udp::bind(here, names).await.unwrap();
    let (mut moved, mut unresolved) = (false, false);
    let mut buffer = [0; 16];
    while !(moved && unresolved) {
        match soon("the lookups", udp.receive(&mut buffer)).await.unwrap() {
            Incoming::Notice(Notice::Moved { peer, from: None, to }) => {
                assert_eq!((peer, to), (node(2), there), "the address that an IPv4 socket reaches");
                moved = true;
            }
            Incoming::Notice(Notice::Unresolved { peer, name, .. }) => {
                assert_eq!((peer, name.as_str()), (node(3), "no.such.host.invalid:7"));
                unresolved = true;
            }
            other => panic!("{other:?}"),
        }
    }
    let other = UdpSocket::bind(there).await.unwrap();
    udp.send(node(2), b"hello").unwrap();
    assert_eq!(soon("the datagram", other.recv_from(&mut buffer)).await.unwrap(), (5, here));
    assert!(udp.send(node(3), b"hello").is_err());
}

#[tokio::test]
async fn a_socket_for_both_kinds_knows_an_ipv4_peer_by_its_address() {
    let Ok(mut udp) = Udp::bind("[::]:0".parse().unwrap(), [(node(2), "127.0.0.1:9".to_owned())]).await else {
        return; // This machine has no IPv6.
    };
    let peer = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    peer.send_to(b"hello", ("127.0.0.1", udp.local_addr().port())).await.unwrap();
    let mut buffer = [0; 16];
    let Incoming::Datagram { from, .. } = soon("the datagram", udp.receive(&mut buffer)).await.unwrap() else {
        panic!("a notice")
    };
    assert_eq!(from.to_string(), peer.local_addr().unwrap().to_string());
    udp.reply(from, b"and back").unwrap();
    assert_eq!(soon("the answer", peer.recv(&mut buffer)).await.unwrap(), 8);
    assert!(!udp.vouches(from, node(2)), "another port is another sender");
}
