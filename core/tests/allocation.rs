//! No step allocates: a counting allocator watches three members elect a leader, lose it and elect another.
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
