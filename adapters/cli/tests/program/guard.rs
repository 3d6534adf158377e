//! The process that watches over a command: it ends the command in time, whatever becomes of whoever renews the lease.
#![cfg(unix)]

use core::time::Duration;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

/// A guard with the other end of its socket; killed when it is dropped.
struct Guard {
    child: Child,
    socket: UnixStream,
    lines: BufReader<UnixStream>,
}

impl Guard {
    fn start(lease: Duration, margin: Duration, grace: Duration, command: &[&str]) -> Self {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let until = now() + lease.as_nanos() as u64;
        let child = Command::new(env!("CARGO_BIN_EXE_quorate"))
            .args(["guard", "--until-ns", &until.to_string(), "--margin-ns", &margin.as_nanos().to_string()])
            .args(["--grace-ns", &grace.as_nanos().to_string(), "--"])
            .args(command)
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, lines: BufReader::new(ours.try_clone().unwrap()), socket: ours }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn started(&mut self) -> u32 {
        self.line().strip_prefix("started ").unwrap().parse().unwrap()
    }

    fn say(&mut self, line: &str) {
        self.socket.write_all(format!("{line}\n").as_bytes()).unwrap();
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn now() -> u64 {
    quorate_tokio::clock::now().as_nanos()
}

const LONG: Duration = Duration::from_secs(60);
const MARGIN: Duration = Duration::from_millis(50);

/// Whether a process is there and has not ended.
fn is_running(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(") ").next().unwrap_or("Z").starts_with(['Z', 'X']))
}

fn wait_until_gone(pid: u32, limit: Duration) {
    let start = Instant::now();
    while is_running(pid) {
        assert!(start.elapsed() < limit, "process {pid} is still there");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_command_that_ends_by_itself_hands_on_its_code() {
    let mut guard = Guard::start(LONG, MARGIN, LONG, &["sh", "-c", "exit 7"]);
    guard.started();
    assert_eq!(guard.line(), "ended 7 alone");
    let mut guard = Guard::start(LONG, MARGIN, LONG, &["sh", "-c", "kill -USR1 $$"]);
    guard.started();
    assert_eq!(guard.line(), "ended 138 alone");
}

#[test]
fn a_command_that_is_not_there_gives_127_and_one_that_is_no_program_126() {
    for (command, code) in [("/nowhere/at-all", 127), (concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), 126)] {
        let mut guard = Guard::start(LONG, MARGIN, LONG, &[command]);
        guard.started();
        assert_eq!(guard.line(), format!("ended {code} alone"));
    }
}

#[test]
fn told_to_stop_a_command_may_clean_up() {
    let mut guard = Guard::start(LONG, MARGIN, LONG, &["sh", "-c", "trap 'exit 3' TERM; while :; do sleep 0.01; done"]);
    guard.started();
    std::thread::sleep(Duration::from_millis(300)); // for the trap to be set
    guard.say("stop");
    assert_eq!(guard.line(), "ended 3 stopped");
}

#[test]
fn a_command_that_will_not_stop_is_killed_before_its_lease_ends() {
    let lease = Duration::from_millis(1_500);
    let end = now() + lease.as_nanos() as u64;
    let mut guard = Guard::start(lease, MARGIN, LONG, &["sh", "-c", "trap '' TERM; while :; do sleep 0.01; done"]);
    let pid = guard.started();
    assert_eq!(guard.line(), "ended 137 stopped");
    assert!(now() < end, "it was ended only when the lease had");
    assert!(!is_running(pid));
}

#[test]
fn renewals_keep_a_command_alive() {
    let mut guard = Guard::start(Duration::from_millis(1_500), MARGIN, LONG, &["sleep", "60"]);
    let pid = guard.started();
    for _ in 0..20 {
        std::thread::sleep(Duration::from_millis(100));
        let until = now() + 1_500_000_000;
        guard.say(&format!("until {until}"));
    }
    assert!(is_running(pid));
    guard.say("stop");
    assert_eq!(guard.line(), "ended 143 stopped");
}

#[test]
fn whoever_renews_may_die_and_the_command_ends() {
    let mut guard = Guard::start(
        LONG,
        MARGIN,
        Duration::from_millis(300),
        &["sh", "-c", "trap '' TERM; while :; do sleep 0.01; done"],
    );
    let pid = guard.started();
    std::thread::sleep(Duration::from_millis(300)); // for the trap to be set
    guard.socket.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(guard.line(), "ended 137 stopped");
    assert!(!is_running(pid));
}

#[test]
fn a_command_takes_with_it_what_it_has_started() {
    let mut guard = Guard::start(LONG, MARGIN, LONG, &["sh", "-c", "sleep 60 & echo $! > \"$0\"; exit 0", "/dev/null"]);
    let group = guard.started();
    assert_eq!(guard.line(), "ended 0 alone");
    let start = Instant::now();
    while rustix::process::test_kill_process_group(rustix::process::Pid::from_raw(group.cast_signed()).unwrap()).is_ok()
    {
        assert!(start.elapsed() < Duration::from_secs(5), "something of the group is left");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn the_guard_may_be_killed_and_the_command_ends() {
    let mut guard = Guard::start(LONG, MARGIN, LONG, &["sleep", "60"]);
    let pid = guard.started();
    std::thread::sleep(Duration::from_millis(300)); // for it to have become the command
    guard.child.kill().unwrap();
    wait_until_gone(pid, Duration::from_secs(5));
}
