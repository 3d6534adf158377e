//! What an idle member costs: starts a cluster of processes on loopback, lets it agree and settle, and prints how much
//! processor time each of them takes.
//!
//!     cargo run --release -p quorate-tokio --example idle -- [MEMBERS] [SECONDS]
//!
//! Linux only, for it reads `/proc/self/task/*/schedstat`.

use core::error::Error;
use core::time::Duration;
use quorate::NodeId;
use quorate_tokio::Member;
use std::process::{Command, Stdio};
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["member", place, seconds, ports @ ..] => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(member(place.parse()?, Duration::from_secs(seconds.parse()?), ports))
        }
        rest => {
            let number = |place: usize, default: u64| rest.get(place).map_or(Ok(default), |word| word.parse());
            cluster(number(0, 5)?, number(1, 20)?)
        }
    }
}

fn cluster(members: u64, seconds: u64) -> Result<(), Box<dyn Error>> {
    let sockets: Vec<_> = (0..members).map(|_| std::net::UdpSocket::bind("127.0.0.1:0")).collect::<Result<_, _>>()?;
    let ports: Vec<String> = sockets
        .iter()
        .map(|socket| Ok(socket.local_addr()?.port().to_string()))
        .collect::<Result<_, std::io::Error>>()?;
    drop(sockets);
    let start = |place: u64| {
        Command::new(std::env::current_exe()?)
            .args(["member", &place.to_string(), &seconds.to_string()])
            .args(&ports)
            .stdout(Stdio::inherit())
            .spawn()
    };
    let children: Vec<_> = (0..members).map(start).collect::<Result<_, _>>()?;
    for mut child in children {
        child.wait()?;
    }
    Ok(())
}

async fn member(place: usize, length: Duration, ports: &[&str]) -> Result<(), Box<dyn Error>> {
    let id = |place: usize| NodeId::new(u32::try_from(place).unwrap_or(0) + 1);
    let mut builder = Member::builder(id(place)).listen(format!("127.0.0.1:{}", ports[place])).diskless();
    for (peer, port) in ports.iter().enumerate().filter(|(peer, _)| *peer != place) {
        builder = builder.peer(id(peer), format!("127.0.0.1:{port}"));
    }
    let member = builder.join().await?;
    let _ = member.leader().wait_for(Option::is_some).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;

    let (before, busy, began) = (member.counters(), processor_time()?, Instant::now());
    tokio::time::sleep(length).await;
    let (after, busy, took) = (member.counters(), processor_time()? - busy, began.elapsed().as_secs_f64());
    let rate = |after: u64, before: u64| (after - before) as f64 / took;
    println!(
        "node {}: {:5.2} % of a core, {:4.0} frames in and {:4.0} out a second, {:4.0} steps a second of {:?}{}",
        member.id(),
        100.0 * busy.as_secs_f64() / took,
        rate(after.frames_in, before.frames_in),
        rate(after.frames_out, before.frames_out),
        rate(after.steps, before.steps),
        (after.step_time - before.step_time) / u32::try_from(after.steps - before.steps)?.max(1),
        if member.leader().borrow().is_some_and(|leader| leader.id == member.id()) { " (leads)" } else { "" },
    );
    tokio::time::sleep(Duration::from_secs(1)).await; // Until the others have been measured, too.
    Ok(())
}

/// What all threads of this process have been on a processor.
fn processor_time() -> Result<Duration, Box<dyn Error>> {
    let mut nanos = 0_u64;
    for task in std::fs::read_dir("/proc/self/task")? {
        let line = std::fs::read_to_string(task?.path().join("schedstat"))?;
        nanos += line.split_whitespace().next().unwrap_or("0").parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanos))
}
