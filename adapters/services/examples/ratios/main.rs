//! What locks cost, as ratios to what they cannot cost less than:
//! `cargo run --release -p quorate-services --features ratios --example ratios [-- [--json] [embedded|redis|etcd]]`.
//!
//! With the name of an engine only that one is measured, which is for profilers: the same loop for half a minute, and nothing else.
//!
//! Clients and servers share one core, since to wake an idle one costs more than what is measured. All is measured in one run, in
//! passes that take turns, so that what the machine does besides falls on all alike; what is printed is the median of the ratios of
//! passes that were next to each other.

mod authority;
mod bare;
mod cluster;
mod contended;
mod pace;
mod report;

use core::time::Duration;
use pace::{Pass, ratio};
use quorate_services::conformance::servers::{Kind, NoServer, Server};
use quorate_services::{LockService, Settings, connect};
use report::{Figure, Goal, Report};

type Failure = Box<dyn core::error::Error>;

/// How many passes there are of everything.
const PASSES: usize = 31;
/// How long one takes, about.
const PASS: Duration = Duration::from_millis(40);

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let core = pace::stay_on_one_core()?;
    let mut report = Report::new(core);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if let Some(engine) = arguments.iter().find(|argument| !argument.starts_with('-')) {
        return runtime.block_on(only(engine));
    }
    runtime.block_on(measure(&mut report))?;
    authority::measure(&mut report);
    report.print(arguments.iter().any(|argument| argument == "--json"));
    Ok(())
}

/// For profilers: one engine, again and again.
async fn only(engine: &str) -> Result<(), Failure> {
    const LONG: Duration = Duration::from_secs(30);
    let (group, server);
    let url = match engine {
        "embedded" => {
            group = cluster::Group::start().await?;
            group.url()
        }
        "redis" | "etcd" => {
            server = Server::start(if engine == "redis" { Kind::ForgetfulRedis } else { Kind::Etcd })?;
            format!("{engine}://{}", server.address())
        }
        _ => return Err(format!("there is no engine `{engine}`: embedded, redis and etcd there are").into()),
    };
    let services = connect(&url, settings()).await?;
    let mut pass = Pass::default();
    pass.run(LONG, async || lock(&services).await).await?;
    println!("{:.1} µs  {engine}, acquire and release", pass.median().as_secs_f64() * 1e6);
    Ok(())
}

fn settings() -> Settings {
    Settings { lease: Some(Duration::from_secs(10)), ..Settings::default() }
}

async fn measure(report: &mut Report) -> Result<(), Failure> {
    let servers = (started(Kind::ForgetfulRedis)?, started(Kind::Etcd)?);
    let settings = settings();
    let group = cluster::Group::start().await?;

    let mut floor = bare::Udp::open().await?;
    let cluster = connect(&group.url(), settings.clone()).await?;
    let mut ours = Pass::default();
    let mut two_trips = Pass::default();

    let mut redis = None;
    if let Some(server) = &servers.0 {
        let address = server.address();
        redis =
            Some((connect(&format!("redis://{address}"), settings.clone()).await?, bare::Redis::open(address).await?));
    }
    let (mut redis_engine, mut redis_bare) = (Pass::default(), Pass::default());
    let mut etcd = None;
    if let Some(server) = &servers.1 {
        let address = server.address();
        etcd = Some((connect(&format!("etcd://{address}"), settings.clone()).await?, bare::Etcd::open(address).await?));
    }
    let (mut etcd_engine, mut etcd_bare) = (Pass::default(), Pass::default());
    let clients = contended::Clients::connect(&group, &settings).await?;
    let mut sixteen = Pass::default();

    for _ in 0..PASSES {
        two_trips.run(PASS, async || floor.two_trips().await).await?;
        ours.run(PASS, async || lock(&cluster).await).await?;
        clients.run(&mut sixteen, PASS).await?;
        if let Some((engine, bare)) = &mut redis {
            redis_bare.run(PASS, async || bare.two_calls().await).await?;
            redis_engine.run(PASS, async || lock(&*engine).await).await?;
        }
        if let Some((engine, bare)) = &mut etcd {
            etcd_bare.run(PASS, async || bare.two_calls().await).await?;
            etcd_engine.run(PASS, async || lock(&*engine).await).await?;
        }
    }

    report.time("two bare tokio UDP round trips", &two_trips);
    report.time("embedded cluster, acquire and release", &ours);
    report.add(Figure::new(
        "embedded_to_udp",
        "embedded cluster to two UDP round trips",
        ratio(&ours, &two_trips),
        Goal::AtMost(1.3),
    ));
    report.add(Figure::new(
        "sixteen_clients",
        "16 clients' rate, each with a socket of its own, to the rate of two round trips",
        ratio(&two_trips, &sixteen),
        Goal::AtLeast(0.65),
    ));
    if redis.is_some() {
        report.time("redis crate, SET NX PX and compare-and-delete", &redis_bare);
        report.time("Redis engine, acquire and release", &redis_engine);
        report.add(Figure::new(
            "redis_engine_to_bare",
            "Redis engine to the redis crate's two calls",
            ratio(&redis_engine, &redis_bare),
            Goal::AtMost(1.15),
        ));
        report.add(Figure::new(
            "redis_to_embedded",
            "Redis engine to the embedded cluster",
            ratio(&redis_engine, &ours),
            Goal::AtLeast(1.5),
        ));
    }
    if etcd.is_some() {
        report.time("etcd-client, transaction and transaction", &etcd_bare);
        report.time("etcd engine, acquire and release", &etcd_engine);
        report.add(Figure::new(
            "etcd_engine_to_bare",
            "etcd engine to etcd-client's two calls",
            ratio(&etcd_engine, &etcd_bare),
            Goal::AtMost(1.1),
        ));
        report.add(Figure::new(
            "etcd_to_embedded",
            "etcd engine (its data in memory) to the embedded cluster",
            ratio(&etcd_engine, &ours),
            Goal::AtLeast(15.0),
        ));
    }
    contended::hand_over(report, &mut floor, &group).await
}

/// Acquires and releases once.
async fn lock(locks: &impl LockService) -> Result<(), Failure> {
    locks.acquire("orders/42").await?.release().await?;
    Ok(())
}

/// A server, or word that there is none.
fn started(kind: Kind) -> Result<Option<Server>, Failure> {
    match Server::start(kind) {
        Ok(server) => Ok(Some(server)),
        Err(missing @ NoServer::NotInstalled { .. }) => {
            eprintln!("not measured: {missing}");
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}
