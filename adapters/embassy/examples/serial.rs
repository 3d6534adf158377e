//! Three boards on one serial bus, in one process: who leads, and a lock that goes round.
//!
//! ```sh
//! cargo run -p quorate-embassy --features std --example serial
//! ```
//!
//! On a board of your own `Bus` is the serial port, halved: its reading half and its writing half are the link.

use core::convert::Infallible;
use embassy_executor::Spawner;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::pipe::Pipe;
use embassy_time::Timer;
use embedded_io_async::{ErrorType, Write};
use quorate::detector::{AnyDetector, Bertier};
use quorate::election::{Guarantee, Start};
use quorate::host::{Config, Host};
use quorate::lease::Mode;
use quorate::lease::holder::Patience;
use quorate::member::{DetectorKind, Profile};
use quorate::{Group, Incarnation, Name, NodeId, Seed};
use quorate_embassy::board::{Board, Rules};
use quorate_embassy::link::stream::{Receiving, Transmitting};
use quorate_embassy::storage::Forgetful;
use quorate_embassy::{Desk, Frames, Member, Shared, drive, now};
use quorate_wire::GroupId;
use quorate_wire::stream::encoded_length;
use static_cell::StaticCell;

/// The longest frame, in bytes.
const FRAME: usize = 256;

type Services = Host<AnyDetector<8>, Name, 4, 8, 2, 4>;
type State = Shared<CriticalSectionRawMutex, Board<Services, 4, 1, 1>, Desk<1, 1>>;
type Wire = Pipe<CriticalSectionRawMutex, 1024>;

/// What each board hears.
static WIRES: [Wire; 3] = [const { Wire::new() }; 3];
static BOARDS: [StaticCell<State>; 3] = [const { StaticCell::new() }; 3];

/// The writing half: what one board says, all others hear.
struct Bus(usize);

impl ErrorType for Bus {
    type Error = Infallible;
}

impl Write for Bus {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        for (number, wire) in WIRES.iter().enumerate() {
            if number != self.0 {
                wire.write_all(bytes).await;
            }
        }
        Ok(bytes.len())
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Drives a board for ever.
#[embassy_executor::task(pool_size = 3)]
async fn driver(number: usize, state: &'static State, me: NodeId, peers: [NodeId; 2]) {
    let mut frames = Frames::<4, FRAME, _>::new(GroupId::from_name("plant"), me, Incarnation::new(1), &peers, ())
        .expect("three boards");
    let mut receiving = Receiving::<_, FRAME>::new(&WIRES[number]);
    let mut transmitting = Transmitting::<_, { encoded_length(FRAME) }>::new(Bus(number));
    let stopped = drive(state, &mut frames, &mut receiving, &mut transmitting, &mut Forgetful).await;
    println!("board {me} stopped: {stopped:?}");
}

/// What the board is for.
#[embassy_executor::task(pool_size = 3)]
async fn application(me: NodeId, member: Member<'static>) {
    let leader = member.leader_other_than(None).await.map(|leader| leader.id);
    println!("board {me}: {leader:?} leads");
    let valve = Name::new("valve").expect("a short name");
    for round in 1..=3 {
        match member.lock(valve, Mode::Exclusive, Patience::Forever).await {
            Ok(lock) => {
                println!("board {me}: round {round}, token {}, {:?} left", lock.token(), lock.time_left());
                Timer::after_millis(100).await;
                lock.release().await;
            }
            Err(error) => println!("board {me}: {error}"),
        }
    }
    if let Ok(generation) = member.barrier(Name::new("end").expect("a short name"), 3, None).await {
        println!("board {me}: all three have come to the end, in generation {generation}");
    }
    if member.leader().is_some_and(|leader| leader.id == me) {
        Timer::after_millis(500).await; // The others have to be told.
        std::process::exit(0);
    }
}

fn board(me: NodeId, peers: &[NodeId]) -> Result<Board<Services, 4, 1, 1>, Box<dyn core::error::Error>> {
    // On one computer everything is quick, and so may the timings be.
    let (profile, seed) = (Profile::LAN, Seed::new(u64::from(me.get())));
    let member = profile.config(DetectorKind::Bertier, Guarantee::Majority, seed)?;
    let config = Config::new(member, profile.leases(), profile.barriers())?;
    let life = Incarnation::new(1);
    let host = Host::new(config, Group::new(me, peers)?, &[], life, Start::First, now())?;
    Ok(Board::new(host, me, Rules::of(&profile, seed), life, now())?)
}

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    println!(
        "{} bytes for each board's machine, of which each detector has {}",
        size_of::<State>(),
        size_of::<Bertier<8>>()
    );
    for (number, place) in BOARDS.iter().enumerate() {
        let [me, one, other] = [0, 1, 2].map(|next| NodeId::new(((number + next) % 3) as u32 + 1));
        let machine = board(me, &[one, other]).expect("timings that go together");
        let state: &State = place.init(Shared::new(machine));
        spawner.spawn(driver(number, state, me, [one, other]).expect("there is room for three"));
        spawner.spawn(application(me, Member::of(state)).expect("there is room for three"));
    }
}
