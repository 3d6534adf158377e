//! `quorate lock`, `locks`, `barrier` and `fence`.

use crate::process::{Process, addresses, is_running, member, quorate, run, wait_until};
use rustix::process::Signal;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// A group of one, and its engine's URL. Its locks are leased for 1.2 s.
fn group(folder: &Path) -> (Process, String) {
    let [address] = addresses();
    let url = format!("quorate://{address}/quorate");
    let mut node = Process::start(quorate(&["node", "--profile", "bus", "--json"]).args(member(1, &[address], folder)));
    node.event("elected");
    (node, url)
}

fn lock(url: &str, more: &[&str], script: &str) -> Command {
    let mut command = quorate(&["lock", "--engine", url]);
    command.args(more).args(["--", "sh", "-c", script]);
    command
}

#[test]
fn the_command_knows_its_token_and_tokens_grow_and_its_code_is_handed_on() {
    let folder = tempfile::tempdir().unwrap();
    let (_node, url) = group(folder.path());
    let script = "echo $QUORATE_TOKEN $QUORATE_LOCK $QUORATE_VALID_FOR_MS; exit 7";
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let mut lock = Process::start(&mut lock(&url, &["orders", "--quiet"], script));
        assert_eq!(lock.end(), 7, "{:?}", lock.seen);
        let words: Vec<_> = lock.seen[0].split(' ').collect();
        assert_eq!(words[1], "orders");
        assert!(words[2].parse::<u64>().unwrap() > 0);
        tokens.push(words[0].parse::<u64>().unwrap());
    }
    assert!(tokens[0] < tokens[1], "{tokens:?}");
}

#[test]
fn who_does_not_want_to_wait_is_told_and_the_list_shows_who_holds_and_who_waits() {
    let folder = tempfile::tempdir().unwrap();
    let (_node, url) = group(folder.path());
    let mut holder = Process::start(&mut lock(&url, &["orders", "--quiet"], "echo held; sleep 30"));
    holder.line("held", |line| line == "held");
    let refused = lock(&url, &["orders", "--try"], "echo never").output().unwrap();
    assert_eq!(refused.status.code(), Some(75));
    assert!(refused.stdout.is_empty());
    let says = String::from_utf8(refused.stderr).unwrap();
    assert!(says.contains("`orders` is held by somebody else"), "{says}");
    let late = lock(&url, &["orders", "--wait", "100ms"], "echo never").output().unwrap();
    assert_eq!(late.status.code(), Some(75));

    let waiting = Process::start(&mut lock(&url, &["orders", "--quiet"], "echo next"));
    let claims = || {
        let (code, printed, says) = run(&["locks", "--engine", &url, "--json"]);
        assert_eq!(code, 0, "{says}");
        serde_json::from_str::<Value>(&printed).unwrap()["claims"].as_array().unwrap().clone()
    };
    wait_until("one waits", || claims().len() == 2);
    let claims = claims();
    assert!(claims[0]["state"].get("holding").is_some() && claims[1]["state"].get("waiting").is_some(), "{claims:?}");
    let (_, table, _) = run(&["locks", "--engine", &url]);
    assert!(table.contains("node 1 grants locks") && table.contains("waits, 0 ahead"), "{table}");

    holder.signal(Signal::TERM);
    assert_eq!(holder.end(), 143, "{:?}", holder.seen);
    let mut waiting = waiting;
    assert_eq!(waiting.end(), 0);
    assert_eq!(waiting.seen, ["next"]);
}

#[test]
fn an_administrator_breaks_a_lock_and_resets_a_barrier() {
    let folder = tempfile::tempdir().unwrap();
    let (_node, url) = group(folder.path());
    let administer = |more: &[&str]| run(&[more, &["--engine", &url]].concat());
    let (code, _, says) = administer(&["locks", "--break", "orders", "--yes"]);
    assert!(code == 75 && says.contains("nobody holds `orders`"), "{code} {says}");

    let script = "trap 'exit 3' TERM; echo held; while :; do sleep 0.01; done";
    let mut holder = Process::start(&mut lock(&url, &["orders", "--quiet"], script));
    holder.line("held", |line| line == "held");
    let (code, _, says) = administer(&["locks", "--break", "orders"]);
    assert!(code == 2 && says.contains("`--yes`"), "it asks, and there is no terminal: {code} {says}");
    let (code, printed, says) = administer(&["locks", "--break", "orders", "--yes", "--json"]);
    assert_eq!(code, 0, "{says}");
    let ended: Value = serde_json::from_str(&printed).unwrap();
    assert!(ended["lock"] == "orders" && ended["ended"][0]["token"].as_u64().unwrap() > 0, "{printed}");
    assert_eq!(holder.end(), 75, "{:?}", holder.seen);

    let barrier = &mut quorate(&["barrier", "start", "--parties", "2", "--json", "--engine", &url]);
    let mut waits = Process::start(barrier);
    wait_until("it is reset", || administer(&["barrier", "start", "--reset", "--yes"]).0 == 0);
    assert_eq!(waits.end(), 75, "{:?}", waits.seen);
    let ended: Value = serde_json::from_str(&waits.seen[0]).unwrap();
    assert!(ended["outcome"] == "broken" && ended["why"].as_str().unwrap().contains("reset"), "{ended}");
    let (code, _, says) = administer(&["barrier", "start", "--reset", "--yes"]);
    assert!(code == 75 && says.contains("nobody waits at `start`"), "{code} {says}");
}

#[test]
fn when_the_group_dies_the_command_is_told_to_stop_before_the_lock_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let (mut node, url) = group(folder.path());
    let script = "trap 'echo told; exit 3' TERM; echo $$; while :; do sleep 0.01; done";
    let mut lock = Process::start(&mut lock(&url, &["orders", "--quiet"], script));
    let pid = lock.line("a number", |line| line.parse::<u32>().is_ok()).parse().unwrap();
    node.signal(Signal::KILL);
    node.end();
    assert_eq!(lock.end(), 75, "{:?}", lock.seen);
    assert_eq!(lock.seen.last().unwrap(), "told");
    assert!(!is_running(pid));
}

#[test]
fn permits_are_as_many_as_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let (_node, url) = group(folder.path());
    let script = "echo held; sleep 30";
    let two = [(); 2].map(|()| {
        let mut process = Process::start(&mut lock(&url, &["pool", "--permits", "2", "--quiet"], script));
        process.line("held", |line| line == "held");
        process
    });
    let third = lock(&url, &["pool", "--permits", "2", "--try"], script).output().unwrap();
    assert_eq!(third.status.code(), Some(75));
    drop(two);
    let (code, _, says) = run(&["lock", "pool", "--engine", &url, "--permits", "2", "--take", "3", "--", "true"]);
    assert_eq!((code, says.contains("3 permits cannot be taken of 2")), (2, true), "{says}");
}

#[test]
fn all_pass_a_barrier_together_and_who_does_not_come_breaks_it() {
    let folder = tempfile::tempdir().unwrap();
    let (_node, url) = group(folder.path());
    let barrier = |more: &[&str]| {
        let mut command = quorate(&["barrier", "deployed", "--engine", &url]);
        command.args(more);
        Process::start(&mut command)
    };
    let mut first = barrier(&["--parties", "2", "--json"]);
    std::thread::sleep(core::time::Duration::from_millis(200));
    assert!(first.seen.is_empty() && is_running(first.id()));
    let mut second = barrier(&["--parties", "2"]);
    assert_eq!((first.end(), second.end()), (0, 0));
    let ended: Value = serde_json::from_str(&first.seen[0]).unwrap();
    assert_eq!(ended["outcome"], "released");

    let (code, printed, says) =
        run(&["barrier", "other", "--parties", "2", "--timeout", "300ms", "--json", "--engine", &url]);
    assert_eq!(code, 75, "{says}");
    assert_eq!(serde_json::from_str::<Value>(&printed).unwrap()["outcome"], "broken");
}

#[test]
fn a_fence_refuses_what_comes_late_and_runs_one_command_after_another() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("orders.fence");
    let fence = |token: &str, script: &str| {
        let mut command =
            quorate(&["fence", "--file", file.to_str().unwrap(), "--token", token, "--", "sh", "-c", script]);
        command.output().unwrap()
    };
    let passed = fence("7", "echo $QUORATE_TOKEN; exit 4");
    assert_eq!((passed.status.code(), passed.stdout.as_slice()), (Some(4), b"7\n".as_slice()));
    let late = fence("6", "echo never");
    assert_eq!((late.status.code(), late.stdout.is_empty()), (Some(77), true));
    let says = String::from_utf8(late.stderr).unwrap();
    assert!(says.contains("the token 6 is too old: 7 has been seen"), "{says}");
    let (code, mark, _) = run(&["fence", "--file", file.to_str().unwrap(), "--show"]);
    assert_eq!((code, mark.as_str()), (0, "7\n"));

    // Whatever the command leaves running keeps the file locked.
    let log = folder.path().join("log");
    let script = format!("(sleep 0.3; echo first >> {0}) & echo started", log.display());
    let mut first = Process::start(&mut {
        let mut command = quorate(&["fence", "--file", file.to_str().unwrap(), "--token", "8", "--", "sh", "-c"]);
        command.arg(script);
        command
    });
    first.line("started", |line| line == "started");
    assert_eq!(fence("9", &format!("echo second >> {}", log.display())).status.code(), Some(0));
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "first\nsecond\n");
    assert_eq!(fence("8", "true").status.code(), Some(77));
    let (code, _, says) = run(&["fence", "--file", file.to_str().unwrap(), "--token", "0", "--", "true"]);
    assert_eq!((code, says.contains("nobody grants the token 0")), (2, true), "{says}");
}

#[test]
fn what_is_wrong_with_the_engine_is_said() {
    let (code, _, says) = run(&["lock", "a", "--engine", "zookeeper://one:1/x", "--", "true"]);
    assert_eq!((code, says.contains("there is no engine `zookeeper`")), (2, true), "{says}");
    let [address] = addresses();
    let url = format!("quorate://{address}/quorate");
    let (code, _, says) = run(&["locks", "--engine", &url, "--patience", "300ms"]);
    assert_eq!((code, says.contains("nobody listens at")), (1, true), "{says}");
}
