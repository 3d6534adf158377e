//! How many events a second the world simulates on one core, with all checks on.
use core::time::Duration;
use quorate::detector::AnyDetector;
use quorate::election::{Guarantee, Start};
use quorate::member::{DetectorKind, Member, Profile};
use quorate::{Group, Instant, NodeId};
use quorate_sim::world::{self, Birth, Settings, World};

fn run<const N: usize>(size: usize, seconds: u64) {
    let subject = world::from_fn(move |birth: Birth<'_, _>| {
        let config = Profile::LAN.config(DetectorKind::Timeout, Guarantee::Majority, birth.seed).unwrap();
        let others: Vec<NodeId> = (1..=size as u32).map(NodeId::new).filter(|id| *id != birth.node).collect();
        let group = Group::new(birth.node, &others).unwrap();
        let start = birth.record.map_or(Start::First, |record| Start::Recovered(*record));
        Member::<AnyDetector<16>, N>::new(config, group, &[], birth.incarnation, start, birth.now).unwrap()
    });
    let mut world = World::new(subject, Settings { size, ..Settings::default() });
    let begun = std::time::Instant::now();
    world.start_all(&mut ()).unwrap();
    world.run_until(Instant::from_secs(seconds), &mut ()).unwrap();
    let took = begun.elapsed();
    let rate = world.steps() as f64 / took.as_secs_f64();
    println!(
        "{size} nodes: {} steps in {took:?}: {rate:.0}/s, digest {:x}, {} pending",
        world.steps(),
        world.digest(),
        world.pending()
    );
    let _ = Duration::ZERO;
}

fn main() {
    run::<8>(5, 3_000);
    run::<16>(10, 600);
    run::<128>(100, 8);
}
