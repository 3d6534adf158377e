//! `quorate gateway`: carries frames between boards on serial lines and members on UDP.
//!
//! Each board has a socket of its own: members know each other by their addresses. The gateway looks at headers, and at nothing else
//! of a frame; so it needs no key, and what is sealed stays sealed.

mod endpoint;
mod line;
mod report;
mod routes;

pub(crate) use endpoint::Endpoint;
pub(crate) use line::Line;

use crate::args::GatewayArgs;
use crate::config::Peer;
use crate::failure::{Failure, Outcome};
use crate::member::StopSignals;
use core::net::SocketAddr;
use line::{Noise, Told, keep, list};
use quorate::NodeId;
use quorate_wire::{Header, MAX_DATAGRAM};
use report::{Counters, Printer, Report};
use routes::{Board, Routes, Way};
use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::{UdpSocket, lookup_host};
use tokio::sync::mpsc::{Sender, channel, error::TrySendError};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// How many frames may wait for a line. At 115,200 bits a second, so many heartbeats take a third of a second.
const WAITING: usize = 64;

/// Carries frames until it is told to stop.
pub(crate) async fn run(args: GatewayArgs) -> Outcome<ExitCode> {
    let boards = places(&args)?;
    let mut signals = StopSignals::catch()?;
    let mut peers = Vec::with_capacity(args.peers.len());
    for peer in &args.peers {
        peers.push((NodeId::new(peer.id), find(peer).await?));
    }
    let mut sockets = Vec::with_capacity(args.boards.len());
    for board in &args.boards {
        sockets.push(Arc::new(bind(board).await?));
    }
    let mut tasks = JoinSet::new();
    // Short queues: what cannot be carried now is better lost than late.
    let (told, mut tells) = channel(WAITING);
    let (heard, mut hears) = channel(WAITING);
    let mut lines = Vec::with_capacity(args.lines.len());
    for (number, line) in args.lines.iter().enumerate() {
        let (sender, receiver) = channel(WAITING);
        tasks.spawn(keep(number, line.endpoint.clone(), args.baud, told.clone(), receiver));
        lines.push(sender);
    }
    for (number, socket) in sockets.iter().enumerate() {
        tasks.spawn(receive(number, Arc::clone(socket), heard.clone()));
    }
    let names = args.lines.iter().enumerate().map(|(number, line)| {
        let on_line = boards.iter().filter(|board| board.line == number).map(|board| &board.id);
        format!("{} ({})", line.endpoint, list(on_line))
    });
    let mut gateway = Gateway {
        routes: Routes::new(boards.clone(), peers),
        sockets,
        lines,
        counters: Counters::new(names.collect()),
    };
    let mut printer = Printer::new(args.json);
    let boards = args.boards.iter().map(|board| (board.id, board.address.clone())).collect();
    printer.print(Report::Started {
        boards,
        peers: args.peers.iter().map(|peer| (peer.id, peer.address.clone())).collect(),
    });
    let mut reports = args.report.map(|period| {
        let mut ticks = interval(period.max(core::time::Duration::from_millis(1)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        ticks
    });
    loop {
        let readers = tokio::select! {
            () = signals.recv() => break,
            Some((number, told)) = tells.recv() => gateway.hear_line(number, told, &mut printer),
            Some((number, from, datagram)) = hears.recv() => {
                gateway.hear_network(number, from, datagram);
                true
            }
            () = async { match &mut reports {
                Some(ticks) => _ = ticks.tick().await,
                None => core::future::pending().await,
            } } => printer.print(Report::Counters(gateway.counters.clone())),
        };
        if !readers {
            break;
        }
    }
    printer.print(Report::Stopped(gateway.counters));
    printer.finish();
    Ok(ExitCode::SUCCESS)
}

/// Which board is on which line.
fn places(args: &GatewayArgs) -> Outcome<Vec<Board>> {
    let mut members = BTreeSet::new();
    for Peer { id, .. } in args.boards.iter().chain(&args.peers) {
        if !members.insert(*id) {
            return Err(Failure::usage(format_args!("{id} is the id of two members"))
                .advise("Each `--board` and each `--peer` needs an id of its own, as in the whole cluster."));
        }
    }
    let named: Vec<u32> = args.lines.iter().flat_map(|line| &line.boards).copied().collect();
    if let Some(id) = named.iter().find(|&&id| !args.boards.iter().any(|board| board.id == id)) {
        return Err(Failure::usage(format_args!("`--serial` names board {id}, and there is none"))
            .advise(format_args!("Say where the members reach it: `--board {id}=HOST:PORT`.")));
    }
    if let Some((_, id)) = named.iter().enumerate().find(|&(at, id)| named.iter().take(at).any(|other| other == id)) {
        return Err(Failure::usage(format_args!("board {id} is on two lines")));
    }
    let open: Vec<usize> =
        args.lines.iter().enumerate().filter(|(_, line)| line.boards.is_empty()).map(|(at, _)| at).collect();
    if open.len() > 1 {
        return Err(Failure::usage("of two serial lines it is not said which boards are on them")
            .advise("Write their ids before the endpoint, such as --serial 3=/dev/ttyUSB0 --serial 4=/dev/ttyUSB1."));
    }
    let place = |board: &Peer| {
        let line = args.lines.iter().position(|line| line.boards.contains(&board.id)).or(open.first().copied());
        let line = line.ok_or_else(|| {
            Failure::usage(format_args!("board {} is on no serial line", board.id))
                .advise(format_args!("Name the line that it is on: `--serial {}=/dev/ttyUSB0`.", board.id))
        })?;
        Ok(Board { id: NodeId::new(board.id), line })
    };
    let boards: Vec<Board> = args.boards.iter().map(place).collect::<Outcome<_>>()?;
    if let Some(client) = boards.iter().find(|board| board.id >= NodeId::FIRST_CLIENT) {
        return Err(Failure::usage(format_args!("{} is no id of a member", client.id.get()))
            .advise(format_args!("Ids from {} upwards are those of clients.", NodeId::FIRST_CLIENT.get())));
    }
    Ok(boards)
}

async fn find(peer: &Peer) -> Outcome<SocketAddr> {
    let Peer { id, address } = peer;
    let found = lookup_host(address).await.map_err(|error| {
        Failure::new(format_args!("the address of member {id}, `{address}`, cannot be found ({error})"))
    })?;
    let mut found = found.collect::<Vec<_>>();
    found.sort_by_key(SocketAddr::is_ipv6);
    found.first().copied().ok_or_else(|| Failure::new(format_args!("`{address}` of member {id} has no address")))
}

async fn bind(board: &Peer) -> Outcome<UdpSocket> {
    let Peer { id, address } = board;
    UdpSocket::bind(address).await.map_err(|error| {
        Failure::new(format_args!("the gateway cannot receive for board {id} at {address} ({error})"))
            .advise("`--board` takes an address of this machine, with a port that nobody else uses.")
    })
}

/// Hands on what arrives at a socket.
async fn receive(number: usize, socket: Arc<UdpSocket>, heard: Sender<(usize, SocketAddr, Vec<u8>)>) {
    let mut buffer = [0; MAX_DATAGRAM + 1];
    loop {
        // An error is that of a datagram that was sent before, to where nobody listens.
        let Ok((length, from)) = socket.recv_from(&mut buffer).await else { continue };
        let datagram = buffer.get(..length).unwrap_or_default().to_vec();
        if heard.send((number, from, datagram)).await.is_err() {
            return;
        }
    }
}

struct Gateway {
    routes: Routes,
    /// Those that speak for the boards.
    sockets: Vec<Arc<UdpSocket>>,
    /// What waits for the lines.
    lines: Vec<Sender<Vec<u8>>>,
    counters: Counters,
}

impl Gateway {
    /// `false` if nobody reads any more what is printed.
    fn hear_line(&mut self, number: usize, told: Told, printer: &mut Printer) -> bool {
        match told {
            Told::Up => printer.print(Report::LineUp { line: self.counters.name(number) }),
            Told::Down(error) => {
                printer.print(Report::LineDown { line: self.counters.name(number), reason: error.to_string() })
            }
            Told::Noise(noise) => {
                self.counters.noise(number, noise);
                true
            }
            Told::Frame(frame) => {
                self.counters.heard_line(number);
                match Header::peek(&frame).map(|header| self.routes.leaving_line(number, &header)) {
                    Ok(Ok(ways)) => ways.into_iter().for_each(|way| self.carry(way, &frame)),
                    Ok(Err(astray)) => self.counters.astray(astray),
                    Err(_) => self.counters.unreadable(),
                }
                true
            }
        }
    }

    fn hear_network(&mut self, socket: usize, from: SocketAddr, datagram: Vec<u8>) {
        self.counters.heard_network();
        if datagram.len() > MAX_DATAGRAM {
            return self.counters.unreadable();
        }
        match Header::peek(&datagram).map(|header| self.routes.leaving_network(socket, from, &header)) {
            Ok(Ok(way)) => way.into_iter().for_each(|way| self.carry(way, &datagram)),
            Ok(Err(astray)) => self.counters.astray(astray),
            Err(_) => self.counters.unreadable(),
        }
    }

    fn carry(&mut self, way: Way, frame: &[u8]) {
        match way {
            Way::Line(number) => match self.lines.get(number).map(|line| line.try_send(frame.to_vec())) {
                Some(Ok(())) => self.counters.said_line(number),
                Some(Err(TrySendError::Full(_))) => self.counters.too_slow(number),
                Some(Err(TrySendError::Closed(_))) | None => {}
            },
            Way::Network { socket, to } => match self.sockets.get(socket).map(|socket| socket.try_send_to(frame, to)) {
                Some(Ok(_)) => self.counters.said_network(),
                Some(Err(_)) | None => self.counters.unsent(),
            },
        }
    }
}
