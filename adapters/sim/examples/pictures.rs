//! Draws a few histories: `pictures DIRECTORY`.

use core::time::Duration;
use quorate::detector::AnyDetector;
use quorate::election::{Guarantee, Start};
use quorate::member::{DetectorKind, Member, Profile};
use quorate::{Group, Instant, NodeId, Seed};
use quorate_sim::check::Violation;
use quorate_sim::picture::{Options, Recorder, space_time};
use quorate_sim::world::{self, Settings, Subject, World};

type Machine = Member<AnyDetector<16>, 8>;

fn world(size: u32, seed: u64) -> World<impl Subject<Machine = Machine>> {
    let ids: Vec<NodeId> = (1..=size).map(NodeId::new).collect();
    let subject = world::from_fn(move |birth: world::Birth<'_, _>| {
        let others: Vec<NodeId> = ids.iter().copied().filter(|id| *id != birth.node).collect();
        let start = birth.record.map_or(Start::First, |record| Start::Recovered(*record));
        let config =
            Profile::LAN.config(DetectorKind::Timeout, Guarantee::Majority, birth.seed).expect("a valid profile");
        let group = Group::new(birth.node, &others).expect("different nodes");
        Member::new(config, group, &[], birth.incarnation, start, birth.now).expect("a valid member")
    });
    World::new(subject, Settings { size: size as usize, seed: Seed::new(seed), ..Settings::default() })
}

const fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn paused_leader() -> Result<Recorder, Violation> {
    let mut world = world(3, 1);
    let mut watch = Recorder::new(at(0), at(2_000));
    world.start_all(&mut watch)?;
    world.run_until(at(900), &mut watch)?;
    watch.note(world.now(), "the leader is paused for 700 ms");
    world.pause(2, Duration::from_millis(700), &mut watch)?;
    world.run_until(at(2_000), &mut watch)?;
    Ok(watch)
}

fn paused_leader_close() -> Result<Recorder, Violation> {
    let mut world = world(3, 1);
    let mut watch = Recorder::new(at(850), at(1_700));
    world.start_all(&mut watch)?;
    world.run_until(at(900), &mut watch)?;
    watch.note(world.now(), "the leader is paused for 700 ms");
    world.pause(2, Duration::from_millis(700), &mut watch)?;
    world.run_until(at(2_000), &mut watch)?;
    Ok(watch)
}

fn minute() -> Result<Recorder, Violation> {
    let mut world = world(5, 2);
    let mut watch = Recorder::new(at(0), at(60_000));
    world.start_all(&mut watch)?;
    world.run_until(at(10_000), &mut watch)?;
    watch.note(world.now(), "the leader crashes");
    world.crash(4, &mut watch)?;
    world.run_until(at(16_000), &mut watch)?;
    watch.note(world.now(), "it comes back");
    world.start(4, &mut watch)?;
    world.run_until(at(34_000), &mut watch)?;
    watch.note(world.now(), "node 5 alone with 4");
    world.partition(|place| u32::from(place < 3), &mut watch)?;
    world.run_until(at(42_000), &mut watch)?;
    world.heal(&mut watch)?;
    world.run_until(at(48_000), &mut watch)?;
    world.change_clock(1, |clock, now| clock.step_back(now, Duration::from_secs(5)), &mut watch)?;
    world.cut(2, 4, true, &mut watch)?;
    world.run_until(at(55_000), &mut watch)?;
    world.pause(3, Duration::from_secs(2), &mut watch)?;
    world.cut(2, 4, false, &mut watch)?;
    world.run_until(at(60_000), &mut watch)?;
    Ok(watch)
}

fn split(size: u32, length: u64) -> Result<Recorder, Violation> {
    let mut world = world(size, 3);
    let mut watch = Recorder::new(at(0), at(length));
    world.start_all(&mut watch)?;
    world.run_until(at(length / 4), &mut watch)?;
    world.partition(|place| u32::from(place < size as usize / 2 + 1), &mut watch)?;
    world.run_until(at(length * 3 / 4), &mut watch)?;
    world.heal(&mut watch)?;
    world.run_until(at(length), &mut watch)?;
    Ok(watch)
}

fn main() -> Result<(), Box<dyn core::error::Error>> {
    let directory = std::env::args().nth(1).unwrap_or_else(|| String::from("."));
    let pictures = [
        ("paused", paused_leader()?),
        ("paused-close", paused_leader_close()?),
        ("minute", minute()?),
        ("split7", split(7, 30_000)?),
        ("split4", split(4, 3_000)?),
    ];
    for (name, recorder) in pictures {
        let mut recording = recorder.finish(format!("Example: {name}"));
        recording.subtitle = String::from("members of a group with the timings for a LAN; a lease of 400 ms");
        std::fs::write(format!("{directory}/{name}.svg"), space_time(&recording, &Options::default()))?;
    }
    Ok(())
}
