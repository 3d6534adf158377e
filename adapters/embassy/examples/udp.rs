//! Two boards on a network, in one process: real `embassy-net`, with a cable in memory between them.
//!
//! ```sh
//! cargo run -p quorate-embassy --features std,udp --example udp
//! ```
//!
//! On a board of your own the cable is the driver of its network controller.

use core::future::poll_fn;
use embassy_executor::Spawner;
use embassy_futures::join::join;
use embassy_net::udp::{PacketMetadata, UdpSocket};
use embassy_net::{Config, IpEndpoint, Ipv4Address, Ipv4Cidr, Runner, Stack, StackResources, StaticConfigV4};
use embassy_net_driver_channel::driver::{HardwareAddress, LinkState};
use embassy_net_driver_channel::{self as cable, Device, RxRunner, TxRunner};
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_time::Timer;
use quorate::detector::{AnyDetector, Bertier};
use quorate::election::{Guarantee, Start};
use quorate::member::{self, DetectorKind, Profile};
use quorate::{Group, Incarnation, NodeId, Seed};
use quorate_embassy::board::{Board, Rules};
use quorate_embassy::link::udp::{Receiving, Transmitting, split};
use quorate_embassy::storage::Forgetful;
use quorate_embassy::{Desk, Frames, Member, Shared, drive, now};
use quorate_wire::GroupId;
use static_cell::StaticCell;

const MTU: usize = 1_514;
const PORT: u16 = 7_400;
/// The longest frame, in bytes.
const FRAME: usize = 512;

/// It votes and leads; to host locks is left to others.
type Machine = Board<member::Member<AnyDetector<8>, 4>, 4, 1, 0>;
type State = Shared<CriticalSectionRawMutex, Machine, Desk<1, 0>>;

static CABLES: [StaticCell<cable::State<MTU, 4, 4>>; 2] = [const { StaticCell::new() }; 2];
static STACKS: [StaticCell<StackResources<2>>; 2] = [const { StaticCell::new() }; 2];
static BOARDS: [StaticCell<State>; 2] = [const { StaticCell::new() }; 2];

fn address(number: u8) -> Ipv4Address {
    Ipv4Address::new(10, 0, 0, number)
}

fn place(number: u8) -> IpEndpoint {
    IpEndpoint::new(address(number).into(), PORT)
}

#[embassy_executor::task(pool_size = 2)]
async fn network(mut runner: Runner<'static, Device<'static, MTU>>) {
    runner.run().await
}

/// The cable: what one end sends, the other takes.
#[embassy_executor::task]
async fn carrier(
    one: (RxRunner<'static, MTU>, TxRunner<'static, MTU>),
    other: (RxRunner<'static, MTU>, TxRunner<'static, MTU>),
) {
    let ((mut one_in, mut one_out), (mut other_in, mut other_out)) = (one, other);
    join(carry(&mut one_out, &mut other_in), carry(&mut other_out, &mut one_in)).await;
}

async fn carry(from: &mut TxRunner<'static, MTU>, to: &mut RxRunner<'static, MTU>) {
    loop {
        let sent = poll_fn(|context| from.poll_tx_buf(context).map(|bytes| bytes.to_vec())).await;
        from.tx_done();
        if let Some(place) = to.try_rx_buf() {
            place[..sent.len()].copy_from_slice(&sent);
            to.rx_done(sent.len());
        }
    }
}

#[embassy_executor::task(pool_size = 2)]
async fn driver(stack: Stack<'static>, state: &'static State, me: u8, peer: u8) {
    let (mut in_meta, mut out_meta) = ([PacketMetadata::EMPTY; 8], [PacketMetadata::EMPTY; 8]);
    let (mut incoming, mut outgoing) = ([0; 2_048], [0; 2_048]);
    let mut socket = UdpSocket::new(stack, &mut in_meta, &mut incoming, &mut out_meta, &mut outgoing);
    socket.bind(PORT).expect("the port is free");
    let [me, other] = [me, peer].map(|number| NodeId::new(number.into()));
    let (mut receiving, mut transmitting): (Receiving<'_, '_, FRAME>, Transmitting<'_, '_, 4>) =
        split(&socket, &[(other, place(peer))]);
    let mut frames = Frames::<4, FRAME, _>::new(GroupId::from_name("plant"), me, Incarnation::new(1), &[other], ())
        .expect("two boards");
    let stopped = drive(state, &mut frames, &mut receiving, &mut transmitting, &mut Forgetful).await;
    println!("board {me} stopped: {stopped:?}");
}

/// What the board is for: only the leader does it.
#[embassy_executor::task(pool_size = 2)]
async fn application(me: u8, member: Member<'static>) {
    for _ in 0..2 {
        let leadership = member.leadership().await;
        println!("board {me} leads epoch {}, with {:?} left", leadership.epoch(), leadership.time_left());
        Timer::after_millis(500).await;
        leadership.release().await;
        println!("board {me} has given it up");
    }
    std::process::exit(0);
}

fn board(me: u8, peer: u8) -> Result<Machine, Box<dyn core::error::Error>> {
    let (profile, seed, life) = (Profile::LAN, Seed::new(me.into()), Incarnation::new(1));
    let [me, peer] = [me, peer].map(|number| NodeId::new(number.into()));
    let config = profile.config(DetectorKind::Bertier, Guarantee::Majority, seed)?;
    let member = member::Member::new(config, Group::new(me, &[peer])?, &[], life, Start::First, now())?;
    Ok(Board::new(member, me, Rules::of(&profile, seed), life, now())?)
}

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    println!(
        "{} bytes for each board's machine, of which each detector has {}",
        size_of::<State>(),
        size_of::<Bertier<8>>()
    );
    let mut ends = Vec::new();
    for (number, me) in [1, 2].into_iter().enumerate() {
        let peer = 3 - me;
        let hardware = HardwareAddress::Ethernet([2, 0, 0, 0, 0, me]);
        let (runner, device) = cable::new(CABLES[number].init(cable::State::new()), hardware);
        let (link, receiving, transmitting) = runner.split();
        link.set_link_state(LinkState::Up);
        ends.push((receiving, transmitting));
        let address = Ipv4Cidr::new(address(me), 24);
        let config = Config::ipv4_static(StaticConfigV4 { address, gateway: None, dns_servers: Default::default() });
        let (stack, runner) = embassy_net::new(device, config, STACKS[number].init(StackResources::new()), me.into());
        let state: &State = BOARDS[number].init(Shared::new(board(me, peer).expect("timings that go together")));
        spawner.spawn(network(runner).expect("there is room for two"));
        spawner.spawn(driver(stack, state, me, peer).expect("there is room for two"));
        spawner.spawn(application(me, Member::of(state)).expect("there is room for two"));
    }
    if let (Some(one), Some(other)) = (ends.pop(), ends.pop()) {
        spawner.spawn(carrier(one, other).expect("there is one"));
    }
}
