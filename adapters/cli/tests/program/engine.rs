//! `lock` and `barrier` on servers that run already. Each test starts its own, and is skipped by name where it is not installed.

use crate::process::{PATIENCE, Process, is_running, quorate, run};
use core::time::Duration;
use quorate_services::conformance::servers::{Kind, NoServer, Server};
use rustix::process::Signal;
use serde_json::Value;
use std::process::Command;
use std::time::Instant;

/// The tests, for each engine that this program was built with.
macro_rules! on_each_engine {
    ($($test:ident),* $(,)?) => {
        mod redis { $(#[test] fn $test() { super::on(super::Kind::Redis, concat!("engine::redis::", stringify!($test)), super::$test); })* }
        #[cfg(feature = "etcd")]
        mod etcd { $(#[test] fn $test() { super::on(super::Kind::Etcd, concat!("engine::etcd::", stringify!($test)), super::$test); })* }
    };
}

on_each_engine! {
    two_at_once_are_served_one_after_the_other_and_tokens_grow,
    what_a_killed_one_held_is_free_after_its_lease,
    who_does_not_want_to_wait_is_told,
    shared_locks_and_permits_are_held_together,
    all_pass_a_barrier_together_and_who_does_not_come_breaks_it,
}

fn on(kind: Kind, name: &str, test: impl FnOnce(&str)) {
    match Server::start(kind) {
        Ok(server) => test(&match kind {
            Kind::Etcd => format!("etcd://{}", server.address()),
            _ => format!("redis://{}", server.address()),
        }),
        Err(missing @ NoServer::NotInstalled { .. }) => eprintln!("skipped: {name}: {missing}"),
        Err(error) => panic!("{error}"),
    }
}

fn lock(url: &str, more: &[&str], script: &str) -> Command {
    let mut command = quorate(&["lock", "--engine", url, "--quiet"]);
    command.args(more).args(["--", "sh", "-c", script]);
    command
}

fn held(url: &str, more: &[&str]) -> (Process, u64) {
    let mut process = Process::start(&mut lock(url, more, "echo token $QUORATE_TOKEN; sleep 60"));
    let line = process.line("a token", |line| line.starts_with("token "));
    (process, line["token ".len()..].parse().unwrap())
}

fn code(url: &str, more: &[&str]) -> (Option<i32>, String) {
    let output = lock(url, more, "true").output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn two_at_once_are_served_one_after_the_other_and_tokens_grow(url: &str) {
    let (mut first, token) = held(url, &["orders"]);
    let mut second = Process::start(&mut lock(url, &["orders"], "echo token $QUORATE_TOKEN; exit 7"));
    std::thread::sleep(Duration::from_millis(500));
    assert!(is_running(second.id()) && second.seen.is_empty(), "it waits");
    first.signal(Signal::TERM);
    assert_eq!(first.end(), 143, "{:?}", first.seen);
    let released = Instant::now();
    let line = second.line("a token", |line| line.starts_with("token "));
    assert!(line["token ".len()..].parse::<u64>().unwrap() > token, "L2: {line} after {token}");
    assert!(released.elapsed() < Duration::from_secs(3), "it was told, and did not wait for the lease to end");
    assert_eq!(second.end(), 7);
}

fn what_a_killed_one_held_is_free_after_its_lease(url: &str) {
    let (mut first, token) = held(url, &["orders"]);
    first.signal(Signal::KILL);
    assert_eq!(first.end(), 128 + 9);
    let killed = Instant::now();
    let (_second, next) = held(url, &["orders"]);
    assert!(next > token, "L2");
    // A lease of 5 s, which may have been renewed a third of it ago; and etcd takes its time.
    assert!(killed.elapsed() > Duration::from_secs(1), "L1: it was free after {:?}", killed.elapsed());
    assert!(killed.elapsed() < PATIENCE, "L6");
}

fn who_does_not_want_to_wait_is_told(url: &str) {
    let (_first, _) = held(url, &["orders"]);
    let (refused, says) = code(url, &["orders", "--try"]);
    assert_eq!((refused, says.contains("`orders` is held by somebody else")), (Some(75), true), "{says}");
    let (late, says) = code(url, &["orders", "--wait", "300ms"]);
    assert_eq!((late, says.contains("`orders` was not granted in time")), (Some(75), true), "{says}");
    assert_eq!(code(url, &["others", "--try"]).0, Some(0));
}

fn shared_locks_and_permits_are_held_together(url: &str) {
    let (_readers, _) = (held(url, &["book", "--shared"]), held(url, &["book", "--shared"]));
    assert_eq!(code(url, &["book", "--try"]).0, Some(75), "nobody writes where somebody reads");
    assert_eq!(code(url, &["book", "--shared", "--try"]).0, Some(0));
    let _permits = [held(url, &["pool", "--permits", "2"]), held(url, &["pool", "--permits", "2"])];
    assert_eq!(code(url, &["pool", "--permits", "2", "--try"]).0, Some(75), "there are two permits");
    let (other, says) = code(url, &["pool", "--permits", "3", "--try"]);
    assert_eq!((other, says.contains('2')), (Some(1), true), "others know two permits: {says}");
}

fn all_pass_a_barrier_together_and_who_does_not_come_breaks_it(url: &str) {
    let barrier = |more: &[&str]| {
        let mut command = quorate(&["barrier", "deployed", "--engine", url]);
        command.args(more);
        Process::start(&mut command)
    };
    let mut first = barrier(&["--parties", "2", "--json"]);
    std::thread::sleep(Duration::from_millis(500));
    assert!(first.seen.is_empty() && is_running(first.id()), "B1");
    let mut second = barrier(&["--parties", "2", "--json"]);
    assert_eq!((first.end(), second.end()), (0, 0), "B2");
    let [one, two]: [Value; 2] = [&first, &second].map(|party| serde_json::from_str(&party.seen[0]).unwrap());
    assert_eq!((one["outcome"].as_str(), &one["generation"]), (Some("released"), &two["generation"]));

    let mut waits = barrier(&["--parties", "3", "--json"]);
    std::thread::sleep(Duration::from_millis(500));
    let (broken, printed, says) =
        run(&["barrier", "deployed", "--parties", "3", "--timeout", "300ms", "--json", "--engine", url]);
    assert_eq!(broken, 75, "{says}");
    assert_eq!(serde_json::from_str::<Value>(&printed).unwrap()["outcome"], "broken");
    assert_eq!(waits.end(), 75, "B4: it broke for all: {:?}", waits.seen);
}

#[test]
fn what_an_engine_cannot_do_is_said() {
    let [address] = crate::process::addresses();
    let url = format!("redis://{address}");
    let (code, _, says) = run(&["locks", "--engine", &url]);
    assert_eq!((code, says.contains("`redis` serves `quorate lock` and `quorate barrier`")), (2, true), "{says}");
    let (code, _, says) = run(&["lock", "a", "--engine", &url, "--key-file", "/k", "--", "true"]);
    assert_eq!((code, says.contains("a key file is for quorate's own cluster")), (2, true), "{says}");
    let (code, _, says) = run(&["lock", "a", "--engine", &url, "--", "true"]);
    assert_eq!((code, says.contains("no connection to Redis")), (1, true), "{says}");
    let (code, _, says) = run(&["barrier", "a", "--parties", "2", "--engine", "etcd://nowhere", "--json"]);
    assert_eq!((code, says.contains("`nowhere` has no port")), (2, true), "{says}");
}
