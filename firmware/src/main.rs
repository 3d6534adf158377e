//! A member of a cluster on a board: it votes, leads and hosts locks and barriers while it leads, over a serial line, and holds a
//! lock itself. What it sees is printed, line by line.
//!
//! ```sh
//! qemu-system-arm -cpu cortex-m3 -machine lm3s6965evb -display none -monitor none -serial tcp:127.0.0.1:4553,server=on,wait=off \
//!     -semihosting-config enable=on,target=native,arg=board,arg=id=3,arg=members=1:2:3 -kernel FIRMWARE
//! ```
#![no_std]
#![no_main]

mod clock;
mod host;
mod settings;
mod stack;
mod uart;

use core::panic::PanicInfo;
use cortex_m_rt::exception;
use cortex_m_semihosting::{debug, hprintln};
use embassy_executor::Spawner;
use embassy_futures::select::{Either, select};
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_time::{Duration, Timer};
use quorate::detector::Bertier;
use quorate::election::{Guarantee, Leader, Start};
use quorate::host::{Config, Host};
use quorate::lease::Mode;
use quorate::lease::holder::Patience;
use quorate::member::{self, DetectorKind, Profile};
use quorate::{Group, Incarnation, Name, NodeId, Seed};
use quorate_embassy::board::{Board, Rules};
use quorate_embassy::link::stream::{Receiving, Transmitting};
use quorate_embassy::storage::Forgetful;
use quorate_embassy::{Desk, Frames, Member, Shared, drive, now};
use quorate_wire::stream::encoded_length;
use quorate_wire::{GroupId, Keyring};
use settings::Settings;
use static_cell::StaticCell;

/// The longest frame that this board sends and takes, in bytes.
const FRAME: usize = 512;

/// Eight members; eight claims, and two barriers of eight parties, while it leads.
type Services = Host<Detector, Name, 8, 8, 2, 8>;
type Detector = Bertier<16>;
/// One lock and one barrier of its own.
type Machine = Board<Services, 8, 1, 1>;
type State = Shared<CriticalSectionRawMutex, Machine, Desk<1, 1>, 1, 4, 0>;

static STATE: StaticCell<State> = StaticCell::new();

/// Three clients that are no members are answered while this board leads.
type Clients = [Option<quorate_embassy::Session<()>>; 3];

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let mut peripherals = cortex_m::Peripherals::take().expect("taken once");
    clock::start(&mut peripherals.SYST);
    let mut line = [0; 256];
    let settings = match Settings::parse(host::command_line(&mut line)) {
        Ok(settings) => settings,
        Err(word) => {
            hprintln!("board: cannot make anything of `{}`", word);
            return debug::exit(debug::EXIT_FAILURE);
        }
    };
    // No storage: each life needs a number above all before it, which here comes from the computer's clock, in microseconds.
    let life = Incarnation::new(host::seconds() * 1_000_000);
    let state = STATE.init(Shared::new(machine(&settings, life)));
    let member = Member::of(state);
    hprintln!("board {}: life {}, {} bytes of state", settings.id, life, size_of::<State>());
    let (id, lock, hold, pause) = (settings.id, settings.lock, settings.hold, settings.pause);
    spawner.spawn(driver(state, settings, life).expect("spawned once"));
    spawner.spawn(led(id, member).expect("spawned once"));
    if let Some(lock) = lock {
        spawner.spawn(works(id, member, lock, hold, pause).expect("spawned once"));
    }
}

/// The member, with the timings of a bus.
fn machine(settings: &Settings, life: Incarnation) -> Machine {
    let profile = Profile::BUS;
    let seed = Seed::new(life.get() ^ u64::from(settings.id.get()));
    let services = || {
        let all = profile.config::<16>(DetectorKind::Bertier, Guarantee::Majority, seed).ok()?;
        let quorate::detector::AnyConfig::Bertier(detector) = all.detector else { return None };
        let member = member::Config { monitor: all.monitor, detector, election: all.election };
        let config = Config::new(member, profile.leases(), profile.barriers()).ok()?;
        let group = Group::new(settings.id, settings.peers()).ok()?;
        let host = Host::new(config, group, &[], life, Start::Forgetful, now()).ok()?;
        Board::new(host, settings.id, Rules::of(&profile, seed), life, now()).ok()
    };
    services().expect("timings that go together, and no more than seven peers")
}

#[embassy_executor::task]
async fn driver(state: &'static State, settings: Settings, life: Incarnation) {
    let (reading, writing) = uart::start();
    let clients: Clients = [None; 3];
    let frames = Frames::<8, FRAME, _>::new(GroupId::from_name("plant"), settings.id, life, settings.peers(), clients);
    let mut frames = frames.expect("as many peers as there is room for");
    if let Some(key) = settings.key {
        frames = frames.with_keys(&Keyring::new(1, key).expect("1 is a key's number"));
    }
    let mut receiving = Receiving::<_, FRAME>::new(reading);
    let mut transmitting = Transmitting::<_, { encoded_length(FRAME) }>::new(writing);
    let Err(error) = drive(state, &mut frames, &mut receiving, &mut transmitting, &mut Forgetful).await;
    hprintln!("board {}: stopped: {}", settings.id, error);
    debug::exit(debug::EXIT_FAILURE);
}

/// The light: on while this board leads.
#[embassy_executor::task]
async fn led(id: NodeId, member: Member<'static>) {
    let mut leader: Option<Leader> = None;
    loop {
        leader = member.leader_other_than(leader).await;
        match leader {
            Some(leader) if leader.id == id => hprintln!("board {}: LED on: leads epoch {}", id, leader.epoch),
            Some(leader) => hprintln!("board {}: LED off: {} leads epoch {}", id, leader.id, leader.epoch),
            None => hprintln!("board {}: LED off: nobody leads", id),
        }
        hprintln!("board {}: {} bytes of stack used at most", id, stack::used());
    }
}

/// Works with a lock again and again.
#[embassy_executor::task]
async fn works(id: NodeId, member: Member<'static>, name: Name, hold: u64, pause: u64) {
    loop {
        match member.lock(name, Mode::Exclusive, Patience::Forever).await {
            Ok(lock) => {
                hprintln!("board {}: holds {} with token {}", id, name, lock.token().get());
                let over = Timer::after(Duration::from_millis(hold));
                match select(over, lock.lost()).await {
                    Either::First(()) => {
                        let token = lock.token().get();
                        let is_valid = lock.is_valid();
                        let confirmed = lock.release().await;
                        hprintln!(
                            "board {}: released {} with token {} (valid {}, confirmed {})",
                            id,
                            name,
                            token,
                            is_valid,
                            confirmed
                        );
                    }
                    Either::Second(why) => hprintln!("board {}: lost {}: {}", id, name, why),
                }
            }
            Err(error) => hprintln!("board {}: does not hold {}: {}", id, name, error),
        }
        Timer::after(Duration::from_millis(pause)).await;
    }
}

#[exception]
unsafe fn DefaultHandler(number: i16) {
    if !uart::interrupt(number) {
        panic!("an interrupt that nothing handles: {number}");
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    hprintln!("board: {}", info);
    loop {
        debug::exit(debug::EXIT_FAILURE);
    }
}
