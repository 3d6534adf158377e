//! `quorate gateway`: three members, one of them behind a serial line that the test plays, with noise and cuts.

use crate::process::{Process, addresses, member, quorate, run};
use core::sync::atomic::{AtomicBool, Ordering};
use rustix::process::Signal;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// Two ends of a wire: whoever connects to the one is joined with whoever connects to the other.
struct Wire {
    ends: [String; 2],
    noisy: Arc<AtomicBool>,
}

impl Wire {
    fn new() -> Self {
        let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let ends = listeners.each_ref().map(|listener| format!("tcp://{}", listener.local_addr().unwrap()));
        let noisy = Arc::new(AtomicBool::new(false));
        let noise = Arc::clone(&noisy);
        // It ends with the test's process.
        thread::spawn(move || {
            loop {
                let [left, right] = listeners.each_ref().map(|listener| listener.accept().unwrap().0);
                let [to_right, to_left] = [(&left, &right), (&right, &left)].map(|(from, to)| {
                    let (from, to, noise) = (from.try_clone().unwrap(), to.try_clone().unwrap(), Arc::clone(&noise));
                    thread::spawn(move || pump(from, to, &noise))
                });
                to_right.join().unwrap();
                to_left.join().unwrap();
            }
        });
        Self { ends, noisy }
    }
}

/// Carries bytes until either end is closed. In noise, every 97th byte is another.
fn pump(mut from: TcpStream, mut to: TcpStream, noise: &AtomicBool) {
    let mut bytes = [0; 512];
    let mut carried = 0_u64;
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        for byte in &mut bytes[..length] {
            carried += 1;
            if noise.load(Ordering::Relaxed) && carried.is_multiple_of(97) {
                *byte ^= 0x55;
            }
        }
        if to.write_all(&bytes[..length]).is_err() {
            break;
        }
    }
    for stream in [from, to] {
        let _ = stream.shutdown(std::net::Shutdown::Both);
    }
}

#[test]
fn a_member_behind_a_serial_line_is_a_member() {
    let folder = tempfile::tempdir().unwrap();
    let wire = Wire::new();
    // Where the members are, and at which addresses they see each other: 3 is behind the line, and sees 1 and 2 on its own side.
    let [one, two, three, three_seen, one_seen, two_seen] = addresses();
    let start = |id: usize, seen: [&String; 3]| {
        let seen = seen.map(Clone::clone);
        Process::start(quorate(&["node", "--json"]).args(member(id, &seen, folder.path())))
    };
    let mut members = [
        start(1, [&one, &two, &three_seen]),
        start(2, [&one, &two, &three_seen]),
        start(3, [&one_seen, &two_seen, &three]),
    ];
    let near = || {
        let (board, peers) = (format!("3={three_seen}"), [format!("1={one}"), format!("2={two}")]);
        let [first, second] = &peers;
        let arguments = ["gateway", "--json", "--report", "50ms", "--board", &board, "--serial", &wire.ends[0]];
        Process::start(quorate(&arguments).args(["--peer", first, "--peer", second]))
    };
    let far = || {
        let (boards, peer) = ([format!("1={one_seen}"), format!("2={two_seen}")], format!("3={three}"));
        let [first, second] = &boards;
        let arguments = ["gateway", "--json", "--board", first, "--board", second, "--serial", &wire.ends[1]];
        Process::start(quorate(&arguments).args(["--peer", &peer]))
    };
    let (mut gateway, mut other) = (near(), far());
    gateway.event("line_up");
    other.event("line_up");

    // One cluster.
    let follows = |process: &mut Process, wanted: u32| loop {
        if process.event("following")["leader"] == wanted {
            return;
        }
    };
    members[2].event("elected");
    follows(&mut members[0], 3);
    follows(&mut members[1], 3);

    // A client asks through both gateways, and is answered.
    let (code, json, says) = run(&["status", &three_seen, "--json"]);
    assert_eq!(code, 0, "{says}");
    let status: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&status["id"], &status["leader"]), (&3.into(), &3.into()));

    // Noise is seen, and costs frames at most.
    wire.noisy.store(true, Ordering::Relaxed);
    let noisy = |counters: &Value| counters["lines"][0]["noise"].as_object().is_some_and(|noise| !noise.is_empty());
    while !noisy(&gateway.event("counters")) {}
    wire.noisy.store(false, Ordering::Relaxed);
    let (code, _, says) = run(&["status", &three_seen, "--json"]);
    assert_eq!(code, 0, "{says}");

    // Without its gateway the leader is on its own, and the others go on; with a new one it is back.
    gateway.signal(Signal::KILL);
    other.event("line_down");
    members[1].event("elected");
    follows(&mut members[0], 2);
    let mut gateway = near();
    gateway.event("line_up");
    loop {
        let line = members[2].line("a leader", |line| line.contains("\"following\"") || line.contains("\"elected\""));
        let event: Value = serde_json::from_str(&line).unwrap();
        if event["event"] == "elected" || event["leader"] == 2 {
            break;
        }
    }
    gateway.signal(Signal::TERM);
    let stopped = gateway.event("stopped");
    assert!(stopped["lines"][0]["from_line"].as_u64().is_some_and(|frames| frames > 0), "{stopped}");
    assert_eq!(gateway.end(), 0);
}

#[test]
fn what_does_not_fit_together_is_said() {
    let board = ["gateway", "--board", "3=127.0.0.1:7403"];
    let fails = |more: &[&str], says: &str| {
        let (code, _, error) = run(&[&board, more].concat());
        assert_eq!(code, 2, "{error}");
        assert!(error.contains(says), "{error}");
    };
    fails(&[], "--serial");
    fails(&["--serial", "4=/dev/ttyUSB0"], "board 4, and there is none");
    fails(&["--board", "4=127.0.0.1:7404", "--serial", "3=/dev/ttyUSB0"], "board 4 is on no serial line");
    fails(&["--serial", "3=/dev/ttyUSB0", "--serial", "3=/dev/ttyUSB1"], "board 3 is on two lines");
    fails(&["--serial", "/dev/ttyUSB0", "--serial", "/dev/ttyUSB1"], "which boards");
    fails(&["--serial", "/dev/ttyUSB0", "--peer", "3=127.0.0.1:7401"], "3 is the id of two members");
    fails(&["--serial", "ftp://127.0.0.1:4555"], "no kind of endpoint");
}

#[test]
fn a_device_that_is_not_there_is_waited_for() {
    let [board] = addresses();
    let (board, device) = (format!("3={board}"), "/nonexistent/ttyUSB0");
    let mut gateway = Process::start(&mut quorate(&["gateway", "--board", &board, "--serial", device]));
    let line = gateway.line("a line down", |line| line.starts_with("line down"));
    assert!(line.contains(device) && line.contains("board 3") && line.contains("trying again"), "{line}");
    gateway.signal(Signal::INT);
    assert_eq!(gateway.end(), 0);
}
