//! Members on virtual time, over channels.

use crate::node;
use core::time::Duration;
use quorate::election::{self, CommandError as Refusal, Guarantee, Preempt, Record, Role, Start, Why as Ended};
use quorate::member::Profile;
use quorate::{Instant, NodeId, Seed, detector};
use quorate_tokio::clock::{Clock, Virtual};
use quorate_tokio::storage::{Storage, StorageError};
use quorate_tokio::transport::channel::Network;
use quorate_tokio::{
    Builder, Closed, CommandError, Error, Event, JoinError, Leader, Leadership, Life, Member, StopReason, Why,
};
use std::io;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

const LEASE: Duration = Profile::LAN.timing.lease;
/// Longer than any failover takes.
const LONG: Duration = Duration::from_secs(5);

/// Survives the member that uses it, and fails when it is told to.
#[derive(Clone, Debug, Default)]
struct Memory {
    record: Arc<Mutex<Option<Record>>>,
    fails: Arc<Mutex<bool>>,
}

impl Storage<Record> for Memory {
    async fn persist(&mut self, record: Record) -> Result<(), StorageError> {
        if *self.fails.lock().unwrap() {
            let error = io::ErrorKind::StorageFull.into();
            return Err(StorageError::Io { doing: "write", path: "memory".into(), error });
        }
        *self.record.lock().unwrap() = Some(record);
        Ok(())
    }
}

/// Some members, on one clock and one network.
struct Cluster {
    network: Network,
    clock: Virtual,
    memories: Vec<Memory>,
    members: Vec<Member>,
    lives: u64,
}

impl Cluster {
    fn builder(&self, id: u32) -> Builder {
        let size = u32::try_from(self.memories.len()).unwrap();
        let builder = Member::builder(node(id)).clock(self.clock).seed(Seed::new(7).for_node(node(id)));
        let peers = (1..=size).filter(|&peer| peer != id);
        peers.fold(builder.preempt(Preempt::Never), |builder, peer| builder.peer(node(peer), ""))
    }

    fn start(&mut self, id: u32, builder: Builder) -> Member {
        self.lives += 1;
        let memory = self.memories[id as usize - 1].clone();
        let record = *memory.record.lock().unwrap();
        let start = record.map_or(Start::First, Start::Recovered);
        let life = Life { incarnation: self.lives.into(), start };
        builder.join_over(self.network.join(node(id)), memory, life).unwrap()
    }

    async fn of(size: u32, adjust: impl Fn(u32, Builder) -> Builder) -> Self {
        let memories = (0..size).map(|_| Memory::default()).collect();
        let (network, clock) = (Network::new(), Virtual::new());
        let mut cluster = Self { network, clock, memories, members: Vec::new(), lives: 0 };
        for id in 1..=size {
            let builder = adjust(id, cluster.builder(id));
            let member = cluster.start(id, builder);
            cluster.members.push(member);
        }
        cluster
    }

    /// Three equal members that have agreed.
    async fn of_three() -> (Self, Leader) {
        let cluster = Self::of(3, |_, builder| builder).await;
        let leader = cluster.agreement(&[1, 2, 3]).await;
        (cluster, leader)
    }

    fn member(&self, id: u32) -> &Member {
        &self.members[id as usize - 1]
    }

    /// Waits until these members name one leader, which is among them.
    async fn agreement(&self, ids: &[u32]) -> Leader {
        self.agreement_on(ids, |_| true).await
    }

    async fn agreement_on(&self, ids: &[u32], wanted: impl Fn(Leader) -> bool) -> Leader {
        let agreed = || {
            let mut named = ids.iter().map(|&id| *self.member(id).leader().borrow());
            let first = named.next()??;
            (ids.contains(&first.id.get()) && wanted(first) && named.all(|other| other == Some(first))).then_some(first)
        };
        let wait = async {
            loop {
                if let Some(leader) = agreed() {
                    return leader;
                }
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(LONG, wait).await.unwrap_or_else(|_| {
            let seen = ids.iter().map(|&id| (id, *self.member(id).leader().borrow())).collect::<Vec<_>>();
            panic!("no agreement among {ids:?}: {seen:?}")
        })
    }
}

#[tokio::test(start_paused = true)]
async fn three_agree_and_the_highest_ranked_leads() {
    let (cluster, leader) = Cluster::of_three().await;
    assert_eq!(leader.id, node(3));
    for member in &cluster.members {
        let status = member.status();
        assert_eq!((status.leader, status.epoch), (Some(leader.id), leader.epoch));
        assert!(
            status.peers.iter().all(|peer| !peer.suspected && peer.last_heard.is_some() && peer.votes),
            "{status:?}"
        );
        assert_eq!(status.time_left_ms.is_some(), member.id() == leader.id);
        assert!(status.counters.frames_in > 0 && status.counters.dropped.is_empty(), "{status:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn priority_outranks_the_id() {
    let cluster = Cluster::of(3, |id, builder| if id == 1 { builder.priority(5) } else { builder }).await;
    assert_eq!(cluster.agreement(&[1, 2, 3]).await.id, node(1));
}

#[tokio::test(start_paused = true)]
async fn a_guard_knows_its_time_and_stays_valid_while_the_lease_is_renewed() {
    let (cluster, leader) = Cluster::of_three().await;
    let leadership = cluster.member(3).leadership().await.unwrap();
    assert_eq!(leadership.epoch(), leader.epoch);
    for _ in 0..100 {
        sleep(Duration::from_millis(37)).await;
        let left = leadership.time_left();
        assert!(leadership.is_valid() && left > Duration::from_millis(150) && left < LEASE, "{left:?}");
    }
    assert!(timeout(LEASE, leadership.doubtful()).await.is_err(), "nothing is to be told");
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_is_cut_off_is_warned_then_loses_and_only_then_is_another_elected() {
    let (cluster, before) = Cluster::of_three().await;
    let leadership = cluster.member(3).leadership().await.unwrap();
    cluster.network.isolate(node(3), true);
    let cut = cluster.clock.now();

    let watch = async {
        let stop = leadership.doubtful().await;
        assert_eq!(stop.reason, StopReason::RenewalOverdue);
        assert!(stop.left > Duration::from_millis(100) && leadership.is_valid(), "there is time to stop: {stop}");
        let until = stop.until;
        assert_eq!(leadership.lost().await, Why::Election(Ended::LeaseExpired));
        assert!(!leadership.is_valid() && leadership.time_left().is_zero());
        (cluster.clock.now(), until)
    };
    let elect = async {
        let leader = cluster.agreement_on(&[1, 2], |leader| leader.epoch > before.epoch).await;
        (cluster.clock.now(), leader)
    };
    let ((lost, until), (elected, leader)) = tokio::join!(watch, elect);
    assert!(lost <= until + Duration::from_millis(1) && lost < elected, "lost at {lost}, elected at {elected}");
    assert_eq!(leader.id, node(2));
    assert!(elected.since(cut) < Duration::from_millis(700), "after {:?}", elected.since(cut));

    cluster.network.isolate(node(3), false);
    drop(leadership); // Says that the work has stopped, about an epoch that is over: nothing happens to the new one.
    let after = cluster.agreement(&[1, 2, 3]).await;
    assert_eq!(after, leader);
    sleep(LONG).await;
    assert_eq!(cluster.agreement(&[1, 2, 3]).await, leader);
}

#[tokio::test(start_paused = true)]
async fn there_is_one_guard_for_each_leadership() {
    let (cluster, before) = Cluster::of_three().await;
    let member = cluster.member(3);
    let first = member.leadership().await.unwrap();
    assert!(timeout(LONG, member.leadership()).await.is_err(), "it is taken");
    // A waiter that gives up takes nothing with it.
    for _ in 0..10 {
        assert!(timeout(Duration::from_millis(1), member.leadership()).await.is_err());
    }
    let waiting = tokio::spawn({
        let member = member.clone();
        async move { member.leadership().await }
    });
    first.release().await;
    let after = cluster.agreement_on(&[1, 2, 3], |leader| leader.epoch > before.epoch).await;
    assert_eq!(after.id, node(2));
    cluster.member(2).transfer(node(3)).await.unwrap();
    let second = timeout(LONG, waiting).await.unwrap().unwrap().unwrap();
    assert!(second.epoch() > after.epoch && second.is_valid());
}

#[tokio::test(start_paused = true)]
async fn to_drop_the_guard_gives_the_leadership_up_at_once() {
    let (cluster, before) = Cluster::of_three().await;
    let leadership = cluster.member(3).leadership().await.unwrap();
    let (from, mut events) = (cluster.clock.now(), cluster.member(3).events());
    drop(leadership);
    loop {
        let stamped = events.recv().await.unwrap();
        if let Event::Election(election::Event::Lost { epoch, why, .. }) = stamped.event {
            assert_eq!((epoch, why), (before.epoch, Ended::Resigned));
            assert!(stamped.at.since(from) < Duration::from_millis(2), "at once, not when the lease ends");
            break;
        }
    }
    let after = cluster.agreement_on(&[1, 2, 3], |leader| leader.epoch > before.epoch).await;
    assert_eq!(after.id, node(2));
    assert!(cluster.clock.now().since(from) < LEASE, "nobody had to wait for the lease to run out");
}

#[tokio::test(start_paused = true)]
async fn who_resigns_waits_for_the_work_to_stop() {
    let (cluster, before) = Cluster::of_three().await;
    let member = cluster.member(3);
    let leadership = member.leadership().await.unwrap();
    member.resign().await.unwrap();
    let stop = leadership.doubtful().await;
    assert_eq!(stop.reason, StopReason::Ending(Ended::Resigned));
    sleep(Duration::from_millis(100)).await;
    assert!(leadership.is_valid(), "the work has not stopped yet, and nobody else may lead");
    leadership.release().await;
    let after = cluster.agreement_on(&[1, 2, 3], |leader| leader.epoch > before.epoch).await;
    assert_eq!(after.id, node(2));
}

#[tokio::test(start_paused = true)]
async fn work_that_does_not_stop_holds_a_resignation_up_for_a_lease_at_most() {
    let (cluster, before) = Cluster::of_three().await;
    let member = cluster.member(3);
    let leadership = member.leadership().await.unwrap();
    member.resign().await.unwrap();
    let asked = cluster.clock.now();
    assert_eq!(leadership.lost().await, Why::Election(Ended::Resigned));
    assert!(cluster.clock.now().since(asked) <= LEASE);
    cluster.agreement_on(&[1, 2, 3], |leader| leader.epoch > before.epoch).await;
    assert!(matches!(leadership.doubtful().await.reason, StopReason::Lost(_)));
}

#[tokio::test(start_paused = true)]
async fn a_leadership_that_nobody_asked_for_is_given_up_without_delay() {
    let (cluster, before) = Cluster::of_three().await;
    let asked = cluster.clock.now();
    cluster.member(3).resign().await.unwrap();
    cluster.agreement_on(&[1, 2, 3], |leader| leader.epoch > before.epoch).await;
    assert!(cluster.clock.now().since(asked) < LEASE);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_done_is_refused_with_a_reason() {
    let (cluster, _) = Cluster::of_three().await;
    let refused = |error| Err(CommandError::Refused(error));
    assert_eq!(cluster.member(1).resign().await, refused(Refusal::NotLeading));
    assert_eq!(cluster.member(3).transfer(node(9)).await, refused(Refusal::Unknown(node(9))));
    cluster.member(3).transfer(node(1)).await.unwrap();
    cluster.agreement_on(&[1, 2, 3], |leader| leader.id == node(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_may_lead_no_longer_resigns() {
    let (cluster, _) = Cluster::of_three().await;
    cluster.member(3).set_eligible(false).await.unwrap();
    cluster.agreement_on(&[1, 2, 3], |leader| leader.id == node(2)).await;
    cluster.member(1).set_priority(9).await.unwrap();
    cluster.member(2).resign().await.unwrap();
    cluster.agreement_on(&[1, 2, 3], |leader| leader.id == node(1)).await;
}

#[tokio::test(start_paused = true)]
async fn an_observer_learns_and_does_not_vote() {
    let adjust = |id, builder: Builder| match id {
        3 => builder.role(Role::Observer),
        _ => builder,
    };
    let memories = (0..3).map(|_| Memory::default()).collect();
    let (network, clock) = (Network::new(), Virtual::new());
    let mut cluster = Cluster { network, clock, memories, members: Vec::new(), lives: 0 };
    for id in 1..=3 {
        let base = Member::builder(node(id)).clock(clock).preempt(Preempt::Never);
        let builder = (1..=3).filter(|&peer| peer != id).fold(base, |builder, peer| match peer {
            3 => builder.observer_peer(node(3), ""),
            _ => builder.peer(node(peer), ""),
        });
        let member = cluster.start(id, adjust(id, builder));
        cluster.members.push(member);
    }
    assert_eq!(cluster.agreement(&[1, 2, 3]).await.id, node(2));
    let status = cluster.member(1).status();
    assert_eq!(status.peers.iter().map(|peer| peer.votes).collect::<Vec<_>>(), [true, false]);
    assert!(status.counters.dropped.is_empty());
}

#[tokio::test(start_paused = true)]
async fn lists_that_disagree_are_reported_and_elect_nobody_together() {
    // Node 1 does not know of node 3.
    let cluster = Cluster::of(3, |id, builder| match id {
        1 => Member::builder(node(1)).clock(Virtual::new()).peer(node(2), ""),
        _ => builder,
    })
    .await;
    let mut events = cluster.member(2).events();
    let told = timeout(LONG, async {
        loop {
            if let Event::Notice(notice) = events.recv().await.unwrap().event {
                return notice.to_string();
            }
        }
    });
    let told = told.await.unwrap();
    assert!(told.contains("node 1's list of members lacks voter 3"), "{told}");
    let leader = cluster.agreement(&[2, 3]).await;
    sleep(LONG).await;
    assert_eq!(cluster.agreement(&[2, 3]).await, leader);
    assert_eq!(*cluster.member(1).leader().borrow(), None);
    assert!(cluster.member(1).status().counters.dropped["roster_mismatch"] > 0);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_hands_over_and_frees_everything() {
    let (cluster, before) = Cluster::of_three().await;
    let member = cluster.member(3).clone();
    let leadership = member.leadership().await.unwrap();
    let work = tokio::spawn(async move {
        let stop = leadership.doubtful().await;
        sleep(Duration::from_millis(50)).await; // The work takes a while to stop.
        assert!(leadership.is_valid());
        leadership.release().await;
        stop.reason
    });
    let began = cluster.clock.now();
    member.shutdown().await.unwrap();
    assert_eq!(work.await.unwrap(), StopReason::Ending(Ended::Resigned));
    let leader = cluster.member(2).leader().borrow().unwrap();
    assert!(leader.id != node(3) && leader.epoch > before.epoch, "it waited for a successor: {leader:?}");
    assert!(cluster.clock.now().since(began) < LEASE);

    assert!(member.closed().await.is_ok() && member.shutdown().await.is_ok());
    assert_eq!(member.leadership().await.unwrap_err(), Closed);
    assert_eq!(member.resign().await, Err(CommandError::Closed));
    assert!(member.events().recv().await.is_err());
    assert_eq!(*member.leader().borrow(), None);
}

#[tokio::test(start_paused = true)]
async fn a_member_whose_disk_fails_stops_and_the_others_go_on() {
    let (cluster, before) = Cluster::of_three().await;
    *cluster.memories[1].fails.lock().unwrap() = true;
    cluster.network.isolate(node(3), true);
    let error = timeout(LONG, cluster.member(2).closed()).await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Storage(_)), "{error}");
    let record = cluster.memories[1].record.lock().unwrap().unwrap();
    assert_eq!(record.epoch, before.epoch, "what it had stored is as it was");
    assert_eq!(cluster.member(2).status().tallies.elections_won, 0);
    // Of three, one is down and one is cut off: nobody leads, until the latter is back.
    sleep(LONG).await;
    assert_eq!(*cluster.member(1).leader().borrow(), None);
    cluster.network.isolate(node(3), false);
    cluster.agreement(&[1, 3]).await;
}

#[tokio::test(start_paused = true)]
async fn a_restarted_member_remembers_what_it_promised() {
    let (mut cluster, before) = Cluster::of_three().await;
    let mut events = cluster.member(1).events();
    cluster.members[2].shutdown().await.unwrap();
    let builder = cluster.builder(3);
    cluster.members[2] = cluster.start(3, builder);
    let after = cluster.agreement(&[1, 2, 3]).await;
    assert!(after.epoch > before.epoch && after.id == node(2));
    let restarted = timeout(LONG, async {
        loop {
            if let Event::Monitor(detector::Event::Restarted { peer, incarnation }) = events.recv().await.unwrap().event
            {
                return (peer, incarnation);
            }
        }
    });
    assert_eq!(restarted.await.unwrap(), (node(3), 4.into()));
}

/// A clock that stands still for the driver's purposes until it jumps: a process that was stopped and goes on.
#[derive(Clone, Debug)]
struct Stoppable {
    clock: Virtual,
    slept: Arc<watch::Sender<Duration>>,
}

impl Clock for Stoppable {
    fn now(&self) -> Instant {
        self.clock.now() + *self.slept.borrow()
    }
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_slept_through_its_lease_knows_at_the_first_question() {
    let clock = Virtual::new();
    let stoppable = Stoppable { clock, slept: Arc::new(watch::channel(Duration::ZERO).0) };
    let cluster = Cluster::of(3, |id, builder| if id == 3 { builder.clock(stoppable.clone()) } else { builder }).await;
    cluster.agreement_on(&[1, 2, 3], |leader| leader.id == node(3)).await;
    let leadership: Leadership = cluster.member(3).leadership().await.unwrap();
    assert!(leadership.is_valid());
    stoppable.slept.send_replace(Duration::from_secs(60));
    // No driver has run, no timer has fired, nothing was awaited.
    assert!(!leadership.is_valid());
    assert!(matches!(leadership.doubtful().await.reason, StopReason::Lost(Why::Election(Ended::LeaseExpired))));
}

#[tokio::test(start_paused = true)]
async fn a_guard_is_told_that_the_member_stopped() {
    let (cluster, _) = Cluster::of_three().await;
    let leadership = cluster.member(3).leadership().await.unwrap();
    // Somebody else joins in its place, so its channel closes: its transport is gone.
    let _usurper = cluster.network.join(node(3));
    let error = timeout(LONG, cluster.member(3).closed()).await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Transport(_)), "{error}");
    assert_eq!(leadership.lost().await, Why::Stopped);
    assert!(!leadership.is_valid());
}

#[tokio::test(start_paused = true)]
async fn without_leases_a_guard_is_valid_until_it_is_told() {
    let cluster = Cluster::of(2, |_, builder| builder.guarantee(Guarantee::PerPartition)).await;
    cluster.agreement_on(&[1, 2], |leader| leader.id == node(2)).await;
    let leadership = cluster.member(2).leadership().await.unwrap();
    assert_eq!(leadership.valid_until(), Instant::FAR_FUTURE);
    assert!(timeout(LONG, leadership.doubtful()).await.is_err());
    assert_eq!(cluster.member(2).status().time_left_ms, None);
    leadership.release().await;
    cluster.agreement_on(&[1, 2], |leader| leader.id == node(1)).await;
}

#[tokio::test]
async fn what_cannot_be_joined_is_said_before_anything_is_touched() {
    let builder = || Member::builder(node(1)).peer(node(2), "127.0.0.1:9").listen("127.0.0.1:0");
    let error = builder().peer(node(2), "127.0.0.1:8").diskless().join().await.unwrap_err();
    assert!(matches!(error, JoinError::Group(_)), "{error}");
    let error = builder().join().await.unwrap_err();
    assert!(error.to_string().contains("diskless"), "{error}");
    let error = builder().listen("0.0.0.0:0").diskless().join().await.unwrap_err();
    assert!(matches!(error, JoinError::Insecure { .. }), "{error}");
    let error = builder().listen("nowhere").diskless().join().await.unwrap_err();
    assert!(matches!(&error, JoinError::Address { name, .. } if name == "nowhere"), "{error}");
    let error = builder().group("").check().unwrap_err();
    assert!(matches!(error, JoinError::GroupName { .. }), "{error}");
    let error = builder().peer(NodeId::new(u32::MAX), "").check().unwrap_err();
    assert!(matches!(error, JoinError::ReservedId { .. }), "{error}");
    let hasty = Profile { detection: Duration::from_millis(100), ..Profile::LAN };
    let error = builder().profile(hasty).check().unwrap_err();
    assert!(error.to_string().contains("100ms"), "{error}");
}
