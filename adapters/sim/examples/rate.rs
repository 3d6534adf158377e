//! How fast the world is: all trials with all checks on, then bare worlds of growing size. `rate SEEDS`.

use core::time::Duration;
use quorate::clock::{HybridClock, LamportClock, VectorClock, VersionClock};
use quorate::detector::{Monitor, MonitorConfig, Timeout, TimeoutConfig};
use quorate::{Group, Instant, NodeId};
use quorate_sim::swarm::trials::{ElectionTrial, FramedTrial, MemberTrial, MonitorTrial, ProcessTrial};
use quorate_sim::swarm::{Report, Swarm, Trial};
use quorate_sim::world::{self, Birth, Settings, World};

fn swarm(trial: &impl Trial, seeds: u64) {
    let swarm = Swarm { seeds, length: Duration::from_secs(600), most_failures: 3, ..Swarm::default() };
    let report = swarm.run(trial, |_| ());
    for failure in &report.failures {
        println!("{failure}\n");
    }
    let Report { trial, seeds, events, events_per_second, simulated_hours, faults, violations, seconds, .. } = &report;
    println!(
        "{trial:14} {seeds:6} seeds, {events:11} events, {events_per_second:9.0}/s and core, {simulated_hours:8.1} h, \
         {faults:9} faults, {violations} violations, {seconds:.1} s; missing {:?}",
        report.sometimes_missing
    );
}

/// Monitors, all of which send to all.
fn bare<const N: usize>(size: usize, seconds: u64) -> f64 {
    let subject = world::from_fn(move |birth: Birth<'_, _>| {
        let config = MonitorConfig::new(Duration::from_millis(100)).expect("an interval");
        let timeout = TimeoutConfig::new(Duration::from_millis(500)).expect("a timeout");
        let ids = (1..=size as u32).map(NodeId::new);
        let others: Vec<NodeId> = ids.filter(|id| *id != birth.node).collect();
        let group = Group::new(birth.node, &others).expect("a group");
        Monitor::<Timeout, N>::new(config, timeout, group, birth.incarnation, birth.now)
    });
    let mut world = World::new(subject, Settings { size, ..Settings::default() });
    let begun = std::time::Instant::now();
    world.start_all(&mut ()).expect("nobody watches");
    world.run_until(Instant::from_millis(seconds), &mut ()).expect("nobody watches");
    let rate = world.steps() as f64 / begun.elapsed().as_secs_f64();
    println!("{size:5} monitors    {:11} events, {rate:9.0}/s and core", world.steps());
    rate
}

fn main() {
    let seeds = std::env::args().nth(1).and_then(|seeds| seeds.parse().ok()).unwrap_or(200);
    swarm(&MemberTrial, seeds);
    swarm(&FramedTrial, seeds);
    swarm(&ElectionTrial, seeds);
    swarm(&MonitorTrial, seeds);
    swarm(&ProcessTrial::<LamportClock>::new(), seeds);
    swarm(&ProcessTrial::<VectorClock<8>>::new(), seeds);
    swarm(&ProcessTrial::<VersionClock<8>>::new(), seeds);
    swarm(&ProcessTrial::<HybridClock>::new(), seeds);
    let ten = bare::<16>(10, 300_000);
    let hundred = bare::<128>(100, 3_000);
    println!("      100 nodes run at {:.2} of the rate of 10", hundred / ten);
    bare::<1024>(1_000, 100);
}
