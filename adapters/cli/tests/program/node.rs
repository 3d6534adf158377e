//! `quorate node`.

use crate::process::{Process, addresses, any_line, member, quorate, run};
use core::time::Duration;
use rustix::process::Signal;
use serde_json::Value;
use std::net::UdpSocket;
use std::process::Stdio;

fn epoch(event: &Value) -> u64 {
    event["epoch"].as_u64().unwrap()
}

/// The next of these members to be elected: its number, and the event.
fn elected(nodes: &mut [Process], after: u64) -> (usize, Value) {
    let event = |line: &str| serde_json::from_str::<Value>(line).unwrap();
    let wanted = |line: &str| event(line)["event"] == "elected" && epoch(&event(line)) > after;
    let (index, line) = any_line(nodes, "an election", wanted);
    (index + 1, event(&line))
}

#[test]
fn members_elect_a_leader_and_replace_it_when_it_leaves_or_dies() {
    let folder = tempfile::tempdir().unwrap();
    let addresses = addresses::<3>();
    let start = |id| Process::start(quorate(&["node", "--json"]).args(member(id, &addresses, folder.path())));
    let mut nodes: Vec<_> = (1..=3).map(start).collect();
    let (first, event) = elected(&mut nodes, 0);
    assert!(event["at_ns"].as_u64().unwrap() < event["until_ns"].as_u64().unwrap());

    // Gracefully: it resigns, and does not let the others wait for its lease.
    nodes[first - 1].signal(Signal::TERM);
    assert_eq!(nodes[first - 1].event("lost")["why"], "resigned");
    let stopped = nodes[first - 1].event("stopped");
    assert_eq!(stopped["graceful"], true);
    assert!(stopped["frames_in"].as_u64().unwrap() > 0);
    assert_eq!(nodes[first - 1].end(), 0);
    let (second, event) = elected(&mut nodes, epoch(&event));
    assert_ne!(second, first);

    // It comes back with what it remembers, and follows.
    nodes[first - 1] = start(first);
    let following = nodes[first - 1].event("following");
    assert_eq!((&following["leader"], epoch(&following)), (&second.into(), epoch(&event)));

    // Not gracefully.
    nodes[second - 1].signal(Signal::KILL);
    let (third, _) = elected(&mut nodes, epoch(&event));
    assert_ne!(third, second);
}

#[test]
fn people_get_sentences() {
    let folder = tempfile::tempdir().unwrap();
    let [address] = addresses();
    let mut command = quorate(&["node", "--levels", "50ms"]);
    let mut node = Process::start(command.args(member(1, &[address], folder.path())));
    node.line("a start", |line| line.contains("Z node 1 takes part in group `quorate` at 127.0.0.1:"));
    node.line("a leader", |line| line.contains("node 1 LEADS epoch 1; the lease holds for "));
    node.line("levels", |line| line.contains("node 1 leads epoch 1; levels"));
    node.signal(Signal::INT);
    assert_eq!(node.end(), 0);
    assert!(node.seen.last().unwrap().contains("node 1 has stopped: "), "{:?}", node.seen);
    assert!(node.seen.iter().all(|line| !line.contains('\x1b')));
}

#[test]
fn levels_come_as_often_as_asked() {
    let folder = tempfile::tempdir().unwrap();
    let addresses = addresses::<2>();
    let mut command = quorate(&["node", "--json", "--levels", "20ms"]);
    let mut node = Process::start(command.args(member(1, &addresses, folder.path())));
    for _ in 0..5 {
        let levels = node.event("levels");
        assert_eq!(levels["peers"][0]["peer"], 2);
        assert!(levels["cpu_ns"].as_u64().unwrap() > 0);
    }
}

#[test]
fn a_file_gives_settings_and_the_command_line_goes_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let [address, other] = addresses();
    let file = folder.path().join("member.toml");
    let text = format!(
        "id = 4\nlisten = \"{address}\"\ngroup = \"billing\"\nstate-dir = \"remembered\"\n[peers]\n5 = \"{other}\"\n"
    );
    std::fs::write(&file, text).unwrap();
    let mut node = Process::start(quorate(&["node", "--json", "--group", "orders", "--config"]).arg(&file));
    let started = node.event("started");
    assert_eq!(
        (&started["node"], &started["group"], &started["listen"]),
        (&4.into(), &"orders".into(), &address.into())
    );
    assert_eq!(started["state"], folder.path().join("remembered").display().to_string());

    std::fs::write(&file, "id = 4\n\nlistne = \"x\"\n").unwrap();
    let (code, _, says) = run(&["node", "--config", file.to_str().unwrap()]);
    assert_eq!(code, 2);
    let expected = format!("{}, line 3: there is no setting `listne`. Did you mean `listen`?", file.display());
    assert!(says.contains(&expected), "{says}");
}

#[test]
fn what_cannot_be_is_said_with_what_to_do() {
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let listen = ["node", "--diskless", "--id", "1", "--listen"];
    for (more, code, says) in [
        (&["0.0.0.0:0"][..], 2, &["can be reached from other machines", "quorate key FILE", "--insecure"][..]),
        (&[&*taken], 1, &[&*taken, "--listen"]),
        (&["127.0.0.1:0", "--lease", "100ms"], 2, &["2 · 100ms + 60ms is not less than", "--profile"]),
        (&["127.0.0.1:0", "--detection", "90ms"], 2, &["2 · interval < detection does not hold"]),
        (&["127.0.0.1:0", "--peer", "1=127.0.0.1:9"], 2, &["node 1 is named as a peer of itself"]),
        (&["127.0.0.1:0", "--key-file", "/nowhere/key"], 1, &["/nowhere/key cannot be read", "quorate key"]),
        (&["127.0.0.1:0", "--peer", "two"], 2, &["`two` does not say who is where"]),
        (&["127.0.0.1:0", "--drift-ppm", "200000"], 2, &["200000 ppm is more than the 100000 ppm"]),
    ] {
        let (ended, printed, error) = run(&[&listen, more].concat());
        assert_eq!(ended, code, "{more:?}: {error}");
        assert_eq!(printed, "");
        for text in says {
            assert!(error.contains(text), "{more:?}: {error}");
        }
    }
}

#[test]
fn a_damaged_memory_is_refused_and_not_destroyed() {
    let folder = tempfile::tempdir().unwrap();
    let [address] = addresses();
    let options = member(1, &[address], folder.path());
    let mut node = Process::start(quorate(&["node", "--json"]).args(&options));
    node.event("elected");

    // Somebody else has it.
    let command =
        ["node".to_owned(), "--listen".to_owned(), "127.0.0.1:0".to_owned(), "--id".to_owned(), "1".to_owned()];
    let mut second = command.to_vec();
    second.extend(options.iter().skip_while(|option| *option != "--state-dir").cloned());
    let second: Vec<&str> = second.iter().map(String::as_str).collect();
    let (code, _, says) = run(&second);
    assert_eq!(code, 1, "{says}");
    assert!(says.contains(&format!("is in use by process {}", node.id())), "{says}");
    node.signal(Signal::TERM);
    assert_eq!(node.end(), 0);

    let files = || {
        let entries = std::fs::read_dir(folder.path().join("1")).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| !path.ends_with("lock") && std::fs::metadata(path).unwrap().len() > 0).collect::<Vec<_>>()
    };
    let damaged = files();
    assert!(!damaged.is_empty());
    for file in &damaged {
        let mut bytes = std::fs::read(file).unwrap();
        let last = bytes.len() - 2;
        bytes[last] ^= 1;
        std::fs::write(file, bytes).unwrap();
    }
    let before: Vec<_> = damaged.iter().map(|file| std::fs::read(file).unwrap()).collect();
    let (code, _, says) = run(&second);
    assert_eq!(code, 1, "{says}");
    assert!(damaged.iter().any(|file| says.contains(file.to_str().unwrap())), "{says}");
    assert!(says.contains("is damaged") && says.contains("`--forgetful`"), "{says}");
    for (file, bytes) in damaged.iter().zip(before) {
        assert_eq!(std::fs::read(file).unwrap(), bytes, "{}", file.display());
    }
}

#[test]
fn a_member_without_memory_asks_before_it_takes_part() {
    let folder = tempfile::tempdir().unwrap();
    let [address] = addresses();
    let options = member(1, core::slice::from_ref(&address), folder.path());
    let mut first = Process::start_reading_errors(quorate(&["node"]).args(&options).stdout(Stdio::null()));
    let warning = first.line("a warning", |line| line.contains("for the first time, as far as it knows"));
    assert!(warning.contains(folder.path().to_str().unwrap()) && warning.contains("`--forgetful`"), "{warning}");
    drop(first);
    for more in ["--forgetful", "--diskless"] {
        let mut options = options.clone();
        if more == "--diskless" {
            options.truncate(options.len() - 2);
        }
        let mut again = Process::start(quorate(&["node", "--json", more]).args(&options));
        again.event("recalled");
        again.event("elected");
        again.signal(Signal::TERM);
        assert_eq!(again.end(), 0);
    }
}

#[test]
fn a_reader_that_does_not_read_does_not_cost_the_leadership() {
    let folder = tempfile::tempdir().unwrap();
    let [address] = addresses();
    // A millisecond's levels fill the pipe, of which nobody reads, many times over.
    let mut command = quorate(&["node", "--json", "--levels", "1ms"]);
    command.args(member(1, core::slice::from_ref(&address), folder.path()));
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(3));
    let (code, json, says) = run(&["status", &address, "--json"]);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(code, 0, "{says}");
    let status: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&status["standing"], &status["epoch"]), (&"leading".into(), &1.into()), "{json}");
}
