//! A step of each machine, idle and busy.

use super::driven::Driven;
use crate::Workload;
use core::hint::black_box;
use core::time::Duration;
use quorate::barrier::dissemination::{self, Dissemination, Signal};
use quorate::barrier::{self, PartyId, coordinator, party};
use quorate::clock::{self, HybridClock, LamportClock, LamportStamp, Process, VectorClock, WallTime};
use quorate::detector::{Heartbeat, Timeout, TimeoutConfig};
use quorate::election::{self, Election, Guarantee, Message, Start};
use quorate::host::{self, Host};
use quorate::lease::holder::{self, Holder, Patience, Timing};
use quorate::lease::{self, ClaimId, Mode, authority};
use quorate::member::{self, DetectorKind, Member, Profile};
use quorate::{DriftBound, Epoch, Group, Incarnation, Input, Instant, Machine, NodeId, Output, Seed, To};

const ME: NodeId = NodeId::new(1);
const PEERS: [NodeId; 2] = [NodeId::new(2), NodeId::new(3)];
/// A client of the cluster.
const CLIENT: NodeId = NodeId::new(1 << 31);
/// How long after the last step an idle one is: too early for anything.
const NOTHING: Duration = Duration::from_micros(1);

fn group<const N: usize>() -> Group<N> {
    Group::new(ME, &PEERS).expect("two peers")
}

/// Early ticks, of which nothing comes.
fn idle<M: Machine + 'static>(driven: Driven<M>) -> Workload {
    let Driven { mut machine, now } = driven;
    let now = now + NOTHING;
    assert!(machine.deadline().is_none_or(|deadline| deadline > now), "it is not idle");
    Workload::new(move || {
        black_box(&machine.step(Input::Tick, black_box(now)));
    })
}

type Stamping = Process<LamportClock, u32, 8>;

fn process() -> Driven<Stamping> {
    let config = clock::Config::new(group(), LamportClock::new(ME), 1_000_000).expect("a reserve");
    Driven::new(Box::new(Process::new(config, None, (), Instant::ORIGIN)))
}

/// A process that stamps by Lamport's clock, with nothing to do.
#[must_use]
pub fn process_idle() -> Workload {
    idle(process())
}

/// It stamps the receipt of a message.
#[must_use]
pub fn process_receive() -> Workload {
    let mut process = process();
    let mut time = 0;
    Workload::new(move || {
        time += 2;
        let message = clock::Message { stamp: LamportStamp { time, node: PEERS[0] }, payload: 7 };
        process.step(Input::Receive { from: PEERS[0], message });
    })
}

/// It stamps a message to everybody, by a hybrid clock.
#[must_use]
pub fn process_send_hybrid() -> Workload {
    let wall = WallTime::since_1970(Duration::from_secs(1_800_000_000)).expect("2027");
    let clock = HybridClock::new(Duration::from_millis(500));
    let config = clock::Config::<_, 8>::new(group(), clock, 1_000).expect("a reserve");
    let mut process = Driven::new(Box::new(Process::new(config, None, wall, Instant::ORIGIN)));
    Workload::new(move || {
        process.now = process.now + NOTHING;
        process.step(Input::Command(clock::Command::Send { to: To::Peers, payload: 7_u32 }));
    })
}

/// It stamps a message to everybody, by a vector clock of eight.
#[must_use]
pub fn process_send_vector() -> Workload {
    let clock = VectorClock::<8>::of(&group::<8>()).expect("a position");
    let config = clock::Config::<_, 8>::new(group(), clock, 1_000_000).expect("a reserve");
    let mut process = Driven::new(Box::new(Process::new(config, None, (), Instant::ORIGIN)));
    Workload::new(move || process.step(Input::Command(clock::Command::Send { to: To::Peers, payload: 7_u32 })))
}

fn election() -> Driven<Election<8>> {
    let config = election::Config::new(Guarantee::Majority, Profile::LAN.timing, Seed::new(7)).expect("timings");
    let election = Election::new(config, group(), &[], Start::First, Instant::ORIGIN).expect("a group");
    Driven::new(Box::new(election))
}

/// A coordinator message of a leader that has sent it at this time by its own clock.
fn coordinator(sent: Instant) -> Message {
    Message::Coordinator { epoch: Epoch::new(7), priority: 0, sent }
}

fn follower() -> Driven<Election<8>> {
    let mut follower = election();
    follower.step(Input::Receive { from: PEERS[0], message: coordinator(Instant::ORIGIN) });
    follower
}

/// A follower between two messages of its leader.
#[must_use]
pub fn election_follower_idle() -> Workload {
    idle(follower())
}

/// A follower hears its leader and acknowledges it.
#[must_use]
pub fn election_follower_renews() -> Workload {
    let mut follower = follower();
    let renew = Profile::LAN.timing.renew;
    Workload::new(move || {
        follower.now = follower.now + renew;
        let sent = follower.now;
        follower.step(Input::Receive { from: PEERS[0], message: coordinator(sent) });
    })
}

/// Has a majority elect it: its peers agree with whatever it says.
fn elected<M: Machine>(
    driven: &mut Driven<M>,
    lift: impl Fn(Message) -> M::Message,
    lower: impl Fn(&M::Message) -> Option<Message>,
    leads: impl Fn(&M) -> bool,
) {
    while !leads(&driven.machine) {
        driven.now = driven.machine.deadline().unwrap_or(driven.now).max(driven.now);
        let mut answers = Vec::new();
        for output in &driven.machine.step(Input::Tick, driven.now) {
            let Output::Send { message, .. } = output else { continue };
            answers.extend(lower(message).and_then(agreeing));
        }
        while let Some(answer) = answers.pop() {
            for output in &driven.machine.step(Input::Receive { from: PEERS[0], message: lift(answer) }, driven.now) {
                let Output::Send { message, .. } = output else { continue };
                answers.extend(lower(message).and_then(agreeing));
            }
        }
    }
}

/// What a voter answers that agrees.
fn agreeing(message: Message) -> Option<Message> {
    Some(match message {
        Message::PreVote { epoch, .. } => Message::Answer { epoch, verdict: election::Verdict::Would },
        Message::Election { epoch, .. } => Message::Answer { epoch, verdict: election::Verdict::Granted },
        Message::Coordinator { epoch, sent, .. } => Message::Acknowledge { epoch, sent, priority: 0, eligible: true },
        _ => return None,
    })
}

fn leader() -> Driven<Election<8>> {
    let mut leader = election();
    let leads = |election: &Election<8>| election.standing() == election::Standing::Leading;
    elected(&mut leader, |message| message, |message| Some(*message), leads);
    leader
}

/// A leader between two renewals.
#[must_use]
pub fn election_leader_idle() -> Workload {
    idle(leader())
}

/// A leader renews its lease: two steps, the tick and the acknowledgement that makes a majority.
#[must_use]
pub fn election_leader_renews() -> Workload {
    let mut leader = leader();
    Workload::new(move || {
        leader.now = leader.machine.deadline().unwrap_or(leader.now);
        let mut said = None;
        leader.say(Input::Tick, |message| said = agreeing(message));
        if let Some(message) = said {
            leader.step(Input::Receive { from: PEERS[0], message });
        }
    })
}

fn member() -> Driven<Member<Timeout, 8>> {
    let config = member_config();
    let member = Member::new(config, group(), &[], Incarnation::new(1), Start::First, Instant::ORIGIN);
    Driven::new(Box::new(member.expect("a group")))
}

fn member_config() -> member::Config<Timeout> {
    let Ok(profile) = Profile::LAN.config::<16>(DetectorKind::Timeout, Guarantee::Majority, Seed::new(7)) else {
        unreachable!("the profile is a good one")
    };
    let detector = TimeoutConfig::new(Profile::LAN.detection).expect("a timeout");
    member::Config { monitor: profile.monitor, detector, election: profile.election }
}

/// A member between two messages.
#[must_use]
pub fn member_idle() -> Workload {
    idle(member())
}

/// A member hears a heartbeat.
#[must_use]
pub fn member_heartbeat() -> Workload {
    let mut member = member();
    let mut sequence = 0;
    Workload::new(move || {
        sequence += 1;
        let message = Heartbeat { incarnation: Incarnation::new(1), sequence };
        let message = member::Message::Heartbeat(message);
        member.step(Input::Receive { from: PEERS[0], message });
    })
}

const LEASE: Duration = Duration::from_secs(3);
/// How many other locks are held while one is taken.
const HELD: u32 = 32;

type Locks = authority::Fixed<u32, 64>;

fn grants() -> Driven<Locks> {
    let config = authority::Config::new(Duration::from_secs(3_600), DriftBound::QUARTZ).expect("a lease");
    let mut grants = Driven::new(Box::new(Locks::new(config, None, Instant::ORIGIN)));
    for resource in 1..=HELD {
        let message =
            acquire(ClaimId::new((1 << 50) + u64::from(resource)), resource, grants.now, Duration::from_secs(3_600));
        grants.step(Input::Receive { from: CLIENT, message });
    }
    grants
}

const fn acquire(claim: ClaimId, resource: u32, sent: Instant, lease: Duration) -> lease::Message<u32> {
    lease::Message::Acquire { claim, resource, mode: Mode::Exclusive, wait: true, lease, sent }
}

/// An authority with 32 locks held, with nothing to do.
#[must_use]
pub fn authority_idle() -> Workload {
    idle(grants())
}

/// It grants a lock and takes it back: two steps.
#[must_use]
pub fn authority_grants() -> Workload {
    let mut grants = grants();
    let mut claim = ClaimId::new(1 << 40);
    Workload::new(move || {
        claim = claim.next();
        let mut token = None;
        let message = acquire(claim, 0, grants.now, LEASE);
        grants.say(Input::Receive { from: CLIENT, message }, |answer| {
            if let lease::Message::Granted { token: granted, .. } = answer {
                token = Some(granted);
            }
        });
        grants.step(Input::Receive { from: CLIENT, message: lease::Message::Release { claim, token } });
    })
}

fn holder() -> Driven<Holder<u32, 4>> {
    let config = holder::Config::new(Timing::for_lease(LEASE, DriftBound::QUARTZ), Seed::new(7)).expect("timings");
    let group = Group::new(CLIENT, &[ME]).expect("a peer");
    Driven::new(Box::new(Holder::new(config, group, ClaimId::new(1), Some(ME), Instant::ORIGIN)))
}

/// A holder that holds nothing.
#[must_use]
pub fn holder_idle() -> Workload {
    idle(holder())
}

/// A lock taken and released, both sides of it: eight steps.
#[must_use]
pub fn holder_and_authority() -> Workload {
    let (mut holder, mut grants) = (holder(), grants());
    Workload::new(move || {
        let take = holder::Command::Acquire { resource: 0, mode: Mode::Exclusive, patience: Patience::Forever };
        for command in [take, holder::Command::Release] {
            let (mut asked, mut answered) = (None, None);
            holder.say(Input::Command(command), |message| asked = Some(message));
            if let Some(message) = asked {
                grants.say(Input::Receive { from: CLIENT, message }, |message| answered = Some(message));
            }
            if let Some(message) = answered {
                holder.step(Input::Receive { from: ME, message });
            }
            let held = holder.machine.token().is_some();
            assert_eq!(held, command == take, "it is held exactly between the two");
        }
    })
}

type Meetings = coordinator::Fixed<u32, 4, 8>;

fn meetings() -> Driven<Meetings> {
    Driven::new(Box::new(Meetings::new(coordinator::Config::LAN, None, Instant::ORIGIN)))
}

/// A coordinator without barriers.
#[must_use]
pub fn coordinator_idle() -> Workload {
    idle(meetings())
}

fn party(number: u64) -> Driven<party::Party<u32, 4>> {
    let config = party::Config::new(2, party::Timing::LAN, Seed::new(number)).expect("timings");
    let group = Group::new(CLIENT, &[ME]).expect("a peer");
    Driven::new(Box::new(party::Party::new(config, 7, group, PartyId::new(number), Some(ME), Instant::ORIGIN)))
}

/// A party that has not arrived.
#[must_use]
pub fn party_idle() -> Workload {
    idle(party(1))
}

/// Two parties meet at a barrier, with its coordinator: all steps from the first arrival to the last release.
#[must_use]
pub fn barrier_generation() -> Workload {
    let mut parties = [party(1), party(2)];
    let mut meetings = meetings();
    let mut post: std::collections::VecDeque<(Option<usize>, barrier::Message<u32>)> =
        std::collections::VecDeque::with_capacity(64);
    Workload::new(move || {
        let now = meetings.now + Duration::from_millis(1);
        meetings.advance_to(now);
        for party in &mut parties {
            party.advance_to(now);
            let arrive = party::Command::Arrive { patience: None };
            party.say(Input::Command(arrive), |message| post.push_back((None, message)));
        }
        while let Some((to, message)) = post.pop_front() {
            match to {
                Some(place) => {
                    let receive = Input::Receive { from: ME, message };
                    parties[place].say(receive, |message| post.push_back((None, message)));
                }
                None => meetings.say(Input::Receive { from: CLIENT, message }, |message| {
                    post.push_back((place_of(&message), message));
                }),
            }
        }
        debug_assert!(parties.iter().all(|party| party.machine.standing() == party::Standing::Present));
    })
}

/// For which of the two parties a coordinator's message is.
fn place_of(message: &barrier::Message<u32>) -> Option<usize> {
    let party = match message {
        barrier::Message::Coordinates { party, .. }
        | barrier::Message::Noted { party, .. }
        | barrier::Message::Prepare { party, .. }
        | barrier::Message::Settled { party, .. }
        | barrier::Message::Refused { party, .. }
        | barrier::Message::Left { party, .. } => *party,
        _ => return None,
    };
    Some(if party == PartyId::new(1) { 0 } else { 1 })
}

fn disseminating(me: u32, other: u32) -> Driven<Dissemination<8>> {
    let config = dissemination::Config::new(Duration::from_millis(50), Seed::new(7)).expect("timings");
    let group = Group::new(NodeId::new(me), &[NodeId::new(other)]).expect("a peer");
    Driven::new(Box::new(Dissemination::new(config, group, Incarnation::new(1), Instant::ORIGIN)))
}

/// A member of a barrier without a coordinator, which has asked and waits for an answer.
#[must_use]
pub fn dissemination_idle() -> Workload {
    idle(disseminating(1, 2))
}

/// Two members meet without a coordinator: all steps of a generation.
#[must_use]
pub fn dissemination_generation() -> Workload {
    let mut members = [disseminating(1, 2), disseminating(2, 1)];
    let mut post: std::collections::VecDeque<(usize, Signal)> = std::collections::VecDeque::with_capacity(64);
    let mut meet = move || {
        for (place, member) in members.iter_mut().enumerate() {
            let now = member.now + Duration::from_millis(60);
            while let Some(at) = member.machine.deadline().filter(|at| *at <= now) {
                member.now = at.max(member.now);
                member.say(Input::Tick, |signal| post.push_back((1 - place, signal)));
            }
            member.now = now;
            let arrive = Input::Command(dissemination::Command::Arrive);
            member.say(arrive, |signal| post.push_back((1 - place, signal)));
        }
        while let Some((place, message)) = post.pop_front() {
            let from = NodeId::new(2 - place as u32);
            members[place].say(Input::Receive { from, message }, |signal| post.push_back((1 - place, signal)));
        }
    };
    meet(); // they find each other
    Workload::new(meet)
}

type Hosting = Host<Timeout, u32, 8, 64, 4, 8>;

fn hosting() -> Driven<Hosting> {
    let config =
        host::Config::new(member_config(), Profile::LAN.leases(), Profile::LAN.barriers()).expect("a majority");
    let host = Host::new(config, group(), &[], Incarnation::new(1), Start::First, Instant::ORIGIN);
    let mut host = Driven::new(Box::new(host.expect("a group")));
    let lift = |message| host::Message::Member(member::Message::Election(message));
    let lower = |message: &host::Message<u32>| match message {
        host::Message::Member(member::Message::Election(message)) => Some(*message),
        _ => None,
    };
    let leads = |host: &Hosting| host.member().election().standing() == election::Standing::Leading;
    elected(&mut host, lift, lower, leads);
    // Until the grace period is over, which lasts a few leases, it goes on being elected.
    let opens = host.now + Profile::LAN.leases().grace() + Duration::from_secs(1);
    while host.now < opens {
        host.now = host.machine.deadline().unwrap_or(opens).max(host.now);
        let mut answers = Vec::new();
        host.say(Input::Tick, |message| answers.extend(lower(&message).and_then(agreeing)));
        for answer in answers {
            host.step(Input::Receive { from: PEERS[0], message: lift(answer) });
        }
        for from in PEERS {
            let message = Heartbeat { incarnation: Incarnation::new(1), sequence: host.now.as_nanos() + 1 };
            let message = host::Message::Member(member::Message::Heartbeat(message));
            host.step(Input::Receive { from, message });
        }
    }
    host
}

/// A leader that hosts locks and barriers, between two messages.
#[must_use]
pub fn host_idle() -> Workload {
    idle(hosting())
}

/// It grants a lock and takes it back: two steps.
#[must_use]
pub fn host_grants() -> Workload {
    let mut host = hosting();
    let mut claim = ClaimId::new(1 << 40);
    Workload::new(move || {
        claim = claim.next();
        let mut token = None;
        let message = host::Message::Lease(acquire(claim, 0, host.now, LEASE));
        host.say(Input::Receive { from: CLIENT, message }, |answer| {
            if let host::Message::Lease(lease::Message::Granted { token: granted, .. }) = answer {
                token = Some(granted);
            }
        });
        let message = host::Message::Lease(lease::Message::Release { claim, token });
        host.step(Input::Receive { from: CLIENT, message });
    })
}
