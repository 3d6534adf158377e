//! What a lock costs on a cluster of three, beside the round trips of a bare socket: starts the members and an echo as processes
//! on loopback, takes turns between both, and prints ratios.
//!
//!     taskset -c 0 cargo run --release -p quorate-tokio --example locks -- [TURNS]
//!
//! On one core, for to wake an idle core takes longer than all that is measured here. Where other programs run beside it, the times
//! on a processor say more than those that passed. Linux only, for it reads `/proc`.

use core::error::Error;
use core::time::Duration;
use quorate::NodeId;
use quorate_tokio::status::AskError;
use quorate_tokio::{Client, ConnectError, Member};
use std::process::{Child, Command, Stdio};
use std::time::Instant;
use tokio::net::UdpSocket;

/// How many of each kind are done before the other has its turn.
const BATCH: u32 = 100;
/// How long a datagram of a lock is, about.
const DATAGRAM: [u8; 100] = [7; 100];
const MEMBERS: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["member", place, ports @ ..] => runtime.block_on(member(place.parse()?, ports)),
        ["echo", port] => runtime.block_on(echo(port)),
        turns => {
            let turns = turns.first().map_or(Ok(20), |turns| turns.parse())?;
            // In a task, since to wake what a runtime blocks on takes a system call more.
            let measured = runtime.block_on(async move { tokio::spawn(measure(turns)).await })?;
            measured.map_err(|error| error as Box<dyn Error>)
        }
    }
}

async fn member(place: usize, ports: &[&str]) -> Result<(), Box<dyn Error>> {
    let id = |place: usize| NodeId::new(u32::try_from(place).unwrap_or(0) + 1);
    let mut builder = Member::builder(id(place)).listen(format!("127.0.0.1:{}", ports[place])).diskless();
    for (peer, port) in ports.iter().enumerate().filter(|(peer, _)| *peer != place) {
        builder = builder.peer(id(peer), format!("127.0.0.1:{port}"));
    }
    Ok(builder.join().await?.closed().await?)
}

async fn echo(port: &str) -> Result<(), Box<dyn Error>> {
    let socket = UdpSocket::bind(format!("127.0.0.1:{port}")).await?;
    let mut buffer = [0; 1_200];
    loop {
        let (length, from) = socket.recv_from(&mut buffer).await?;
        socket.send_to(&buffer[..length], from).await?;
    }
}

/// Ended when this is dropped.
struct Running(Vec<Child>);

impl Running {
    /// How long this process and these have been on a processor.
    fn busy(&self) -> Result<Duration, Box<dyn Error + Send + Sync>> {
        let mut nanos = 0_u64;
        for pid in self.0.iter().map(Child::id).chain([std::process::id()]) {
            let text = std::fs::read_to_string(format!("/proc/{pid}/schedstat"))?;
            nanos += text.split(' ').next().ok_or("no processor time")?.parse::<u64>()?;
        }
        Ok(Duration::from_nanos(nanos))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

async fn measure(turns: u32) -> Result<(), Box<dyn Error + Send + Sync>> {
    let sockets: Vec<_> = (0..=MEMBERS).map(|_| std::net::UdpSocket::bind("127.0.0.1:0")).collect::<Result<_, _>>()?;
    let ports: Vec<String> = sockets
        .iter()
        .map(|socket| Ok(socket.local_addr()?.port().to_string()))
        .collect::<Result<_, std::io::Error>>()?;
    drop(sockets);
    let (echoes, members) = ports.split_last().ok_or("no ports")?;
    let start =
        |arguments: &[&str]| Command::new(std::env::current_exe()?).args(arguments).stdin(Stdio::null()).spawn();
    let mut running = Running(vec![start(&["echo", echoes])?]);
    for place in 0..MEMBERS {
        let place = place.to_string();
        let arguments: Vec<&str> = ["member", &place].into_iter().chain(members.iter().map(String::as_str)).collect();
        running.0.push(start(&arguments)?);
    }
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    socket.connect(format!("127.0.0.1:{echoes}")).await?;
    let client = loop {
        match Client::builder("quorate").ask(format!("127.0.0.1:{}", members[0])).connect().await {
            Err(ConnectError::Ask(AskError::NobodyListens { .. })) => {
                tokio::time::sleep(Duration::from_millis(20)).await
            }
            client => break client?,
        }
    };
    let locks = client.locks();
    locks.acquire("warm").await?.release().await?; // the leader is there, and its grace period is over

    let mut buffer = [0; 1_200];
    let (mut bare, mut alone, mut together, mut handed) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut bare_busy, mut alone_busy) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..turns {
        let before = running.busy()?;
        let began = Instant::now();
        for _ in 0..2 * BATCH {
            socket.send(&DATAGRAM).await?;
            socket.recv(&mut buffer).await?;
        }
        bare.push(began.elapsed() / BATCH);
        bare_busy += running.busy()? - before;
        let before = running.busy()?;

        let began = Instant::now();
        for _ in 0..BATCH {
            locks.acquire("alone").await?.release().await?;
        }
        alone.push(began.elapsed() / BATCH);
        alone_busy += running.busy()? - before;

        let began = Instant::now();
        let tasks = (0..16).map(|task| {
            let locks = locks.clone();
            tokio::spawn(async move {
                let name = format!("task {task}");
                for _ in 0..BATCH / 4 {
                    if let Ok(guard) = locks.acquire(&name).await {
                        let _ = guard.release().await;
                    }
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await?;
        }
        together.push(began.elapsed() / (16 * BATCH / 4));

        for _ in 0..BATCH / 4 {
            let guard = locks.acquire("handed").await?;
            let waiting = locks.acquire("handed");
            let waiting = tokio::spawn(async move {
                let guard = waiting.await;
                (Instant::now(), guard)
            });
            tokio::time::sleep(Duration::from_millis(1)).await; // it is in line by then
            let released = Instant::now();
            drop(guard);
            let (granted, next) = waiting.await?;
            handed.push(granted.duration_since(released));
            next?.release().await?;
        }
    }
    let [bare, alone, together] = [bare, alone, together].map(|times| quantile(times, 0.5));
    let (median, late) = (quantile(handed.clone(), 0.5), quantile(handed, 0.99));
    let round_trip = bare / 2;
    println!("two bare round trips          {bare:>10.1?}");
    println!("acquire and release, alone    {alone:>10.1?}  {:.2} × of that", ratio(alone, bare));
    let [bare_busy, alone_busy] = [bare_busy, alone_busy].map(|busy| busy / (turns * BATCH));
    println!("  on a processor, of {bare_busy:.1?} {alone_busy:>10.1?}  {:.2} × of that", ratio(alone_busy, bare_busy));
    println!("16 tasks, a name each         {together:>10.1?}  {:.2} × of the rate of that", ratio(bare, together));
    println!("handed over, median           {median:>10.1?}  {:.2} round trips", ratio(median, round_trip));
    println!("handed over, p99              {late:>10.1?}  {:.2} round trips", ratio(late, round_trip));
    Ok(())
}

fn quantile(mut times: Vec<Duration>, share: f64) -> Duration {
    times.sort_unstable();
    let last = times.len().saturating_sub(1);
    times.get((last as f64 * share) as usize).copied().unwrap_or_default()
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}
