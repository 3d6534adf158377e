//! How fast worlds are: every trial over many seeds with all checks on, clusters of exactly five members, and worlds of 10,
//! 100 and 1,000 monitors that all send to all.
//!
//! ```text
//! cargo run --release -p quorate-sim --example rate -- [SEEDS] [--json]
//! ```
//!
//! An event is an input that a machine takes: a message, a tick or a command. Rates are by the time of the core that the
//! thread used, so they hardly depend on what else the computer does, and everything runs on one thread.

use core::time::Duration;
use quorate::clock::{HybridClock, LamportClock, VectorClock, VersionClock};
use quorate::detector::{Monitor, MonitorConfig, Timeout, TimeoutConfig};
use quorate::{Group, Instant, NodeId};
use quorate_sim::swarm::trials::{ElectionTrial, FramedTrial, MemberTrial, MonitorTrial, ProcessTrial};
use quorate_sim::swarm::{self, Report, Stopwatch, Swarm, Trial, plan_of};
use quorate_sim::world::{self, Birth, Settings, World};
use serde::Serialize;

const LENGTH: Duration = Duration::from_secs(600);

#[derive(Serialize)]
struct Figures {
    trials: Vec<Report>,
    clusters_of_five: Clusters,
    meshes: Vec<Mesh>,
    /// By which part of the rate of 10 nodes a world of 100 runs.
    hundred_to_ten: f64,
}

#[derive(Default, Serialize)]
struct Clusters {
    clusters: u64,
    events: u64,
    faults: u64,
    simulated_hours: f64,
    violations: u64,
    events_per_second: f64,
}

#[derive(Serialize)]
struct Mesh {
    nodes: usize,
    events: u64,
    simulated_seconds: f64,
    events_per_second: f64,
}

fn swarm(trial: &impl Trial, seeds: u64) -> Report {
    Swarm { seeds, length: LENGTH, most_failures: 3, threads: 1, ..Swarm::default() }.run(trial, |_| ())
}

/// The first so many seeds of members that draw a group of five.
fn clusters_of_five(clusters: u64) -> Clusters {
    let mut figures = Clusters { clusters, ..Clusters::default() };
    let plans = (0..).map(|seed| plan_of(&MemberTrial, seed, LENGTH)).filter(|plan| plan.size == 5);
    let mut busy = Duration::ZERO;
    for plan in plans.take(clusters as usize) {
        let stopwatch = Stopwatch::start();
        let outcome = swarm::run(&MemberTrial, &plan, &mut ());
        busy += stopwatch.elapsed();
        figures.events += outcome.steps;
        figures.faults += outcome.faults as u64;
        figures.simulated_hours += outcome.simulated.as_secs_f64() / 3_600.0;
        figures.violations += u64::from(outcome.violation.is_some());
    }
    figures.events_per_second = figures.events as f64 / busy.as_secs_f64();
    figures
}

/// Monitors that send a heartbeat to all others every 100 ms.
fn mesh<const N: usize>(nodes: usize, length: Duration) -> Mesh {
    let subject = world::from_fn(move |birth: Birth<'_, _>| {
        let config = MonitorConfig::new(Duration::from_millis(100)).expect("an interval");
        let timeout = TimeoutConfig::new(Duration::from_millis(500)).expect("a timeout");
        let ids = (1..=nodes as u32).map(NodeId::new);
        let others: Vec<NodeId> = ids.filter(|id| *id != birth.node).collect();
        let group = Group::new(birth.node, &others).expect("a group");
        Monitor::<Timeout, N>::new(config, timeout, group, birth.incarnation, birth.now)
    });
    let mut world = World::new(subject, Settings { size: nodes, ..Settings::default() });
    world.start_all(&mut ()).expect("nobody watches");
    let stopwatch = Stopwatch::start();
    world.run_until(Instant::ORIGIN.after(length), &mut ()).expect("no law is broken");
    let busy = stopwatch.elapsed();
    let suspected = |place: usize| {
        let monitor = world.machine(place).expect("it is up");
        monitor.healths().any(|health| health.suspected || health.heard.is_none())
    };
    assert!(!(0..nodes).any(suspected), "every one hears every other one, in time");
    Mesh {
        nodes,
        events: world.steps(),
        simulated_seconds: length.as_secs_f64(),
        events_per_second: world.steps() as f64 / busy.as_secs_f64(),
    }
}

fn measure(seeds: u64) -> Figures {
    let trials = vec![
        swarm(&MemberTrial, seeds),
        swarm(&FramedTrial, seeds),
        swarm(&ElectionTrial, seeds),
        swarm(&MonitorTrial, seeds),
        swarm(&ProcessTrial::<LamportClock>::new(), seeds),
        swarm(&ProcessTrial::<VectorClock<8>>::new(), seeds),
        swarm(&ProcessTrial::<VersionClock<8>>::new(), seeds),
        swarm(&ProcessTrial::<HybridClock>::new(), seeds),
    ];
    let ten = mesh::<16>(10, Duration::from_secs(600));
    let hundred = mesh::<128>(100, Duration::from_secs(10));
    let hundred_to_ten = hundred.events_per_second / ten.events_per_second;
    let thousand = mesh::<1024>(1_000, Duration::from_millis(300));
    Figures {
        trials,
        clusters_of_five: clusters_of_five(seeds.div_ceil(4)),
        meshes: vec![ten, hundred, thousand],
        hundred_to_ten,
    }
}

fn print(figures: &Figures) {
    println!("what              worlds      events   a second    hours     faults  violations");
    let line = |what: &str, worlds: u64, events: u64, rate: f64, hours: f64, faults: u64, violations: u64| {
        println!("{what:16} {worlds:7} {events:11} {rate:10.0} {hours:8.2} {faults:10} {violations:11}");
    };
    for report in &figures.trials {
        let Report { trial, seeds, events, events_per_second, simulated_hours, faults, violations, .. } = report;
        line(trial, *seeds, *events, *events_per_second, *simulated_hours, *faults, *violations);
    }
    let Clusters { clusters, events, events_per_second, simulated_hours, faults, violations } =
        &figures.clusters_of_five;
    line("five members", *clusters, *events, *events_per_second, *simulated_hours, *faults, *violations);
    for mesh in &figures.meshes {
        let what = format!("{} monitors", mesh.nodes);
        line(&what, 1, mesh.events, mesh.events_per_second, mesh.simulated_seconds / 3_600.0, 0, 0);
    }
    println!("\n100 monitors run at {:.2} of the rate of 10", figures.hundred_to_ten);
    let busy: f64 = figures.trials.iter().map(|report| report.events as f64 / report.events_per_second).sum();
    let seeds: u64 = figures.trials.iter().map(|report| report.seeds).sum();
    println!("a seed of a trial takes {:.1} ms of a core, on the average", 1e3 * busy / seeds as f64);
    for report in &figures.trials {
        for mark in &report.sometimes_missing {
            println!("{}: no seed reached: {mark}", report.trial);
        }
        for failure in &report.failures {
            println!("\n{failure}");
        }
    }
}

fn main() {
    let seeds = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(200);
    let figures = measure(seeds);
    if std::env::args().any(|argument| argument == "--json") {
        println!("{}", serde_json::to_string_pretty(&figures).expect("numbers and names"));
    } else {
        print(&figures);
    }
}
