//! Boards on a network: real `embassy-net`, over a cable in memory.

use crate::boards::{State, machine, name};
use crate::time::{pass, run, within};
use core::convert::Infallible;
use core::future::poll_fn;
use core::time::Duration;
use embassy_futures::join::join;
use embassy_futures::select::{Either, Either3, select, select3};
use embassy_net::udp::{PacketMetadata, UdpSocket};
use embassy_net::{Config, IpEndpoint, Ipv4Address, Ipv4Cidr, Stack, StackResources, StaticConfigV4};
use embassy_net_driver_channel::driver::{HardwareAddress, LinkState};
use embassy_net_driver_channel::{self as cable, RxRunner, StateRunner, TxRunner};
use quorate::election::Start;
use quorate::lease::Mode;
use quorate::lease::holder::Patience;
use quorate::{Incarnation, NodeId, To};
use quorate_embassy::link::udp::{Receiving, Transmitting, split};
use quorate_embassy::link::{Receive, Transmit};
use quorate_embassy::storage::Forgetful;
use quorate_embassy::{Frames, Member, drive};
use quorate_wire::GroupId;

const MTU: usize = 1_514;
const PORT: u16 = 7_400;

fn place(number: u8) -> IpEndpoint {
    IpEndpoint::new(Ipv4Address::new(10, 0, 0, number).into(), PORT)
}

/// One end of the cable: what the stack sends and takes.
type End<'a> = (StateRunner<'a>, RxRunner<'a, MTU>, TxRunner<'a, MTU>);

/// Carries frames from one end to the other.
async fn carry(from: &mut TxRunner<'_, MTU>, to: &mut RxRunner<'_, MTU>) -> Infallible {
    loop {
        let sent = poll_fn(|context| from.poll_tx_buf(context).map(|bytes| bytes.to_vec())).await;
        from.tx_done();
        pass(Duration::from_micros(200)).await;
        // What there is no room for is lost.
        if let Some(place) = to.try_rx_buf() {
            place[..sent.len()].copy_from_slice(&sent);
            to.rx_done(sent.len());
        }
    }
}

/// Two stacks, 10.0.0.1 and 10.0.0.2, joined by a cable, while `test` runs with a socket on each.
async fn joined<T>(test: impl AsyncFnOnce([&UdpSocket<'_>; 2]) -> T) -> T {
    let mut states = [const { cable::State::<MTU, 4, 4>::new() }; 2];
    let mut resources = [StackResources::<2>::new(), StackResources::<2>::new()];
    let [first, second] = &mut states;
    let mut ends = Vec::new();
    let mut stacks = Vec::new();
    for ((number, state), resources) in (1..).zip([first, second]).zip(&mut resources) {
        let address = [2, 0, 0, 0, 0, number];
        let (runner, device) = cable::new(state, HardwareAddress::Ethernet(address));
        let end: End<'_> = runner.split();
        end.0.set_link_state(LinkState::Up);
        ends.push(end);
        let address = Ipv4Cidr::new(Ipv4Address::new(10, 0, 0, number), 24);
        let config = Config::ipv4_static(StaticConfigV4 { address, gateway: None, dns_servers: Default::default() });
        stacks.push(embassy_net::new(device, config, resources, u64::from(number)));
    }
    let [(_, first_in, first_out), (_, second_in, second_out)] = ends.as_mut_slice() else { panic!("two ends") };
    let [(first, first_runner), (second, second_runner)] = stacks.as_mut_slice() else { panic!("two stacks") };
    let carried = join(carry(first_out, second_in), carry(second_out, first_in));
    let run = join(first_runner.run(), second_runner.run());
    let test = async {
        let (first, second) = (*first, *second);
        with_socket(first, async |one| with_socket(second, async |two| test([one, two]).await).await).await
    };
    match select3(carried, run, test).await {
        Either3::Third(output) => output,
        _ => panic!("the network ended"),
    }
}

async fn with_socket<T>(stack: Stack<'_>, test: impl AsyncFnOnce(&UdpSocket<'_>) -> T) -> T {
    let (mut in_meta, mut out_meta) = ([PacketMetadata::EMPTY; 8], [PacketMetadata::EMPTY; 8]);
    let (mut incoming, mut outgoing) = ([0; 4_096], [0; 4_096]);
    let mut socket = UdpSocket::new(stack, &mut in_meta, &mut incoming, &mut out_meta, &mut outgoing);
    socket.bind(PORT).expect("the port is free");
    test(&socket).await
}

#[test]
fn boards_on_a_network_agree_and_hold_locks() {
    run(joined(async |sockets| {
        let states = [1, 2].map(|number| State::new(machine(number, 2, 1, Start::First)));
        let board = async |number: usize| {
            let me = number as u32 + 1;
            let other = 3 - me;
            let peers = [(NodeId::new(other), place(other as u8))];
            let (mut receiving, mut transmitting): (Receiving<'_, '_, 512>, Transmitting<'_, '_, 4>) =
                split(sockets[number], &peers);
            let (group, life) = (GroupId::from_name("plant"), Incarnation::new(1));
            let mut frames = Frames::<4, 512, _>::new(group, NodeId::new(me), life, &[NodeId::new(other)], ()).unwrap();
            drive(&states[number], &mut frames, &mut receiving, &mut transmitting, &mut Forgetful).await
        };
        let test = async {
            let [one, two] = &states;
            let leadership = within(Duration::from_secs(5), Member::of(two).leadership()).await.expect("it leads");
            let asked = Member::of(one).lock(name("valve"), Mode::Exclusive, Patience::Forever);
            let lock = within(Duration::from_secs(30), asked).await.expect("it is free").unwrap();
            assert_eq!(lock.token().epoch(), leadership.epoch());
            assert!(lock.release().await);
        };
        match select(join(board(0), board(1)), test).await {
            Either::First(_) => panic!("a board stopped"),
            Either::Second(()) => {}
        }
    }));
}

#[test]
fn a_datagram_is_vouched_for_by_its_place_and_one_that_is_too_long_is_passed_over() {
    run(joined(async |[one, two]| {
        let peers = [(NodeId::new(2), place(2)), (NodeId::new(3), place(3))];
        let (mut receiving, transmitting): (Receiving<'_, '_, 64>, Transmitting<'_, '_, 4>) = split(one, &peers);
        let (_, mut other): (Receiving<'_, '_, 64>, Transmitting<'_, '_, 4>) =
            split(two, &[(NodeId::new(1), place(1))]);
        let (all, frames) = ([NodeId::new(1)], [[1; 100].as_slice(), &[2; 50]]);
        for frame in frames {
            other.send(To::Peers, &all, frame).await.unwrap();
        }
        let (frame, from) = within(Duration::from_secs(5), receiving.receive()).await.expect("it comes").unwrap();
        assert_eq!((&*frame, from), (frames[1], place(2)), "the other one is too long for this board");
        assert!(transmitting.vouches(from, NodeId::new(2)));
        assert!(!transmitting.vouches(from, NodeId::new(3)) && !transmitting.vouches(from, NodeId::new(4)));
        // To nobody that is known, nothing is sent, and to a place that frames came from, they are.
        other.send(To::Node(NodeId::new(9)), &all, &[3; 50]).await.unwrap();
        other.reply(place(1), &[4; 50]).await.unwrap();
        let (frame, _) = within(Duration::from_secs(5), receiving.receive()).await.expect("it comes").unwrap();
        assert_eq!(&*frame, [4; 50]);
    }));
}
