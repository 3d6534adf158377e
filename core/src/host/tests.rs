//! One host that is alone: when its authority is open, and when it is not.

use super::{Command, Config, Event, Host, Message};
use crate::detector::{MonitorConfig, Timeout, TimeoutConfig};
use crate::election::{self, Guarantee, Start};
use crate::lease::{self, ClaimId, Mode, Refusal, authority};
use crate::member::{self, Profile};
use crate::{Epoch, FencingToken, Group, Incarnation, Input, Instant, Machine, NodeId, Output, Seed};
use std::vec::Vec;

const CLIENT: NodeId = NodeId::new(1 << 31);

type Lone = Host<Timeout, u8, 2, 4, 2, 2>;

fn host(peers: &[NodeId]) -> Lone {
    let election = election::Config::new(Guarantee::Majority, Profile::LAN.timing, Seed::new(1)).unwrap();
    let member = member::Config {
        monitor: MonitorConfig::new(Profile::LAN.interval).unwrap(),
        detector: TimeoutConfig::new(Profile::LAN.detection).unwrap(),
        election,
    };
    let config = Config::new(member, Profile::LAN.leases(), Profile::LAN.barriers()).unwrap();
    let group = Group::new(NodeId::new(1), peers).unwrap();
    Host::new(config, group, &[], Incarnation::new(1), Start::First, Instant::ORIGIN).unwrap()
}

/// Ticks it whenever it is due, until it has told what is looked for; when that was.
fn until(host: &mut Lone, told: impl Fn(&Event<u8>) -> bool) -> Instant {
    for _ in 0..10_000 {
        let now = host.deadline().expect("it waits for something");
        if host.step(Input::Tick, now).events().any(&told) {
            return now;
        }
    }
    panic!("it never tells that")
}

fn acquire(claim: u64, now: Instant) -> Input<Command<u8>, Message<u8>> {
    let (lease, mode) = (Profile::LAN.leases().longest(), Mode::Exclusive);
    let message =
        lease::Message::Acquire { claim: ClaimId::new(claim), resource: 7, mode, wait: false, lease, sent: now };
    Input::Receive { from: CLIENT, message: Message::Lease(message) }
}

fn answers(host: &mut Lone, input: Input<Command<u8>, Message<u8>>, now: Instant) -> Vec<lease::Message<u8>> {
    let outputs = host.step(input, now).into_iter();
    outputs
        .filter_map(|output| match output {
            Output::Send { message: Message::Lease(message), .. } => Some(message),
            _ => None,
        })
        .collect()
}

fn opened(event: &Event<u8>) -> bool {
    matches!(event, Event::Lease(authority::Event::Opened { .. }))
}

#[test]
fn who_leads_grants_after_the_grace_period_with_tokens_of_its_epoch() {
    let mut host = host(&[]);
    let opening = until(&mut host, |event| matches!(event, Event::Lease(authority::Event::Opening { .. })));
    let grace = Profile::LAN.leases().grace();
    assert!(matches!(
        answers(&mut host, acquire(1, opening), opening)[..],
        [lease::Message::Refused { refusal: Refusal::Grace(left), .. }] if left == grace
    ));
    let now = until(&mut host, opened);
    assert_eq!(now.since(opening), grace);
    let granted = answers(&mut host, acquire(2, now), now);
    let first = FencingToken::new(Epoch::new(1), 1).unwrap();
    assert!(matches!(granted[..], [lease::Message::Granted { token, .. }] if token == first), "{granted:?}");
}

#[test]
fn who_has_peers_and_no_leader_sends_clients_elsewhere() {
    let mut host = host(&[NodeId::new(2)]);
    let answer = answers(&mut host, acquire(1, Instant::ORIGIN), Instant::ORIGIN);
    assert!(matches!(answer[..], [lease::Message::Refused { refusal: Refusal::Elsewhere(None), .. }]), "{answer:?}");
    // And knows where, as soon as it follows somebody.
    let (epoch, priority, sent) = (Epoch::new(3), 0, Instant::ORIGIN);
    let leads = election::Message::Coordinator { epoch, priority, sent };
    let message = Message::Member(member::Message::Election(leads));
    let now = Instant::from_millis(1);
    let _ = host.step(Input::Receive { from: NodeId::new(2), message }, now);
    let answer = answers(&mut host, acquire(1, now), now);
    let two = Some(NodeId::new(2));
    assert!(matches!(answer[..], [lease::Message::Refused { refusal: Refusal::Elsewhere(to), .. }] if to == two));
}

#[test]
fn who_gives_the_leadership_up_grants_nothing_while_its_work_is_stopped() {
    let mut host = host(&[]);
    let now = until(&mut host, opened);
    let _ = host.step(Input::Command(Command::Election(election::Command::Resign)), now);
    let answer = answers(&mut host, acquire(1, now), now);
    assert!(matches!(answer[..], [lease::Message::Refused { refusal: Refusal::Elsewhere(None), .. }]), "{answer:?}");
    assert_eq!(host.authority().epoch(), None);
}

#[test]
fn trap_a_paused_leader_grants_nothing_after_its_lease() {
    let peers = [NodeId::new(2), NodeId::new(3)];
    let mut host = host(&peers);
    // Two vote for it, and it opens.
    let mut now = Instant::ORIGIN;
    let mut leads = false;
    while !leads {
        now = host.deadline().unwrap();
        let mut asked: Vec<_> = host.step(Input::Tick, now).into_iter().collect();
        while let Some(output) = asked.pop() {
            let verdict = match output {
                Output::Send { message: Message::Member(member::Message::Election(message)), .. } => match message {
                    election::Message::PreVote { epoch, .. } => (epoch, election::Verdict::Would),
                    election::Message::Election { epoch, .. } => (epoch, election::Verdict::Granted),
                    _ => continue,
                },
                Output::Event(Event::Member(member::Event::Election(election::Event::Elected { .. }))) => {
                    leads = true;
                    continue;
                }
                _ => continue,
            };
            let answer = election::Message::Answer { epoch: verdict.0, verdict: verdict.1 };
            let message = Message::Member(member::Message::Election(answer));
            asked.extend(host.step(Input::Receive { from: NodeId::new(2), message }, now));
        }
    }
    assert!(
        answers(&mut host, acquire(1, now), now)
            .iter()
            .any(|answer| { matches!(answer, lease::Message::Refused { refusal: Refusal::Grace(_), .. }) })
    );
    // It is stopped, and the first thing that it sees an hour later is a client, before any tick.
    now = now + core::time::Duration::from_secs(3_600);
    let answer = answers(&mut host, acquire(2, now), now);
    assert!(matches!(answer[..], [lease::Message::Refused { refusal: Refusal::Elsewhere(None), .. }]), "{answer:?}");
}
