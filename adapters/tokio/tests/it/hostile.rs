//! What a member does about datagrams that nobody should send: it counts and reports them, and goes on.

use crate::sockets::keyring;
use crate::{node, soon, until};
use core::net::SocketAddr;
use core::time::Duration;
use quorate::detector::Heartbeat;
use quorate::member::Message;
use quorate::{Incarnation, NodeId, Seed, To};
use quorate_tokio::status::ask;
use quorate_tokio::{Event, Member, Notice, Rejection, Stamped};
use quorate_wire::{Codec, GroupId, Keyring, MAX_DATAGRAM, Rejected, Roster, Sender};
use tokio::net::UdpSocket;
use tokio::sync::broadcast;

/// A member with the id 1, whose peers 2 and 3 are sockets in the test's hands, and a socket of nobody's.
struct Siege {
    member: Member,
    events: broadcast::Receiver<Stamped>,
    two: UdpSocket,
    three: UdpSocket,
    nobody: UdpSocket,
    keys: Option<Keyring>,
}

/// What somebody who makes frames can choose.
#[derive(Clone)]
struct Forger {
    group: &'static str,
    keys: Option<Keyring>,
    roster: Roster,
    id: NodeId,
    incarnation: u64,
}

impl Forger {
    /// The first heartbeat of such a life.
    fn frame(&self, to: To) -> Vec<u8> {
        let group = GroupId::from_name(self.group);
        let codec = self.keys.as_ref().map_or_else(|| Codec::plain(group), |keys| Codec::sealed(group, keys));
        let incarnation = Incarnation::new(self.incarnation);
        let heartbeat = Message::Heartbeat(Heartbeat { incarnation, sequence: 1 });
        let mut sender = Sender::new(&codec, self.roster, self.id, incarnation);
        sender.frame(&codec, to, &heartbeat, &mut [0; MAX_DATAGRAM]).unwrap().to_vec()
    }
}

impl Siege {
    async fn begin(keys: Option<Keyring>) -> Self {
        let socket = async || UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let (two, three, nobody) = (socket().await, socket().await, socket().await);
        let mut builder = Member::builder(node(1)).listen("127.0.0.1:0").diskless();
        builder = builder.peer(node(2), two.local_addr().unwrap()).peer(node(3), three.local_addr().unwrap());
        if let Some(keys) = &keys {
            builder = builder.keyring(keys.clone());
        }
        let member = builder.join().await.unwrap();
        let events = member.events();
        Self { member, events, two, three, nobody, keys }
    }

    /// Node 2, who does everything right.
    fn honest(&self) -> Forger {
        let roster = Roster::digest([1, 2, 3].map(|id| (node(id), true)));
        Forger { group: "quorate", keys: self.keys.clone(), roster, id: node(2), incarnation: 5 }
    }

    fn address(&self) -> SocketAddr {
        self.member.local_addr()
    }

    fn count(&self, name: &str) -> u64 {
        self.member.counters().dropped.get(name).copied().unwrap_or(0)
    }

    /// Sends this, and waits until it has been dropped for that reason, not the first one to be.
    async fn is_dropped_too(&self, from: impl Fn(&Self) -> &UdpSocket, datagram: &[u8], name: &str) {
        let before = self.count(name);
        from(self).send_to(datagram, self.address()).await.unwrap();
        until(name, || self.count(name) > before).await;
    }

    /// Sends this, and waits until it has been dropped for that reason, and reported.
    async fn is_dropped(&mut self, from: impl Fn(&Self) -> &UdpSocket, datagram: &[u8], name: &str) -> Rejection {
        self.is_dropped_too(from, datagram, name).await;
        let report = async {
            loop {
                if let Event::Notice(Notice::Dropped { rejection, .. }) = self.events.recv().await.unwrap().event
                    && rejection.name() == name
                {
                    return rejection;
                }
            }
        };
        soon("the report", report).await
    }

    async fn still_answers(&self) {
        let status = ask(self.address(), "quorate", self.keys.as_ref(), Duration::from_secs(10)).await.unwrap();
        assert_eq!(status.id, node(1));
        assert!(self.member.leader().borrow().is_none());
    }
}

#[tokio::test]
async fn bad_datagrams_in_a_group_without_keys() {
    let mut siege = Siege::begin(None).await;
    let honest = siege.honest();
    let good = honest.frame(To::Peers);

    siege.is_dropped(|siege| &siege.nobody, b"", "truncated").await;
    siege.is_dropped(|siege| &siege.nobody, b"GET / HTTP/1.1\r\n\r\n", "unknown_version").await;
    siege.is_dropped(|siege| &siege.nobody, &[1; 60_000], "too_large").await;
    siege.is_dropped(|siege| &siege.two, &good[..good.len() - 1], "bad_checksum").await;
    let mut altered = good.clone();
    altered[50] ^= 1;
    siege.is_dropped_too(|siege| &siege.two, &altered, "bad_checksum").await;

    let other = Forger { group: "other", ..honest.clone() };
    siege.is_dropped(|siege| &siege.two, &other.frame(To::Peers), "wrong_group").await;
    let sealed = Forger { keys: Some(keyring(1, 7)), ..honest.clone() };
    siege.is_dropped(|siege| &siege.two, &sealed.frame(To::Peers), "sealed").await;

    // Another's id: from an address that is not that member's. It must not make the member's own frames look old.
    let forged = Forger { incarnation: u64::MAX, ..honest.clone() }.frame(To::Peers);
    let rejection = siege.is_dropped(|siege| &siege.nobody, &forged, "wrong_address").await;
    let said = rejection.to_string();
    assert!(said.contains("node 2") && said.contains(&siege.two.local_addr().unwrap().to_string()), "{said}");
    siege.is_dropped_too(|siege| &siege.three, &forged, "wrong_address").await;

    // This member's own id.
    let twin = Forger { id: node(1), ..honest.clone() };
    let rejection = siege.is_dropped(|siege| &siege.nobody, &twin.frame(To::Peers), "own_id").await;
    assert!(rejection.is_own_id() && rejection.to_string().contains("two members have the same identifier"));

    let stranger = Forger { id: node(9), ..honest.clone() };
    siege.is_dropped(|siege| &siege.nobody, &stranger.frame(To::Peers), "unknown_sender").await;
    siege.is_dropped(|siege| &siege.two, &honest.frame(To::Node(node(3))), "misdirected").await;
    let roster = Roster::digest([(node(1), true), (node(2), true)]);
    let rejection = siege
        .is_dropped(|siege| &siege.two, &Forger { roster, ..honest.clone() }.frame(To::Peers), "roster_mismatch")
        .await;
    assert!(rejection.to_string().contains("lacks voter 3"), "{rejection}");

    // Only now something good; then the same again, and something from before node 2's last restart.
    let taken = siege.member.counters().frames_in;
    siege.two.send_to(&good, siege.address()).await.unwrap();
    until("the good frame", || siege.member.counters().frames_in == taken + 1).await;
    let rejection = siege.is_dropped(|siege| &siege.two, &good, "replay").await;
    assert_eq!(rejection, Rejection::Frame(Rejected::Replay { sender: node(2), sequence: 1 }));
    let older = Forger { incarnation: 4, ..honest.clone() };
    siege.is_dropped(|siege| &siege.two, &older.frame(To::Peers), "older_incarnation").await;

    assert_eq!(siege.member.counters().frames_in, taken + 1, "nothing else was taken");
    siege.still_answers().await;
}

#[tokio::test]
async fn bad_datagrams_in_a_group_with_keys() {
    let mut siege = Siege::begin(Some(keyring(1, 7))).await;
    let honest = siege.honest();
    let good = honest.frame(To::Peers);
    siege.is_dropped(|siege| &siege.two, &Forger { keys: None, ..honest.clone() }.frame(To::Peers), "plain").await;
    let foreign = |id, byte| Forger { keys: Some(keyring(id, byte)), ..honest.clone() }.frame(To::Peers);
    siege.is_dropped(|siege| &siege.two, &foreign(2, 8), "unknown_key").await;
    siege.is_dropped(|siege| &siege.two, &foreign(1, 8), "bad_tag").await;
    let mut altered = good.clone();
    altered[50] ^= 1;
    siege.is_dropped_too(|siege| &siege.two, &altered, "bad_tag").await;

    let taken = siege.member.counters().frames_in;
    siege.two.send_to(&good, siege.address()).await.unwrap();
    until("the good frame", || siege.member.counters().frames_in == taken + 1).await;
    siege.is_dropped(|siege| &siege.two, &good, "replay").await;
    siege.still_answers().await;
}

#[tokio::test]
async fn a_flood_of_noise_is_reported_seldom_and_stops_nothing() {
    const DATAGRAMS: u64 = 2_000;
    let mut siege = Siege::begin(None).await;
    let seed = 20_261_122;
    println!("noise from Seed::new({seed})");
    let mut random = Seed::new(seed).random();
    for n in 1..=DATAGRAMS {
        let length = random.below(1_300);
        let noise: Vec<u8> = (0..length).map(|_| random.number().to_le_bytes()[0]).collect();
        siege.nobody.send_to(&noise, siege.address()).await.unwrap();
        // One at a time, so that none is lost on the way.
        until("the drop", || siege.member.counters().dropped.values().sum::<u64>() == n).await;
    }
    siege.still_answers().await;
    let mut reports = 0;
    while let Ok(stamped) = siege.events.try_recv() {
        reports += u64::from(matches!(stamped.event, Event::Notice(Notice::Dropped { .. })));
    }
    assert!(reports > 0 && reports < DATAGRAMS / 2, "{reports} reports");
}
