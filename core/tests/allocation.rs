//! No step allocates: a counting allocator watches three members elect a leader, lose it and elect another, holders
//! contend for a lock, and parties meet at a barrier.
#![allow(missing_docs)]

use core::time::Duration;
use quorate::detector::AnyDetector;
use quorate::election::{Event as Election, Guarantee, Start};
use quorate::member::{DetectorKind, Event, Member, Profile};
use quorate::{Group, Incarnation, Input, Instant, Machine, NodeId, Output, Seed, Step};

#[test]
fn steps_do_not_allocate() {
    const MEMBERS: u32 = 3;
    let mut members = (1..=MEMBERS)
        .map(|id| {
            let others: Vec<NodeId> = (1..=MEMBERS).filter(|other| *other != id).map(NodeId::new).collect();
            let group = Group::new(NodeId::new(id), &others).unwrap();
            let config =
                Profile::LAN.config(DetectorKind::PhiNormal, Guarantee::Majority, Seed::new(id.into())).unwrap();
            Member::<AnyDetector<16>, 8>::new(config, group, &[], Incarnation::new(1), Start::First, Instant::ORIGIN)
                .unwrap()
        })
        .collect::<Vec<_>>();
    let mut queue = std::collections::VecDeque::with_capacity(1_024);
    let (mut steps, mut in_steps, mut elected) = (0_u64, 0, 0);
    let mut now = Instant::ORIGIN;
    while now < Instant::from_secs(20) {
        // For the second half, member 3, which leads until then, is not run any more.
        let running = if now < Instant::from_secs(10) { 3 } else { 2 };
        for (index, member) in members.iter_mut().enumerate().take(running) {
            let input = match queue.iter().position(|(to, _, _)| *to == index) {
                Some(at) => {
                    let (_, from, message) = queue.remove(at).unwrap();
                    Input::Receive { from, message }
                }
                None => Input::Tick,
            };
            let mut outputs = Step::new();
            in_steps += allocation_counter::measure(|| outputs = member.step(input, now)).count_total;
            steps += 1;
            for output in outputs {
                match output {
                    Output::Send { to, message } => {
                        for other in
                            (0..running).filter(|other| *other != index && to.includes(NodeId::new(*other as u32 + 1)))
                        {
                            queue.push_back((other, NodeId::new(index as u32 + 1), message));
                        }
                    }
                    Output::Event(Event::Election(Election::Elected { .. })) => elected += 1,
                    _ => {}
                }
            }
        }
        now = now + Duration::from_micros(500);
    }
    println!("{steps} steps, {elected} elections, {in_steps} allocations");
    assert_eq!(elected, 2, "the test is to see elections");
    assert_eq!(in_steps, 0);
    assert!(
        allocation_counter::measure(|| drop(core::hint::black_box(vec![0]))).count_total > 0,
        "the count is a count"
    );
}

#[test]
fn steps_of_leases_do_not_allocate() {
    use quorate::lease::holder::{Command, Config, Event, Holder, Patience, Timing};
    use quorate::lease::{ClaimId, Mode, authority};
    use quorate::{DriftBound, Name};

    let lease = Duration::from_secs(3);
    let config = authority::Config::new(lease, DriftBound::QUARTZ).unwrap();
    let mut authority = authority::Fixed::<Name, 16>::new(config, None, Instant::ORIGIN);
    let timing = Timing::for_lease(lease, DriftBound::QUARTZ);
    let mut holders: Vec<Holder<Name, 1>> = (2..10)
        .map(|id| {
            let group = Group::new(NodeId::new(id), &[NodeId::new(1)]).unwrap();
            let config = Config::new(timing, Seed::new(id.into())).unwrap();
            Holder::new(config, group, ClaimId::new(1), None, Instant::ORIGIN)
        })
        .collect();
    let resource = Name::new("orders/42").unwrap();
    let want = Command::Acquire { resource, mode: Mode::Exclusive, patience: Patience::Forever };
    let (mut in_steps, mut acquired) = (0, 0_u32);
    let mut now = Instant::ORIGIN;
    while now < Instant::from_secs(60) {
        for (index, holder) in holders.iter_mut().enumerate() {
            // Whoever holds it leaves, and whoever does not, wants it.
            let ask = if holder.token().is_some() { Command::Release } else { want };
            let inputs = [Input::Tick, Input::Command(ask)];
            for input in inputs {
                let mut outputs = Step::new();
                in_steps += allocation_counter::measure(|| outputs = holder.step(input, now)).count_total;
                for output in outputs {
                    let Output::Send { message, .. } = output else { continue };
                    let from = NodeId::new(index as u32 + 2);
                    let mut answers = Step::new();
                    let step = || answers = authority.step(Input::Receive { from, message }, now);
                    in_steps += allocation_counter::measure(step).count_total;
                    for answer in answers {
                        let Output::Send { to: quorate::To::Node(to), message } = answer else { continue };
                        if to != from {
                            continue; // it is lost
                        }
                        let mut told = Step::new();
                        let step = || told = holder.step(Input::Receive { from: NodeId::new(1), message }, now);
                        in_steps += allocation_counter::measure(step).count_total;
                        acquired +=
                            told.events().filter(|event| matches!(event, Event::Acquired { .. })).count() as u32;
                    }
                }
            }
        }
        let mut outputs = Step::new();
        in_steps += allocation_counter::measure(|| outputs = authority.step(Input::Tick, now)).count_total;
        drop(outputs);
        now = now + Duration::from_millis(50);
    }
    println!("{acquired} acquisitions, {in_steps} allocations");
    assert!(acquired > 10, "the test is to see acquisitions, not only {acquired}");
    assert_eq!(in_steps, 0);
}

#[test]
fn steps_of_barriers_do_not_allocate() {
    use quorate::barrier::coordinator::{self, Fixed};
    use quorate::barrier::party::{Command, Config, Event, Party, Timing};
    use quorate::barrier::{Message, PartyId};

    const PARTIES: u32 = 3;
    let desk = NodeId::new(1);
    let mut coordinator = Fixed::<u8, 4, 8>::new(coordinator::Config::LAN, None, Instant::ORIGIN);
    let mut parties: Vec<_> = (0..PARTIES)
        .map(|id| {
            let group = Group::<4>::new(NodeId::new(id + 2), &[desk]).unwrap();
            let config = Config::new(PARTIES as u16, Timing::LAN, Seed::new(id.into())).unwrap();
            Party::new(config, 7_u8, group, PartyId::new(1), None, Instant::ORIGIN)
        })
        .collect();
    let mut queue: std::collections::VecDeque<(NodeId, NodeId, Message<u8>)> =
        std::collections::VecDeque::with_capacity(1_024);
    let (mut released, mut in_steps) = (0, 0);
    let mut waiting = [false; PARTIES as usize];
    for millis in 0..2_000 {
        let now = Instant::from_millis(millis);
        let heard = queue.iter().position(|(to, _, _)| *to == desk).and_then(|at| queue.remove(at));
        let input = heard.map_or(Input::Tick, |(_, from, message)| Input::Receive { from, message });
        let mut outputs = Step::new();
        in_steps += allocation_counter::measure(|| outputs = coordinator.step(input, now)).count_total;
        for output in outputs {
            if let Output::Send { to: quorate::To::Node(to), message } = output {
                queue.push_back((to, desk, message));
            }
        }
        for (index, party) in parties.iter_mut().enumerate() {
            let me = NodeId::new(index as u32 + 2);
            let heard = queue.iter().position(|(to, _, _)| *to == me).and_then(|at| queue.remove(at));
            let input = match heard {
                Some((_, from, message)) => Input::Receive { from, message },
                None if !waiting[index] => {
                    waiting[index] = true;
                    Input::Command(Command::Arrive { patience: None })
                }
                None => Input::Tick,
            };
            let mut outputs = Step::new();
            in_steps += allocation_counter::measure(|| outputs = party.step(input, now)).count_total;
            for output in outputs {
                match output {
                    Output::Send { message, .. } => queue.push_back((desk, me, message)),
                    Output::Event(Event::Released { .. }) => (waiting[index], released) = (false, released + 1),
                    Output::Event(_) => {}
                    Output::Persist(never) => match never {},
                }
            }
        }
    }
    println!("{released} releases, {in_steps} allocations");
    assert!(released >= 30, "the test is to see releases: {released}");
    assert_eq!(in_steps, 0);
}
