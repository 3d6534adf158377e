//! A cluster of three members on threads of this process, over UDP on loopback: whoever leads grants a lock and coordinates a
//! barrier to three workers, of which each is a client on a thread of its own. No async runtime is in sight.
//!
//! ```sh
//! cargo run -p quorate-std --example cluster
//! ```

use core::error::Error;
use core::net::SocketAddr;
use core::time::Duration;
use quorate::NodeId;
use quorate_std::{Client, Member};
use std::net::UdpSocket;
use std::thread;

const MEMBERS: u32 = 3;
const WORKERS: u16 = 3;
const PATIENCE: Duration = Duration::from_secs(20);

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::temp_dir().join(format!("quorate-example-{}", std::process::id()));
    let addresses = free_addresses()?;
    let members = (1..=MEMBERS).map(|id| {
        let builder = Member::builder(NodeId::new(id)).group("example").state_dir(directory.join(id.to_string()));
        let places = (1..).zip(&addresses);
        let builder = places.fold(builder, |builder, (peer, address)| match peer == id {
            true => builder.listen(address),
            false => builder.peer(NodeId::new(peer), address),
        });
        builder.join()
    });
    let members = members.collect::<Result<Vec<_>, _>>()?;
    let leader = members[0].wait_for_leader(Some(PATIENCE), |leader| leader).ok_or("nobody leads")?;
    println!("node {} leads epoch {}", leader.id, leader.epoch);

    let workers = (1..=WORKERS)
        .map(|worker| thread::spawn(move || work(worker, addresses[0]).map_err(|error| error.to_string())));
    for worker in workers.collect::<Vec<_>>() {
        worker.join().map_err(|_| "a worker panicked")??;
    }
    for member in &members {
        member.shutdown()?;
    }
    std::fs::remove_dir_all(&directory)?;
    println!("all have stopped");
    Ok(())
}

/// Does something under a lock that one worker has at a time, and goes on when all have done it.
fn work(worker: u16, member: SocketAddr) -> Result<(), Box<dyn Error>> {
    let client = Client::builder("example").ask(member).connect()?;
    let guard = client.locks().acquire("ledger").within(PATIENCE).wait()?;
    println!("worker {worker} holds the ledger with the token {}", guard.token());
    thread::sleep(Duration::from_millis(20)); // … the work, shown with the token …
    guard.release()?;
    let generation = client.barriers().barrier("written", WORKERS).within(PATIENCE).wait()?;
    println!("worker {worker} goes on after generation {generation}");
    Ok(())
}

/// Addresses that are free at this moment.
fn free_addresses() -> std::io::Result<[SocketAddr; MEMBERS as usize]> {
    let sockets = [(); MEMBERS as usize].map(|()| UdpSocket::bind("127.0.0.1:0"));
    let mut addresses = [SocketAddr::from(([127, 0, 0, 1], 0)); MEMBERS as usize];
    for (address, socket) in addresses.iter_mut().zip(sockets) {
        *address = socket?.local_addr()?;
    }
    Ok(addresses)
}
